//! Jobs that came to harm: a process that was killed, numbers that were changed.

use super::{FLAGS, Path, PathBuf, fs, place, thread};
use crate::shell::{fine, lcnnc};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The folder of a job's only run.
fn run_of(job: &Path) -> Option<PathBuf> {
    fs::read_dir(job).ok()?.filter_map(Result::ok).map(|it| it.path()).find(|path| path.is_dir())
}

#[cfg(unix)]
#[test]
fn a_job_whose_process_is_killed_has_failed_and_goes_on_when_it_is_asked_for() {
    let place = place();
    let here = place.path();
    let sweep =
        "sweep run small --device cpu --limit 400 --limit-test 20 --epochs 300 --batch 8 --no-tensorboard --jobs 1";
    let mut all = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    all.current_dir(here).args(sweep.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut all = all.spawn().unwrap();
    let job = || fs::read_dir(here.join("sweeps/small/runs")).ok()?.next()?.ok().map(|job| job.path());
    let begun = || job().and_then(|job| run_of(&job)).is_some_and(|run| run.join("initial.safetensors").exists());
    while !begun() && all.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(5));
    }
    let lease: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(job().unwrap().join("lease.json")).unwrap()).unwrap();
    Command::new("kill").args(["-KILL", &lease["pid"].to_string()]).status().unwrap();
    assert_eq!(all.wait().unwrap().code(), Some(10));
    let (code, out, _) = lcnnc(here, "sweep status sweeps/small");
    assert_eq!(code, Some(10));
    assert!(out.contains("exit code 137: its process was ended from outside (signal: 9 (SIGKILL))"), "{out}");
    let out = fine(here, &format!("{sweep} --retry-failed"));
    assert!(out.contains("1 job: 1 finished"), "{out}");
}

#[test]
fn numbers_that_a_run_did_not_leave_are_not_drawn() {
    let place = place();
    let here = place.path();
    fine(here, &format!("sweep run small {FLAGS} --over width=1,2 --jobs 1"));
    let mut jobs: Vec<PathBuf> =
        fs::read_dir(here.join("sweeps/small/runs")).unwrap().map(|job| job.unwrap().path()).collect();
    jobs.sort();
    let [a, b] = [run_of(&jobs[0]).unwrap(), run_of(&jobs[1]).unwrap()];
    let lines = a.join("metrics.jsonl");
    let text = fs::read_to_string(&lines).unwrap();
    fs::write(&lines, text.replace("\"train_accuracy\":", "\"train_accuracy\":1")).unwrap();
    fine(here, "sweep report sweeps/small --rows width");
    let page = fs::read_to_string(here.join("sweeps/small/report.html")).unwrap();
    assert!(page.contains("Left out of the curves: ") && page.contains("its SHA-256 is not the one of"), "{page}");
    let [a, b] = [a.display().to_string(), b.display().to_string()];
    let (code, _, err) = lcnnc(here, &format!("runs compare {b} {a}"));
    assert!(code == Some(2) && err.contains("metrics.jsonl") && err.contains("lcnnc resume"), "{err}");
    fine(here, &format!("resume {a}"));
    fine(here, &format!("runs compare {b} {a}"));
}
