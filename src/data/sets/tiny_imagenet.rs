//! Tiny ImageNet (Stanford's CS231n): 200 of ImageNet's classes, 64 x 64, a JPEG an image. The labels of its own test
//! half are not public, so its validation half is the test half here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Set, Takes};
use crate::data::files::layout::Layout;
use crate::data::files::picture_files::PictureFiles;
use crate::data::files::survey::{FileSet, ReadRecords};
use crate::data::formats::folder_walk::{self, LeftOut};
use crate::data::published::{Archive, ArchiveFormat, KnownFile, Packaging, Published};
use crate::data::{DataError, DataSet, Request};

pub const SET: Set = Set {
    name: PUBLISHED.name,
    about: "photographs of things and animals: 100,000 + 10,000 colour images of 64 x 64 pixels, 200 classes",
    takes: Takes::Nothing,
    published: Some(&PUBLISHED),
    load,
};

const WNIDS: &str = "wnids.txt";
const WORDS: &str = "words.txt";
const TRAIN: &str = "train";
const TEST: &str = "val/images";
const LABELS: &str = "val/val_annotations.txt";

const LAYOUT: Layout = Layout {
    published: &PUBLISHED,
    folder: PUBLISHED.folder,
    files: &[WNIDS, WORDS, TRAIN, TEST, LABELS],
    gzip: false,
    origin: "https://cs231n.stanford.edu/tiny-imagenet-200.zip",
    same_files: &[],
};

/// How many images the training half and the test half of the published set have.
const IMAGES: [usize; 2] = [100_000, 10_000];

/// Channels, height, width of every image. Some of the published images are grey; they are made colour.
const SHAPE: [usize; 3] = [3, 64, 64];

/// The number of each class by its WordNet id: its line in `wnids.txt`, from 0.
type Wnids = BTreeMap<String, usize>;

/// What is known of the published files.
///
/// JPEG does not shrink in a zip: what comes out is about as large as the archive. Stanford publishes no checksum:
/// several who fetched the archive, over https too, give the same one, and its 120,609 entries are the files and
/// folders that are counted here.
const PUBLISHED: Published<'static> = Published {
    name: "tiny-imagenet",
    folder: "tiny-imagenet-200",
    sources: &["https://cs231n.stanford.edu/"],
    packaging: Packaging::Archive(Archive {
        file: KnownFile {
            name: "tiny-imagenet-200.zip",
            size: 248_100_043,
            sha256: "6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821",
        },
        format: ArchiveFormat::Zip,
        most_entries: 130_000,
        most_bytes: 600_000_000,
        files: &[],
        // In `train` each of 200 classes has 500 images and a list of boxes; in `val` there is a list of labels.
        counts: &[("train", 100_200), ("val", 10_001), ("test", 10_000)],
    }),
};

fn load(request: &Request) -> Result<DataSet, DataError> {
    let folder = LAYOUT.find(request)?;
    load_from(folder.clone(), request).map_err(LAYOUT.damaged(&folder))
}

fn load_from(folder: PathBuf, request: &Request) -> Result<DataSet, DataError> {
    let (wnids, order) = wnids(&folder)?;
    let classes = names(&folder, &order)?;
    let mut left = LeftOut::default();
    let [train, test] = [train(&folder, &order, &mut left)?, test(&folder, &wnids)?];
    for (half, files, expected) in [(TRAIN, &train, IMAGES[0]), (TEST, &test, IMAGES[1])] {
        if files.len() != expected && !request.allow.other_count {
            let (path, expected) = (folder.join(half), format!("{expected} images"));
            return Err(DataError::Count { path, expected, found: files.len() });
        }
    }
    let found = ReadRecords::default();
    let files = FileSet {
        found: found.clone(),
        root: folder,
        paths: train.iter().chain(&test).map(|(path, _)| path.clone()).collect(),
        notes: left.told().into_iter().collect(),
        ..FileSet::default()
    };
    let after = train.len();
    let half = |files, first| Arc::new(PictureFiles { files, shape: Some(SHAPE), first, found: found.clone() });
    Ok(DataSet {
        name: SET.name.to_owned(),
        classes,
        shape: Some(SHAPE),
        train: half(train, 0),
        test: half(test, after),
        checksum: String::new(),
        files: Some(Arc::new(files)),
        told: Vec::new(),
    })
}

fn wnids(folder: &Path) -> Result<(Wnids, Vec<String>), DataError> {
    let (path, text) = text(folder, WNIDS)?;
    let order: Vec<String> = text.lines().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    let wnids: Wnids = order.iter().cloned().zip(0..).collect();
    if wnids.is_empty() || wnids.len() != order.len() {
        let found = format!("{} lines, {} of them different", order.len(), wnids.len());
        return Err(content(path, "a WordNet id a line, each once", &found));
    }
    Ok((wnids, order))
}

/// The first synonym of each class, with its id behind it where two classes share one.
fn names(folder: &Path, order: &[String]) -> Result<Vec<String>, DataError> {
    let (path, text) = text(folder, WORDS)?;
    let words: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once('\t')).collect();
    let name = |id: &String| match words.get(id.as_str()).and_then(|words| words.split(',').next()).map(str::trim) {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(content(path.clone(), &format!("a line `{id}`, a tab and its words"), "none")),
    };
    let names = order.iter().map(name).collect::<Result<Vec<String>, DataError>>()?;
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    names.iter().for_each(|name| *uses.entry(name).or_default() += 1);
    let unique = |(name, id): (&String, &String)| match uses[name.as_str()] {
        1 => name.clone(),
        _ => format!("{name} ({id})"),
    };
    Ok(names.iter().zip(order).map(unique).collect())
}

fn train(folder: &Path, order: &[String], left: &mut LeftOut) -> Result<Vec<(PathBuf, usize)>, DataError> {
    let mut files = Vec::new();
    for (label, id) in order.iter().enumerate() {
        let (class, _) = LAYOUT.file(folder, &format!("{TRAIN}/{id}/images"))?;
        let pictures = folder_walk::pictures(&class, left)?;
        if pictures.is_empty() {
            let left = left.told().map(|told| format!("; {told}")).unwrap_or_default();
            return Err(content(class, "train/<WordNet id>/images/*.JPEG", &format!("no picture{left}")));
        }
        files.extend(pictures.into_iter().map(|file| (file, label)));
    }
    Ok(files)
}

fn test(folder: &Path, wnids: &Wnids) -> Result<Vec<(PathBuf, usize)>, DataError> {
    let (path, text) = text(folder, LABELS)?;
    let mut files = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let mut fields = line.split('\t').map(str::trim);
        let (file, id) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let Some(&label) = wnids.get(id) else {
            let expected = format!("a file and a WordNet id of {WNIDS} in line {}, a tab between them", number + 1);
            return Err(content(path, &expected, &format!("`{file}` and `{id}`")));
        };
        if Path::new(file).file_name().is_none_or(|name| name != file) {
            return Err(content(path, &format!("the name of a file in line {}", number + 1), &format!("`{file}`")));
        }
        files.push((LAYOUT.file(folder, &format!("{TEST}/{file}"))?.0, label));
    }
    Ok(files)
}

/// The path of a text file of the set, and its text.
fn text(folder: &Path, name: &str) -> Result<(PathBuf, String), DataError> {
    let (path, _) = LAYOUT.file(folder, name)?;
    match fs::read(&path) {
        Ok(bytes) => Ok((path, String::from_utf8_lossy(&bytes).into_owned())),
        Err(source) => Err(DataError::Read { path, source }),
    }
}

fn content(path: PathBuf, expected: &str, found: &str) -> DataError {
    DataError::Content { path, expected: expected.to_owned(), found: found.to_owned() }
}
