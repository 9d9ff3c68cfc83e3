//! Fusion: which parts of a net run as one operation over each image, and those parts as graphs of kernels.

pub mod cut;
pub mod memory;
pub mod plan;
pub mod unroll;
