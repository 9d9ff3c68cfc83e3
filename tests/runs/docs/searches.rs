//! The page on searches of other tools: its two programs.

use super::figures::python;
use super::terminal::blocks;
use crate::shell::fine;
use serde_json::Value;
use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// Both programs do what the page says. Needs Python with optuna, mlflow-skinny, sqlalchemy and alembic, and takes half a minute:
/// `cargo test --test runs searches_of_the_manual -- --ignored`.
#[test]
#[ignore = "needs Python"]
fn searches_of_the_manual_run() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    symlink(env::current_dir().unwrap().join("specs"), here.join("specs")).unwrap();
    // The commands of the page, with small runs.
    let binary = Path::new(assert_cmd::cargo::cargo_bin!("lcnnc")).display().to_string();
    let smaller = "--epochs 2 --limit 64 --limit-test 40 --batch 16 --device cpu --threads 1 --no-tensorboard";
    fs::create_dir(here.join("bin")).unwrap();
    let script = format!("#!/bin/sh\n[ $1 = run ] && exec {binary} \"$@\" {smaller}\nexec {binary} \"$@\"\n");
    fs::write(here.join("bin/lcnnc"), script).unwrap();
    fs::set_permissions(here.join("bin/lcnnc"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", here.join("bin").display(), env::var("PATH").unwrap());

    let programs = blocks("docs/search_outside.md", "python");
    let [search, import] = &programs[..] else { panic!("{programs:?}") };
    python(search, here, &[("PATH", &path)]);
    let listed: Value = serde_json::from_str(&fine(here, "runs list search --format json")).unwrap();
    let runs = listed.as_array().unwrap();
    assert_eq!(runs.len(), 20);
    // The values differ from trial to trial, and the best one is the study's.
    assert!(runs.iter().any(|run| run["lr"] != runs[0]["lr"]) && runs.iter().any(|run| run["steps"] != runs[0]["steps"]));
    let best = runs.iter().filter_map(|run| run["validation_percent"].as_f64()).fold(0.0, f64::max);
    let look = format!(
        "import optuna\nstudy = optuna.load_study(study_name='lc_cnn', storage='sqlite:///search.db')\nassert len(study.trials) == 20\n\
         assert abs(100 * study.best_value - {best}) < 1e-9, study.best_value"
    );
    python(&look, here, &[]);

    python(import, here, &[("PATH", &path)]);
    let look = format!(
        "import mlflow\nmlflow.set_tracking_uri('sqlite:///mlflow.db')\nruns = mlflow.search_runs(experiment_names=['lc_cnn'], output_format='list')\n\
         assert len(runs) == 20\nassert abs(max(run.data.metrics['validation_percent'] for run in runs) - {best}) < 1e-9\n\
         assert all(run.data.params['dataset'] == 'mnist' or run.data.params['lr'] for run in runs)\n\
         assert len(mlflow.MlflowClient().get_metric_history(runs[0].info.run_id, 'validation_accuracy')) == 2"
    );
    python(&look, here, &[]);
}
