//! Archives, unpacked into folders. An archive was checked when it came, but a mirror's owner could be wrong about more
//! than that: what comes out stays below one folder, is made of files and folders alone, and is bounded.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::EntryType;
use zip::ZipArchive;

use super::error::FetchError;
use crate::data::published::{Archive, ArchiveFormat};

/// Unpacks an archive whose entries all lie below `folder` into the folder `into`, which is there and empty.
pub fn unpack(archive: &Archive, folder: &str, file: &File, into: &Path) -> Result<(), FetchError> {
    let mut tree = Tree { archive, folder, into, folders: BTreeSet::new(), entries: 0, bytes: 0 };
    match archive.format {
        ArchiveFormat::TarGz => tar_gz(file, &mut tree),
        ArchiveFormat::Zip => zip(file, &mut tree),
    }
}

fn tar_gz(file: &File, tree: &mut Tree) -> Result<(), FetchError> {
    // Headers and padding come on top of the contents, and are bounded with them.
    let most = tree.archive.most_bytes + 2048 * (tree.archive.most_entries as u64 + 1);
    let mut archive = tar::Archive::new(MultiGzDecoder::new(io::BufReader::new(file)).take(most));
    for entry in archive.entries().map_err(|error| broken(tree.archive, &error))? {
        let mut entry = entry.map_err(|error| broken(tree.archive, &error))?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            // Says something of all entries, and is none.
            EntryType::XGlobalHeader => {}
            EntryType::Directory => tree.folder(&name)?,
            EntryType::Regular | EntryType::Continuous => {
                let size = entry.size();
                tree.file(&name, size, &mut entry)?;
            }
            EntryType::Symlink | EntryType::Link => return Err(tree.refused(&name, "is a link")),
            EntryType::Char | EntryType::Block | EntryType::Fifo => return Err(tree.refused(&name, "is a device")),
            _ => return Err(tree.refused(&name, "is neither a file nor a folder")),
        }
    }
    Ok(())
}

/// The bits of a Unix file mode that say what kind of file it is.
const KIND: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const DIRECTORY: u32 = 0o040_000;
const LINK: u32 = 0o120_000;

fn zip(file: &File, tree: &mut Tree) -> Result<(), FetchError> {
    let mut archive = ZipArchive::new(file).map_err(|error| broken(tree.archive, &error))?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| broken(tree.archive, &error))?;
        let name = entry.name().map_err(|error| broken(tree.archive, &error))?.into_owned();
        match entry.unix_mode().unwrap_or_default() & KIND {
            LINK => return Err(tree.refused(&name, "is a link")),
            // Archives that were not made on Unix say nothing.
            0 | REGULAR | DIRECTORY => {}
            _ => return Err(tree.refused(&name, "is a device")),
        }
        if entry.is_dir() {
            tree.folder(&name)?;
        } else {
            let size = entry.size();
            tree.file(&name, size, &mut entry)?;
        }
    }
    Ok(())
}

fn broken(archive: &Archive, error: &dyn std::error::Error) -> FetchError {
    FetchError::Archive { archive: archive.file.name.to_owned(), reason: error.to_string() }
}

/// The files and folders that have come out of an archive so far.
struct Tree<'a> {
    archive: &'a Archive<'a>,
    folder: &'a str,
    into: &'a Path,
    /// The folders that were made.
    folders: BTreeSet<PathBuf>,
    entries: usize,
    bytes: u64,
}

impl Tree<'_> {
    fn refused(&self, entry: &str, reason: &str) -> FetchError {
        let archive = self.archive.file.name.to_owned();
        FetchError::Entry { archive, entry: entry.escape_debug().to_string(), reason: reason.to_owned() }
    }

    /// Counts an entry, and says where it goes.
    fn place(&mut self, name: &str) -> Result<PathBuf, FetchError> {
        self.entries += 1;
        if self.entries > self.archive.most_entries {
            let reason = format!("is one too many: expected at most {}", self.archive.most_entries);
            return Err(self.refused(name, &reason));
        }
        let mut path = PathBuf::new();
        for component in Path::new(name).components() {
            match component {
                Component::Normal(part) => path.push(part),
                Component::CurDir => {}
                Component::ParentDir => return Err(self.refused(name, "leads out of its folder by `..`")),
                Component::RootDir | Component::Prefix(_) => return Err(self.refused(name, "has an absolute path")),
            }
        }
        if path.starts_with(self.folder) {
            Ok(self.into.join(path))
        } else {
            Err(self.refused(name, &format!("is not below `{}/`, where all must be", self.folder)))
        }
    }

    fn folder(&mut self, name: &str) -> Result<(), FetchError> {
        let path = self.place(name)?;
        self.make(&path)
    }

    fn make(&mut self, path: &Path) -> Result<(), FetchError> {
        if self.folders.insert(path.to_owned()) {
            fs::create_dir_all(path).map_err(FetchError::file(path, "made"))?;
        }
        Ok(())
    }

    fn file(&mut self, name: &str, size: u64, contents: &mut impl Read) -> Result<(), FetchError> {
        let path = self.place(name)?;
        let left = self.archive.most_bytes - self.bytes;
        let bomb = |tree: &Self| {
            let most = tree.archive.most_bytes;
            tree.refused(name, &format!("is too large: expected at most {most} bytes from the whole archive"))
        };
        if size > left {
            return Err(bomb(self));
        }
        if let Some(folder) = path.parent() {
            self.make(folder)?;
        }
        // The size that an entry declares is a claim.
        let mut contents = contents.take(left + 1);
        let mut file = File::create_new(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => self.refused(name, "is there twice"),
            _ => FetchError::file(&path, "made")(error),
        })?;
        let bytes = self.copy(name, &mut contents, &mut file, &path)?;
        if bytes > left {
            return Err(bomb(self));
        }
        self.bytes += bytes;
        Ok(())
    }

    /// Copies as `io::copy` does, which does not say whether the archive is broken or the disk is full.
    fn copy(&self, name: &str, contents: &mut impl Read, file: &mut File, path: &Path) -> Result<u64, FetchError> {
        let (mut bytes, mut chunk) = (0, [0; 1 << 14]);
        loop {
            let count = contents.read(&mut chunk);
            let count = count.map_err(|error| self.refused(name, &format!("cannot be unpacked: {error}")))?;
            if count == 0 {
                return Ok(bytes);
            }
            file.write_all(&chunk[..count]).map_err(FetchError::file(path, "written"))?;
            bytes += count as u64;
        }
    }
}
