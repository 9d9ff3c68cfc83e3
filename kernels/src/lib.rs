//! Fused parts of a net as kernels: the whole way from the image to the scores, loops and way back included, while a
//! block of images stays in the cache.

mod adjoint;
pub mod allocator;
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
pub mod graph;
mod part;
mod schedule;

pub use cpu::{Answers, Method, Vectors, method};
pub use part::{Parameter, Part};
