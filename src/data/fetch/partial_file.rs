//! The part of a file that was fetched so far, which lies under the file's name with `.part` behind it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::{FetchError, Trouble};
use super::unpack::unpack;
use crate::data::published::{Archive, KnownFile};
use crate::data::sha256_of;

/// Where the part of a file lies.
pub fn partial_path(path: &Path) -> PathBuf {
    path.with_added_extension("part")
}

/// The part of a file that was fetched so far, open and locked by this process alone.
pub struct PartialFile {
    pub path: PathBuf,
    file: File,
    pub len: u64,
}

impl PartialFile {
    pub fn open(path: PathBuf) -> Result<Self, FetchError> {
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(FetchError::file(&path, "written"))?;
        // The lock ends with the process, however that ends. Some shared folders know no locks: then there is none.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(FetchError::Busy { path });
        }
        let len = file.seek(SeekFrom::End(0)).map_err(FetchError::file(&path, "read"))?;
        Ok(Self { path, file, len })
    }

    pub fn restart(&mut self) -> Result<(), FetchError> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.rewind());
        emptied.map_err(FetchError::file(&self.path, "written"))?;
        self.len = 0;
        Ok(())
    }

    pub fn append(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file.write_all(bytes).map_err(FetchError::file(&self.path, "written"))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Checks a file that has its full size, and says what is wrong with it. If anything is, nothing is kept of it.
    pub fn check(&mut self, known: &KnownFile, begun: bool) -> Result<Option<Trouble>, FetchError> {
        self.file.sync_all().map_err(FetchError::file(&self.path, "written"))?;
        self.file.rewind().map_err(FetchError::file(&self.path, "read"))?;
        let found = sha256_of(&mut self.file).map_err(FetchError::file(&self.path, "read"))?;
        if found == known.sha256 {
            return Ok(None);
        }
        self.restart()?;
        Ok(Some(Trouble::Sum { expected: known.sha256.to_owned(), found, begun }))
    }

    /// Unpacks it as an archive; it has been checked.
    pub fn unpack(&mut self, archive: &Archive, folder: &str, into: &Path) -> Result<(), FetchError> {
        self.file.rewind().map_err(FetchError::file(&self.path, "read"))?;
        unpack(archive, folder, &self.file, into)
    }

    pub fn remove(self) -> Result<(), FetchError> {
        fs::remove_file(&self.path).map_err(FetchError::file(&self.path, "removed"))
    }
}
