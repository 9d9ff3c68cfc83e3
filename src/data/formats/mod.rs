//! How the files of data sets are read: one file or folder for each format.

pub mod cifar;
pub mod class_folders;
pub mod folder_walk;
pub mod idx;
pub mod pickle;
pub mod picture;
