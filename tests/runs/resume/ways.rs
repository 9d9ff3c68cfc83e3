//! What is said of a folder in trouble, and that the way out works.

use super::tools::{copy, edit, files, json, late, names, trained};
use super::{ARGS, Place, SPEC, assert_same, checkpoints};
use std::fs;
use std::path::{Path, PathBuf};

fn only(folder: &Path) -> PathBuf {
    let mut runs: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs.remove(0)
}

/// Writes other bytes into a file that stays the same one, as `cp` does.
fn overwrite(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_file_of_weights_that_is_written_over_damages_no_checkpoint() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    let run = late(&place);
    let (saved, here) = (place.0.path().join("saved"), place.0.path().join("here"));
    let all = checkpoints(&run);
    let before: Vec<Vec<u8>> = all.iter().map(|path| fs::read(path.join("best.safetensors")).unwrap()).collect();
    overwrite(&run.join("best.safetensors"));
    let after: Vec<Vec<u8>> = all.iter().map(|path| fs::read(path.join("best.safetensors")).unwrap()).collect();
    assert!(before == after, "a checkpoint has its own");
    copy(&run, &saved);
    copy(&saved, &here);
    assert!(place.resume(&here).out.contains("goes on    at "));
    assert_same(&here, &uncut);

    // The other way round: the run's own file is there for all checkpoints.
    copy(&saved, &here);
    fs::copy(checkpoints(&here).pop().unwrap().join("best.safetensors"), here.join("best.safetensors")).unwrap();
    checkpoints(&here).iter().for_each(|path| overwrite(&path.join("best.safetensors")));
    let said = place.resume(&here);
    assert!(said.err.contains("best.safetensors: missing or damaged; "), "{}", said.err);
    assert!(said.err.contains("here/best.safetensors is used"), "{}", said.err);
    assert!(said.out.contains("goes on    at "), "{}", said.out);
    assert_same(&here, &uncut);
}

#[test]
fn a_run_without_a_whole_checkpoint_begins_again_only_when_asked() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    let run = late(&place);
    let all = checkpoints(&run);
    all.iter().for_each(|path| edit(&path.join("weights.safetensors"), |bytes| bytes.truncate(9)));
    let before: Vec<Vec<u8>> = files(&run).iter().map(|path| fs::read(path).unwrap()).collect();
    let said = place.lcnnc(&format!("resume {}", run.display()));
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let way = format!("`lcnnc resume {} --force` begins from the start", run.display());
    names(&said, 2, &[&name(&all[0]), &name(&all[1]), "error: ", "no checkpoint is whole", &way]);
    assert_eq!(said.err.matches("the checkpoint before it is used").count(), 1, "there is one before it: {}", said.err);
    let after: Vec<Vec<u8>> = files(&run).iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(before == after, "nothing was touched");
    let said = place.lcnnc(&format!("resume {} --force", run.display()));
    names(&said, 0, &["as asked with --force"]);
    assert!(super::kept(&run).best == uncut.best && super::kept(&run).last == uncut.last);
    assert!(json(&run.join("summary.json"))["notes"].to_string().contains("no checkpoint is whole"));
}

#[test]
fn a_run_whose_checkpoints_were_removed_begins_again_only_when_asked() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    let run = late(&place);
    let whole = place.0.path().join("whole");
    copy(&run, &whole);
    for all in [true, false] {
        copy(&whole, &run);
        match all {
            true => fs::remove_dir_all(run.join("checkpoints")).unwrap(),
            false => checkpoints(&run).iter().for_each(|path| fs::remove_dir_all(path).unwrap()),
        }
        let said = place.lcnnc(&format!("resume {}", run.display()));
        let way = format!("`lcnnc resume {} --force` begins from the start", run.display());
        names(&said, 2, &["the checkpoints of the run are missing", &way]);
        let said = place.lcnnc(&format!("resume {} --force", run.display()));
        names(&said, 0, &["as asked with --force"]);
        assert!(super::kept(&run).best == uncut.best && super::kept(&run).last == uncut.last);
    }
}

#[test]
fn a_summary_that_cannot_be_read_is_written_anew_where_it_is_removed_or_forced() {
    let place = Place::new(SPEC);
    let run = trained(&place, "run", "");
    let best = fs::read(run.join("best.safetensors")).unwrap();
    let whole = fs::read(run.join("summary.json")).unwrap();
    for text in [&b""[..], &whole[..whole.len() / 2], b"[]", &[0xff; 9]] {
        fs::write(run.join("summary.json"), text).unwrap();
        for verb in ["eval run", "predict run x.png", "resume run"] {
            let parts = ["run/summary.json: ", "remove it, and `lcnnc resume run` writes it anew", "`--force`"];
            names(&place.lcnnc(verb), 2, &parts);
        }
        names(&place.lcnnc("eval run --force"), 0, &["warning: run/summary.json: "]);
        names(&place.lcnnc("resume run --force"), 0, &["warning: run/summary.json: "]);
        names(&place.lcnnc("eval run"), 0, &[]);
        assert!(fs::read(run.join("best.safetensors")).unwrap() == best);
    }
}

#[test]
fn a_folder_in_the_place_of_a_file_is_named() {
    let place = Place::new(SPEC);
    let run = trained(&place, "run", "");
    let here = place.0.path().join("here");
    for name in
        ["metrics.jsonl", "metrics.csv", "best.safetensors", "last.safetensors", "summary.json", "diverged.json"]
    {
        copy(&run, &here);
        let _ = fs::remove_file(here.join(name));
        fs::create_dir(here.join(name)).unwrap();
        for verb in ["eval here", "resume here", "resume here --force", "rerun here"] {
            names(&place.lcnnc(verb), 2, &[&format!("here/{name}: expected a file, and this is a folder: move it")]);
        }
    }
    copy(&run, &here);
    fs::remove_dir_all(here.join("checkpoints")).unwrap();
    fs::write(here.join("checkpoints"), "").unwrap();
    names(&place.lcnnc("resume here"), 2, &["here/checkpoints: expected a folder, and this is a file"]);
}

#[test]
fn settings_of_a_run_without_its_manifest_are_refused() {
    let place = Place::new(SPEC);
    let run = trained(&place, "run", "");
    edit(&run.join("run.yaml"), |bytes| {
        *bytes = String::from_utf8_lossy(bytes).replace("epochs: 2", "epochs: 1").into();
    });
    let manifest = fs::read(run.join("manifest.json")).unwrap();
    let changed = String::from_utf8(manifest.clone()).unwrap().replacen("\"threads\": 1", "\"threads\": 3", 1);
    for text in [None, Some(b"{".to_vec()), Some(changed.into_bytes())] {
        let _ = fs::remove_file(run.join("manifest.json"));
        text.iter().for_each(|text| fs::write(run.join("manifest.json"), text).unwrap());
        let said = place.lcnnc("run --config run/run.yaml --runs new");
        names(&said, 2, &["run/manifest.json: expected the ", "`--force`"]);
        assert!(!place.0.path().join("new").exists());
    }
    let said = place.lcnnc("run --config run/run.yaml --runs new --force");
    names(&said, 0, &["run/manifest.json: expected the "]);
    let notes = json(&only(&place.0.path().join("new/tiny")).join("manifest.json"))["notes"].to_string();
    assert!(notes.contains("run/manifest.json: expected the "), "{notes}");
    names(&place.lcnnc("run --config run"), 2, &["this is a folder", "`run.yaml`"]);
}

#[test]
fn what_was_passed_over_stands_beside_the_result_of_a_complete_run() {
    let place = Place::new(SPEC);
    let run = trained(&place, "run", "");
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    overwrite(&run.join("best.safetensors"));
    names(&place.lcnnc("resume run"), 2, &["run/best.safetensors: expected the SHA-256 ", "`--force`"]);
    let said = place.lcnnc("resume run --force");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let line = "with --force, although run/best.safetensors: expected the SHA-256 ";
    assert!(said.out.contains(line), "{}", said.out);
    assert!(json(&run.join("summary.json"))["notes"].to_string().contains("run/best.safetensors: expected"));
    names(&place.lcnnc("eval run"), 2, &["run/best.safetensors: expected the SHA-256 "]);
    // Nothing can be gone on with that is not there.
    fs::remove_file(run.join("best.safetensors")).unwrap();
    for verb in ["eval run", "resume run", "resume run --force"] {
        let said = place.lcnnc(verb);
        names(&said, 2, &["run/best.safetensors: it is missing", "`lcnnc run --config run/run.yaml`"]);
        assert!(!said.err.contains("`--force`"), "{}", said.err);
    }
}

#[test]
fn a_run_that_lost_its_weights_is_repeated_by_their_checksums() {
    let place = Place::new(SPEC);
    let run = trained(&place, "run", "");
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    fs::remove_file(run.join("best.safetensors")).unwrap();
    overwrite(&run.join("last.safetensors"));
    let said = place.lcnnc("rerun run");
    names(&said, 0, &["run/best.safetensors: it is missing", "run/last.safetensors: expected", "in summary.json"]);
    assert!(said.out.contains("the weights are those of the run, bit for bit"), "{}", said.out);
    // Beside it, wherever the run lies.
    let folder = said.out.split("folder     ").nth(1).unwrap().lines().next().unwrap();
    let parent = Path::new(folder).parent().unwrap();
    assert_eq!(parent.canonicalize().unwrap(), place.0.path().canonicalize().unwrap());
    super::tools::reseal(&run.join("manifest.json"), |manifest| manifest["lcnnc"] = "0.0.1".into());
    let seal = json(&run.join("manifest.json"))["sha256"].clone();
    super::tools::reseal(&run.join("summary.json"), |summary| summary["manifest"] = seal);
    let said = place.lcnnc("rerun run");
    names(&said, 2, &["best.safetensors: it is missing", "another version", "`lcnnc run --config run/run.yaml`"]);
}

#[test]
fn a_run_that_diverged_is_not_gone_on_with() {
    let place = Place::new(SPEC);
    let said = place.lcnnc(&format!("{ARGS} --optimizer sgd(lr:1e25)"));
    assert_eq!(said.code, Some(3), "{}", said.err);
    let run = only(&place.0.path().join("runs/tiny"));
    let mark = json(&run.join("diverged.json"));
    assert_eq!(mark["epoch"], 1);
    assert!(mark["reason"].as_str().unwrap().contains("at step "), "{mark}");
    let run = run.display();
    for verb in ["eval", "rerun", "resume", "resume --epochs 20"] {
        let said = place.lcnnc(&format!("{verb} {run}"));
        let way = format!("begin anew, as with `lcnnc run --config {run}/run.yaml --lr 0.01`");
        names(&said, 3, &["this run diverged: ", "of epoch 1", &way]);
        assert!(!said.err.contains("lcnnc resume") && !said.out.contains("epoch 1/8"), "{}{}", said.out, said.err);
    }
    // The advice, followed.
    let said = place.lcnnc(&format!("run --config {run}/run.yaml --lr 0.01 --runs anew"));
    assert_eq!(said.code, Some(0), "{}", said.err);
    // Tried once more, it diverges again, and says so again.
    let said = place.lcnnc(&format!("resume --force {run}"));
    names(&said, 3, &["error: diverged: "]);
    names(&place.lcnnc(&format!("resume {run}")), 3, &["this run diverged: "]);
}

#[test]
fn a_foreign_checkpoint_of_a_complete_run_is_named() {
    let place = Place::new(SPEC);
    let (run, other) = (trained(&place, "run", ""), trained(&place, "other", "--seed 9"));
    let guest = checkpoints(&other).pop().unwrap();
    let own = checkpoints(&run).pop().unwrap();
    copy(&guest, &own);
    let said = place.lcnnc("resume run");
    names(
        &said,
        2,
        &["expected a checkpoint of a run with the fingerprint ", "one of another run", "remove it, or go on"],
    );
    names(&place.lcnnc("resume run --force"), 0, &["one of another run"]);
    fs::remove_dir_all(&own).unwrap();
    edit(&run.join("summary.json"), |bytes| bytes.truncate(20));
    let said = place.lcnnc("resume run");
    names(&said, 2, &["summary.json: damaged: ", "put the file back", "trains all epochs again"]);
}

#[test]
fn messages_give_true_numbers_and_commands_that_a_shell_takes() {
    let place = Place::new(SPEC);
    let run = late(&place);
    let spaced = place.0.path().join("my run's");
    copy(&run, &spaced);
    let mut command = place.command("rerun");
    let said = super::Said::from(command.arg("my run's").output().unwrap());
    names(&said, 2, &[r"first: `lcnnc resume 'my run'\''s'`"]);
    let said = place.lcnnc(&format!("resume {} --threads 2", run.display()));
    assert!(said.out.lines().any(|line| line.starts_with("device ") && line.ends_with(", 2 threads")), "{}", said.out);
    let said = place.lcnnc("run tiny --device cpu --limit 32 --epochs 1 --seed 4294967295 --seeds 2");
    names(&said, 2, &["`--seeds 2` from `--seed 4294967295` on", "4294967295 is the largest", "a smaller `--seed`"]);
    let said = place.lcnnc("run tiny --device cpu --limit 32 --limit-test 8 --epochs 1 --seeds 1 --jobs 50 --runs one");
    assert!(said.code == Some(0) && said.out.contains("(one a seed)"), "{}{}", said.out, said.err);
    for verb in ["eval nope", "resume nope", "rerun nope"] {
        names(&place.lcnnc(verb), 2, &["nope: there is no such folder"]);
    }
    names(&place.lcnnc("eval tiny.lcnn"), 2, &["expected a run's folder, and this is a file"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_any_more_ends_the_run_with_a_message() {
    let place = Place::new(SPEC);
    let lcnnc = assert_cmd::cargo::cargo_bin!("lcnnc").display();
    // In blocks of 512 or 1024 bytes: room for what a run begins with, but not for the file for TensorBoard.
    let line = format!("ulimit -f 8; exec {lcnnc} {ARGS}");
    let mut shell = std::process::Command::new("sh");
    let said = super::Said::from(shell.current_dir(place.0.path()).args(["-c", &line]).output().unwrap());
    names(&said, 6, &["cannot be written: File too large"]);
}
