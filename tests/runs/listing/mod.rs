//! `lcnnc runs`: lists of runs, two runs compared, runs and checkpoints removed, as users type it.

mod parts;

use crate::shell::{SMALL, fine, lcnnc, rows};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const FLAGS: &str = "--device cpu --threads 1 --limit 40 --batch 8 --no-tensorboard";

/// A folder with the spec in it, and a finished run of each of these flags.
fn place<const N: usize>(runs: [&str; N]) -> (TempDir, [PathBuf; N]) {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("small.lcnn"), SMALL).unwrap();
    let folders = runs.map(|flags| run(place.path(), flags));
    (place, folders)
}

/// Trains a run, and gives its folder as it is told.
fn run(here: &Path, flags: &str) -> PathBuf {
    let usual = [("--epochs", "1"), ("--limit-test", "20")].into_iter().filter(|(flag, _)| !flags.contains(flag));
    let usual: String = usual.map(|(flag, value)| format!(" {flag} {value}")).collect();
    let said = fine(here, &format!("run small {FLAGS} {flags}{usual}"));
    let last = said.lines().last().unwrap();
    PathBuf::from(last.split("see ").nth(1).unwrap())
}

fn summary(here: &Path, run: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(here.join(run).join("summary.json")).unwrap()).unwrap()
}

/// Makes a finished run one that was cut short behind its last epoch.
fn cut(here: &Path, run: &Path) {
    for file in ["summary.json", "best.safetensors", "last.safetensors"] {
        fs::remove_file(here.join(run).join(file)).unwrap();
    }
}

fn listed(here: &Path, args: &str) -> Vec<Value> {
    let text = fine(here, &format!("runs list --format json {args}"));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_list_has_a_row_a_run_with_what_the_runs_differ_in() {
    let (place, [first, second]) = place(["--set width=1", "--lr 0.1 --seed 3"]);
    let here = place.path();
    fine(
        here,
        &format!("sweep run small {FLAGS} --limit-test 10 --epochs 2 --over width=3 --into runs/deep/sweep --jobs 1"),
    );
    let csv = fine(here, "runs list --format csv");
    let head = "run,spec,limit_test,width,lr,train.epochs,dataset,seed,epochs,validation_percent,test_percent,time_seconds,state";
    assert_eq!(csv.lines().next(), Some(head));
    let all = listed(here, "");
    assert_eq!([all.len(), csv.lines().count()], [3, 4]);
    let names: Vec<&str> = all[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names.join(","), head);
    let of = |run: &Path| all.iter().find(|row| Path::new(row["run"].as_str().unwrap()) == run).unwrap();
    for (run, width, lr, seed) in [(&first, 1, 0.01, 0), (&second, 2, 0.1, 3)] {
        let (row, summary) = (of(run), summary(here, run));
        let expected = [json!(width), json!(lr), json!(seed), json!(1)];
        assert_eq!(["width", "lr", "seed", "epochs"].map(|name| row[name].clone()), expected);
        assert_eq!([&row["spec"], &row["dataset"], &row["state"]], ["small", "contours", "finished"]);
        let number = |name: &str| row[name].as_f64().unwrap();
        assert!((number("test_percent") - 100.0 * summary["test"]["accuracy"].as_f64().unwrap()).abs() < 1e-9);
        let validation = summary["validation_accuracy"].as_f64().unwrap();
        assert!((number("validation_percent") - 100.0 * validation).abs() < 1e-9);
        assert_eq!(number("time_seconds"), summary["seconds"].as_f64().unwrap());
    }
    let job = all.iter().find(|row| row["run"].as_str().unwrap().starts_with("runs/deep/sweep/runs/width=3")).unwrap();
    assert_eq!([&job["width"], &job["train.epochs"], &job["epochs"]], [&json!(3), &json!(2), &json!(2)]);
    assert_eq!(job["spec"], "small");
    // In CSV the comma in the name of the job's folder is quoted.
    assert!(csv.contains("\n\"runs/deep/sweep/runs/width=3,"), "{csv}");

    let table = fine(here, "runs list");
    assert!(table.contains(" % ") && table.ends_with("3 runs: 3 finished\n"), "{table}");
    assert_eq!(fine(here, "runs list runs/deep").lines().count(), 4);
    let markdown = fine(here, "runs list --columns run,test --format markdown");
    assert!(markdown.starts_with("| run | test |\n|---|---|\n| runs/"), "{markdown}");
    let latex = fine(here, "runs list --columns spec,epochs,test --format latex --out t.tex");
    assert!(latex.is_empty());
    let latex = fs::read_to_string(here.join("t.tex")).unwrap();
    assert!(latex.contains("\\begin{tabular}{lrr}") && latex.contains(" \\% \\\\"), "{latex}");
}

#[test]
fn a_list_has_the_rows_that_are_asked_for_in_the_order_that_is_asked_for() {
    let (place, _) = place(["--set width=1", "--set width=2 --lr 1e-3", "--set width=10 --limit-test 10"]);
    let here = place.path();
    let widths =
        |args: &str| -> Vec<i64> { listed(here, args).iter().map(|row| row["width"].as_i64().unwrap()).collect() };
    // Numbers are ordered as numbers.
    assert_eq!(widths("--sort width"), [1, 2, 10]);
    assert_eq!(widths("--sort -width"), [10, 2, 1]);
    assert_eq!(widths("--sort width --where width>=2"), [2, 10]);
    assert_eq!(widths("--sort width --where width!=2 --where dataset=contours"), [1, 10]);
    assert_eq!(widths("--where lr=0.001 --columns width"), [2]);
    assert_eq!(widths("--where width<2 --columns all"), [1]);
    assert_eq!(widths("--where state=cut --columns width"), [0_i64; 0]);
    // Times have units, and a text that no run has is told from those that there are.
    let with = |condition: &str| {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
        let done = command
            .current_dir(here)
            .args(["runs", "list", "--format", "json", "--where", condition])
            .output()
            .unwrap();
        let runs: Value = serde_json::from_slice(&done.stdout).unwrap_or_default();
        (runs.as_array().map_or(0, Vec::len), String::from_utf8(done.stderr).unwrap())
    };
    let all = with("time >= 0").0;
    assert!(all > 0 && with("time < 1 h").0 == all && with("time_seconds < 1 h 30 min").0 == all);
    assert_eq!([with("time > 60 min").0, with("time > 3600").0, with("time > 1 h").0], [0; 3]);
    assert!(with("time < 1 hou").1.contains("or a time as in '90 s', '1 min'"));
    assert!(with("test = 90,5").1.contains("`test` is a number, and `90,5` is none"));
    assert!(with("dataset = contour").1.contains("holds for no run: did you mean `contours`? there are: contours"));
    assert_eq!(with("dataset = contours").1, "");
    // One run alone differs in nothing.
    assert!(listed(here, "--where width=1")[0].get("width").is_none());

    for (args, said) in [
        ("--where widht=1", "did you mean `width`?"),
        ("--where widht=1", "there are: run, spec, dataset, seed"),
        ("--sort tset", "did you mean `test`?"),
        ("--columns run,stat", "did you mean `state`?"),
        ("--columns run,run", "twice"),
        ("--where width==1", "one `=`"),
        ("--where width", "as in 'alpha >= 0.1'"),
        ("--where width>wide", "`width` is a number"),
        ("--format yaml", "markdown"),
        ("nowhere", "nowhere"),
    ] {
        let (code, out, err) = lcnnc(here, &format!("runs list {args}"));
        assert!(code == Some(2) && out.is_empty() && err.contains(said), "{args}: {err}");
    }
    let empty = tempfile::tempdir().unwrap();
    let (code, _, err) = lcnnc(empty.path(), "runs list");
    assert!(code == Some(2) && err.contains("neither a folder `runs`"), "{err}");
    fs::create_dir(empty.path().join("runs")).unwrap();
    let (code, out, err) = lcnnc(empty.path(), "runs list");
    assert!(code == Some(0) && out.ends_with("0 runs\n") && err.contains("no run below runs"), "{out}{err}");
}

#[test]
fn a_run_of_any_state_is_a_row() {
    let (place, [whole, short, changed, lost]) = place(["", "--seed 1", "--seed 2", "--seed 3"]);
    let here = place.path();
    let (code, ..) = lcnnc(here, &format!("run small {FLAGS} --epochs 1 --lr 1e30"));
    assert_eq!(code, Some(3));
    cut(here, &short);
    let spec = here.join(&changed).join("spec.lcnn");
    fs::write(&spec, fs::read_to_string(&spec).unwrap() + "\n").unwrap();
    fs::remove_file(here.join(&lost).join("best.safetensors")).unwrap();
    let all = listed(here, "");
    let of = |run: &Path| {
        let row = all.iter().find(|row| Path::new(row["run"].as_str().unwrap()) == run).unwrap();
        (row["state"].as_str().unwrap(), row["reason"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(of(&whole), ("finished", String::new()));
    assert_eq!(of(&short), ("cut", String::new()));
    let (state, reason) = of(&changed);
    assert!(state == "damaged" && reason.starts_with("spec.lcnn: expected the SHA-256"), "{reason}");
    assert_eq!(of(&lost), ("damaged", "best.safetensors: damaged: it is missing".to_owned()));
    let diverged = all.iter().find(|row| row["state"] == "diverged").unwrap();
    assert!(diverged["reason"].as_str().unwrap().contains("step"), "{diverged}");
    // What its numbers say of a run that was cut short.
    let row = all.iter().find(|row| Path::new(row["run"].as_str().unwrap()) == short).unwrap();
    assert!(row["epochs"] == 1 && row["validation_percent"].is_number() && row["test_percent"].is_null(), "{row}");

    let manifest = File::options().write(true).open(here.join(&short).join("manifest.json")).unwrap();
    manifest.lock().unwrap();
    let running = listed(here, "--where state=running");
    assert_eq!(running.len(), 1);
    let (code, _, err) = lcnnc(here, "runs list --where state=fnished");
    assert!(code == Some(2) && err.contains("no such state: did you mean `finished`?"), "{err}");
    for verb in ["rm --yes", "rm"] {
        let (code, _, err) = lcnnc(here, &format!("runs {verb} {} {}", whole.display(), short.display()));
        assert!(code == Some(2) && err.contains("another lcnnc is training in this folder"), "{err}");
    }
    assert!(here.join(&whole).exists() && here.join(&short).exists());
}

#[test]
fn summaries_hold_all_settings_and_older_ones_are_listed_from_the_other_files() {
    let (place, [run]) = place(["--set width=3 --lr 1e-3 --limit-test 10 --setting label_smoothing=10%"]);
    let here = place.path();
    let settings = &summary(here, &run)["settings"];
    assert_eq!(settings["consts"], json!({"width": 3}));
    for (name, value) in [
        ("optimizer", json!("sgd")),
        ("lr", json!(0.001)),
        ("batch", json!(8)),
        ("epochs", json!(1)),
        ("seed", json!(0)),
        ("label_smoothing", json!("10%")),
        ("schedule", json!("constant")),
    ] {
        assert_eq!(settings["train"][name], value, "{name}: {settings}");
    }
    assert_eq!([&settings["limit"], &settings["limit_test"]], [&json!(40), &json!(10)]);
    assert_eq!([&settings["dataset"], &settings["spec"], &settings["model"]], ["contours", "small", "Small"]);
    assert!(settings["data"]["transform"].as_str().unwrap().contains("resize(size: 12"), "{settings}");
    assert!(settings["data"]["validation"].is_string() && settings["data_sha256"].as_str().unwrap().len() == 64);

    // The same row without them.
    let before = listed(here, "--columns all");
    let file = here.join(&run).join("summary.json");
    let mut older: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    for key in ["settings", "manifest", "sha256"] {
        older.as_object_mut().unwrap().remove(key).unwrap();
    }
    fs::write(&file, older.to_string()).unwrap();
    assert_eq!(listed(here, "--columns all"), before);

    fine(here, &format!("run small {FLAGS} --epochs 1 --set width=1 --seed 4 --seeds 2 --jobs 1 --runs many"));
    let study = fs::read_dir(here.join("many/small")).unwrap().map(|it| it.unwrap().path()).find(|it| it.is_file());
    let file = study.unwrap();
    let study: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(study["settings"]["consts"], json!({"width": 1}));
    assert!(study["settings"]["train"].get("seed").is_none() && study["settings"]["train"]["lr"].is_number());
    assert_eq!([&study["seeds"][0]["seed"], &study["seeds"][1]["seed"]], [&json!(4), &json!(5)]);
    // Who removes one of its runs is told of the study.
    let (code, out, _) = lcnnc(here, &format!("runs rm {}", study["seeds"][0]["folder"].as_str().unwrap()));
    assert!(code == Some(2) && out.contains(&format!("{} names it", file.file_name().unwrap().display())), "{out}");
}

#[test]
fn names_of_consts_and_settings_that_every_run_has_are_told_apart() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    let spec = SMALL.replace("const width = 2", "const width = 2\nconst test = 1\nconst lr = 5");
    fs::write(here.join("small.lcnn"), spec.replace("3)", "3 * test + 0 * lr)")).unwrap();
    run(here, "--lr 0.1");
    let row = &listed(here, "--columns all")[0];
    assert_eq!(
        [&row["const.test"], &row["lr"], &row["train.lr"], &row["epochs"]],
        [&json!(1), &json!(5), &json!(0.1), &json!(1)]
    );
    assert_eq!([&row["train.epochs"], &row["limit"]], [&json!(1), &json!(40)]);
}

#[test]
fn two_runs_are_compared() {
    let (place, [a, b, again]) =
        place(["--set width=1 --epochs 3", "--set width=4 --lr 0.1 --epochs 2", "--set width=1 --epochs 3"]);
    let here = place.path();
    let said = fine(here, &format!("runs compare {} {}", a.display(), b.display()));
    let line = |start: &str| {
        let line = said.lines().find(|line| line.split("  ").next() == Some(start));
        line.unwrap_or_else(|| panic!("{start}: {said}"))
            .split("  ")
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>()
    };
    let accuracy = |run: &Path| 100.0 * summary(here, run)["test"]["accuracy"].as_f64().unwrap();
    let expected = [
        format!("{:.2} %", accuracy(&a)),
        format!("{:.2} %", accuracy(&b)),
        format!("{:+.2} points", accuracy(&b) - accuracy(&a)),
    ];
    assert_eq!(line("test")[1..], expected);
    assert_eq!(line("epochs"), ["epochs", "3", "2", "-1"]);
    assert_eq!(line("width"), ["width", "1", "4"]);
    assert_eq!(line("lr"), ["lr", "0.01", "0.1"]);
    for same in ["data: the same", "versions: the same", "-const width = 1", "+const width = 4"] {
        assert!(said.contains(same), "{same}: {said}");
    }
    assert!(said.contains("training loss") && said.contains("validation accuracy, per cent"), "{said}");
    // The curves begin and end with the numbers of metrics.csv.
    let metrics = |run: &Path| rows(&fs::read_to_string(here.join(run).join("metrics.csv")).unwrap());
    let losses: Vec<f64> =
        [&a, &b].iter().flat_map(|run| metrics(run)).map(|row| row["train_loss"].parse().unwrap()).collect();
    let ends = [losses.iter().copied().fold(f64::MIN, f64::max), losses.iter().copied().fold(f64::MAX, f64::min)];
    for end in ends {
        assert!(said.contains(&format!("{end:.4} |")), "{end}: {said}");
    }
    assert!(said.lines().all(|line| line.chars().count() <= 200) && !said.contains('\u{1b}'));

    let said = fine(here, &format!("runs compare {} {}", a.display(), again.display()));
    for same in ["both are of one recipe", "settings: the same", "spec: the same"] {
        assert!(said.contains(same), "{same}: {said}");
    }
    let (code, _, err) = lcnnc(here, &format!("runs compare {} nowhere", a.display()));
    assert!(code == Some(2) && err.contains("nowhere"), "{err}");
}

#[test]
fn runs_are_removed_only_with_consent_and_nothing_else_is() {
    let (place, [first, second]) = place(["", "--seed 1"]);
    let here = place.path();
    fs::write(here.join(&first).join("notes.txt"), "mine").unwrap();
    let (one, two) = (first.display(), second.display());
    let (code, out, err) = lcnnc(here, &format!("runs rm {one}"));
    assert!(code == Some(2) && err.contains("give `--yes`"), "{err}");
    assert!(out.contains("finished") && out.contains("notes.txt") && here.join(&first).exists(), "{out}");
    for (args, said) in [
        (format!("{one} runs"), "no run's folder"),
        (format!("{one} runs/small"), "no run's folder"),
        (format!("{one} nowhere"), "nowhere"),
        (format!("{one} small.lcnn"), "no run's folder"),
    ] {
        let (code, _, err) = lcnnc(here, &format!("runs rm --yes {args}"));
        assert!(code == Some(2) && err.contains(said) && here.join(&first).exists(), "{args}: {err}");
    }
    let said = fine(here, &format!("runs rm --yes {one} {one}/"));
    assert!(said.contains("removed 1 run,"), "{said}");
    assert!(!here.join(&first).exists() && here.join(&second).exists());
    let left = fs::read_dir(here.join("runs/small")).unwrap().count();
    assert_eq!(left, 1);
    // A damaged run can be removed as well.
    fs::remove_file(here.join(&second).join("manifest.json")).unwrap();
    fine(here, &format!("runs rm --yes {two}"));
    assert!(!here.join(&second).exists());
}

#[test]
fn checkpoints_of_finished_runs_are_removed_and_the_runs_stay_what_they_are() {
    let (place, [whole, short, broken]) = place(["", "--seed 1", "--seed 2"]);
    let here = place.path();
    cut(here, &short);
    fs::write(here.join(&broken).join("best.safetensors"), "no weights").unwrap();
    let has_checkpoint =
        |run: &Path| fs::read_dir(here.join(run).join("checkpoints")).is_ok_and(|mut it| it.next().is_some());
    let evaluated = fine(here, &format!("eval {}", whole.display()));
    let said = fine(here, "runs gc --dry-run");
    assert!(said.contains("of 1 finished run,") && said.contains("nothing is removed"), "{said}");
    let (code, _, err) = lcnnc(here, "runs gc");
    assert!(code == Some(2) && err.contains("give `--yes`"), "{err}");
    assert!([&whole, &short, &broken].iter().all(|run| has_checkpoint(run)));
    let (code, out, err) = lcnnc(here, "runs gc runs --yes");
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("are free") && err.contains("its checkpoints stay"), "{out}{err}");
    assert!(!has_checkpoint(&whole) && has_checkpoint(&short) && has_checkpoint(&broken));
    assert!(fine(here, "runs gc --yes").contains("there is nothing else to remove"));

    assert_eq!(fine(here, &format!("eval {}", whole.display())), evaluated);
    assert!(fine(here, &format!("resume {}", whole.display())).contains("the run is complete"));
    fine(here, &format!("report {} --only weights", whole.display()));
    // What the others kept is what they needed.
    fine(here, &format!("resume {}", short.display()));
    fine(here, &format!("resume {}", broken.display()));
    assert_eq!(listed(here, "--where state=finished").len(), 3);
}
