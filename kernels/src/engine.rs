//! A fused part, ready to run: one schedule for the forward pass, one for both passes with the loss between, and two
//! for the backward pass alone; where there are batch normalisations, each of them by the batch's statistics and by the
//! running ones.

use super::adjoint::{Wanted, adjoint};
use super::batch_norm::{BatchNorm, Statistics};
use super::cpu::{self, Answers, Makes, Outcome, Vectors};
#[cfg(feature = "gpu")]
use super::gpu;
use super::graph::{Graph, Id, Kernel};
use super::task_schedule::{ChannelSums, TaskSchedule, task_schedule};
use std::sync::OnceLock;

/// A fused part of a net, ready to run. What a pass needs is made when it runs for the first time, and its memory is
/// kept for the next batch.
#[derive(Debug)]
pub struct Engine {
    graph: Graph,
    outputs: Vec<Id>,
    /// Which parameters follow a gradient.
    trained: Vec<bool>,
    offsets: Offsets,
    vectors: Vectors,
    /// The runners on the CPU, one for each [`Statistics`] and [`Purpose`], made when first used.
    cpu: [[OnceLock<cpu::Runner>; 4]; 2],
    /// The runners on a graphics processor, one for each [`Purpose`], made when first used.
    #[cfg(feature = "gpu")]
    gpu: [OnceLock<gpu::Runner>; 4],
}

/// A batch of images, in this process's memory, and what it is run with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch<'a> {
    pub images: usize,
    /// All inputs of each image in a row, `[images, inputs]`.
    pub inputs: &'a [f32],
    /// All parameters, each by itself; see [`Engine::apart`] for those that lie in a row.
    pub params: &'a [&'a [f32]],
    /// The source of mean and variance for the batch normalisations.
    pub statistics: Statistics,
    /// The number that fixes what dropout draws in this step of a training, see [`crate::draws::Draws::of_dropout`];
    /// none after training, when nothing is dropped.
    pub noise: Option<u64>,
}

impl<'a> Batch<'a> {
    /// A batch as it runs after training: with running statistics, and without dropout.
    pub fn new(images: usize, inputs: &'a [f32], params: &'a [&'a [f32]]) -> Self {
        Self { images, inputs, params, ..Self::default() }
    }

    /// Makes the batch one of a training: by statistics of its own, and with dropout that `noise` fixes.
    pub fn training(self, noise: u64) -> Self {
        Self { statistics: Statistics::Batch, noise: Some(noise), ..self }
    }

    fn on_host(self) -> cpu::HostBatch<'a> {
        let Self { images, inputs, params, statistics, noise } = self;
        cpu::HostBatch { images, inputs, params, statistics, noise, ..cpu::HostBatch::default() }
    }
}

/// A parameter of a fused part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// How many numbers it has.
    pub len: usize,
    /// Whether training moves it.
    pub trained: bool,
}

/// The offsets of tensors that lie one after the other, in floats: where each of them begins, and at the end the sum of
/// all lengths.
#[derive(Clone, Debug)]
pub(crate) struct Offsets {
    /// All parameters in a row.
    pub params: Vec<usize>,
    /// The gradients that each chunk of a batch has sums of, in a row: those of kernels that differ from place to place are
    /// summed by all blocks together and have no length here.
    pub sums: Vec<usize>,
    /// All inputs of an image in a row.
    pub inputs: Vec<usize>,
    /// All outputs of an image in a row.
    pub outputs: Vec<usize>,
}

impl Offsets {
    /// The length in floats of everything that these offsets lie in.
    pub fn len(offsets: &[usize]) -> usize {
        offsets.last().copied().unwrap_or(0)
    }

    fn of(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
        let ends = lengths.scan(0, |sum, len| {
            *sum += len;
            Some(*sum)
        });
        std::iter::once(0).chain(ends).collect()
    }
}

/// What a schedule is for; its discriminant is an index into [`Engine::cpu`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Runs the forward pass alone.
    Forward,
    /// Runs both passes, with the cross-entropy between them.
    ForwardBackward,
    /// Runs the backward pass from the gradients of the outputs to those of the parameters; what it needs of the
    /// forward pass is computed again.
    Backward,
    /// Runs the backward pass as [`Purpose::Backward`] does, and on to the gradients of the inputs.
    BackwardToInputs,
}

impl Engine {
    /// Makes an engine of a forward pass: `outputs` are the values that it hands out, `params` what the slots of its
    /// graph stand for.
    pub fn new(graph: Graph, outputs: Vec<Id>, params: &[Parameter], vectors: Vectors) -> Self {
        // What bears on no output has no gradient, which is not the same to an optimizer as a gradient of zero.
        let reached = graph.reached(&outputs, params.len());
        let trained = params.iter().zip(reached).map(|(param, reached)| reached && param.trained).collect();
        let len = |id: &Id| graph.dims(*id).iter().product::<usize>();
        let offsets = Offsets {
            params: Offsets::of(params.iter().map(|param| param.len)),
            sums: Offsets::of(params.iter().enumerate().map(
                |(slot, param)| {
                    if graph.is_together(slot) { 0 } else { param.len }
                },
            )),
            inputs: Offsets::of(graph.inputs().iter().map(len)),
            outputs: Offsets::of(outputs.iter().map(len)),
        };
        Self {
            graph,
            outputs,
            trained,
            offsets,
            vectors,
            cpu: Default::default(),
            #[cfg(feature = "gpu")]
            gpu: Default::default(),
        }
    }

    /// Whether each parameter has a gradient.
    pub fn trained(&self) -> &[bool] {
        &self.trained
    }

    /// Cuts all parameters that lie in a row apart.
    pub fn apart<'p>(&self, row: &'p [f32]) -> Vec<&'p [f32]> {
        self.offsets.params.windows(2).map(|ends| &row[ends[0]..ends[1]]).collect()
    }

    /// Puts the gradients of all parameters in a row; those of parameters that are not wanted are zeros.
    pub fn row(&self, gradients: Vec<Vec<f32>>) -> Vec<f32> {
        let lengths = self.offsets.params.windows(2).map(|ends| ends[1] - ends[0]);
        let mut row = Vec::with_capacity(Offsets::len(&self.offsets.params));
        for (gradient, len) in gradients.into_iter().zip(lengths) {
            let end = row.len() + len;
            row.extend(gradient);
            row.resize(end, 0.0);
        }
        row
    }

    /// How many numbers an image has in all inputs together, and in all outputs together.
    pub fn widths(&self) -> [usize; 2] {
        [&self.offsets.inputs, &self.offsets.outputs].map(|offsets| Offsets::len(offsets))
    }

    /// Every batch normalisation of the part, in the order of [`Outcome::statistics`].
    pub fn norms(&self) -> &[BatchNorm] {
        &self.graph.norms
    }

    /// Runs the forward pass of a batch: makes the outputs.
    pub fn forward(&self, batch: Batch<'_>) -> Outcome {
        let makes = Makes { outputs: true, input_gradients: false, gradients: false };
        self.run(Purpose::Forward, batch.on_host(), makes)
    }

    /// Runs both passes of a batch in one, for a part whose outputs are scores: makes the scores, the cross-entropy and
    /// its gradient for all parameters.
    pub fn forward_backward(&self, batch: Batch<'_>, answers: Answers<'_>) -> Outcome {
        let makes = Makes { outputs: true, input_gradients: false, gradients: true };
        let weight = self.weight(batch.images);
        let on_host = cpu::HostBatch { answers, weight: weight as f32, ..batch.on_host() };
        let mut outcome = self.run(Purpose::ForwardBackward, on_host, makes);
        outcome.nats *= weight;
        outcome
    }

    /// Runs the backward pass of a batch from the gradients of the outputs, `[images, outputs]`: makes the gradients of
    /// all parameters, and those of the inputs if `input_gradients` asks for them. What is needed of the forward pass is
    /// done again.
    pub fn backward(&self, batch: Batch<'_>, output_gradients: &[f32], input_gradients: bool) -> Outcome {
        let makes = Makes { outputs: false, input_gradients, gradients: true };
        let on_host = cpu::HostBatch { output_gradients, ..batch.on_host() };
        self.run(Purpose::backward(input_gradients), on_host, makes)
    }

    fn run(&self, purpose: Purpose, batch: cpu::HostBatch<'_>, makes: Makes) -> Outcome {
        self.runner(purpose, batch.statistics).run(batch, makes)
    }

    /// Estimates the bytes that the part takes on a CPU for a batch of so many images on so many threads, beside inputs
    /// and outputs; for training, the backward pass included.
    pub fn memory_bytes(&self, images: usize, threads: usize, training: bool) -> usize {
        let params = [&self.offsets.params, &self.offsets.sums].map(|offsets| Offsets::len(offsets));
        let statistics = if training { Statistics::Batch } else { Statistics::Running };
        let of = |purpose: Purpose, statistics: Statistics| {
            let schedule = self.schedule(purpose, statistics, ChannelSums::InEpilogues);
            cpu::memory_bytes(
                &schedule,
                params,
                cpu::RunSize { images, threads, gradients: purpose != Purpose::Forward },
            )
        };
        // Each pass keeps its memory. What was tested between two epochs went by the running statistics, by a pass of its own.
        let tested =
            if training && !self.graph.norms.is_empty() { of(Purpose::Forward, Statistics::Running) } else { 0 };
        let backward = if training { of(Purpose::BackwardToInputs, statistics) } else { 0 };
        of(Purpose::Forward, statistics) + backward + tested
    }

    /// How many stages both passes have in training, on a CPU, and how many floats of each image go from one to another.
    pub fn stages(&self) -> [usize; 2] {
        let schedule = self.schedule(Purpose::BackwardToInputs, Statistics::Batch, ChannelSums::InEpilogues);
        let crossing = schedule.buffers.iter().filter(|buffer| buffer.crosses).map(|buffer| buffer.len);
        [schedule.stages.len(), crossing.sum()]
    }

    /// The weight of one image's cross-entropy at one step in their mean.
    fn weight(&self, images: usize) -> f64 {
        ((images * self.outputs.len()).max(1) as f64).recip()
    }

    fn schedule(&self, purpose: Purpose, statistics: Statistics, channel_sums: ChannelSums) -> TaskSchedule {
        let mut graph = self.graph.clone();
        let hands_out = match purpose {
            Purpose::Forward | Purpose::ForwardBackward => true,
            Purpose::Backward | Purpose::BackwardToInputs => false,
        };
        if hands_out {
            self.outputs.iter().enumerate().for_each(|(index, id)| graph.effect(Kernel::Output(index), &[*id]));
        }
        let gradients = match purpose {
            Purpose::Forward => Vec::new(),
            Purpose::ForwardBackward => graph.loss(&self.outputs),
            Purpose::Backward | Purpose::BackwardToInputs => {
                let given = |(index, id): (usize, &Id)| graph.node(Kernel::OutputGradient(index), &[], graph.dims(*id));
                self.outputs.iter().enumerate().map(given).collect()
            }
        };
        if purpose != Purpose::Forward {
            let output_gradients: Vec<(Id, Id)> = self.outputs.iter().copied().zip(gradients).collect();
            let inputs = vec![purpose == Purpose::BackwardToInputs; self.graph.inputs().len()];
            adjoint(&mut graph, &output_gradients, &Wanted { params: self.trained.clone(), inputs });
        }
        task_schedule(&graph, statistics, channel_sums)
    }

    /// Which parameters' gradients a pass makes.
    fn wanted(&self, purpose: Purpose) -> Vec<bool> {
        self.trained.iter().map(|trained| *trained && purpose != Purpose::Forward).collect()
    }

    fn runner(&self, purpose: Purpose, statistics: Statistics) -> &cpu::Runner {
        // Without batch normalisation, both are one.
        let statistics = if self.graph.norms.is_empty() { Statistics::Running } else { statistics };
        self.cpu[statistics as usize][purpose as usize].get_or_init(|| {
            let schedule = self.schedule(purpose, statistics, ChannelSums::InEpilogues);
            cpu::Runner::new(schedule, self.wanted(purpose), self.offsets.clone(), self.vectors)
        })
    }
}

impl Purpose {
    fn backward(input_gradients: bool) -> Self {
        if input_gradients { Purpose::BackwardToInputs } else { Purpose::Backward }
    }
}

#[cfg(feature = "gpu")]
mod on_gpu {
    use super::{Answers, ChannelSums, Engine, Purpose, Statistics};
    use crate::gpu::{DeviceBatch, DeviceResults, Runner, limits};
    use cubecl::CubeElement;
    use cubecl::client::Client;
    use cubecl::server::Handle;

    /// The passes on a graphics processor, from buffers in its memory to others: floats of 32 bits, without gaps.
    impl Engine {
        /// Runs the forward pass on a device: see [`Engine::forward`].
        pub fn forward_on(&self, client: &Client, images: usize, inputs: Handle, params: Handle) -> Handle {
            let batch = DeviceBatch { images, inputs, params, backward_from: None, weight: 0.0, smoothing: 0.0 };
            self.runner_on(client, Purpose::Forward).run(client, batch).outputs
        }

        /// Runs both passes on a device: returns the scores, the loss and the gradients; see
        /// [`Engine::forward_backward`].
        pub fn forward_backward_on(
            &self,
            client: &Client,
            images: usize,
            inputs: Handle,
            params: Handle,
            Answers { labels, smoothing }: Answers<'_>,
        ) -> [Handle; 3] {
            // A float holds every class number that a net can have.
            let labels: Vec<f32> = labels.iter().map(|label| *label as f32).collect();
            let backward_from = Some(client.create_from_slice(f32::as_bytes(&labels)));
            let weight = self.weight(images) as f32;
            let batch = DeviceBatch { images, inputs, params, backward_from, weight, smoothing };
            let runner = self.runner_on(client, Purpose::ForwardBackward);
            let DeviceResults { outputs, loss, gradients, .. } = runner.run(client, batch);
            [outputs, loss, gradients]
        }

        /// Runs the backward pass on a device: returns the gradients of the inputs, of use only where they were asked
        /// for, and of the parameters; see [`Engine::backward`].
        pub fn backward_on(
            &self,
            client: &Client,
            images: usize,
            [inputs, params, output_gradients]: [Handle; 3],
            input_gradients: bool,
        ) -> [Handle; 2] {
            let backward_from = Some(output_gradients);
            let batch = DeviceBatch { images, inputs, params, backward_from, weight: 0.0, smoothing: 0.0 };
            let runner = self.runner_on(client, Purpose::backward(input_gradients));
            let DeviceResults { input_gradients, gradients, .. } = runner.run(client, batch);
            [input_gradients, gradients]
        }

        fn runner_on(&self, client: &Client, purpose: Purpose) -> &Runner {
            self.gpu[purpose as usize].get_or_init(|| {
                let schedule = self.schedule(purpose, Statistics::Running, ChannelSums::AsKernels);
                Runner::new(&schedule, self.wanted(purpose), &self.offsets, limits(client))
            })
        }
    }
}
