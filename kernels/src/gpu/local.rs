//! Layers whose kernels differ from place to place, by themselves: if each image went through a fused part alone, each would read
//! all weights anew.
//!
//! Images are last in memory: neighbours in a warp have neighbouring images, their reads are served together, and all of them
//! read the same weight. Every sum is taken by one unit in a fixed order, so the same device gives the same bits.

#![expect(unsafe_code, reason = "a kernel that runs unchecked has to be told how long its buffers are")]

use crate::graph::Local;
use cubecl::client::Client;
use cubecl::prelude::*;
use cubecl::server::Handle;

/// How many numbers a unit makes at a time, of as many channels.
const TILE: usize = 8;
/// Units of a cube.
const UNITS: usize = 128;
/// The most cubes that every device takes along one axis.
const MOST_CUBES: usize = 65_535;

/// The result, `[outputs, height, width, images]`, of an input `[inputs, height, width, images]`.
#[cube(launch_unchecked)]
fn forward(x: &[f32], weights: &[f32], y: &mut [f32], images: u32, #[comptime] local: Local) {
    let images = images as usize;
    let [height, width] = comptime!(local.from);
    let [down, across] = comptime!(local.to());
    let [kernel, pad, taps, outputs] = comptime!([local.kernel, local.pad, local.taps(), local.outputs]);
    let places = comptime!(down * across);
    let all = comptime!(places * local.outputs.div_ceil(TILE)) * images;
    for n in range_stepped(ABSOLUTE_POS, all, CUBE_COUNT * UNITS) {
        let image = n % images;
        let place = n / images % places;
        let first = n / images / places * TILE;
        let row = place / across * comptime!(local.stride);
        let column = place % across * comptime!(local.stride);
        let mut sums = Array::<f32>::new(TILE);
        #[unroll]
        for t in 0..TILE {
            sums[t] = 0.0;
        }
        for i in 0..kernel {
            for j in 0..kernel {
                // Counted from the corner of the zeros around the map.
                if row + i >= pad && row + i < height + pad && column + j >= pad && column + j < width + pad {
                    let cell = (row + i - pad) * width + column + j - pad;
                    for channel in 0..comptime!(local.inputs) {
                        let seen = x[(channel * comptime!(height * width) + cell) * images + image];
                        let at = (place * outputs + first) * taps + (channel * kernel + i) * kernel + j;
                        #[unroll]
                        for t in 0..TILE {
                            if first + t < outputs {
                                sums[t] += weights[at + t * taps] * seen;
                            }
                        }
                    }
                }
            }
        }
        #[unroll]
        for t in 0..TILE {
            if first + t < outputs {
                y[((first + t) * places + place) * images + image] = sums[t];
            }
        }
    }
}

/// The gradient of the input, `[inputs, height, width, images]`, of that of the result, `[outputs, height, width, images]`.
#[cube(launch_unchecked)]
fn to_input(dy: &[f32], weights: &[f32], dx: &mut [f32], images: u32, #[comptime] local: Local) {
    let images = images as usize;
    let [height, width] = comptime!(local.from);
    let [down, across] = comptime!(local.to());
    let [kernel, stride, pad, inputs] = comptime!([local.kernel, local.stride, local.pad, local.inputs]);
    let [cells, places] = comptime!([height * width, down * across]);
    let all = comptime!(cells * local.inputs.div_ceil(TILE)) * images;
    for n in range_stepped(ABSOLUTE_POS, all, CUBE_COUNT * UNITS) {
        let image = n % images;
        let cell = n / images % cells;
        let first = n / images / cells * TILE;
        let row = cell / width + pad;
        let column = cell % width + pad;
        let mut sums = Array::<f32>::new(TILE);
        #[unroll]
        for t in 0..TILE {
            sums[t] = 0.0;
        }
        for i in 0..kernel {
            for j in 0..kernel {
                // The place whose window has the cell at `i` and `j`, if there is one.
                if row >= i && column >= j {
                    let place_row = (row - i) / stride;
                    let place_column = (column - j) / stride;
                    let is_met = place_row * stride + i == row && place_column * stride + j == column;
                    if is_met && place_row < down && place_column < across {
                        let place = place_row * across + place_column;
                        for output in 0..comptime!(local.outputs) {
                            let back = dy[(output * places + place) * images + image];
                            let at = ((place * comptime!(local.outputs) + output) * inputs + first) * kernel * kernel;
                            #[unroll]
                            for t in 0..TILE {
                                if first + t < inputs {
                                    sums[t] += weights[at + (t * kernel + i) * kernel + j] * back;
                                }
                            }
                        }
                    }
                }
            }
        }
        #[unroll]
        for t in 0..TILE {
            if first + t < inputs {
                dx[((first + t) * cells + cell) * images + image] = sums[t];
            }
        }
    }
}

/// The gradient of the weights. Of the input, `[images, inputs, height, width]`, neighbours read neighbouring taps.
#[cube(launch_unchecked)]
fn to_weights(x: &[f32], dy: &[f32], dw: &mut [f32], images: u32, #[comptime] local: Local) {
    let images = images as usize;
    let [height, width] = comptime!(local.from);
    let [down, across] = comptime!(local.to());
    let [kernel, pad, taps, outputs] = comptime!([local.kernel, local.pad, local.taps(), local.outputs]);
    let [numbers, places] = comptime!([local.inputs * height * width, down * across]);
    let all = comptime!(taps * places * local.outputs.div_ceil(TILE));
    for n in range_stepped(ABSOLUTE_POS, all, CUBE_COUNT * UNITS) {
        let tap = n % taps;
        let place = n / taps % places;
        let first = n / taps / places * TILE;
        let row = place / across * comptime!(local.stride) + tap / kernel % kernel;
        let column = place % across * comptime!(local.stride) + tap % kernel;
        let mut sums = Array::<f32>::new(TILE);
        #[unroll]
        for t in 0..TILE {
            sums[t] = 0.0;
        }
        if row >= pad && row < height + pad && column >= pad && column < width + pad {
            let cell = (tap / comptime!(kernel * kernel) * height + row - pad) * width + column - pad;
            for image in 0..images {
                let seen = x[image * numbers + cell];
                #[unroll]
                for t in 0..TILE {
                    if first + t < outputs {
                        sums[t] += dy[((first + t) * places + place) * images + image] * seen;
                    }
                }
            }
        }
        #[unroll]
        for t in 0..TILE {
            if first + t < outputs {
                dw[(place * outputs + first + t) * taps + tap] = sums[t];
            }
        }
    }
}

/// A kernel's count of cubes, and the units of each.
fn launch(numbers: usize, channels: usize) -> (CubeCount, CubeDim) {
    let cubes = (numbers * channels.div_ceil(TILE)).div_ceil(UNITS).clamp(1, MOST_CUBES);
    // Both are far below the largest number.
    (CubeCount::Static(cubes as u32, 1, 1), CubeDim::new_1d(UNITS as u32))
}

fn arg(handle: &Handle, len: usize) -> BufferArg {
    // SAFETY: callers say how long their buffers are, and they are.
    unsafe { BufferArg::from_raw_parts(handle.clone(), len) }
}

fn small(images: usize) -> u32 {
    u32::try_from(images).unwrap_or(u32::MAX)
}

/// Buffers of floats in a device's memory, images last.
impl Local {
    /// The result, `[outputs, height, width, images]`, of `x`, `[inputs, height, width, images]`. The layer's bias is not added.
    pub fn forward_on(&self, client: &Client, images: usize, x: &Handle, weights: &Handle) -> Handle {
        let [from, to] = [self.inputs * self.from[0] * self.from[1], self.outputs * self.places()];
        let y = client.empty(to * images * size_of::<f32>());
        let (count, dim) = launch(self.places() * images, self.outputs);
        let (x, weights, made) = (arg(x, from * images), arg(weights, self.weights()), arg(&y, to * images));
        // SAFETY: every index is one of these lengths.
        unsafe { forward::launch_unchecked(client, count, dim, x, weights, made, small(images), *self) };
        y
    }

    /// The gradient of the input, `[inputs, height, width, images]`, of that of the result.
    pub fn to_input_on(&self, client: &Client, images: usize, dy: &Handle, weights: &Handle) -> Handle {
        let [from, to] = [self.inputs * self.from[0] * self.from[1], self.outputs * self.places()];
        let dx = client.empty(from * images * size_of::<f32>());
        let (count, dim) = launch(self.from[0] * self.from[1] * images, self.inputs);
        let (dy, weights, made) = (arg(dy, to * images), arg(weights, self.weights()), arg(&dx, from * images));
        // SAFETY: every index is one of these lengths.
        unsafe { to_input::launch_unchecked(client, count, dim, dy, weights, made, small(images), *self) };
        dx
    }

    /// The gradient of the weights. Images come first in `x`, `[images, inputs, height, width]`, and last in `dy`.
    pub fn to_weights_on(&self, client: &Client, images: usize, x: &Handle, dy: &Handle) -> Handle {
        let [from, to] = [self.inputs * self.from[0] * self.from[1], self.outputs * self.places()];
        let dw = client.empty(self.weights() * size_of::<f32>());
        let (count, dim) = launch(self.taps() * self.places(), self.outputs);
        let (x, dy, made) = (arg(x, from * images), arg(dy, to * images), arg(&dw, self.weights()));
        // SAFETY: every index is one of these lengths.
        unsafe { to_weights::launch_unchecked(client, count, dim, x, dy, made, small(images), *self) };
        dw
    }
}
