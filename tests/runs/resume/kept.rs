//! The weights that a run keeps beside the best and the last ones: those that training begins with, and those after every so
//! many epochs.

use super::tools::{json, names, reseal};
use super::{Place, SPEC, Said};
use safetensors::SafeTensors;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

const FEW: &str = "--device cpu --threads 1 --no-tensorboard --limit 96 --limit-test 200";

impl Place {
    #[track_caller]
    fn fine(&self, args: &str) -> Said {
        let said = self.lcnnc(args);
        assert_eq!(said.code, Some(0), "lcnnc {args}: {}{}", said.out, said.err);
        said
    }

    /// A command that ends with exit code 2, and says each of `parts`.
    #[track_caller]
    fn refused(&self, args: &str, parts: &[&str]) {
        names(&self.lcnnc(args), 2, parts);
    }

    /// The folder of the only run in a folder of runs.
    fn only(&self, runs: &str) -> PathBuf {
        let mut all = self.all(runs);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    fn all(&self, runs: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.path().join(runs).join("tiny")).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).filter(|run| run.join("run.yaml").is_file()).collect()
    }

    #[track_caller]
    fn train(&self, runs: &str, args: &str) -> PathBuf {
        self.fine(&format!("run tiny {FEW} --runs {runs} {args}"));
        self.only(runs)
    }
}

/// The weights of a file by their names, whatever it notes of them.
fn weights(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    tensors.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect()
}

/// The kept files of a run, by their names.
fn kept(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(run.join("epochs")).into_iter().flatten();
    entries
        .map(|it| it.unwrap())
        .map(|it| (it.file_name().into_string().unwrap(), fs::read(it.path()).unwrap()))
        .collect()
}

fn kept_names(run: &Path) -> Vec<String> {
    kept(run).into_keys().collect()
}

/// The test accuracy that a command says, in percent.
fn accuracy(out: &str) -> f64 {
    let line = out.lines().find(|line| line.starts_with("test accuracy ")).unwrap_or_else(|| panic!("none in: {out}"));
    line.split_whitespace().nth(2).unwrap().parse().unwrap()
}

#[test]
fn every_run_keeps_the_weights_that_it_began_with() {
    let place = Place::new(SPEC);
    let run = place.train("runs", "--epochs 2");
    let path = run.join("initial.safetensors");
    assert_ne!(weights(&path), weights(&run.join("last.safetensors")));
    assert_eq!(json(&run.join("manifest.json"))["files"]["initial.safetensors"].as_str().map(str::len), Some(64));
    assert!(!run.join("epochs").exists(), "nothing else was asked for");
    let folder = run.display();
    let chance = accuracy(&place.fine(&format!("eval {folder} --weights initial")).out);
    assert!((25.0..=75.0).contains(&chance), "two classes, and {chance} %");
    place.fine(&format!("analyse {folder} weights --weights initial"));
    // Another length of the training, the same beginning; another seed, another one.
    let longer = place.train("longer", "--epochs 3 --keep 1");
    assert_eq!(weights(&longer.join("initial.safetensors")), weights(&path));
    let other = place.train("other", "--epochs 1 --seed 1");
    assert_ne!(weights(&other.join("initial.safetensors")), weights(&path));
    // A picture too is answered by them.
    image::GrayImage::from_pixel(12, 12, image::Luma([90])).save(place.0.path().join("grey.png")).unwrap();
    place.fine(&format!("predict {folder} grey.png --weights initial"));
}

#[test]
fn initial_weights_that_were_changed_or_lost_are_named() {
    let place = Place::new(SPEC);
    let run = place.train("runs", "--epochs 1");
    let (path, folder) = (run.join("initial.safetensors"), run.display().to_string());
    let before = fs::read(&path).unwrap();
    fs::copy(run.join("last.safetensors"), &path).unwrap();
    let eval = format!("eval {folder} --weights initial");
    place.refused(
        &eval,
        &["initial.safetensors: expected the SHA-256 ", " of manifest.json", "the last weights of this run"],
    );
    let said = place.fine(&format!("resume {folder}"));
    assert!(said.err.contains("initial.safetensors: it is missing or was changed"), "{}", said.err);
    fs::remove_file(&path).unwrap();
    place.refused(
        &eval,
        &["initial.safetensors: it is missing; put the file back, or train the run anew with `lcnnc run"],
    );
    place.fine(&format!("eval {folder}"));
    fs::write(&path, before).unwrap();
    place.fine(&eval);
}

/// Weights that an analysis does not read do not stop it; those that read them are named, and `--force` does without.
#[test]
fn damaged_initial_weights_stop_the_analyses_that_read_them_alone() {
    let place = Place::new(SPEC);
    let run = place.train("runs", "--epochs 1");
    let (path, folder) = (run.join("initial.safetensors"), run.display().to_string());
    for bytes in [fs::read(&path).unwrap()[..100].to_vec(), fs::read(run.join("last.safetensors")).unwrap()] {
        fs::write(&path, bytes).unwrap();
        assert_eq!(place.fine(&format!("analyse {folder} weights")).err, "");
        place.refused(&format!("analyse {folder} histograms"), &["initial.safetensors: ", "--force"]);
        let said = place.fine(&format!("analyse {folder} histograms --force"));
        assert!(said.err.contains("asked with --force"), "{}", said.err);
        let said = place.lcnnc(&format!("analyse {folder}"));
        assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
        assert!(said.err.contains("error: histograms: left out, since ") && said.err.contains("initial.safetensors: "));
        assert!(said.out.contains("weights: ") && run.join("analyses/report.html").is_file(), "{}", said.out);
        assert!(!run.join("analyses/histograms.csv").exists());
        fs::remove_dir_all(run.join("analyses")).unwrap();
    }
}

#[test]
fn a_run_from_before_there_were_initial_weights_says_how_to_get_them() {
    let place = Place::new(SPEC);
    let run = place.train("runs", "--epochs 1");
    let initial = weights(&run.join("initial.safetensors"));
    fs::remove_file(run.join("initial.safetensors")).unwrap();
    reseal(&run.join("manifest.json"), |fields| {
        fields["files"].as_object_mut().unwrap().remove("initial.safetensors");
    });
    // The summary names the manifest by its seal.
    let seal = json(&run.join("manifest.json"))["sha256"].clone();
    reseal(&run.join("summary.json"), |fields| fields["manifest"] = seal);
    let folder = run.display();
    let said = place.fine(&format!("eval {folder}"));
    assert_eq!(said.err, "");
    let eval = format!("eval {folder} --weights initial");
    place.refused(&eval, &["the run was made before runs kept their initial weights", "--epochs 1`"]);
    // The advice, followed.
    let said = place.lcnnc(&eval).err;
    let way = said.split('`').find_map(|part| part.strip_prefix("lcnnc run ")).unwrap();
    place.fine(&format!("run {way} --runs anew"));
    assert_eq!(weights(&place.only("anew").join("initial.safetensors")), initial);
}

#[test]
fn every_second_epoch_is_kept_as_a_run_that_stops_there_leaves_it() {
    let place = Place::new(SPEC);
    let run = place.train("runs", "--epochs 5 --keep 2");
    assert_eq!(kept_names(&run), ["0002.safetensors", "0004.safetensors"]);
    for epoch in [2, 4] {
        let stops = place.train(&format!("stops{epoch}"), &format!("--epochs {epoch}"));
        let file = run.join(format!("epochs/000{epoch}.safetensors"));
        assert_eq!(weights(&file), weights(&stops.join("last.safetensors")), "epoch {epoch}");
        assert!(kept_names(&stops).is_empty());
    }
    let sums = json(&run.join("summary.json"))["weights"]["epochs"].clone();
    assert_eq!(sums.as_object().unwrap().keys().collect::<Vec<_>>(), ["2", "4"]);
    // A run without them trains the same.
    let plain = place.train("plain", "--epochs 5");
    assert_eq!(weights(&plain.join("last.safetensors")), weights(&run.join("last.safetensors")));
    let folder = run.display();
    for which in ["epoch:2", "epoch:4", "last", "best", "initial"] {
        place.fine(&format!("eval {folder} --weights {which}"));
        place.fine(&format!("analyse {folder} weights --weights {which}"));
    }
    let said = place.fine(&format!("rerun {folder}"));
    assert!(said.out.contains("bit for bit"), "{}", said.out);
    let again = place.all("runs").into_iter().find(|other| *other != run).unwrap();
    assert!(kept(&again) == kept(&run), "the kept weights of the repeated run differ");
}

#[test]
fn the_setting_is_read_from_the_spec_the_file_and_the_flag() {
    let spec = SPEC.replace("    epochs: 8\n", "    epochs: 3\n    keep: 2 epochs\n");
    let place = Place::new(&spec);
    let said = place.fine(&format!("run tiny {FEW} --runs spec"));
    assert!(said.out.contains("keeps      the weights after every 2 epochs, 1 file of "), "{}", said.out);
    let run = place.only("spec");
    assert_eq!(kept_names(&run), ["0002.safetensors"]);
    assert!(fs::read_to_string(run.join("run.yaml")).unwrap().contains("keep: 2\n"));
    let config = format!("run --config {}", run.join("run.yaml").display());
    place.fine(&format!("{config} --runs file"));
    assert_eq!(kept_names(&place.only("file")), ["0002.safetensors"]);
    place.fine(&format!("{config} --keep 1 --runs flag"));
    assert_eq!(kept_names(&place.only("flag")), ["0001.safetensors", "0002.safetensors", "0003.safetensors"]);
    place.fine(&format!("{config} --keep 0 --runs none"));
    assert!(kept_names(&place.only("none")).is_empty());
    let said = place.fine(&format!("{config} --keep 7 --runs seldom"));
    assert!(said.err.contains("warning: `keep: 7` keeps no weights: the run has 3 epochs"), "{}", said.err);
    // It stays as the author wrote it, and is laid out as any other.
    let said = place.fine("show tiny.lcnn");
    assert!(said.out.contains("keep: 2"), "{}", said.out);
    place.fine("fmt --check tiny.lcnn");
    place.refused(&format!("run tiny {FEW} --keep many"), &["`--keep` must be a number of epochs"]);
    fs::write(place.0.path().join("tiny.lcnn"), SPEC.replace("epochs: 8", "keep: 5 steps")).unwrap();
    names(&place.lcnnc("check tiny.lcnn"), 1, &["as `5 epochs` or `5`"]);
}

#[test]
fn a_run_that_is_killed_again_and_again_keeps_the_same_bytes() {
    let place = Place::new(SPEC);
    let uncut = place.train("uncut", "--epochs 6 --keep 2");
    let args = format!("run tiny {FEW} --epochs 6 --keep 2 --save-every 0 --runs cut");
    let mut child = place.command(&args).spawn().unwrap();
    while place.all("cut").is_empty() && child.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(1));
    }
    let run = place.only("cut");
    let (mut wait, mut kills) = (Duration::from_millis(30), 0);
    loop {
        sleep(wait);
        wait = wait.mul_f64(1.25);
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
        for (name, bytes) in kept(&run).into_iter().filter(|(name, _)| name.ends_with(".safetensors")) {
            SafeTensors::deserialize(&bytes).unwrap_or_else(|error| panic!("{name} is half-written: {error}"));
        }
        if run.join("summary.json").exists() {
            break;
        }
        child = place.command(&format!("resume {}", run.display())).spawn().unwrap();
    }
    assert!(kills > 1, "killed {kills} times");
    assert!(kept(&run) == kept(&uncut), "{:?} and {:?}", kept_names(&run), kept_names(&uncut));
    assert!(fs::read(run.join("initial.safetensors")).unwrap() == fs::read(uncut.join("initial.safetensors")).unwrap());
    assert_eq!(json(&run.join("summary.json"))["weights"], json(&uncut.join("summary.json"))["weights"]);
}

#[test]
fn more_epochs_go_on_keeping() {
    let place = Place::new(SPEC);
    let uncut = place.train("uncut", "--epochs 6 --keep 2");
    let run = place.train("runs", "--epochs 3 --keep 2");
    let said = place.fine(&format!("resume {} --epochs 6", run.display()));
    assert_eq!(said.err, "");
    let longer = place.all("runs").into_iter().find(|other| *other != run).unwrap();
    assert!(kept(&longer) == kept(&uncut), "{:?} and {:?}", kept_names(&longer), kept_names(&uncut));
    assert_eq!(json(&longer.join("summary.json"))["weights"], json(&uncut.join("summary.json"))["weights"]);
    place.fine(&format!("eval {} --weights epoch:2", longer.display()));
    // Files that somebody took away for their room are no reason to stop.
    fs::remove_dir_all(run.join("epochs")).unwrap();
    let said = place.fine(&format!("resume {} --epochs 4", run.display()));
    assert!(
        said.err.contains("epochs/0002.safetensors: it is missing, so the longer run is without it"),
        "{}",
        said.err
    );
    place.fine(&format!("eval {}", run.display()));
}

#[test]
fn weights_that_are_not_there_or_not_what_they_were_are_named() {
    let place = Place::new(SPEC);
    let run = place.train("runs", "--epochs 4 --keep 2");
    let folder = run.display().to_string();
    let eval = |which: &str| format!("eval {folder} --weights {which}");
    place.refused(
        &eval("epoch:3"),
        &["the weights after epoch 3 were not kept, there are `epoch:2`, `epoch:4`", "run.yaml --keep 3`"],
    );
    place.refused(&eval("epoch:9"), &["the run ended after 4 epochs, there are `epoch:2`, `epoch:4`"]);
    place.refused(&eval("epoch:0"), &["epochs count from 1: the weights before the first one are `initial`"]);
    place.refused(&eval("epoch:two"), &["give the number of an epoch, as in `epoch:5`"]);
    place.refused(&eval("first"), &["choose `initial`, `best`, `last` or an epoch that was kept, as in `epoch:5`"]);
    let plain = place.train("plain", "--epochs 1");
    place.refused(
        &format!("eval {} --weights epoch:1", plain.display()),
        &["and those of no other epoch are there", "--keep 1`"],
    );

    let path = run.join("epochs/0002.safetensors");
    fs::copy(run.join("epochs/0004.safetensors"), &path).unwrap();
    place.refused(
        &eval("epoch:2"),
        &[
            "epochs/0002.safetensors: expected the SHA-256 ",
            " of summary.json",
            "the weights after epoch 4 of this run",
        ],
    );
    let said = place.fine(&format!("{} --force", eval("epoch:2")));
    assert!(said.out.contains("with --force, although "), "{}", said.out);
    place.fine(&eval("epoch:4"));
    let said = place.fine(&format!("resume {folder}"));
    assert!(said.err.contains("epochs/0002.safetensors: it is missing or was changed"), "{}", said.err);
    place.refused(&format!("resume {folder} --epochs 6"), &["epochs/0002.safetensors: expected the SHA-256 "]);
    fs::write(&path, "no weights").unwrap();
    place.refused(&eval("epoch:2"), &["epochs/0002.safetensors: "]);
    fs::remove_file(&path).unwrap();
    place.refused(
        &eval("epoch:2"),
        &["epochs/0002.safetensors: it is missing; put the file back, or train the run anew"],
    );
    // A file in the place of the folder.
    fs::remove_dir_all(run.join("epochs")).unwrap();
    fs::write(run.join("epochs"), "").unwrap();
    place.refused(&format!("eval {folder}"), &["epochs: expected a folder, and this is a file"]);
}

#[test]
fn weights_that_no_disk_has_room_for_are_refused_before_the_run_begins() {
    let place = Place::new(&SPEC.replace("dense(dropout", "dense(dense(A, 1000), classes)\nother = dense(dropout"));
    let args = format!("run tiny {FEW} --epochs 1000000 --keep 1");
    place.refused(
        &args,
        &["`keep: 1` leaves 1000000 files of ", " are free there", "keep fewer with a larger `--keep`"],
    );
    assert!(place.all("runs").is_empty());
}
