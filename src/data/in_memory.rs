//! Images of one size, kept in memory as bytes.

use std::path::Path;

use super::{DataError, Image, ImageSource};

/// Images of one shape in contiguous memory, a byte a value.
#[derive(Clone, Debug, PartialEq)]
pub struct InMemory {
    /// The set and its half, as in `mnist, test`.
    pub name: String,
    /// Channels, height, width of every image.
    pub shape: [usize; 3],
    /// Planar images one after the other, 0 to 255.
    pub pixels: Vec<u8>,
    /// The label of each image.
    pub labels: Vec<u8>,
}

impl InMemory {
    fn bytes(&self, i: usize) -> Option<&[u8]> {
        let size = self.shape.iter().product::<usize>();
        let start = i.checked_mul(size)?;
        self.pixels.get(start..start.checked_add(size)?)
    }
}

impl ImageSource for InMemory {
    fn len(&self) -> usize {
        self.labels.len()
    }

    fn label(&self, i: usize) -> usize {
        usize::from(self.labels[i])
    }

    fn image(&self, i: usize) -> Result<Image, DataError> {
        let bytes =
            self.bytes(i).ok_or_else(|| DataError::NoSuchImage { name: self.name(i), len: self.labels.len() })?;
        let [channels, height, width] = self.shape;
        let pixels = bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect();
        Ok(Image { channels, height, width, pixels })
    }

    fn size_in_memory(&self) -> usize {
        self.pixels.len() + self.labels.len()
    }

    fn name(&self, i: usize) -> String {
        format!("image {i} of {}", self.name)
    }
}

/// Checks that every label is below the number of `classes`; `path` is the file that they are from.
///
/// # Errors
/// If one is not; the error names the first.
pub fn check_labels(path: &Path, labels: &[u8], classes: usize) -> Result<(), DataError> {
    match labels.iter().position(|&label| usize::from(label) >= classes) {
        Some(index) => Err(DataError::Label { path: path.to_owned(), index, found: labels[index], classes }),
        None => Ok(()),
    }
}
