//! CIFAR-10 in its binary version: records of a label and a planar RGB image of 32 x 32 pixels (Krizhevsky, 2009).

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::roots::Layout;
use super::{DataError, DataSet, Packed, Request, Set, digest, idx};

pub const SET: Set = Set {
    name: "cifar10",
    about: "photographs of things and animals: 50,000 + 10,000 colour images of 32 x 32 pixels, 10 classes",
    takes_path: false,
    load,
};

pub const LAYOUT: Layout = Layout {
    set: "cifar10",
    folder: "cifar-10-batches-bin",
    files: &[
        "data_batch_1.bin",
        "data_batch_2.bin",
        "data_batch_3.bin",
        "data_batch_4.bin",
        "data_batch_5.bin",
        "test_batch.bin",
    ],
    gzip: false,
    origin: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
};

const CLASSES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

const SHAPE: [usize; 3] = [3, 32, 32];
/// A label and three planes.
const RECORD: usize = 1 + 3 * 32 * 32;
/// Records in a file of the published set. Fewer are taken too, if they are whole: a part of the set is a set.
const MOST_RECORDS: usize = 10_000;

fn load(request: &Request) -> Result<DataSet, DataError> {
    let folder = LAYOUT.find(request)?;
    let files = LAYOUT.files.iter().map(|file| read(&folder, file)).collect::<Result<Vec<_>, _>>()?;
    let checksum = digest::sha256(files.iter().map(Vec::as_slice));
    let (train, test) = files.split_at(LAYOUT.files.len() - 1);
    Ok(DataSet {
        name: LAYOUT.set.to_owned(),
        classes: CLASSES.iter().map(|&class| class.to_owned()).collect(),
        shape: Some(SHAPE),
        train: Arc::new(half("cifar10, training half", train)),
        test: Arc::new(half("cifar10, test half", test)),
        checksum,
    })
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>, DataError> {
    let (path, _) = LAYOUT.file(folder, name)?;
    let failed = |source| DataError::Read { path: path.clone(), source };
    let size = fs::metadata(&path).map_err(failed)?.len();
    let records = (size / RECORD as u64).clamp(1, MOST_RECORDS as u64);
    let expected = if size % RECORD as u64 == 0 { records } else { (records + 1).min(MOST_RECORDS as u64) };
    if size != expected * RECORD as u64 {
        let why = format!("{expected} whole records of {RECORD} bytes");
        return Err(DataError::Length { path, expected: expected * RECORD as u64, found: size, why });
    }
    let bytes = fs::read(&path).map_err(failed)?;
    let labels: Vec<u8> = bytes.chunks(RECORD).map(|record| record[0]).collect();
    idx::check_labels(&path, &labels, CLASSES.len())?;
    Ok(bytes)
}

fn half(name: &str, files: &[Vec<u8>]) -> Packed {
    let records = || files.iter().flat_map(|file| file.chunks_exact(RECORD));
    let mut pixels = Vec::with_capacity(records().count() * (RECORD - 1));
    records().for_each(|record| pixels.extend_from_slice(&record[1..]));
    Packed { name: name.to_owned(), shape: SHAPE, pixels, labels: records().map(|record| record[0]).collect() }
}
