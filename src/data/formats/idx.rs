//! The idx format of MNIST and of what is laid out like it: a big-endian header, then bytes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::{GzDecoder, MultiGzDecoder};

use super::genuine::{self, Part};
use super::roots::Layout;
use super::{DataError, DataSet, Packed, Request, digest};

/// The four files, training half first, images before labels.
pub const FILES: &[&str] =
    &["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

/// Unsigned bytes in three dimensions: images, rows, columns.
const IMAGES: u32 = 0x0803;
/// Unsigned bytes in one dimension.
const LABELS: u32 = 0x0801;
/// Images in the two halves of the sets that are published in this form, and rows and columns of each.
const PUBLISHED: [u32; 2] = [60_000, 10_000];
const SIDE: u32 = 28;
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Deflate cannot compress further than this.
const MOST_INFLATED: u64 = 1032;
/// Bytes of a file, unpacked, at most: some ten times the largest set that is published in this form.
const MOST: u64 = 1 << 33;
/// Bytes behind the end that are counted for a message.
const BEHIND: u64 = 1 << 20;

/// Loads a set of four idx files.
pub fn load(layout: &Layout, classes: &[&str], request: &Request) -> Result<DataSet, DataError> {
    let folder = layout.find(request)?;
    load_from(layout, &folder, classes, request).map_err(layout.damaged(&folder))
}

fn load_from(layout: &Layout, folder: &Path, classes: &[&str], request: &Request) -> Result<DataSet, DataError> {
    let open = |file: usize, magic| Opened::open(layout, folder, FILES[file], magic);
    let [train, test] = [[open(0, IMAGES)?, open(1, LABELS)?], [open(2, IMAGES)?, open(3, LABELS)?]];
    // All that the headers say is compared before anything large is unpacked.
    check(&train)?;
    check(&test)?;
    if train[0].sizes[1..] != test[0].sizes[1..] {
        let [height, width] = [train[0].sizes[1], train[0].sizes[2]];
        let expected = format!("images of {height} x {width} pixels, as in the training half");
        return Err(test[0].content(&expected, &format!("{} x {}", test[0].sizes[1], test[0].sizes[2])));
    }
    if !request.allow.other_count {
        published(&train[0], PUBLISHED[0])?;
        published(&test[0], PUBLISHED[1])?;
    }
    let [train, test] = [read(train)?, read(test)?];
    let files = train.iter().chain(&test);
    let parts = files.map(|file| Part { path: &file.path, pieces: vec![&file.header, &file.body] });
    let parts: Vec<Part> = parts.collect();
    let checksum = digest::sha256(parts.iter().flat_map(|part| part.pieces.iter().copied()));
    let told = genuine::note(layout, folder, &parts, request);
    let train = half(format!("{}, training half", layout.set), train, classes.len())?;
    let test = half(format!("{}, test half", layout.set), test, classes.len())?;
    Ok(DataSet {
        name: layout.set.to_owned(),
        classes: classes.iter().map(|&class| class.to_owned()).collect(),
        shape: Some(train.shape),
        train: Arc::new(train),
        test: Arc::new(test),
        checksum,
        files: None,
        told: told.into_iter().collect(),
    })
}

/// Checks that the headers of images and labels describe one half.
fn check([images, labels]: &[Opened; 2]) -> Result<(), DataError> {
    let [count, height, width] = images.sizes[..] else {
        return Err(images.content("three dimensions", "others"));
    };
    if count == 0 || height == 0 || width == 0 {
        return Err(images.content("at least one image", &format!("{count} of {height} x {width} pixels")));
    }
    if labels.sizes[..] != [count] {
        let expected = format!("{count} labels, one for each image in {}", images.reader.path.display());
        return Err(labels.content(&expected, &labels.sizes.iter().map(ToString::to_string).collect::<String>()));
    }
    Ok(())
}

/// Checks that a half has as many images, and of such a size, as the published one.
fn published(images: &Opened, count: u32) -> Result<(), DataError> {
    let expected = [count, SIDE, SIDE];
    if images.sizes[..] == expected {
        return Ok(());
    }
    let path = images.reader.path.clone();
    let words = |sizes: &[u32]| sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
    if images.sizes[1..] == expected[1..] {
        let found = images.sizes[0] as usize;
        return Err(DataError::Count { path, expected: format!("{count} images"), found });
    }
    Err(DataError::Content { path, expected: words(&expected), found: words(&images.sizes) })
}

/// The labels first: they are small, and bound what the images can be.
fn read([images, labels]: [Opened; 2]) -> Result<[Idx; 2], DataError> {
    let labels = labels.read()?;
    Ok([images.read()?, labels])
}

fn half(name: String, [images, labels]: [Idx; 2], classes: usize) -> Result<Packed, DataError> {
    check_labels(&labels.path, &labels.body, classes)?;
    let [height, width] = [images.sizes[1] as usize, images.sizes[2] as usize];
    Ok(Packed { name, shape: [1, height, width], pixels: images.body, labels: labels.body })
}

/// Finds the first label that is not below `classes`.
pub fn check_labels(path: &Path, labels: &[u8], classes: usize) -> Result<(), DataError> {
    match labels.iter().position(|&label| usize::from(label) >= classes) {
        Some(index) => Err(DataError::Label { path: path.to_owned(), index, found: labels[index], classes }),
        None => Ok(()),
    }
}

/// An IDX file: what its header declares, and its body.
struct Idx {
    path: PathBuf,
    header: Vec<u8>,
    sizes: Vec<u32>,
    body: Vec<u8>,
}

/// A file whose header was read, and whose body can be.
struct Opened {
    reader: Reader,
    header: Vec<u8>,
    sizes: Vec<u32>,
    /// Bytes of header and body, as the header declares them.
    expected: u64,
}

impl Opened {
    /// Reads the header, and checks that the file can hold what it declares.
    fn open(layout: &Layout, folder: &Path, name: &str, magic: u32) -> Result<Self, DataError> {
        let (path, gzip) = layout.file(folder, name)?;
        let mut reader = Reader::open(path, gzip)?;
        let (header, sizes) = reader.header(magic)?;
        let expected = reader.expected(header.len() as u64, &sizes)?;
        Ok(Self { reader, header, sizes, expected })
    }

    fn read(mut self) -> Result<Idx, DataError> {
        let body = self.reader.body(self.header.len() as u64, self.expected, &declared(&self.sizes))?;
        Ok(Idx { path: self.reader.path, header: self.header, sizes: self.sizes, body })
    }

    fn content(&self, expected: &str, found: &str) -> DataError {
        let path = self.reader.path.clone();
        DataError::Content { path, expected: expected.to_owned(), found: found.to_owned() }
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

    /// What follows the header; little more is unpacked of a file that goes on behind its end.
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
