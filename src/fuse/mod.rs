//! Fusion: which parts of a net run as one operation over each image, and those parts as graphs of kernels.

pub mod memory;
pub mod plan;
pub mod regions;
pub mod unroll;
