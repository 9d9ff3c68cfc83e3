//! Everything that can be wrong with data, each with the place, what was expected, what was found and what to do.

use std::path::{Path, PathBuf};
use std::{fs, io};

use lcnnc_lang::ir::cost;
use thiserror::Error;

use super::Unusable;
use super::checksum::short;
use super::file_names::shown;
use super::formats::picture::{ENDINGS, FORMATS, LARGEST_SIDE};

/// Why data could not be had.
#[derive(Debug, Error)]
pub enum DataError {
    #[error("there is no data set `{name}`; {help}")]
    UnknownSet { name: String, help: String },

    #[error("the data set `{set}` needs a path: write `{set}:PATH`")]
    PathMissing { set: &'static str },

    #[error("nothing stands behind the name of the data set `{set}`, but `{written}` has more: write `{set}`")]
    NameAlone { set: &'static str, written: String },

    #[error("the data set `{written}`: {reason}")]
    Arguments { written: String, reason: String },

    #[error("the data set `{set}` was not found; looked for {expected} in{places}{elsewhere}\nto get it: {fetch}")]
    NotFound {
        set: &'static str,
        expected: String,
        /// One line a place, each with a line break before it.
        places: String,
        /// Where its files seem to be instead, with a line break before it; empty if they are nowhere.
        elsewhere: String,
        fetch: String,
    },

    #[error("{}: missing, but the data set `{set}` needs it; to get it: {fetch}", shown(path))]
    Missing { path: PathBuf, set: &'static str, fetch: String },

    #[error("{}: cannot be read: {source}", shown(path))]
    Read { path: PathBuf, source: io::Error },

    /// Work that needs more memory than there is.
    #[error("out of memory: {work} needs {}: {parts}", cost::bytes(u128::from(*needed)))]
    Memory {
        /// What is done, as in "decoding cat.png".
        work: String,
        /// How many bytes the work needs.
        needed: u64,
        /// Names of what takes the memory, for the message.
        parts: String,
    },

    #[error("{}: damaged gzip file: {reason}", shown(path))]
    Gzip { path: PathBuf, reason: String },

    #[error("{}: expected {what}, which starts with 0x{expected:08x}, found 0x{found:08x}", shown(path))]
    Magic { path: PathBuf, what: &'static str, expected: u32, found: u32 },

    #[error("{}: {} expected {expected} bytes ({why}), found {found}",
        shown(path), if found < expected { "too short:" } else { "too long:" })]
    Length { path: PathBuf, expected: u64, found: u64, why: String },

    #[error("{}: expected {expected}, found {found}", shown(path))]
    Content { path: PathBuf, expected: String, found: String },

    /// A published set has another number of images than it was published with.
    #[error("{}: expected {expected}, as published, found {found}", shown(path))]
    Count { path: PathBuf, expected: String, found: usize },

    #[error(
        "{}: {reason}; lcnnc reads only a dictionary of labels, names and one array of bytes, as Python writes it with \
         protocol 2 or 3",
        shown(path)
    )]
    Pickle { path: PathBuf, reason: String },

    #[error("{}: image {index} has label {found}, expected one below {classes}", shown(path))]
    Label { path: PathBuf, index: usize, found: u8, classes: usize },

    /// A file of a published set is not as it was published.
    #[error("{cause}; {remedy}")]
    Damaged { cause: Box<Self>, remedy: String },

    #[error("{}: {problem}{}", shown(path), if expected.is_empty() { String::new() } else { format!("; expected {expected}") })]
    Layout { path: PathBuf, problem: String, expected: &'static str },

    /// The classes of a folder are as they are rarely meant to be.
    #[error("{}: {problem}{}", shown(path), if remedy.is_empty() { String::new() } else { format!("; {remedy}") })]
    Classes { path: PathBuf, problem: String, remedy: String },

    #[error(
        "{}: cannot be decoded: {reason}; expected {FORMATS} of at most {LARGEST_SIDE} x {LARGEST_SIDE} pixels",
        shown(path)
    )]
    Decode { path: PathBuf, reason: String },

    /// A file holds another whole picture than it did when the set was read.
    #[error(
        "{}: it holds another picture than when the data set was read: its SHA-256 is {}, expected {}",
        shown(path),
        short(found),
        short(expected)
    )]
    Exchanged { path: PathBuf, expected: String, found: String },

    /// A set has files that a run cannot use: this lists all of them.
    #[error("{unusable}\n{}", unusable.remedy())]
    Unusable { unusable: Box<Unusable> },

    #[error("{name} was asked for, but there are only {len}")]
    NoSuchImage { name: String, len: usize },

    #[error("{name} is {found:?} (channels, height, width) when it reaches the network, which expects {expected:?}")]
    Shape { name: String, expected: [usize; 3], found: [usize; 3] },

    /// An image that comes to the net's shape in training, but not in a test; `write` is what `test_transform` can be.
    #[error(
        "{name} is {found:?} (channels, height, width) when it reaches the network in validation or test, which expects \
         {expected:?}"
    )]
    TestShape { name: String, expected: [usize; 3], found: [usize; 3], write: String },

    /// A channel cannot be divided by its standard deviation.
    #[error(
        "channel {channel} of the training images of `{name}` is {value} everywhere, so that `normalise` cannot divide by \
         its standard deviation; give numbers: `normalise(mean: training, sd: 1)`"
    )]
    Flat { name: String, channel: usize, value: f64 },

    #[error("{name}: transform `{transform}`: {reason}")]
    Transform { name: String, transform: &'static str, reason: String },

    #[error("{name}: augmentation `{augmentation}`: {reason}")]
    Augmentation { name: String, augmentation: &'static str, reason: String },

    #[error(
        "a batch of {} images (views included) of {:?} values does not fit in memory: it takes {:.1} GiB; \
         lower `batch` in `train`", shape[0], &shape[1..], gibibytes(*shape)
    )]
    BatchMemory { shape: [usize; 4] },

    #[error(
        "a batch of {batch} images cannot hold {views} views of each of its images; set `batch` in `train` to a \
         multiple of {views}, or change `repeat` in `augment`"
    )]
    Views { batch: usize, views: usize },

    #[error("{}: there is no picture in the folder, nor in those below it; read are files that end in .{}", path.display(), ENDINGS.join(", ."))]
    NoPicture { path: PathBuf },

    #[error("a batch must hold at least one image, but the batch size is 0")]
    EmptyBatch,

    #[error("cannot start a thread that prepares batches: {source}; are there too many processes?")]
    Thread { source: io::Error },

    #[error("a thread that prepares batches failed: {reason}; this is a mistake in the program, please report it")]
    Worker { reason: String },
}

/// How many GiB the values of a batch of that shape take, in 32 bits each.
fn gibibytes(shape: [usize; 4]) -> f64 {
    shape.map(|side| side as f64).iter().product::<f64>() * size_of::<f32>() as f64 / f64::from(1 << 30)
}

impl DataError {
    /// Why a file could not be read: where the reason is that it has no room in memory, with its size.
    pub fn read(path: &Path, source: io::Error) -> Self {
        if source.kind() != io::ErrorKind::OutOfMemory {
            return Self::Read { path: path.to_owned(), source };
        }
        let needed = fs::metadata(path).map_or(0, |file| file.len());
        Self::Memory { work: format!("reading {}", shown(path)), needed, parts: "the file".to_owned() }
    }

    /// Takes out of an error about a folder of classes what could be done about it in a new run.
    #[must_use]
    pub fn without_remedy(self) -> Self {
        match self {
            Self::Layout { path, problem, .. } => Self::Layout { path, problem, expected: "" },
            Self::Classes { path, problem, .. } => Self::Classes { path, problem, remedy: String::new() },
            other => other,
        }
    }

    /// What to change in a spec so that its images can be what its network takes; empty where the message says it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Shape { expected, found, .. } => reshape(*expected, *found),
            Self::TestShape { write, .. } => format!("write `test_transform: {write}` in `data`"),
            _ => String::new(),
        }
    }
}

/// Says in words what would bring an image of the shape `found` into the shape `expected`.
fn reshape(expected: [usize; 3], found: [usize; 3]) -> String {
    let mut needed = Vec::new();
    if expected[0] == 1 && found[0] == 3 {
        needed.push("`grayscale`".to_owned());
    }
    if expected[0] == 3 && found[0] == 1 {
        needed.push("`colour`".to_owned());
    }
    if expected[1..] != found[1..] && expected[1] == expected[2] {
        needed.push(format!("`resize({})`", expected[1]));
    }
    if needed.is_empty() {
        format!("declare the input as {found:?}, or change the images")
    } else {
        format!("add {} to `transform` in `data`", needed.join(" and "))
    }
}
