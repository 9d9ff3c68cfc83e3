//! `lcnnc sweep`: plans, jobs and tables, as users type them.

mod advice;
mod choice;
mod costs;
mod draws;
mod harmed;
mod lease;
mod needs;
mod numbers;
mod report;
mod results;
mod slips;
mod slurm;
mod specs;
mod table;
mod values;

use crate::shell::{fine, lcnnc, rows};
use serde_json::Value;
use std::fs;
#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

const SPEC: &str = "\
model Small
const width = 2
const alpha = 0
input image: [1, 12, 12]
weights W: conv(1 -> width, kernel: 3)
A = relu(W * image)
logits = dense(global_avg_pool(A), classes)
output logits
penalty size = alpha * l1(weights)
data {
    transform: [resize(12)]
}
";

const FLAGS: &str = "--device cpu --limit 40 --limit-test 20 --epochs 1 --batch 8 --no-tensorboard";

fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("small.lcnn"), SPEC).unwrap();
    place
}

/// The summaries of all finished runs of a sweep, by the folder of the job.
fn summaries(sweep: &Path) -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = Vec::new();
    for job in fs::read_dir(sweep.join("runs")).unwrap() {
        let job = job.unwrap().path();
        for run in fs::read_dir(&job).unwrap().map(|run| run.unwrap().path()) {
            if let Ok(text) = fs::read_to_string(run.join("summary.json")) {
                let name = job.file_name().unwrap().to_string_lossy().into_owned();
                all.push((name, serde_json::from_str(&text).unwrap()));
            }
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[test]
fn every_combination_is_trained_with_every_seed_and_once() {
    let place = place();
    let here = place.path();
    let sweep = format!("sweep run small {FLAGS} --over width=1,2 --over lr=1e-2,1e-1 --seeds 2 --jobs 2");
    let said = fine(here, &sweep);
    assert!(said.contains("8 jobs: 8 waiting") && said.contains("8 jobs: 8 finished"), "{said}");
    let first = summaries(&here.join("sweeps/small"));
    assert_eq!(first.len(), 8);

    // A run of the same settings by itself has the same weights.
    fine(here, &format!("run small {FLAGS} --set width=2 --lr 1e-1 --seed 1"));
    let run = fs::read_dir(here.join("runs/small")).unwrap().next().unwrap().unwrap().path();
    let alone: Value = serde_json::from_str(&fs::read_to_string(run.join("summary.json")).unwrap()).unwrap();
    let (_, job) = first.iter().find(|(name, _)| name.starts_with("width=2,lr=0.1,seed=1-")).unwrap();
    assert_eq!(job["weights"]["best"], alone["weights"]["best"]);

    // What is finished is taken, and an alternative more is trained.
    let said = fine(here, &sweep);
    assert!(said.contains("8 jobs: 8 finished") && !said.contains("to do"), "{said}");
    let said = fine(here, &sweep.replace("width=1,2", "width=1..3"));
    assert!(said.contains("12 jobs: 8 finished, 4 waiting"), "{said}");
    assert_eq!(summaries(&here.join("sweeps/small")).len(), 12);

    // The folder may be moved.
    fs::rename(here.join("sweeps/small"), here.join("elsewhere")).unwrap();
    assert_eq!(fine(here, "sweep status elsewhere"), "12 jobs: 12 finished\n");
}

#[test]
fn validation_chooses_and_the_test_accuracy_is_shown() {
    let place = place();
    let here = place.path();
    fine(here, &format!("sweep run small {FLAGS} --over width=1,2 --over lr=1e-3,1e-1 --seeds 2 --choose lr --jobs 2"));
    let csv = fine(here, "sweep table sweeps/small --rows width --format csv");
    let sweep = here.join("sweeps/small");
    for (n, width) in ["1", "2"].iter().enumerate() {
        // The same from the files.
        let of = |lr: &str, key: &str| -> Vec<f64> {
            let start = format!("width={width},lr={},", if lr == "1e-1" { "0.1" } else { lr });
            let number = |summary: &Value| match key {
                "test" => summary["test"]["accuracy"].as_f64().unwrap(),
                key => summary[key].as_f64().unwrap(),
            };
            let all = summaries(&sweep);
            all.iter().filter(|(name, _)| name.starts_with(&start)).map(|(_, summary)| number(summary)).collect()
        };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let validated = ["1e-3", "1e-1"].map(|lr| mean(&of(lr, "validation_accuracy")));
        let lr = if validated[1] > validated[0] { "1e-1" } else { "1e-3" };
        let line = csv.lines().nth(n + 1).unwrap();
        let cells: Vec<&str> = line.split(',').collect();
        let chosen = format!("lr {lr}");
        assert_eq!([cells[0], cells[1], cells[6], cells[9]], [*width, "contours", "2", chosen.as_str()], "{line}");
        let test = mean(&of(lr, "test"));
        assert!((cells[2].parse::<f64>().unwrap() - 100.0 * test).abs() < 1e-9, "{line}");
    }
    // Without a choice, several points fall into one cell.
    let again = format!("sweep run small {FLAGS} --over width=1,2 --over lr=1e-3,1e-1 --seeds 2 --jobs 2");
    fine(here, &again);
    let (code, _, err) = lcnnc(here, "sweep table sweeps/small --rows width");
    assert_eq!(code, Some(2));
    assert!(err.contains("they differ in lr") && err.contains("--choose lr"), "{err}");
    fine(here, "sweep table sweeps/small --rows width --choose lr");
    fine(here, "sweep table sweeps/small --rows width --columns lr --against 1 --format latex --out t.tex");
    assert!(fs::read_to_string(here.join("t.tex")).unwrap().contains("\\toprule"));
}

#[test]
fn a_file_says_what_flags_say_and_rows_beside() {
    let place = place();
    let here = place.path();
    let file = "\
about: a small one
seeds: 2
choose: lr
always: {epochs: 1, batch: 8, limit: 40, limit_test: 20}
quick: {limit: 20, seeds: 1}
grids:
  - {row: plain, spec: small, set: {alpha: 0}, lr: [1e-3, 0.1]}
  - {row: small weights, spec: small.lcnn, set: {alpha: [0.01, 1]}, lr: 0.1}
table: {rows: row, columns: dataset, published: published.csv}
";
    fs::write(here.join("sweep.yaml"), file).unwrap();
    fs::write(here.join("published.csv"), "row,column,mean,sd\nplain,contours,50,5\nother,contours,,\n").unwrap();
    let said = fine(here, "sweep run sweep.yaml --device cpu --no-tensorboard --choose lr,alpha --jobs 2 --into here");
    assert!(said.contains("8 jobs: 8 finished"), "{said}");
    let table = fine(here, "sweep table here --format markdown");
    for said in [
        "| plain |",
        "| small weights |",
        "; published 50.00 ± 5.00",
        "| other | -; published not known |",
        "not in the sweep",
    ] {
        assert!(table.contains(said), "{said}: {table}");
    }
    let said = fine(here, "sweep run sweep.yaml --quick --dry-run --into there");
    assert!(said.contains("4 jobs, nothing is trained") && !here.join("there").exists(), "{said}");
}

#[test]
fn what_is_wrong_is_found_before_the_first_job() {
    let place = place();
    let here = place.path();
    for (args, said) in [
        ("--over widht=1,2", "did you mean `width`?"),
        ("--over width=1,x", "const `width` is a number"),
        ("--over lr=1e-2,,1e-3", "nothing where a value is expected"),
        ("--over dataset=mnst", "mnist"),
        ("--over width=1 --choose lr", "the sweep does not go over `lr`; it goes over width"),
        ("--over lr=uniform(0,1)", "--draws 20"),
        ("--over lr=1 --over lr=2", "goes over `lr` twice"),
        ("--over lr=1,2 --lr 3", "leave the flag out"),
        ("--over width=1,2 --set width=3", "leave the flag out"),
        ("--over spec=small,small.lcnn", "is one spec, and the sweep goes over `spec`: leave it out"),
        ("--over seed=1,2", "`seeds` is how many"),
        ("--over width=1 --draws 3", "nothing is"),
        ("--over width=1 --quick", "`--quick` is for the file of a sweep"),
        ("--over lr=1,2 --choose lr --setting validation=0%", "hold none out: give `--setting validation=15%`"),
        ("--over lr=1,2 --over validation=15%,0% --choose lr", "jobs with validation 0% hold none out"),
        ("--over lr=1,2 --choose lr --limit 1 --dry-run", "the jobs hold none out"),
        ("--over validation=5%,15% --choose validation", "validation does not choose `validation`"),
        ("--over width=1..1000 --over batch=1..1000", "1000000 jobs"),
    ] {
        let (code, out, err) = lcnnc(here, &format!("sweep run small {args}"));
        assert!(code == Some(2) || code == Some(1), "{args}: {out}{err}");
        assert!(err.contains(said), "{args}: {err}");
        assert!(!here.join("sweeps").exists(), "{args}");
    }
    fs::write(here.join("bad.yaml"), "seeds: 2\ngrids:\n  - {spec: small, lr: [1e-2, 5..1]}\nchose: lr\n").unwrap();
    let (code, _, err) = lcnnc(here, "sweep run bad.yaml");
    assert_eq!(code, Some(1));
    fs::write(here.join("odd.yaml"), "seeds: 0\ngrids:\n  - {spec: small, lr: [1e-2, \"uniform(0, 1)\"]}\n").unwrap();
    let (code, _, odd) = lcnnc(here, "sweep run odd.yaml");
    assert!(code == Some(1) && odd.contains("`seeds` is 0") && odd.contains("stands alone"), "{odd}");
    let table = "grids:\n  - {spec: small, set: {width: [1, 2]}}\ntable: {rows: widht, columns: foo}\n";
    fs::write(here.join("table.yaml"), table).unwrap();
    for command in ["sweep run table.yaml", "sweep run table.yaml --dry-run"] {
        let (code, _, err) = lcnnc(here, command);
        assert_eq!(code, Some(1), "{err}");
        for said in
            ["table.yaml:3:15", "did you mean `width`?", "table.yaml:3:31", "does not go over `foo`; it goes over"]
        {
            assert!(err.contains(said), "{said}: {err}");
        }
    }
    for said in ["bad.yaml:3:30", "write `1..5`", "bad.yaml:4:1", "choose"] {
        assert!(err.contains(said), "{said}: {err}");
    }
}

/// Every experiment of both papers can be planned, and what was published stands in rows that it has.
#[test]
fn the_experiments_that_come_with_lcnnc_can_be_planned() {
    let here = std::env::current_dir().unwrap();
    for entry in fs::read_dir("experiments").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "csv") {
            let sweep = fs::read_to_string(path.with_extension("yaml")).unwrap();
            let text = fs::read_to_string(&path).unwrap();
            let data = text.lines().filter(|line| !line.starts_with('#')).skip(1);
            for row in data.map(|line| line.split(',').next().unwrap()) {
                assert!(sweep.contains(&format!("row: {row}\n")), "{}: {row}", path.display());
            }
            continue;
        }
        let said = fine(&here, &format!("sweep run {} --dry-run --no-measuring", path.display()));
        assert!(said.contains("nothing is trained"), "{said}");
    }
}

/// Two grids that share a point train it once, and both have it.
#[test]
fn grids_may_share_a_point() {
    let place = place();
    let here = place.path();
    let file = "choose: lr\nalways: {epochs: 1, batch: 8, limit: 40, limit_test: 20}\ngrids:\n  - {row: base, spec: small, lr: 0.1}\n  - {row: \
                tuned, spec: small, lr: [1e-1, 1e-9]}\n";
    fs::write(here.join("shared.yaml"), file).unwrap();
    let said = fine(here, "sweep run shared.yaml --device cpu --no-tensorboard --threads 1 --epochs 2 --into s");
    assert!(said.contains("2 jobs: 2 finished"), "{said}");
    // What a flag says comes before what the file says of all jobs.
    for job in fs::read_dir(here.join("s/runs")).unwrap() {
        let log = fs::read_to_string(job.unwrap().path().join("log.txt")).unwrap();
        assert!(log.contains("epoch 2/2: "), "{log}");
    }
    let csv = fine(here, "sweep table s --rows row --format csv");
    let mean = |row: &str| rows(&csv).into_iter().find(|it| it["row"] == row).unwrap()["mean"].clone();
    assert!(!mean("base").is_empty() && !mean("tuned").is_empty(), "{csv}");
    // As long as an alternative is open, the choice may change.
    let mut open = fs::read_dir(here.join("s/runs")).unwrap().map(|job| job.unwrap().path());
    let open = open.find(|job| job.to_string_lossy().contains("lr=1e-9")).unwrap();
    fs::remove_dir_all(open).unwrap();
    let table = fine(here, "sweep table s");
    assert!(table.contains("tuned, contours: the choice may change: 1 of 2 alternatives"), "{table}");
    // Rows of their own are not chosen.
    let table = fine(here, "sweep table s --rows lr --columns dataset --format csv");
    assert_eq!(table.lines().count(), 3, "{table}");
    let (code, _, err) = lcnnc(here, "sweep table s --out s/plan.jsonl");
    assert!(code == Some(2) && err.contains("cannot do without it"), "{err}");
    let said = fine(here, "report s --only weights");
    assert!(said.contains("1 run side by side"), "{said}");
}

#[test]
fn a_job_that_fails_is_recorded_and_the_rest_goes_on() {
    let place = place();
    let here = place.path();
    let sweep = format!("sweep run small {FLAGS} --over lr=1e-2,1e30 --seeds 1 --jobs 1");
    let (code, out, err) = lcnnc(here, &sweep);
    assert_eq!(code, Some(10), "{out}{err}");
    assert!(out.contains("2 jobs: 1 finished, 1 failed"), "{out}");
    let (code, out, _) = lcnnc(here, "sweep status sweeps/small");
    assert_eq!(code, Some(10));
    assert!(out.contains("job 1 failed") && out.contains("exit code 3"), "{out}");
    let table = fine(here, "sweep table sweeps/small --rows lr");
    assert!(table.contains("exit code 3"), "{table}");
    // A failed job is not tried again unless that is asked for.
    let (code, out, _) = lcnnc(here, &sweep);
    assert!(code == Some(10) && !out.contains("to do"), "{out}");
    let (code, out, _) = lcnnc(here, &format!("{sweep} --retry-failed"));
    assert!(code == Some(10) && out.contains("1 job to do"), "{out}");
}

#[test]
fn a_data_set_that_is_not_there_is_a_hole() {
    let place = place();
    let here = place.path();
    let sweep = format!("sweep run small {FLAGS} --data-root nowhere --over dataset=mnist,contours --jobs 1 --seeds 2");
    let (code, out, err) = lcnnc(here, &sweep);
    assert_eq!(code, Some(10), "{out}{err}");
    assert!(out.contains("4 jobs: 2 finished, 2 failed"), "{out}{err}");
    // Before the first job, and with the first one that ends with it: what others share is said in a word.
    assert_eq!(err.matches("lcnnc data fetch mnist").count(), 2, "{err}");
    assert!(err.contains("dataset mnist, seed 1: failed: as with dataset mnist, seed 0\n"), "{err}");
    let (_, status, _) = lcnnc(here, "sweep status sweeps/small");
    assert_eq!(status.matches("lcnnc data fetch mnist").count(), 1, "{status}");
    assert!(status.contains("dataset mnist, seed 1, as with dataset mnist, seed 0\n"), "{status}");
    let table = fine(here, "sweep table sweeps/small");
    assert!(table.starts_with("row  mnist  contours\nall  -      "), "{table}");
    // Once for all seeds, and in one line.
    assert_eq!(table.matches("lcnnc data fetch mnist").count(), 1, "{table}");
    assert!(table.lines().any(|line| line.starts_with("all, mnist: seeds 0, 1: ")), "{table}");
}

#[test]
fn jobs_know_their_number_from_the_engine_that_began_them() {
    let place = place();
    let here = place.path();
    fine(here, &format!("sweep run small {FLAGS} --over width=1,2 --jobs 1"));
    // The plan stays, and nothing of its jobs.
    let runs = here.join("sweeps/small/runs");
    fs::remove_dir_all(&runs).unwrap();
    let mut job = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    job.current_dir(here)
        .args(["sweep", "job", "sweeps/small"])
        .env("SLURM_ARRAY_TASK_ID", "1")
        .env("SLURM_CPUS_PER_TASK", "1");
    assert!(job.output().unwrap().status.success());
    let finished = summaries(&here.join("sweeps/small"));
    assert_eq!(finished.len(), 1);
    assert!(finished[0].0.starts_with("width=2,"), "{}", finished[0].0);
    let (code, _, err) = lcnnc(here, "sweep job sweeps/small --index 2");
    assert!(code == Some(2) && err.contains("they run from 0 to 1"), "{err}");
    let (code, _, err) = lcnnc(here, "sweep job sweeps/small");
    assert!(code == Some(2) && err.contains("SLURM_ARRAY_TASK_ID"), "{err}");
    let mut job = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    let job = job.current_dir(here).args(["sweep", "job", "sweeps/small"]).env("HQ_TASK_ID", "one").output().unwrap();
    let err = String::from_utf8(job.stderr).unwrap();
    assert!(err.contains("HQ_TASK_ID is `one`, which is no number of a job"), "{err}");
}

/// A sweep that is told to end saves its runs, and goes on to the same weights.
#[cfg(unix)]
#[test]
fn a_sweep_that_was_cut_short_goes_on_to_the_same_weights() {
    let place = place();
    let here = place.path();
    let flags =
        "--device cpu --limit 400 --limit-test 20 --epochs 200 --batch 8 --no-tensorboard --over width=1,2 --jobs 2";
    let whole = |into: &str| format!("sweep run small {flags} --into {into}");
    fine(here, &whole("whole"));
    let mut cut = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    cut.current_dir(here).args(whole("cut").split_whitespace()).stdout(Stdio::null()).stderr(Stdio::null());
    // A group of its own: the signal reaches all that is in it, as Ctrl-C on a terminal does.
    let mut cut = cut.process_group(0).spawn().unwrap();
    let begun = |folder: &PathBuf| {
        fs::read_dir(folder.join("runs")).is_ok_and(|jobs| {
            jobs.filter_map(Result::ok).any(|job| {
                fs::read_dir(job.path()).is_ok_and(|mut all| all.any(|it| it.is_ok_and(|it| it.path().is_dir())))
            })
        })
    };
    while !begun(&here.join("cut")) && cut.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(10));
    }
    Command::new("kill").args(["-INT", "--", &format!("-{}", cut.id())]).status().unwrap();
    assert_eq!(cut.wait().unwrap().code(), Some(5));
    let logs: Vec<String> = fs::read_dir(here.join("cut/runs"))
        .unwrap()
        .filter_map(|job| fs::read_to_string(job.unwrap().path().join("log.txt")).ok())
        .collect();
    assert!(logs.iter().any(|log| log.contains("what was done is saved")), "{logs:?}");
    fine(here, &whole("cut"));
    let weights = |folder: &str| -> Vec<Value> {
        summaries(&here.join(folder)).into_iter().map(|(_, summary)| summary["weights"]["last"].clone()).collect()
    };
    assert_eq!(weights("cut"), weights("whole"));
    assert_eq!(weights("cut").len(), 2);
}
