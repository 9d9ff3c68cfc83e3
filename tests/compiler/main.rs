//! The compiler from text to net: what it finds wrong, what it makes, what it prints, and what it costs.

#![allow(clippy::disallowed_methods)]

mod bounds;
mod cli;
mod cli_fmt;
mod diagnostics;
mod flags;
mod foreign;
mod format;
mod fuse;
mod fuzzed;
mod lints;
mod mangle;
mod numbers;
mod output;
mod properties;
mod registry;
mod remedies;
mod resolved;
mod scale;
mod shown;
mod slips;
mod specs;
mod steps;
mod support;
mod templates;
