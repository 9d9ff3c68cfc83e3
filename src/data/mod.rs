//! Data sets, and what happens to an image on its way into a batch.
//!
//! | room or file | holds |
//! |---|---|
//! | [`sets`] | one file for each data set that a user can name, and the list of them |
//! | `formats` | how files on a disk are read: pictures, idx, CIFAR's records, pickles, folders of classes |
//! | `files` | the files of a set on this machine: where they lie, what they hold, whether a run can use them |
//! | [`published`], [`fetch`] | what is known of sets that somebody publishes, and how these are fetched and checked |
//! | [`augment`], [`transform`] | what is done to an image, at random or always; one file for each kind |
//! | [`split`], [`loader`] | which images train and which validate; batches, prepared ahead on threads |
//! | [`gratings`] | pictures of stripes, as a data set and for analyses of tuning |
//! | [`statistics`] | the mean and the standard deviation of training images |
//!
//! A set is loaded by [`load`]: that gives a [`DataSet`] with a training half and a test half, each an [`ImageSource`]. No number here is random without being fixed by a seed ([`random`]). `sets` may use all other rooms, and
//! no other room uses `sets`; `formats` uses no other room.

// Data sets are files.
#![allow(clippy::disallowed_methods)]

pub mod augment;
mod checksum;
mod data_set;
mod error;
pub mod fetch;
mod file_names;
mod files;
mod formats;
pub mod gratings;
mod image;
mod in_memory;
mod kind;
pub mod loader;
mod memory_budget;
pub mod published;
pub mod random;
mod request;
pub mod sets;
pub mod split;
pub mod statistics;
pub mod transform;

pub use checksum::sha256;
pub(crate) use checksum::{sha256_of, short};
pub use data_set::DataSet;
pub use error::DataError;
pub(crate) use file_names::composed;
pub use files::data_roots::cache;
pub use files::loose_pictures::{picture_files, pictures};
pub use files::survey::{Contents, FileSet};
pub use files::unusable::{Unfit, Unusable};
pub(crate) use formats::picture;
pub use formats::picture::decode;
pub use image::{Image, ImageSource};
pub use in_memory::InMemory;
pub use request::{Allow, Meter, Request};
pub use sets::{SETS, Set, load, named, open};
