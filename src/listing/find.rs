//! Every run's folder below a folder.

use crate::train::{TrainError, is_run};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of runs below a folder, itself included, by path. Links to folders are followed, each folder once; hidden folders
/// and what cannot be looked into are passed over.
///
/// # Errors
/// If there is no such folder, or it cannot be read.
pub fn runs(folder: &Path) -> Result<Vec<PathBuf>, TrainError> {
    fs::read_dir(folder).map_err(TrainError::file(folder, "read"))?;
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    look(folder, &mut found, &mut seen);
    found.sort();
    Ok(found)
}

fn look(folder: &Path, found: &mut Vec<PathBuf>, seen: &mut BTreeSet<PathBuf>) {
    if is_run(folder) {
        found.push(folder.to_owned());
        return;
    }
    let is_new = folder.canonicalize().is_ok_and(|place| seen.insert(place));
    let entries = if is_new { fs::read_dir(folder).ok() } else { None };
    for entry in entries.into_iter().flatten().flatten() {
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let may_be_folder = entry.file_type().is_ok_and(|kind| kind.is_dir() || kind.is_symlink());
        let path = entry.path();
        if !is_hidden && may_be_folder && path.is_dir() {
            look(&path, found, seen);
        }
    }
}
