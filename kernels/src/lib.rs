//! Parts of a network as fused kernels: everything from the image to the scores, loops and the backward pass included,
//! while a block of images stays in the cache.
//!
//! A caller writes a part of a net as a [`graph::Graph`] and makes an [`Engine`] of it. `adjoint` appends the backward
//! pass to the graph, `task_schedule` puts it in order and gives its values buffers, and `cpu` or `gpu` runs it over a
//! batch.

mod adjoint;
pub mod allocator;
pub mod batch_norm;
mod cpu;
pub mod draws;
mod engine;
mod epilogue;
#[cfg(feature = "gpu")]
mod gpu;
pub mod graph;
pub mod image_norm;
pub mod recycled;
mod stages;
mod task_schedule;

pub use batch_norm::Statistics;
pub use cpu::{Answers, Method, Outcome, Vectors, method, pictures, update};
pub use engine::{Batch, Engine, Parameter};
