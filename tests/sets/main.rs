//! Data sets: read from files of every kind, fetched from servers of every kind.

// Tests read and write files.
#![allow(clippy::disallowed_methods)]

mod data;
mod fetch;
