//! How a run went, epoch by epoch: the same numbers as JSON lines and as a table, on disk as soon as they are known.

use crate::train::TrainError;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The numbers of one epoch. Losses are means over images, in nats; accuracies are shares from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    pub lr: f64,
    /// Cross-entropy and penalties, over the training images as the epoch met them.
    pub train_loss: f64,
    pub train_cross_entropy: f64,
    pub train_accuracy: f64,
    /// After the epoch, with the running statistics and without dropout; absent where no image was held out.
    pub validation_cross_entropy: Option<f64>,
    pub validation_accuracy: Option<f64>,
    /// Of training alone, without the validation.
    pub seconds: f64,
    pub images_per_second: f64,
}

impl Epoch {
    /// The columns of metrics.csv.
    pub const COLUMNS: [&str; 9] = [
        "epoch",
        "lr",
        "train_loss",
        "train_cross_entropy",
        "train_accuracy",
        "validation_cross_entropy",
        "validation_accuracy",
        "seconds",
        "images_per_second",
    ];

    /// The values in the order of [`Epoch::COLUMNS`]; what is absent is an empty cell.
    fn cells(&self) -> [String; Self::COLUMNS.len()] {
        let cell = |x: Option<f64>| x.map_or(String::new(), |x| x.to_string());
        [
            self.epoch.to_string(),
            self.lr.to_string(),
            self.train_loss.to_string(),
            self.train_cross_entropy.to_string(),
            self.train_accuracy.to_string(),
            cell(self.validation_cross_entropy),
            cell(self.validation_accuracy),
            self.seconds.to_string(),
            self.images_per_second.to_string(),
        ]
    }
}

/// The two files, growing by a line an epoch.
#[derive(Debug)]
pub struct Metrics {
    lines: Log,
    table: Log,
}

/// How long each file is, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offsets {
    lines: u64,
    table: u64,
    /// Of the file for TensorBoard.
    pub events: u64,
}

impl Metrics {
    /// Starts `metrics.jsonl` and `metrics.csv` in a run folder, or goes on with them: cut back to the lengths they had.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn open(folder: &Path, from: Offsets) -> Result<Self, TrainError> {
        let lines = Log::open(folder.join("metrics.jsonl"), from.lines)?;
        let mut table = Log::open(folder.join("metrics.csv"), from.table)?;
        if table.len == 0 {
            table.write(&Epoch::COLUMNS.join(","))?;
        }
        Ok(Self { lines, table })
    }

    pub fn offsets(&self) -> Offsets {
        Offsets { lines: self.lines.len, table: self.table.len, events: 0 }
    }

    /// Appends an epoch to both.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn append(&mut self, epoch: &Epoch) -> Result<(), TrainError> {
        self.lines.write(&serde_json::json!(epoch).to_string())?;
        self.table.write(&epoch.cells().join(","))
    }
}

/// A text file that only grows, whole lines at a time.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: File,
    /// Bytes.
    len: u64,
}

impl Log {
    /// One that is shorter than it should be has lost lines, and keeps what it has.
    fn open(path: PathBuf, len: u64) -> Result<Self, TrainError> {
        let opened = OpenOptions::new().create(true).append(true).open(&path).and_then(|file| {
            let len = len.min(file.metadata()?.len());
            file.set_len(len)?;
            Ok((file, len))
        });
        let (file, len) = opened.map_err(TrainError::file(&path, "written"))?;
        Ok(Self { path, file, len })
    }

    /// Unbuffered, so that whoever reads the file sees the line at once.
    fn write(&mut self, line: &str) -> Result<(), TrainError> {
        let line = format!("{line}\n");
        self.file.write_all(line.as_bytes()).map_err(TrainError::file(&self.path, "written"))?;
        self.len += line.len() as u64;
        Ok(())
    }
}
