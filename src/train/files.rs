//! Files that are there whole or not at all.

use super::{TrainError, text};
use lcnnc_lang::Source;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

/// Writes a file under a name of its own and moves it to its place, so that a reader never finds half of it, and a crash
/// leaves the one that was there before. The new one may be read and written by whom the old one could.
///
/// # Errors
/// If the file cannot be written; then nothing is left behind.
pub fn replace(path: &Path, contents: &[u8]) -> Result<(), TrainError> {
    // Where the path is a link, the file behind it is the one that is written anew.
    let file = path.canonicalize();
    let path = file.as_deref().unwrap_or(path);
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    let written = File::create(partial).and_then(|mut file| {
        if let Ok(before) = fs::metadata(path) {
            file.set_permissions(before.permissions())?;
        }
        file.write_all(contents)?;
        // A rename may reach the disk before the contents do.
        file.sync_all()
    });
    written.and_then(|()| fs::rename(partial, path)).map_err(|source| {
        // What failed is reported; that its remains cannot be removed either would add nothing.
        let _ = fs::remove_file(partial);
        TrainError::file(path, "written")(source)
    })
}

/// Replaces a file that someone wrote by hand: one that is read-only stays as it is, though a new one could take its
/// place.
///
/// # Errors
/// If the file may not be written, or as [`replace`].
pub fn rewrite(path: &Path, contents: &[u8]) -> Result<(), TrainError> {
    let may_be_written = fs::metadata(path).and_then(|file| {
        if file.permissions().readonly() {
            return Err(io::Error::new(ErrorKind::PermissionDenied, "it is read-only, and stays as it is"));
        }
        OpenOptions::new().write(true).open(path).map(drop)
    });
    may_be_written.map_err(TrainError::file(path, "written"))?;
    replace(path, contents)
}

/// A spec's text, under the path it was asked for by.
///
/// # Errors
/// If it cannot be read or is not UTF-8.
pub fn source(path: &Path) -> Result<Source, TrainError> {
    Ok(Source { name: path.display().to_string(), text: read(path)? })
}

/// A spec's text from standard input, under a name for it.
///
/// # Errors
/// If it cannot be read or is not UTF-8.
pub fn stdin(name: &Path) -> Result<Source, TrainError> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).map_err(TrainError::file(name, "read"))?;
    Ok(Source { name: name.display().to_string(), text: text::utf8(name, bytes)? })
}

/// The text of a file.
///
/// # Errors
/// If it cannot be read or is not UTF-8.
pub fn read(path: &Path) -> Result<String, TrainError> {
    text::utf8(path, fs::read(path).map_err(TrainError::file(path, "read"))?)
}
