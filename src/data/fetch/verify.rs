//! Whether what is there is what was published: sizes and checksums, file by file.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::FetchError;
use crate::data::published::{Archive, CompressedFile, KnownFile, Packaging, Published};
use crate::data::sha256_of;

/// What was found at one place.
#[derive(Clone, Debug)]
pub struct Finding {
    pub path: PathBuf,
    /// How many files are expected, where the place is a folder; none where it is a file.
    pub files: Option<usize>,
    /// `None` if all is as published.
    pub difference: Option<Difference>,
}

/// How a file or folder is not as published.
#[derive(Clone, Debug)]
pub enum Difference {
    Missing,
    Size { expected: u64, found: u64 },
    Sum { expected: String, found: String },
    Count { expected: usize, found: usize },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match (&self.difference, self.files) {
            (None, None) => write!(f, "as published"),
            (None, Some(files)) => write!(f, "{files} files, as many as published"),
            (Some(Difference::Missing), _) => write!(f, "missing"),
            (Some(Difference::Size { expected, found }), _) => write!(f, "expected {expected} bytes, found {found}"),
            (Some(Difference::Sum { expected, found }), _) => write!(f, "expected SHA-256 {expected}, found {found}"),
            (Some(Difference::Count { expected, found }), _) => write!(f, "expected {expected} files, found {found}"),
        }
    }
}

/// Compares every file of a set in its folder with what is known.
pub fn verify(set: &Published, folder: &Path) -> Result<Vec<Finding>, FetchError> {
    let mut findings = Vec::new();
    match set.packaging {
        Packaging::Files(files) => {
            for file in files {
                findings.extend(verify_compressed(file, folder)?);
            }
        }
        Packaging::Archive(Archive { files, counts, .. }) => {
            for file in files {
                findings.push(verify_file(file, folder)?);
            }
            for &(below, expected) in counts {
                findings.push(verify_count(&folder.join(below), expected)?);
            }
        }
    }
    Ok(findings)
}

/// Compares both forms of a compressed file, if both are there, or the one that is; a file of which neither is there is
/// missing.
pub fn verify_compressed(kept: &CompressedFile, folder: &Path) -> Result<Vec<Finding>, FetchError> {
    let there = [kept.packed, kept.plain].into_iter().filter(|file| folder.join(file.name).exists());
    let findings = there.map(|file| verify_file(&file, folder)).collect::<Result<Vec<_>, _>>()?;
    if findings.is_empty() { Ok(vec![verify_file(&kept.packed, folder)?]) } else { Ok(findings) }
}

fn verify_file(known: &KnownFile, folder: &Path) -> Result<Finding, FetchError> {
    let path = folder.join(known.name);
    let difference = difference(known, &path).map_err(FetchError::file(&path, "read"))?;
    Ok(Finding { path, files: None, difference })
}

fn difference(known: &KnownFile, path: &Path) -> io::Result<Option<Difference>> {
    if !path.is_file() {
        return Ok(Some(Difference::Missing));
    }
    let mut file = File::open(path)?;
    let found = file.metadata()?.len();
    if found != known.size {
        return Ok(Some(Difference::Size { expected: known.size, found }));
    }
    let found = sha256_of(&mut file)?;
    Ok((found != known.sha256).then(|| Difference::Sum { expected: known.sha256.to_owned(), found }))
}

fn verify_count(folder: &Path, expected: usize) -> Result<Finding, FetchError> {
    let finding = |difference| Finding { path: folder.to_owned(), files: Some(expected), difference };
    if !folder.is_dir() {
        return Ok(finding(Some(Difference::Missing)));
    }
    let found = count(folder).map_err(FetchError::file(folder, "read"))?;
    Ok(finding((found != expected).then_some(Difference::Count { expected, found })))
}

/// The files below a folder; links are not followed.
fn count(folder: &Path) -> io::Result<usize> {
    let (mut files, mut folders) = (0, vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files += 1;
            }
        }
    }
    Ok(files)
}
