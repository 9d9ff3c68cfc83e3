//! Whether the files that a set is read from are those that were published: whole files may be others.

use std::path::Path;

use super::fetch::{self, Known};
use super::roots::Layout;
use super::seen::{Record, Seen, Stamp};
use super::{Request, digest, names};

/// A file of a set, as it was read.
pub struct Part<'a> {
    pub path: &'a Path,
    /// All of its contents, unpacked, one piece after the other; of CIFAR's pickles, the records that they make.
    pub pieces: Vec<&'a [u8]>,
}

/// What is to be said of files, in the order of the published ones, that are others than those; `None` if none is. What was
/// compared before, and has not changed since, is remembered.
pub fn note(layout: &Layout, folder: &Path, parts: &[Part], request: &Request) -> Option<String> {
    let seen = Seen::open(request.memory.as_deref(), folder);
    let mut is_new = false;
    let one = |part: &Part| {
        let stamp = Stamp::of(part.path).ok()?;
        let known = seen.find(below(folder, part.path), &stamp).cloned();
        is_new |= known.is_none();
        let digest = || digest::sha256(part.pieces.iter().copied());
        Some(known.unwrap_or_else(|| Record { stamp, digest: digest(), shape: None }))
    };
    let records: Vec<Option<Record>> = parts.iter().map(one).collect();
    if is_new {
        let found = parts.iter().zip(&records);
        seen.remember(found.filter_map(|(part, record)| Some((below(folder, part.path), record.as_ref()?))));
    }
    let published = fetch::files(layout.set);
    let is_other =
        |(known, record): &(Known, &Option<Record>)| record.as_ref().is_none_or(|record| record.digest != known.sha256);
    let pairs = published.into_iter().zip(&records).zip(parts);
    let others: Vec<String> =
        pairs.filter(|(pair, _)| is_other(pair)).map(|(_, part)| names::name(part.path)).collect();
    let which = match others.len() {
        0 => return None,
        all if all == parts.len() => format!("none of its {all} files is as published"),
        1 => format!("{} is not as published", others[0]),
        _ => format!("{} are not as published", others.join(", ")),
    };
    let root = request.root.as_deref().map(|root| format!(" --data-root {}", root.display())).unwrap_or_default();
    // The pickles of a set are compared by what is in them, which that command does not look into.
    let is_checked = fetch::folder(layout.set) == Some(layout.folder);
    let command =
        if is_checked { format!("; `lcnnc data verify {}{root}` tells more", layout.set) } else { String::new() };
    Some(format!("{which}{command}"))
}

fn below<'p>(folder: &Path, path: &'p Path) -> &'p Path {
    path.strip_prefix(folder).unwrap_or(path)
}
