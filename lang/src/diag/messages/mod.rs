//! The diagnostics themselves, a file each group: a `Code` constant for each problem, listed in the group's `CODES`,
//! and beside it the function that builds the [`Diagnostic`](super::Diagnostic) from what was expected and what was
//! found.

pub mod config;
pub mod loops;
pub mod misnamed;
pub mod misread;
pub mod names;
pub mod penalty;
pub mod roles;
pub mod settings;
pub mod shape;
pub mod sleep;
pub mod templates;
pub mod text;
pub mod weights;
pub mod windows;

use super::Code;

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
    sleep::CODES,
];

/// Every declared code, group by group.
pub fn catalogue() -> impl Iterator<Item = &'static Code> {
    GROUPS.iter().copied().flatten().copied()
}
