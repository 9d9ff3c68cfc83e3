//! What is known of the published sets, as far as it can be known without them.

use std::collections::BTreeSet;
use std::fs;

use lcnnc::data::fetch;
use lcnnc::data::published::{KnownFile, Packaging};
use lcnnc::data::sets::{published, published_as};
use tempfile::tempdir;

fn known() -> Vec<KnownFile<'static>> {
    let files = published().flat_map(|set| match set.packaging {
        Packaging::Files(files) => files.iter().flat_map(|file| [file.packed, file.plain]).collect::<Vec<_>>(),
        Packaging::Archive(archive) => [&[archive.file], archive.files].concat(),
    });
    files.collect()
}

#[test]
fn every_checksum_is_one_and_no_two_files_share_it() {
    let known = known();
    for file in &known {
        let is_hex = file.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        assert!(file.sha256.len() == 64 && is_hex && file.size > 0, "{file:?}");
    }
    let sums: BTreeSet<&str> = known.iter().map(|file| file.sha256).collect();
    assert_eq!(sums.len(), known.len());
}

#[test]
fn every_source_has_tls_and_is_a_folder() {
    for source in published().flat_map(|set| set.sources) {
        assert!(source.starts_with("https://") && source.ends_with('/'), "{source}");
    }
}

#[test]
fn what_comes_out_of_an_archive_is_within_its_bounds() {
    for set in published() {
        let Packaging::Archive(archive) = set.packaging else { continue };
        let bytes: u64 = archive.files.iter().map(|file| file.size).sum();
        let files = archive.files.len() + archive.counts.iter().map(|(_, count)| count).sum::<usize>();
        assert!(bytes < archive.most_bytes && files < archive.most_entries && files > 0, "{}", set.name);
    }
}

#[test]
fn sets_are_found_where_the_loaders_look() {
    for set in published() {
        let root = tempdir().unwrap();
        assert!(fetch::locate(set, Some(root.path())).is_err(), "{}", set.name);
        fs::create_dir_all(root.path().join(set.folder)).unwrap();
        let first = match set.packaging {
            Packaging::Files(files) => files[0].plain.name,
            Packaging::Archive(archive) => archive.files.first().map_or("wnids.txt", |file| file.name),
        };
        fs::write(root.path().join(set.folder).join(first), b"").unwrap();
        assert_eq!(fetch::locate(set, Some(root.path())).unwrap(), root.path().join(set.folder));
        let findings = fetch::verify(set, &root.path().join(set.folder)).unwrap();
        assert!(findings.iter().all(|finding| finding.difference.is_some()), "nothing of {} is as published", set.name);
    }
}

#[test]
fn an_unknown_set_is_answered_with_those_that_are_known() {
    let message = published_as("cifar-10").unwrap_err().to_string();
    assert!(message.contains("there is no data set `cifar-10` to fetch; did you mean `cifar10`"), "{message}");
    assert!(message.contains("tiny-imagenet"), "{message}");
}
