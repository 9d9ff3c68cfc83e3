//! Every file of a set read once, before any of them is used: their checksum, and what picture each of them holds.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::checksum_cache::{ChecksumCache, FileRecord, Stamp};
use super::picture_files::other_size;
use crate::data::formats::picture::{self, LARGEST_FILE};
use crate::data::memory_budget::MemoryBudget;
use crate::data::{DataError, Request, sha256, sha256_of};

/// Bytes of files that all threads together hold while they read.
static FILES: MemoryBudget = MemoryBudget::new(1 << 30);

/// What was found in the files of a set, in the order of their paths, once they were read: by it a file that was
/// exchanged since is seen.
pub type ReadRecords = Arc<OnceLock<Vec<FileRecord>>>;

/// The files of a set, and what is known of them.
#[derive(Clone, Default)]
pub struct FileSet {
    /// The folder that the files lie in, at any depth.
    pub root: PathBuf,
    /// The paths of all files of all halves.
    pub paths: Vec<PathBuf>,
    /// The number of images at the end of the training half that are a validation half of their own; 0 without one.
    pub validation: usize,
    /// What is worth knowing about the folder, a line each: above all what was left out.
    pub notes: Vec<String>,
    /// What the files hold; `None` until they were decoded.
    pub contents: Option<Contents>,
    /// What was found in the files when they were read; the halves of the set compare with it.
    pub(in crate::data) found: ReadRecords,
}

/// What the files of a set hold.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Files that hold no whole picture, and why.
    pub broken: Vec<(PathBuf, String)>,
    /// The other files by the shape (channels, height, width) of their pictures.
    pub shapes: BTreeMap<[usize; 3], Vec<PathBuf>>,
}

/// What is known of one file.
struct SurveyedFile {
    record: FileRecord,
    /// Why it holds no picture.
    broken: Option<String>,
}

impl FileSet {
    /// Reads every file: gives the checksum over each file's path below the root and its contents, and fills in what
    /// they hold, if that was asked for. What was read before, and has not changed since, is remembered. Where all images
    /// have one `shape`, one of another size is broken.
    ///
    /// # Errors
    /// If a file cannot be read. A file that can, but holds no picture, is noted in the contents.
    pub fn read(&mut self, shape: Option<[usize; 3]>, request: &Request) -> Result<String, DataError> {
        let mut order: Vec<usize> = (0..self.paths.len()).collect();
        order.sort_by_key(|&i| &self.paths[i]);
        let paths: Vec<&PathBuf> = order.iter().map(|&i| &self.paths[i]).collect();
        let cache = ChecksumCache::open(request.memory.as_deref(), &self.root);
        let remember = |path: &&PathBuf| self.remembered(path, &cache, request.verify);
        let known = paths.par_iter().map(remember).collect::<Result<Vec<_>, DataError>>()?;
        let unknown = known.iter().filter(|(_, record)| record.is_none()).count();
        request.meter.iter().for_each(|meter| meter.begin(unknown));
        let one = |(path, (stamp, record)): (&&PathBuf, (Stamp, Option<FileRecord>))| match record {
            Some(record) => Ok(SurveyedFile { record, broken: None }),
            None => {
                let one = look(path, stamp, request.verify);
                request.meter.iter().for_each(|meter| meter.advance());
                one
            }
        };
        let all = paths.par_iter().zip(known).map(one).collect::<Result<Vec<SurveyedFile>, DataError>>();
        request.meter.iter().for_each(|meter| meter.finish());
        let all = all?;
        let lines = paths.iter().zip(&all).map(|(path, one)| line(self.below(path), &one.record.digest));
        let checksum = sha256(lines.collect::<Vec<String>>().iter().map(String::as_bytes));
        if unknown > 0 {
            cache.remember(paths.iter().zip(&all).map(|(path, one)| (self.below(path), &one.record)));
        }
        let mut records: Vec<(usize, FileRecord)> =
            order.into_iter().zip(all.iter().map(|one| one.record.clone())).collect();
        records.sort_by_key(|(i, _)| *i);
        // What was found first counts, should the files be read twice.
        let _ = self.found.set(records.into_iter().map(|(_, record)| record).collect());
        if request.verify {
            self.contents = Some(Contents::of(shape, paths.iter().zip(all)));
        }
        Ok(checksum)
    }

    /// A file as it is now, and what is remembered of it if that is enough.
    fn remembered(
        &self,
        path: &Path,
        cache: &ChecksumCache,
        verify: bool,
    ) -> Result<(Stamp, Option<FileRecord>), DataError> {
        let stamp = Stamp::of(path).map_err(|source| DataError::Read { path: path.to_owned(), source })?;
        let record = cache.find(self.below(path), &stamp).filter(|record| !verify || record.shape.is_some());
        Ok((stamp, record.cloned()))
    }

    /// A file's path below the root.
    fn below<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

impl Contents {
    fn of<'p>(expected: Option<[usize; 3]>, all: impl Iterator<Item = (&'p &'p PathBuf, SurveyedFile)>) -> Self {
        let mut contents = Self::default();
        for (path, one) in all {
            let path = PathBuf::clone(path);
            match (one.broken, one.record.shape, expected) {
                (Some(reason), ..) => contents.broken.push((path, reason)),
                (None, Some(shape), Some(expected)) if shape[1..] != expected[1..] => {
                    contents.broken.push((path, other_size(expected, shape)));
                }
                (None, Some(shape), expected) => {
                    contents.shapes.entry(expected.unwrap_or(shape)).or_default().push(path);
                }
                (None, None, _) => {}
            }
        }
        contents
    }

    /// How many values each of the `count` largest pictures has, the largest first.
    pub fn largest(&self, count: usize) -> Vec<usize> {
        let of_shape = |(shape, paths): (&[usize; 3], &Vec<PathBuf>)| (shape.iter().product::<usize>(), paths.len());
        let mut all: Vec<(usize, usize)> = self.shapes.iter().map(of_shape).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.into_iter().flat_map(|(values, files)| std::iter::repeat_n(values, files.min(count))).take(count).collect()
    }

    /// How many files there are.
    pub fn files(&self) -> usize {
        self.broken.len() + self.shapes.values().map(Vec::len).sum::<usize>()
    }
}

fn look(path: &Path, stamp: Stamp, verify: bool) -> Result<SurveyedFile, DataError> {
    let failed = |source| DataError::Read { path: path.to_owned(), source };
    if stamp.size > LARGEST_FILE {
        let digest = File::open(path).and_then(|mut file| sha256_of(&mut file)).map_err(failed)?;
        let reason = format!("it has {} bytes, more than any picture that is read", stamp.size);
        return Ok(SurveyedFile { record: FileRecord { stamp, digest, shape: None }, broken: Some(reason) });
    }
    let _file = FILES.hold(stamp.size);
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(source) if source.kind() == ErrorKind::OutOfMemory => return Err(DataError::read(path, source)),
        // A file that cannot be read is listed like one that cannot be decoded.
        Err(source) if verify => {
            let record = FileRecord { stamp, digest: String::new(), shape: None };
            return Ok(SurveyedFile { record, broken: Some(format!("it cannot be read: {source}")) });
        }
        Err(source) => return Err(failed(source)),
    };
    let digest = sha256([bytes.as_slice()]);
    let (shape, broken) = match verify.then(|| decoded(path, &bytes)).transpose()? {
        None => (None, None),
        Some(Ok(shape)) => (Some(shape), None),
        Some(Err(reason)) => (None, Some(reason)),
    };
    Ok(SurveyedFile { record: FileRecord { stamp, digest, shape }, broken })
}

/// The shape of the picture in a file, or why it holds none.
fn decoded(path: &Path, bytes: &[u8]) -> Result<Result<[usize; 3], String>, DataError> {
    let _picture = picture::hold(path, picture::need(bytes).decoding)?;
    Ok(picture::shape(bytes))
}

/// The line that stands for a file in what the checksum of a set is over: its checksum and its path.
fn line(below: &Path, digest: &str) -> String {
    format!("{digest}  {}\n", below.to_string_lossy().replace('\\', "/"))
}
