//! What is known of a published set: where its files are, how large they are, and their checksums.

/// A file of which everything is known.
#[derive(Clone, Copy, Debug)]
pub struct KnownFile<'a> {
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
    /// The folder of the set below a data root.
    pub folder: &'a str,
    /// Addresses of folders that hold what is fetched, each ending in `/`; tried in this order.
    pub sources: &'a [&'a str],
    pub packaging: Packaging<'a>,
}

/// How a set is packaged, and what becomes of the package once it is fetched.
#[derive(Clone, Copy, Debug)]
pub enum Packaging<'a> {
    /// Compressed files that are kept as they are.
    Files(&'a [CompressedFile<'a>]),
    /// One archive that is unpacked and then removed.
    Archive(Archive<'a>),
}

/// A compressed file. It may lie unpacked in the set's folder as well or instead; torchvision leaves both.
#[derive(Clone, Copy, Debug)]
pub struct CompressedFile<'a> {
    pub packed: KnownFile<'a>,
    pub plain: KnownFile<'a>,
}

/// An archive whose entries all lie in a folder of the same name as the set's.
#[derive(Clone, Copy, Debug)]
pub struct Archive<'a> {
    pub file: KnownFile<'a>,
    pub format: ArchiveFormat,
    /// The most files and folders that may come out of it.
    pub most_entries: usize,
    /// The most bytes that may come out of it.
    pub most_bytes: u64,
    /// The files in it whose checksums are known.
    pub files: &'a [KnownFile<'a>],
    /// How many files there are below folders of it, where checksums are not known.
    pub counts: &'a [(&'a str, usize)],
}

/// How an archive is written.
#[derive(Clone, Copy, Debug)]
pub enum ArchiveFormat {
    TarGz,
    Zip,
}

impl<'a> Published<'a> {
    /// How many bytes there are to fetch.
    pub fn size(&self) -> u64 {
        match self.packaging {
            Packaging::Files(files) => files.iter().map(|file| file.packed.size).sum(),
            Packaging::Archive(archive) => archive.file.size,
        }
    }

    /// The files of the set as they are read, unpacked, in the order in which they are listed; none where they are not
    /// known.
    pub fn files(&self) -> Vec<KnownFile<'a>> {
        match self.packaging {
            Packaging::Files(files) => files.iter().map(|file| file.plain).collect(),
            Packaging::Archive(archive) => archive.files.to_vec(),
        }
    }
}
