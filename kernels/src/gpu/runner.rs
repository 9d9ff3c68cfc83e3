//! Launches a program on a device: the only place that hands buffers to it.

#![expect(unsafe_code, reason = "a kernel that runs unchecked has to be told how long its buffers are")]

use super::compile::{Compiled, DeviceLimits, compile};
use super::interpreter::{add_up, interpret, pack};
use super::pack::WIDE;
use crate::engine::Offsets;
use crate::task_schedule::TaskSchedule;
use cubecl::client::Client;
use cubecl::prelude::*;
use cubecl::server::Handle;
use std::sync::OnceLock;

/// A schedule compiled for one kind of device, and its tables on the device.
#[derive(Debug)]
pub struct Runner {
    compiled: Compiled,
    /// The length of each parameter.
    lens: Vec<usize>,
    /// Which parameters' gradients are wanted.
    wanted: Vec<bool>,
    tables: OnceLock<Tables>,
}

/// The tables of a program, on the device.
#[derive(Debug)]
struct Tables {
    /// Where the sums of each gradient are: see [`add_up`].
    copies: Handle,
    /// The rows of [`super::program::InstructionTable`].
    instructions: Handle,
    /// For each packed weight, its index among the parameters.
    order: Handle,
}

/// A batch of images on a device, and everything that a program reads for it; see [`crate::cpu::HostBatch`].
pub struct DeviceBatch {
    pub images: usize,
    /// All parameters in a row.
    pub params: Handle,
    /// The inputs, `[images, inputs]`.
    pub inputs: Handle,
    /// The numbers that the backward pass begins with: the gradients of the outputs, `[images, outputs]`, or class
    /// numbers as floats, `[images]`.
    pub backward_from: Option<Handle>,
    /// The weight of one image's cross-entropy at one step in the loss.
    pub weight: f32,
    /// The share of each answer that is spread over all classes, from 0 to 1.
    pub smoothing: f32,
}

/// What comes of a batch on a device; each buffer is there whether or not the program makes what is in it.
pub struct DeviceResults {
    /// The outputs, `[images, outputs]`.
    pub outputs: Handle,
    /// The gradients of the inputs, `[images, inputs]`.
    pub input_gradients: Handle,
    /// The gradients of all parameters in a row; zero where there is none.
    pub gradients: Handle,
    /// The sum of the cross-entropies of all images and steps times their weight, in nats.
    pub loss: Handle,
}

/// What a device gives a cube.
pub fn limits(client: &Client) -> DeviceLimits {
    let hardware = &client.properties().hardware;
    DeviceLimits {
        shared: hardware.max_shared_memory_size / size_of::<f32>(),
        units: hardware.max_units_per_cube as usize,
        // CUDA's barrier orders a block's writes to all memory by itself, not only those to shared memory.
        fence: client.name() != "cuda",
    }
}

/// A number for the device; none is too large for it, since no buffer is.
fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Runner {
    /// Compiles a schedule whose gradients are those of the `wanted` parameters.
    pub fn new(schedule: &TaskSchedule, wanted: Vec<bool>, offsets: &Offsets, limits: DeviceLimits) -> Self {
        let compiled = compile(schedule, offsets, &wanted, limits);
        let lens = offsets.params.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Self { compiled, lens, wanted, tables: OnceLock::new() }
    }

    /// How many cubes run at once: as many as the device has room for, within a gibibyte of memory and buffers no
    /// larger than the device can have.
    fn cubes(&self, client: &Client) -> usize {
        /// A gibibyte, in floats.
        const MEMORY: usize = 1 << 28;
        let program = &self.compiled.program;
        let hardware = &client.properties().hardware;
        let processors = hardware.num_streaming_multiprocessors.unwrap_or(16) as usize;
        let each = (limits(client).shared / program.shared).clamp(1, 4);
        let page = client.properties().memory.max_page_size as usize / size_of::<f32>();
        let room = (MEMORY / (program.arena + program.sums)).min(page / program.arena.max(program.sums));
        (processors * each).min(room).max(1)
    }

    /// Runs a batch in three kernels: the first puts weights into the order of reading, the second interprets the
    /// program for all images, and the third adds up the gradients of all cubes.
    pub fn run(&self, client: &Client, batch: DeviceBatch) -> DeviceResults {
        /// Units of a cube of the first kernel and the third.
        const UNITS: usize = 128;
        let program = &self.compiled.program;
        let DeviceBatch { images, params, inputs, backward_from, weight, smoothing } = batch;
        let cubes = self.cubes(client).min(images).max(1);
        // What is not used has to be there nonetheless, as large as the smallest thing that a kernel reads.
        let room = |numbers: usize| client.empty(numbers.max(WIDE) * size_of::<f32>());
        let count: usize = self.lens.iter().sum();
        let (sums, arena) = (room(cubes * program.sums), room(cubes * program.arena));
        let (outputs, input_gradients) = (room(images * program.outputs), room(images * program.inputs));
        let (gradients, loss) = (room(count), room(1));
        let backward_from = backward_from.unwrap_or_else(|| room(1));
        let tables = self.tables.get_or_init(|| self.tables(client));
        let weights = self.compiled.packing.order.len();
        let packed = room(weights);
        let instructions = self.compiled.table.len() / program.width;
        let (inputs_len, outputs_len, sums_len) =
            (images * program.inputs, images * program.outputs, cubes * program.sums);
        let arg = |handle: &Handle, len: usize| {
            // SAFETY: every buffer is as long as it is said to be; those that a program does not use are not touched.
            unsafe { BufferArg::from_raw_parts(handle.clone(), len.max(1)) }
        };
        let units = CubeDim::new_1d(small(UNITS));
        let all = |numbers: usize| CubeCount::Static(small(numbers.div_ceil(UNITS)), 1, 1);
        if weights > 0 {
            // SAFETY: `order` names parameters.
            unsafe {
                let (params, order) = (arg(&params, count), arg(&tables.order, weights));
                pack::launch_unchecked(client, all(weights), units, params, order, arg(&packed, weights), weights);
            }
        }
        // SAFETY: a program names no place behind the end of what `compile` gave it.
        unsafe {
            interpret::launch_unchecked(
                client,
                CubeCount::Static(small(cubes), 1, 1),
                CubeDim::new_1d(small(program.units)),
                arg(&inputs, inputs_len),
                arg(&params, count),
                arg(&packed, weights / WIDE),
                arg(&backward_from, 1),
                arg(&tables.instructions, self.compiled.table.len()),
                arg(&outputs, outputs_len),
                arg(&input_gradients, inputs_len),
                arg(&sums, sums_len),
                arg(&arena, cubes * program.arena),
                small(images),
                small(instructions),
                weight,
                smoothing,
                program.clone(),
            );
        }
        // SAFETY: `copies` stays within a cube's sums, and the sums are `cubes` times as long.
        unsafe {
            add_up::launch_unchecked(
                client,
                all(count + 1),
                units,
                arg(&sums, sums_len),
                arg(&tables.copies, 3 * (count + 1)),
                arg(&gradients, count),
                arg(&loss, 1),
                small(cubes),
                weight,
                program.sums,
                count,
            );
        }
        DeviceResults { outputs, input_gradients, gradients, loss }
    }

    fn tables(&self, client: &Client) -> Tables {
        let upload = |table: &[u32]| client.create_from_slice(u32::as_bytes(table));
        let order: Vec<u32> = self.compiled.packing.order.iter().map(|n| small(*n)).collect();
        let instructions = upload(&self.compiled.table);
        Tables { copies: upload(&self.copies()), instructions, order: upload(&order) }
    }

    /// Describes the copies of each gradient, and of the cross-entropy behind them: where they begin, how far apart
    /// they are, and how many there are.
    fn copies(&self) -> Vec<u32> {
        let mut table = Vec::new();
        for ((copies, len), wanted) in self.compiled.copies.iter().zip(&self.lens).zip(&self.wanted) {
            let count = if *wanted { copies.count } else { 0 };
            table.extend((0..*len).flat_map(|n| [copies.first + n, copies.len, count].map(small)));
        }
        table.extend([self.compiled.program.sums - 1, 0, 1].map(small));
        table
    }
}
