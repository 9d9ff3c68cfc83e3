//! `lcnnc` compiles `.lcnn` specs, convolutional networks with the parts of a visual cortex, and trains them.
//!
//! ```text
//! &str ─ lcnnc_lang ─▶ Net ─ fuse ─▶ Cut ─ back::burn ─▶ Model ─ train ─▶ run directory
//! ```
//!
//! The language is a crate of its own, `lcnnc_lang`: this one trains what it compiles.

#![warn(clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

pub mod activity;
pub mod analyses;
pub mod back;
pub mod data;
pub mod evaluation;
pub mod exports;
pub mod figures;
pub mod fuse;
pub mod listing;
pub mod net_figure;
pub mod observe;
pub mod sharing;
pub mod simulations;
pub mod sweeps;
pub mod text_table;
pub mod train;
