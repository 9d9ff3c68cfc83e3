//! What is asked for when a data set is loaded: where to look, what to allow, how much to check.

use lcnnc_lang::vocabulary::Bound;
use std::path::PathBuf;
use std::sync::Arc;

/// Where to look for a data set, and how.
#[derive(Clone, Default)]
pub struct Request {
    /// The data root that was asked for. If one was, no other place is tried.
    pub root: Option<PathBuf>,
    /// What follows the colon in `folder:PATH`; [`open`](super::open) fills it in.
    pub path: Option<PathBuf>,
    /// What stands in brackets behind the name, as in `gratings(size: 28)`; [`open`](super::open) fills it in too.
    pub call: Option<Bound>,
    pub allow: Allow,
    /// Whether every file of a set of files is decoded, so that broken ones are known before any is used.
    pub verify: bool,
    /// The folder below which the checksums of files are remembered from run to run; without one, all files are read
    /// each time.
    pub memory: Option<PathBuf>,
    /// Who is told how far the reading of files has come.
    pub meter: Option<Arc<dyn Meter>>,
}

/// What a set may be, although it is rarely meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    /// The set may have one class alone.
    pub one_class: bool,
    /// Classes may have no picture.
    pub empty_classes: bool,
    /// The number of images may be another one than the set was published with.
    pub other_count: bool,
}

/// Is told how far the reading of a set's files has come.
pub trait Meter: Send + Sync {
    /// Announces how many files are going to be read: those of which nothing is remembered.
    fn begin(&self, files: usize);

    /// Counts one more file that was read. Several threads call this.
    fn advance(&self);

    /// Announces that there is nothing more to read.
    fn finish(&self);
}
