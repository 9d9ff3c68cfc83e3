//! The page of searches and trackers of others: its Python programs.

use super::figures::python;
use super::terminal::blocks;
use crate::shell::fine;
use serde_json::Value;
use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

const PAGE: &str = "docs/search_outside.md";

/// Optuna searches with small runs, and MLflow takes all of them. Needs Python with optuna and mlflow, and takes a minute:
/// `cargo test --test runs programs_of_others -- --ignored`.
#[test]
#[ignore = "needs Python"]
fn programs_of_others_search_and_keep_books() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    symlink(env::current_dir().unwrap().join("specs"), here.join("specs")).unwrap();
    // What programs call is lcnnc with flags that make every run small.
    let lcnnc = assert_cmd::cargo::cargo_bin!("lcnnc").display().to_string();
    let small = "--epochs 1 --limit 64 --limit-test 40 --batch 16 --device cpu --threads 1 --no-tensorboard";
    let script =
        format!("#!/bin/sh\ncase $1 in run) exec '{lcnnc}' \"$@\" {small} ;; *) exec '{lcnnc}' \"$@\" ;; esac\n");
    fs::create_dir(here.join("bin")).unwrap();
    fs::write(here.join("bin/lcnnc"), script).unwrap();
    fs::set_permissions(here.join("bin/lcnnc"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", here.join("bin").display(), env::var("PATH").unwrap());
    let variables = [("PATH", path.as_str()), ("MLFLOW_TRACKING_URI", "sqlite:///books.db")];
    let python = |program: &str| python(program, here, &variables);
    let programs = blocks(PAGE, "python");
    let [search, books] = &programs[..] else { panic!("two programs: {programs:?}") };
    let few = search.replace("n_trials=20", "n_trials=3");
    assert_ne!(few, *search);
    let said = python(&few);
    assert!(said.lines().last().unwrap().starts_with("{'lr': "), "{said}");
    let runs: Vec<Value> = serde_json::from_str(&fine(here, "runs list trials --format json")).unwrap();
    assert_eq!(runs.len(), 3);
    assert!(Path::new(here).join("search.db").is_file());
    // The best trial is that of the best validation accuracy in the runs themselves.
    let best = runs.iter().filter_map(|run| run["validation_percent"].as_f64()).reduce(f64::max).unwrap();
    let value: f64 =
        said.lines().last().unwrap().split("} ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((100.0 * value - best).abs() < 1e-6, "{said}: {best}");

    python(books);
    let kept = python(
        "import mlflow\nfor run in mlflow.search_runs(experiment_names=['lc_cnn'], output_format='list'):\n    \
         print(run.info.run_name, run.data.metrics['test_percent'], run.data.params['steps'])",
    );
    for run in &runs {
        let line = kept.lines().find(|line| line.starts_with(run["run"].as_str().unwrap())).unwrap();
        let test: f64 = line.split(' ').nth(1).unwrap().parse().unwrap();
        assert!((test - run["test_percent"].as_f64().unwrap()).abs() < 1e-9, "{line}: {run}");
    }
}
