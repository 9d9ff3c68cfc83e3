//! Picture files that somebody names, outside of every data set.

use super::picture_files::PictureFiles;
use super::survey::ReadRecords;
use crate::data::formats::folder_walk::{self, LeftOut};
use crate::data::{DataError, ImageSource};
use std::path::{Path, PathBuf};

/// The files that a path stands for: a file for itself, and a folder for all pictures in it and below it, sorted by name.
///
/// # Errors
/// As [`pictures`].
pub fn picture_files(path: &Path) -> Result<Vec<PathBuf>, DataError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let found = folder_walk::pictures(path, &mut LeftOut::default())?;
    if found.is_empty() { Err(DataError::NoPicture { path: path.to_owned() }) } else { Ok(found) }
}

/// The pictures that paths name, in their order: a file is one, and a folder stands for all in it and below it, sorted by name.
/// They have no labels, and each of them may have a size of its own.
///
/// # Errors
/// If a folder cannot be read, or holds no picture.
pub fn pictures(paths: &[PathBuf]) -> Result<impl ImageSource + use<>, DataError> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(picture_files(path)?.into_iter().map(|file| (file, 0)));
    }
    Ok(PictureFiles { files, shape: None, found: ReadRecords::default(), first: 0 })
}
