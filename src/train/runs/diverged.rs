//! diverged.json: the mark of a run whose numbers stopped being finite, which would happen again if it went on.

use crate::train::quoted::quoted;
use crate::train::runs::run_dir::SETTINGS;
use crate::train::runs::seal;
use crate::train::{TrainError, files};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FILE: &str = "diverged.json";

/// Where a run diverged, and what was not finite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    epoch: usize,
    step: usize,
    /// What was not finite, as in `the loss was NaN at step 1 of epoch 1, with a learning rate of 0.01`.
    reason: String,
}

/// Leaves a mark in a run's folder, if the run diverged.
///
/// # Errors
/// If it cannot be written.
pub fn note(folder: &Path, cause: &TrainError) -> Result<(), TrainError> {
    let TrainError::Diverged { epoch, step, .. } = cause else { return Ok(()) };
    let text = cause.to_string();
    let reason = text.lines().next().unwrap_or_default().trim_start_matches("diverged: ").to_owned();
    let mark = Mark { epoch: *epoch, step: *step, reason };
    files::replace(&folder.join(FILE), seal::written(&mark).as_bytes())
}

/// The problem that a run diverged, if its folder says so.
pub fn problem(folder: &Path) -> Option<TrainError> {
    let sealed: seal::Sealed<Mark> = seal::read(&folder.join(FILE)).ok()?;
    let (path, config) = (folder.to_owned(), quoted(&folder.join(SETTINGS)));
    Some(TrainError::DivergedBefore { path, reason: sealed.value.reason, config })
}

/// Takes the mark away, since the run is tried once more.
///
/// # Errors
/// If it cannot be removed.
pub fn clear(folder: &Path) -> Result<(), TrainError> {
    let path = folder.join(FILE);
    std::fs::remove_file(&path).map_err(TrainError::file(&path, "removed"))
}
