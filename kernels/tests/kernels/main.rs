//! The kernels against what they compute by definition, and those for graphics processors against those for the CPU.

mod allocator;
#[cfg(feature = "wgpu")]
mod gpu;
mod support;
mod winograd;
mod zeros;
