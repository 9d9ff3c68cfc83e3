//! Picture files with labels, decoded when they are asked for.

use std::path::PathBuf;

use super::checksum_cache::Stamp;
use super::survey::ReadRecords;
use crate::data::file_names::shown;
use crate::data::formats::picture;
use crate::data::transform::{Colour, Transform};
use crate::data::{DataError, Image, ImageSource, sha256};

/// Picture files with labels: the images of one half of a set.
pub struct PictureFiles {
    /// Each file with its label.
    pub files: Vec<(PathBuf, usize)>,
    /// Channels, height, width, where all have one; grey images of a set in colour become colour.
    pub shape: Option<[usize; 3]>,
    /// What was found in the files of the whole set when they were read.
    pub found: ReadRecords,
    /// The index of the first of these files among those of the whole set.
    pub first: usize,
}

impl PictureFiles {
    /// Checks that a file's bytes are those that were found when the set was read. A file whose times have not changed
    /// since has not changed.
    fn check(&self, i: usize, bytes: &[u8]) -> Result<(), DataError> {
        let path = &self.files[i].0;
        let Some(record) = self.found.get().and_then(|found| found.get(self.first + i)) else { return Ok(()) };
        if record.digest.is_empty() || Stamp::of(path).is_ok_and(|stamp| stamp == record.stamp) {
            return Ok(());
        }
        let (found, expected) = (sha256([bytes]), record.digest.clone());
        if found == expected { Ok(()) } else { Err(DataError::Exchanged { path: path.clone(), expected, found }) }
    }
}

impl ImageSource for PictureFiles {
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
        let bytes = picture::read(path)?;
        let mut image = picture::image(path, &bytes)?;
        self.check(i, &bytes)?;
        if let Some(expected) = self.shape {
            if expected[0] == 3 {
                image = Colour.apply(image);
            }
            if image.shape() != expected {
                return Err(DataError::Decode { path: path.clone(), reason: other_size(expected, image.shape()) });
            }
        }
        Ok(image)
    }

    fn name(&self, i: usize) -> String {
        self.files.get(i).map_or_else(|| format!("image {i}"), |(path, _)| shown(path))
    }
}

/// What is wrong with an image of a set whose images all have one size.
pub fn other_size(expected: [usize; 3], found: [usize; 3]) -> String {
    let [expected, found] = [expected, found].map(|[_, height, width]| format!("{height} x {width}"));
    format!("expected an image of {expected} pixels, found one of {found}")
}
