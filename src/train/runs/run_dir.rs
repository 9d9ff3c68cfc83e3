//! A run's folder: `RUNS/NAME/TIME-HASH`.

use crate::data::sha256;
use crate::train::fit::{self, checkpoint};
use crate::train::{TrainError, is_run, quoted};
use lcnnc_lang::diag::counted;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Names tried before giving up; only runs of the same settings started in the same second share one.
const ATTEMPTS: usize = 1000;

pub const SPEC: &str = "spec.lcnn";
pub const SETTINGS: &str = "run.yaml";
pub const MANIFEST: &str = "manifest.json";
pub const SUMMARY: &str = "summary.json";
pub const DIVERGED: &str = "diverged.json";

/// Makes the folder of a run under `parent` with its first files in it, all at once: no other run, however quick, gets
/// the same one, and no one sees it half-filled.
///
/// `started` is as in `20261124T093000Z`. The hash is that of the files.
///
/// # Errors
/// If the folder cannot be made or a file cannot be written.
pub fn create(parent: &Path, started: &str, files: &[(&str, &[u8])]) -> Result<PathBuf, TrainError> {
    fs::create_dir_all(parent).map_err(TrainError::file(parent, "made"))?;
    let draft = tempfile::Builder::new().prefix(".starting-").tempdir_in(parent);
    let draft = draft.map_err(TrainError::file(parent, "written to"))?;
    // One deeper: the temporary folder itself is closed to everyone else.
    let filled = draft.path().join("run");
    fs::create_dir(&filled).map_err(TrainError::file(&filled, "made"))?;
    for (name, bytes) in files {
        let path = filled.join(name);
        fs::write(&path, bytes).map_err(TrainError::file(&path, "written"))?;
    }
    checkpoint::prepare(&filled)?;
    let hash = &sha256(files.iter().map(|(_, bytes)| *bytes))[..8];
    for attempt in 1..=ATTEMPTS {
        let again = if attempt == 1 { String::new() } else { format!("-{attempt}") };
        let place = parent.join(format!("{started}-{hash}{again}"));
        match fs::rename(&filled, &place) {
            Ok(()) => return Ok(place),
            // A folder with anything in it is never replaced.
            Err(error) if [ErrorKind::AlreadyExists, ErrorKind::DirectoryNotEmpty].contains(&error.kind()) => {}
            Err(error) => return Err(TrainError::file(&place, "made")(error)),
        }
    }
    Err(TrainError::file(parent, "given a new run's folder")(ErrorKind::AlreadyExists.into()))
}

/// The files that a run leaves beside its settings; a mere copy of the settings has none of them.
const TRACES: [&str; 9] = [
    MANIFEST,
    SUMMARY,
    "checkpoints",
    "metrics.jsonl",
    "metrics.csv",
    fit::INITIAL,
    fit::BEST,
    fit::LAST,
    fit::kept::FOLDER,
];

/// The names of all that lies in a run's folder, and whether each is a folder.
const KINDS: [(&str, bool); 14] = [
    (SPEC, false),
    (SETTINGS, false),
    (MANIFEST, false),
    (SUMMARY, false),
    (DIVERGED, false),
    ("metrics.jsonl", false),
    ("metrics.csv", false),
    ("sleep.jsonl", false),
    (fit::INITIAL, false),
    (fit::BEST, false),
    (fit::LAST, false),
    (fit::kept::FOLDER, true),
    ("checkpoints", true),
    ("tensorboard", true),
];

/// Whether a folder holds what only a run leaves, whatever may be missing.
pub fn is_a_runs(folder: &Path) -> bool {
    TRACES.iter().any(|name| folder.join(name).exists())
}

/// Whether a path is one of those that a run writes, and `folder` above it is a run's, even one that lacks some of its files.
pub fn is_own(folder: &Path, path: &Path) -> bool {
    let has_settings = [SPEC, SETTINGS].iter().any(|name| folder.join(name).exists());
    if !(has_settings && is_a_runs(folder)) {
        return false;
    }
    let below = path.strip_prefix(folder).ok().and_then(|below| below.components().next());
    below.is_some_and(|first| first.as_os_str().to_str().is_some_and(is_written))
}

/// Whether a run writes a file or a folder of that name into its own.
pub fn is_written(name: &str) -> bool {
    KINDS.iter().any(|(known, _)| name == *known)
}

/// Checks that a folder is a run's.
///
/// # Errors
/// Which of its files is missing, or that the folder may not be looked into.
pub fn check(folder: &Path) -> Result<(), TrainError> {
    if !folder.is_dir() {
        let above = folder.parent().filter(|above| is_own(above, folder));
        let reason = match above {
            _ if !folder.exists() => "there is no such folder".to_owned(),
            _ if is_study(folder) => STUDY.to_owned(),
            Some(run) => {
                format!("expected a run's folder, and this is a file of the run `{}`: name that folder", run.display())
            }
            None => "expected a run's folder, and this is a file".to_owned(),
        };
        return Err(TrainError::Refused { path: folder.to_owned(), reason });
    }
    for (name, is_folder) in KINDS {
        let path = folder.join(name);
        if path.exists() && path.is_dir() != is_folder {
            let [expected, found] = if is_folder { ["folder", "file"] } else { ["file", "folder"] };
            let reason = format!("expected a {expected}, and this is a {found}: move it to another place");
            return Err(TrainError::Refused { path, reason });
        }
    }
    match [SETTINGS, SPEC, MANIFEST].into_iter().find(|file| !folder.join(file).is_file()) {
        Some(missing) if is_closed(&folder.join(missing)) => {
            Err(TrainError::file(folder, "looked into")(ErrorKind::PermissionDenied.into()))
        }
        Some(missing) => Err(match runs_within(folder) {
            Some(reason) => TrainError::Refused { path: folder.to_owned(), reason },
            None => TrainError::NoRun { path: folder.to_owned(), missing },
        }),
        None => Ok(()),
    }
}

/// What is said of the file that several seeds leave, where a run is expected.
const STUDY: &str = "expected one run's folder, and this file stands for the runs of several seeds: name one of them, as the file does, or give \
                     it to `lcnnc report`";

/// Whether a file is one that `lcnnc run --seeds` leaves beside its runs.
fn is_study(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("seeds-") && name.ends_with(".json")
}

/// Says of a folder that is none of a run that runs lie in it; nothing where none do.
fn runs_within(folder: &Path) -> Option<String> {
    let within = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    };
    // Those of a spec, of all specs, or of a sweep, whose jobs have folders of their own.
    let mut here = vec![folder.to_owned()];
    for _ in 0..3 {
        here = here.iter().flat_map(|folder| within(folder)).collect();
        let runs: Vec<&PathBuf> = here.iter().filter(|path| is_run(path)).collect();
        // The latest that is whole is the likeliest one.
        let last = runs.iter().filter(|path| check(path).is_ok()).max().or(runs.last());
        if let Some(last) = last {
            let lie = if runs.len() == 1 { "lies" } else { "lie" };
            let (runs, last) = (counted(runs.len(), "run"), quoted(last));
            return Some(format!("not a run folder: {runs} {lie} below it: name one of them, as in {last}"));
        }
    }
    None
}

/// Whether nobody may say if there is something under a path.
fn is_closed(path: &Path) -> bool {
    path.try_exists().is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

/// Every run's folder in a folder, by name and so by time; none where there is no such folder.
///
/// # Errors
/// If the folder cannot be read.
pub fn all(parent: &Path) -> Result<Vec<PathBuf>, TrainError> {
    let entries = match fs::read_dir(parent) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(TrainError::file(parent, "read"))?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut folders = paths.collect::<Result<Vec<_>, _>>().map_err(TrainError::file(parent, "read"))?;
    folders.retain(|folder| check(folder).is_ok());
    folders.sort();
    Ok(folders)
}

/// Keeps other processes from training in the same folder, for as long as the file is open.
///
/// # Errors
/// If another one does, or the folder cannot be written to.
pub fn lock(folder: &Path) -> Result<File, TrainError> {
    let path = folder.join(MANIFEST);
    // The manifest never changes, so any run has it; network drives lock only what may be written.
    let file = OpenOptions::new().read(true).write(true).open(&path).map_err(TrainError::file(&path, "written"))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(TrainError::Busy { path: folder.to_owned() }),
        // A file system without locks: nothing is lost but the check.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}
