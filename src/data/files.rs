//! Image files with labels, decoded when they are asked for.

use std::path::PathBuf;

use super::picture::decode;
use super::transform::{Colour, Transform};
use super::{DataError, Image, Source};

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
                return Err(DataError::Decode { path: path.clone(), reason: other_size(expected, image.shape()) });
            }
        }
        Ok(image)
    }

    fn name(&self, i: usize) -> String {
        self.files.get(i).map_or_else(|| format!("image {i}"), |(path, _)| path.display().to_string())
    }
}

/// What is wrong with an image of a set whose images all have one size.
pub fn other_size(expected: [usize; 3], found: [usize; 3]) -> String {
    let [expected, found] = [expected, found].map(|[_, height, width]| format!("{height} x {width}"));
    format!("expected an image of {expected} pixels, found one of {found}")
}
