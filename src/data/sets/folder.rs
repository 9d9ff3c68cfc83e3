//! A folder of pictures, a folder a class, as torchvision's ImageFolder has it, and ImageNet.
//!
//! Images keep their sizes and channels, so the spec says what becomes of them: `resize`, and `colour` or `grayscale`
//! where some are grey and others not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Set, Takes};
use crate::data::files::picture_files::PictureFiles;
use crate::data::files::survey::{FileSet, ReadRecords};
use crate::data::formats::class_folders::{self, Classes, EXPECTED};
use crate::data::formats::folder_walk::{self, LeftOut, folders};
use crate::data::random::{Stream, Use};
use crate::data::{DataError, DataSet, Request, file_names, split};

pub const SET: Set = Set {
    name: "folder",
    about: "PNG, JPEG, BMP, WebP, TIFF, PPM and PGM files in PATH/<class>/, or in PATH/train/<class>/ and \
            PATH/test/<class>/, also called val or validation; with all three, val is for validation",
    takes: Takes::Path,
    published: None,
    load,
};

const TRAIN: &str = "train";
/// What the folder of the test half may be called; the first that holds classes is taken. ImageNet's `test` has none,
/// because its labels are not public.
const TEST: [&str; 3] = ["test", "val", "validation"];
/// What else people call the halves. A folder with classes called so is none.
const MEANT: [&str; 9] = ["train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval"];

/// The share of each class that is tested with, where no test folder is given.
const TEST_SHARE: f64 = 0.15;
/// The seed that divides off the test half. It is not the run's, so that this half is the same for every run.
const TEST_SEED: u64 = 0;

fn load(request: &Request) -> Result<DataSet, DataError> {
    let root = request.path.clone().unwrap_or_default();
    let mut left = LeftOut::default();
    let halves = Halves::find(&root, request, &mut left)?;
    let classes: Vec<String> = halves.train.keys().cloned().collect();
    let found = ReadRecords::default();
    let [train, validation, test] = [halves.train, halves.validation, halves.test].map(labelled);
    let held_out = validation.len();
    let train: Vec<_> = train.into_iter().chain(validation).collect();
    let files = FileSet {
        root: root.clone(),
        paths: train.iter().chain(&test).map(|(path, _)| path.clone()).collect(),
        validation: held_out,
        notes: left.told().into_iter().chain(halves.note).collect(),
        contents: None,
        found: found.clone(),
    };
    Ok(DataSet {
        name: format!("folder:{}", root.display()),
        checksum: String::new(),
        classes,
        shape: None,
        test: Arc::new(PictureFiles { files: test, shape: None, first: train.len(), found: found.clone() }),
        train: Arc::new(PictureFiles { files: train, shape: None, first: 0, found }),
        files: Some(Arc::new(files)),
        told: Vec::new(),
    })
}

/// Lists each file with the number of its class.
fn labelled(classes: Classes) -> Vec<(PathBuf, usize)> {
    let one = |(label, files): (usize, Vec<PathBuf>)| files.into_iter().map(move |file| (file, label));
    classes.into_values().enumerate().flat_map(one).collect()
}

struct Halves {
    train: Classes,
    /// The validation half; it has no classes if there is none of its own.
    validation: Classes,
    test: Classes,
    /// What is to be said about them.
    note: Option<String>,
}

impl Halves {
    fn find(root: &Path, request: &Request, left: &mut LeftOut) -> Result<Self, DataError> {
        if !root.is_dir() {
            let problem = if root.exists() { "not a folder" } else { "there is no such folder" };
            return Err(layout(root, problem.to_owned()));
        }
        let inside = folders(root)?;
        // A class may be called `train`, too: then it holds images, not folders.
        let Some(train) = with_classes(&inside, &[TRAIN])?.into_iter().next() else {
            if let Some(names) = meant_as_halves(&inside)? {
                let remedy = "call them `train` and `test`, and `val` if there is a third".to_owned();
                let problem = format!("its folders {names} seem to be halves of a set, and would be taken for classes");
                return Err(DataError::Classes { path: root.to_owned(), problem, remedy });
            }
            return Self::divide(root, class_folders::read(root, request, left)?);
        };
        let (test, validation) = halves(&inside)?;
        let used = [Some(&train), test.as_ref(), validation.as_ref()];
        left.folders =
            inside.iter().filter(|folder| !used.contains(&Some(folder))).map(|folder| name(folder)).collect();
        folder_walk::loose(root, left)?;
        let trained = class_folders::read(&train, request, left)?;
        let Some(test) = test else { return Self::divide(&train, trained) };
        let mut half = |folder: &Path| class_folders::read_as((&train, &trained), folder, request, left);
        let (test, of) = (half(&test)?, validation.as_deref());
        let validation = of.map_or(Ok(BTreeMap::new()), &mut half)?;
        let note =
            of.map(|folder| format!("the validation half is {}; `validation` in `data` is not used", name(folder)));
        Ok(Self { train: trained, validation, test, note })
    }

    /// Takes a fixed random part of each class as the test half.
    fn divide(root: &Path, classes: Classes) -> Result<Self, DataError> {
        let (mut train, mut test) = (Classes::new(), Classes::new());
        for (number, (class, files)) in classes.into_iter().enumerate() {
            let indices: Vec<usize> = (0..files.len()).collect();
            let parts = split::divide(&indices, TEST_SHARE, &mut Stream::new(TEST_SEED, Use::TestHalf, number as u64));
            let pick = |part: &[usize]| part.iter().map(|&i| files[i].clone()).collect();
            train.insert(class.clone(), pick(&parts.train));
            test.insert(class, pick(&parts.validation));
        }
        if test.values().all(Vec::is_empty) {
            let problem = "every class has a single image, so none can be set aside for the test".to_owned();
            return Err(layout(root, problem));
        }
        Ok(Self { train, validation: Classes::new(), test, note: None })
    }
}

/// The folder of the test half, and that of the validation half where `test` stands beside it. If none of those that
/// may be the test half holds classes, it is the first that is there, for the error to name.
fn halves(inside: &[PathBuf]) -> Result<(Option<PathBuf>, Option<PathBuf>), DataError> {
    let mut full = with_classes(inside, &TEST)?.into_iter();
    let Some(test) = full.next() else { return Ok((called(inside, &TEST).into_iter().next(), None)) };
    let is_test = test.file_name().is_some_and(|name| name.eq_ignore_ascii_case(TEST[0]));
    Ok((Some(test), full.next().filter(|_| is_test)))
}

/// The folders that are called one of the names, in any case of letters, in the order of the names.
fn called(folders: &[PathBuf], names: &[&str]) -> Vec<PathBuf> {
    let one = |wanted: &&str| {
        let is = |same: fn(&str, &str) -> bool| {
            let of =
                move |folder: &&PathBuf| folder.file_name().is_some_and(|name| same(&name.to_string_lossy(), wanted));
            folders.iter().find(of)
        };
        is(|name, wanted| name == wanted).or_else(|| is(str::eq_ignore_ascii_case)).cloned()
    };
    names.iter().filter_map(one).collect()
}

/// The folders that are called one of the names and hold folders.
fn with_classes(folders: &[PathBuf], names: &[&str]) -> Result<Vec<PathBuf>, DataError> {
    let mut full = Vec::new();
    for folder in called(folders, names) {
        if !self::folders(&folder)?.is_empty() {
            full.push(folder);
        }
    }
    Ok(full)
}

/// The names of folders that all are called as halves are, and hold folders in turn.
fn meant_as_halves(folders: &[PathBuf]) -> Result<Option<String>, DataError> {
    let halves = with_classes(folders, &MEANT)?;
    let names: Vec<String> = halves.iter().map(|folder| name(folder)).collect();
    Ok((!halves.is_empty() && halves.len() == folders.len()).then(|| names.join(" and ")))
}

/// The name of a folder, for messages.
fn name(folder: &Path) -> String {
    format!("`{}`", file_names::name(folder))
}

fn layout(path: &Path, problem: String) -> DataError {
    DataError::Layout { path: path.to_owned(), problem, expected: EXPECTED }
}
