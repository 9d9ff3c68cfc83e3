//! A folder of PNG and JPEG files, a folder a class, as torchvision's ImageFolder has it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::decode::decode;
use super::random::{Stream, Use};
use super::{DataError, DataSet, Image, Request, Set, Source, digest, split};

pub const SET: Set = Set {
    name: "folder",
    about: "PNG and JPEG files in PATH/<class>/, or in PATH/train/<class>/ and PATH/test/<class>/",
    takes_path: true,
    load,
};

/// Of each class, where no test folder is given.
const TEST_SHARE: f64 = 0.15;
/// Not the run's seed: the test half is the same for every run.
const TEST_SEED: u64 = 0;

/// The files of each class, sorted.
type Classes = BTreeMap<String, Vec<PathBuf>>;

fn load(request: &Request) -> Result<DataSet, DataError> {
    let root = request.path.clone().unwrap_or_default();
    let halves = Halves::find(&root)?;
    let classes: Vec<String> = halves.train.keys().cloned().collect();
    Ok(DataSet {
        name: format!("folder:{}", root.display()),
        checksum: checksum(&root, &halves)?,
        classes,
        shape: None,
        train: Arc::new(Folder::new(halves.train)),
        test: Arc::new(Folder::new(halves.test)),
    })
}

/// Images that are decoded when they are asked for.
struct Folder {
    files: Vec<(PathBuf, usize)>,
}

impl Folder {
    fn new(classes: Classes) -> Self {
        let labelled = |(label, files): (usize, Vec<PathBuf>)| files.into_iter().map(move |file| (file, label));
        Self { files: classes.into_values().enumerate().flat_map(labelled).collect() }
    }
}

impl Source for Folder {
    fn len(&self) -> usize {
        self.files.len()
    }

    fn label(&self, i: usize) -> usize {
        self.files[i].1
    }

    fn image(&self, i: usize) -> Result<Image, DataError> {
        match self.files.get(i) {
            Some((path, _)) => decode(path),
            None => Err(DataError::NoSuchImage { name: self.name(i), len: self.files.len() }),
        }
    }

    fn name(&self, i: usize) -> String {
        self.files.get(i).map_or_else(|| format!("image {i}"), |(path, _)| path.display().to_string())
    }
}

struct Halves {
    train: Classes,
    test: Classes,
}

impl Halves {
    fn find(root: &Path) -> Result<Self, DataError> {
        if !root.is_dir() {
            let problem = if root.exists() { "not a folder" } else { "there is no such folder" };
            return Err(layout(root, problem.to_owned()));
        }
        let (train, test) = (root.join("train"), root.join("test"));
        // A class may be called `train`, too: then it holds images, not folders.
        if !train.is_dir() || folders(&train)?.is_empty() {
            return Self::divide(root, classes(root)?);
        }
        if !test.is_dir() {
            return Self::divide(&train, classes(&train)?);
        }
        let halves = Self { train: classes(&train)?, test: classes(&test)? };
        let (trained, tested): (Vec<_>, Vec<_>) = (halves.train.keys().collect(), halves.test.keys().collect());
        if trained != tested {
            let problem = format!("its classes are {tested:?}, those of {} are {trained:?}", train.display());
            return Err(layout(&test, problem));
        }
        Ok(halves)
    }

    /// Takes a fixed random part of each class as the test half.
    fn divide(root: &Path, classes: Classes) -> Result<Self, DataError> {
        let mut halves = Self { train: Classes::new(), test: Classes::new() };
        for (number, (class, files)) in classes.into_iter().enumerate() {
            let indices: Vec<usize> = (0..files.len()).collect();
            let parts = split::divide(&indices, TEST_SHARE, &mut Stream::new(TEST_SEED, Use::TestHalf, number as u64));
            let pick = |part: &[usize]| part.iter().map(|&i| files[i].clone()).collect();
            halves.train.insert(class.clone(), pick(&parts.train));
            halves.test.insert(class, pick(&parts.validation));
        }
        if halves.test.values().all(Vec::is_empty) {
            let problem = "every class has a single image, so none can be set aside for the test".to_owned();
            return Err(layout(root, problem));
        }
        Ok(halves)
    }
}

fn layout(path: &Path, problem: String) -> DataError {
    DataError::Layout { path: path.to_owned(), problem }
}

/// What a folder holds, hidden things left out, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let failed = |source| DataError::Read { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// The folders in a folder, those left out that are links back to it or to what it lies in.
fn folders(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let here = fs::canonicalize(folder).map_err(|source| DataError::Read { path: folder.to_owned(), source })?;
    let inside = |path: &PathBuf| path.is_dir() && fs::canonicalize(path).is_ok_and(|real| !here.starts_with(real));
    Ok(entries(folder)?.into_iter().filter(inside).collect())
}

fn classes(folder: &Path) -> Result<Classes, DataError> {
    let mut classes = Classes::new();
    for path in folders(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        classes.insert(name, images(&path)?);
    }
    if classes.is_empty() {
        return Err(layout(folder, "it holds no folder, so there is no class".to_owned()));
    }
    Ok(classes)
}

fn images(class: &Path) -> Result<Vec<PathBuf>, DataError> {
    let entries = entries(class)?;
    let others = entries.len();
    let images: Vec<PathBuf> = entries.into_iter().filter(|path| is_image(path)).collect();
    if images.is_empty() {
        return Err(layout(class, format!("this class has no image (files of other kinds: {others})")));
    }
    Ok(images)
}

fn is_image(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    ["png", "jpg", "jpeg"].contains(&ending.as_str()) && path.is_file()
}

/// Over each file's path below `root` and its contents.
fn checksum(root: &Path, halves: &Halves) -> Result<String, DataError> {
    let mut files: Vec<&PathBuf> = halves.train.values().chain(halves.test.values()).flatten().collect();
    files.sort();
    let line = |path: &&PathBuf| {
        let contents = fs::read(path).map_err(|source| DataError::Read { path: PathBuf::clone(path), source })?;
        let below = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        Ok(format!("{}  {below}\n", digest::sha256([contents.as_slice()])))
    };
    let lines = files.par_iter().map(line).collect::<Result<Vec<String>, DataError>>()?;
    Ok(digest::sha256(lines.iter().map(String::as_bytes)))
}
