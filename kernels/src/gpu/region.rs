//! The kernel: each cube takes one image after another through all acts of a region.

use super::conv::conv;
use super::dense::{channel_sum, dense, dense_back, dense_weights, gather};
use super::loss::loss;
use super::memory::Memory;
use super::pack::WIDE;
use super::pool::{pool, pool_back};
use super::script::{Act, At, Outside, Script};
use super::tail::rows;
use super::weights::weights;
use cubecl::prelude::*;

/// What an image brings, and what it leaves.
#[derive(CubeType)]
struct Image<'a> {
    inputs: &'a [f32],
    seeds: &'a [f32],
    outputs: &'a mut [f32],
    input_gradients: &'a mut [f32],
    /// Which one it is.
    number: usize,
}

#[cube]
impl<'a> Image<'a> {
    fn new(
        inputs: &'a [f32],
        seeds: &'a [f32],
        outputs: &'a mut [f32],
        input_gradients: &'a mut [f32],
        number: usize,
    ) -> Image<'a> {
        Image::<'a> { inputs, seeds, outputs, input_gradients, number }
    }
}

/// `inputs`, `seeds`, `outputs`, `input_gradients` are `[images, ...]`; `seeds` has gradients of outputs, or class
/// numbers. `table` is `[acts, width]`. `sums` and `arena` are `[cubes, ...]`. `weight` is what one image's
/// cross-entropy counts.
#[cube(launch_unchecked)]
#[expect(clippy::too_many_arguments, reason = "each is a buffer of its own")]
pub fn region(
    inputs: &[f32],
    params: &[f32],
    packed: &[Vector<f32, Const<WIDE>>],
    seeds: &[f32],
    table: &[u32],
    outputs: &mut [f32],
    input_gradients: &mut [f32],
    sums: &mut [f32],
    arena: &mut [f32],
    images: u32,
    acts: u32,
    weight: f32,
    smoothing: f32,
    #[comptime] script: Script,
) {
    let sizes = comptime!([script.shared, script.arena, script.sums, script.width]);
    let mut memory = Memory::new(arena, params, packed, sums, sizes, comptime!(script.units));
    memory.clear(comptime!(script.sums));
    let mut image = Image::new(inputs, seeds, outputs, input_gradients, CUBE_POS);
    while image.number < images as usize {
        for act in 0..acts as usize {
            let row = act * script.width;
            let kind = usize::cast_from(table[row]);
            #[unroll]
            for n in 0..comptime!(script.kinds.len()) {
                if kind == n {
                    memory.turn(table, row + 1, comptime!(script.kinds[n].clone().places().len()));
                    perform(
                        &mut memory,
                        &mut image,
                        weight,
                        smoothing,
                        comptime!(script.kinds[n].clone()),
                        comptime!(script.clone()),
                    );
                }
            }
            // Nobody goes on before everybody is here.
            if comptime!(script.fence) {
                sync_storage();
            } else {
                sync_cube();
            }
        }
        image.number += CUBE_COUNT;
    }
}

#[cube]
fn perform(
    memory: &mut Memory<'_>,
    image: &mut Image<'_>,
    weight: f32,
    smoothing: f32,
    #[comptime] act: Act,
    #[comptime] script: Script,
) {
    match comptime!(act) {
        Act::Fetch { from, first, to, len } => {
            if comptime!(from == Outside::Inputs) {
                fetch(memory, image.inputs, image.number * script.inputs, first, to, len);
            } else {
                fetch(memory, image.seeds, image.number * script.outputs, first, to, len);
            }
        }
        Act::Hand { from, to, first, len } => {
            if comptime!(to == Outside::Outputs) {
                hand(memory, image.outputs, image.number * script.outputs, first, from, len);
            } else {
                hand(memory, image.input_gradients, image.number * script.inputs, first, from, len);
            }
        }
        Act::Zeros { to, len } => zeros(memory, to, len),
        Act::Copy { from, to, len } => copy(memory, from, to, len),
        Act::Rows(act) => rows(memory, act),
        Act::Conv(act) => conv(memory, act),
        Act::Weights(act) => weights(memory, act),
        Act::Sum { x, other, channels, cells, spread } => channel_sum(memory, x, other, channels, cells, spread),
        Act::Pool { window, from, to, x, y } => pool(memory, window, from, to, x, y),
        Act::PoolBack { window, from, to, x, y, dy, dx } => {
            pool_back(memory, window, from, to, comptime!([x, y, dy, dx]));
        }
        Act::Dense { x, first, inputs, outputs, shares, parts } => {
            dense(memory, x, first, comptime!([inputs, outputs]), shares, parts);
        }
        Act::Gather { shares, parts, to, len } => gather(memory, shares, parts, to, len),
        Act::DenseBack { dy, first, inputs, outputs, dx } => {
            dense_back(memory, dy, first, comptime!([inputs, outputs]), dx);
        }
        Act::DenseWeights { x, dy, inputs, outputs, first } => {
            dense_weights(memory, x, dy, comptime!([inputs, outputs]), first);
        }
        Act::Loss { scores, gradient, classes } => {
            let label = usize::cast_from(image.seeds[image.number]);
            loss(memory, label, weight, smoothing, scores, gradient, classes, script.sums);
        }
    }
}

#[cube]
fn fetch(
    memory: &mut Memory<'_>,
    from: &[f32],
    begin: usize,
    #[comptime] first: usize,
    #[comptime] to: At,
    #[comptime] len: usize,
) {
    let begin = begin + memory.place(first);
    for n in range_stepped(UNIT_POS as usize, len, memory.units) {
        memory.store(n, from[begin + n], to);
    }
}

#[cube]
fn hand(
    memory: &mut Memory<'_>,
    to: &mut [f32],
    begin: usize,
    #[comptime] first: usize,
    #[comptime] from: At,
    #[comptime] len: usize,
) {
    let begin = begin + memory.place(first);
    for n in range_stepped(UNIT_POS as usize, len, memory.units) {
        to[begin + n] = memory.load(n, from);
    }
}

#[cube]
fn zeros(memory: &mut Memory<'_>, #[comptime] to: At, #[comptime] len: usize) {
    for n in range_stepped(UNIT_POS as usize, len, memory.units) {
        memory.store(n, 0.0, to);
    }
}

#[cube]
fn copy(memory: &mut Memory<'_>, #[comptime] from: At, #[comptime] to: At, #[comptime] len: usize) {
    for n in range_stepped(UNIT_POS as usize, len, memory.units) {
        let value = memory.load(n, from);
        memory.store(n, value, to);
    }
}

/// Parameters in another order: see [`super::pack`].
#[cube(launch_unchecked)]
pub fn pack(params: &[f32], places: &[u32], packed: &mut [f32], #[comptime] len: usize) {
    let n = ABSOLUTE_POS;
    if n < len {
        packed[n] = params[places[n] as usize];
    }
}

/// The sums of all cubes, and of all copies within each, in order: what begins at `places[3 n]` of a cube's sums, in
/// steps of `places[3 n + 1]`, `places[3 n + 2]` times, is gradient `n`; behind them is the cross-entropy.
#[cube(launch_unchecked)]
pub fn total(
    sums: &[f32],
    places: &[u32],
    gradients: &mut [f32],
    loss: &mut [f32],
    cubes: u32,
    weight: f32,
    #[comptime] len: usize,
    #[comptime] count: usize,
) {
    let n = ABSOLUTE_POS;
    if n <= count {
        let first = places[3 * n] as usize;
        let step = places[3 * n + 1] as usize;
        let copies = places[3 * n + 2] as usize;
        let mut sum = f32::new(0.0);
        for cube in 0..cubes as usize {
            for copy in 0..copies {
                sum += sums[cube * len + first + copy * step];
            }
        }
        if n < count {
            gradients[n] = sum;
        } else {
            loss[0] = sum * weight;
        }
    }
}
