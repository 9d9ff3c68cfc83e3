//! Runs from their command line to their folder, and what is written about them.

// Tests read and write files.
#![allow(clippy::disallowed_methods)]

mod activity;
mod analyses;
mod augmented;
mod cli;
#[cfg(unix)]
mod clusters;
mod consts;
mod docs;
mod eval;
mod export;
mod export_brainscore;
mod fits;
mod house;
mod laterals;
mod listing;
mod measured;
mod odd_nets;
mod reports;
mod responses;
mod resume;
mod run;
mod share;
mod shell;
mod sweeps;
mod tensorboard;
mod tuning;
mod weights_from;
mod witnesses;
