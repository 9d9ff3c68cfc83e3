//! Sets of four idx files, as MNIST is: images and labels of a training half and of a test half.

use std::path::Path;
use std::sync::Arc;

use crate::data::files::as_published::{self, SetFile};
use crate::data::files::layout::Layout;
use crate::data::formats::idx::{IMAGES, Idx, IdxHeader, LABELS};
use crate::data::in_memory::check_labels;
use crate::data::{DataError, DataSet, InMemory, Request, sha256};

/// The four files, training half first, images before labels.
pub const FILES: &[&str] =
    &["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

/// How many images the training half and the test half of the published sets have.
const COUNTS: [u32; 2] = [60_000, 10_000];
/// Rows and columns of a published image.
const SIDE: u32 = 28;

/// Loads a set of four idx files.
///
/// # Errors
/// If a file is not there, cannot be read or is not as it must be, or the files do not go together.
pub fn load(layout: &Layout, classes: &[&str], request: &Request) -> Result<DataSet, DataError> {
    let folder = layout.find(request)?;
    load_from(layout, &folder, classes, request).map_err(layout.damaged(&folder))
}

fn load_from(layout: &Layout, folder: &Path, classes: &[&str], request: &Request) -> Result<DataSet, DataError> {
    let open = |file: usize, magic| -> Result<IdxHeader, DataError> {
        let (path, gzip) = layout.file(folder, FILES[file])?;
        IdxHeader::open(path, gzip, magic)
    };
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
        check_published(&train[0], COUNTS[0])?;
        check_published(&test[0], COUNTS[1])?;
    }
    let [train, test] = [read(train)?, read(test)?];
    let files = train.iter().chain(&test);
    let parts = files.map(|file| SetFile { path: &file.path, pieces: vec![&file.header, &file.body] });
    let parts: Vec<SetFile> = parts.collect();
    let checksum = sha256(parts.iter().flat_map(|part| part.pieces.iter().copied()));
    let told = as_published::note(layout, folder, &parts, request);
    let train = half(format!("{}, training half", layout.set()), train, classes.len())?;
    let test = half(format!("{}, test half", layout.set()), test, classes.len())?;
    Ok(DataSet {
        name: layout.set().to_owned(),
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
fn check([images, labels]: &[IdxHeader; 2]) -> Result<(), DataError> {
    let [count, height, width] = images.sizes[..] else {
        return Err(images.content("three dimensions", "others"));
    };
    if count == 0 || height == 0 || width == 0 {
        return Err(images.content("at least one image", &format!("{count} of {height} x {width} pixels")));
    }
    if labels.sizes[..] != [count] {
        let expected = format!("{count} labels, one for each image in {}", images.path().display());
        return Err(labels.content(&expected, &labels.sizes.iter().map(ToString::to_string).collect::<String>()));
    }
    Ok(())
}

/// Checks that a half has as many images, and of such a size, as the published one.
fn check_published(images: &IdxHeader, count: u32) -> Result<(), DataError> {
    let expected = [count, SIDE, SIDE];
    if images.sizes[..] == expected {
        return Ok(());
    }
    let path = images.path().to_owned();
    let words = |sizes: &[u32]| sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
    if images.sizes[1..] == expected[1..] {
        let found = images.sizes[0] as usize;
        return Err(DataError::Count { path, expected: format!("{count} images"), found });
    }
    Err(DataError::Content { path, expected: words(&expected), found: words(&images.sizes) })
}

/// Reads images and labels of one half, the labels first: they are small, and bound what the images can be.
fn read([images, labels]: [IdxHeader; 2]) -> Result<[Idx; 2], DataError> {
    let labels = labels.read()?;
    Ok([images.read()?, labels])
}

fn half(name: String, [images, labels]: [Idx; 2], classes: usize) -> Result<InMemory, DataError> {
    check_labels(&labels.path, &labels.body, classes)?;
    let [height, width] = [images.sizes[1] as usize, images.sizes[2] as usize];
    Ok(InMemory { name, shape: [1, height, width], pixels: images.body, labels: labels.body })
}
