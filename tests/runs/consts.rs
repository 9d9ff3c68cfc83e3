//! Consts that a command line sets beside the settings of a run, which hold the values that those consts led to.

use assert_cmd::Command;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SPEC: &str = "\
model Asleep
const sharing = 2
const rate = 1e-2
const half = rate / 2
const passes = 1
const views = 2
const border = 1
input image: [1, 12, 12]
patches = relu(local(image, 4, kernel: 3))
logits = dense(max_pool(patches, 2), classes)
output logits
train {
    optimizer: sgd(lr: half)
    batch: 16
    epochs: passes
}
sleep {
    every: sharing
    rule: mean
}
data {
    augment: [repeat(views)]
    transform: [resize(12)]
    validation: 25%
}
";

fn place(spec: &str) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("asleep.lcnn"), spec).unwrap();
    place
}

/// The exit code and what was said on standard error.
fn lcnnc(place: &TempDir, args: &str) -> (i32, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    command.current_dir(place.path()).env("XDG_CACHE_HOME", place.path()).args(args.split_whitespace());
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn runs(place: &TempDir) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(place.path().join("runs/asleep")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// The folder that a command leaves, from the place on, and what was said.
fn leaves(place: &TempDir, args: &str) -> (PathBuf, String) {
    let before = runs(place);
    let (code, said) = lcnnc(place, args);
    assert_eq!(code, 0, "{said}");
    let new = runs(place).into_iter().find(|run| !before.contains(run)).unwrap();
    (new.strip_prefix(place.path()).unwrap().to_owned(), said)
}

fn read(place: &TempDir, path: &Path) -> String {
    fs::read_to_string(place.path().join(path)).unwrap()
}

const FIRST: &str = "run asleep --device cpu --limit 64 --limit-test 32";

#[test]
fn a_const_of_the_command_line_comes_before_the_values_of_a_run() {
    let place = place(&SPEC.replace("const border = 1\n", ""));
    let (first, said) = leaves(&place, FIRST);
    assert_eq!(said, "");
    let config = first.join("run.yaml");
    let again = |args: &str| leaves(&place, &format!("run --config {} {args}", config.display()));
    let note = |set: &str, text: &str| format!("note: {set} replaces `{text}` of {}\n", config.display());

    let (run, said) = again("--set sharing=1");
    assert_eq!(said, note("--set sharing=1", "every: 2"));
    assert!(read(&place, &run.join("run.yaml")).contains("every: 1\n"));
    assert!(read(&place, &run.join("spec.lcnn")).contains("every: sharing\n"));
    let sleeps = |run: &Path| read(&place, &run.join("sleep.jsonl")).lines().count();
    assert!(sleeps(&run) > sleeps(&first), "{} and {}", sleeps(&run), sleeps(&first));

    // Through another const, within a call, and with a flag for an argument of what is left to the spec.
    let (run, said) = again("--set rate=4e-2 --set views=1 --weight-decay 1e-3");
    assert!(said.contains("--set rate=4e-2 replaces `optimizer: sgd(lr: 5e-3,"), "{said}");
    assert!(said.contains(&note("--set views=1", "augment: [repeat(count: 2)]")), "{said}");
    let settings = read(&place, &run.join("run.yaml"));
    assert!(settings.contains("sgd(lr: 0.02,") && settings.contains("weight_decay: 1e-3"), "{settings}");
    assert!(settings.contains("repeat(count: 1)"), "{settings}");

    // Another flag says more than a const.
    let run_sleeps = |run: &Path| place.path().join(run).join("sleep.jsonl").exists();
    assert!(run_sleeps(&run));
    let (run, said) = again("--set passes=3 --epochs 2 --set sharing=4 --no-sleep");
    assert_eq!(said, "");
    let settings = read(&place, &run.join("run.yaml"));
    assert!(settings.contains("epochs: 2\n") && !run_sleeps(&run), "{settings}");

    let (code, said) = lcnnc(&place, &format!("run --config {} --set sharings=1", config.display()));
    assert!(code == 1 && said.contains("L0111"), "{code} {said}");
}

/// A run measures the mean of its images, and writes it in place of the whole list.
#[test]
fn a_const_that_a_run_wrote_a_number_for_is_refused_and_not_to_be_removed() {
    let place = place(&SPEC.replace("[repeat(views)]", "[pad_crop(border, fill: mean), repeat(views)]"));
    let (first, said) = leaves(&place, FIRST);
    assert_eq!(said, "");
    let spec = first.join("spec.lcnn");
    assert!(read(&place, &spec).contains("repeat(count: 2)"), "{}", read(&place, &spec));
    let config = first.join("run.yaml");
    for args in [format!("--config {}", config.display()), spec.display().to_string()] {
        let (code, said) = lcnnc(&place, &format!("run {args} --set views=1"));
        let expected = format!(
            "error: {}: `--set views=1` has no effect on this spec, since nothing in it reads `views`",
            spec.display()
        );
        assert!(code == 2 && said.starts_with(&expected), "{code} {said}");
        assert!(said.contains("run the original spec instead"), "{said}");
    }
    for args in ["rerun RUN", "resume RUN --epochs 2", "run --config RUN/run.yaml", "run RUN/spec.lcnn --limit 64"] {
        let (code, said) = lcnnc(&place, &args.replace("RUN", &first.display().to_string()));
        assert!(code == 0 && !said.contains("never used"), "{args}: {said}");
    }
    // With the original spec the const is read again.
    let (run, _) = leaves(&place, &format!("run asleep --config {} --set views=1", config.display()));
    assert!(read(&place, &run.join("run.yaml")).contains("repeat(count: 1)"));
}
