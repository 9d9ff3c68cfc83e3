//! Kernels for the CPU: blocks of sixteen images, one image in each lane of a vector, on as many threads as there are.

mod block;
mod conv;
mod epilogue;
mod footprint;
mod hands;
mod lanes;
mod local;
mod ops;
pub mod pictures;
mod runner;
pub mod update;
mod vectors;

pub use conv::{Method, method};
pub use footprint::{RunSize, memory_bytes};
pub use runner::{Answers, HostBatch, Makes, Outcome, Runner};
pub use vectors::Vectors;
