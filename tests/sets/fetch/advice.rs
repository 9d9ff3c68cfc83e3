//! What a message about published files advises is done, and then the set loads.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use lcnnc::data::fetch;
use lcnnc::data::published::{CompressedFile, KnownFile, Packaging, Published};
use lcnnc::data::{self, Allow, Request};
use tempfile::tempdir;

use super::server::{Answer, Server};
use super::{Notes, hasty, sha256};

/// A small MNIST: names, and what is in the files.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let idx = |sizes: &[u32], body: &[u8]| {
        let header = [0, 0, 8, sizes.len() as u8].into_iter().chain(sizes.iter().flat_map(|size| size.to_be_bytes()));
        header.chain(body.iter().copied()).collect::<Vec<u8>>()
    };
    vec![
        ("train-images-idx3-ubyte", idx(&[2, 2, 2], &[1; 8])),
        ("train-labels-idx1-ubyte", idx(&[2], &[3, 4])),
        ("t10k-images-idx3-ubyte", idx(&[1, 2, 2], &[2; 4])),
        ("t10k-labels-idx1-ubyte", idx(&[1], &[5])),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What `lcnnc data fetch mnist --data-root ROOT` does, from a server that has the small set.
fn fetch_mnist(root: &Path) {
    let made: Vec<(String, &str, Vec<u8>, Vec<u8>)> =
        files().into_iter().map(|(name, bytes)| (format!("{name}.gz"), name, gzip(&bytes), bytes)).collect();
    let served: Vec<(String, Vec<u8>)> =
        made.iter().map(|(name, _, packed, _)| (name.clone(), packed.clone())).collect();
    let server = Server::start(move |_, asked| {
        let (_, bytes) = served.iter().find(|(name, _)| asked.path.ends_with(name)).unwrap();
        Answer::file(bytes, asked)
    });
    let sums: Vec<[String; 2]> = made.iter().map(|(_, _, packed, plain)| [sha256(packed), sha256(plain)]).collect();
    let known = |name, bytes: &[u8], sha256| KnownFile { name, size: bytes.len() as u64, sha256 };
    let kept: Vec<CompressedFile> = made
        .iter()
        .zip(&sums)
        .map(|((packed_name, name, packed, plain), [packed_sum, plain_sum])| CompressedFile {
            packed: known(packed_name, packed, packed_sum),
            plain: known(name, plain, plain_sum),
        })
        .collect();
    let sources = [&*server.url()];
    let packaging = Packaging::Files(&kept);
    let set = Published { name: "mnist", folder: "MNIST/raw", sources: &sources, packaging };
    fetch::fetch(&set, root, &hasty(None), &mut Notes::default()).unwrap();
}

fn load(root: &Path) -> Result<usize, String> {
    let allow = Allow { other_count: true, ..Allow::default() };
    let request = Request { root: Some(root.to_owned()), allow, ..Request::default() };
    data::load("mnist", &request).map(|set| set.train.len()).map_err(|error| error.to_string())
}

#[test]
fn files_that_are_missing_or_damaged_are_fetched_as_the_message_says() {
    let root = tempdir().unwrap();
    let command = format!("run `lcnnc data fetch mnist --data-root {}`", root.path().display());
    let message = load(root.path()).unwrap_err();
    assert!(message.contains(&command), "{message}");
    fetch_mnist(root.path());
    assert_eq!(load(root.path()), Ok(2));

    let file = |name: &str| -> PathBuf { root.path().join("MNIST/raw").join(format!("{name}.gz")) };
    fs::remove_file(file("t10k-labels-idx1-ubyte")).unwrap();
    let message = load(root.path()).unwrap_err();
    assert!(message.contains("t10k-labels-idx1-ubyte: missing") && message.contains(&command), "{message}");
    fetch_mnist(root.path());
    assert_eq!(load(root.path()), Ok(2));

    let images = file("train-images-idx3-ubyte");
    let whole = fs::read(&images).unwrap();
    let wrong = gzip(&files()[1].1);
    let long = gzip(&[&files()[0].1[..], &[0; 9]].concat());
    for damaged in [&whole[..whole.len() / 2], b"<html>", &wrong, &long] {
        fs::write(&images, damaged).unwrap();
        let message = load(root.path()).unwrap_err();
        assert!(message.contains(&format!("; move it away and {command}")), "{message}");
        let path = message.split(": ").next().unwrap();
        fs::rename(path, root.path().join("away")).unwrap();
        fetch_mnist(root.path());
        assert_eq!(load(root.path()), Ok(2), "{message}");
    }
}
