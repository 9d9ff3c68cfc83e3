//! Fusion: which parts of a net run as one operation over each image, and those parts as graphs of kernels.
//!
//! [`lower`] knows for one primitive whether there are kernels for it. [`cut`] asks it to find the parts, and [`graph`]
//! to make a graph of each.

pub mod cut;
pub mod graph;
pub mod limits;
pub mod lower;
pub mod memory;
pub mod plan;
