//! The language from text to net: what it finds wrong, what it makes, what it prints, and what it costs.

#![allow(clippy::disallowed_methods)]

mod answers;
mod bounds;
mod convolved;
mod diagnostics;
mod drawn;
mod foreign;
mod format;
mod fuzzed;
mod lints;
mod mangle;
mod numbers;
mod properties;
mod pytorch;
mod registry;
mod remedies;
mod resolved;
mod scale;
mod shown;
mod slips;
mod specs;
mod steps;
mod syntax;
mod templates;
mod unrolled;
