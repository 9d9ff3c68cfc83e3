//! Every problem a spec can have, declared once: its code, its words, its labels and its help.
//!
//! [`messages`] has the problems, a file each group. The rest is what they are made with and read by: what a diagnostic
//! and a report are, what was likely meant by a wrong word, and the forms in which a report is written.

mod code;
mod counted;
pub mod foreign;
mod gather;
pub mod messages;
pub mod render;
mod report;
mod slip;
mod suggest;

pub use code::{Code, Level};
pub use counted::counted;
pub use messages::{
    GROUPS, catalogue, config, loops, misnamed, misread, names, penalty, roles, settings, shape, sleep, templates,
    text, weights, windows,
};
pub use report::{Applicability, Diagnostic, Edit, Label, Report, Words, doubt};
pub use suggest::{alike, among, did_you_mean, enough, nearest, some_of};

/// A run of bytes in a source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// The span from byte `start` up to, not with, byte `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The span from the start of the first of two spans to the end of the last.
    pub fn to(self, last: Self) -> Self {
        Self::new(self.start.min(last.start), self.end.max(last.end))
    }
}
