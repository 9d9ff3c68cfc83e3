//! The gradient of a convolution's kernels: each unit sums a column of taps for some channels of the result.

use super::memory::Memory;
use super::script::Weights;
use cubecl::prelude::*;

#[cube]
pub fn weights(memory: &mut Memory<'_>, #[comptime] weights: Weights) {
    let kernel = comptime!(weights.kernel);
    let channels = comptime!(weights.tile.channels);
    let inputs = comptime!(weights.from[0]);
    let parts = comptime!(weights.spread.parts);
    let shares = comptime!(weights.to[0].div_ceil(channels) * parts * inputs * kernel);
    for share in range_stepped(UNIT_POS as usize, shares, memory.units) {
        let across = share % kernel;
        let from = share / kernel % inputs;
        let part = share / (kernel * inputs) % parts;
        let first = share / (kernel * inputs * parts) * channels;
        let mut sums = Array::<f32>::new(comptime!(channels * kernel));
        #[unroll]
        for n in 0..comptime!(channels * kernel) {
            sums[n] = 0.0;
        }
        for column in range_stepped(part, weights.to[2], parts) {
            let seen = column + across;
            if seen >= weights.pad && seen < weights.from[2] + weights.pad {
                add(memory, &mut sums, from, column, seen - weights.pad, first, comptime!(weights.clone()));
            }
        }
        #[unroll]
        for c in 0..channels {
            if first + c < weights.to[0] {
                #[unroll]
                for down in 0..kernel {
                    let tap = (((first + c) * inputs + from) * kernel + down) * kernel + across;
                    let place = part * weights.spread.len + tap + memory.place(weights.spread.first);
                    memory.add(place, sums[comptime!(c * kernel + down)]);
                }
            }
        }
    }
}

/// Adds what one column of the result's gradient gives.
#[cube]
fn add(
    memory: &mut Memory<'_>,
    sums: &mut Array<f32>,
    from: usize,
    column: usize,
    seen: usize,
    first: usize,
    #[comptime] weights: Weights,
) {
    let kernel = comptime!(weights.kernel);
    let rows = comptime!(weights.tile.rows);
    let channels = comptime!(weights.tile.channels);
    for strip in 0..comptime!(weights.to[1].div_ceil(rows)) {
        let row = strip * rows;
        let mut x = Array::<f32>::new(comptime!(rows + kernel - 1));
        #[unroll]
        for r in 0..comptime!(rows + kernel - 1) {
            x[r] = memory.strip(row, r, from, seen, comptime!(weights.strip()), weights.x);
        }
        #[unroll]
        for c in 0..channels {
            let channel = select(first + c < weights.to[0], first + c, weights.to[0] - 1);
            #[unroll]
            for r in 0..rows {
                let dy = memory.strip(row, r, channel, column, comptime!(weights.result()), weights.dy);
                #[unroll]
                for down in 0..kernel {
                    sums[comptime!(c * kernel + down)] += dy * x[comptime!(r + down)];
                }
            }
        }
    }
}
