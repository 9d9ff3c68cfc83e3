//! Published sets that are not what was published: refused or said, as a user meets it.

use super::tools::{json, names};
use super::{Place, SPEC, Said};
use std::fs;
use std::path::{Path, PathBuf};

fn idx(sizes: &[u32], body: &[u8]) -> Vec<u8> {
    let header = [0, 0, 8, sizes.len() as u8].into_iter().chain(sizes.iter().flat_map(|size| size.to_be_bytes()));
    header.chain(body.iter().copied()).collect()
}

/// A set in MNIST's layout, of 48 and 24 images.
fn part(root: &Path) {
    let raw = root.join("MNIST/raw");
    fs::create_dir_all(&raw).unwrap();
    for (half, count) in [("train", 48_u32), ("t10k", 24)] {
        let pixels: Vec<u8> = (0..count * 784).map(|i| (i % 251) as u8).collect();
        let labels: Vec<u8> = (0..count).map(|i| (i % 10) as u8).collect();
        fs::write(raw.join(format!("{half}-images-idx3-ubyte")), idx(&[count, 28, 28], &pixels)).unwrap();
        fs::write(raw.join(format!("{half}-labels-idx1-ubyte")), idx(&[count], &labels)).unwrap();
    }
}

fn only(folder: &Path) -> PathBuf {
    fs::read_dir(folder).unwrap().next().unwrap().unwrap().path()
}

const RUN: &str = "run tiny --device cpu --threads 1 --epochs 1 --dataset mnist --data-root data";

#[test]
fn a_part_of_a_set_is_refused_unless_it_is_meant_and_other_files_are_said() {
    let place = Place::new(SPEC);
    part(&place.0.path().join("data"));
    let said = place.lcnnc(RUN);
    let parts = [
        "data/MNIST/raw/train-images-idx3-ubyte: expected 60000 images, as published, found 48",
        "run `lcnnc data fetch mnist --data-root data`, or take it as it is: `--allow-other-count`",
    ];
    names(&said, 2, &parts);
    assert!(!place.0.path().join("runs").exists(), "nothing is begun");

    let said = place.lcnnc(&format!("{RUN} --allow-other-count"));
    names(&said, 0, &[]);
    let note = "none of its 4 files is as published; `lcnnc data verify mnist --data-root data` tells more";
    assert!(said.out.contains(&format!("           {note}\n")), "{}", said.out);
    let run = only(&place.0.path().join("runs/tiny"));
    assert_eq!(json(&run.join("manifest.json"))["data"]["notes"][0], note);
    // The command that is named says which files these are.
    let said = place.lcnnc("data verify mnist --data-root data");
    assert!(said.code == Some(2) && said.out.contains("4 of 4 not as published"), "{}", said.out);
    // The data of a run are known by their checksum.
    for verb in ["eval", "rerun"] {
        let said: Said = place.lcnnc(&format!("{verb} {}", run.display()));
        names(&said, 0, &[]);
    }
    fs::remove_file(run.join("summary.json")).unwrap();
    names(&place.lcnnc(&format!("resume {}", run.display())), 0, &[]);
    // Of a set that is named, it is said once more.
    let said = place.lcnnc(&format!("eval {} --dataset mnist", run.display()));
    names(&said, 0, &["note: `mnist`: none of its 4 files is as published"]);
}
