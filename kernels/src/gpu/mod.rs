//! Kernels for graphics processors, in CubeCL: one cube takes an image through a whole fused part, with its activity in
//! shared memory as far as that goes.
//!
//! `compile` turns a schedule into a `program` for a cube: instructions, and where every value lives (`homes`). The
//! kernel in `interpreter` executes the program for one image after the other, and `runner` launches it. `local` is kernels of
//! their own for layers that no image can go through alone. The other files are the instructions.

mod compile;
mod conv;
mod conv_weights;
mod dense;
mod epilogue;
mod homes;
mod interpreter;
mod local;
mod loss;
mod math;
mod memory;
mod pack;
mod pool;
mod program;
mod runner;
mod tiling;

pub use runner::{DeviceBatch, DeviceResults, Runner, limits};
