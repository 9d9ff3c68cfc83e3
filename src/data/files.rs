//! Image files with labels, decoded when they are asked for.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::decode::decode;
use super::transform::{Colour, Transform};
use super::{DataError, Image, Source, digest};

pub struct Files {
    /// Each with its label.
    pub files: Vec<(PathBuf, usize)>,
    /// Channels, height, width, where all have one; grey images of a set in colour become colour.
    pub shape: Option<[usize; 3]>,
}

impl Source for Files {
    fn len(&self) -> usize {
        self.files.len()
    }

    fn label(&self, i: usize) -> usize {
        self.files[i].1
    }

    fn image(&self, i: usize) -> Result<Image, DataError> {
        let Some((path, _)) = self.files.get(i) else {
            return Err(DataError::NoSuchImage { name: self.name(i), len: self.files.len() });
        };
        let mut image = decode(path)?;
        if let Some(expected) = self.shape {
            if expected[0] == 3 {
                image = Colour.apply(image);
            }
            if image.shape() != expected {
                let [expected, found] =
                    [expected, image.shape()].map(|[_, height, width]| format!("{height} x {width}"));
                let expected = format!("an image of {expected} pixels");
                return Err(DataError::Content { path: path.clone(), expected, found });
            }
        }
        Ok(image)
    }

    fn name(&self, i: usize) -> String {
        self.files.get(i).map_or_else(|| format!("image {i}"), |(path, _)| path.display().to_string())
    }
}

/// What a folder holds, hidden things left out, sorted.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let failed = |source| DataError::Read { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// The images of a class, sorted; `layout` is what an error says was expected.
pub fn images(class: &Path, layout: &'static str) -> Result<Vec<PathBuf>, DataError> {
    let entries = entries(class)?;
    let others = entries.len();
    let images: Vec<PathBuf> = entries.into_iter().filter(|path| is_image(path)).collect();
    if images.is_empty() {
        let problem = format!("this class has no image (files of other kinds: {others})");
        return Err(DataError::Layout { path: class.to_owned(), problem, expected: layout });
    }
    Ok(images)
}

fn is_image(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    ["png", "jpg", "jpeg"].contains(&ending.as_str()) && path.is_file()
}

/// Over each file's path below `root` and its contents.
pub fn checksum<'a>(root: &Path, files: impl Iterator<Item = &'a PathBuf>) -> Result<String, DataError> {
    let mut files: Vec<&PathBuf> = files.collect();
    files.sort();
    let line = |path: &&PathBuf| {
        let contents = fs::read(path).map_err(|source| DataError::Read { path: PathBuf::clone(path), source })?;
        let below = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        Ok(format!("{}  {below}\n", digest::sha256([contents.as_slice()])))
    };
    let lines = files.par_iter().map(line).collect::<Result<Vec<String>, DataError>>()?;
    Ok(digest::sha256(lines.iter().map(String::as_bytes)))
}
