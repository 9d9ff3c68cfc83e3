//! A folder of PNG and JPEG files, a folder a class, as torchvision's ImageFolder has it, and ImageNet.
//!
//! Images keep their sizes and channels, so the spec says what becomes of them: `resize`, and `colour` or `grayscale`
//! where some are grey and others not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{Files, checksum, entries, images};
use super::random::{Stream, Use};
use super::{DataError, DataSet, Request, Set, split};

pub const SET: Set = Set {
    name: "folder",
    about: "PNG and JPEG files in PATH/<class>/, or in PATH/train/<class>/ and PATH/test/<class>/, also called val or \
            validation",
    takes_path: true,
    load,
};

const LAYOUT: &str = "PATH/<class>/*.png, or PATH/train/<class>/*.png with PATH/test/<class>/*.png, or `val` or \
                      `validation` in place of `test` (also .jpg, .jpeg)";

/// What the folder of the test half may be called; the first that holds classes is taken. ImageNet's `test` has none,
/// because its labels are not public.
const TEST: [&str; 3] = ["test", "val", "validation"];

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
    let every = halves.train.values().chain(halves.test.values()).flatten();
    Ok(DataSet {
        name: format!("folder:{}", root.display()),
        checksum: checksum(&root, every)?,
        classes,
        shape: None,
        train: Arc::new(labelled(halves.train)),
        test: Arc::new(labelled(halves.test)),
    })
}

fn labelled(classes: Classes) -> Files {
    let one = |(label, files): (usize, Vec<PathBuf>)| files.into_iter().map(move |file| (file, label));
    Files { files: classes.into_values().enumerate().flat_map(one).collect(), shape: None }
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
        let train = root.join("train");
        // A class may be called `train`, too: then it holds images, not folders.
        if !train.is_dir() || folders(&train)?.is_empty() {
            return Self::divide(root, classes(root)?);
        }
        let Some(test) = test_folder(root)? else { return Self::divide(&train, classes(&train)?) };
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

/// The first that holds classes; if none does, the first that is there, for the error to name.
fn test_folder(root: &Path) -> Result<Option<PathBuf>, DataError> {
    let mut there = TEST.map(|name| root.join(name)).into_iter().filter(|folder| folder.is_dir()).peekable();
    let first = there.peek().cloned();
    for folder in there {
        if !folders(&folder)?.is_empty() {
            return Ok(Some(folder));
        }
    }
    Ok(first)
}

fn layout(path: &Path, problem: String) -> DataError {
    DataError::Layout { path: path.to_owned(), problem, expected: LAYOUT }
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
        classes.insert(name, images(&path, LAYOUT)?);
    }
    if classes.is_empty() {
        return Err(layout(folder, "it holds no folder, so there is no class".to_owned()));
    }
    Ok(classes)
}
