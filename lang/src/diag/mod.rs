//! Every problem a spec can have, declared once: its code, its words, its labels and its help.
//!
//! A group of related problems is one file: a `Code` constant for each, in the group's `CODES`, and beside it the
//! function that builds the [`Diagnostic`] from what was expected and what was found.

mod code;
pub mod config;
mod counted;
pub mod foreign;
pub mod loops;
pub mod misnamed;
pub mod names;
pub mod penalty;
pub mod render;
mod report;
pub mod roles;
pub mod settings;
pub mod shape;
mod slip;
mod suggest;
pub mod templates;
pub mod text;
pub mod weights;

pub use code::{Code, Level};
pub use counted::counted;
pub use report::{Applicability, Diagnostic, Edit, Label, Report, Words, doubt};
pub use suggest::{alike, among, did_you_mean, enough, nearest, some_of};

/// A run of bytes in a source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// From the first of two spans to the end of the last.
    pub fn to(self, last: Self) -> Self {
        Self::new(self.start.min(last.start), self.end.max(last.end))
    }
}

/// The codes of each group, in order of the digit that they share.
pub const GROUPS: &[&[&Code]] = &[
    text::CODES,
    names::CODES,
    shape::CODES,
    loops::CODES,
    roles::CODES,
    penalty::CODES,
    settings::CODES,
    templates::CODES,
    config::CODES,
    weights::CODES,
];

/// Every declared code, group by group.
pub fn catalogue() -> impl Iterator<Item = &'static Code> {
    GROUPS.iter().copied().flatten().copied()
}
