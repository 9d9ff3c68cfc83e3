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

/// Runs that were moved between jobs are not the results of those jobs, nor is a run of more epochs or one of no sweep.
#[test]
fn runs_of_other_jobs_are_damage() {
    let place = place();
    let here = place.path();
    fine(here, &format!("sweep run small {FLAGS} --over lr=1e-1,1e-2 --jobs 1"));
    let sweep = here.join("sweeps/small");
    let mut jobs: Vec<PathBuf> = fs::read_dir(sweep.join("runs")).unwrap().map(|job| job.unwrap().path()).collect();
    jobs.sort();
    let runs = [run_of(&jobs[0]).unwrap(), run_of(&jobs[1]).unwrap()];
    let table = fine(here, "sweep table sweeps/small --rows lr --format csv");
    // A run of more epochs lies beside the job's, and is not it.
    fine(here, &format!("resume {} --epochs 3", runs[0].display()));
    assert_eq!(fine(here, "sweep table sweeps/small --rows lr --format csv"), table);
    // It is called after the author's file, as the job's run is.
    let list = fine(here, "runs list sweeps/small --columns spec --format csv");
    assert_eq!(list, "spec\nsmall\nsmall\nsmall\n");
    let longer = fs::read_dir(&jobs[0]).unwrap().map(|it| it.unwrap().path()).find(|it| it.is_dir() && *it != runs[0]);
    fs::rename(&runs[0], here.join("kept")).unwrap();
    let out = fine(here, "sweep status sweeps/small");
    assert!(out.contains("1 finished, 1 waiting"), "{out}");
    fs::remove_dir_all(longer.unwrap()).unwrap();
    fs::rename(here.join("kept"), &runs[0]).unwrap();

    let [a, b] = [0, 1].map(|n| jobs[1 - n].join(runs[n].file_name().unwrap()));
    fs::rename(&runs[0], &a).unwrap();
    fs::rename(&runs[1], &b).unwrap();
    let (code, out, _) = lcnnc(here, "sweep status sweeps/small");
    assert!(code == Some(10) && out.contains("2 damaged") && out.contains("does not belong to this job"), "{out}");
    let table = fine(here, "sweep table sweeps/small --rows lr");
    assert!(table.contains("does not belong to this job") && table.contains("\n1e-2  -\n"), "{table}");
    fs::rename(&a, &runs[0]).unwrap();
    fs::remove_dir_all(&b).unwrap();
    fine(here, &format!("run small {FLAGS} --lr 1e-2"));
    let alone = fs::read_dir(here.join("runs/small")).unwrap().next().unwrap().unwrap().path();
    fs::rename(&alone, jobs[1].join(alone.file_name().unwrap())).unwrap();
    let (_, out, _) = lcnnc(here, "sweep status sweeps/small");
    assert!(out.contains("1 finished, 1 damaged") && out.contains("does not belong to this job"), "{out}");
}

/// Jobs whose folders cannot be made have failed, and say so.
#[cfg(target_os = "linux")]
#[test]
fn jobs_without_a_folder_have_failed() {
    let place = place();
    let here = place.path();
    fs::create_dir_all(here.join("s")).unwrap();
    // Nobody makes a folder there.
    std::os::unix::fs::symlink("/proc", here.join("s/runs")).unwrap();
    let (code, out, err) = lcnnc(here, &format!("sweep run small {FLAGS} --over lr=1e-1,1e-2 --jobs 1 --into s"));
    assert_eq!(code, Some(10), "{out}{err}");
    assert!(out.contains("2 jobs: 2 failed") && err.contains("cannot be made"), "{out}{err}");
}

/// A job that is asked to end in its first moments gives the job back.
#[cfg(unix)]
#[test]
fn a_job_that_just_began_is_given_back() {
    let place = place();
    let here = place.path();
    let long = FLAGS.replace("--epochs 1", "--epochs 30000");
    for signal in ["-TERM", "-INT"] {
        let sweep = format!("sweep run small {long} --jobs 1 --into s{signal}");
        let mut all = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
        all.current_dir(here).args(sweep.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::null());
        let all = all.spawn().unwrap();
        let job = || fs::read_dir(here.join(format!("s{signal}/runs"))).ok()?.next()?.ok().map(|job| job.path());
        while job().is_none_or(|job| !job.join("lease.json").exists()) {
            thread::sleep(Duration::from_millis(1));
        }
        Command::new("kill").args([signal, &all.id().to_string()]).status().unwrap();
        let ended = all.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stdout).unwrap();
        assert_eq!(ended.status.code(), Some(5), "{said}");
        let job = job().unwrap();
        assert!(!job.join("lease.json").exists() && !job.join("outcome.json").exists(), "{said}");
        let expected = if run_of(&job).is_some() { "saved" } else { "not begun" };
        assert!(said.contains(&format!("seed 0: {expected}\n")), "{said}");
    }
}
