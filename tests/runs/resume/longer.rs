//! Finished runs gone on with for more epochs, and test halves that are limited.

use super::{ARGS, Place, SPEC, assert_same, checkpoints, kept};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

fn only(folder: &Path) -> PathBuf {
    let mut runs: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs.remove(0)
}

fn manifest(run: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(run.join("manifest.json")).unwrap()).unwrap()
}

/// A finished run of that many epochs, and the one that goes on with it, if it began.
fn short(place: &Place, more: &str) -> PathBuf {
    let said = place.lcnnc(&format!("{ARGS} {more}"));
    assert_eq!(said.code, Some(0), "{}", said.err);
    only(&place.0.path().join("runs/tiny"))
}

fn other(place: &Place, run: &Path) -> PathBuf {
    let mut entries = fs::read_dir(place.0.path().join("runs/tiny")).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path != run && path.join("run.yaml").is_file()).unwrap()
}

#[test]
fn more_epochs_end_with_the_bits_of_a_run_of_all_of_them() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    let run = short(&place, "--epochs 3");
    let before = kept(&run);
    let said = place.lcnnc(&format!("resume {} --epochs 8", run.display()));
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("goes on    at the start of epoch 4 of "), "{}", said.out);
    assert_eq!(said.err, "", "nothing is wrong with the folder");
    assert!(said.out.contains("epoch 4/8: ") && !said.out.contains("epoch 3/8: "), "{}", said.out);
    let longer = other(&place, &run);
    assert_same(&longer, &uncut);
    assert!(kept(&run) == before, "the run itself stays as it was");
    let parent = manifest(&longer)["parent"].clone();
    assert_eq!(parent["epochs"], 3);
    assert_eq!(parent["fingerprint"], manifest(&run)["fingerprint"]);
    assert_eq!(Path::new(parent["folder"].as_str().unwrap()), run.canonicalize().unwrap());
    assert_eq!(place.lcnnc(&format!("eval {}", longer.display())).code, Some(0));
    assert!(fs::read_to_string(longer.join("run.yaml")).unwrap().contains("epochs: 8"));
}

#[test]
fn a_longer_run_that_is_killed_goes_on_as_any_other() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    let run = short(&place, "--epochs 2");
    let mut child = place.command(&format!("resume {} --epochs 8 --save-every 0", run.display())).spawn().unwrap();
    let begun = || fs::read_dir(place.0.path().join("runs/tiny")).unwrap().count() > 1;
    while !begun() && child.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(1));
    }
    sleep(Duration::from_millis(100));
    child.kill().unwrap();
    child.wait().unwrap();
    let longer = other(&place, &run);
    place.resume(&longer);
    assert_same(&longer, &uncut);
}

#[test]
fn a_longer_run_that_would_be_another_one_is_refused() {
    let cases: [(&str, &str, &[&str]); 4] = [
        ("--epochs 3", "--epochs 3", &["it has trained 3 epochs; to go on, give `--epochs` more than 3, found 3"]),
        ("--epochs 3", "--epochs 2", &["more than 3, found 2"]),
        (
            "--epochs 2 --schedule cosine",
            "--epochs 4",
            &["its schedule `cosine", "other learning rates from the start", "run.yaml --epochs 4`"],
        ),
        (
            "--epochs 9 --patience 1 --lr 1e-30",
            "--epochs 12",
            &["its `patience` of 1 ended it after 2 epochs", "--epochs 12 --patience 0`"],
        ),
    ];
    for (first, then, parts) in cases {
        let place = Place::new(SPEC);
        let run = short(&place, first);
        let said = place.lcnnc(&format!("resume {} {then}", run.display()));
        assert_eq!(said.code, Some(2), "{first}: {}{}", said.out, said.err);
        for part in parts {
            assert!(said.err.contains(part), "expected `{part}` in: {}", said.err);
        }
        only(&place.0.path().join("runs/tiny"));
        // The advice, followed.
        if let Some(way) = said.err.split('`').find(|part| part.starts_with("lcnnc run --config ")) {
            let said = place.lcnnc(&format!("{} --runs anew", way.trim_start_matches("lcnnc ")));
            assert_eq!(said.code, Some(0), "{way}: {}", said.err);
        }
    }
}

#[test]
fn without_its_last_checkpoint_a_run_cannot_be_gone_on_with() {
    let place = Place::new(SPEC);
    let run = short(&place, "--epochs 2");
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    let said = place.lcnnc(&format!("resume {} --epochs 4", run.display()));
    assert!(said.code == Some(2) && said.err.contains("it holds no whole checkpoint of its end"), "{}", said.err);
    assert_eq!(place.lcnnc(&format!("eval {}", run.display())).code, Some(0), "all else works without");

    let run = super::stopped(&Place::new(SPEC));
    let said = place.lcnnc(&format!("resume {} --epochs 9", run.display()));
    assert_eq!(said.code, Some(2), "{}", said.err);
}

#[test]
fn a_test_half_is_whole_unless_it_is_limited() {
    let place = Place::new(SPEC);
    let run = short(&place, "--epochs 2 --limit-test 50");
    assert!(fs::read_to_string(run.join("run.yaml")).unwrap().contains("limit_test: 50"));
    assert_eq!(manifest(&run)["data"]["test_images"], 50);
    let eval = |more: &str| place.lcnnc(&format!("eval {} {more}", run.display())).out;
    assert!(eval("").contains(" of 50, a sample of the 1000 images of the test half)"), "{}", eval(""));
    assert!(eval("--limit-test 1000").contains(" of 1000)"), "{}", eval("--limit-test 1000"));
    assert!(eval("--limit-test 20").contains(" of 20, a sample of the 1000 "), "{}", eval("--limit-test 20"));
    let whole = place.lcnnc(&format!("{ARGS} --epochs 2 --runs whole"));
    assert!(whole.out.contains(" and 1000 test images"), "{}", whole.out);
    assert!(whole.out.contains("the test half is whole: `--limit` is of the training half"), "{}", whole.out);
    let tensors = |run: &Path| {
        let bytes = fs::read(run.join("best.safetensors")).unwrap();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[8 + header..].to_vec()
    };
    assert!(tensors(&run) == tensors(&only(&place.0.path().join("whole/tiny"))), "training does not see the test half");
    assert_eq!(checkpoints(&run).len(), 1);
}
