//! The kernel that interprets a program: each cube takes one image after another through all instructions.

use super::conv::conv;
use super::conv_weights::conv_weights;
use super::dense::{add_parts, channel_sum, dense, dense_backward, dense_weights};
use super::epilogue::elementwise;
use super::loss::loss;
use super::memory::Memory;
use super::pack::WIDE;
use super::pool::{pool, pool_backward};
use super::program::{Address, ImageBuffer, Instruction, Program};
use cubecl::prelude::*;

/// The buffers with numbers of every image, `[images, ...]`, and the image at hand.
#[derive(CubeType)]
struct ImageSlices<'a> {
    inputs: &'a [f32],
    backward_from: &'a [f32],
    outputs: &'a mut [f32],
    input_gradients: &'a mut [f32],
    /// The index of the image in the batch.
    number: usize,
}

#[cube]
impl<'a> ImageSlices<'a> {
    fn new(
        inputs: &'a [f32],
        backward_from: &'a [f32],
        outputs: &'a mut [f32],
        input_gradients: &'a mut [f32],
        number: usize,
    ) -> ImageSlices<'a> {
        ImageSlices::<'a> { inputs, backward_from, outputs, input_gradients, number }
    }
}

/// Takes all images through a program.
///
/// `inputs`, `backward_from`, `outputs` and `input_gradients` are `[images, ...]`; `backward_from` has what the
/// backward pass begins with: the gradients of the outputs, or class numbers as floats. `table` is
/// `[instructions, width]`: see [`super::program::InstructionTable`]. `sums` and `arena` are `[cubes, ...]`. `weight` is
/// the weight of one image's cross-entropy at one step in the loss.
#[cube(launch_unchecked)]
#[expect(clippy::too_many_arguments, reason = "each is a buffer of its own")]
pub fn interpret(
    inputs: &[f32],
    params: &[f32],
    packed: &[Vector<f32, Const<WIDE>>],
    backward_from: &[f32],
    table: &[u32],
    outputs: &mut [f32],
    input_gradients: &mut [f32],
    sums: &mut [f32],
    arena: &mut [f32],
    images: u32,
    instructions: u32,
    weight: f32,
    smoothing: f32,
    #[comptime] program: Program,
) {
    let mut memory = Memory::new(arena, params, packed, sums, comptime!(program.clone()));
    memory.clear(comptime!(program.sums));
    let mut image = ImageSlices::new(inputs, backward_from, outputs, input_gradients, CUBE_POS);
    while image.number < images as usize {
        for instruction in 0..instructions as usize {
            let row = instruction * program.width;
            let kind = usize::cast_from(table[row]);
            #[unroll]
            for n in 0..comptime!(program.kinds.len()) {
                if kind == n {
                    memory.load_offsets(table, row + 1, comptime!(program.kinds[n].clone().offsets().len()));
                    execute(
                        &mut memory,
                        &mut image,
                        weight,
                        smoothing,
                        comptime!(program.kinds[n].clone()),
                        comptime!(program.clone()),
                    );
                }
            }
            // No unit goes on before all are here: the next instruction reads what others have written.
            if comptime!(program.fence) {
                sync_storage();
            } else {
                sync_cube();
            }
        }
        image.number += CUBE_COUNT;
    }
}

/// Executes one instruction for the image at hand.
#[cube]
fn execute(
    memory: &mut Memory<'_>,
    image: &mut ImageSlices<'_>,
    weight: f32,
    smoothing: f32,
    #[comptime] instruction: Instruction,
    #[comptime] program: Program,
) {
    match comptime!(instruction) {
        Instruction::Fetch { from, first, to, len } => {
            if comptime!(from == ImageBuffer::Inputs) {
                fetch(memory, image.inputs, image.number * program.inputs, first, to, len);
            } else {
                fetch(memory, image.backward_from, image.number * program.outputs, first, to, len);
            }
        }
        Instruction::Hand { from, to, first, len } => {
            if comptime!(to == ImageBuffer::Outputs) {
                hand(memory, image.outputs, image.number * program.outputs, first, from, len);
            } else {
                hand(memory, image.input_gradients, image.number * program.inputs, first, from, len);
            }
        }
        Instruction::Zeros { to, len } => zeros(memory, to, len),
        Instruction::Copy { from, to, len } => copy(memory, from, to, len),
        Instruction::Elementwise(of) => elementwise(memory, of),
        Instruction::Conv(of) => conv(memory, of),
        Instruction::ConvWeights(of) => conv_weights(memory, of),
        Instruction::ChannelSum { x, other, channels, cells, copies } => {
            channel_sum(memory, x, other, channels, cells, copies);
        }
        Instruction::Pool { window, from, to, x, y } => pool(memory, window, from, to, x, y),
        Instruction::PoolBackward(of) => pool_backward(memory, of),
        Instruction::Dense { x, first, sizes, partial, parts } => dense(memory, x, first, sizes, partial, parts),
        Instruction::AddParts { partial, parts, to, len } => add_parts(memory, partial, parts, to, len),
        Instruction::DenseBackward { dy, first, sizes, dx } => dense_backward(memory, dy, first, sizes, dx),
        Instruction::DenseWeights { x, dy, sizes, first } => dense_weights(memory, x, dy, sizes, first),
        Instruction::Loss { scores, gradient, classes } => {
            let label = usize::cast_from(image.backward_from[image.number]);
            loss(memory, label, weight, smoothing, scores, gradient, classes, program.sums);
        }
    }
}

/// Reads a value from a buffer in which the image's numbers begin at `begin`.
#[cube]
fn fetch(
    memory: &mut Memory<'_>,
    from: &[f32],
    begin: usize,
    #[comptime] first: usize,
    #[comptime] to: Address,
    #[comptime] len: usize,
) {
    let begin = begin + memory.offset(first);
    for n in range_stepped(UNIT_POS as usize, len, memory.units) {
        memory.store(n, from[begin + n], to);
    }
}

/// Writes a value to a buffer in which the image's numbers begin at `begin`.
#[cube]
fn hand(
    memory: &mut Memory<'_>,
    to: &mut [f32],
    begin: usize,
    #[comptime] first: usize,
    #[comptime] from: Address,
    #[comptime] len: usize,
) {
    let begin = begin + memory.offset(first);
    for n in range_stepped(UNIT_POS as usize, len, memory.units) {
        to[begin + n] = memory.load(n, from);
    }
}

/// Makes a value of zeros.
#[cube]
fn zeros(memory: &mut Memory<'_>, #[comptime] to: Address, #[comptime] len: usize) {
    for n in range_stepped(UNIT_POS as usize, len, memory.units) {
        memory.store(n, 0.0, to);
    }
}

/// Copies a value.
#[cube]
fn copy(memory: &mut Memory<'_>, #[comptime] from: Address, #[comptime] to: Address, #[comptime] len: usize) {
    for n in range_stepped(UNIT_POS as usize, len, memory.units) {
        let value = memory.load(n, from);
        memory.store(n, value, to);
    }
}

/// Puts parameters into the order of reading, by the index of each: see [`super::pack`].
#[cube(launch_unchecked)]
pub fn pack(params: &[f32], order: &[u32], packed: &mut [f32], #[comptime] len: usize) {
    let n = ABSOLUTE_POS;
    if n < len {
        packed[n] = params[order[n] as usize];
    }
}

/// Adds up the sums of all cubes, and of all copies within each, in order, so that the same device gives the same bits.
/// Gradient `n` is the sum of what begins at `copies[3 n]` of a cube's sums, in steps of `copies[3 n + 1]`,
/// `copies[3 n + 2]` times; behind the `count` gradients comes the cross-entropy. A cube has `len` sums.
#[cube(launch_unchecked)]
pub fn add_up(
    sums: &[f32],
    copies: &[u32],
    gradients: &mut [f32],
    loss: &mut [f32],
    cubes: u32,
    weight: f32,
    #[comptime] len: usize,
    #[comptime] count: usize,
) {
    let n = ABSOLUTE_POS;
    if n <= count {
        let first = copies[3 * n] as usize;
        let step = copies[3 * n + 1] as usize;
        let times = copies[3 * n + 2] as usize;
        let mut sum = f32::new(0.0);
        for cube in 0..cubes as usize {
            for copy in 0..times {
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
