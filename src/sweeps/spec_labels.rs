//! What the specs of a sweep are called: by the names of their files, with as many folders as tell them apart.

use super::plan::stem;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// What each of some specs is called: the name of its file, as in `f_cnn`, and where another spec has that name, the shortest end of its
/// path that no other one has, as in `other/f_cnn`. Specs of one name with one text have one copy and are one spec.
pub(super) fn spec_labels<'a>(specs: impl Iterator<Item = (&'a Path, &'a str)>) -> BTreeMap<PathBuf, String> {
    // Of each copy the first path.
    let (mut firsts, mut all) = (BTreeMap::new(), Vec::new());
    for (path, copy) in specs {
        firsts.entry(copy).or_insert(path);
        all.push((path.to_owned(), copy));
    }
    let of: BTreeMap<&str, String> = firsts.iter().map(|(copy, path)| (*copy, label(path, copy, &firsts))).collect();
    all.into_iter().map(|(path, copy)| (path, of.get(copy).cloned().unwrap_or_default())).collect()
}

/// The shortest end of a path that no other copy's path has.
fn label(path: &Path, copy: &str, all: &BTreeMap<&str, &Path>) -> String {
    let others: BTreeSet<&Path> = all.iter().filter(|(other, _)| **other != copy).map(|(_, path)| *path).collect();
    let own = parts(path);
    let differs = |n: &usize| others.iter().all(|other| end(&parts(other), *n) != end(&own, *n));
    // A path that is the end of another one is told from it by its whole length.
    let most = all.values().map(|path| parts(path).len()).max().unwrap_or_default();
    match (1..=most).find(differs) {
        Some(n) => end(&own, n),
        // Paths that differ in their ending alone.
        None => stem(Path::new(copy)),
    }
}

/// The folders of a path and the name of its file, without its ending.
fn parts(path: &Path) -> Vec<String> {
    let plain = |part: Component| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        Component::ParentDir => Some("..".to_owned()),
        _ => None,
    };
    let folders = path.parent().into_iter().flat_map(Path::components).filter_map(plain);
    folders.chain([stem(path)]).collect()
}

/// The last parts of a path, so many at most.
fn end(parts: &[String], n: usize) -> String {
    parts[parts.len().saturating_sub(n)..].join("/")
}
