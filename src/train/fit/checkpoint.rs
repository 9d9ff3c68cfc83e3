//! Checkpoints: folders with all that a training needs to go on as if it had never stopped.
//!
//! A checkpoint is filled under another name, synced and renamed, so that there is a whole one or none; the last two are kept.
//! Random numbers need no place in it: each is a function of the seed and of where in the run it is drawn. A run that is
//! over keeps the last one: to go on from with more epochs, and to put back numbers and weights that were damaged.

use crate::back::burn::Weight;
use crate::data::{sha256, sha256_of, short};
use crate::observe;
use crate::train::fit::state::{Limits, RunMark, State};
use crate::train::quoted::quoted;
use crate::train::runs::inspection::Inspection;
use crate::train::{TrainError, weights};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The name of the folder of checkpoints in a run's folder.
const FOLDER: &str = "checkpoints";
/// The name of a checkpoint that is being written.
const PARTIAL: &str = ".partial";
/// The name of the file that lies in the folder until the first checkpoint does: without either, checkpoints were removed.
const NONE_YET: &str = ".none-yet";
/// How many checkpoints stay: should the newest be damaged, the one before it is there.
const KEPT: usize = 2;

const STATE: &str = "state.json";
const WEIGHTS: &str = "weights.safetensors";
const OPTIMIZER: &str = "optimizer.burnpack";
const BEST: &str = "best.safetensors";
/// The checksums of the others, as `sha256sum --check` reads them.
const SUMS: &str = "SHA256SUMS";

/// A checkpoint as it is read.
pub struct Checkpoint {
    pub state: State,
    pub weights: Vec<Weight>,
    /// See [`crate::train::fit::optimizer::Optimizer::memory`].
    pub optimizer: Vec<u8>,
    /// The best weights; they are there if the state names a best epoch.
    pub best: Option<Vec<Weight>>,
    /// The files that it holds for observers, by their names; versions that did not save them wrote none.
    pub texts: BTreeMap<String, String>,
}

/// A checkpoint as it is written.
pub struct Draft<'a> {
    pub state: &'a State,
    pub weights: Vec<u8>,
    pub optimizer: Vec<u8>,
    /// A file on disk with the best weights so far, and its checksum.
    pub best: Option<(PathBuf, &'a str)>,
    /// The files that it holds for observers, by their names.
    pub texts: &'a BTreeMap<String, String>,
}

/// The run that a checkpoint must be of, to be gone on with.
#[derive(Clone, Debug)]
pub struct Expected {
    pub run: RunMark,
    pub limits: Limits,
}

/// Makes the folder of a run's checkpoints, which says that there is none yet.
///
/// # Errors
/// If it cannot be made.
pub fn prepare(run: &Path) -> Result<(), TrainError> {
    let (folder, mark) = (run.join(FOLDER), run.join(FOLDER).join(NONE_YET));
    fs::create_dir(&folder).map_err(TrainError::file(&folder, "made"))?;
    File::create(&mark).map(drop).map_err(TrainError::file(&mark, "written"))
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
    let before = names(&folder)?.pop().map(|name| folder.join(name).join(BEST));
    fill(&partial, draft, before.as_deref()).inspect_err(|_| {
        // What failed is reported; that its remains cannot be removed either would add nothing.
        let _ = fs::remove_dir_all(&partial);
    })?;
    // One of the same place is there after a run went on and was stopped before its next step, or it is damaged.
    discard(&place)?;
    fs::rename(&partial, &place).map_err(TrainError::file(&place, "written"))?;
    // It is there once, and what cannot be removed does no harm beside a checkpoint.
    let _ = fs::remove_file(folder.join(NONE_YET));
    sync(&folder)?;
    let all = names(&folder)?;
    let (before, ahead) = all.split_at(all.partition_point(|other| folder.join(other) <= place));
    // Those ahead are damaged: the run went on from one before them.
    before.iter().rev().skip(KEPT).chain(ahead).try_for_each(|old| discard(&folder.join(old)))
}

/// The name of the checkpoint at a place in the run; names sort as the run goes.
fn name(epoch: usize, batches: usize) -> String {
    format!("epoch{epoch:07}-step{batches:09}")
}

/// Writes all files of a checkpoint into a folder. `before` is the file with the best weights of the checkpoint before it.
fn fill(partial: &Path, draft: &Draft<'_>, before: Option<&Path>) -> Result<(), TrainError> {
    let state = crate::train::runs::manifest::json(draft.state).into_bytes();
    let mut checksums = String::new();
    let files: [(&str, &[u8]); 3] = [(STATE, &state), (WEIGHTS, &draft.weights), (OPTIMIZER, &draft.optimizer)];
    let texts = draft.texts.iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
    for (name, bytes) in files.into_iter().chain(texts) {
        write(&partial.join(name), bytes)?;
        checksums += &line(&sha256([bytes]), name);
    }
    if let Some((best, checksum)) = &draft.best {
        let place = partial.join(BEST);
        // Never shared with the run's own file, in which others may write: checkpoints share it among themselves, and so it
        // is copied only when another epoch is the best one.
        let shared = before.is_some_and(|before| is(before, checksum) && fs::hard_link(before, &place).is_ok());
        if !shared {
            let copied = fs::copy(best, &place).and_then(|_| File::open(&place)?.sync_all());
            copied.map_err(TrainError::file(&place, "written"))?;
        }
        checksums += &line(checksum, BEST);
    }
    write(&partial.join(SUMS), checksums.as_bytes())?;
    sync(partial)
}

/// Whether a file has this checksum.
fn is(path: &Path, checksum: &str) -> bool {
    File::open(path).and_then(|mut file| sha256_of(&mut file)).is_ok_and(|found| found == checksum)
}

/// The checksum that a SHA256SUMS has for a file.
fn checksum_of<'a>(checksums: &'a str, name: &str) -> Option<&'a str> {
    checksums.lines().find_map(|line| line.strip_suffix(name)?.strip_suffix("  "))
}

/// The file that has the best weights of a run's checkpoint: the checkpoint's own, or the run's if only that one is
/// whole.
fn best_of(run: &Path, place: &Path, checksum: &str) -> Option<PathBuf> {
    [place.join(BEST), run.join(BEST)].into_iter().find(|path| is(path, checksum))
}

fn line(checksum: &str, name: &str) -> String {
    format!("{checksum}  {name}\n")
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
    let names = names(&folder)?;
    for (before, name) in names.iter().enumerate().rev() {
        let place = folder.join(name);
        match read((run, &place), expected.limits, inspection) {
            Ok(checkpoint) => {
                match &checkpoint.state.run {
                    None => inspection.say(&older(&place)),
                    Some(mark) if *mark != expected.run => {
                        inspection.found(another(&place, mark, &expected.run, before > 0))?;
                    }
                    Some(_) => {}
                }
                return Ok(Some(checkpoint));
            }
            Err(error) if before > 0 => {
                inspection.say(&format!("warning: {error}; the checkpoint before it is used"));
            }
            Err(error) => inspection.say(&format!("warning: {error}")),
        }
    }
    Ok(None)
}

fn older(place: &Path) -> String {
    let place = place.display();
    format!("note: {place}: an older version of lcnnc wrote it, so it cannot be told that it is of this run")
}

/// The problem that no checkpoint of a run can be gone on with, if there are any, each of which was said before, or if there
/// were any.
pub fn none_is_whole(run: &Path) -> Option<TrainError> {
    let (path, quoted) = (run.join(FOLDER), quoted(run));
    let what = match names(&path).ok()?.join(", ") {
        all if !all.is_empty() => format!("no checkpoint is whole, found {all}"),
        _ if path.join(NONE_YET).exists() => return None,
        _ => "the checkpoints of the run are missing".to_owned(),
    };
    let reason = format!("{what}; `lcnnc resume {quoted} --force` begins from the start");
    Some(TrainError::Refused { path, reason })
}

/// The problem that the last checkpoint of a run is of another one, if it is.
pub fn foreign(run: &Path, expected: &RunMark) -> Option<TrainError> {
    let names = names(&run.join(FOLDER)).ok()?;
    let place = run.join(FOLDER).join(names.last()?);
    let state: State = serde_json::from_str(&crate::train::files::read(&place.join(STATE)).ok()?).ok()?;
    let mark = state.run.filter(|mark| mark != expected)?;
    Some(another(&place, &mark, expected, names.len() > 1))
}

fn another(place: &Path, mark: &RunMark, run: &RunMark, has_before: bool) -> TrainError {
    let (what, expected, found) = if mark.recipe == run.recipe {
        ("a run with the manifest", &run.manifest, &mark.manifest)
    } else {
        ("a run with the fingerprint", &run.recipe, &mark.recipe)
    };
    TrainError::Altered {
        path: place.to_owned(),
        expected: format!("a checkpoint of {what} {}", short(expected)),
        found: format!("one of another run, with {}", short(found)),
        way: if has_before { "remove it, and the one before it is used" } else { "remove it" }.to_owned(),
    }
}

/// A file of the newest whole checkpoint of a run, if that file is the one with this checksum.
pub fn kept(run: &Path, name: &str, checksum: &str) -> Option<Vec<u8>> {
    let folder = run.join(FOLDER);
    // The last weights of a run that is over are those that it would go on with.
    let name = if name == crate::train::fit::LAST { WEIGHTS } else { name };
    let files = names(&folder).ok()?.into_iter().rev().map(|checkpoint| folder.join(checkpoint).join(name));
    files.filter_map(|path| fs::read(path).ok()).find(|bytes| sha256([bytes.as_slice()]) == checksum)
}

/// What is wrong with the files of the last checkpoint of a run, if there is one: a sentence.
pub fn damage(run: &Path) -> Option<String> {
    let folder = run.join(FOLDER);
    let place = folder.join(names(&folder).ok()?.pop()?);
    let checksums = crate::train::files::read(&place.join(SUMS)).unwrap_or_default();
    let same = |name: &str| checksum_of(&checksums, name).is_some_and(|checksum| is(&place.join(name), checksum));
    let texts = observe::kept().map(|kept| kept.file);
    let wrong = [STATE, WEIGHTS, OPTIMIZER, BEST].into_iter().chain(texts).find(|name| !same(name))?;
    Some(format!("{}: damaged: {wrong} is not what {SUMS} says", place.display()))
}

/// Puts the best weights of a run's last checkpoint back, if they are not what they were and the run's own file is; gives
/// the file that was written.
///
/// # Errors
/// If it cannot be written.
pub fn mend_best(run: &Path) -> Result<Option<PathBuf>, TrainError> {
    let folder = run.join(FOLDER);
    let Some(place) = names(&folder)?.pop().map(|name| folder.join(name)) else { return Ok(None) };
    let checksums = crate::train::files::read(&place.join(SUMS)).unwrap_or_default();
    let own = place.join(BEST);
    let from =
        checksum_of(&checksums, BEST).and_then(|checksum| best_of(run, &place, checksum)).filter(|from| *from != own);
    let Some(from) = from else { return Ok(None) };
    let bytes = fs::read(&from).map_err(TrainError::file(&from, "read"))?;
    crate::train::files::replace(&own, &bytes)?;
    Ok(Some(own))
}

/// Whether a run has saved anything.
pub fn any(run: &Path) -> bool {
    names(&run.join(FOLDER)).is_ok_and(|names| !names.is_empty())
}

fn read((run, folder): (&Path, &Path), limits: Limits, inspection: &Inspection) -> Result<Checkpoint, TrainError> {
    let damaged = |reason: String| TrainError::Damaged { path: folder.to_owned(), reason };
    let checksums = crate::train::files::read(&folder.join(SUMS))?;
    let file = |name: &str| {
        let own = folder.join(name);
        let path =
            checksum_of(&checksums, name).filter(|_| name == BEST).and_then(|checksum| best_of(run, folder, checksum));
        let path = path.unwrap_or_else(|| own.clone());
        if path != own {
            let (own, path) = (own.display(), path.display());
            inspection.say(&format!("warning: {own}: missing or damaged; {path} is used, which is what it was"));
        }
        let bytes = fs::read(&path).map_err(TrainError::file(&path, "read"))?;
        let same = checksum_of(&checksums, name).is_some_and(|checksum| checksum == sha256([bytes.as_slice()]));
        if same { Ok(bytes) } else { Err(damaged(format!("{name} is not what {SUMS} says"))) }
    };
    let state: State = serde_json::from_slice(&file(STATE)?).map_err(|error| damaged(format!("{STATE}: {error}")))?;
    let state = state.settled();
    if let Some(reason) = state.absurd(limits) {
        return Err(damaged(format!("{STATE}: {reason}")));
    }
    let tensors = |name: &str| -> Result<Vec<Weight>, TrainError> {
        Ok(weights::parse(&folder.join(name), &file(name)?)?.weights)
    };
    let best = state.best.map(|_| tensors(BEST)).transpose()?;
    let mut texts = BTreeMap::new();
    // An older version saved none, and no mark of its run.
    for kept in observe::kept().filter(|_| state.run.is_some()) {
        let text = String::from_utf8_lossy(&file(kept.file)?).into_owned();
        (kept.check)(&text, state.epoch - 1).map_err(|reason| damaged(format!("{}: {reason}", kept.file)))?;
        texts.insert(kept.file.to_owned(), text);
    }
    Ok(Checkpoint { weights: tensors(WEIGHTS)?, optimizer: file(OPTIMIZER)?, best, texts, state })
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
    let checksums = crate::train::files::read(&folder.join(SUMS))?;
    let best = state.best.and_then(|_| checksum_of(&checksums, BEST));
    let best = best.map(|checksum| (best_of(from, &folder, checksum).unwrap_or_else(|| folder.join(BEST)), checksum));
    let text =
        |kept: observe::KeptFile| Ok((kept.file.to_owned(), crate::train::files::read(&folder.join(kept.file))?));
    let texts = observe::kept().map(text).collect::<Result<BTreeMap<_, _>, TrainError>>()?;
    let draft = Draft { state, weights: file(WEIGHTS)?, optimizer: file(OPTIMIZER)?, best, texts: &texts };
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
