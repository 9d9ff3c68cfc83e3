//! What CIFAR-10 and CIFAR-100 share (Krizhevsky, 2009): planar RGB images of 32 x 32 pixels, published as binary
//! records and as pickles.
//!
//! A record is the labels and then the pixels. What a pickle holds is written as records first, so that a set has the
//! same images, labels and checksum in either layout.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::genuine::{self, Part};
use super::pickle::Pickle;
use super::roots::{self, Layout};
use super::{DataError, DataSet, Packed, Request, digest, idx};

const SHAPE: [usize; 3] = [3, 32, 32];
const PIXELS: usize = 3 * 32 * 32;
/// Bytes of a pickle beside the pixels: for each image, twice what the published ones have, and for the rest.
const PICKLED: usize = 128;
/// Python 3 writes a byte as one or two.
const WIDEST: usize = 2;
const FRAME: usize = 1 << 16;

/// One of the two sets, CIFAR-10 or CIFAR-100: how its files are laid out.
pub struct Cifar {
    /// The binary version, which is looked for first.
    pub binary: Layout,
    /// The pickled version, with the same number of files in the same order.
    pub pickled: Layout,
    /// The pickles' keys of the labels, in the order in which a record has them; the last is the class.
    pub labels: &'static [&'static str],
    /// Images in each file of the published set, the test half's last. Fewer are taken where that was asked for.
    pub most: &'static [usize],
}

impl Cifar {
    /// The set in the first of its layouts that is there; `classes` reads their names from its folder.
    pub fn load(
        &self,
        request: &Request,
        classes: impl FnOnce(&Layout, &Path) -> Result<Vec<String>, DataError>,
    ) -> Result<DataSet, DataError> {
        let (layout, folder) = roots::find(&[&self.binary, &self.pickled], request)?;
        self.load_from(layout, &folder, request, classes).map_err(layout.damaged(&folder))
    }

    fn load_from(
        &self,
        layout: &Layout,
        folder: &Path,
        request: &Request,
        classes: impl FnOnce(&Layout, &Path) -> Result<Vec<String>, DataError>,
    ) -> Result<DataSet, DataError> {
        let classes = classes(layout, folder)?;
        let (mut files, mut paths) = (Vec::with_capacity(layout.files.len()), Vec::new());
        for (name, &most) in layout.files.iter().zip(self.most) {
            let (path, _) = layout.file(folder, name)?;
            let pickled = layout.folder == self.pickled.folder;
            let records = if pickled { self.unpickle(&path, most)? } else { self.read(&path, most)? };
            let labels: Vec<u8> = records.chunks_exact(self.record()).map(|record| self.label(record)).collect();
            idx::check_labels(&path, &labels, classes.len())?;
            if labels.len() != most && !request.allow.other_count {
                return Err(DataError::Count { path, expected: format!("{most} images"), found: labels.len() });
            }
            files.push(records);
            paths.push(path);
        }
        let parts = paths.iter().zip(&files).map(|(path, records)| Part { path, pieces: vec![records] });
        let told = genuine::note(layout, folder, &parts.collect::<Vec<Part>>(), request);
        let (train, test) = files.split_at(files.len() - 1);
        Ok(DataSet {
            name: layout.set.to_owned(),
            classes,
            shape: Some(SHAPE),
            train: Arc::new(self.half("training", train)?),
            test: Arc::new(self.half("test", test)?),
            checksum: digest::sha256(files.iter().map(Vec::as_slice)),
            files: None,
            told: told.into_iter().collect(),
        })
    }

    /// Bytes in a record.
    fn record(&self) -> usize {
        self.labels.len() + PIXELS
    }

    /// The class of a record.
    fn label(&self, record: &[u8]) -> u8 {
        record[self.labels.len() - 1]
    }

    fn read(&self, path: &Path, most: usize) -> Result<Vec<u8>, DataError> {
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

    /// The records that a pickle's images and labels make.
    fn unpickle(&self, path: &Path, most: usize) -> Result<Vec<u8>, DataError> {
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

    fn half(&self, half: &str, files: &[Vec<u8>]) -> Result<Packed, DataError> {
        let records = || files.iter().flat_map(|file| file.chunks_exact(self.record()));
        let (name, mut pixels) = (format!("{}, {half} half", self.binary.set), Vec::new());
        let needed = records().count() * PIXELS;
        pixels.try_reserve_exact(needed).map_err(|_| DataError::Memory {
            work: format!("reading {name}"),
            needed: needed as u64,
            parts: "its images".to_owned(),
        })?;
        records().for_each(|record| pixels.extend_from_slice(&record[self.labels.len()..]));
        let labels = records().map(|record| self.label(record)).collect();
        Ok(Packed { name, shape: SHAPE, pixels, labels })
    }
}

/// The bytes of a file that has no reason to be longer than `most`.
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
