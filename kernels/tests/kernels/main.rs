//! The kernels against what they compute by definition, and those for graphics processors against those for the CPU.

mod allocator;
mod batch_norm;
mod direct;
mod dropout;
#[cfg(feature = "wgpu")]
mod gpu;
#[cfg(feature = "wgpu")]
mod gpu_local;
mod local;
#[cfg(feature = "wgpu")]
mod maps;
mod norms;
mod pictures;
mod recycled;
mod support;
mod update;
mod upsample;
mod winograd;
mod zeros;
