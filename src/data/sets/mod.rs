//! The data sets that a user can name, one file each; what several of them share (`cifar_set`, `idx_set`); and the list
//! of all sets.

mod cifar10;
mod cifar100;
mod cifar_set;
mod contours;
mod fashion_mnist;
mod folder;
mod gratings;
mod idx_set;
mod mnist;
mod tiny_imagenet;

use std::path::PathBuf;

use lcnnc_lang::diag::{Diagnostic, among, did_you_mean};
use lcnnc_lang::front::settings::read;
use lcnnc_lang::vocabulary::{ArgValue, Bound, Type};

use super::fetch::FetchError;
use super::published::Published;
use super::{DataError, DataSet, Request};

/// A data set that can be asked for by name.
pub struct Set {
    pub name: &'static str,
    /// One line for a listing.
    pub about: &'static str,
    /// What is written behind the name.
    pub takes: Takes,
    /// What is known of the published files; `None` if there is nothing to fetch.
    pub published: Option<&'static Published<'static>>,
    pub load: fn(&Request) -> Result<DataSet, DataError>,
}

/// What is written behind the name of a data set.
pub enum Takes {
    Nothing,
    /// A path, as in `folder:PATH`.
    Path,
    /// Arguments in brackets, as in `gratings(size: 28)`; without them, each has its default.
    Arguments(&'static Type),
}

impl Set {
    /// The name as a user writes it.
    pub fn spelling(&self) -> String {
        match self.takes {
            Takes::Path => format!("{}:PATH", self.name),
            Takes::Nothing | Takes::Arguments(_) => self.name.to_owned(),
        }
    }
}

/// A data set as a user has named it.
pub struct Named {
    pub set: &'static Set,
    pub path: Option<PathBuf>,
    pub call: Option<Bound>,
}

/// Every data set there is.
pub const SETS: &[Set] = &[
    mnist::SET,
    fashion_mnist::SET,
    cifar10::SET,
    cifar100::SET,
    tiny_imagenet::SET,
    contours::SET,
    gratings::SET,
    folder::SET,
];

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
    let Named { set, path, call } = named(name)?;
    (set.load)(&Request { path, call, ..request.clone() })
}

/// The set that a name means, and what is written behind it.
///
/// # Errors
/// If there is no such set, or what is behind its name is not what it takes.
pub fn named(name: &str) -> Result<Named, DataError> {
    let (head, behind) = name.split_at(name.find([':', '(']).unwrap_or(name.len()));
    let unknown =
        || DataError::UnknownSet { name: head.to_owned(), help: nearest(head, &SETS.iter().collect::<Vec<_>>()) };
    let set = SETS.iter().find(|set| set.name == head.trim()).ok_or_else(unknown)?;
    let written = name.to_owned();
    match set.takes {
        Takes::Path => match behind.strip_prefix(':').filter(|path| !path.is_empty()) {
            Some(path) => Ok(Named { set, path: Some(PathBuf::from(path)), call: None }),
            None => Err(DataError::PathMissing { set: set.name }),
        },
        Takes::Nothing if behind.is_empty() => Ok(Named { set, path: None, call: None }),
        Takes::Nothing => Err(DataError::NameAlone { set: set.name, written }),
        Takes::Arguments(_) if behind.starts_with(':') => {
            let reason = format!("arguments stand in brackets, as in `{}(NAME: VALUE)`", set.name);
            Err(DataError::Arguments { written, reason })
        }
        Takes::Arguments(call) => match read("the data set", call, name) {
            Ok(ArgValue::Call(call)) => Ok(Named { set, path: None, call: Some(call) }),
            Ok(_) => Err(DataError::NameAlone { set: set.name, written }),
            Err(problems) => Err(DataError::Arguments { written, reason: said(&problems) }),
        },
    }
}

/// What is wrong with a text, in one line.
fn said(problems: &[Diagnostic]) -> String {
    let one = |problem: &Diagnostic| match &problem.help {
        Some(help) => format!("{}: {help}", problem.message),
        None => problem.message.clone(),
    };
    problems.iter().map(one).collect::<Vec<_>>().join("; ")
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
