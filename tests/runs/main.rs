//! Runs from their command line to their folder, and what is written about them.

// Tests read and write files.
#![allow(clippy::disallowed_methods)]

mod activity;
mod analyses;
mod augmented;
mod cli;
mod consts;
mod docs;
mod eval;
mod measured;
mod responses;
mod resume;
mod run;
mod share;
mod tensorboard;
