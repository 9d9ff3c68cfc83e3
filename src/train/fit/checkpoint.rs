//! Checkpoints: folders with all that a training needs to go on as if it had never stopped.
//!
//! One is filled under another name, synced and renamed, so that there is a whole one or none; the last two are kept.
//! Random numbers need no place in it: each is a function of the seed and of where in the run it is drawn. A run that is
//! over keeps the last one: to go on from with more epochs, and to put back numbers and weights that were damaged.

use crate::back::burn::Weight;
use crate::data::{sha256, sha256_of};
use crate::train::error::short;
use crate::train::fit::metrics::History;
use crate::train::fit::state::{Limits, RunMark, State};
use crate::train::runs::inspect::Inspection;
use crate::train::{TrainError, weights};
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
const METRICS: &str = "metrics.jsonl";
/// The sums of the others, as `sha256sum --check` reads them.
const SUMS: &str = "SHA256SUMS";

/// A checkpoint as it is read.
pub struct Checkpoint {
    pub state: State,
    pub weights: Vec<Weight>,
    /// See [`crate::train::fit::optimizer::Optimizer::memory`].
    pub optimizer: Vec<u8>,
    /// There if the state names a best epoch.
    pub best: Option<Vec<Weight>>,
    /// The epochs before it; versions that did not save them wrote none.
    pub history: Option<History>,
}

/// A checkpoint as it is written.
pub struct Draft<'a> {
    pub state: &'a State,
    pub weights: Vec<u8>,
    pub optimizer: Vec<u8>,
    /// A file on disk with the best weights so far, and its sum.
    pub best: Option<(PathBuf, &'a str)>,
    /// The lines of metrics.jsonl.
    pub metrics: &'a str,
}

/// The run that a checkpoint must be of, to be gone on with.
#[derive(Clone, Debug)]
pub struct Expected {
    pub run: RunMark,
    pub limits: Limits,
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
    let metrics = draft.metrics.as_bytes();
    let files: [(&str, &[u8]); 4] =
        [(STATE, &state), (WEIGHTS, &draft.weights), (OPTIMIZER, &draft.optimizer), (METRICS, metrics)];
    for (name, bytes) in files {
        write(&partial.join(name), bytes)?;
        sums += &line(&sha256([bytes]), name);
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

/// The newest checkpoint of a run that is whole; each newer one that is not is said.
///
/// # Errors
/// If the folder of checkpoints cannot be read, or the checkpoint is of another run.
pub fn newest(run: &Path, expected: &Expected, inspection: &mut Inspection) -> Result<Option<Checkpoint>, TrainError> {
    let folder = run.join(FOLDER);
    for name in names(&folder)?.iter().rev() {
        let place = folder.join(name);
        match read(&place, expected.limits) {
            Ok(checkpoint) => {
                match &checkpoint.state.run {
                    None => inspection.say(&older(&place)),
                    Some(mark) if *mark != expected.run => {
                        inspection.found(another(&place, mark, expected))?;
                    }
                    Some(_) => {}
                }
                return Ok(Some(checkpoint));
            }
            Err(error) => inspection.say(&format!("warning: {error}; the checkpoint before it is used")),
        }
    }
    Ok(None)
}

fn older(place: &Path) -> String {
    let place = place.display();
    format!("note: {place}: an older version of lcnnc wrote it, so it cannot be told that it is of this run")
}

fn another(place: &Path, mark: &RunMark, expected: &Expected) -> TrainError {
    let run = &expected.run;
    let (what, expected, found) = if mark.recipe == run.recipe {
        ("a run with the manifest", &run.manifest, &mark.manifest)
    } else {
        ("a run with the fingerprint", &run.recipe, &mark.recipe)
    };
    TrainError::Altered {
        path: place.to_owned(),
        expected: format!("a checkpoint of {what} {}", short(expected)),
        found: format!("one of another run, with {}", short(found)),
        way: "remove it, and the one before it is used".to_owned(),
    }
}

/// A file of the newest whole checkpoint of a run, if that file is the one with this sum.
pub fn kept(run: &Path, name: &str, sum: &str) -> Option<Vec<u8>> {
    let folder = run.join(FOLDER);
    // The last weights of a run that is over are those that it would go on with.
    let name = if name == crate::train::fit::LAST { WEIGHTS } else { name };
    let files = names(&folder).ok()?.into_iter().rev().map(|checkpoint| folder.join(checkpoint).join(name));
    files.filter_map(|path| fs::read(path).ok()).find(|bytes| sha256([bytes.as_slice()]) == sum)
}

/// What is wrong with the files of the last checkpoint of a run, if there is one: a sentence.
pub fn damage(run: &Path) -> Option<String> {
    let folder = run.join(FOLDER);
    let place = folder.join(names(&folder).ok()?.pop()?);
    let sums = crate::train::files::read(&place.join(SUMS)).unwrap_or_default();
    let same = |name: &str| {
        let sum = File::open(place.join(name)).and_then(|mut file| sha256_of(&mut file));
        sum.is_ok_and(|sum| sums.contains(&line(&sum, name)))
    };
    let wrong = [STATE, WEIGHTS, OPTIMIZER, BEST, METRICS].into_iter().find(|name| !same(name))?;
    Some(format!("{}: damaged: {wrong} is not what {SUMS} says", place.display()))
}

/// Whether a run has saved anything.
pub fn any(run: &Path) -> bool {
    names(&run.join(FOLDER)).is_ok_and(|names| !names.is_empty())
}

fn read(folder: &Path, limits: Limits) -> Result<Checkpoint, TrainError> {
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
    if let Some(reason) = state.absurd(limits) {
        return Err(damaged(format!("{STATE}: {reason}")));
    }
    let tensors = |name: &str| -> Result<Vec<Weight>, TrainError> {
        Ok(weights::parse(&folder.join(name), &file(name)?)?.weights)
    };
    let best = state.best.map(|_| tensors(BEST)).transpose()?;
    // An older version saved no lines, and no mark of its run.
    let lines = state.run.as_ref().map(|_| file(METRICS)).transpose()?;
    let history = |bytes: Vec<u8>| History::of(&String::from_utf8_lossy(&bytes), state.epoch - 1);
    let history = lines.map(history).transpose().map_err(|reason| damaged(format!("{METRICS}: {reason}")))?;
    Ok(Checkpoint { weights: tensors(WEIGHTS)?, optimizer: file(OPTIMIZER)?, best, history, state })
}

/// Saves a run's checkpoint at the place of a state as the first one of another run, with that state.
///
/// # Errors
/// If it cannot be read or written.
pub fn adopt(from: &Path, run: &Path, state: &State) -> Result<(), TrainError> {
    let folder = from.join(FOLDER).join(name(state.epoch, state.batches));
    let file = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).map_err(TrainError::file(&path, "read"))
    };
    let best = state.best.map(|_| file(BEST)).transpose()?.map(|bytes| sha256([bytes.as_slice()]));
    let metrics = crate::train::files::read(&folder.join(METRICS))?;
    let draft = Draft {
        state,
        weights: file(WEIGHTS)?,
        optimizer: file(OPTIMIZER)?,
        best: best.as_ref().map(|sum| (folder.join(BEST), sum.as_str())),
        metrics: &metrics,
    };
    save(run, &draft)
}

/// Leaves the last checkpoint of a run that is over, and nothing else.
///
/// # Errors
/// If the others cannot be removed.
pub fn settle(run: &Path) -> Result<(), TrainError> {
    let folder = run.join(FOLDER);
    discard(&folder.join(PARTIAL))?;
    names(&folder)?.iter().rev().skip(1).try_for_each(|old| discard(&folder.join(old)))
}
