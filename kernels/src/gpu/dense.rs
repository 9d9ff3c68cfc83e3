//! Dense layers, and their way back.

use super::memory::Memory;
use super::script::{At, Spread};
use cubecl::prelude::*;

/// Each output's sum in `parts` shares; neighbours read neighbouring weights.
#[cube]
pub fn dense(
    memory: &mut Memory<'_>,
    #[comptime] x: At,
    #[comptime] first: usize,
    #[comptime] sizes: [usize; 2],
    #[comptime] shares: At,
    #[comptime] parts: usize,
) {
    for n in range_stepped(UNIT_POS as usize, comptime!(sizes[1] * parts), memory.units) {
        let row = n / parts * sizes[0] + memory.place(first);
        let mut sum = f32::new(0.0);
        for input in range_stepped(n % parts, sizes[0], parts) {
            sum += memory.params[row + input] * memory.load(input, x);
        }
        memory.store(n, sum, shares);
    }
}

#[cube]
pub fn gather(
    memory: &mut Memory<'_>,
    #[comptime] shares: At,
    #[comptime] parts: usize,
    #[comptime] to: At,
    #[comptime] len: usize,
) {
    for n in range_stepped(UNIT_POS as usize, len, memory.units) {
        let mut sum = f32::new(0.0);
        for part in 0..parts {
            sum += memory.load(n * parts + part, shares);
        }
        memory.store(n, sum, to);
    }
}

#[cube]
pub fn dense_back(
    memory: &mut Memory<'_>,
    #[comptime] dy: At,
    #[comptime] first: usize,
    #[comptime] sizes: [usize; 2],
    #[comptime] dx: At,
) {
    for n in range_stepped(UNIT_POS as usize, sizes[0], memory.units) {
        let mut sum = f32::new(0.0);
        for output in 0..sizes[1] {
            sum += memory.params[output * sizes[0] + n + memory.place(first)] * memory.load(output, dy);
        }
        memory.store(n, sum, dx);
    }
}

#[cube]
pub fn dense_weights(
    memory: &mut Memory<'_>,
    #[comptime] x: At,
    #[comptime] dy: At,
    #[comptime] sizes: [usize; 2],
    #[comptime] first: usize,
) {
    for n in range_stepped(UNIT_POS as usize, comptime!(sizes[0] * sizes[1]), memory.units) {
        let product = memory.load(n / sizes[0], dy) * memory.load(n % sizes[0], x);
        memory.add(n + memory.place(first), product);
    }
}

/// The sums of channels, or of the products of two, in shares.
#[cube]
pub fn channel_sum(
    memory: &mut Memory<'_>,
    #[comptime] x: At,
    #[comptime] other: Option<At>,
    #[comptime] channels: usize,
    #[comptime] cells: usize,
    #[comptime] spread: Spread,
) {
    let parts = comptime!(spread.parts);
    for n in range_stepped(UNIT_POS as usize, comptime!(channels * parts), memory.units) {
        let channel = n / parts;
        let mut sum = f32::new(0.0);
        for cell in range_stepped(n % parts, cells, parts) {
            let value = memory.load(channel * cells + cell, x);
            if let Some(other) = comptime!(other) {
                sum += value * memory.load(channel * cells + cell, other);
            } else {
                sum += value;
            }
        }
        memory.add(n % parts * spread.len + channel + memory.place(spread.first), sum);
    }
}
