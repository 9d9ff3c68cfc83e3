//! CIFAR-10 and CIFAR-100 as sets: files with the images of the training half, the last file with those of the test
//! half, in either of two layouts.

use std::path::Path;
use std::sync::Arc;

use crate::data::files::as_published::{self, SetFile};
use crate::data::files::layout::{self, Layout};
use crate::data::formats::cifar::{PIXELS, Records, SHAPE};
use crate::data::in_memory::check_labels;
use crate::data::{DataError, DataSet, InMemory, Request, sha256};

/// One of the two sets, CIFAR-10 or CIFAR-100: how its files are laid out.
pub struct CifarSet {
    /// The binary version, which is looked for first.
    pub binary: Layout,
    /// The pickled version, with the same number of files in the same order.
    pub pickled: Layout,
    pub records: Records,
    /// How many images each file of the published set holds, the test half's last. Fewer are taken where that was asked
    /// for.
    pub counts: &'static [usize],
}

impl CifarSet {
    /// Loads the set in the first of its layouts that is there; `classes` reads the names of the classes from its
    /// folder.
    ///
    /// # Errors
    /// If the set is not found, or a file of it cannot be read or is not as it must be.
    pub fn load(
        &self,
        request: &Request,
        classes: impl FnOnce(&Layout, &Path) -> Result<Vec<String>, DataError>,
    ) -> Result<DataSet, DataError> {
        let (layout, folder) = layout::find(&[&self.binary, &self.pickled], request)?;
        self.load_from(layout, &folder, request, classes).map_err(layout.damaged(&folder))
    }

    fn load_from(
        &self,
        layout: &Layout,
        folder: &Path,
        request: &Request,
        classes: impl FnOnce(&Layout, &Path) -> Result<Vec<String>, DataError>,
    ) -> Result<DataSet, DataError> {
        let classes = classes(layout, folder)?;
        let (mut files, mut paths) = (Vec::with_capacity(layout.files.len()), Vec::new());
        for (name, &most) in layout.files.iter().zip(self.counts) {
            let (path, _) = layout.file(folder, name)?;
            let pickled = layout.folder == self.pickled.folder;
            let records = if pickled { self.records.unpickle(&path, most)? } else { self.records.read(&path, most)? };
            let labels: Vec<u8> = self.records.split(&records).map(|record| self.records.label(record)).collect();
            check_labels(&path, &labels, classes.len())?;
            if labels.len() != most && !request.allow.other_count {
                return Err(DataError::Count { path, expected: format!("{most} images"), found: labels.len() });
            }
            files.push(records);
            paths.push(path);
        }
        let parts = paths.iter().zip(&files).map(|(path, records)| SetFile { path, pieces: vec![records] });
        let told = as_published::note(layout, folder, &parts.collect::<Vec<SetFile>>(), request);
        let (train, test) = files.split_at(files.len() - 1);
        Ok(DataSet {
            name: layout.set().to_owned(),
            classes,
            shape: Some(SHAPE),
            train: Arc::new(self.half("training", train)?),
            test: Arc::new(self.half("test", test)?),
            checksum: sha256(files.iter().map(Vec::as_slice)),
            files: None,
            told: told.into_iter().collect(),
        })
    }

    fn half(&self, half: &str, files: &[Vec<u8>]) -> Result<InMemory, DataError> {
        let records = || files.iter().flat_map(|file| self.records.split(file));
        let (name, mut pixels) = (format!("{}, {half} half", self.binary.set()), Vec::new());
        let needed = records().count() * PIXELS;
        pixels.try_reserve_exact(needed).map_err(|_| DataError::Memory {
            work: format!("reading {name}"),
            needed: needed as u64,
            parts: "its images".to_owned(),
        })?;
        records().for_each(|record| pixels.extend_from_slice(self.records.pixels(record)));
        let labels = records().map(|record| self.records.label(record)).collect();
        Ok(InMemory { name, shape: SHAPE, pixels, labels })
    }
}
