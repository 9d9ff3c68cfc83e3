//! What there is to know of a published set in order to fetch it.

/// A file of which everything is known.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub name: &'a str,
    /// The size in bytes.
    pub size: u64,
    /// The checksum in hexadecimal.
    pub sha256: &'a str,
}

/// A set that somebody publishes.
#[derive(Clone, Copy, Debug)]
pub struct Published<'a> {
    /// The name of the set, as in `--dataset`.
    pub name: &'a str,
    /// One line for a listing.
    pub about: &'a str,
    /// Where it lies below the data root.
    pub folder: &'a str,
    /// Addresses of folders that hold what is fetched, each ending in `/`; tried in this order.
    pub sources: &'a [&'a str],
    pub contents: Contents<'a>,
}

/// What is fetched, and what becomes of it.
#[derive(Clone, Copy, Debug)]
pub enum Contents<'a> {
    /// Compressed files that are kept as they are.
    Files(&'a [Kept<'a>]),
    /// One archive that is unpacked and then removed.
    Archive(Archive<'a>),
}

/// A compressed file. It may lie unpacked in the set's folder as well or instead; torchvision leaves both.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    pub packed: Known<'a>,
    pub plain: Known<'a>,
}

/// An archive whose entries all lie in a folder of the same name as the set's.
#[derive(Clone, Copy, Debug)]
pub struct Archive<'a> {
    pub file: Known<'a>,
    pub format: Format,
    /// The most files and folders that may come out of it.
    pub most_entries: usize,
    /// The most bytes that may come out of it.
    pub most_bytes: u64,
    /// The files in it whose checksums are known.
    pub files: &'a [Known<'a>],
    /// How many files there are below folders of it, where checksums are not known.
    pub counts: &'a [(&'a str, usize)],
}

/// How an archive is written.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    TarGz,
    Zip,
}

impl Published<'_> {
    /// Bytes to fetch.
    pub fn size(&self) -> u64 {
        match self.contents {
            Contents::Files(files) => files.iter().map(|file| file.packed.size).sum(),
            Contents::Archive(archive) => archive.file.size,
        }
    }
}
