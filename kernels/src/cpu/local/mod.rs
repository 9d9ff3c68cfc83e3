//! Convolutions whose kernels differ from place to place, for all blocks of a batch together.
//!
//! Such a layer has more weights than its results have numbers, and reading them takes longer than multiplying. So a weight
//! that is read serves several blocks at once, as many as registers can sum. The gradient of the weights of a place is summed
//! over the whole batch and written where it belongs; no thread has a copy of it.
//!
//! Threads share results and never a sum, so the bits do not depend on how many they are.

mod forward;
mod to_input;
mod to_weights;
mod window;

use super::hands::{shares, split};
use super::lanes::LANES;
use crate::graph::Local;
use forward::{ForwardRow, Panel};
use pulp::Arch;
use rayon::prelude::*;
use std::ops::Range;
use to_input::{Scratch, ToInput};
use to_weights::ToWeights;
use window::Place;

/// Blocks that are summed at once.
const BLOCKS: usize = 4;

/// Pieces of work for each thread, so that none waits long for the last one.
const PIECES: usize = 4;

/// A piece of work: the row of places or the blocks that it is about, its share of the channels, and the results of each block that it makes.
type Piece<'r, A> = (A, Range<usize>, Vec<&'r mut [f32]>);

/// Runs the forward pass of a layer with these weights and this bias. `x` and `y` hold, for each block, the cells of the input
/// and those of the result.
pub fn forward(arch: Arch, local: &Local, weight: &[f32], bias: Option<&[f32]>, x: &[&[f32]], y: Vec<&mut [f32]>) {
    /// Outputs that a kernel sums at once.
    const UNIT: usize = 8;
    let [height, width] = local.to();
    let outputs = shares(local.outputs, UNIT, pieces().div_ceil(height));
    // For each row of places and each share of outputs the rows of the results, block after block.
    let each = |row: usize| outputs.iter().map(move |share| (row, share.clone(), Vec::new()));
    let mut work: Vec<Piece<'_, usize>> = (0..height).flat_map(each).collect();
    for y in y {
        for (n, line) in y.chunks_exact_mut(width * LANES).enumerate() {
            let (output, row) = (n / height, n % height);
            let share = output / outputs[0].len();
            work[row * outputs.len() + share].2.push(line);
        }
    }
    work.into_par_iter().for_each_init(Panel::default, |scratch, (row, outputs, y)| {
        arch.dispatch(ForwardRow { local, weight, bias, x, row, outputs, y, scratch });
    });
}

/// Runs the backward pass of a layer to its input. `dy` and `dx` hold, for each block, the cells of the gradient of the result
/// and those of the gradient of the input.
pub fn to_input(arch: Arch, local: &Local, weight: &[f32], dy: &[&[f32]], dx: Vec<&mut [f32]>) {
    /// Inputs that whole tiles of taps come from, whatever the kernel.
    const UNIT: usize = 4;
    let threads = rayon::current_num_threads();
    let inputs = shares(local.inputs, UNIT, threads);
    let blocks = shares(dy.len(), BLOCKS, threads.div_ceil(inputs.len()));
    let plane = local.from.iter().product::<usize>() * LANES;
    let each = |blocks: Range<usize>| inputs.iter().map(move |share| (blocks.clone(), share.clone(), Vec::new()));
    let mut work: Vec<Piece<'_, Range<usize>>> = blocks.iter().cloned().flat_map(each).collect();
    for (block, dx) in dx.into_iter().enumerate() {
        for (share, planes) in split(dx, &inputs, plane).into_iter().enumerate() {
            work[block / blocks[0].len() * inputs.len() + share].2.push(planes);
        }
    }
    work.into_par_iter().for_each_init(Scratch::default, |scratch, (blocks, inputs, dx)| {
        arch.dispatch(ToInput { local, weight, dy: &dy[blocks], inputs, dx, scratch });
    });
}

/// Makes the gradient of the weights of a layer, or adds to it where it has `begun`. `x` and `dy` hold, for each block, the cells
/// of the input and those of the gradient of the result.
pub fn to_weights(arch: Arch, local: &Local, [x, dy]: [&[&[f32]]; 2], gradient: &mut [f32], begun: bool) {
    let (taps, [_, width]) = (local.taps(), local.to());
    let kernels = gradient.par_chunks_mut(local.outputs * taps).enumerate();
    // A place's gradient falls into those of as many outputs as a vector has numbers.
    let work = kernels.flat_map_iter(|(place, gradient)| {
        let each = gradient.chunks_mut(LANES * taps).enumerate();
        each.map(move |(n, gradient)| (place, n * LANES, gradient))
    });
    work.for_each_init(Vec::new, |scratch, (place, first, gradient)| {
        if !begun {
            gradient.fill(0.0);
        }
        let place = Place { row: place / width, column: place % width };
        arch.dispatch(ToWeights { local, place, first, x, dy, gradient, scratch });
    });
}

/// Adds to the gradient of the numbers that a layer adds to each place of each result. `dy` holds, for each block, the cells of
/// the gradient of the result.
pub fn to_bias(dy: &[&[f32]], gradient: &mut [f32]) {
    gradient.par_iter_mut().enumerate().for_each(|(n, sum)| {
        *sum += dy.iter().map(|dy| dy[n * LANES..][..LANES].iter().sum::<f32>()).sum::<f32>();
    });
}

/// How many pieces work should fall into.
fn pieces() -> usize {
    PIECES * rayon::current_num_threads()
}
