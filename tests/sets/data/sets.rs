//! Sets that are as they should be.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use lcnnc::data::{self, ImageSource, Request, SETS};
use sha2::{Digest, Sha256};

use super::{TEST, TRAIN, cifar10_record, idx, load, refused, write, write_cifar10, write_mnist};

fn bytes(source: &dyn ImageSource, i: usize) -> Vec<u8> {
    source.image(i).unwrap().pixels.iter().map(|value| (value * 255.0).round() as u8).collect()
}

fn compress(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let packed = PathBuf::from(format!("{}.gz", path.display()));
        let mut encoder = GzEncoder::new(File::create(packed).unwrap(), Compression::default());
        encoder.write_all(&fs::read(&path).unwrap()).unwrap();
        encoder.finish().unwrap();
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn mnist_is_read_back_plain_and_compressed() {
    let root = tempfile::tempdir().unwrap();
    write_mnist(root.path());
    let plain = load("mnist", root.path()).unwrap();
    compress(&root.path().join("MNIST/raw"));
    let packed = load("mnist", root.path()).unwrap();
    assert_eq!(plain.checksum, packed.checksum, "compression must not change what a set is");
    for set in [plain, packed] {
        assert_eq!((set.name.as_str(), set.shape), ("mnist", Some([1, 2, 3])));
        assert_eq!((set.train.len(), set.test.len()), (2, 1));
        assert_eq!([bytes(&*set.train, 0), bytes(&*set.train, 1)].concat(), TRAIN);
        assert_eq!(bytes(&*set.test, 0), TEST);
        assert_eq!([set.train.label(0), set.train.label(1), set.test.label(0)], [7, 0, 9]);
        assert_eq!(set.train.image(0).unwrap().pixels[1], 0.2);
        assert_eq!(set.classes, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    }
}

#[test]
fn a_checksum_is_the_sha256_of_the_files() {
    let root = tempfile::tempdir().unwrap();
    write_mnist(root.path());
    let files = [idx(&[2, 2, 3], &TRAIN), idx(&[2], &[7, 0]), idx(&[1, 2, 3], &TEST), idx(&[1], &[9])];
    let expected: String = Sha256::digest(files.concat()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(load("mnist", root.path()).unwrap().checksum, expected);
}

#[test]
fn fashion_mnist_lies_beside_mnist_and_has_its_own_classes() {
    let root = tempfile::tempdir().unwrap();
    write_mnist(root.path());
    fs::rename(root.path().join("MNIST"), root.path().join("FashionMNIST")).unwrap();
    let set = load("fashion-mnist", root.path()).unwrap();
    assert_eq!(set.classes[0], "T-shirt/top");
    assert_eq!(set.classes[9], "Ankle boot");
    refused("mnist", root.path(), &["`mnist` was not found", "MNIST/raw/train-images-idx3-ubyte (or .gz)"]);
}

#[test]
fn cifar10_is_read_back() {
    let root = tempfile::tempdir().unwrap();
    write_cifar10(root.path());
    let set = load("cifar10", root.path()).unwrap();
    assert_eq!((set.train.len(), set.test.len(), set.shape), (5, 1, Some([3, 32, 32])));
    for i in 0..5 {
        assert_eq!(set.train.label(i), i);
        assert_eq!(bytes(&*set.train, i), cifar10_record(i as u8)[1..]);
    }
    assert_eq!(set.classes[set.test.label(0)], "dog");
}

#[test]
fn files_of_several_records_are_read_in_order() {
    let root = tempfile::tempdir().unwrap();
    write_cifar10(root.path());
    let three = [cifar10_record(9), cifar10_record(8), cifar10_record(7)].concat();
    write(&root.path().join("cifar-10-batches-bin/data_batch_2.bin"), &three);
    let set = load("cifar10", root.path()).unwrap();
    let labels: Vec<usize> = (0..set.train.len()).map(|i| set.train.label(i)).collect();
    assert_eq!(labels, [0, 9, 8, 7, 2, 3, 4]);
    assert_eq!(bytes(&*set.train, 2), cifar10_record(8)[1..]);
}

#[test]
fn a_root_that_was_asked_for_is_the_only_one() {
    let root = tempfile::tempdir().unwrap();
    refused(
        "cifar10",
        root.path(),
        &[
            "`cifar10` was not found",
            "cifar-10-batches-bin/data_batch_1.bin",
            &root.path().display().to_string(),
            "--data-root",
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        ],
    );
}

#[test]
fn an_image_that_is_not_there_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    write_mnist(root.path());
    let set = load("mnist", root.path()).unwrap();
    for i in [1, usize::MAX] {
        let message = set.test.image(i).unwrap_err().to_string();
        assert_eq!(message, format!("image {i} of mnist, test half was asked for, but there are only 1"));
    }
}

#[test]
fn a_wrong_name_gets_a_suggestion() {
    let message = |name| data::load(name, &Request::default()).err().unwrap().to_string();
    assert!(message("fashionmnist").contains("did you mean `fashion-mnist`?"));
    let unknown = message("imagenet");
    assert!(unknown.contains("known are `mnist`, ") && unknown.contains(" or `folder:PATH`"), "{unknown}");
    assert!(SETS.iter().all(|set| unknown.contains(&format!("`{}`", set.spelling()))), "{unknown}");
    assert!(message("").contains("there is no data set ``"));
    assert!(message("folder").contains("write `folder:PATH`"));
    assert!(message("folder:").contains("write `folder:PATH`"));
    assert!(message("mnist:/data").contains("write `mnist`"));
}

#[test]
fn names_are_unique() {
    let names: BTreeSet<&str> = SETS.iter().map(|set| set.name).collect();
    assert_eq!(names.len(), SETS.len());
    assert!(SETS.iter().all(|set| !set.about.is_empty() && !set.name.contains(':')));
}
