//! The pictures in a folder and in the folders in it, and what else lies there.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use lcnnc_lang::diag::render::visible_name;

use super::picture;
use crate::data::{DataError, file_names};

/// What systems and programs put into folders for themselves, in small letters; nobody means it as data.
const SYSTEM: [&str; 9] = [
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "icon\r",
    "__macosx",
    "lost+found",
    "$recycle.bin",
    "system volume information",
    "@eadir",
];

/// Files that lie in a folder of classes and in none of its classes are worth a word if they end like this: pictures
/// and what pictures come in. A readme or a list of labels is not.
const DATA: [&str; 22] = [
    "gif", "jfif", "heic", "heif", "avif", "jxl", "jp2", "npy", "npz", "mat", "h5", "hdf5", "tfrecord", "parquet",
    "pkl", "zip", "tar", "tgz", "gz", "bz2", "7z", "rar",
];

/// What was left out of a set, and why.
#[derive(Clone, Debug, Default)]
pub struct LeftOut {
    /// How many files end in what is not read, by their ending.
    endings: BTreeMap<String, usize>,
    /// Links to what is not there.
    dangling: usize,
    /// Links to a folder that the link itself lies in.
    circular: usize,
    /// Pipes, sockets and devices.
    special: usize,
    /// Pictures, and what pictures come in, that lie in the folder of no class.
    loose: usize,
    /// Pictures whose names begin with a dot, in the folders of classes.
    hidden: usize,
    /// Names of folders that are passed over, hidden ones and those of systems, although they hold pictures.
    passed: BTreeSet<String>,
    /// Folders that are neither a class nor one of the halves.
    pub folders: Vec<String>,
}

impl LeftOut {
    /// Everything that was left out, as a line in words; `None` if nothing was.
    pub fn told(&self) -> Option<String> {
        let endings = self.endings.iter().map(|(ending, &count)| match ending.as_str() {
            "" => counted(count, "file without an ending", "files without an ending"),
            ending => {
                let ending = visible_name(ending);
                counted(count, &format!("file in .{ending}"), &format!("files in .{ending}"))
            }
        });
        let endings: Vec<String> = endings.collect();
        let mut words = Vec::new();
        if !endings.is_empty() {
            words.push(format!("{} (read are .{})", endings.join(", "), picture::ENDINGS.join(", .")));
        }
        let counts = [
            (self.dangling, "link to what is not there", "links to what is not there"),
            (self.circular, "link back to a folder that it lies in", "links back to a folder that they lie in"),
            (self.special, "pipe or device", "pipes or devices"),
            (self.loose, "file in the folder of no class", "files in the folder of no class"),
            (self.hidden, "hidden picture", "hidden pictures"),
        ];
        let counts = counts.into_iter().filter(|(count, ..)| *count > 0);
        words.extend(counts.map(|(count, one, many)| counted(count, one, many)));
        if !self.folders.is_empty() {
            words.push(format!("what is in {}", self.folders.join(", ")));
        }
        if !self.passed.is_empty() {
            let passed: Vec<String> = self.passed.iter().map(|name| format!("`{name}`")).collect();
            words.push(format!("the pictures in {}, hidden or of a system", passed.join(", ")));
        }
        (!words.is_empty()).then(|| format!("left out: {}", words.join(", ")))
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// What a name in a folder stands for.
enum EntryKind {
    Folder,
    File,
    /// A link to nothing, or to itself.
    Dangling,
    Special,
}

fn entry_kind(path: &Path) -> Result<EntryKind, DataError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(EntryKind::Folder),
        Ok(found) if found.is_file() => Ok(EntryKind::File),
        Ok(_) => Ok(EntryKind::Special),
        Err(_) if path.is_symlink() => Ok(EntryKind::Dangling),
        Err(source) => Err(DataError::Read { path: path.to_owned(), source }),
    }
}

/// What a folder holds, sorted; hidden things and what systems put there are left out.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let failed = |source| DataError::Read { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if is_meant(&entry.file_name()) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// Notes the pictures in a folder that are passed over, and the folders that are and hold some.
fn passed_over(folder: &Path, left: &mut LeftOut) -> Result<(), DataError> {
    let failed = |source| DataError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_passed = path.file_name().is_some_and(|name| !is_meant(name));
        if is_passed && is_picture(&path) {
            left.hidden += 1;
        } else if is_passed && !path.is_symlink() && holds_picture(&path, DEPTH) {
            left.passed.insert(file_names::name(&path));
        }
    }
    Ok(())
}

/// How deep a folder that is passed over is looked into.
const DEPTH: usize = 4;

/// Whether a file is a picture by its name. What a Mac puts beside each file (`._000.png`) is none.
fn is_picture(path: &Path) -> bool {
    let is_beside = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"._"));
    !is_beside && path.is_file() && picture::ENDINGS.contains(&ending(path).as_str())
}

/// Whether a picture lies in a folder or below it.
fn holds_picture(folder: &Path, depth: usize) -> bool {
    let inside = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_one =
        |path: PathBuf| is_picture(&path) || (depth > 0 && !path.is_symlink() && holds_picture(&path, depth - 1));
    inside.into_iter().any(is_one)
}

fn is_meant(name: &OsStr) -> bool {
    let small = name.to_string_lossy().to_lowercase();
    !name.as_encoded_bytes().starts_with(b".") && !SYSTEM.contains(&small.as_str())
}

/// The folders in a folder, those left out that are links back to it or to what it lies in.
pub fn folders(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let here = [real(folder)?];
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir() && !leads_back(path, &here)).collect())
}

/// The pictures in a folder and in all folders below it, sorted; everything else is added to what was left out.
///
/// # Errors
/// If a folder cannot be read.
pub fn pictures(folder: &Path, left: &mut LeftOut) -> Result<Vec<PathBuf>, DataError> {
    let mut found = Vec::new();
    descend(folder, &mut vec![real(folder)?], &mut found, left)?;
    found.sort();
    Ok(found)
}

/// `around` holds the real paths of the folders that lead here, this one last: links may lead round in a circle.
fn descend(
    folder: &Path,
    around: &mut Vec<PathBuf>,
    found: &mut Vec<PathBuf>,
    left: &mut LeftOut,
) -> Result<(), DataError> {
    passed_over(folder, left)?;
    for path in entries(folder)? {
        match entry_kind(&path)? {
            EntryKind::Folder if leads_back(&path, around) => left.circular += 1,
            EntryKind::Folder => {
                around.push(real(&path)?);
                descend(&path, around, found, left)?;
                around.pop();
            }
            EntryKind::File if picture::ENDINGS.contains(&ending(&path).as_str()) => found.push(path),
            EntryKind::File => *left.endings.entry(ending(&path)).or_default() += 1,
            EntryKind::Dangling => left.dangling += 1,
            EntryKind::Special => left.special += 1,
        }
    }
    Ok(())
}

/// Counts what lies in a folder of classes and looks like data, but is in the folder of no class.
pub fn loose(folder: &Path, left: &mut LeftOut) -> Result<usize, DataError> {
    passed_over(folder, left)?;
    let mut pictures = 0;
    for path in entries(folder)? {
        let ending = ending(&path);
        let is_picture = picture::ENDINGS.contains(&ending.as_str());
        match entry_kind(&path)? {
            EntryKind::File if is_picture || DATA.contains(&ending.as_str()) => {
                left.loose += 1;
                pictures += usize::from(is_picture);
            }
            EntryKind::Folder if leads_back(&path, &[real(folder)?]) => left.circular += 1,
            EntryKind::Dangling => left.dangling += 1,
            EntryKind::Folder | EntryKind::File | EntryKind::Special => {}
        }
    }
    Ok(pictures)
}

fn real(folder: &Path) -> Result<PathBuf, DataError> {
    fs::canonicalize(folder).map_err(|source| DataError::Read { path: folder.to_owned(), source })
}

/// Whether a folder is one of those that lead to it, or holds one of them.
fn leads_back(path: &Path, around: &[PathBuf]) -> bool {
    fs::canonicalize(path).is_ok_and(|real| around.iter().any(|folder| folder.starts_with(&real)))
}

/// What stands behind the last dot of a name, in small letters.
fn ending(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}
