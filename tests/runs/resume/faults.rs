//! What ends a run from outside: a full disk, a folder that cannot be written, data that are gone, too little memory.

use super::{ARGS, Place, SPEC, Said, assert_same, checkpoints};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").args([from, to]).status().unwrap();
    assert!(copied.success());
}

/// The lines that a user reads.
#[track_caller]
fn says(said: &Said, code: i32, parts: &[&str]) {
    assert_eq!(said.code, Some(code), "{}", said.err);
    for part in parts {
        assert!(said.err.contains(part), "expected `{part}` in: {}", said.err);
    }
    assert!(!said.err.contains("panicked"), "{}", said.err);
}

/// A file system of so many kibibytes, until it is dropped; `None` where this user may not mount one.
struct Small(PathBuf);

impl Small {
    fn mount(at: PathBuf, kibibytes: usize) -> Option<Self> {
        fs::create_dir_all(&at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={kibibytes}k"), "tmpfs"]).arg(&at).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(at))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_run_and_costs_nothing_that_was_saved() {
    let place = Place::new(&SPEC.replace("epochs: 8", "epochs: 100"));
    let uncut = place.uncut();
    let Some(small) = Small::mount(place.0.path().join("small"), 4096) else {
        println!("SKIPPED: this user may not mount a file system of a limited size");
        return;
    };
    let (child, run) = place.start_in("small", &format!("{ARGS} --save-every 0 --runs small"));
    while checkpoints(&run).is_empty() {
        sleep(Duration::from_millis(1));
    }
    // Whatever is left, to the last byte.
    let junk = format!("of={}", small.0.join("junk").display());
    let filled = Command::new("dd").args(["if=/dev/zero", "bs=1k", &junk]).stderr(Stdio::null()).status().unwrap();
    assert!(!filled.success(), "the disk is full");
    let said = Said::from(child.wait_with_output().unwrap());
    says(&said, 6, &["No space left on device", "what was done is saved", "lcnnc resume small/tiny/"]);
    assert!(!run.join("checkpoints/.partial").exists(), "nothing half-written stays");
    fs::remove_file(small.0.join("junk")).unwrap();
    let said = place.resume(&run);
    assert!(said.out.contains("goes on    at "), "{}", said.out);
    assert_same(&run, &uncut);
}

#[test]
fn a_folder_that_can_no_longer_be_written_is_named() {
    let place = Place::new(SPEC);
    // Whoever runs the tests may be allowed to write anywhere: a file where the folder should be stops everyone.
    let (child, run) = place.start(&format!("{ARGS} --epochs 1000 --save-every 0.2"));
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    fs::write(run.join("checkpoints"), "").unwrap();
    let said = Said::from(child.wait_with_output().unwrap());
    says(&said, 6, &["checkpoints", "cannot be", "nothing was saved yet", "lcnnc resume runs/tiny/"]);

    fs::write(place.0.path().join("file"), "").unwrap();
    let said = place.lcnnc(&format!("{ARGS} --runs file"));
    says(&said, 2, &["'file' for '--runs <DIR>': expected a folder, and this is none"]);
}

#[test]
fn data_that_are_gone_end_the_run_until_they_are_back() {
    let spec =
        SPEC.replace("[1, 12, 12]", "[1, 8, 8]").replace("resize(12)", "resize(8)").replace("epochs: 8", "epochs: 200");
    let place = Place::new(&spec);
    let photos = place.0.path().join("photos");
    for (class, value) in [("dark", 40u8), ("light", 200)] {
        fs::create_dir_all(photos.join(class)).unwrap();
        for n in 0..24u8 {
            let image = image::GrayImage::from_fn(8, 8, |x, y| image::Luma([value + n + (x + y) as u8]));
            image.save(photos.join(class).join(format!("{n}.png"))).unwrap();
        }
    }
    let args = "run tiny --device cpu --threads 1 --dataset folder:photos --save-every 1000000 --patience 0";
    let said = place.lcnnc(&format!("{args} --runs uncut"));
    assert_eq!(said.code, Some(0), "{}", said.err);
    let uncut = super::kept(&fs::read_dir(place.0.path().join("uncut/tiny")).unwrap().next().unwrap().unwrap().path());

    copy(&photos, &place.0.path().join("spare"));
    let (child, run) = place.start(args);
    while !run.join("metrics.jsonl").exists() {
        sleep(Duration::from_millis(1));
    }
    fs::remove_dir_all(&photos).unwrap();
    let said = Said::from(child.wait_with_output().unwrap());
    says(&said, 7, &["the data set failed in the middle of the run", ".png: cannot be read", "what was done is saved"]);
    says(&place.lcnnc(&format!("resume {}", run.display())), 2, &["there is no such folder"]);
    fs::rename(place.0.path().join("spare"), &photos).unwrap();
    place.resume(&run);
    assert_same(&run, &uncut);
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_with_advice() {
    let place = Place::new(SPEC);
    let said = place.lcnnc(&format!("{ARGS} --optimizer sgd(lr:1e25)"));
    says(
        &said,
        3,
        &["diverged: the loss was", "of epoch", "try a smaller learning rate", "what there is of the run is in"],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_batch_that_has_no_room_is_refused_with_one_that_has() {
    let place = Place::new(&SPEC.replace("12, 12", "64, 64").replace("resize(12)", "resize(64)"));
    let run = |limit: &str, batch: &str| {
        let mut command = Command::new("sh");
        let lcnnc = assert_cmd::cargo::cargo_bin!("lcnnc").display();
        // In kibibytes.
        let args = "run tiny --device cpu --threads 1 --no-fuse --epochs 1 --limit";
        let line = format!("ulimit -v 1500000; exec {lcnnc} {args} {limit} --batch {batch}");
        Said::from(command.current_dir(place.0.path()).args(["-c", &line]).output().unwrap())
    };
    let said = run("2800", "16384");
    says(&said, 8, &["out of memory: training needs at least ", " for a batch of 2", "`accumulate` in `train`"]);
    assert!(!place.0.path().join("runs").exists(), "nothing is begun");
    let fits = said.err.split("`--batch ").nth(1).unwrap().split('`').next().unwrap();
    assert!(fits.parse::<usize>().unwrap() >= 500, "{fits}");
    assert_eq!(run("2800", fits).code, Some(0), "what is said to fit fits");
    let said = run("60", "16384");
    assert_eq!(said.code, Some(0), "no batch holds more images than there are: {}", said.err);
}
