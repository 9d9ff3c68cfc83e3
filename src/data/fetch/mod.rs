//! Published sets, brought to a data root: fetched over https, checked against known checksums, unpacked with care.
//!
//! A file of which a part is there is gone on with at the next call; a file that is whole is checked and never changed.
//! [`fetch`] takes any [`Published`] set, not only those that are listed in [`sets`](super::sets).

mod download;
mod error;
mod partial_file;
mod transport;
mod unpack;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};
use std::slice;

pub use error::{FetchError, Trouble};
pub use transport::RetryPolicy;
pub use verify::{Difference, Finding, verify};

use super::files::data_roots;
use super::published::{Archive, CompressedFile, KnownFile, Packaging, Published};
use download::Download;
use partial_file::{PartialFile, partial_path};
use transport::{Agents, address};

/// Is told how far the fetching of a set has come.
pub trait FetchWatcher {
    /// Announces that a file is being fetched, of which `done` of `size` bytes are there.
    fn begin(&mut self, file: &str, done: u64, size: u64);

    /// Is told how many bytes of the file are there now.
    fn at(&mut self, done: u64);

    /// Announces that no more of the file comes for now.
    fn end(&mut self);

    /// Is told in words what went wrong without being the end, or what else is done that takes its time.
    fn note(&mut self, text: &str);
}

/// From where to fetch, and how patiently.
#[derive(Clone, Debug, Default)]
pub struct FetchOptions {
    /// The address of a mirror: a folder that holds the files. If there is one, the sources of the set are not asked.
    pub from: Option<String>,
    pub retry: RetryPolicy,
}

/// How a call of [`fetch`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Fetched,
    /// Nothing was fetched, since everything was there and is as published.
    WasThere,
}

/// The data root to fetch to: the one that was asked for, `$LCNNC_DATA`, `./data` if it is there, or the user's cache.
///
/// # Errors
/// If there is none.
pub fn root(asked: Option<&Path>) -> Result<PathBuf, FetchError> {
    data_roots::home(asked).ok_or(FetchError::NoRoot)
}

/// The folder of a set under the first data root that has one.
///
/// # Errors
/// If none has.
pub fn locate(set: &Published, asked: Option<&Path>) -> Result<PathBuf, FetchError> {
    let places = data_roots::places(asked);
    let folders = places.iter().filter_map(|place| Some(place.root.as_ref()?.join(set.folder)));
    folders.into_iter().find(|folder| holds_any(set, folder)).ok_or_else(|| {
        let places = places.iter().map(|place| format!("\n  {}", place.describe())).collect();
        FetchError::Absent { set: set.name.to_owned(), places }
    })
}

/// Whether a folder is that of a set, whole or not. Parts alone are not the set.
fn holds_any(set: &Published, folder: &Path) -> bool {
    match set.packaging {
        Packaging::Files(files) => missing(set, folder).0 < files.len(),
        Packaging::Archive(_) => folder.exists(),
    }
}

/// How many of a set's files are not in its folder, and of how many; whether those that are there are right is for
/// [`verify`] to say.
pub fn missing(set: &Published, folder: &Path) -> (usize, usize) {
    let is_there = |name: &str| folder.join(name).exists();
    let there: Vec<bool> = match set.packaging {
        Packaging::Files(files) => {
            files.iter().map(|file| is_there(file.packed.name) || is_there(file.plain.name)).collect()
        }
        Packaging::Archive(Archive { files, counts, .. }) => {
            let names = files.iter().map(|file| file.name).chain(counts.iter().map(|&(name, _)| name));
            names.map(is_there).collect()
        }
    };
    (there.iter().filter(|&&is_there| !is_there).count(), there.len())
}

/// How many bytes of a set that is not there were fetched by earlier calls.
pub fn begun(set: &Published, root: &Path) -> u64 {
    let parts: Vec<PathBuf> = match set.packaging {
        Packaging::Files(files) => {
            let folder = root.join(set.folder);
            let paths = files.iter().flat_map(|file| {
                let path = folder.join(file.packed.name);
                [partial_path(&path), path]
            });
            paths.collect()
        }
        Packaging::Archive(archive) => vec![partial_path(&root.join(archive.file.name))],
    };
    parts.iter().filter_map(|part| fs::metadata(part).ok()).map(|part| part.len()).sum()
}

/// Brings a set below a data root.
///
/// # Errors
/// If something else is in its place, it cannot be fetched from any source, is not what is known of it, or cannot be
/// written. What was fetched is kept, and the next call goes on from there.
pub fn fetch(
    set: &Published,
    root: &Path,
    options: &FetchOptions,
    watch: &mut dyn FetchWatcher,
) -> Result<Outcome, FetchError> {
    let folder = root.join(set.folder);
    let job = FetchJob { set, folder: &folder, options, agents: Agents::new(options.retry) };
    match set.packaging {
        Packaging::Files(files) => job.files(files, watch),
        Packaging::Archive(archive) => job.archive(&archive, root, watch),
    }
}

struct FetchJob<'a> {
    set: &'a Published<'a>,
    folder: &'a Path,
    options: &'a FetchOptions,
    agents: Agents,
}

impl FetchJob<'_> {
    /// Fetches those files that are there in neither form.
    fn files(&self, files: &[CompressedFile], watch: &mut dyn FetchWatcher) -> Result<Outcome, FetchError> {
        let is_there =
            |file: &&CompressedFile| [file.packed, file.plain].iter().any(|one| self.folder.join(one.name).exists());
        let (there, missing): (Vec<&CompressedFile>, Vec<&CompressedFile>) = files.iter().partition(is_there);
        let mut findings = Vec::new();
        for file in there {
            findings.extend(verify::verify_compressed(file, self.folder)?);
        }
        self.differs(findings)?;
        if missing.is_empty() {
            return Ok(Outcome::WasThere);
        }
        let downloads = missing.iter().map(|file| self.download(file.packed, self.folder));
        let downloads = downloads.collect::<Result<Vec<_>, _>>()?;
        fs::create_dir_all(self.folder).map_err(FetchError::file(self.folder, "made"))?;
        for download in downloads {
            let part = download.run(watch)?;
            let path = self.folder.join(download.known.name);
            fs::rename(&part.path, &path).map_err(FetchError::file(&path, "written"))?;
        }
        Ok(Outcome::Fetched)
    }

    fn archive(&self, archive: &Archive, root: &Path, watch: &mut dyn FetchWatcher) -> Result<Outcome, FetchError> {
        if self.folder.exists() {
            self.differs(verify(self.set, self.folder)?)?;
            return Ok(Outcome::WasThere);
        }
        let download = self.download(archive.file, root)?;
        fs::create_dir_all(root).map_err(FetchError::file(root, "made"))?;
        let mut part = download.run(watch)?;
        watch.note(&format!("unpacking {}", archive.file.name));
        self.unpack(archive, &mut part)?;
        part.remove()?;
        Ok(Outcome::Fetched)
    }

    /// Unpacks beside the set's place, so that its folder is there whole or not at all.
    fn unpack(&self, archive: &Archive, part: &mut PartialFile) -> Result<(), FetchError> {
        let beside = self.folder.with_added_extension("unpacking");
        // What a call that was ended left; no other call is at work, since this one holds the part.
        if beside.exists() {
            fs::remove_dir_all(&beside).map_err(FetchError::file(&beside, "removed"))?;
        }
        fs::create_dir(&beside).map_err(FetchError::file(&beside, "made"))?;
        let unpacked = part.unpack(archive, self.set.folder, &beside).and_then(|()| {
            let folder = beside.join(self.set.folder);
            let findings = verify(self.set, &folder)?;
            if findings.iter().any(|finding| finding.difference.is_some()) {
                return Err(FetchError::Contents { archive: archive.file.name.to_owned(), findings });
            }
            fs::rename(&folder, self.folder).map_err(FetchError::file(self.folder, "written"))
        });
        let removed = fs::remove_dir_all(&beside).map_err(FetchError::file(&beside, "removed"));
        unpacked.and(removed)
    }

    /// Prepares the download of a file into a folder. Addresses that may not be asked are refused here, before anything
    /// is written.
    fn download<'b>(&'b self, known: KnownFile<'b>, folder: &Path) -> Result<Download<'b>, FetchError> {
        let mirror = self.options.from.as_deref();
        let bases = mirror.as_ref().map_or(self.set.sources, slice::from_ref);
        let sources = bases.iter().map(|base| address(base, known.name)).collect::<Result<_, _>>()?;
        let part = partial_path(&folder.join(known.name));
        Ok(Download { known, part, sources, agents: &self.agents, retry: self.options.retry })
    }

    fn differs(&self, findings: Vec<Finding>) -> Result<(), FetchError> {
        if findings.iter().all(|finding| finding.difference.is_none()) {
            return Ok(());
        }
        Err(FetchError::Differs { path: self.folder.to_owned(), set: self.set.name.to_owned(), findings })
    }
}
