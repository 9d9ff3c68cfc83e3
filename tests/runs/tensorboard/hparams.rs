//! TensorBoard's page of hyperparameters, by the runs of a sweep.

use crate::shell::{fine, lcnnc};
use crate::tensorboard::seen::{has_tensorboard, python};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

const SPEC: &str = "\
model Small
const width = 2
const lr = 3
input image: [1, 12, 12]
weights W: conv(1 -> width, kernel: lr)
A = relu(W * image)
logits = dense(global_avg_pool(A), classes)
output logits
data { transform: [resize(12)] }
";

fn runs(folder: &Path) -> Vec<PathBuf> {
    let jobs = fs::read_dir(folder).unwrap().map(|job| job.unwrap().path());
    let inside = |job: PathBuf| fs::read_dir(job).unwrap().map(|entry| entry.unwrap().path());
    let mut runs: Vec<PathBuf> = jobs.flat_map(inside).filter(|path| path.is_dir()).collect();
    runs.sort();
    runs
}

/// The session of a run that diverged ends, as a failure.
#[test]
fn a_run_that_diverged_has_failed() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    fs::write(here.join("small.lcnn"), SPEC).unwrap();
    let flags = "--device cpu --limit 40 --limit-test 20 --epochs 2 --batch 8 --lr 1e30";
    assert_eq!(lcnnc(here, &format!("run small {flags}")).0, Some(3));
    let run = runs(&here.join("runs")).remove(0);
    let file = fs::read_dir(run.join("tensorboard")).unwrap().next().unwrap().unwrap().path();
    let bytes = fs::read(file).unwrap();
    let tag = b"_hparams_/session_end_info";
    let end = bytes.windows(tag.len()).position(|part| part == tag).unwrap();
    // Field 1 of the session's end, a status, is 2, a failure; behind it stands its time, field 2.
    assert!(bytes[end..].windows(3).any(|part| part == [0x08, 2, 0x11]), "{:?}", &bytes[end..]);
    if has_tensorboard() {
        let found: Vec<Value> = serde_json::from_str(&python("hparams.py", &here.join("runs"))).unwrap();
        assert_eq!(found.iter().map(|session| &session["status"]).collect::<Vec<_>>(), [&json!(2)]);
    }
}

#[test]
fn the_page_of_hyperparameters_has_the_settings_and_the_results_of_every_run() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    fs::write(here.join("small.lcnn"), SPEC).unwrap();
    let flags = "--device cpu --limit 40 --limit-test 20 --epochs 2 --batch 8";
    fine(here, &format!("sweep run small {flags} --over width=1,4 --jobs 1"));
    let runs = runs(&here.join("sweeps/small/runs"));
    assert_eq!(runs.len(), 2);
    for run in &runs {
        let seen = crate::tensorboard::seen::seen(run);
        let start = seen.shown.get("_hparams_/session_start_info").map(|[plugin, _]| plugin.as_str());
        assert_eq!(start, Some("hparams"));
        assert!(seen.shown.contains_key("_hparams_/session_end_info"));
        assert_eq!(seen.scalars.iter().filter(|scalar| scalar.tag == "accuracy/test").count(), 1);
    }
    if !has_tensorboard() {
        return;
    }
    let found: Vec<Value> = serde_json::from_str(&python("hparams.py", &here.join("sweeps"))).unwrap();
    assert_eq!(found.len(), 2);
    for (n, (session, run)) in found.iter().zip(&runs).enumerate() {
        let summary: Value = serde_json::from_str(&fs::read_to_string(run.join("summary.json")).unwrap()).unwrap();
        let name = session["run"].as_str().unwrap();
        assert!(
            name.starts_with(["small/runs/width=1", "small/runs/width=4"][n]) && name.ends_with("/tensorboard"),
            "{name}"
        );
        assert_eq!(session["status"], 1, "it came to its end");
        let hparams = &session["hparams"];
        assert_eq!(
            [&hparams["width"], &hparams["lr"], &hparams["train.lr"]],
            [&json!([1.0, 4.0][n]), &json!(3.0), &json!(0.01)]
        );
        for (name, value) in [
            ("optimizer", json!("sgd")),
            ("epochs", json!(2.0)),
            ("dataset", json!("contours")),
            ("limit", json!(40.0)),
        ] {
            assert_eq!(hparams[name], value, "{name}: {hparams}");
        }
        let test = summary["test"]["accuracy"].as_f64().unwrap();
        assert!((session["metrics"]["accuracy/test"].as_f64().unwrap() - test).abs() < 1e-6, "{session}");
        assert!(
            session["metrics"]["loss/train"].is_number() && session["seconds"].as_f64().unwrap() > 0.0,
            "{session}"
        );
    }
}
