//! The command line as users type it.

mod check;
mod completions;
mod flags;
mod fmt;
mod output;
mod settings;
