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
    let mut n = UNIT_POS as usize;
    while n < comptime!(sizes[1] * parts) {
        let row = n / parts * sizes[0] + memory.place(first);
        let mut sum = f32::new(0.0);
        let mut input = n % parts;
        while input < sizes[0] {
            sum += memory.params[row + input] * memory.load(input, x);
            input += parts;
        }
        memory.store(n, sum, shares);
        n += memory.units;
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
    let mut n = UNIT_POS as usize;
    while n < len {
        let mut sum = f32::new(0.0);
        for part in 0..parts {
            sum += memory.load(n * parts + part, shares);
        }
        memory.store(n, sum, to);
        n += memory.units;
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
    let mut n = UNIT_POS as usize;
    while n < sizes[0] {
        let mut sum = f32::new(0.0);
        for output in 0..sizes[1] {
            sum += memory.params[output * sizes[0] + n + memory.place(first)] * memory.load(output, dy);
        }
        memory.store(n, sum, dx);
        n += memory.units;
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
    let mut n = UNIT_POS as usize;
    while n < comptime!(sizes[0] * sizes[1]) {
        let product = memory.load(n / sizes[0], dy) * memory.load(n % sizes[0], x);
        memory.add(n + memory.place(first), product);
        n += memory.units;
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
    let mut n = UNIT_POS as usize;
    while n < comptime!(channels * parts) {
        let channel = n / parts;
        let mut sum = f32::new(0.0);
        let mut cell = n % parts;
        while cell < cells {
            let value = memory.load(channel * cells + cell, x);
            if let Some(other) = comptime!(other) {
                sum += value * memory.load(channel * cells + cell, other);
            } else {
                sum += value;
            }
            cell += parts;
        }
        memory.add(n % parts * spread.len + channel + memory.place(spread.first), sum);
        n += memory.units;
    }
}
