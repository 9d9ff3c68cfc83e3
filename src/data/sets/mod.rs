//! The data sets that a user can name, one file each; what several of them share (`cifar_set`, `idx_set`); and the list
//! of all sets.

mod cifar10;
mod cifar100;
mod cifar_set;
mod contours;
mod fashion_mnist;
mod folder;
mod idx_set;
mod mnist;
mod tiny_imagenet;

use std::path::PathBuf;

use lcnnc_lang::diag::{among, did_you_mean};

use super::fetch::FetchError;
use super::published::Published;
use super::{DataError, DataSet, Request};

/// A data set that can be asked for by name.
pub struct Set {
    pub name: &'static str,
    /// One line for a listing.
    pub about: &'static str,
    /// Whether the name is written with a path behind it, as in `folder:PATH`.
    pub takes_path: bool,
    /// What is known of the published files; `None` if there is nothing to fetch.
    pub published: Option<&'static Published<'static>>,
    pub load: fn(&Request) -> Result<DataSet, DataError>,
}

impl Set {
    /// The name as a user writes it.
    pub fn spelling(&self) -> String {
        if self.takes_path { format!("{}:PATH", self.name) } else { self.name.to_owned() }
    }
}

/// Every data set there is.
pub const SETS: &[Set] =
    &[mnist::SET, fashion_mnist::SET, cifar10::SET, cifar100::SET, tiny_imagenet::SET, contours::SET, folder::SET];

/// Loads the data set called `name`, such as `mnist` or `folder:photos`.
///
/// # Errors
/// If there is no such set, its files are in none of the places looked at, or one of them is not as it must be.
pub fn load(name: &str, request: &Request) -> Result<DataSet, DataError> {
    let mut set = open(name, request)?;
    set.read(request)?;
    Ok(set)
}

/// Opens a set as [`load`] does, but the files of a set of files are listed and not yet read.
///
/// # Errors
/// As for [`load`].
pub fn open(name: &str, request: &Request) -> Result<DataSet, DataError> {
    let (set, path) = named(name)?;
    (set.load)(&Request { path: path.map(PathBuf::from), ..request.clone() })
}

/// The set that a name means, and the path behind it, if it takes one.
///
/// # Errors
/// If there is no such set, or it should have a path and has none, or the other way round.
pub fn named(name: &str) -> Result<(&'static Set, Option<&str>), DataError> {
    let (head, path) = match name.split_once(':') {
        Some((head, path)) => (head, Some(path)),
        None => (name, None),
    };
    let unknown =
        || DataError::UnknownSet { name: head.to_owned(), help: nearest(head, &SETS.iter().collect::<Vec<_>>()) };
    let set = SETS.iter().find(|set| set.name == head).ok_or_else(unknown)?;
    match (set.takes_path, path) {
        (true, None | Some("")) => Err(DataError::PathMissing { set: set.name }),
        (false, Some(_)) => Err(DataError::PathUnwanted { set: set.name, written: name.to_owned() }),
        (_, path) => Ok((set, path)),
    }
}

/// What is known of every set that can be fetched, in the order of [`SETS`].
pub fn published() -> impl Iterator<Item = &'static Published<'static>> {
    SETS.iter().filter_map(|set| set.published)
}

/// What is known of the set called `name`, so that it can be fetched.
///
/// # Errors
/// If there is no such set, or none of its files is published.
pub fn published_as(name: &str) -> Result<&'static Published<'static>, FetchError> {
    published().find(|set| set.name == name).ok_or_else(|| {
        let sets: Vec<&Set> = SETS.iter().filter(|set| set.published.is_some()).collect();
        FetchError::UnknownSet { name: name.to_owned(), help: nearest(name, &sets) }
    })
}

/// What an error says about a name that none of the sets has: the set that was probably meant, and all that are known.
fn nearest(name: &str, sets: &[&Set]) -> String {
    let spellings: Vec<String> = sets.iter().map(|set| set.spelling()).collect();
    let known = among(spellings.iter().map(String::as_str));
    match did_you_mean(name, sets.iter().map(|set| set.name)) {
        Some(near) => format!("did you mean `{near}`? Known are {known}"),
        None => format!("known are {known}"),
    }
}
