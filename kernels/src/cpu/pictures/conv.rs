//! Convolutions as products of matrices.
//!
//! The pixels that a kernel reads at a place of the result become a column of a matrix (Chellapilla, Puri & Simard, 2006). The product of
//! the weights and such columns gives all results at their places. Only as many places are taken at once as fit into a cache.

use super::by_channel;
use super::matrix::{Matrix, multiply};
use crate::recycled;
use rayon::prelude::*;
use std::ops::Range;

/// A convolution without groups and without a bias. The weight is `[outputs, inputs, kernel, kernel]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conv {
    pub inputs: usize,
    pub outputs: usize,
    pub kernel: usize,
    pub stride: usize,
    /// Zeros around the map, in pixels.
    pub pad: usize,
    /// The height and width of a map, in pixels.
    pub from: [usize; 2],
}

/// Pieces of work that there should be, where the layer is large enough. They follow from sizes alone: the crate sums small products
/// in another order than large ones, so the bits depend on where pieces begin.
const PIECES: usize = 8;
/// The fewest outputs that a piece of the forward pass is about.
const OUTPUTS: usize = 64;
/// The fewest taps that a piece of the backward pass is about, and the most.
const TAPS: [usize; 2] = [32, 1152];
/// Numbers of windows that all threads share in the forward pass: 16 MiB.
const WINDOWS: usize = 4 << 20;
/// Places of a piece, about.
const PLACES: usize = 384;

/// For each row of all results, those of all outputs.
type Lines<'y> = Vec<Vec<&'y mut [f32]>>;

impl Conv {
    /// The height and width of the result, in pixels.
    pub fn to(&self) -> [usize; 2] {
        self.from.map(|size| (size + 2 * self.pad - self.kernel) / self.stride + 1)
    }

    fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// The numbers of an output's kernel.
    fn depth(&self) -> usize {
        self.inputs * self.taps()
    }

    /// The numbers of a map, and those of a map of the result.
    fn planes(&self) -> [usize; 2] {
        [self.from, self.to()].map(|[height, width]| height * width)
    }

    /// The rows of the results of all images, in shares that have so many places at most, and about as many as each other.
    fn shares(&self, images: usize, places: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let [height, width] = self.to();
        let rows = images * height;
        let count = rows.div_ceil((places / width).max(1)).max(1);
        (0..count).map(move |n| n * rows / count..(n + 1) * rows / count)
    }

    /// Runs the forward pass. `x` is `[images, inputs, height, width]`; so is the result.
    pub fn forward(&self, x: &[f32], weight: &[f32]) -> Vec<f32> {
        let [from, to] = self.planes();
        let images = x.len() / (self.inputs * from);
        let mut y = vec![0.0; images * self.outputs * to];
        if images * to >= PIECES * PLACES {
            self.forward_by_places(x, weight, images, &mut y);
        } else {
            self.forward_by_outputs(x, weight, images, &mut y);
        }
        y
    }

    /// The forward pass of a layer with many places: a piece makes all outputs at some of them.
    fn forward_by_places(&self, x: &[f32], weight: &[f32], images: usize, y: &mut [f32]) {
        let (depth, [height, width]) = (self.depth(), self.to());
        // The rows of all outputs that lie beside each other.
        let mut lines: Lines<'_> = (0..images * height).map(|_| Vec::new()).collect();
        for (n, line) in y.chunks_exact_mut(width).enumerate() {
            lines[n / (self.outputs * height) * height + n % height].push(line);
        }
        let mut lines = lines.into_iter();
        let own = |rows: Range<usize>| (rows.clone(), lines.by_ref().take(rows.len()).collect());
        let work: Vec<(Range<usize>, Lines<'_>)> = self.shares(images, PLACES).map(own).collect();
        let scratch = <(Vec<f32>, Vec<f32>)>::default;
        work.into_par_iter().for_each_init(scratch, |(windows, sums), (rows, lines)| {
            let places = rows.len() * width;
            windows.resize(depth * places, 0.0);
            sums.resize(self.outputs * places, 0.0);
            for (channel, windows) in windows.chunks_exact_mut(self.taps() * places).enumerate() {
                self.gather(x, channel, &rows, windows);
            }
            let left = Matrix { entries: weight, dims: [self.outputs, depth], strides: [depth, 1] };
            let right = Matrix { entries: windows, dims: [depth, places], strides: [places, 1] };
            multiply(sums, left, right, false);
            for (row, lines) in lines.into_iter().enumerate() {
                for (line, sums) in lines.into_iter().zip(sums.chunks_exact(places)) {
                    line.copy_from_slice(&sums[row * width..][..width]);
                }
            }
        });
    }

    /// The forward pass of a layer with few places: a piece makes some outputs at all of them, from windows that all pieces share.
    fn forward_by_outputs(&self, x: &[f32], weight: &[f32], images: usize, y: &mut [f32]) {
        let ([_, to], depth, [height, width]) = (self.planes(), self.depth(), self.to());
        let mut planes = by_channel(y, self.outputs, to);
        let some = self.outputs.div_ceil(PIECES).max(OUTPUTS);
        let mut windows = Vec::new();
        for rows in self.shares(images, (WINDOWS / depth).max(PLACES)) {
            let places = rows.len() * width;
            windows.resize(depth * places, 0.0);
            let each = windows.par_chunks_exact_mut(self.taps() * places).enumerate();
            each.for_each(|(channel, windows)| self.gather(x, channel, &rows, windows));
            let right = Matrix { entries: &windows, dims: [depth, places], strides: [places, 1] };
            planes.par_chunks_mut(some).enumerate().for_each_init(Vec::new, |sums, (n, planes)| {
                sums.resize(planes.len() * places, 0.0);
                let entries = &weight[n * some * depth..][..planes.len() * depth];
                let left = Matrix { entries, dims: [planes.len(), depth], strides: [depth, 1] };
                multiply(sums, left, right, false);
                for (planes, sums) in planes.iter_mut().zip(sums.chunks_exact(places)) {
                    for (row, sums) in rows.clone().zip(sums.chunks_exact(width)) {
                        planes[row / height][row % height * width..][..width].copy_from_slice(sums);
                    }
                }
            });
        }
    }

    /// Runs the backward pass to the input. `dy` is the gradient of the result.
    pub fn to_input(&self, dy: &ByOutput, weight: &[f32]) -> Vec<f32> {
        let ([from, _], depth, width) = (self.planes(), self.depth(), self.to()[1]);
        let mut dx = vec![0.0; dy.images * self.inputs * from];
        let mut planes = by_channel(&mut dx, self.inputs, from);
        let some = self.some_inputs();
        planes.par_chunks_mut(some).enumerate().for_each_init(Vec::new, |windows, (n, planes)| {
            let taps = planes.len() * self.taps();
            // Written before it is read, fresh memory is found once and not twice.
            planes.iter_mut().flatten().for_each(|plane| plane.fill(0.0));
            let entries = &weight[n * some * self.taps()..];
            let left = Matrix { entries, dims: [taps, self.outputs], strides: [1, depth] };
            for rows in self.shares(dy.images, PLACES) {
                let places = rows.len() * width;
                windows.resize(taps * places, 0.0);
                multiply(windows, left, dy.matrix(0..self.outputs, &rows, width), false);
                for (planes, windows) in planes.iter_mut().zip(windows.chunks_exact(self.taps() * places)) {
                    self.scatter(windows, &rows, planes);
                }
            }
        });
        dx
    }

    /// Runs the backward pass to the weights.
    pub fn to_weights(&self, x: &[f32], dy: &ByOutput) -> Vec<f32> {
        let (taps, depth, width) = (self.taps(), self.depth(), self.to()[1]);
        let channels: Vec<Range<usize>> = ranges(self.inputs, self.some_inputs()).collect();
        // Where there are few channels, pieces share the outputs.
        let some = self.outputs.div_ceil(PIECES.div_ceil(channels.len()));
        let each = |channels: Range<usize>| ranges(self.outputs, some).map(move |outputs| (channels.clone(), outputs));
        let work: Vec<(Range<usize>, Range<usize>)> = channels.into_iter().flat_map(each).collect();
        let make = |windows: &mut Vec<f32>, (channels, outputs): &(Range<usize>, Range<usize>)| {
            let depth = channels.len() * taps;
            let mut sums = vec![0.0; outputs.len() * depth];
            for (n, rows) in self.shares(dy.images, PLACES).enumerate() {
                let places = rows.len() * width;
                windows.resize(depth * places, 0.0);
                for (channel, windows) in channels.clone().zip(windows.chunks_exact_mut(taps * places)) {
                    self.gather(x, channel, &rows, windows);
                }
                let right = Matrix { entries: windows, dims: [places, depth], strides: [1, places] };
                multiply(&mut sums, dy.matrix(outputs.clone(), &rows, width), right, n > 0);
            }
            sums
        };
        let parts: Vec<Vec<f32>> = work.par_iter().map_init(Vec::new, make).collect();
        let mut gradient = recycled::take(self.outputs * depth);
        gradient.par_chunks_exact_mut(depth).enumerate().for_each(|(output, gradient)| {
            for ((channels, outputs), part) in work.iter().zip(&parts).filter(|((_, own), _)| own.contains(&output)) {
                let len = channels.len() * taps;
                gradient[channels.start * taps..][..len]
                    .copy_from_slice(&part[(output - outputs.start) * len..][..len]);
            }
        });
        gradient
    }

    /// How many inputs a piece of the backward pass is about.
    fn some_inputs(&self) -> usize {
        let [least, most] = TAPS.map(|taps| taps.div_ceil(self.taps()));
        self.inputs.div_ceil(PIECES).clamp(least, most)
    }
}

/// The numbers below `len` in pieces of so many, the last of what is left.
fn ranges(len: usize, of: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    (0..len).step_by(of.max(1)).map(move |start| start..(start + of).min(len))
}

/// The gradient of a result with the outputs first: `[outputs, images, height, width]`.
#[derive(Debug)]
pub struct ByOutput {
    images: usize,
    /// The numbers of an output, of all images.
    row: usize,
    numbers: Vec<f32>,
}

impl ByOutput {
    /// Brings a gradient `[images, outputs, height, width]` into this order.
    pub fn new(layer: &Conv, dy: &[f32]) -> Self {
        let (outputs, [_, plane]) = (layer.outputs, layer.planes());
        let images = dy.len() / (outputs * plane);
        let mut numbers = vec![0.0; dy.len()];
        numbers.par_chunks_exact_mut(images * plane).enumerate().for_each(|(output, numbers)| {
            for (image, numbers) in numbers.chunks_exact_mut(plane).enumerate() {
                numbers.copy_from_slice(&dy[(image * outputs + output) * plane..][..plane]);
            }
        });
        Self { images, row: images * plane, numbers }
    }

    /// Some outputs at the places of some rows.
    fn matrix(&self, outputs: Range<usize>, rows: &Range<usize>, width: usize) -> Matrix<'_> {
        let entries = &self.numbers[outputs.start * self.row + rows.start * width..];
        Matrix { entries, dims: [outputs.len(), rows.len() * width], strides: [self.row, 1] }
    }
}
