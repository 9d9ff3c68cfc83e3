//! outcome.json: how the last try at a job ended, where it did not end as it should.

use crate::train::{TrainError, files};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The file, in the folder of a job.
pub const OUTCOME: &str = "outcome.json";

/// How a try at a job ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The exit code: that of the process, or 128 and the number of the signal that ended it.
    pub exit_code: u8,
    /// What was said.
    pub message: String,
    /// How many tries ended so.
    pub tries: usize,
    /// The machine.
    pub host: String,
}

impl Outcome {
    /// The outcome that a job's folder holds, if it does.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, TrainError> {
        let path = folder.join(OUTCOME);
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(TrainError::file(&path, "read")(error)),
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|error| TrainError::Damaged { path, reason: error.to_string() }),
        }
    }

    /// Notes how a try ended; a run that a signal ended is no failure.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn note(folder: &Path, error: &TrainError) -> Result<(), TrainError> {
        Self::write(folder, error.exit_code(), error.to_string())
    }

    /// Notes one try more that ended as the last one; gives whether there was one.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn again(folder: &Path) -> Result<bool, TrainError> {
        let Some(before) = Self::read(folder).ok().flatten() else { return Ok(false) };
        Self::write(folder, before.exit_code, before.message).map(|()| true)
    }

    /// Notes an exit code and a message.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(folder: &Path, exit_code: u8, message: String) -> Result<(), TrainError> {
        let before = Self::read(folder).ok().flatten();
        let outcome =
            Self { exit_code, message, tries: before.map_or(0, |it| it.tries) + 1, host: super::lease::host() };
        fs::create_dir_all(folder).map_err(TrainError::file(folder, "made"))?;
        // Texts and numbers can always be written.
        let text = serde_json::to_string_pretty(&outcome).unwrap_or_default() + "\n";
        files::replace(&folder.join(OUTCOME), text.as_bytes())
    }

    /// Removes what earlier tries left, before a new one.
    pub fn forget(folder: &Path) {
        let _ = fs::remove_file(folder.join(OUTCOME));
    }
}
