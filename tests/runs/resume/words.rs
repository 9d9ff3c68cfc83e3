//! A run whose words nobody can read trains on; and its folder lies where it should.

use super::{ARGS, Place, SPEC, assert_same};
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

const WARNING: &str =
    "warning: standard output cannot be written: No space left on device (os error 28); the training goes on";

fn run_of(folder: &Path) -> std::path::PathBuf {
    fs::read_dir(folder.join("tiny")).unwrap().next().unwrap().unwrap().path()
}

#[cfg(target_os = "linux")]
#[test]
fn training_goes_on_where_its_words_cannot_be_written() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let said = |args: &str, out: Stdio| {
        let output = place.command(args).stdout(out).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, err) = said(ARGS, full());
    assert_eq!(code, Some(2), "{err}");
    assert_eq!(err.matches(WARNING).count(), 1, "said once, when it happens: {err}");
    assert!(
        err.ends_with("error: standard output cannot be written: No space left on device (os error 28)\n"),
        "{err}"
    );
    let run = run_of(&place.0.path().join("runs"));
    assert_same(&run, &uncut);

    for verb in ["resume", "rerun"] {
        let (code, err) = said(&format!("{verb} {}", run.display()), full());
        assert!(code == Some(2) && err.contains(WARNING), "{verb}: {err}");
    }
    let (code, err) = said(&format!("eval {}", run.display()), full());
    assert!(code == Some(2) && err.contains("error: standard output cannot be written"), "{err}");
    assert!(!err.contains("training goes on"), "{err}");
}

/// As `lcnnc run … | head -1` does.
#[test]
fn training_goes_on_where_its_words_are_no_longer_read() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    let mut child = place.command(ARGS).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
    assert_same(&run_of(&place.0.path().join("runs")), &uncut);
}

#[test]
fn a_run_lies_in_the_folder_of_runs_whatever_it_is_called() {
    let place = Place::new(SPEC);
    let outside = place.0.path().join("outside");
    for (name, problem) in [
        ("../outside", "this is a path"),
        ("..", "this leads out of that folder"),
        (".", "this leads out of that folder"),
        ("''", "this is empty"),
        ("a/b", "this is a path"),
        ("a\\b", "this is a path"),
        (&outside.display().to_string(), "this is a path"),
        (&"x".repeat(300), "this is longer than 200 bytes"),
        ("\"a\\eb\"", "this holds a control character"),
    ] {
        fs::write(place.0.path().join("run.yaml"), format!("spec: tiny.lcnn\nname: {name}\n")).unwrap();
        let said = place.lcnnc("run --config run.yaml --device cpu --limit 32 --epochs 1");
        assert_eq!(said.code, Some(1), "{name}: {}", said.err);
        assert!(said.err.contains("L0804") && said.err.contains("run.yaml:2:"), "{name}: {}", said.err);
        // The message may be broken at any blank.
        let words = said.err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(words.contains(problem), "{name}: {}", said.err);
    }
    for file in ["..lcnn", "...lcnn"] {
        fs::write(place.0.path().join(file), SPEC).unwrap();
        let said = place.lcnnc(&format!("run {file} --device cpu --limit 32 --epochs 1"));
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains("leads out of that folder"), "{}", said.err);
    }
    assert!(!place.0.path().join("runs").exists() && !outside.exists());
}
