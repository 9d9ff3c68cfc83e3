//! Dense layers, forward and backward, and sums over channels.

use super::memory::Memory;
use super::program::{Address, DenseSizes, SumCopies};
use cubecl::prelude::*;

/// Computes each output's sum in `parts` parts, `[outputs, parts]`; neighbouring units read neighbouring weights.
#[cube]
pub fn dense(
    memory: &mut Memory<'_>,
    #[comptime] x: Address,
    #[comptime] first: usize,
    #[comptime] sizes: DenseSizes,
    #[comptime] partial: Address,
    #[comptime] parts: usize,
) {
    for n in range_stepped(UNIT_POS as usize, comptime!(sizes.outputs * parts), memory.units) {
        let row = n / parts * sizes.inputs + memory.offset(first);
        let mut sum = f32::new(0.0);
        for input in range_stepped(n % parts, sizes.inputs, parts) {
            sum += memory.params[row + input] * memory.load(input, x);
        }
        memory.store(n, sum, partial);
    }
}

/// Adds up the parts of each sum: `[len, parts]` to `[len]`.
#[cube]
pub fn add_parts(
    memory: &mut Memory<'_>,
    #[comptime] partial: Address,
    #[comptime] parts: usize,
    #[comptime] to: Address,
    #[comptime] len: usize,
) {
    for n in range_stepped(UNIT_POS as usize, len, memory.units) {
        let mut sum = f32::new(0.0);
        for part in 0..parts {
            sum += memory.load(n * parts + part, partial);
        }
        memory.store(n, sum, to);
    }
}

/// Computes the gradient of what a dense layer has read.
#[cube]
pub fn dense_backward(
    memory: &mut Memory<'_>,
    #[comptime] dy: Address,
    #[comptime] first: usize,
    #[comptime] sizes: DenseSizes,
    #[comptime] dx: Address,
) {
    for n in range_stepped(UNIT_POS as usize, sizes.inputs, memory.units) {
        let mut sum = f32::new(0.0);
        for output in 0..sizes.outputs {
            sum += memory.params[output * sizes.inputs + n + memory.offset(first)] * memory.load(output, dy);
        }
        memory.store(n, sum, dx);
    }
}

/// Adds to the gradient of a dense layer's weight.
#[cube]
pub fn dense_weights(
    memory: &mut Memory<'_>,
    #[comptime] x: Address,
    #[comptime] dy: Address,
    #[comptime] sizes: DenseSizes,
    #[comptime] first: usize,
) {
    for n in range_stepped(UNIT_POS as usize, comptime!(sizes.inputs * sizes.outputs), memory.units) {
        let product = memory.load(n / sizes.inputs, dy) * memory.load(n % sizes.inputs, x);
        memory.add(n + memory.offset(first), product);
    }
}

/// Adds the sum over each channel of `x`, or of its product with `other`, to the gradient of a parameter. As many units
/// share a channel as there are copies of the sums.
#[cube]
pub fn channel_sum(
    memory: &mut Memory<'_>,
    #[comptime] x: Address,
    #[comptime] other: Option<Address>,
    #[comptime] channels: usize,
    #[comptime] cells: usize,
    #[comptime] copies: SumCopies,
) {
    let count = comptime!(copies.count);
    for n in range_stepped(UNIT_POS as usize, comptime!(channels * count), memory.units) {
        let channel = n / count;
        let mut sum = f32::new(0.0);
        for cell in range_stepped(n % count, cells, count) {
            let value = memory.load(channel * cells + cell, x);
            if let Some(other) = comptime!(other) {
                sum += value * memory.load(channel * cells + cell, other);
            } else {
                sum += value;
            }
        }
        memory.add(n % count * copies.len + channel + memory.offset(copies.first), sum);
    }
}
