//! Published sets whose files are whole and not those that were published: another number of images is refused, and
//! whatever else is another one is said.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use lcnnc::data::{self, Allow, DataError, DataSet, Request};

use super::{cifar10_record, idx, write, write_cifar10, write_mnist};

fn asked(name: &str, request: &Request) -> Result<DataSet, DataError> {
    data::load(name, request)
}

/// As a user asks who has not said that another number of images is meant.
fn refused(name: &str, root: &Path, parts: &[&str]) {
    let request = Request { root: Some(root.to_owned()), ..Request::default() };
    let message = asked(name, &request).err().expect("this set must not load").to_string();
    for part in parts.iter().chain(&["as published", "`lcnnc data fetch", "`--allow-other-count`"]) {
        assert!(message.contains(part), "expected `{part}` in: {message}");
    }
}

#[test]
fn another_number_of_images_than_published_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let (root, folder) = (root.path(), root.path().join("cifar-10-batches-bin"));
    write_cifar10(root);
    refused("cifar10", root, &["data_batch_1.bin: expected 10000 images", "found 1;"]);
    // The training half is whole, and the test half lacks an image.
    let batch: Vec<u8> = cifar10_record(3).repeat(10_000);
    (1..=5).for_each(|n| write(&folder.join(format!("data_batch_{n}.bin")), &batch));
    write(&folder.join("test_batch.bin"), &batch[..batch.len() - 3073]);
    refused("cifar10", root, &["test_batch.bin: expected 10000 images", "found 9999;"]);

    let raw = root.join("MNIST/raw");
    write_mnist(root);
    write(&raw.join("train-images-idx3-ubyte"), &idx(&[59_999, 28, 28], &vec![0; 59_999 * 784]));
    write(&raw.join("train-labels-idx1-ubyte"), &idx(&[59_999], &vec![0; 59_999]));
    write(&raw.join("t10k-images-idx3-ubyte"), &idx(&[1, 28, 28], &[0; 784]));
    refused("mnist", root, &["train-images-idx3-ubyte: expected 60000 images", "found 59999;"]);
    fs::rename(root.join("MNIST"), root.join("FashionMNIST")).unwrap();
    refused("fashion-mnist", root, &["found 59999;"]);
}

/// All of the set's files are of the right size, and none is the published one.
#[test]
fn files_that_are_not_the_published_ones_are_said_and_remembered() {
    let root = tempfile::tempdir().unwrap();
    let (root, memory) = (root.path(), root.path().join("memory"));
    write_cifar10(root);
    let allow = Allow { other_count: true, ..Allow::default() };
    let request = Request { root: Some(root.to_owned()), allow, memory: Some(memory.clone()), ..Request::default() };
    let command = format!("`lcnnc data verify cifar10 --data-root {}` tells more", root.display());
    let expected = [format!("none of its 6 files is as published; {command}")];
    for entry in fs::read_dir(root.join("cifar-10-batches-bin")).unwrap() {
        let file = File::options().write(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    }
    for _ in 0..2 {
        assert_eq!(asked("cifar10", &request).unwrap().notes(), expected);
        assert_eq!(fs::read_dir(memory.join("seen")).unwrap().count(), 1);
    }
    let kept = fs::read_dir(memory.join("seen")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::read_to_string(kept).unwrap().lines().count(), 1 + 6, "a line for each file");
}
