//! The idx format of MNIST and of what is laid out like it: a big-endian header, then bytes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::roots::Layout;
use super::{DataError, DataSet, Packed, Request, digest};

/// The four files, training half first, images before labels.
pub const FILES: &[&str] =
    &["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

/// Unsigned bytes in three dimensions: images, rows, columns.
const IMAGES: u32 = 0x0803;
/// Unsigned bytes in one dimension.
const LABELS: u32 = 0x0801;
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Deflate cannot compress further than this.
const MOST_INFLATED: u64 = 1032;

/// Loads a set of four idx files.
pub fn load(layout: &Layout, classes: &[&str], request: &Request) -> Result<DataSet, DataError> {
    let folder = layout.find(request)?;
    let read = |file: usize, magic| Idx::read(layout, &folder, FILES[file], magic);
    let files = [read(0, IMAGES)?, read(1, LABELS)?, read(2, IMAGES)?, read(3, LABELS)?];
    let checksum = digest::sha256(files.iter().flat_map(|file| [&file.header[..], &file.body[..]]));
    let [train_images, train_labels, test_images, test_labels] = files;
    let train = half(format!("{}, training half", layout.set), train_images, train_labels, classes.len())?;
    let test_path = test_images.path.clone();
    let test = half(format!("{}, test half", layout.set), test_images, test_labels, classes.len())?;
    if train.shape != test.shape {
        let [_, height, width] = train.shape;
        let expected = format!("images of {height} x {width} pixels, as in the training half");
        let found = format!("{} x {}", test.shape[1], test.shape[2]);
        return Err(DataError::Content { path: test_path, expected, found });
    }
    Ok(DataSet {
        name: layout.set.to_owned(),
        classes: classes.iter().map(|&class| class.to_owned()).collect(),
        shape: Some(train.shape),
        train: Arc::new(train),
        test: Arc::new(test),
        checksum,
    })
}

fn half(name: String, images: Idx, labels: Idx, classes: usize) -> Result<Packed, DataError> {
    let [count, height, width] = images.sizes[..] else {
        return Err(images.content("three dimensions", "others"));
    };
    if count == 0 || height == 0 || width == 0 {
        return Err(images.content("at least one image", &format!("{count} of {height} x {width} pixels")));
    }
    if labels.body.len() != count {
        let expected = format!("{count} labels, one for each image in {}", images.path.display());
        return Err(labels.content(&expected, &labels.body.len().to_string()));
    }
    check_labels(&labels.path, &labels.body, classes)?;
    Ok(Packed { name, shape: [1, height, width], pixels: images.body, labels: labels.body })
}

/// Finds the first label that is not below `classes`.
pub fn check_labels(path: &Path, labels: &[u8], classes: usize) -> Result<(), DataError> {
    match labels.iter().position(|&label| usize::from(label) >= classes) {
        Some(index) => Err(DataError::Label { path: path.to_owned(), index, found: labels[index], classes }),
        None => Ok(()),
    }
}

/// One file.
struct Idx {
    path: PathBuf,
    header: Vec<u8>,
    sizes: Vec<usize>,
    body: Vec<u8>,
}

impl Idx {
    fn read(layout: &Layout, folder: &Path, name: &str, magic: u32) -> Result<Self, DataError> {
        let (path, gzip) = layout.file(folder, name)?;
        Reader::open(path, gzip)?.read(magic)
    }

    fn content(&self, expected: &str, found: &str) -> DataError {
        DataError::Content { path: self.path.clone(), expected: expected.to_owned(), found: found.to_owned() }
    }
}

/// An idx file as it is read.
struct Reader {
    path: PathBuf,
    gzip: bool,
    /// The most bytes that can come out of it.
    most: u64,
    stream: Box<dyn Read>,
}

impl Reader {
    fn open(path: PathBuf, gzip: bool) -> Result<Self, DataError> {
        let opened = File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (size, file) = opened.map_err(|source| DataError::Read { path: path.clone(), source })?;
        if !gzip {
            return Ok(Self { path, gzip, most: size, stream: Box::new(file) });
        }
        let stream = Box::new(MultiGzDecoder::new(io::BufReader::new(file)));
        Ok(Self { path, gzip, most: size.saturating_mul(MOST_INFLATED), stream })
    }

    fn read(mut self, magic: u32) -> Result<Idx, DataError> {
        let dimensions = (magic & 0xff) as usize;
        let header = self.take(4 + 4 * dimensions as u64)?;
        if header.is_empty() {
            return Err(self.length(4 + 4 * dimensions as u64, 0, "its header"));
        }
        self.check_magic(magic, &header)?;
        if header.len() < 4 + 4 * dimensions {
            return Err(self.length(4 + 4 * dimensions as u64, header.len() as u64, "its header"));
        }
        let sizes: Vec<u32> = header[4..].chunks_exact(4).map(big_endian).collect();
        let body = self.body(header.len() as u64, &sizes)?;
        let sizes = sizes.into_iter().map(|size| size as usize).collect();
        Ok(Idx { path: self.path, header, sizes, body })
    }

    fn check_magic(&self, magic: u32, header: &[u8]) -> Result<(), DataError> {
        let found = big_endian(header);
        let what = if magic == IMAGES { "idx images" } else { "idx labels" };
        if header.len() >= 4 && found != magic {
            return Err(DataError::Magic { path: self.path.clone(), what, expected: magic, found });
        }
        Ok(())
    }

    /// What follows the header. Nothing is reserved for a size that the file's own size rules out.
    fn body(&mut self, header: u64, sizes: &[u32]) -> Result<Vec<u8>, DataError> {
        let declared = sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
        let why = format!("its header declares {declared}");
        let product = sizes.iter().try_fold(1_u64, |product, &size| product.checked_mul(u64::from(size)));
        let expected = product.and_then(|body| body.checked_add(header)).unwrap_or(u64::MAX);
        if !self.gzip && expected != self.most {
            return Err(self.length(expected, self.most, &why));
        }
        if expected > self.most {
            return Err(self.length(expected, self.most, &format!("{why}; this is the most that can be in it")));
        }
        let body = self.take(expected - header)?;
        let rest = io::copy(&mut self.stream, &mut io::sink()).map_err(|error| self.failed(error))?;
        let found = header + body.len() as u64 + rest;
        if found == expected { Ok(body) } else { Err(self.length(expected, found, &why)) }
    }

    /// Up to `count` bytes; fewer only at the end.
    fn take(&mut self, count: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        match self.stream.by_ref().take(count).read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn failed(&self, source: io::Error) -> DataError {
        let path = self.path.clone();
        if !self.gzip {
            return DataError::Read { path, source };
        }
        DataError::Gzip { reason: gzip_reason(&path, &source), path }
    }

    fn length(&self, expected: u64, found: u64, why: &str) -> DataError {
        DataError::Length { path: self.path.clone(), expected, found, why: why.to_owned() }
    }
}

fn gzip_reason(path: &Path, error: &io::Error) -> String {
    let mut start = [0; 2];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    match read {
        Ok(()) if start != GZIP => {
            format!("expected it to start with 0x1f8b, found 0x{:02x}{:02x}", start[0], start[1])
        }
        _ if error.kind() == io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => error.to_string(),
    }
}

/// The first four bytes as a number; 0 if there are not so many.
fn big_endian(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |four| u32::from_be_bytes(*four))
}
