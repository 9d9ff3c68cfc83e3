//! How long `lcnnc runs list` reads a thousand runs: `cargo bench --bench list`.

// What is measured is the reading of files.
#![allow(clippy::disallowed_methods)]

use lcnnc::listing::{Row, find};
use lcnnc::train::{Console, Occasion, Overrides, run, user_files};
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

const SPEC: &str = "model Small\ninput image: [1, 12, 12]\nlogits = dense(image, classes)\noutput logits\n\
                    data { transform: [resize(12)] }\ntrain { epochs: 1 }\n";
/// The files of a run that `lcnnc runs list` reads.
const READ: [&str; 4] = ["spec.lcnn", "run.yaml", "manifest.json", "summary.json"];
/// The files of weights that a finished run has. A list looks whether they are there and does not read them.
const WEIGHTS: [&str; 2] = ["best.safetensors", "last.safetensors"];

/// The run that is copied.
static ONE: OnceLock<PathBuf> = OnceLock::new();

fn main() {
    // Its lines come before the table of the bench.
    let (place, folder) = one();
    ONE.get_or_init(|| folder);
    divan::main();
    drop(place);
}

/// A finished run.
fn one() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let spec = place.path().join("small.lcnn");
    user_files::write(&spec, SPEC.as_bytes()).unwrap();
    let over = Overrides { spec: Some(spec), limit: Some(20), limit_test: Some(10), ..Overrides::default() };
    let folder = run(over, &place.path().join("runs"), Occasion::default(), &Console::new()).unwrap().folder;
    (place, folder)
}

/// Puts so many copies of the run into a folder, as far as a list reads it.
fn copy(into: &Path, count: usize) {
    let one = ONE.get().unwrap();
    for n in 0..count {
        let folder = into.join(format!("{}/{n:04}", n % 10));
        fs::create_dir_all(&folder).unwrap();
        for name in READ {
            fs::copy(one.join(name), folder.join(name)).unwrap();
        }
        WEIGHTS.iter().for_each(|name| fs::write(folder.join(name), "").unwrap());
    }
}

#[divan::bench(args = [100, 1_000])]
fn runs(bencher: divan::Bencher<'_, '_>, count: usize) {
    let place = tempfile::tempdir().unwrap();
    copy(place.path(), count);
    bencher.bench(|| {
        let rows: Vec<Row> = find::runs(place.path()).unwrap().par_iter().map(|path| Row::read(path)).collect();
        assert!(rows.len() == count && rows.iter().all(|row| row.state.word() == "finished"));
        rows
    });
}
