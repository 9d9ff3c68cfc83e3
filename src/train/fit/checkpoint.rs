//! Checkpoints: folders with all that a training needs to go on as if it had never stopped.
//!
//! One is filled under another name, synced and renamed, so that there is a whole one or none; the last two are kept.
//! Random numbers need no place in it: each is a function of the seed and of where in the run it is drawn.

use crate::back::burn::Weight;
use crate::data::sha256;
use crate::train::fit::evaluate::Tally;
use crate::train::fit::metrics::Offsets;
use crate::train::fit::schedule::Memory;
use crate::train::{TrainError, weights};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// In a run's folder.
const FOLDER: &str = "checkpoints";
/// One that is being written.
const PARTIAL: &str = ".partial";
/// So many stay: should the newest be damaged, the one before it is there.
const KEPT: usize = 2;

const STATE: &str = "state.json";
const WEIGHTS: &str = "weights.safetensors";
const OPTIMIZER: &str = "optimizer.burnpack";
const BEST: &str = "best.safetensors";
/// The sums of the others, as `sha256sum --check` reads them.
const SUMS: &str = "SHA256SUMS";

/// Where a training is between two steps: everything but the tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Of the epoch that the next step belongs to, from 1; one more than all when training is over.
    pub epoch: usize,
    /// Batches of that epoch that are done.
    pub batches: usize,
    /// Of those batches.
    pub seen: Tally,
    /// With penalties, summed over the images of those batches.
    pub loss: f64,
    /// Spent on those batches.
    pub epoch_seconds: f64,
    /// Spent on the whole run.
    pub seconds: f64,
    pub schedule: Memory,
    pub best: Option<BestSoFar>,
    /// How long the files of numbers are; what lies beyond is of steps that will be taken again.
    pub files: Offsets,
}

impl Default for State {
    /// Before the first step.
    fn default() -> Self {
        let (seen, schedule, files) = (Tally::default(), Memory::default(), Offsets::default());
        let (loss, epoch_seconds, seconds) = (0.0, 0.0, 0.0);
        Self { epoch: 1, batches: 0, seen, loss, epoch_seconds, seconds, schedule, best: None, files }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.batches {
            0 => write!(f, "the start of epoch {}", self.epoch),
            batches => write!(f, "epoch {}, batch {batches}", self.epoch),
        }
    }
}

impl State {
    pub fn next_epoch(&mut self) {
        self.epoch += 1;
        (self.batches, self.seen, self.loss, self.epoch_seconds) = (0, Tally::default(), 0.0, 0.0);
    }
}

/// The epoch with the best weights so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestSoFar {
    pub epoch: usize,
    pub validation_accuracy: Option<f64>,
}

/// A checkpoint as it is read.
pub struct Checkpoint {
    pub state: State,
    pub weights: Vec<Weight>,
    /// See [`crate::train::fit::optimizer::Optimizer::memory`].
    pub optimizer: Vec<u8>,
    /// There if the state names a best epoch.
    pub best: Option<Vec<Weight>>,
}

/// A checkpoint as it is written.
pub struct Draft<'a> {
    pub state: &'a State,
    pub weights: Vec<u8>,
    pub optimizer: Vec<u8>,
    /// A file on disk with the best weights so far, and its sum.
    pub best: Option<(PathBuf, &'a str)>,
}

/// Saves a checkpoint of a run, and removes all but the newest two.
///
/// # Errors
/// If it cannot be written; those that were there before stay.
pub fn save(run: &Path, draft: &Draft<'_>) -> Result<(), TrainError> {
    let folder = run.join(FOLDER);
    let partial = folder.join(PARTIAL);
    let place = folder.join(name(draft.state.epoch, draft.state.batches));
    // What a killed process left.
    discard(&partial)?;
    fs::create_dir_all(&partial).map_err(TrainError::file(&partial, "made"))?;
    fill(&partial, draft).inspect_err(|_| {
        // What failed is reported; that its remains cannot be removed either would add nothing.
        let _ = fs::remove_dir_all(&partial);
    })?;
    // One of the same place is there after a run went on and was stopped before its next step, or it is damaged.
    discard(&place)?;
    fs::rename(&partial, &place).map_err(TrainError::file(&place, "written"))?;
    sync(&folder)?;
    let all = names(&folder)?;
    let (before, ahead) = all.split_at(all.partition_point(|other| folder.join(other) <= place));
    // Those ahead are damaged: the run went on from one before them.
    before.iter().rev().skip(KEPT).chain(ahead).try_for_each(|old| discard(&folder.join(old)))
}

/// Sorts as the run goes.
fn name(epoch: usize, batches: usize) -> String {
    format!("epoch{epoch:07}-step{batches:09}")
}

fn fill(partial: &Path, draft: &Draft<'_>) -> Result<(), TrainError> {
    let state = crate::train::runs::manifest::json(draft.state).into_bytes();
    let mut sums = String::new();
    for (name, bytes) in [(STATE, &state), (WEIGHTS, &draft.weights), (OPTIMIZER, &draft.optimizer)] {
        write(&partial.join(name), bytes)?;
        sums += &line(&sha256([bytes.as_slice()]), name);
    }
    if let Some((best, sum)) = &draft.best {
        let place = partial.join(BEST);
        // The run's own file is never changed, only replaced, so it may be shared where the file system can.
        let shared = fs::hard_link(best, &place).or_else(|_| fs::copy(best, &place).map(drop));
        shared.map_err(TrainError::file(&place, "written"))?;
        sums += &line(sum, BEST);
    }
    write(&partial.join(SUMS), sums.as_bytes())?;
    sync(partial)
}

fn line(sum: &str, name: &str) -> String {
    format!("{sum}  {name}\n")
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(TrainError::file(path, "written"))
}

/// Makes names in a folder last; elsewhere than on Unix a folder cannot be synced.
fn sync(folder: &Path) -> Result<(), TrainError> {
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(TrainError::file(folder, "written"))?;
    }
    Ok(())
}

fn discard(folder: &Path) -> Result<(), TrainError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(TrainError::file(folder, "removed")(error)),
        _ => Ok(()),
    }
}

/// The checkpoints' names, oldest first.
fn names(folder: &Path) -> Result<Vec<String>, TrainError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(TrainError::file(folder, "read"))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(TrainError::file(folder, "read"))?.file_name().to_string_lossy().into_owned();
        if name.starts_with("epoch") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The newest checkpoint of a run that is whole; `warn` is told of each newer one that is not.
///
/// # Errors
/// If the folder of checkpoints cannot be read.
pub fn newest(run: &Path, mut warn: impl FnMut(&str)) -> Result<Option<Checkpoint>, TrainError> {
    let folder = run.join(FOLDER);
    for name in names(&folder)?.iter().rev() {
        match read(&folder.join(name)) {
            Ok(checkpoint) => return Ok(Some(checkpoint)),
            Err(error) => warn(&format!("warning: {error}; the checkpoint before it is used")),
        }
    }
    Ok(None)
}

/// Whether a run has saved anything.
pub fn any(run: &Path) -> bool {
    names(&run.join(FOLDER)).is_ok_and(|names| !names.is_empty())
}

fn read(folder: &Path) -> Result<Checkpoint, TrainError> {
    let damaged = |reason: String| TrainError::Damaged { path: folder.to_owned(), reason };
    let sums = crate::train::files::read(&folder.join(SUMS))?;
    let sum = |name: &str| sums.lines().find_map(|line| line.strip_suffix(name)?.strip_suffix("  "));
    let file = |name: &str| {
        let path = folder.join(name);
        let bytes = fs::read(&path).map_err(TrainError::file(&path, "read"))?;
        let same = sum(name).is_some_and(|sum| sum == sha256([bytes.as_slice()]));
        if same { Ok(bytes) } else { Err(damaged(format!("{name} is not what {SUMS} says"))) }
    };
    let state: State = serde_json::from_slice(&file(STATE)?).map_err(|error| damaged(format!("{STATE}: {error}")))?;
    let tensors = |name: &str| weights::parse(&folder.join(name), &file(name)?);
    let best = state.best.map(|_| tensors(BEST)).transpose()?;
    Ok(Checkpoint { weights: tensors(WEIGHTS)?, optimizer: file(OPTIMIZER)?, best, state })
}

/// Removes all checkpoints of a run that is over.
///
/// # Errors
/// If they cannot be removed.
pub fn clear(run: &Path) -> Result<(), TrainError> {
    discard(&run.join(FOLDER))
}
