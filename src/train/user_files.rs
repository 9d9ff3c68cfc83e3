//! Files that someone names to be written: unlike those of a run, they may be anything, and of anyone.

use super::TrainError;
use super::files::{replace, replace_by};
use super::runs::run_dir;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes a result: a file is made or replaced as a whole; a device or a pipe is written into.
///
/// # Errors
/// If it cannot be written, or is one of the files that a run left.
pub fn write(path: &Path, contents: &[u8]) -> Result<(), TrainError> {
    write_with(path, &mut |file| file.write_all(contents))
}

/// [`write`] with what `contents` writes, which may be more than memory holds.
///
/// # Errors
/// As [`write`].
pub fn write_with(path: &Path, contents: &mut dyn FnMut(&mut File) -> io::Result<()>) -> Result<(), TrainError> {
    spare_a_run(path)?;
    // Nobody keeps two commands from writing one file; the last one is heard.
    replace_by(path, &format!(".{}.partial", std::process::id()), contents)
}

/// Replaces a file that someone wrote by hand: one that is read-only stays as it is, though a new one could take its
/// place.
///
/// # Errors
/// If the file is none, may not be written or is one of those that a run left, or as [`replace`].
pub fn rewrite(path: &Path, contents: &[u8]) -> Result<(), TrainError> {
    spare_a_run(path)?;
    let refused = |kind, why: &str| Err(io::Error::new(kind, why));
    let may_be_written = fs::metadata(path).and_then(|file| match file {
        file if !file.is_file() => {
            refused(ErrorKind::InvalidInput, "it is no file, and what was read from it cannot be put back")
        }
        file if file.permissions().readonly() => {
            refused(ErrorKind::PermissionDenied, "it is read-only, and stays as it is")
        }
        _ => OpenOptions::new().write(true).open(path).map(drop),
    });
    may_be_written.map_err(TrainError::file(path, "written"))?;
    replace(path, contents)
}

/// Refuses to write over a file that is there, unless it is an earlier result of its kind, as `is_own` says of its bytes.
///
/// # Errors
/// If it is another file, or as [`spare`].
pub fn spare_others(path: &Path, is_own: impl FnOnce(&[u8]) -> bool) -> Result<(), TrainError> {
    spare(path)?;
    if !path.is_file() {
        return Ok(());
    }
    let there = fs::read(path).map_err(TrainError::file(path, "read"))?;
    if there.is_empty() || is_own(&there) {
        return Ok(());
    }
    Err(TrainError::Refused { path: path.to_owned(), reason: THERE.to_owned() })
}

/// Why a file that is there already is not written over.
pub const THERE: &str =
    "there is such a file already, and it says something else: remove it, or name another one by `--out`";

/// Refuses a path that could not be written later: one of a run's own files, or a folder.
///
/// # Errors
/// Which of them it is.
pub fn spare(path: &Path) -> Result<(), TrainError> {
    spare_a_run(path)?;
    match path.is_dir() {
        true => Err(TrainError::file(path, "written")(ErrorKind::IsADirectory.into())),
        false => Ok(()),
    }
}

/// Refuses a path that is one of a run's own files: with another content, the run could no longer be trusted.
fn spare_a_run(path: &Path) -> Result<(), TrainError> {
    let Some(run) = run_that_left(path) else { return Ok(()) };
    let reason = format!("it belongs to the run `{}`, and stays as the run left it: name another file", run.display());
    Err(TrainError::Refused { path: path.to_owned(), reason })
}

/// The run whose own file a path is, if it is one's. Links are followed.
pub(in crate::train) fn run_that_left(path: &Path) -> Option<PathBuf> {
    let place = path.canonicalize().or_else(|_| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        folder.canonicalize().map(|folder| folder.join(path.file_name().unwrap_or_default()))
    });
    let place = place.ok()?;
    let mut folders = place.ancestors().skip(1);
    folders.find(|folder| run_dir::is_own(folder, &place)).map(Path::to_owned)
}
