//! manifest.json: where a run comes from; summary.json: where it got to.

use super::TrainError;
use super::evaluate::Score;
use super::files;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Written when a run starts, and never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of lcnnc.
    pub lcnnc: String,
    pub model: String,
    /// How many numbers are trained.
    pub parameters: usize,
    pub spec: SpecNote,
    pub data: DataNote,
    /// What the device was in the end, whatever was asked for.
    pub device: String,
    /// CPU threads.
    pub threads: usize,
    pub seed: u64,
    pub command: Vec<String>,
    /// UTC, as in `2026-11-24T09:30:00Z`.
    pub started: String,
}

/// The author's file; the run folder's spec.lcnn has defaults and overrides written in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpecNote {
    pub path: String,
    pub sha256: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataNote {
    pub name: String,
    pub checksum: String,
    /// In the order of the net's scores.
    pub classes: Vec<String>,
    pub training_images: usize,
    pub validation_images: usize,
    pub test_images: usize,
}

/// Written when a run is over: a run folder without it was cut short.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub epochs: usize,
    pub best_epoch: usize,
    /// From 0 to 1, of the best epoch.
    pub validation_accuracy: Option<f64>,
    /// Of the best weights.
    pub test: Score,
    /// Training, validations and the test, without loading the data.
    pub seconds: f64,
    /// What is odd about the trained weights, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

impl Manifest {
    /// # Errors
    /// If the file cannot be read or is not a manifest.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        serde_json::from_str(&files::read(path)?)
            .map_err(|error| TrainError::Damaged { path: path.to_owned(), reason: error.to_string() })
    }
}

/// As indented JSON, a line break at its end.
pub(super) fn json(value: &impl Serialize) -> String {
    // Texts, numbers and lists of them can always be written.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
