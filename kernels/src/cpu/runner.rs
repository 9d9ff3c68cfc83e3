//! A batch on the CPU: split into chunks for the threads, and each chunk into blocks of sixteen images.
//!
//! Results depend on the batch alone, never on the number of threads: a batch is split into the same chunks whatever
//! their number, each chunk adds up its gradients block by block, and the chunks are added up in order. Sums of floats
//! depend on their order, so anything else would give other bits on another machine.

use super::block::{Block, BlockImages, Shared, Workspace};
use super::conv::{PreparedBank, Scratch};
use super::lanes::LANES;
use super::vectors::Vectors;
use crate::engine::Offsets;
use crate::task_schedule::TaskSchedule;
use pulp::Arch;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// The most chunks that a batch is split into: each of them needs memory for a sum of all gradients.
pub const CHUNKS: usize = 16;

/// A schedule, and the memory that it runs in.
#[derive(Debug)]
pub struct Runner {
    schedule: TaskSchedule,
    banks: Mutex<Vec<PreparedBank>>,
    /// Which parameters' gradients are wanted.
    wanted: Vec<bool>,
    offsets: Offsets,
    /// Workspaces that no thread uses at the moment.
    idle: Mutex<Vec<Workspace>>,
    scratch: Mutex<Scratch>,
    arch: Arch,
}

/// The right answers for a batch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answers<'a> {
    /// The class of each image.
    pub labels: &'a [usize],
    /// The share of each answer that is spread over all classes, from 0 to 1.
    pub smoothing: f32,
}

/// A batch of images in the memory of the CPU, and everything that a schedule reads for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostBatch<'a> {
    pub images: usize,
    /// All parameters, one after the other.
    pub params: &'a [f32],
    /// The inputs, `[images, inputs]`: of each image, all inputs one after the other.
    pub inputs: &'a [f32],
    /// The gradients of the outputs, `[images, outputs]`; empty unless the schedule reads them.
    pub output_gradients: &'a [f32],
    /// The right answers; of no effect unless the schedule has a loss.
    pub answers: Answers<'a>,
    /// The weight of one image's cross-entropy at one step in the loss.
    pub weight: f32,
}

/// What a schedule makes of a batch; a vector is empty where the schedule makes no such thing.
#[derive(Debug, Default)]
pub struct Results {
    /// The outputs, `[images, outputs]`.
    pub outputs: Vec<f32>,
    /// The gradients of the inputs, `[images, inputs]`.
    pub input_gradients: Vec<f32>,
    /// The gradients of all parameters, one after the other.
    pub gradients: Vec<f32>,
    /// The sum of the cross-entropies of all images and steps, in nats.
    pub nats: f64,
}

/// Which of the [`Results`] a schedule makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Makes {
    pub outputs: bool,
    pub input_gradients: bool,
    pub gradients: bool,
}

/// The number of images in each chunk of a batch, the last one excepted: whole blocks, and at most [`CHUNKS`] chunks.
pub fn chunk_size(images: usize) -> usize {
    images.div_ceil(LANES).div_ceil(CHUNKS).max(1) * LANES
}

impl Runner {
    /// Makes a runner of a schedule; `wanted` says which parameters' gradients it makes.
    pub fn new(schedule: TaskSchedule, wanted: Vec<bool>, offsets: Offsets, vectors: Vectors) -> Self {
        let banks = Mutex::new(schedule.banks.iter().map(PreparedBank::new).collect());
        let (idle, scratch, arch) = (Mutex::default(), Mutex::default(), vectors.arch());
        Self { schedule, banks, wanted, offsets, idle, scratch, arch }
    }

    /// Runs a batch.
    pub fn run(&self, batch: HostBatch<'_>, makes: Makes) -> Results {
        let mut banks = self.banks.lock().unwrap_or_else(PoisonError::into_inner);
        self.prepare(&mut banks, batch.params);
        let shared = Shared {
            schedule: &self.schedule,
            banks: &banks,
            params: batch.params,
            offsets: &self.offsets,
            wanted: &self.wanted,
        };
        let size = chunk_size(batch.images);
        let chunks: Vec<Results> = (0..batch.images.div_ceil(size))
            .into_par_iter()
            .map(|chunk| self.chunk(&shared, batch, makes, chunk * size..batch.images.min((chunk + 1) * size)))
            .collect();
        let mut results = Results::default();
        for chunk in chunks {
            results.outputs.extend(chunk.outputs);
            results.input_gradients.extend(chunk.input_gradients);
            results.nats += chunk.nats;
            if results.gradients.is_empty() {
                results.gradients = chunk.gradients;
            } else {
                results.gradients.iter_mut().zip(chunk.gradients).for_each(|(sum, more)| *sum += more);
            }
        }
        results
    }

    /// Transforms the kernels of all convolutions, once for all blocks of the batch.
    fn prepare(&self, banks: &mut [PreparedBank], params: &[f32]) {
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let offsets = &self.offsets.params;
        for bank in banks {
            let slots: Vec<usize> = bank.bank.members.iter().map(|member| member.slot).collect();
            let weights = slots.into_iter().map(|slot| &params[offsets[slot]..offsets[slot + 1]]);
            bank.prepare(self.arch, &weights.collect::<Vec<&[f32]>>(), &mut scratch);
        }
    }

    /// Runs the images of one chunk, block after block.
    fn chunk(&self, shared: &Shared<'_>, batch: HostBatch<'_>, makes: Makes, images: Range<usize>) -> Results {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut work = idle().pop().unwrap_or_default();
        let (inputs, outputs) = (Offsets::len(&self.offsets.inputs), Offsets::len(&self.offsets.outputs));
        let zeros = |wanted: bool, len: usize| vec![0.0; if wanted { len } else { 0 }];
        let mut results = Results {
            outputs: zeros(makes.outputs, images.len() * outputs),
            input_gradients: zeros(makes.input_gradients, images.len() * inputs),
            gradients: zeros(makes.gradients, Offsets::len(&self.offsets.params)),
            nats: 0.0,
        };
        for first in images.clone().step_by(LANES) {
            let count = LANES.min(images.end - first);
            // The block's share of what the whole batch has, or this chunk: empty if there is no such thing.
            let share = |first: usize, all: &[f32], width: usize| {
                if all.is_empty() { 0..0 } else { first * width..(first + count) * width }
            };
            let labels = batch.answers.labels;
            let within = first - images.start;
            let of_outputs = share(within, &results.outputs, outputs);
            let of_input_gradients = share(within, &results.input_gradients, inputs);
            let mut block = BlockImages {
                count,
                inputs: &batch.inputs[share(first, batch.inputs, inputs)],
                output_gradients: &batch.output_gradients[share(first, batch.output_gradients, outputs)],
                answers: Answers {
                    labels: if labels.is_empty() { &[] } else { &labels[first..first + count] },
                    ..batch.answers
                },
                weight: batch.weight,
                outputs: &mut results.outputs[of_outputs],
                input_gradients: &mut results.input_gradients[of_input_gradients],
                nats: 0.0,
            };
            Block::run(shared, self.arch, &mut work, &mut block, &mut results.gradients);
            results.nats += block.nats;
        }
        idle().push(work);
        results
    }
}
