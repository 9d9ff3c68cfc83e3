//! A run's folder: `RUNS/NAME/TIME-HASH`.

use super::TrainError;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Names tried before giving up; only runs of the same settings started in the same second share one.
const ATTEMPTS: usize = 1000;

pub const SPEC: &str = "spec.lcnn";
pub const SETTINGS: &str = "run.yaml";
pub const MANIFEST: &str = "manifest.json";
pub const SUMMARY: &str = "summary.json";

/// Makes the folder of a run under `parent` with its first files in it, all at once: no other run, however quick, gets
/// the same one, and no one sees it half-filled.
///
/// `started` is as in `20261124T093000Z`. The hash is that of the files.
///
/// # Errors
/// If the folder cannot be made or a file cannot be written.
pub fn create(parent: &Path, started: &str, files: &[(&str, &str)]) -> Result<PathBuf, TrainError> {
    fs::create_dir_all(parent).map_err(TrainError::file(parent, "made"))?;
    let draft = tempfile::Builder::new().prefix(".starting-").tempdir_in(parent);
    let draft = draft.map_err(TrainError::file(parent, "written to"))?;
    // One deeper: the temporary folder itself is closed to everyone else.
    let filled = draft.path().join("run");
    fs::create_dir(&filled).map_err(TrainError::file(&filled, "made"))?;
    for (name, text) in files {
        let path = filled.join(name);
        fs::write(&path, text).map_err(TrainError::file(&path, "written"))?;
    }
    let pieces: Vec<&[u8]> = files.iter().map(|(_, text)| text.as_bytes()).collect();
    let hash = &sha256(&pieces)[..8];
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

/// The hexadecimal SHA-256 of some pieces, one after the other.
pub fn sha256(pieces: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
