//! The files of a data set on this machine: where they lie, what they hold, whether they are the published ones, and
//! whether a run can use them.

pub mod as_published;
mod checksum_cache;
pub mod data_roots;
pub mod layout;
pub mod loose_pictures;
pub mod picture_files;
pub mod survey;
pub mod unusable;
