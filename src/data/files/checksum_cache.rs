//! The checksums of files, and the shapes of pictures in them, remembered from run to run, so that a large set is not
//! read at every start.
//!
//! A file is known again by its size, its times of change and its number on the disk. On Unix one of the times is set by
//! the system alone, at every change, so that a file with other contents is not taken for the one that was read.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::data::sha256;

/// The folder below the user's cache that the lines are kept in.
const FOLDER: &str = "seen";

/// The beginning of the first line: it names the version, since another one may write other lines, or read other
/// pictures.
const HEAD: &str = concat!("lcnnc ", env!("CARGO_PKG_VERSION"), " seen 2 ");

/// A file that was changed so shortly before it was read may be changed again without another time of change.
const TOO_YOUNG: Duration = Duration::from_secs(2);

/// What tells that a file has not changed: its size, its times and its number on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The size in bytes.
    pub size: u64,
    /// When the contents were changed, in nanoseconds since 1970, as anybody may set it.
    modified: u128,
    /// When the file was changed in any way, as only the system sets it, and the file's number; 0 where there are none.
    changed: [i128; 2],
}

/// What was found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    pub stamp: Stamp,
    /// SHA-256 of its contents; empty if they could not be read.
    pub digest: String,
    /// Channels, height and width of the picture in it; `None` if nobody looked, or if there is none.
    pub shape: Option<[usize; 3]>,
}

/// The records of the files of one set that are remembered from run to run.
pub struct ChecksumCache {
    /// The file that the records are kept in; `None` if they are not kept.
    file: Option<PathBuf>,
    records: BTreeMap<String, FileRecord>,
    opened: SystemTime,
}

impl Stamp {
    pub fn of(path: &Path) -> io::Result<Self> {
        let file = fs::metadata(path)?;
        let modified = file.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        Ok(Self { size: file.len(), modified, changed: changed(&file) })
    }

    /// Whether the file was changed so shortly before that another change could leave its stamp as it is.
    fn is_young(&self, now: SystemTime) -> bool {
        let limit = now.checked_sub(TOO_YOUNG).and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        self.modified > limit.unwrap_or_default().as_nanos()
    }
}

#[cfg(unix)]
fn changed(file: &Metadata) -> [i128; 2] {
    use std::os::unix::fs::MetadataExt;
    [i128::from(file.ctime()) * 1_000_000_000 + i128::from(file.ctime_nsec()), i128::from(file.ino())]
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> [i128; 2] {
    [0; 2]
}

impl ChecksumCache {
    /// What is remembered in a folder of the files below `root`; nothing, if there is no such folder or what is there is
    /// damaged.
    pub fn open(folder: Option<&Path>, root: &Path) -> Self {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        let name = sha256([root.as_os_str().as_encoded_bytes()]);
        let file = folder.map(|folder| folder.join(FOLDER).join(name));
        let text = file.as_ref().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        Self { file, records: parse(&text).unwrap_or_default(), opened: SystemTime::now() }
    }

    /// What is remembered of a file, if it has not changed since.
    pub fn find(&self, path: &Path, stamp: &Stamp) -> Option<&FileRecord> {
        self.records.get(path.to_str()?).filter(|record| record.stamp == *stamp)
    }

    /// Remembers these files in place of what was remembered. What stands there is replaced as a whole, so that several
    /// runs at a time do no harm.
    pub fn remember<'r>(&self, records: impl Iterator<Item = (&'r Path, &'r FileRecord)>) {
        let Some(file) = &self.file else { return };
        let lines: String = records.filter_map(|(path, record)| self.line(path, record)).collect();
        let text = format!("{HEAD}{}\n{lines}", sha256([lines.as_bytes()]));
        // That nothing can be remembered costs time at the next start, and is no reason not to start now.
        let _ = replace(file, text.as_bytes());
    }

    /// A file's line; nothing for a file that is too young or was not read, or whose name does not fit into a line.
    fn line(&self, path: &Path, FileRecord { stamp, digest, shape }: &FileRecord) -> Option<String> {
        let path = path.to_str().filter(|path| !path.contains(['\n', '\r']))?;
        if stamp.is_young(self.opened) || digest.is_empty() {
            return None;
        }
        let shape = shape.map_or("-".to_owned(), |[channels, height, width]| format!("{channels}x{height}x{width}"));
        let Stamp { size, modified, changed: [changed, number] } = stamp;
        Some(format!("{size} {modified} {changed} {number} {digest} {shape} {path}\n"))
    }
}

/// The records of a file's text; `None` if it is not as it was written.
fn parse(text: &str) -> Option<BTreeMap<String, FileRecord>> {
    let (sum, lines) = text.strip_prefix(HEAD)?.split_once('\n')?;
    if sha256([lines.as_bytes()]) != sum {
        return None;
    }
    lines.lines().map(record).collect()
}

fn record(line: &str) -> Option<(String, FileRecord)> {
    let mut words = line.splitn(7, ' ');
    let mut word = || words.next();
    let (size, modified) = (word()?.parse().ok()?, word()?.parse().ok()?);
    let changed = [word()?.parse().ok()?, word()?.parse().ok()?];
    let (digest, shape) = (word()?.to_owned(), word()?);
    let shape = match shape {
        "-" => None,
        sides => Some(sides.split('x').map(|side| side.parse().ok()).collect::<Option<Vec<usize>>>()?.try_into().ok()?),
    };
    let stamp = Stamp { size, modified, changed };
    Some((word()?.to_owned(), FileRecord { stamp, digest, shape }))
}

fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(contents)?;
    draft.persist(path)?;
    Ok(())
}
