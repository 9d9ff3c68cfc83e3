//! Compares the files that a set is read from with those that were published: a file may be whole and yet another one.

use std::path::Path;

use super::checksum_cache::{ChecksumCache, FileRecord, Stamp};
use super::layout::Layout;
use crate::data::published::KnownFile;
use crate::data::{Request, file_names, sha256};

/// A file of a set, as it was read.
pub struct SetFile<'a> {
    pub path: &'a Path,
    /// All of its contents, unpacked, one piece after the other; of CIFAR's pickles, the records that they make.
    pub pieces: Vec<&'a [u8]>,
}

/// A note that names the files that are not the published ones; `None` if all are. `files` are in the order of the
/// published ones. What was compared before, and has not changed since, is remembered.
pub fn note(layout: &Layout, folder: &Path, files: &[SetFile], request: &Request) -> Option<String> {
    let cache = ChecksumCache::open(request.memory.as_deref(), folder);
    let mut is_new = false;
    let one = |file: &SetFile| {
        let stamp = Stamp::of(file.path).ok()?;
        let known = cache.find(below(folder, file.path), &stamp).cloned();
        is_new |= known.is_none();
        let digest = || sha256(file.pieces.iter().copied());
        Some(known.unwrap_or_else(|| FileRecord { stamp, digest: digest(), shape: None }))
    };
    let records: Vec<Option<FileRecord>> = files.iter().map(one).collect();
    if is_new {
        let found = files.iter().zip(&records);
        cache.remember(found.filter_map(|(file, record)| Some((below(folder, file.path), record.as_ref()?))));
    }
    let published = layout.published.files();
    let is_other = |(known, record): &(KnownFile, &Option<FileRecord>)| {
        record.as_ref().is_none_or(|record| record.digest != known.sha256)
    };
    let pairs = published.into_iter().zip(&records).zip(files);
    let others: Vec<String> =
        pairs.filter(|(pair, _)| is_other(pair)).map(|(_, file)| file_names::name(file.path)).collect();
    let which = match others.len() {
        0 => return None,
        all if all == files.len() => format!("none of its {all} files is as published"),
        1 => format!("{} is not as published", others[0]),
        _ => format!("{} are not as published", others.join(", ")),
    };
    let root = request.root.as_deref().map(|root| format!(" --data-root {}", root.display())).unwrap_or_default();
    // The pickles of a set are compared by what is in them, which that command does not look into.
    let is_checked = layout.published.folder == layout.folder;
    let command =
        if is_checked { format!("; `lcnnc data verify {}{root}` tells more", layout.set()) } else { String::new() };
    Some(format!("{which}{command}"))
}

fn below<'p>(folder: &Path, path: &'p Path) -> &'p Path {
    path.strip_prefix(folder).unwrap_or(path)
}
