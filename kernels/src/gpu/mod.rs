//! Kernels for graphics processors, in CubeCL: one cube takes an image through a whole region, its activity in shared
//! memory as far as it goes.

mod compile;
mod conv;
mod dense;
mod engine;
mod loss;
mod math;
mod memory;
mod pack;
mod pool;
mod region;
mod script;
mod tail;
mod tiles;
mod weights;

pub use engine::{Batch, Engine, Results, limits};
