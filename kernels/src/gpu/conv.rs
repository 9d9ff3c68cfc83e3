//! Convolution tap by tap: each unit holds a tile of the result in registers.
//!
//! Neighbours in a warp have neighbouring columns, so their reads from shared memory are served together, and all of a
//! warp read the same weight.

use super::epilogue::epilogue;
use super::memory::Memory;
use super::pack::WIDE;
use super::program::{Conv, ConvSource};
use cubecl::prelude::*;

/// Convolves all sources, and runs the epilogue on every number of the result.
#[cube]
pub fn conv(memory: &mut Memory<'_>, #[comptime] conv: Conv) {
    let rows = comptime!(conv.tile.rows);
    let channels = comptime!(conv.tile.channels);
    let width = comptime!(conv.to[2]);
    let strips = comptime!(conv.to[1].div_ceil(rows));
    let shares = comptime!(conv.to[0].div_ceil(channels) * strips * width);
    for share in range_stepped(UNIT_POS as usize, shares, memory.units) {
        let column = share % width;
        let row = share / width % strips * rows;
        let group = share / (width * strips);
        let channel = group * channels;
        let mut sums = Array::<f32>::new(comptime!(channels * rows));
        #[unroll]
        for n in 0..comptime!(channels * rows) {
            sums[n] = 0.0;
        }
        for source in comptime!(conv.sources.clone()) {
            add_source(memory, &mut sums, row, column, group, source, comptime!(conv.clone()));
        }
        #[unroll]
        for c in 0..channels {
            #[unroll]
            for r in 0..rows {
                if channel + c < conv.to[0] && row + r < conv.to[1] {
                    let n = ((channel + c) * conv.to[1] + row + r) * width + column;
                    epilogue(memory, sums[comptime!(c * rows + r)], channel + c, n, comptime!(conv.epilogue.clone()));
                }
            }
        }
    }
}

/// Adds the convolution of one source to the sums of a tile: of the channels of this group, the rows from `row` on, and
/// one column.
#[cube]
fn add_source(
    memory: &mut Memory<'_>,
    sums: &mut Array<f32>,
    row: usize,
    column: usize,
    group: usize,
    #[comptime] source: ConvSource,
    #[comptime] conv: Conv,
) {
    let rows = comptime!(conv.tile.rows);
    let channels = comptime!(conv.tile.channels);
    let kernel = comptime!(conv.kernel);
    let wide = comptime!((channels * kernel).div_ceil(WIDE));
    let pad = comptime!(conv.pad);
    for from in 0..source.channels {
        for across in 0..kernel {
            // Counted from `pad` columns left of the image.
            let seen = column + across;
            if seen >= pad && seen < conv.from[1] + pad {
                let mut strip = Array::<f32>::new(comptime!(rows + kernel - 1));
                #[unroll]
                for r in 0..comptime!(rows + kernel - 1) {
                    strip[r] = memory.strip(row, r, from, seen - pad, comptime!(conv.strip()), source.x);
                }
                let block = ((group * source.channels + from) * kernel + across) * wide;
                #[unroll]
                for n in 0..wide {
                    let weights = memory.packed[block + n + memory.offset(source.first)];
                    #[unroll]
                    for k in 0..WIDE {
                        if comptime!(n * WIDE + k < channels * kernel) {
                            let c = comptime!((n * WIDE + k) / kernel);
                            let down = comptime!((n * WIDE + k) % kernel);
                            let weight = weights.extract(k);
                            #[unroll]
                            for r in 0..rows {
                                sums[comptime!(c * rows + r)] += weight * strip[comptime!(r + down)];
                            }
                        }
                    }
                }
            }
        }
    }
}
