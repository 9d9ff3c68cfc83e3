//! The operations beside convolution: one file for each, the forward pass and the backward pass together.

pub mod dense;
pub mod dropout;
pub mod elementwise;
pub mod group_norm;
pub mod loss;
pub mod lrn;
mod math;
pub mod norm;
pub mod pool;
pub mod upsample;
