//! Files that are not as they should be: each fault is named with what was expected and what was found.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;

use super::{TRAIN, cifar10_record, idx, refused, write, write_cifar10, write_mnist};

fn mnist() -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    write_mnist(root.path());
    let raw = root.path().join("MNIST/raw");
    (root, raw)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// MNIST with one file replaced by `bytes`, compressed or not, must be refused.
#[track_caller]
fn refused_with(file: &str, bytes: &[u8], parts: &[&str]) {
    let (root, raw) = mnist();
    fs::remove_file(raw.join(file.trim_end_matches(".gz"))).unwrap();
    write(&raw.join(file), bytes);
    refused("mnist", root.path(), &[&[file], parts].concat());
}

#[test]
fn missing() {
    let (root, raw) = mnist();
    fs::remove_file(raw.join("t10k-labels-idx1-ubyte")).unwrap();
    refused(
        "mnist",
        root.path(),
        &["t10k-labels-idx1-ubyte: missing", "https://ossci-datasets.s3.amazonaws.com/mnist/"],
    );
}

#[test]
fn truncated() {
    let whole = idx(&[2, 2, 3], &TRAIN);
    let short = ["too short", "expected 28 bytes", "2 x 2 x 3", "found 27"];
    refused_with("train-images-idx3-ubyte", &whole[..27], &short);
    refused_with("train-images-idx3-ubyte.gz", &gzip(&whole[..27]), &short);
    refused_with("train-images-idx3-ubyte", &whole[..9], &["expected 16 bytes (its header)", "found 9"]);
    refused_with("train-images-idx3-ubyte", &whole[..2], &["expected 16 bytes (its header)", "found 2"]);
    refused_with("train-images-idx3-ubyte", &[], &["expected 16 bytes (its header)", "found 0"]);
    refused_with("train-images-idx3-ubyte.gz", &gzip(&[]), &["expected 16 bytes (its header)", "found 0"]);
}

#[test]
fn too_long() {
    let mut long = idx(&[2, 2, 3], &TRAIN);
    long.extend([0; 5]);
    let parts = ["too long", "expected 28 bytes", "2 x 2 x 3", "found 33"];
    refused_with("train-images-idx3-ubyte", &long, &parts);
    refused_with("train-images-idx3-ubyte.gz", &gzip(&long), &parts);
}

#[test]
fn wrong_magic() {
    refused_with("train-images-idx3-ubyte", &idx(&[2], &[1, 2]), &["idx images", "0x00000803", "0x00000801"]);
    refused_with("t10k-labels-idx1-ubyte", &idx(&[1, 2, 3], &[0; 6]), &["idx labels", "0x00000801", "0x00000803"]);
    refused_with("train-images-idx3-ubyte", b"<html>not found</html>", &["0x00000803", "0x3c68746d"]);
}

#[test]
fn labels() {
    refused_with("train-labels-idx1-ubyte", &idx(&[2], &[0, 10]), &["image 1 has label 10", "below 10"]);
    refused_with("train-labels-idx1-ubyte", &idx(&[3], &[0, 1, 2]), &["expected 2 labels", "found 3"]);
}

#[test]
fn images_of_another_size_or_none() {
    refused_with("t10k-images-idx3-ubyte", &idx(&[1, 3, 3], &[0; 9]), &["2 x 3 pixels", "found 3 x 3"]);
    refused_with("t10k-images-idx3-ubyte", &idx(&[0, 2, 3], &[]), &["at least one image", "found 0 of 2 x 3"]);
    refused_with("t10k-images-idx3-ubyte", &idx(&[1, 0, 3], &[]), &["at least one image", "found 1 of 0 x 3"]);
}

#[test]
fn corrupt_gzip() {
    let whole = gzip(&idx(&[2, 2, 3], &TRAIN));
    let file = "train-images-idx3-ubyte.gz";
    refused_with(file, b"<html>", &["damaged gzip", "0x1f8b", "0x3c68"]);
    refused_with(file, &whole[..whole.len() - 9], &["damaged gzip", "ends too early"]);
    let mut changed = whole.clone();
    let checksum = changed.len() - 6;
    changed[checksum] ^= 0xff;
    refused_with(file, &changed, &["damaged gzip"]);
    for junk in [&b"more"[..], &[0x1f, 0x8b, 8], &[7; 100]] {
        refused_with(file, &[&whole[..], junk].concat(), &["damaged gzip", "what is behind its end is no gzip data"]);
    }
}

#[test]
fn a_huge_header_reserves_nothing() {
    let huge = idx(&[u32::MAX, u32::MAX, u32::MAX], &TRAIN);
    let parts = ["4294967295 x 4294967295 x 4294967295"];
    refused_with("train-images-idx3-ubyte", &huge, &[&parts[..], &["found 28"]].concat());
    refused_with("train-images-idx3-ubyte.gz", &gzip(&huge), &parts);
    let large = idx(&[1 << 20, 1 << 10, 1 << 10], &TRAIN);
    refused_with("train-images-idx3-ubyte.gz", &gzip(&large), &["expected 1099511627792 bytes", "the most"]);
}

/// A few bytes that would unpack to gigabytes are not unpacked: what the headers say does not fit.
#[test]
fn what_the_headers_say_is_compared_before_anything_large_is_unpacked() {
    let zeros = vec![0; 4 << 20];
    let bomb = gzip(&idx(&[4 << 20, 1, 1], &zeros));
    assert!(bomb.len() < 10_000);
    // The data are not as the header says, but nobody gets so far as to see it.
    let cut = &bomb[..bomb.len() - 4];
    refused_with("train-images-idx3-ubyte.gz", cut, &["expected 4194304 labels, one for each image", "found 2"]);
    let (root, raw) = mnist();
    for (file, sizes) in [("t10k-images-idx3-ubyte", &[4096, 32, 32][..]), ("t10k-labels-idx1-ubyte", &[4096])] {
        fs::remove_file(raw.join(file)).unwrap();
        let packed = gzip(&idx(sizes, &zeros[..sizes.iter().product::<u32>() as usize]));
        write(&raw.join(format!("{file}.gz")), &packed[..packed.len() - 4]);
    }
    refused("mnist", root.path(), &["t10k-images", "expected images of 2 x 3 pixels", "found 32 x 32"]);
    let goes_on = gzip(&[idx(&[2, 2, 3], &TRAIN), zeros].concat());
    refused_with("train-images-idx3-ubyte.gz", &goes_on, &["expected 28 bytes", "found at least 1048604"]);
}

#[test]
fn every_cut_and_every_changed_header_byte_is_an_error_not_a_panic() {
    let whole = idx(&[2, 2, 3], &TRAIN);
    let packed = gzip(&whole);
    for end in 0..whole.len() {
        refused_with("train-images-idx3-ubyte", &whole[..end], &[]);
    }
    for end in 0..packed.len() {
        refused_with("train-images-idx3-ubyte.gz", &packed[..end], &[]);
    }
    for place in 0..16 {
        let mut changed = whole.clone();
        changed[place] ^= 0x40;
        refused_with("train-images-idx3-ubyte", &changed, &[]);
    }
}

#[track_caller]
fn cifar10_refused_with(change: impl Fn(&Path), parts: &[&str]) {
    let root = tempfile::tempdir().unwrap();
    write_cifar10(root.path());
    change(&root.path().join("cifar-10-batches-bin"));
    refused("cifar10", root.path(), parts);
}

#[test]
fn cifar10() {
    let batch = |bytes: Vec<u8>| move |folder: &Path| write(&folder.join("data_batch_3.bin"), &bytes);
    let record = cifar10_record(1);
    cifar10_refused_with(batch(record[..3000].to_vec()), &["data_batch_3.bin: too short", "3073", "found 3000"]);
    cifar10_refused_with(batch(Vec::new()), &["data_batch_3.bin: too short", "3073", "found 0"]);
    let more = [&record[..], &record[..9]].concat();
    cifar10_refused_with(
        batch(more),
        &["too short: expected 6146 bytes (2 whole records of 3073 bytes)", "found 3082"],
    );
    let whole = record.repeat(10_001);
    cifar10_refused_with(batch(whole), &["too long: expected 30730000 bytes", "found 30733073"]);
    let label = [&[10][..], &record[1..]].concat();
    cifar10_refused_with(batch(label), &["data_batch_3.bin: image 0 has label 10"]);
    let remove = |folder: &Path| fs::remove_file(folder.join("test_batch.bin")).unwrap();
    cifar10_refused_with(remove, &["test_batch.bin: missing", "cifar-10-binary.tar.gz"]);
}

#[test]
fn a_folder_in_place_of_a_file() {
    let (root, raw) = mnist();
    fs::remove_file(raw.join("train-images-idx3-ubyte")).unwrap();
    fs::create_dir(raw.join("train-images-idx3-ubyte")).unwrap();
    refused("mnist", root.path(), &["train-images-idx3-ubyte: cannot be read"]);
}
