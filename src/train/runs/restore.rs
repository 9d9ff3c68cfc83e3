//! What a finished run's folder has lost is put back from its last checkpoint.

use crate::data::{sha256, sha256_of, short};
use crate::observe::metrics::{History, LINES, TABLE};
use crate::train::fit::kept::KeptChecksums;
use crate::train::fit::state::RunMark;
use crate::train::fit::{BEST, LAST, checkpoint};
use crate::train::quoted::quoted;
use crate::train::runs::inspection::Inspection;
use crate::train::runs::manifest::{Manifest, Summary};
use crate::train::runs::mark;
use crate::train::runs::run_dir::{self, SETTINGS, SUMMARY};
use crate::train::runs::seal;
use crate::train::runs::which::Which;
use crate::train::{TrainError, files};
use std::fs::{self, File};
use std::path::Path;

/// Makes a finished run's folder as the run left it, as far as its last checkpoint and the other files tell.
///
/// # Errors
/// If weights are not those of the run and cannot be put back, or a file cannot be written.
pub fn complete(
    folder: &Path,
    summary: &mut Summary,
    manifest: &Manifest,
    inspection: &mut Inspection,
) -> Result<(), TrainError> {
    let run = &mark(manifest);
    // It may have been killed before it could remove all but the last one.
    checkpoint::settle(folder)?;
    for (name, checksum) in [(BEST, &summary.weights.best), (LAST, &summary.weights.last)] {
        if !put_back(folder, name, checksum, inspection)? {
            let path = folder.join(name);
            if !path.is_file() {
                let config = quoted(&folder.join(SETTINGS));
                let way = format!("put it back, or train the run anew with `lcnnc run --config {config}`");
                let reason = format!("it is missing, and no checkpoint holds it; {way}");
                return Err(TrainError::Refused { path, reason });
            }
            inspection.found(lost(folder, name, checksum))?;
        }
    }
    if let Some(path) = checkpoint::mend_best(folder)? {
        let path = path.display();
        inspection.say(&format!("warning: {path}: was missing or changed; it is put back from {BEST}"));
    }
    restore_metrics(folder, summary, inspection)?;
    say_what_is_lost(folder, summary, manifest, inspection);
    if let Some(problem) = checkpoint::damage(folder) {
        inspection
            .say(&format!("warning: {problem}; the run cannot be gone on with for more epochs, all else is fine"));
    } else if let Some(problem) = checkpoint::foreign(folder, run) {
        inspection.found(problem)?;
    }
    noted(folder, summary, run, &inspection.notes)
}

/// Says which of the weights before training and over it are no longer what they were, which nothing else depends on.
fn say_what_is_lost(folder: &Path, summary: &Summary, manifest: &Manifest, inspection: &Inspection) {
    let initial = manifest.files.as_ref().and_then(|files| files.initial.clone());
    let initial = initial.into_iter().map(|checksum| (Which::Initial, checksum));
    let kept = summary.weights.epochs.iter().map(|(epoch, checksum)| (Which::Epoch(*epoch), checksum.clone()));
    for (which, _) in initial.chain(kept).filter(|(which, checksum)| !is(folder, *which, checksum)) {
        let (path, words) = (folder.join(which.file()), which.words());
        let path = path.display();
        inspection.say(&format!(
            "warning: {path}: it is missing or was changed, and no checkpoint holds {words}; all else is fine"
        ));
    }
}

/// Whether a file of weights is the one with this checksum.
fn is(folder: &Path, which: Which, checksum: &str) -> bool {
    File::open(folder.join(which.file())).and_then(|mut file| sha256_of(&mut file)).is_ok_and(|found| found == checksum)
}

/// Checks that the weights that a run kept before its checkpoint are those that it kept.
///
/// # Errors
/// Which of them are not.
pub fn check_kept(folder: &Path, kept: &KeptChecksums, inspection: &mut Inspection) -> Result<(), TrainError> {
    for (epoch, checksum) in kept {
        let which = Which::Epoch(*epoch);
        if !is(folder, which, checksum) {
            let config = quoted(&folder.join(SETTINGS));
            inspection.found(TrainError::Altered {
                path: folder.join(which.file()),
                expected: format!("the SHA-256 {} of the checkpoint", short(checksum)),
                found: found(&folder.join(which.file())),
                way: format!("put the file back, or begin the run anew with `lcnnc run --config {config}`"),
            })?;
        }
    }
    Ok(())
}

/// The checksum of a file in a few letters.
fn found(path: &Path) -> String {
    fs::read(path).map_or("none".to_owned(), |bytes| short(&sha256([bytes.as_slice()])).to_owned())
}

/// Adds to a run's summary what was passed over with `--force`.
fn noted(folder: &Path, summary: &mut Summary, run: &RunMark, notes: &[String]) -> Result<(), TrainError> {
    let new: Vec<String> = notes.iter().filter(|note| !summary.notes.contains(note)).cloned().collect();
    if new.is_empty() {
        return Ok(());
    }
    summary.notes.extend(new);
    let path = folder.join(SUMMARY);
    // One that is not the run's own must not get a seal that fits.
    let is_own = Summary::read(&path).is_ok_and(|there| {
        there.expected.as_ref() == Some(&there.found) && there.value.manifest_seal.as_ref() == Some(&run.manifest)
    });
    if is_own { files::replace(&path, seal::written(summary).as_bytes()) } else { Ok(()) }
}

/// Whether a file is there as it was, or is again.
fn put_back(folder: &Path, name: &str, checksum: &str, inspection: &Inspection) -> Result<bool, TrainError> {
    let path = folder.join(name);
    if fs::read(&path).is_ok_and(|bytes| sha256([bytes.as_slice()]) == checksum) {
        return Ok(true);
    }
    let Some(bytes) = checkpoint::kept(folder, name, checksum) else { return Ok(false) };
    let _lock = lock(folder, &path)?;
    files::replace(&path, &bytes)?;
    let path = path.display();
    inspection.say(&format!("warning: {path}: was missing or changed; it is put back from the last checkpoint"));
    Ok(true)
}

/// Locks the folder to write a file: where it cannot be written at all, that file is the one to name.
fn lock(folder: &Path, path: &Path) -> Result<File, TrainError> {
    run_dir::lock(folder).map_err(|error| match error {
        TrainError::File { doing, source, .. } => TrainError::File { path: path.to_owned(), doing, source },
        error => error,
    })
}

fn lost(folder: &Path, name: &str, checksum: &str) -> TrainError {
    let path = folder.join(name);
    TrainError::Altered {
        expected: format!("the SHA-256 {} of {SUMMARY}", short(checksum)),
        found: found(&path),
        path,
        way: "no checkpoint holds the file: put it back".to_owned(),
    }
}

fn restore_metrics(folder: &Path, summary: &Summary, inspection: &Inspection) -> Result<(), TrainError> {
    if let Some(checksum) = &summary.metrics_sha256 {
        put_back(folder, LINES, checksum, inspection)?;
    }
    let lines = fs::read(folder.join(LINES)).unwrap_or_default();
    let is_known = summary.metrics_sha256.as_ref().is_none_or(|checksum| *checksum == sha256([lines.as_slice()]));
    let path = folder.join(LINES);
    let path = path.display();
    let history = match History::of(&String::from_utf8_lossy(&lines), summary.epochs) {
        Ok(history) if is_known => history,
        Ok(_) => {
            inspection.say(&format!("warning: {path}: it was changed, and no checkpoint holds what it was"));
            return Ok(());
        }
        Err(reason) => {
            inspection.say(&format!("warning: {path}: damaged: {reason}, and no checkpoint holds what it was"));
            return Ok(());
        }
    };
    let (path, table) = (folder.join(TABLE), history.table());
    if fs::read(&path).is_ok_and(|there| there == table.as_bytes()) {
        return Ok(());
    }
    let _lock = lock(folder, &path)?;
    files::replace(&path, table.as_bytes())?;
    inspection.say(&format!("warning: {}: was missing or changed; it is written anew from {LINES}", path.display()));
    Ok(())
}
