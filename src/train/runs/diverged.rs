//! diverged.json: the mark of a run whose numbers stopped being finite, which would happen again if it went on.

use crate::back::burn::NonFinite;
use crate::train::error::smaller;
use crate::train::quoted::quoted;
use crate::train::runs::run_dir::{DIVERGED, SETTINGS};
use crate::train::runs::seal;
use crate::train::{TrainError, files};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where a run diverged, and what was not finite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    epoch: usize,
    /// The step of the epoch; none where the validation behind it told.
    step: Option<usize>,
    /// What was not finite, as in `the loss was NaN at step 1 of epoch 1, with a learning rate of 0.01`.
    reason: String,
    /// Versions that had none wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remedy: Option<Remedy>,
}

/// What a run that diverged needs in order to come further.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Remedy {
    /// A flag with a value.
    Flag(String),
    /// What to change in the spec.
    Spec(String),
}

/// Leaves a mark in a run's folder, if the run diverged.
///
/// # Errors
/// If it cannot be written.
pub fn note(folder: &Path, cause: &TrainError) -> Result<(), TrainError> {
    let (epoch, step, remedy) = match cause {
        TrainError::Diverged { epoch, step, lr, decay, origin, .. } => {
            let mend = origin.as_deref().and_then(NonFinite::mend).map(|mend| Remedy::Spec(mend.to_owned()));
            (epoch, *step, mend.unwrap_or_else(|| Remedy::Flag(smaller(*lr, *decay))))
        }
        TrainError::DivergedAsleep { epoch, step, mend, .. } => (epoch, Some(*step), Remedy::Spec(mend.clone())),
        _ => return Ok(()),
    };
    let text = cause.to_string();
    let reason = text.lines().next().unwrap_or_default().trim_start_matches("diverged: ").to_owned();
    let mark = Mark { epoch: *epoch, step, reason, remedy: Some(remedy) };
    files::replace(&folder.join(DIVERGED), seal::written(&mark).as_bytes())
}

/// What was not finite, if a run's folder says that it diverged.
pub fn reason(folder: &Path) -> Option<String> {
    seal::read::<Mark>(&folder.join(DIVERGED)).ok().map(|sealed| sealed.value.reason)
}

/// The problem that a run diverged, if its folder says so.
pub fn problem(folder: &Path) -> Option<TrainError> {
    let sealed: seal::Sealed<Mark> = seal::read(&folder.join(DIVERGED)).ok()?;
    let (path, config) = (folder.to_owned(), quoted(&folder.join(SETTINGS)));
    let way = match sealed.value.remedy {
        Some(Remedy::Spec(mend)) => format!("{mend}; mend your spec, and begin anew with it"),
        Some(Remedy::Flag(flag)) => format!("begin anew, as with `lcnnc run --config {config} {flag}`"),
        None => format!("begin anew with another setting, as with `lcnnc run --config {config} --lr 0.0001`"),
    };
    Some(TrainError::DivergedBefore { path, reason: sealed.value.reason, way })
}

/// Takes the mark away, since the run is tried once more.
///
/// # Errors
/// If it cannot be removed.
pub fn clear(folder: &Path) -> Result<(), TrainError> {
    let path = folder.join(DIVERGED);
    std::fs::remove_file(&path).map_err(TrainError::file(&path, "removed"))
}
