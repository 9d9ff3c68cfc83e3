//! Several seeds, and runs that are repeated.

use super::tools::{edit, reseal};
use super::{ARGS, Place, SPEC, kept};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

fn runs(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.0.path().join("runs/tiny")).unwrap();
    let mut runs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    runs.sort();
    runs
}

fn json(path: PathBuf) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn seeds_are_trained_once_and_their_mean_is_that_of_single_runs() {
    let place = Place::new(SPEC);
    let args = "run tiny --device cpu --limit 160 --seeds 3 --seed 5 --jobs 2";
    let said = place.lcnnc(args);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("3 seeds to train, 2 at a time with "), "{}", said.out);
    assert!(said.out.contains("seed 6: epoch 8/8: "), "{}", said.out);

    // What is missing is trained, and nothing else.
    let first = runs(&place);
    assert_eq!(first.len(), 3);
    fs::remove_dir_all(&first[0]).unwrap();
    // As a kill before the first checkpoint leaves it.
    fs::remove_file(first[1].join("summary.json")).unwrap();
    let said = place.lcnnc(args);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let count = |what: &str| said.out.lines().filter(|line| line.contains(what)).count();
    assert_eq!(
        [count(" finished before, see"), count(" goes on, see"), count(" begins, see")],
        [1, 1, 1],
        "{}",
        said.out
    );
    assert_eq!(runs(&place).len(), 3);

    // One process with two threads gives the same bits as two with one each.
    let mut accuracies = Vec::new();
    for run in runs(&place) {
        let seed = json(run.join("manifest.json"))["seed"].as_u64().unwrap();
        let runs = format!("alone{seed}");
        let said = place.lcnnc(&format!("run tiny --device cpu --limit 160 --threads 2 --seed {seed} --runs {runs}"));
        assert_eq!(said.code, Some(0), "{}", said.err);
        let alone = fs::read_dir(place.0.path().join(runs).join("tiny")).unwrap().next().unwrap().unwrap().path();
        assert!(kept(&alone).best == kept(&run).best, "seed {seed}");
        accuracies.push(json(alone.join("summary.json"))["test"]["accuracy"].as_f64().unwrap());
    }
    let mean = accuracies.iter().sum::<f64>() / 3.0;
    let sd = (accuracies.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 2.0).sqrt();
    let line =
        format!("test accuracy {:.2} ± {:.2} % (mean ± sd of 3 seeds), see runs/tiny/seeds-", 100.0 * mean, 100.0 * sd);
    assert!(said.out.contains(&line), "expected `{line}` in: {}", said.out);
    let file = said.out.rsplit("see ").next().unwrap().trim();
    let study = json(place.0.path().join(file));
    assert!(
        (study["mean"].as_f64().unwrap() - mean).abs() < 1e-12 && (study["sd"].as_f64().unwrap() - sd).abs() < 1e-12
    );
    assert_eq!(study["seeds"][2]["seed"], 7);
}

#[test]
fn a_finished_seed_counts_only_while_its_weights_are_what_they_were() {
    let place = Place::new(SPEC);
    let args = "run tiny --device cpu --limit 48 --limit-test 24 --epochs 1 --seeds 2 --jobs 2";
    assert_eq!(place.lcnnc(args).code, Some(0));
    let run = runs(&place).remove(0);
    edit(&run.join("best.safetensors"), |bytes| *bytes.last_mut().unwrap() ^= 1);
    let said = place.lcnnc(args);
    assert_eq!(said.code, Some(2), "{}", said.out);
    for part in [
        "best.safetensors: expected the SHA-256 ",
        "puts it back from the last checkpoint",
        "to another place, and its seed is trained anew",
    ] {
        assert!(said.err.contains(part), "expected `{part}` in: {}", said.err);
    }
    assert_eq!(place.lcnnc(&format!("resume {}", run.display())).code, Some(0));
    assert_eq!(place.lcnnc(args).code, Some(0));
    // Nothing can be put back, and its seed is trained anew elsewhere.
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    fs::remove_file(run.join("last.safetensors")).unwrap();
    let said = place.lcnnc(args);
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(said.err.contains("last.safetensors: expected") && said.err.contains("found none"), "{}", said.err);
    fs::rename(&run, place.0.path().join("away")).unwrap();
    assert_eq!(place.lcnnc(args).code, Some(0));
}

#[test]
fn a_seed_that_fails_is_named_and_the_code_is_its_own() {
    let place = Place::new(SPEC);
    let said = place.lcnnc("run tiny --device cpu --limit 160 --seeds 2 --optimizer sgd(lr:1e25)");
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("seed 1: error: diverged"), "{}", said.err);
    assert!(said.err.contains("2 of 2 seeds did not come to their end: [0, 1]"), "{}", said.err);
}

#[test]
fn a_repeated_run_says_whether_the_bits_agree() {
    let place = Place::new(SPEC);
    assert_eq!(place.lcnnc(ARGS).code, Some(0));
    let run = runs(&place).remove(0);
    let said = place.lcnnc(&format!("rerun {}", run.display()));
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("the weights are those of the run, bit for bit"), "{}", said.out);
    assert_eq!(runs(&place).len(), 2, "the repeated run lies beside it");

    // A run of which other weights are known, on another machine.
    edit(&run.join("best.safetensors"), |bytes| *bytes.last_mut().unwrap() ^= 1);
    reseal(&run.join("manifest.json"), |manifest| manifest["machine"]["system"] = "another".into());
    let said = place.lcnnc(&format!("rerun {}", run.display()));
    assert_eq!(said.code, Some(2), "{}", said.err);
    let said = place.lcnnc(&format!("rerun --force {}", run.display()));
    assert_eq!(said.code, Some(9), "{}", said.err);
    assert!(said.out.contains("the weights differ from those of the run"), "{}", said.out);
    assert!(said.out.contains("maybe because the system was another "), "{}", said.out);
    let notes: Vec<String> =
        runs(&place).iter().map(|run| json(run.join("manifest.json"))["notes"].to_string()).collect();
    let noted = notes.iter().filter(|note| note.contains("best.safetensors: expected the SHA-256 ")).count();
    assert_eq!(noted, 1, "the new run notes it: {notes:?}");

    fs::remove_file(run.join("summary.json")).unwrap();
    let said = place.lcnnc(&format!("rerun {}", run.display()));
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("the run is not finished; first: `lcnnc resume "), "{}", said.err);
}
