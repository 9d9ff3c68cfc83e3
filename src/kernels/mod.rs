//! Fused parts of a net as kernels: the whole way from the image to the scores, loops and way back included, while a
//! block of images stays in the cache.

mod adjoint;
mod cpu;
mod graph;
mod part;
mod schedule;
mod unroll;

pub use cpu::Vectors;
pub use part::Part;
