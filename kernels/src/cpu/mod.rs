//! Kernels for the processor: blocks of sixteen images, one a lane, on as many threads as there are.
//!
//! Results depend on the batch alone, never on the number of threads: the batch falls into a fixed number of chunks,
//! each of which sums its gradients in order, and the chunks are summed in order.

mod block;
mod convolve;
mod correlate;
mod dense;
mod dft;
mod direct;
mod ends;
mod fft;
mod lanes;
mod loss;
mod math;
mod pool;
mod room;
mod rows;
mod sizes;
mod spectra;
mod spectral;
mod stages;
mod tail;
mod tiles;
mod winograd;

pub use convolve::{Method, method};
pub use lanes::LANES;
pub use room::room;

use super::schedule::Program;
use block::{Images, Shared, Workspace};
use convolve::Ready;
use pulp::Arch;
use rayon::prelude::*;
use spectral::Scratch;
use std::sync::{Mutex, PoisonError};

/// At most so many chunks a batch: each has a sum of gradients of its own.
const CHUNKS: usize = 16;

/// A program, and the memory that it runs in.
#[derive(Debug)]
pub struct Engine {
    program: Program,
    banks: Mutex<Vec<Ready>>,
    wanted: Vec<bool>,
    /// Where each parameter, each input and each output begins, and where the last one ends.
    params: Vec<usize>,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    idle: Mutex<Vec<Workspace>>,
    scratch: Mutex<Scratch>,
    arch: Arch,
}

/// Which vectors of the processor the kernels use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vectors {
    /// The widest there are: AVX-512, AVX2 with multiply-adds, NEON, or none.
    #[default]
    Widest,
    /// AVX2 where there is AVX-512, otherwise the widest.
    Narrower,
    /// One number at a time.
    Scalar,
}

impl Vectors {
    /// What this processor has: `AVX-512`, `AVX2`, `NEON` or `none`.
    pub fn name(self) -> &'static str {
        match self.arch() {
            #[cfg(target_arch = "x86_64")]
            Arch::V4(_) => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Arch::V3(_) => "AVX2",
            #[cfg(target_arch = "aarch64")]
            Arch::Neon(_) => "NEON",
            _ => "none",
        }
    }

    fn arch(self) -> Arch {
        match self {
            Vectors::Widest => Arch::new(),
            #[cfg(target_arch = "x86_64")]
            Vectors::Narrower => pulp::x86::V3::try_new().map_or_else(Arch::new, Arch::V3),
            #[cfg(not(target_arch = "x86_64"))]
            Vectors::Narrower => Arch::new(),
            Vectors::Scalar => Arch::Scalar,
        }
    }
}

/// What a batch should have been called.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answers<'a> {
    /// Each image's class.
    pub labels: &'a [usize],
    /// The share of each answer that is spread over all classes, from 0 to 1.
    pub smoothing: f32,
}

/// A batch, and what to do with it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch<'a> {
    pub images: usize,
    /// All parameters, one after the other.
    pub params: &'a [f32],
    /// Of each image, all inputs one after the other.
    pub inputs: &'a [f32],
    /// Of each image, the gradients of all outputs; only for a program that has seeds.
    pub seeds: &'a [f32],
    /// Only for a program that has a loss.
    pub answers: Answers<'a>,
    /// What the gradient of one image's cross-entropy at one step counts.
    pub weight: f32,
}

/// What comes of a batch; empty where the program makes no such thing.
#[derive(Debug, Default)]
pub struct Results {
    pub outputs: Vec<f32>,
    pub input_gradients: Vec<f32>,
    pub gradients: Vec<f32>,
    /// The cross-entropies of all images and steps, summed, in nats.
    pub nats: f64,
}

/// What a program makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Makes {
    pub outputs: bool,
    pub input_gradients: bool,
    pub gradients: bool,
}

/// Images of a chunk, in a batch of so many.
fn chunk_size(images: usize) -> usize {
    images.div_ceil(LANES).div_ceil(CHUNKS).max(1) * LANES
}

impl Engine {
    /// `begins` says where each parameter, each input and each output begins, and where the last one ends.
    pub fn new(program: Program, wanted: &[bool], begins: [Vec<usize>; 3], vectors: Vectors) -> Self {
        let banks = program.banks.iter().map(Ready::new).collect();
        let [params, inputs, outputs] = begins;
        let (banks, wanted, arch) = (Mutex::new(banks), wanted.to_vec(), vectors.arch());
        Self {
            program,
            banks,
            wanted,
            params,
            inputs,
            outputs,
            idle: Mutex::default(),
            scratch: Mutex::default(),
            arch,
        }
    }

    /// Runs a batch.
    pub fn run(&self, batch: Batch<'_>, makes: Makes) -> Results {
        let mut banks = self.banks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let arch = self.arch;
        for ready in banks.iter_mut() {
            let slots: Vec<usize> = ready.bank.members.iter().map(|(slot, _)| *slot).collect();
            let weights = slots.into_iter().map(|slot| &batch.params[self.params[slot]..self.params[slot + 1]]);
            ready.lay(arch, &weights.collect::<Vec<&[f32]>>(), &mut scratch);
        }
        let shared = Shared {
            program: &self.program,
            banks: &banks,
            params: batch.params,
            offsets: &self.params,
            wanted: &self.wanted,
            inputs: &self.inputs,
            outputs: &self.outputs,
        };
        let size = chunk_size(batch.images);
        let chunks: Vec<Results> = (0..batch.images.div_ceil(size))
            .into_par_iter()
            .map(|chunk| {
                let images = chunk * size..batch.images.min((chunk + 1) * size);
                self.chunk(&shared, batch, makes, images, arch)
            })
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

    fn chunk(
        &self,
        shared: &Shared<'_>,
        batch: Batch<'_>,
        makes: Makes,
        images: std::ops::Range<usize>,
        arch: Arch,
    ) -> Results {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut work = idle().pop().unwrap_or_default();
        let end = |begins: &[usize]| begins.last().copied().unwrap_or(0);
        let (inputs, outputs) = (end(&self.inputs), end(&self.outputs));
        let room = |wanted: bool, len: usize| vec![0.0; if wanted { len } else { 0 }];
        let mut results = Results {
            outputs: room(makes.outputs, images.len() * outputs),
            input_gradients: room(makes.input_gradients, images.len() * inputs),
            gradients: room(makes.gradients, end(&self.params)),
            nats: 0.0,
        };
        for first in images.clone().step_by(LANES) {
            let count = LANES.min(images.end - first);
            let of =
                |all: &[f32], size: usize| if all.is_empty() { 0..0 } else { first * size..(first + count) * size };
            let at = first - images.start;
            let part = |all: &[f32], size: usize| if all.is_empty() { 0..0 } else { at * size..(at + count) * size };
            let labels = batch.answers.labels;
            let (out, back) = (part(&results.outputs, outputs), part(&results.input_gradients, inputs));
            let mut block = Images {
                count,
                inputs: &batch.inputs[of(batch.inputs, inputs)],
                seeds: &batch.seeds[of(batch.seeds, outputs)],
                answers: Answers {
                    labels: if labels.is_empty() { &[] } else { &labels[first..first + count] },
                    ..batch.answers
                },
                weight: batch.weight,
                outputs: &mut results.outputs[out],
                input_gradients: &mut results.input_gradients[back],
                nats: 0.0,
            };
            let gradients = &mut results.gradients;
            shared.run(arch, &mut work, &mut block, gradients);
            results.nats += block.nats;
        }
        idle().push(work);
        results
    }
}
