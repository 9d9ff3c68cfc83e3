//! The data room from outside: sets are written to temporary folders in their published layouts and read back, each
//! fault must be named, and whatever is random must be fixed by its seed.

mod advice;
mod as_published;
mod augment;
mod class_folders;
mod contours;
mod data_roots;
mod faults;
mod folder;
mod gratings;
mod loader;
mod pickle;
mod pictures;
mod python2;
mod real;
mod sets;
mod sizes;
mod split;
mod statistics;
mod survey;
mod tiny_imagenet;
mod transform;

use std::fs;
use std::path::Path;

use lcnnc::data::{self, Allow, DataSet, Request};

/// Loads a set from a root; an error becomes its message.
fn load(name: &str, root: &Path) -> Result<DataSet, String> {
    let allow = Allow { other_count: true, ..Allow::default() };
    let request = Request { root: Some(root.to_owned()), allow, ..Request::default() };
    data::load(name, &request).map_err(|error| error.to_string())
}

/// The message of a set that must not load, which must hold each of `parts`.
#[track_caller]
fn refused(name: &str, root: &Path, parts: &[&str]) {
    let message = load(name, root).err().expect("this set must not load");
    for part in parts {
        assert!(message.contains(part), "expected `{part}` in: {message}");
    }
}

/// An idx file of unsigned bytes.
fn idx(sizes: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend_from_slice(body);
    bytes
}

/// Writes a file and the folders it lies in.
fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("files lie in a folder")).expect("temporary folders can be made");
    fs::write(path, bytes).expect("temporary files can be written");
}

const TRAIN: [u8; 12] = [0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6];
const TEST: [u8; 6] = [9, 8, 7, 6, 5, 4];

/// A tiny MNIST: two training images and a test image of 2 x 3 pixels.
fn write_mnist(root: &Path) {
    let raw = root.join("MNIST/raw");
    write(&raw.join("train-images-idx3-ubyte"), &idx(&[2, 2, 3], &TRAIN));
    write(&raw.join("train-labels-idx1-ubyte"), &idx(&[2], &[7, 0]));
    write(&raw.join("t10k-images-idx3-ubyte"), &idx(&[1, 2, 3], &TEST));
    write(&raw.join("t10k-labels-idx1-ubyte"), &idx(&[1], &[9]));
}

/// A tiny CIFAR-10: one record a file, whose label is the file's number and whose planes are told apart by their values.
fn write_cifar10(root: &Path) {
    for number in 0..6_u8 {
        let name = if number == 5 { "test_batch.bin".to_owned() } else { format!("data_batch_{}.bin", number + 1) };
        write(&root.join("cifar-10-batches-bin").join(name), &cifar10_record(number));
    }
}

fn cifar10_record(number: u8) -> Vec<u8> {
    let plane = |value: u8| [value; 32 * 32];
    [&[number][..], &plane(number), &plane(100), &plane(255)].concat()
}
