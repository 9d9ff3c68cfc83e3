//! Files that are there whole or not at all.

use super::{TrainError, text, user_files};
use lcnnc_lang::Source;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Writes a file under a name of its own and moves it to its place, so that a reader never finds half of it, and a crash
/// leaves the one that was there before. The new one may be read and written by whom the old one could. What is no file but
/// a device or a pipe keeps its place and is written into.
///
/// # Errors
/// If the file cannot be written; then nothing is left behind.
pub fn replace(path: &Path, contents: &[u8]) -> Result<(), TrainError> {
    replace_with(path, &mut |file| file.write_all(contents))
}

/// [`replace`] with what `write` writes, which may be more than memory holds.
///
/// # Errors
/// As [`replace`].
pub fn replace_with(path: &Path, write: &mut dyn FnMut(&mut File) -> io::Result<()>) -> Result<(), TrainError> {
    replace_by(path, ".partial", write)
}

/// [`replace_with`] by way of a file with that ending. Files that several processes may write at once have an ending for each.
///
/// # Errors
/// As [`replace`].
pub fn replace_by(
    path: &Path,
    ending: &str,
    write: &mut dyn FnMut(&mut File) -> io::Result<()>,
) -> Result<(), TrainError> {
    // Where the path is a link, the file behind it is the one that is written anew.
    let file = path.canonicalize();
    let place = file.as_deref().unwrap_or(path);
    let before = fs::metadata(place).ok();
    if before.as_ref().is_some_and(|before| !before.is_file() && !before.is_dir()) {
        // A device takes its bytes in one order, and has no disk to be synced with.
        let written = OpenOptions::new().write(true).open(place).and_then(|mut device| write(&mut device));
        return written.map_err(TrainError::file(path, "written"));
    }
    let mut partial = place.as_os_str().to_owned();
    partial.push(ending);
    let partial = Path::new(&partial);
    let mut file = File::create(partial).map_err(|source| not_made(place, source))?;
    let written = before.map_or(Ok(()), |before| file.set_permissions(before.permissions())).and_then(|()| {
        write(&mut file)?;
        // A rename may reach the disk before the contents do.
        file.sync_all()
    });
    written.and_then(|()| fs::rename(partial, place)).map_err(|source| {
        // What failed is reported; that its remains cannot be removed either would add nothing.
        let _ = fs::remove_file(partial);
        TrainError::file(place, "written")(source)
    })
}

/// What to say if the new file of a path cannot be begun: whether a folder takes new files has nothing to do with the file
/// that may be there already.
fn not_made(path: &Path, source: io::Error) -> TrainError {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match source.kind() {
        ErrorKind::PermissionDenied | ErrorKind::NotFound | ErrorKind::ReadOnlyFilesystem if folder.is_dir() => {
            TrainError::file(folder, "given a new file")(source)
        }
        _ => TrainError::file(path, "written")(source),
    }
}

/// The spec that a path means: `lc_cnn` finds `lc_cnn.lcnn`.
pub fn spec_path(path: &Path) -> PathBuf {
    let longer = path.with_added_extension("lcnn");
    if !path.is_file() && longer.is_file() { longer } else { path.to_owned() }
}

/// A spec's text, under the path it was asked for by.
///
/// # Errors
/// If it holds weights, cannot be read or is not UTF-8.
pub fn source(path: &Path) -> Result<Source, TrainError> {
    if path.is_file() && path.extension().is_some_and(|ending| ending == "safetensors") {
        let reason = match user_files::run_that_left(path) {
            Some(run) => {
                let run = path.parent().filter(|near| run.ends_with(near)).unwrap_or(&run).to_owned();
                format!("it holds weights of the run `{}`, and no spec: name the run's folder", run.display())
            }
            None => "it holds weights and no spec: `lcnnc run SPEC --weights-from` begins with them".to_owned(),
        };
        return Err(TrainError::Refused { path: path.to_owned(), reason });
    }
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
