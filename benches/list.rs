//! How long `lcnnc runs list` reads a thousand runs: `cargo bench --bench list`.

// What is measured is the reading of files.
#![allow(clippy::disallowed_methods)]

use lcnnc::listing::{Row, find};
use lcnnc::train::{Console, Occasion, Overrides, files, run, user_files};
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

const SPEC: &str = "model Small\ninput image: [1, 12, 12]\nlogits = dense(image, classes)\noutput logits\n\
                    data { transform: [resize(12)] }\ntrain { epochs: 1 }\n";
/// What a list reads, and the weights, which have only to be there.
const READ: [&str; 4] = ["spec.lcnn", "run.yaml", "manifest.json", "summary.json"];
const WEIGHTS: [&str; 2] = ["best.safetensors", "last.safetensors"];

fn main() {
    divan::main();
}

/// A folder with so many copies of one finished run, as far as a list reads it.
fn copies(place: &Path, count: usize) -> PathBuf {
    let spec = place.join("small.lcnn");
    user_files::write(&spec, SPEC.as_bytes()).unwrap();
    let over = Overrides {
        spec: Some(files::spec_path(&spec)),
        limit: Some(20),
        limit_test: Some(10),
        ..Overrides::default()
    };
    let one = run(over, &place.join("one"), Occasion::default(), &Console::new()).unwrap().folder;
    let all = place.join("all");
    for n in 0..count {
        let folder = all.join(format!("{}/{n:04}", n % 10));
        fs::create_dir_all(&folder).unwrap();
        for name in READ {
            fs::copy(one.join(name), folder.join(name)).unwrap();
        }
        WEIGHTS.iter().for_each(|name| fs::write(folder.join(name), "").unwrap());
    }
    all
}

#[divan::bench(args = [100, 1_000])]
fn runs(bencher: divan::Bencher<'_, '_>, count: usize) {
    let place = tempfile::tempdir().unwrap();
    let all = copies(place.path(), count);
    bencher.bench(|| {
        let rows: Vec<Row> = find::runs(&all).unwrap().par_iter().map(|path| Row::read(path)).collect();
        assert!(rows.len() == count && rows.iter().all(|row| row.state.word() == "finished"));
        rows
    });
}
