//! What a finished run's folder has lost is put back from its last checkpoint.

use crate::data::{sha256, short};
use crate::observe::metrics::{History, LINES, TABLE};
use crate::train::fit::state::RunMark;
use crate::train::fit::{BEST, LAST, checkpoint};
use crate::train::quoted::quoted;
use crate::train::runs::inspect::Inspection;
use crate::train::runs::manifest::Summary;
use crate::train::runs::run_dir::{self, SETTINGS, SUMMARY};
use crate::train::runs::seal;
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
    run: &RunMark,
    inspection: &mut Inspection,
) -> Result<(), TrainError> {
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
    if let Some(problem) = checkpoint::damage(folder) {
        inspection
            .say(&format!("warning: {problem}; the run cannot be gone on with for more epochs, all else is fine"));
    } else if let Some(problem) = checkpoint::foreign(folder, run) {
        inspection.found(problem)?;
    }
    noted(folder, summary, run, &inspection.notes)
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
    let found = fs::read(&path).map_or("none".to_owned(), |bytes| short(&sha256([bytes.as_slice()])).to_owned());
    TrainError::Altered {
        path,
        expected: format!("the SHA-256 {} of {SUMMARY}", short(checksum)),
        found,
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
