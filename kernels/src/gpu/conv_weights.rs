//! The gradient of a convolution's kernels: each unit sums a column of taps of one input, for some channels of the
//! result, over some columns of the image.

use super::memory::Memory;
use super::program::ConvWeights;
use cubecl::prelude::*;

/// Adds to the sums of the gradient of a convolution's kernels.
#[cube]
pub fn conv_weights(memory: &mut Memory<'_>, #[comptime] weights: ConvWeights) {
    let kernel = comptime!(weights.kernel);
    let channels = comptime!(weights.tile.channels);
    let inputs = comptime!(weights.from[0]);
    let copies = comptime!(weights.copies.count);
    let shares = comptime!(weights.to[0].div_ceil(channels) * copies * inputs * kernel);
    for share in range_stepped(UNIT_POS as usize, shares, memory.units) {
        let across = share % kernel;
        let from = share / kernel % inputs;
        let copy = share / (kernel * inputs) % copies;
        let first = share / (kernel * inputs * copies) * channels;
        let mut sums = Array::<f32>::new(comptime!(channels * kernel));
        #[unroll]
        for n in 0..comptime!(channels * kernel) {
            sums[n] = 0.0;
        }
        for column in range_stepped(copy, weights.to[2], copies) {
            let seen = column + across;
            if seen >= weights.pad && seen < weights.from[2] + weights.pad {
                add_column(memory, &mut sums, from, column, seen - weights.pad, first, comptime!(weights.clone()));
            }
        }
        #[unroll]
        for c in 0..channels {
            if first + c < weights.to[0] {
                #[unroll]
                for down in 0..kernel {
                    let tap = (((first + c) * inputs + from) * kernel + down) * kernel + across;
                    let index = copy * weights.copies.len + tap + memory.offset(weights.copies.first);
                    memory.add(index, sums[comptime!(c * kernel + down)]);
                }
            }
        }
    }
}

/// Adds the products of one column of the result's gradient with column `seen` of the input.
#[cube]
fn add_column(
    memory: &mut Memory<'_>,
    sums: &mut Array<f32>,
    from: usize,
    column: usize,
    seen: usize,
    first: usize,
    #[comptime] weights: ConvWeights,
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
