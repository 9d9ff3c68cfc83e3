//! A data set: two halves of images with labels, and what is known about both.

use std::sync::Arc;

use super::files::survey::FileSet;
use super::{DataError, ImageSource, Request};

/// A data set: two halves that share no image, and what is known about both.
#[derive(Clone)]
pub struct DataSet {
    pub name: String,
    /// The name of each class, in the order of the labels.
    pub classes: Vec<String>,
    /// Channels, height, width of every image; `None` for a folder, whose images may differ.
    pub shape: Option<[usize; 3]>,
    pub train: Arc<dyn ImageSource>,
    pub test: Arc<dyn ImageSource>,
    /// SHA-256 in hexadecimal of what was read: equal sets have equal checksums, compressed or not. It is empty until
    /// [`DataSet::read`] has read the files of a set of files.
    pub checksum: String,
    /// The files, and what is known of them; `None` for a set that is in memory as a whole.
    pub files: Option<Arc<FileSet>>,
    /// Remarks for the user about a set that is in memory as a whole, one line each.
    pub told: Vec<String>,
}

impl DataSet {
    /// Reads all files of a set of files, for their checksum and, if the request says so, for what they hold.
    ///
    /// # Errors
    /// If a file cannot be read. A file that holds no picture is noted in the contents of the [`FileSet`].
    pub fn read(&mut self, request: &Request) -> Result<(), DataError> {
        if let Some(files) = &mut self.files {
            self.checksum = Arc::make_mut(files).read(self.shape, request)?;
        }
        Ok(())
    }

    /// All remarks for the user about this set and about its files, one line each.
    pub fn notes(&self) -> Vec<String> {
        let of_files = self.files.iter().flat_map(|files| &files.notes);
        self.told.iter().chain(of_files).cloned().collect()
    }

    /// The number of images at the end of the training half that are a validation half of their own; 0 without one.
    pub fn validation(&self) -> usize {
        self.files.as_ref().map_or(0, |files| files.validation)
    }

    /// Whether a class of this set has no picture. It is asked of sets of files alone; for others the answer is no.
    pub fn has_empty_class(&self) -> bool {
        let mut empty = vec![self.files.is_some(); self.classes.len()];
        for half in [&self.train, &self.test] {
            (0..half.len()).for_each(|i| empty[half.label(i)] = false);
        }
        empty.contains(&true)
    }

    /// Whether every file of this set was read and holds a whole picture; `None` for a set that is in memory as a whole.
    pub fn verified(&self) -> Option<bool> {
        self.files.as_ref().map(|files| files.contents.as_ref().is_some_and(|contents| contents.broken.is_empty()))
    }
}
