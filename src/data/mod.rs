//! Data sets and what happens to an image on its way into a batch.
//!
//! A set is one file that ends in [`load`]: it gives a [`DataSet`] with a training and a test [`Source`]. Transforms
//! work on one image, the [`split`] on indices, and the [`loader`] prepares batches ahead on threads of its own.
//! Nothing here draws a number that a seed does not fix.

// Data sets are files.
#![allow(clippy::disallowed_methods)]

pub mod augment;
mod budget;
mod cifar;
mod cifar10;
mod cifar100;
mod classes;
mod contours;
mod digest;
mod error;
mod fashion_mnist;
pub mod fetch;
mod files;
mod folder;
mod genuine;
mod idx;
mod in_memory;
pub mod loader;
mod mnist;
mod names;
mod pickle;
pub(crate) mod picture;
pub mod random;
mod registry;
mod roots;
mod seen;
pub mod split;
mod survey;
mod tiny_imagenet;
pub mod transform;
mod unusable;
mod walk;

use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use digest::{sha256, sha256_of};
pub use error::DataError;
pub use in_memory::Packed;
pub(crate) use names::composed;
pub use picture::decode;
pub use roots::cache;
pub use survey::{Contents, FileSet, Meter};
pub use unusable::{Unfit, Unusable};

use lcnnc_lang::diag::{among, did_you_mean};

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
    /// One without a pixel.
    fn empty() -> Self {
        Self { channels: 0, height: 0, width: 0, pixels: Vec::new() }
    }

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
    /// SHA-256 in hexadecimal of what was read: equal sets have equal checksums, compressed or not. Empty until
    /// [`DataSet::read`] has read the files of a set of files.
    pub checksum: String,
    /// The files, and what is known of them; `None` for a set that is in memory as a whole.
    pub files: Option<Arc<FileSet>>,
    /// What is worth knowing about a set that is in memory as a whole, a line each.
    pub told: Vec<String>,
}

impl DataSet {
    /// Reads all files of a set of files, for their checksum and, if the request says so, for what they hold.
    ///
    /// # Errors
    /// If a file cannot be read. One that holds no picture is noted in the contents of the [`FileSet`].
    pub fn read(&mut self, request: &Request) -> Result<(), DataError> {
        if let Some(files) = &mut self.files {
            self.checksum = Arc::make_mut(files).read(self.shape, request)?;
        }
        Ok(())
    }

    /// What is worth knowing about the set, a line each.
    pub fn notes(&self) -> Vec<String> {
        let of_files = self.files.iter().flat_map(|files| &files.notes);
        self.told.iter().chain(of_files).cloned().collect()
    }

    /// The number of images at the end of the training half that are a validation half of their own; 0 without one.
    pub fn validation(&self) -> usize {
        self.files.as_ref().map_or(0, |files| files.validation)
    }

    /// Whether a set of files has a class without a picture, which nothing but the list of its classes tells.
    pub fn has_empty_class(&self) -> bool {
        let mut empty = vec![self.files.is_some(); self.classes.len()];
        for half in [&self.train, &self.test] {
            (0..half.len()).for_each(|i| empty[half.label(i)] = false);
        }
        empty.contains(&true)
    }

    /// Whether every file was found to hold a whole picture; `None` for a set that is in memory as a whole.
    pub fn verified(&self) -> Option<bool> {
        self.files.as_ref().map(|files| files.contents.as_ref().is_some_and(|contents| contents.broken.is_empty()))
    }
}

/// Where to look for a data set, and how.
#[derive(Clone, Default)]
pub struct Request {
    /// The data root that was asked for. If one was, no other place is tried.
    pub root: Option<PathBuf>,
    /// What follows the colon in `folder:PATH`; [`open`] fills it in.
    pub path: Option<PathBuf>,
    pub allow: Allow,
    /// Whether every file of a set of files is decoded, so that broken ones are known before any is used.
    pub verify: bool,
    /// The folder below which is remembered what files hold; without one, all are read each time.
    pub memory: Option<PathBuf>,
    /// Is told how far the reading of files has come.
    pub meter: Option<Arc<dyn Meter>>,
}

/// What a set may be, although it is rarely meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    /// One class alone.
    pub one_class: bool,
    /// Classes without a picture.
    pub empty_classes: bool,
    /// Another number of images than a set was published with.
    pub other_count: bool,
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
