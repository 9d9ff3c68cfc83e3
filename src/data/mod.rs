//! Data sets and what happens to an image on its way into a batch.
//!
//! A set is one file that ends in [`load`]: it gives a [`DataSet`] with a training and a test [`Source`]. Transforms
//! work on one image, the [`split`] on indices, and the [`loader`] prepares batches ahead on threads of its own.
//! Nothing here draws a number that a seed does not fix.

// Data sets are files.
#![allow(clippy::disallowed_methods)]

pub mod augment;
mod cifar;
mod cifar10;
mod cifar100;
mod contours;
mod decode;
mod digest;
mod error;
mod fashion_mnist;
pub mod fetch;
mod files;
mod folder;
mod idx;
pub mod loader;
mod mnist;
mod named;
mod packed;
mod pickle;
pub mod random;
mod roots;
pub mod split;
mod tiny_imagenet;
pub mod transform;

use std::path::PathBuf;
use std::sync::Arc;

pub use decode::decode;
pub(crate) use digest::sha256;
pub use error::DataError;
pub use packed::Packed;

use crate::diag::{among, did_you_mean};

/// One image, planar: all rows of the first channel, then of the second; values from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// `channels * height * width` values.
    pub pixels: Vec<f32>,
}

impl Image {
    /// Channels, height, width.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }
}

/// Labelled images, read in any order and from several threads at once.
pub trait Source: Send + Sync {
    /// How many images there are.
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The class of image `i`, an index into [`DataSet::classes`].
    ///
    /// # Panics
    /// If `i` is not below [`Source::len`].
    fn label(&self, i: usize) -> usize;

    /// Image `i`.
    ///
    /// # Errors
    /// If there is no such image, or its file cannot be read or decoded.
    fn image(&self, i: usize) -> Result<Image, DataError>;

    /// Image `i` as an error message calls it.
    fn name(&self, i: usize) -> String {
        format!("image {i}")
    }
}

/// A data set: two halves that share no image, and what is known about both.
#[derive(Clone)]
pub struct DataSet {
    pub name: String,
    /// The name of each class, in the order of the labels.
    pub classes: Vec<String>,
    /// Channels, height, width of every image; `None` for a folder, whose images may differ.
    pub shape: Option<[usize; 3]>,
    pub train: Arc<dyn Source>,
    pub test: Arc<dyn Source>,
    /// SHA-256 in hexadecimal of what was read: equal sets have equal checksums, compressed or not.
    pub checksum: String,
}

/// Where to look for a data set.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The data root that was asked for. If one was, no other place is tried.
    pub root: Option<PathBuf>,
    /// What follows the colon in `folder:PATH`; [`load`] fills it in.
    pub path: Option<PathBuf>,
}

/// A data set that can be asked for by name.
pub struct Set {
    pub name: &'static str,
    /// One line for a listing.
    pub about: &'static str,
    /// Whether the name is written with a path behind it, as in `folder:PATH`.
    pub takes_path: bool,
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
    let set = SETS.iter().find(|set| set.name == head).ok_or_else(|| unknown(head))?;
    match (set.takes_path, path) {
        (true, None | Some("")) => Err(DataError::PathMissing { set: set.name }),
        (false, Some(_)) => Err(DataError::PathUnwanted { set: set.name, written: name.to_owned() }),
        (_, path) => Ok((set, path)),
    }
}

fn unknown(name: &str) -> DataError {
    let spellings: Vec<String> = SETS.iter().map(Set::spelling).collect();
    let known = among(spellings.iter().map(String::as_str));
    let help = match did_you_mean(name, SETS.iter().map(|set| set.name)) {
        Some(near) => format!("did you mean `{near}`? Known are {known}"),
        None => format!("known are {known}"),
    };
    DataError::UnknownSet { name: name.to_owned(), help }
}
