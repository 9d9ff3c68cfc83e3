//! How a run went, epoch by epoch: the same numbers as JSON lines and as a table, on disk as soon as they are known.

use crate::train::{TrainError, files};
use lcnnc_lang::diag::counted;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The numbers of one epoch. Losses are means over images, in nats; accuracies are shares from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// The name of the file of lines, and of the table.
pub(in crate::train) const LINES: &str = "metrics.jsonl";
pub(in crate::train) const TABLE: &str = "metrics.csv";

/// The lines of a run's epochs: what both files hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    lines: String,
    table: String,
}

impl History {
    /// From the text of a metrics.jsonl, where it is one of so many epochs, each in its turn.
    ///
    /// # Errors
    /// The first line that is not, counted from 1, and why.
    pub fn of(lines: &str, epochs: usize) -> Result<Self, String> {
        let (mut history, mut rest) = (Self::default(), lines.lines());
        for number in 1..=epochs {
            let line = rest.next().ok_or_else(|| format!("line {number} is missing"))?;
            history.push(&epoch(line, number)?);
        }
        if history.lines == lines { Ok(history) } else { Err(format!("it has more than {}", counted(epochs, "line"))) }
    }

    /// The lines of the first epochs, as many as are whole, and how many these are.
    pub fn whole(lines: &str, epochs: usize) -> (Self, usize) {
        let mut history = Self::default();
        let mut count = 0;
        for (line, number) in lines.lines().zip(1..=epochs) {
            let Ok(epoch) = epoch(line, number) else { break };
            history.push(&epoch);
            count = number;
        }
        (history, count)
    }

    fn push(&mut self, epoch: &Epoch) {
        self.lines += &(serde_json::json!(epoch).to_string() + "\n");
        self.table += &(epoch.cells().join(",") + "\n");
    }

    /// What metrics.jsonl holds.
    pub fn lines(&self) -> &str {
        &self.lines
    }

    /// What metrics.csv holds.
    pub fn table(&self) -> String {
        format!("{}\n{}", Epoch::COLUMNS.join(","), self.table)
    }

    /// Both files with what they hold.
    pub fn files(&self) -> [(&'static str, String); 2] {
        [(LINES, self.lines.clone()), (TABLE, self.table())]
    }
}

fn epoch(line: &str, number: usize) -> Result<Epoch, String> {
    let epoch: Epoch = serde_json::from_str(line).map_err(|error| format!("line {number}: {error}"))?;
    if epoch.epoch == number { Ok(epoch) } else { Err(format!("line {number} is of epoch {}", epoch.epoch)) }
}

/// The two files, growing by a line an epoch.
#[derive(Debug)]
pub struct Metrics {
    history: History,
    lines: Log,
    table: Log,
}

impl Metrics {
    /// Starts `metrics.jsonl` and `metrics.csv` in a run folder, or goes on with them: as they were when the checkpoint with
    /// this history was written, whatever was done to them since. `warn` is told of a file that had lost something.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn open(folder: &Path, history: History, mut warn: impl FnMut(&str)) -> Result<Self, TrainError> {
        let is_new = history.lines.is_empty();
        let mut log = |name: &str, text: &str| Log::open(folder.join(name), text, is_new, &mut warn);
        let (lines, table) = (log(LINES, history.lines())?, log(TABLE, &history.table())?);
        Ok(Self { history, lines, table })
    }

    pub fn history(&self) -> &History {
        &self.history
    }

    /// Appends an epoch to both.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn append(&mut self, epoch: &Epoch) -> Result<(), TrainError> {
        self.history.push(epoch);
        self.lines.write(&serde_json::json!(epoch).to_string())?;
        self.table.write(&epoch.cells().join(","))
    }

    /// Waits until everything that was written is on the disk.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn sync(&self) -> Result<(), TrainError> {
        self.lines.sync()?;
        self.table.sync()
    }
}

/// A text file that only grows, whole lines at a time.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// A file that holds this text: what a killed process wrote behind it is cut off, and what was changed is put right.
    fn open(path: PathBuf, text: &str, is_new: bool, warn: &mut impl FnMut(&str)) -> Result<Self, TrainError> {
        let before = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            read => Some(read.map_err(TrainError::file(&path, "read"))?),
        };
        let is_whole = before.as_ref().is_some_and(|before| before.starts_with(text.as_bytes()));
        let is_new = is_new && before.is_none_or(|before| before.is_empty());
        if !is_whole {
            files::replace(&path, text.as_bytes())?;
        }
        if !is_whole && !is_new {
            let path = path.display();
            warn(&format!("warning: {path}: lines were missing or changed; it is put right from the checkpoint"));
        }
        let opened = OpenOptions::new().append(true).open(&path).and_then(|file| {
            file.set_len(text.len() as u64)?;
            Ok(file)
        });
        Ok(Self { file: opened.map_err(TrainError::file(&path, "written"))?, path })
    }

    /// Unbuffered, so that whoever reads the file sees the line at once.
    fn write(&mut self, line: &str) -> Result<(), TrainError> {
        self.file.write_all(format!("{line}\n").as_bytes()).map_err(TrainError::file(&self.path, "written"))
    }

    fn sync(&self) -> Result<(), TrainError> {
        self.file.sync_data().map_err(TrainError::file(&self.path, "written"))
    }
}
