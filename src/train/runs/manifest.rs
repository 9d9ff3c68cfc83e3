//! manifest.json: where a run comes from; summary.json: where it got to.

use crate::back::burn::Opened;
use crate::train::TrainError;
use crate::train::files;
use crate::train::fit::evaluate::Score;
use jiff::Timestamp;
use lcnnc_kernels::Vectors;
use serde::de::DeserializeOwned;
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
    /// See [`crate::train::Recipe::fingerprint`]: equal ones make equal results.
    pub fingerprint: String,
    /// What the device was in the end, whatever was asked for.
    pub device: String,
    pub machine: Machine,
    /// CPU threads.
    pub threads: usize,
    pub seed: u64,
    pub command: Vec<String>,
    /// Whole seconds, UTC, as in `2026-11-24T09:30:00Z`.
    pub started: Timestamp,
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
    /// Whether every file was decoded before the first step; absent for a set that is no set of files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// What of a folder was left out, and what else there was to say of it, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// In the order of the net's scores.
    pub classes: Vec<String>,
    pub training_images: usize,
    pub validation_images: usize,
    pub test_images: usize,
}

/// What the last bits of a result may depend on, beside the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// `linux`, `macos`, `windows`.
    pub system: String,
    /// `x86_64`, `aarch64`.
    pub architecture: String,
    /// The vectors that kernels on the CPU use: `AVX-512`.
    pub vectors: String,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        let (system, architecture) = (std::env::consts::OS.to_owned(), std::env::consts::ARCH.to_owned());
        Self { system, architecture, vectors: Vectors::default().name().to_owned() }
    }
}

/// The SHA-256 of the files with a run's weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    pub best: String,
    pub last: String,
}

/// Written when a run is over: a run folder without it was cut short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub epochs: usize,
    pub best_epoch: usize,
    /// From 0 to 1, of the best epoch.
    pub validation_accuracy: Option<f64>,
    /// Of the best weights.
    pub test: Score,
    /// Training, validations and the test, without loading the data.
    pub seconds: f64,
    pub weights: Sums,
    /// What is odd about the trained weights, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

impl Manifest {
    /// # Errors
    /// If the file cannot be read or is not a manifest.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        parsed(path)
    }

    /// How this program and this device differ from the run's, where the last bits of a result may depend on it.
    pub fn differences(&self, opened: &Opened) -> Vec<String> {
        let here = Machine::here();
        let all = [
            ("lcnnc", self.lcnnc.as_str(), env!("CARGO_PKG_VERSION")),
            ("the device", &self.device, &opened.name),
            ("the system", &self.machine.system, &here.system),
            ("the architecture", &self.machine.architecture, &here.architecture),
            ("the kind of vectors", &self.machine.vectors, &here.vectors),
        ];
        let differ = all.into_iter().filter(|(_, then, now)| then != now);
        differ.map(|(what, then, now)| format!("{what} was {then} and is {now}")).collect()
    }
}

impl Summary {
    /// # Errors
    /// If the file cannot be read or is not a summary.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        parsed(path)
    }
}

fn parsed<T: DeserializeOwned>(path: &Path) -> Result<T, TrainError> {
    serde_json::from_str(&files::read(path)?)
        .map_err(|error| TrainError::Damaged { path: path.to_owned(), reason: error.to_string() })
}

/// As indented JSON, a line break at its end.
pub(in crate::train) fn json(value: &impl Serialize) -> String {
    // Texts, numbers and lists of them can always be written.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
