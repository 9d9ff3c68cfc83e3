//! The idx format of MNIST and of what is laid out like it: a big-endian header, then bytes; as it is, or in gzip.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::{GzDecoder, MultiGzDecoder};

use crate::data::DataError;

/// The first four bytes of a file of images: unsigned bytes in three dimensions, images, rows and columns.
pub const IMAGES: u32 = 0x0803;
/// The first four bytes of a file of labels: unsigned bytes in one dimension.
pub const LABELS: u32 = 0x0801;
/// The first two bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How many times larger than the compressed file its contents can be: deflate cannot compress further.
const MOST_INFLATED: u64 = 1032;
/// Bytes of a file, unpacked, at most: some ten times the largest set that is published in this form.
const MOST: u64 = 1 << 33;
/// Bytes behind the end that are counted for a message.
const BEHIND: u64 = 1 << 20;

/// An idx file that was read: its header's bytes, the sizes that these declare, and its body.
pub struct Idx {
    pub path: PathBuf,
    pub header: Vec<u8>,
    pub sizes: Vec<u32>,
    pub body: Vec<u8>,
}

/// An idx file of which the header was read, and the body not yet.
pub struct IdxHeader {
    reader: IdxReader,
    header: Vec<u8>,
    /// The size of each dimension, the number of images or labels first.
    pub sizes: Vec<u32>,
    /// Bytes of header and body, as the header declares them.
    expected: u64,
}

impl IdxHeader {
    /// Reads the header, and checks that the file can hold what it declares; `magic` is [`IMAGES`] or [`LABELS`].
    ///
    /// # Errors
    /// If the file cannot be read, begins otherwise, or is too short or too long.
    pub fn open(path: PathBuf, gzip: bool, magic: u32) -> Result<Self, DataError> {
        let mut reader = IdxReader::open(path, gzip)?;
        let (header, sizes) = reader.header(magic)?;
        let expected = reader.expected(header.len() as u64, &sizes)?;
        Ok(Self { reader, header, sizes, expected })
    }

    pub fn path(&self) -> &Path {
        &self.reader.path
    }

    /// Reads the body.
    ///
    /// # Errors
    /// If it cannot be read, or is shorter or longer than the header declares.
    pub fn read(mut self) -> Result<Idx, DataError> {
        let body = self.reader.body(self.header.len() as u64, self.expected, &declared(&self.sizes))?;
        Ok(Idx { path: self.reader.path, header: self.header, sizes: self.sizes, body })
    }

    /// The error that the header declares something else than was expected.
    pub fn content(&self, expected: &str, found: &str) -> DataError {
        let path = self.reader.path.clone();
        DataError::Content { path, expected: expected.to_owned(), found: found.to_owned() }
    }
}

/// An idx file while it is read.
struct IdxReader {
    path: PathBuf,
    gzip: bool,
    /// The most bytes that can come out of it.
    most: u64,
    stream: Box<dyn Read>,
}

impl IdxReader {
    fn open(path: PathBuf, gzip: bool) -> Result<Self, DataError> {
        let opened = File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (size, file) = opened.map_err(|source| DataError::Read { path: path.clone(), source })?;
        if !gzip {
            return Ok(Self { path, gzip, most: size, stream: Box::new(file) });
        }
        let stream = Box::new(MultiGzDecoder::new(io::BufReader::new(file)));
        Ok(Self { path, gzip, most: size.saturating_mul(MOST_INFLATED), stream })
    }

    /// The header's bytes, and the sizes in it.
    fn header(&mut self, magic: u32) -> Result<(Vec<u8>, Vec<u32>), DataError> {
        let length = 4 + 4 * u64::from(magic & 0xff);
        let header = self.take(length)?;
        if header.is_empty() {
            return Err(self.length(length, 0, "its header"));
        }
        self.check_magic(magic, &header)?;
        if (header.len() as u64) < length {
            return Err(self.length(length, header.len() as u64, "its header"));
        }
        let sizes = header[4..].chunks_exact(4).map(big_endian).collect();
        Ok((header, sizes))
    }

    fn check_magic(&self, magic: u32, header: &[u8]) -> Result<(), DataError> {
        let found = big_endian(header);
        let what = if magic == IMAGES { "idx images" } else { "idx labels" };
        if header.len() >= 4 && found != magic {
            return Err(DataError::Magic { path: self.path.clone(), what, expected: magic, found });
        }
        Ok(())
    }

    /// Bytes of the whole file, as its header declares them, if the file can have as many.
    fn expected(&self, header: u64, sizes: &[u32]) -> Result<u64, DataError> {
        let why = declared(sizes);
        let product = sizes.iter().try_fold(1_u64, |product, &size| product.checked_mul(u64::from(size)));
        let expected = product.and_then(|body| body.checked_add(header)).unwrap_or(u64::MAX);
        if !self.gzip && expected != self.most {
            return Err(self.length(expected, self.most, &why));
        }
        if expected > self.most {
            return Err(self.length(expected, self.most, &format!("{why}; this is the most that can be in it")));
        }
        if expected > MOST {
            return Err(self.length(expected, MOST, &format!("{why}; this is the most that is read")));
        }
        Ok(expected)
    }

    /// Reads what follows the header. Of a file that goes on behind its declared end, little more is unpacked.
    fn body(&mut self, header: u64, expected: u64, why: &str) -> Result<Vec<u8>, DataError> {
        let body = self.take(expected - header)?;
        let rest = io::copy(&mut self.stream.by_ref().take(BEHIND), &mut io::sink());
        let rest = rest.map_err(|error| self.failed(error))?;
        let found = header + body.len() as u64 + rest;
        if rest == BEHIND {
            let (expected, found) = (format!("{expected} bytes ({why})"), format!("at least {found}"));
            return Err(DataError::Content { path: self.path.clone(), expected, found });
        }
        if found == expected { Ok(body) } else { Err(self.length(expected, found, why)) }
    }

    /// Takes the next `count` bytes, or fewer where the file ends.
    fn take(&mut self, count: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        match self.stream.by_ref().take(count).read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn failed(&self, source: io::Error) -> DataError {
        let path = self.path.clone();
        if !self.gzip || source.kind() == io::ErrorKind::OutOfMemory {
            return DataError::read(&path, source);
        }
        DataError::Gzip { reason: gzip_reason(&path, &source), path }
    }

    fn length(&self, expected: u64, found: u64, why: &str) -> DataError {
        DataError::Length { path: self.path.clone(), expected, found, why: why.to_owned() }
    }
}

/// What a message says of the sizes in a header.
fn declared(sizes: &[u32]) -> String {
    format!("its header declares {}", sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x "))
}

fn gzip_reason(path: &Path, error: &io::Error) -> String {
    let mut start = [0; 2];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    match read {
        Ok(()) if start != GZIP => {
            format!("expected it to start with 0x1f8b, found 0x{:02x}{:02x}", start[0], start[1])
        }
        _ if is_whole(path) => "what is behind its end is no gzip data; was something appended to it?".to_owned(),
        _ if error.kind() == io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => error.to_string(),
    }
}

/// Whether the first part of a gzip file, which mostly is all of it, is whole.
fn is_whole(path: &Path) -> bool {
    let unpacked = File::open(path).and_then(|file| io::copy(&mut GzDecoder::new(file), &mut io::sink()));
    unpacked.is_ok()
}

/// The first four bytes as a number; 0 if there are not so many.
fn big_endian(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |four| u32::from_be_bytes(*four))
}
