//! How a run went, epoch by epoch: the same numbers as JSON lines and as a table, on disk as soon as they are known.

use super::{KeptFile, Observer, ObserverKind, ObserverMemory, Snr, TrainingStart};
use crate::back::burn::Model;
use crate::train::fit::evaluate::USUAL_TOP;
use crate::train::{TrainError, files};
use lcnnc_lang::diag::counted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

pub const METRICS: ObserverKind = ObserverKind {
    keeps: Some(KeptFile { file: LINES, check: |lines, epochs| History::of(lines, epochs).map(drop) }),
    open: |start, memory| Ok(Some(Box::new(Metrics::open(start, memory)?))),
    hand_on: |memory, _, to| {
        let Some(lines) = memory.texts.get(LINES) else { return Ok(()) };
        let (history, _) = History::whole(lines, usize::MAX);
        files::replace(&to.folder.join(LINES), history.lines.as_bytes())?;
        files::replace(&to.folder.join(TABLE), history.table().as_bytes())
    },
};

/// The numbers of one epoch. Losses are means over images, in nats; accuracies are shares from 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// The epoch's number, from 1.
    pub epoch: usize,
    /// The learning rate at the epoch's last step.
    pub lr: f64,
    /// The cross-entropy and the penalties, over the training images as the epoch met them.
    pub train_loss: f64,
    pub train_cross_entropy: f64,
    pub train_accuracy: f64,
    /// The cross-entropy after the epoch, with the running statistics and without dropout; absent where no image was held
    /// out.
    pub validation_cross_entropy: Option<f64>,
    pub validation_accuracy: Option<f64>,
    /// The share of images whose class was among the five largest scores; absent where there are no more classes, or no image
    /// was held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_top5_accuracy: Option<f64>,
    /// Seconds of training alone, without the validation.
    pub seconds: f64,
    pub images_per_second: f64,
    /// How alike the kernels of each layer without weight sharing are after the epoch, by the layer's name. These are not in
    /// metrics.csv.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub snr: BTreeMap<String, Snr>,
}

/// The column of metrics.csv that only nets with more than five classes have.
const TOP5: &str = "validation_top5_accuracy";

impl Epoch {
    /// The columns of metrics.csv and their values; what is absent is an empty cell.
    fn cells(&self) -> [(&'static str, String); 10] {
        let cell = |x: Option<f64>| x.map_or(String::new(), |x| x.to_string());
        [
            ("epoch", self.epoch.to_string()),
            ("lr", self.lr.to_string()),
            ("train_loss", self.train_loss.to_string()),
            ("train_cross_entropy", self.train_cross_entropy.to_string()),
            ("train_accuracy", self.train_accuracy.to_string()),
            ("validation_cross_entropy", cell(self.validation_cross_entropy)),
            ("validation_accuracy", cell(self.validation_accuracy)),
            (TOP5, cell(self.validation_top5_accuracy)),
            ("seconds", self.seconds.to_string()),
            ("images_per_second", self.images_per_second.to_string()),
        ]
    }

    /// The line of the epoch in metrics.csv.
    fn row(&self, has_top5: bool) -> String {
        let cells = self.cells().into_iter().filter(|(name, _)| has_top5 || *name != TOP5);
        cells.map(|(_, cell)| cell).collect::<Vec<_>>().join(",")
    }

    /// The first line of metrics.csv.
    fn head(has_top5: bool) -> String {
        let cells = Self::default().cells().into_iter().filter(|(name, _)| has_top5 || *name != TOP5);
        cells.map(|(name, _)| name).collect::<Vec<_>>().join(",")
    }
}

/// The name of the file of lines, and of the table.
pub const LINES: &str = "metrics.jsonl";
pub const TABLE: &str = "metrics.csv";

/// The lines of a run's epochs: what both files hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    lines: String,
    table: String,
    /// Whether the table has the column of the five largest scores.
    has_top5: bool,
}

impl History {
    /// Reads the text of a metrics.jsonl, if it is one of so many epochs, each in its turn.
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
        self.has_top5 |= epoch.validation_top5_accuracy.is_some();
        self.table += &(epoch.row(self.has_top5) + "\n");
    }

    /// What metrics.jsonl holds.
    pub fn lines(&self) -> &str {
        &self.lines
    }

    /// What metrics.csv holds.
    pub fn table(&self) -> String {
        format!("{}\n{}", Epoch::head(self.has_top5), self.table)
    }
}

/// The epochs of the text of a metrics.jsonl, as far as they are whole.
pub fn epochs(lines: &str) -> Vec<Epoch> {
    lines.lines().zip(1..).map_while(|(line, number)| epoch(line, number).ok()).collect()
}

fn epoch(line: &str, number: usize) -> Result<Epoch, String> {
    let epoch: Epoch = serde_json::from_str(line).map_err(|error| format!("line {number}: {error}"))?;
    if epoch.epoch == number { Ok(epoch) } else { Err(format!("line {number} is of epoch {}", epoch.epoch)) }
}

/// The two files, growing by a line an epoch.
#[derive(Debug)]
struct Metrics {
    history: History,
    lines: Log,
    table: Log,
}

impl Metrics {
    /// Starts `metrics.jsonl` and `metrics.csv` in a run folder, or goes on with them: as they were when the checkpoint with
    /// this memory was written, whatever was done to them since. A warning tells of a file that had lost something.
    fn open(start: &TrainingStart<'_>, memory: &ObserverMemory) -> Result<Self, TrainError> {
        let (folder, epochs) = (start.run.folder, start.epochs_done);
        let mut history = match memory.texts.get(LINES) {
            Some(lines) => {
                History::of(lines, epochs).map_err(|reason| TrainError::Damaged { path: folder.join(LINES), reason })?
            }
            None => own(start),
        };
        let is_new = history.lines.is_empty();
        // A run that an older version began has none, and stays as it is.
        history.has_top5 |= is_new && start.data.classes.len() > USUAL_TOP && !start.split.validation.is_empty();
        let mut warn = |text: &str| start.console.warn(text);
        let mut log = |name: &str, text: &str| Log::open(folder.join(name), text, is_new, &mut warn);
        let (lines, table) = (log(LINES, history.lines())?, log(TABLE, &history.table())?);
        Ok(Self { history, lines, table })
    }
}

/// The epochs of the run's own file, before a checkpoint of an older version, which holds none.
fn own(start: &TrainingStart<'_>) -> History {
    let (path, epochs) = (start.run.folder.join(LINES), start.epochs_done);
    let text = fs::read(&path).unwrap_or_default();
    let (history, whole) = History::whole(&String::from_utf8_lossy(&text), epochs);
    if whole < epochs {
        let path = path.display();
        start.console.warn(&format!(
            "warning: {path}: expected {epochs} epochs, found {whole} that are whole; the others are lost, because the \
             checkpoint of an older version of lcnnc does not hold them"
        ));
    }
    history
}

impl Observer for Metrics {
    fn epoch_ends(&mut self, numbers: &Epoch, _: &Model) -> Result<(), TrainError> {
        self.history.push(numbers);
        self.lines.write(&serde_json::json!(numbers).to_string())?;
        self.table.write(&numbers.row(self.history.has_top5))
    }

    fn before_checkpoint(&mut self, memory: &mut ObserverMemory) -> Result<(), TrainError> {
        self.lines.sync()?;
        self.table.sync()?;
        memory.texts.insert(LINES.to_owned(), self.history.lines.clone());
        Ok(())
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

    /// Writes a line at once, without a buffer, so that whoever reads the file sees it.
    fn write(&mut self, line: &str) -> Result<(), TrainError> {
        self.file.write_all(format!("{line}\n").as_bytes()).map_err(TrainError::file(&self.path, "written"))
    }

    fn sync(&self) -> Result<(), TrainError> {
        self.file.sync_data().map_err(TrainError::file(&self.path, "written"))
    }
}
