//! The published sets, where a machine has them: `LCNNC_TEST_DATA` names a data root in torchvision's layout.

use std::path::{Path, PathBuf};
use std::{env, fs};

use lcnnc::data::ImageSource;

use super::load;

fn root() -> Option<PathBuf> {
    let root = env::var_os("LCNNC_TEST_DATA").map(PathBuf::from);
    if root.is_none() {
        eprintln!("skipped: LCNNC_TEST_DATA names no data root, so there are no published sets to read");
    }
    root
}

fn counts(source: &dyn ImageSource) -> Vec<usize> {
    let mut counts = vec![0; 10];
    (0..source.len()).for_each(|i| counts[source.label(i)] += 1);
    counts
}

/// Mean and standard deviation over all pixels.
fn moments(source: &dyn ImageSource) -> [f64; 2] {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for i in 0..source.len() {
        for value in source.image(i).unwrap().pixels.into_iter().map(f64::from) {
            count += 1.0;
            sum += value;
            squares += value * value;
        }
    }
    [sum / count, (squares / count - (sum / count).powi(2)).sqrt()]
}

fn assert_moments(source: &dyn ImageSource, published: [f64; 2]) {
    let found = moments(source);
    assert!((0..2).all(|i| (found[i] - published[i]).abs() < 5e-5), "{found:?}");
}

#[test]
fn mnist() {
    let Some(root) = root() else { return };
    let set = load("mnist", &root).unwrap();
    assert_eq!(set.shape, Some([1, 28, 28]));
    assert_eq!(counts(&*set.train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    assert_eq!(counts(&*set.test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    assert_moments(&*set.train, [0.1307, 0.3081]);
}

#[test]
fn fashion_mnist() {
    let Some(root) = root() else { return };
    let set = load("fashion-mnist", &root).unwrap();
    assert_eq!((counts(&*set.train), counts(&*set.test)), (vec![6_000; 10], vec![1_000; 10]));
    assert_moments(&*set.train, [0.2860, 0.3530]);
}

#[test]
fn cifar10() {
    let Some(root) = root() else { return };
    let set = load("cifar10", &root).unwrap();
    assert_eq!(set.shape, Some([3, 32, 32]));
    assert_eq!((counts(&*set.train), counts(&*set.test)), (vec![5_000; 10], vec![1_000; 10]));
}

/// Both layouts of one set hold the same bytes, in the same order.
#[test]
#[cfg(unix)]
fn pickles_and_records_are_the_same() {
    let Some(root) = root() else { return };
    for (set, [records, pickles]) in [
        ("cifar10", ["cifar-10-batches-bin", "cifar-10-batches-py"]),
        ("cifar100", ["cifar-100-binary", "cifar-100-python"]),
    ] {
        if !root.join(records).is_dir() || !root.join(pickles).is_dir() {
            eprintln!("skipped: {} does not hold both {records} and {pickles}", root.display());
            continue;
        }
        let checksum = |folder: &str| {
            let only = tempfile::tempdir().unwrap();
            let target = fs::canonicalize(Path::new(&root).join(folder)).unwrap();
            std::os::unix::fs::symlink(target, only.path().join(folder)).unwrap();
            load(set, only.path()).unwrap().checksum
        };
        assert_eq!(checksum(records), checksum(pickles), "{set}");
    }
}
