//! What sweeps say where something is wrong, or was done before: the advice works when it is followed.

use super::{FLAGS, place};
use crate::shell::{fine, lcnnc};
use lcnnc::sweeps::file::Layout;
use lcnnc::sweeps::published::Published;
use lcnnc::sweeps::results::PointResult;
use lcnnc::sweeps::table::{ResultTable, lay_out};
use lcnnc::sweeps::written::{Format, written};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the jobs of a sweep, in order.
fn jobs(sweep: &Path) -> Vec<PathBuf> {
    let mut jobs: Vec<PathBuf> = fs::read_dir(sweep.join("runs")).unwrap().map(|job| job.unwrap().path()).collect();
    jobs.sort();
    jobs
}

/// The folder of the run of a job.
fn run(job: &Path) -> PathBuf {
    fs::read_dir(job).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap()
}

/// What a run said when it diverged stays, however often it is tried again.
#[test]
fn a_retry_keeps_what_the_first_try_said() {
    let place = place();
    let here = place.path();
    let sweep = format!("sweep run small {FLAGS} --over lr=1e30 --jobs 1");
    assert_eq!(lcnnc(here, &sweep).0, Some(10));
    let job = jobs(&here.join("sweeps/small")).remove(0);
    let outcome = || -> Value { serde_json::from_str(&fs::read_to_string(job.join("outcome.json")).unwrap()).unwrap() };
    let first = outcome();
    assert!(
        first["message"].as_str().unwrap().starts_with("diverged: the loss was ") && first["tries"] == 1,
        "{first}"
    );
    assert_eq!(lcnnc(here, &format!("{sweep} --retry-failed")).0, Some(10));
    let second = outcome();
    assert_eq!([&second["message"], &second["exit_code"]], [&first["message"], &first["exit_code"]]);
    assert_eq!(second["tries"], 2);
    let log = fs::read_to_string(job.join("log.txt")).unwrap();
    let last = log.lines().last().unwrap();
    assert!(last.contains("leave these values out of the sweep") && !last.contains("lcnnc run --config"), "{log}");
}

/// Nothing of a sweep takes `--force`: a damaged job is put right, or trained anew.
#[test]
fn a_damaged_job_is_trained_anew_as_its_message_says() {
    let place = place();
    let here = place.path();
    let sweep = format!("sweep run small {FLAGS} --over width=1,2 --jobs 1");
    fine(here, &sweep);
    let all = jobs(&here.join("sweeps/small"));
    fs::write(run(&all[0]).join("spec.lcnn"), "model Other\n").unwrap();
    fs::write(run(&all[1]).join("manifest.json"), "{").unwrap();
    for verb in ["table", "status"] {
        let (_, out, err) = lcnnc(here, &format!("sweep {verb} sweeps/small"));
        assert!(!format!("{out}{err}").contains("--force"), "{out}{err}");
        assert_eq!(out.matches("`lcnnc sweep run` once more trains the job anew").count(), 2, "{out}{err}");
        for job in &all {
            let name = job.file_name().unwrap().to_string_lossy();
            assert!(
                out.contains(&format!("or remove 'sweeps/small/runs/{name}'"))
                    || out.contains(&format!("or remove sweeps/small/runs/{name}")),
                "{out}"
            );
        }
    }
    all.iter().for_each(|job| fs::remove_dir_all(job).unwrap());
    let said = fine(here, &sweep);
    assert!(said.contains("2 jobs: 2 finished"), "{said}");
}

/// Messages point at the place in the file, and say what to write there.
#[test]
fn what_a_file_leaves_out_is_said_where_it_is_missing() {
    let place = place();
    let here = place.path();
    for (text, at, said) in [
        ("always: {width: 1}\ngrids: [{spec: small}]\n", "s.yaml:1:10", "`set: {width: 1}`"),
        ("seeds: 2\ngrids: []\n", "s.yaml:2:8", "there is no grid"),
        ("seeds: 2\ngrids:\n  - {spec: small}\n  - {row: other, lr: 1e-2}\n", "s.yaml:4:5", "this grid names no spec"),
        ("seeds: 2\n", "s.yaml:1:1", "there is no grid"),
    ] {
        fs::write(here.join("s.yaml"), text).unwrap();
        let (code, _, err) = lcnnc(here, "sweep run s.yaml");
        assert!(
            code == Some(1) && err.contains(at) && err.contains(said) && !err.contains("lcnnc run SPEC"),
            "{text}: {err}"
        );
        assert!(!here.join("sweeps").exists());
    }
    // As the messages say.
    fs::write(here.join("s.yaml"), "always: {spec: small, set: {width: 1}}\ngrids: [{lr: [1e-2, 1e-3]}]\n").unwrap();
    assert!(fine(here, "sweep run s.yaml --dry-run --no-measuring").contains("2 jobs, nothing is trained"));
    let (code, _, err) = lcnnc(here, "sweep run --over lr=1,2");
    assert!(code == Some(2) && err.contains("lcnnc sweep run SPEC --over"), "{err}");
    for mixed in ["lr=0.1,uniform(0,1)", "lr=log_uniform(1e-4,1),0.1"] {
        let (code, _, err) = lcnnc(here, &format!("sweep run small --over {mixed} --draws 2"));
        assert!(code == Some(2) && err.contains("stands alone, without other alternatives"), "{err}");
    }
}

#[test]
fn a_job_that_was_finished_says_so() {
    let place = place();
    let here = place.path();
    fine(here, &format!("sweep run small {FLAGS} --over width=1 --jobs 1"));
    let said = fine(here, "sweep job sweeps/small --index 0");
    assert!(said.starts_with("job 0 was finished before: test accuracy ") && !said.contains("took"), "{said}");
}

/// A plan that somebody edited is none.
#[test]
fn a_plan_that_was_edited_is_refused() {
    let place = place();
    let here = place.path();
    let sweep = format!("sweep run small {FLAGS} --over width=1,2 --jobs 1");
    fine(here, &sweep);
    let plan = here.join("sweeps/small/plan.jsonl");
    let text = fs::read_to_string(&plan).unwrap();
    let edited = text.replacen("\"width\":\"1\"", "\"width\":\"7\"", 1);
    assert_ne!(text, edited);
    fs::write(&plan, edited).unwrap();
    for verb in ["table sweeps/small", "status sweeps/small", "report sweeps/small", "job sweeps/small --index 0"] {
        let (code, _, err) = lcnnc(here, &format!("sweep {verb}"));
        assert!(
            code == Some(2) && err.contains("not those that were planned") && err.contains("once more writes it anew"),
            "{verb}: {err}"
        );
    }
    // As the message says; and line ends of Windows change nothing.
    fine(here, &sweep);
    assert_eq!(fs::read_to_string(&plan).unwrap(), text);
    fs::write(&plan, text.replace('\n', "\r\n")).unwrap();
    fine(here, "sweep table sweeps/small --rows width");
}

/// A table of rows with these test accuracies, from 0 to 1.
fn table(rows: &[(&str, &[f64])], published: &[Published], against: Option<&str>) -> ResultTable {
    let point = |(alpha, test): &(&str, &[f64])| {
        let values = [("alpha", *alpha), ("dataset", "mnist")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        PointResult { values: values.into(), jobs: test.len(), test: test.to_vec(), ..PointResult::default() }
    };
    let points: Vec<PointResult> = rows.iter().map(point).collect();
    let layout = Layout { rows: "alpha".to_owned(), columns: "dataset".to_owned(), published: None };
    lay_out(&points, &[], &layout, published, against).unwrap()
}

/// 100 times 0.575 is 57.49999999999999 for a processor, and 57.5 for everyone else.
#[test]
fn numbers_are_those_that_were_measured() {
    let json: Value =
        serde_json::from_str(&written(&table(&[("1", &[0.575, 0.29])], &[], None), Format::Json)).unwrap();
    let cell = &json["cells"][0];
    assert_eq!(cell["values"].to_string(), "[57.5,29.0]");
    assert_eq!(cell["mean"].to_string(), "43.25");
    // 28.5 divided by the root of 2.
    assert_eq!(cell["sd"].to_string(), "20.152543");
}

/// Where a number is missing beside a mean, the reason stands in its place, in every format.
#[test]
fn missing_comparisons_have_a_reason() {
    let of = |sd| Published { row: "1".to_owned(), column: "mnist".to_owned(), mean: Some(97.0), sd };
    let rows: &[(&str, &[f64])] = &[("1", &[0.98, 0.97]), ("2", &[0.9]), ("3", &[0.5, 0.6])];
    let zero = table(rows, &[of(Some(0.0))], Some("3"));
    for format in [Format::Table, Format::Markdown, Format::Csv, Format::Latex, Format::Json] {
        let text = written(&zero, format);
        assert!(text.contains("no difference in its sd, which is 0"), "{text}");
        assert_eq!(text.matches("no p, since a test takes two seeds or more").count(), 1, "{text}");
    }
    assert!(!written(&table(rows, &[of(Some(0.5))], None), Format::Table).contains("no "));
    let one = written(&table(rows, &[], Some("2")), Format::Table);
    assert_eq!(one.matches("no p, since the row to compare with has one seed").count(), 2, "{one}");
    let same = written(&table(&[("1", &[0.5, 0.5]), ("2", &[0.25, 0.25])], &[], Some("1")), Format::Table);
    assert_eq!(same.matches("no p, since neither varies over its seeds").count(), 1, "{same}");
}
