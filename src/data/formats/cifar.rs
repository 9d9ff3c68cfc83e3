//! The files of CIFAR-10 and CIFAR-100 (Krizhevsky, 2009): planar RGB images of 32 x 32 pixels, published as binary
//! records and as pickles.
//!
//! A record is the labels and then the pixels. What a pickle holds is written as records first, so that a set has the
//! same images, labels and checksum in either layout.

use std::fs;
use std::path::{Path, PathBuf};

use super::pickle::Pickle;
use crate::data::DataError;

/// Channels, height, width of an image.
pub const SHAPE: [usize; 3] = [3, 32, 32];
/// Bytes of an image.
pub const PIXELS: usize = 3 * 32 * 32;
/// Bytes that a pickle may have for each image beside its pixels: twice what the published ones have.
const PICKLED: usize = 128;
/// Bytes of a pickle for each byte of pixels, at most: Python 3 writes a byte as one or two.
const WIDEST: usize = 2;
/// Bytes that a pickle may have beside what belongs to an image.
const FRAME: usize = 1 << 16;

/// How the records of a file are laid out: one byte a label, then the pixels.
pub struct Records {
    /// The pickles' keys of the labels, in the order in which a record has them; the last is the class.
    pub labels: &'static [&'static str],
}

impl Records {
    /// The records that the bytes of a file make, one after the other.
    pub fn split<'f>(&self, file: &'f [u8]) -> impl Iterator<Item = &'f [u8]> + use<'f> {
        file.chunks_exact(self.record())
    }

    /// How many bytes a record has.
    fn record(&self) -> usize {
        self.labels.len() + PIXELS
    }

    /// The class of a record.
    pub fn label(&self, record: &[u8]) -> u8 {
        record[self.labels.len() - 1]
    }

    /// The pixels of a record.
    pub fn pixels<'r>(&self, record: &'r [u8]) -> &'r [u8] {
        &record[self.labels.len()..]
    }

    /// Reads a binary file of 1 to `most` records.
    ///
    /// # Errors
    /// If it cannot be read, or holds no whole records, or more.
    pub fn read(&self, path: &Path, most: usize) -> Result<Vec<u8>, DataError> {
        let (record, most) = (self.record() as u64, most as u64);
        let found = size(path)?;
        let whole = (found / record).clamp(1, most);
        let records = if found % record == 0 { whole } else { (whole + 1).min(most) };
        if found != records * record {
            let why = format!("{records} whole records of {record} bytes");
            return Err(DataError::Length { path: path.to_owned(), expected: records * record, found, why });
        }
        contents(path)
    }

    /// Reads a pickle of 1 to `most` images, and makes records of its images and labels.
    ///
    /// # Errors
    /// If it cannot be read, or holds something else.
    pub fn unpickle(&self, path: &Path, most: usize) -> Result<Vec<u8>, DataError> {
        let bytes = bounded(path, most * (WIDEST * PIXELS + PICKLED) + FRAME)?;
        let pickle = Pickle::read(path, &bytes)?;
        let pixels = pickle.rows("data", PIXELS)?;
        let count = pixels.len() / PIXELS;
        let content = |expected, found| DataError::Content { path: path.to_owned(), expected, found };
        if count == 0 || count > most {
            return Err(content(format!("1 to {most} images"), count.to_string()));
        }
        let mut labels = Vec::with_capacity(self.labels.len());
        for key in self.labels {
            let numbers = pickle.numbers(key)?;
            if numbers.len() != count {
                return Err(content(format!("{count} `{key}`, one for each image"), numbers.len().to_string()));
            }
            let one = |number: i64| {
                u8::try_from(number).map_err(|_| content(format!("`{key}` from 0 to 255"), number.to_string()))
            };
            labels.push(numbers.into_iter().map(one).collect::<Result<Vec<u8>, DataError>>()?);
        }
        let mut records = Vec::with_capacity(count * self.record());
        for (image, pixels) in pixels.chunks_exact(PIXELS).enumerate() {
            records.extend(labels.iter().map(|labels| labels[image]));
            records.extend_from_slice(pixels);
        }
        Ok(records)
    }
}

/// The bytes of a file that has no reason to be longer than `most` bytes.
///
/// # Errors
/// If it cannot be read, or is longer.
pub fn bounded(path: &Path, most: usize) -> Result<Vec<u8>, DataError> {
    let found = size(path)?;
    if found > most as u64 {
        let why = "this is the most that it can need".to_owned();
        return Err(DataError::Length { path: path.to_owned(), expected: most as u64, found, why });
    }
    contents(path)
}

fn size(path: &Path) -> Result<u64, DataError> {
    fs::metadata(path).map(|file| file.len()).map_err(failed(path))
}

fn contents(path: &Path) -> Result<Vec<u8>, DataError> {
    fs::read(path).map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> DataError {
    let path: PathBuf = path.to_owned();
    move |source| DataError::read(&path, source)
}
