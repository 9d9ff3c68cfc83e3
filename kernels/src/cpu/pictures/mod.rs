//! Operations on whole pictures as they lie, `[images, channels, height, width]`: for maps that are too large, or too many, for sixteen
//! images at once to lie in a cache.
//!
//! Threads share results and never a sum, so the bits do not depend on how many they are.

mod batch_norm;
mod conv;
mod elementwise;
mod matrix;
mod windows;

pub use batch_norm::{BatchNorm, NormGradients};
pub use conv::{ByOutput, Conv};
pub use elementwise::{add, relu, relu_back};

/// The maps `[images, channels, plane]` channel by channel, and of each channel those of all images.
fn by_channel(numbers: &mut [f32], channels: usize, plane: usize) -> Vec<Vec<&mut [f32]>> {
    let mut planes: Vec<Vec<&mut [f32]>> = (0..channels).map(|_| Vec::new()).collect();
    for (n, map) in numbers.chunks_exact_mut(plane).enumerate() {
        planes[n % channels].push(map);
    }
    planes
}
