//! Runs, and checkpoints of finished runs, that nobody needs any more.

use super::find;
use crate::sweeps::lease;
use crate::train::{Glance, Inspection, RunFolder, Study, TrainError, is_run, lock_run, written_by_run};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The folder of checkpoints in a run's.
const CHECKPOINTS: &str = "checkpoints";

/// A folder that may be removed.
#[derive(Clone, Debug)]
pub struct Removal {
    /// The folder, as it was named.
    pub path: PathBuf,
    /// Where it lies.
    pub place: PathBuf,
    /// How far the run is, in a word.
    pub state: &'static str,
    /// Files in it, at any depth.
    pub files: usize,
    /// Their bytes.
    pub bytes: u128,
    /// Files in the folder of the run that the run did not write itself.
    pub others: Vec<String>,
    /// Files of studies that name the run, which `lcnnc report` cannot take without it.
    pub studies: Vec<PathBuf>,
}

impl Removal {
    /// The folder of a run as a whole.
    ///
    /// # Errors
    /// If it is no run's folder, or someone trains in it.
    pub fn of_run(path: &Path) -> Result<Self, TrainError> {
        let refused = |reason: &str| TrainError::Refused { path: path.to_owned(), reason: reason.to_owned() };
        if fs::symlink_metadata(path).is_ok_and(|it| it.is_symlink()) {
            return Err(refused(
                "it is a link, and only folders of runs are removed: name the folder that it leads to",
            ));
        }
        let place = path.canonicalize().map_err(TrainError::file(path, "read"))?;
        if !is_run(&place) {
            return Err(refused("it is no run's folder, and only those are removed; `lcnnc runs list` names them"));
        }
        held(path)?;
        let (files, bytes) = size(&place);
        let state = super::Row::read(&place).state.word();
        let (others, studies) = (others(&place)?, studies(&place));
        Ok(Self { path: path.to_owned(), place, state, files, bytes, others, studies })
    }

    /// The checkpoints of a finished run; nothing where it has none.
    ///
    /// # Errors
    /// If the run is damaged: a checkpoint may hold what it has lost.
    fn of_checkpoints(run: &Path) -> Result<Option<Self>, TrainError> {
        let path = run.join(CHECKPOINTS);
        if Glance::at(run)?.summary.is_none() || !path.is_dir() {
            return Ok(None);
        }
        RunFolder::open(run, &mut Inspection::quiet())?.whole()?;
        held(run)?;
        let (files, bytes) = size(&path);
        let (state, place) = ("finished", path.clone());
        let (others, studies) = (Vec::new(), Vec::new());
        Ok((files > 0).then_some(Self { path, place, state, files, bytes, others, studies }))
    }

    /// Removes the folder. It is renamed first, so that nobody takes what is left for a run if this is cut short.
    ///
    /// # Errors
    /// If someone trains in it by now, or it cannot be removed.
    pub fn remove(&self) -> Result<(), TrainError> {
        let is_part = self.place.ends_with(CHECKPOINTS);
        let run = if is_part { self.place.parent().unwrap_or(&self.place) } else { &self.place };
        let lock = held(run)?;
        let name = self.place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let aside = self.place.with_file_name(format!(".removed-{name}"));
        fs::rename(&self.place, &aside).map_err(TrainError::file(&self.path, "removed"))?;
        drop(lock);
        fs::remove_dir_all(&aside).map_err(TrainError::file(&aside, "removed"))
    }
}

/// The checkpoints of finished runs below a folder, and the runs whose checkpoints stay because they are damaged, with the reasons.
///
/// # Errors
/// If the folder cannot be read.
pub fn spare(folder: &Path) -> Result<(Vec<Removal>, Vec<TrainError>), TrainError> {
    let (mut spare, mut passed_over) = (Vec::new(), Vec::new());
    for run in find::runs(folder)? {
        match Removal::of_checkpoints(&run) {
            Ok(found) => spare.extend(found),
            Err(error) => passed_over.push(error),
        }
    }
    Ok((spare, passed_over))
}

/// Keeps others from training in a folder for as long as the file is open; none where it has lost what is locked.
fn held(run: &Path) -> Result<Option<File>, TrainError> {
    // Another machine may work on the job of a sweep.
    if run.parent().is_some_and(lease::is_held) {
        return Err(TrainError::Busy { path: run.to_owned() });
    }
    match lock_run(run) {
        Err(TrainError::File { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        lock => lock.map(Some),
    }
}

/// How many files lie below a folder, and their bytes. Links are not followed.
fn size(folder: &Path) -> (usize, u128) {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(it) if it.is_dir() => {
                let (more, size) = size(&entry.path());
                files += more;
                bytes += size;
            }
            Ok(it) => {
                files += 1;
                bytes += u128::from(it.len());
            }
            Err(_) => {}
        }
    }
    (files, bytes)
}

/// The names of what others put into a run's folder, by name.
fn others(folder: &Path) -> Result<Vec<String>, TrainError> {
    let entries = fs::read_dir(folder).map_err(TrainError::file(folder, "read"))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !written_by_run(name)).collect();
    names.sort();
    Ok(names)
}

/// The files of studies beside a run that name it.
fn studies(run: &Path) -> Vec<PathBuf> {
    let beside = run.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let files = beside.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "json"));
    let names = |file: &PathBuf| {
        let folders = Study::folders(file).unwrap_or_default();
        folders.iter().any(|folder| folder.file_name() == run.file_name())
    };
    let mut found: Vec<PathBuf> = files.filter(names).collect();
    found.sort();
    found
}
