//! Launches: the only place that hands buffers to a device.

#![expect(unsafe_code, reason = "a kernel that runs unchecked has to be told how long its buffers are")]

use super::compile::{Compiled, Limits, Outer, compile};
use super::pack::WIDE;
use super::region::{pack, region, total};
use crate::schedule::Program;
use cubecl::client::Client;
use cubecl::prelude::*;
use cubecl::server::Handle;
use std::sync::OnceLock;

/// A program for one kind of device.
#[derive(Debug)]
pub struct Engine {
    compiled: Compiled,
    /// How many parameters' numbers there are, and which of them have gradients.
    count: usize,
    wanted: Vec<bool>,
    lens: Vec<usize>,
    /// On the device: where each gradient's sums are, the table of acts, and where each packed weight comes from.
    tables: OnceLock<[Handle; 3]>,
}

/// A batch on the device, and what to do with it; see [`crate::cpu::Batch`].
pub struct Batch {
    pub images: usize,
    pub params: Handle,
    pub inputs: Handle,
    /// Gradients of the outputs, or class numbers as floats.
    pub seeds: Option<Handle>,
    /// What the gradient of one image's cross-entropy at one step counts.
    pub weight: f32,
    /// The share of each answer that is spread over all classes.
    pub smoothing: f32,
}

/// What comes of a batch, whether or not the program makes it.
pub struct Results {
    pub outputs: Handle,
    pub input_gradients: Handle,
    /// Zero where there is none.
    pub gradients: Handle,
    /// The cross-entropies of all images and steps times their weight.
    pub loss: Handle,
}

/// What a device's cubes may have.
pub fn limits(client: &Client) -> Limits {
    let hardware = &client.properties().hardware;
    Limits {
        shared: hardware.max_shared_memory_size / size_of::<f32>(),
        units: hardware.max_units_per_cube as usize,
        // CUDA's barrier orders a block's writes to all memory, not only to the shared one.
        fence: client.name() != "cuda",
    }
}

impl Engine {
    pub fn new(program: &Program, wanted: &[bool], begins: [&[usize]; 3], limits: Limits) -> Self {
        let [params, inputs, outputs] = begins;
        let compiled = compile(program, Outer { params, inputs, outputs, wanted }, limits);
        let lens = params.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let count = params.last().copied().unwrap_or(0);
        Self { compiled, count, wanted: wanted.to_vec(), lens, tables: OnceLock::new() }
    }

    /// How many cubes run at once: as many as the device has room for, within a gibibyte of memory and buffers no larger
    /// than the device can have.
    fn cubes(&self, client: &Client) -> usize {
        const MEMORY: usize = 1 << 28;
        let script = &self.compiled.script;
        let hardware = &client.properties().hardware;
        let processors = hardware.num_streaming_multiprocessors.unwrap_or(16) as usize;
        let each = (limits(client).shared / script.shared).clamp(1, 4);
        let page = client.properties().memory.max_page_size as usize / size_of::<f32>();
        let room = (MEMORY / (script.arena + script.sums)).min(page / script.arena.max(script.sums));
        (processors * each).min(room).max(1)
    }

    /// Runs a batch.
    pub fn run(&self, client: &Client, batch: Batch) -> Results {
        let script = &self.compiled.script;
        let Batch { images, params, inputs, seeds, weight, smoothing } = batch;
        let cubes = self.cubes(client).min(images).max(1);
        // What is not used has to be there nonetheless, as large as the smallest thing that a kernel reads.
        let room = |numbers: usize| client.empty(numbers.max(WIDE) * size_of::<f32>());
        let (sums, arena) = (room(cubes * script.sums), room(cubes * script.arena));
        let (outputs, input_gradients) = (room(images * script.outputs), room(images * script.inputs));
        let (gradients, loss) = (room(self.count), room(1));
        let seeds = seeds.unwrap_or_else(|| room(1));
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let [places, table, order] = self.tables.get_or_init(|| {
            let order: Vec<u32> = self.compiled.packing.places.iter().map(|n| small(*n)).collect();
            [&self.places(), &self.compiled.table, &order].map(|table| client.create_from_slice(u32::as_bytes(table)))
        });
        let weights = self.compiled.packing.places.len();
        let packed = room(weights);
        let acts = self.compiled.table.len() / script.width;
        let lens = [images * script.inputs, self.count, images * script.outputs, cubes * script.sums];
        let arg = |handle: &Handle, len: usize| {
            // SAFETY: every buffer is as long as it is said to be; those that a script does not use are not touched.
            unsafe { BufferArg::from_raw_parts(handle.clone(), len.max(1)) }
        };
        const UNITS: usize = 128;
        let units = CubeDim::new_1d(small(UNITS));
        let all = |numbers: usize| CubeCount::Static(small(numbers.div_ceil(UNITS)), 1, 1);
        if weights > 0 {
            // SAFETY: `order` names parameters.
            unsafe {
                let (params, order) = (arg(&params, lens[1]), arg(order, weights));
                pack::launch_unchecked(client, all(weights), units, params, order, arg(&packed, weights), weights);
            }
        }
        // SAFETY: a script names no place behind the end of what `compile` gave it.
        unsafe {
            region::launch_unchecked(
                client,
                CubeCount::Static(small(cubes), 1, 1),
                CubeDim::new_1d(small(script.units)),
                arg(&inputs, lens[0]),
                arg(&params, lens[1]),
                arg(&packed, weights / WIDE),
                arg(&seeds, 1),
                arg(table, self.compiled.table.len()),
                arg(&outputs, lens[2]),
                arg(&input_gradients, lens[0]),
                arg(&sums, lens[3]),
                arg(&arena, cubes * script.arena),
                small(images),
                small(acts),
                weight,
                smoothing,
                script.clone(),
            );
        }
        // SAFETY: `places` stays within a cube's sums, and the sums are `cubes` times as long.
        unsafe {
            total::launch_unchecked(
                client,
                all(self.count + 1),
                units,
                arg(&sums, lens[3]),
                arg(places, 3 * (self.count + 1)),
                arg(&gradients, self.count),
                arg(&loss, 1),
                small(cubes),
                weight,
                script.sums,
                self.count,
            );
        }
        Results { outputs, input_gradients, gradients, loss }
    }

    /// Of each gradient, and of the cross-entropy behind them: where its copies begin, how far apart they are, how many.
    fn places(&self) -> Vec<u32> {
        let mut places = Vec::with_capacity(3 * (self.count + 1));
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        for ((spread, len), wanted) in self.compiled.spreads.iter().zip(&self.lens).zip(&self.wanted) {
            let copies = if *wanted { spread.parts } else { 0 };
            places.extend((0..*len).flat_map(|n| [spread.first + n, spread.len, copies].map(small)));
        }
        places.extend([self.compiled.script.sums - 1, 0, 1].map(small));
        places
    }
}
