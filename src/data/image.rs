//! An image, and where images with labels come from.

use super::DataError;

/// One image, planar: all rows of the first channel, then of the second; values from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// `channels * height * width` values.
    pub pixels: Vec<f32>,
}

impl Image {
    /// An image without a pixel.
    pub(super) fn empty() -> Self {
        Self { channels: 0, height: 0, width: 0, pixels: Vec::new() }
    }

    /// Channels, height, width.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }
}

/// Labelled images, read in any order and from several threads at once.
pub trait ImageSource: Send + Sync {
    /// How many images there are.
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The class of image `i`, an index into [`DataSet::classes`](super::DataSet::classes).
    ///
    /// # Panics
    /// If `i` is not below [`ImageSource::len`].
    fn label(&self, i: usize) -> usize;

    /// Image `i`.
    ///
    /// # Errors
    /// If there is no such image, or its file cannot be read or decoded.
    fn image(&self, i: usize) -> Result<Image, DataError>;

    /// Bytes of memory that the images take as they lie there; none where each is read or drawn when it is asked for.
    fn size_in_memory(&self) -> usize {
        0
    }

    /// Image `i` as an error message calls it.
    fn name(&self, i: usize) -> String {
        format!("image {i}")
    }
}
