//! A batch on the CPU: split into chunks for the threads, and each chunk into blocks of sixteen images. Where there are
//! more threads than chunks, several of them work on a block.
//!
//! Results depend on the batch alone, never on the number of threads: a batch is split into the same chunks whatever
//! their number, each chunk adds up its gradients block by block, and the chunks are added up in order. Sums of floats
//! depend on their order, so anything else would give other bits on another machine.

use super::block::{Block, BlockImages, Shared, Totals, Workspace};
use super::conv::PreparedBank;
use super::epilogue::KeptValues;
use super::lanes::{Aligned, LANES};
use super::local;
use super::ops::dropout::BatchPlace;
use super::vectors::Vectors;
use crate::batch_norm::{Meeting, Parameters, Statistics};
use crate::engine::Offsets;
use crate::graph::{Id, Kernel};
use crate::recycled;
use crate::stages::Stage;
use crate::task_schedule::{Location, Task, TaskSchedule};
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
    /// Buffers of blocks, for what goes from stage to stage, that no batch uses at the moment.
    crossing: Mutex<Vec<Vec<Aligned>>>,
    /// Memory for the gradients of all parameters that no chunk uses at the moment.
    gradients: Mutex<Vec<Vec<f32>>>,
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
    /// All parameters, each by itself.
    pub params: &'a [&'a [f32]],
    /// The inputs, `[images, inputs]`: of each image, all inputs one after the other.
    pub inputs: &'a [f32],
    /// The gradients of the outputs, `[images, outputs]`; empty unless the schedule reads them.
    pub output_gradients: &'a [f32],
    /// The source of mean and variance for the batch normalisations; the schedule must be made for the same one.
    pub statistics: Statistics,
    /// The number that fixes what dropout draws in this step of a training; none after training.
    pub noise: Option<u64>,
    /// The right answers; of no effect unless the schedule has a loss.
    pub answers: Answers<'a>,
    /// The weight of one image's cross-entropy at one step in the loss.
    pub weight: f32,
}

/// What a schedule makes of a batch; a vector is empty where the schedule makes no such thing.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The outputs, `[images, outputs]`.
    pub outputs: Vec<f32>,
    /// The gradients of the inputs, `[images, inputs]`.
    pub input_gradients: Vec<f32>,
    /// The gradient of each parameter; empty for one that is not wanted.
    pub gradients: Vec<Vec<f32>>,
    /// The sum of the cross-entropies of all images and steps, in nats.
    pub nats: f64,
    /// The statistics of the batch; see [`Meeting::statistics`].
    pub statistics: Vec<f32>,
}

/// Some images of a batch, and what has become of them so far.
#[derive(Debug)]
struct Chunk {
    images: Range<usize>,
    /// The buffers of each block for what goes from stage to stage.
    crossing: Vec<Vec<Aligned>>,
    outputs: Vec<f32>,
    input_gradients: Vec<f32>,
    totals: Totals,
    nats: f64,
}

/// Which of the [`Outcome`] a schedule makes.
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
        let banks =
            Mutex::new(schedule.banks.iter().map(|bank| PreparedBank::new(bank, schedule.goes_back())).collect());
        let (idle, crossing, gradients) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { schedule, banks, wanted, offsets, idle, crossing, gradients, arch: vectors.arch() }
    }

    /// Runs a batch, all of it from one of the threads that do the work: each time that a thread beside them hands work over, it
    /// falls asleep and must be woken, which small batches feel.
    pub fn run(&self, batch: HostBatch<'_>, makes: Makes) -> Outcome {
        rayon::scope(|_| self.stages(batch, makes))
    }

    /// Runs a batch: stage after stage, and in each of them all chunks at once.
    fn stages(&self, batch: HostBatch<'_>, makes: Makes) -> Outcome {
        let mut banks = self.banks.lock().unwrap_or_else(PoisonError::into_inner);
        self.prepare(&mut banks, batch.params);
        let params = Parameters { values: batch.params, of_sums: &self.offsets.sums };
        let mut meeting = Meeting::new(&self.schedule.norms, batch.statistics, batch.images, params);
        let size = chunk_size(batch.images);
        let ranges = (0..batch.images.div_ceil(size)).map(|chunk| chunk * size..batch.images.min((chunk + 1) * size));
        let ranges: Vec<Range<usize>> = ranges.collect();
        let begin = |images: Range<usize>| self.begin(images, makes, meeting.sum_count());
        let mut chunks: Vec<Chunk> = ranges.into_par_iter().map(begin).collect();
        let gradients = if makes.gradients { vec![Vec::new(); self.wanted.len()] } else { Vec::new() };
        let mut results = Outcome { gradients, ..Outcome::default() };
        for stage in &self.schedule.stages {
            if stage.together {
                let blocks = chunks.iter_mut().flat_map(|chunk| &mut chunk.crossing).collect();
                let tasks = &self.schedule.tasks[stage.tasks.clone()];
                self.together(tasks, batch.params, blocks, &mut results.gradients);
                continue;
            }
            let shared = Shared {
                schedule: &self.schedule,
                banks: &banks,
                params: batch.params,
                offsets: &self.offsets,
                wanted: &self.wanted,
                meeting: &meeting,
                noise: batch.noise,
                hands: (rayon::current_num_threads() / chunks.len().max(1)).max(1),
            };
            chunks.par_iter_mut().for_each(|chunk| self.stage(&shared, stage, batch, chunk));
            meet(&mut meeting, stage, &mut chunks);
        }
        results.statistics = meeting.statistics();
        let mut gradients = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            results.outputs.extend(chunk.outputs);
            results.input_gradients.extend(chunk.input_gradients);
            results.nats += chunk.nats;
            gradients.push(chunk.totals.gradients);
            self.crossing.lock().unwrap_or_else(PoisonError::into_inner).extend(chunk.crossing);
        }
        if makes.gradients {
            let sums = self.sum(gradients);
            let own = self.offsets.sums.windows(2).map(|ends| &sums[ends[0]..ends[1]]);
            for (slot, own) in own.enumerate().filter(|(slot, _)| self.wanted[*slot]) {
                results.gradients[slot].extend(own);
                // There is nothing yet where no task has come by.
                results.gradients[slot].resize(self.param_len(slot), 0.0);
            }
            self.gradients.lock().unwrap_or_else(PoisonError::into_inner).push(sums);
        }
        results
    }

    /// Transforms the kernels of all convolutions, once for all blocks of the batch.
    fn prepare(&self, banks: &mut [PreparedBank], params: &[&[f32]]) {
        banks.par_iter_mut().for_each(|bank| {
            let weights: Vec<&[f32]> = bank.bank.members.iter().map(|member| params[member.slot]).collect();
            let mut work = self.workspace();
            bank.prepare(self.arch, &weights, &mut work.scratch);
            self.rest(work);
        });
    }

    /// A workspace that no other thread uses.
    fn workspace(&self) -> Workspace {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keeps a workspace for the next thread that asks for one.
    fn rest(&self, work: Workspace) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(work);
    }

    /// A chunk that no stage has run for.
    fn begin(&self, images: Range<usize>, makes: Makes, sums: usize) -> Chunk {
        let (inputs, outputs) = (Offsets::len(&self.offsets.inputs), Offsets::len(&self.offsets.outputs));
        let zeros = |wanted: bool, len: usize| vec![0.0; if wanted { len } else { 0 }];
        let kept = || self.crossing.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let crossing = (0..images.len().div_ceil(LANES)).map(|_| kept().unwrap_or_default());
        Chunk {
            crossing: crossing.collect(),
            outputs: zeros(makes.outputs, images.len() * outputs),
            input_gradients: zeros(makes.input_gradients, images.len() * inputs),
            totals: Totals {
                gradients: if makes.gradients { self.zero_gradients() } else { Vec::new() },
                sums: vec![[0.0; 2]; sums],
            },
            nats: 0.0,
            images,
        }
    }

    /// Adds up the gradients of all chunks in order, into those of the first; the memory of the others is kept.
    fn sum(&self, chunks: Vec<Vec<f32>>) -> Vec<f32> {
        /// Numbers that a thread adds up at a time.
        const STRETCH: usize = 1 << 14;
        let mut chunks = chunks.into_iter();
        let mut sums = chunks.next().unwrap_or_default();
        let others: Vec<Vec<f32>> = chunks.collect();
        sums.par_chunks_mut(STRETCH).enumerate().for_each(|(n, sums)| {
            for other in &others {
                sums.iter_mut().zip(&other[n * STRETCH..]).for_each(|(sum, more)| *sum += more);
            }
        });
        self.gradients.lock().unwrap_or_else(PoisonError::into_inner).extend(others);
        sums
    }

    /// Zeros for the gradients that a chunk sums.
    fn zero_gradients(&self) -> Vec<f32> {
        let kept = self.gradients.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut gradients = kept.unwrap_or_else(|| vec![0.0; Offsets::len(&self.offsets.sums)]);
        gradients.fill(0.0);
        gradients
    }

    /// Tells whether something has been written to the gradient of a parameter that all blocks sum together. If not, this takes
    /// memory for the gradient, which may hold any numbers.
    fn begun(&self, slot: usize, gradients: &mut [Vec<f32>]) -> bool {
        let begun = !gradients[slot].is_empty();
        if !begun {
            gradients[slot] = recycled::take(self.param_len(slot));
        }
        begun
    }

    /// How many numbers a parameter has.
    fn param_len(&self, slot: usize) -> usize {
        self.offsets.params[slot + 1] - self.offsets.params[slot]
    }

    /// Runs tasks that all blocks go through together. `blocks` are the buffers of each block that go from stage to stage, and
    /// `gradients` takes the gradient of each parameter.
    fn together(
        &self,
        tasks: &[Task],
        params: &[&[f32]],
        mut blocks: Vec<&mut Vec<Aligned>>,
        gradients: &mut [Vec<f32>],
    ) {
        let buffers = &self.schedule.buffers;
        for task in tasks {
            // Buffers of what is made are taken out, so that the others can be read meanwhile.
            let place = task.makes.first().and_then(|id| self.schedule.locations[*id]);
            let mut made: Vec<Aligned> = Vec::with_capacity(blocks.len());
            for block in &mut blocks {
                block.resize_with(buffers.len(), Aligned::default);
                if let Some(Location { buffer, .. }) = place {
                    let mut own = std::mem::take(&mut block[buffer]);
                    own.reserve(buffers[buffer].len * LANES);
                    made.push(own);
                }
            }
            let len = |id: &Id| self.schedule.dims[*id].iter().product::<usize>() * LANES;
            let len = task.makes.first().map_or(0, len);
            let results = made.iter_mut().map(|own| &mut own[..len]).collect();
            let read = |id: Id| -> Vec<&[f32]> {
                let values = |buffers| KeptValues { schedule: &self.schedule, buffers };
                blocks.iter().map(|block| values(&***block).get(id)).collect()
            };
            match &task.kernel {
                Some(Kernel::Local(layer)) => {
                    let bias = layer.bias.map(|slot| params[slot]);
                    local::forward(self.arch, layer, params[layer.weight], bias, &read(task.reads[0]), results);
                }
                Some(Kernel::LocalBackward(layer)) => {
                    let [x, dy] = [0, 1].map(|n| read(task.reads[n]));
                    if self.wanted[layer.weight] {
                        let begun = self.begun(layer.weight, gradients);
                        local::to_weights(self.arch, layer, [&x, &dy], &mut gradients[layer.weight], begun);
                    }
                    if let Some(bias) = layer.bias.filter(|slot| self.wanted[*slot]) {
                        if !self.begun(bias, gradients) {
                            gradients[bias].fill(0.0);
                        }
                        local::to_bias(&dy, &mut gradients[bias]);
                    }
                    if !results.is_empty() {
                        local::to_input(self.arch, layer, params[layer.weight], &dy, results);
                    }
                }
                _ => unreachable!("blocks go through all other tasks alone"),
            }
            if let Some(Location { buffer, .. }) = place {
                blocks.iter_mut().zip(made).for_each(|(block, own)| block[buffer] = own);
            }
        }
    }

    /// Runs a stage for the images of one chunk, block after block.
    fn stage(&self, shared: &Shared<'_>, stage: &Stage, batch: HostBatch<'_>, chunk: &mut Chunk) {
        let mut work = self.workspace();
        let (inputs, outputs) = (Offsets::len(&self.offsets.inputs), Offsets::len(&self.offsets.outputs));
        let Chunk { images, crossing, outputs: made, input_gradients, totals, nats } = chunk;
        for (first, crossing) in images.clone().step_by(LANES).zip(crossing) {
            let count = LANES.min(images.end - first);
            // The block's share of what the whole batch has, or this chunk: empty if there is no such thing.
            let share = |first: usize, all: &[f32], width: usize| {
                if all.is_empty() { 0..0 } else { first * width..(first + count) * width }
            };
            let labels = batch.answers.labels;
            let within = first - images.start;
            let (of_outputs, of_input_gradients) =
                (share(within, made, outputs), share(within, input_gradients, inputs));
            let mut block = BlockImages {
                count,
                place: BatchPlace { first, count, images: batch.images },
                inputs: &batch.inputs[share(first, batch.inputs, inputs)],
                output_gradients: &batch.output_gradients[share(first, batch.output_gradients, outputs)],
                answers: Answers {
                    labels: if labels.is_empty() { &[] } else { &labels[first..first + count] },
                    ..batch.answers
                },
                weight: batch.weight,
                outputs: &mut made[of_outputs],
                input_gradients: &mut input_gradients[of_input_gradients],
                nats: 0.0,
            };
            Block::run(shared, stage, self.arch, (&mut work, crossing), &mut block, totals);
            *nats += block.nats;
        }
        self.rest(work);
    }
}

/// Adds up what the chunks have of the sums that end a stage, in order, and tells all of them what it comes to. Gradients
/// that come of it are those of the first chunk, as good as any.
fn meet(meeting: &mut Meeting<'_>, stage: &Stage, chunks: &mut [Chunk]) {
    if stage.meets.is_empty() {
        return;
    }
    let mut sums = vec![[0.0; 2]; meeting.sum_count()];
    for chunk in &*chunks {
        let pairs = sums.iter_mut().zip(&chunk.totals.sums);
        pairs.for_each(|(sum, more)| sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more));
    }
    if let Some(first) = chunks.first_mut() {
        stage.meets.iter().for_each(|norm| meeting.meet(*norm, &sums, &mut first.totals.gradients));
    }
}
