//! A fused part, ready to run: one program for the way there, one for both ways up to the loss, two for the way back.

use super::adjoint::{Wanted, adjoint};
use super::cpu::{self, Answers, Makes, Results, Vectors};
#[cfg(feature = "gpu")]
use super::gpu;
use super::graph::{Graph, Id, Kernel};
use super::schedule::{Program, Sums, schedule};
use std::sync::OnceLock;

/// A fused part of a net. Engines are made when they are first needed, and keep their memory.
#[derive(Debug)]
pub struct Part {
    graph: Graph,
    outputs: Vec<Id>,
    /// Which parameters follow a gradient.
    trained: Vec<bool>,
    /// Where each parameter, each input and each output begins, and where the last one ends.
    begins: [Vec<usize>; 3],
    vectors: Vectors,
    /// One for each [`Way`].
    cpu: [OnceLock<cpu::Engine>; 4],
    #[cfg(feature = "gpu")]
    gpu: [OnceLock<gpu::Engine>; 4],
}

/// A parameter of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// How many numbers it has.
    pub len: usize,
    /// Whether training moves it.
    pub trained: bool,
}

/// What a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    There,
    /// There and back, with the cross-entropy between.
    Judged,
    /// From gradients of the outputs; what is needed of the way there is done once more.
    Back,
    /// The same, up to gradients of the inputs.
    BackToInputs,
}

impl Part {
    /// `graph` is the way there, `outputs` what it hands out, `params` what its slots stand for.
    pub fn new(graph: Graph, outputs: Vec<Id>, params: &[Parameter], vectors: Vectors) -> Self {
        // What bears on no output has no gradient, which is not the same to an optimizer as a gradient of zero.
        let reached = graph.reached(&outputs, params.len());
        let trained = params.iter().zip(reached).map(|(param, reached)| reached && param.trained).collect();
        let len = |id: &Id| graph.dims(*id).iter().product::<usize>();
        let begins = [
            begins(params.iter().map(|param| param.len)),
            begins(graph.inputs().iter().map(len)),
            begins(outputs.iter().map(len)),
        ];
        Self {
            graph,
            outputs,
            trained,
            begins,
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

    /// Numbers of an image, of all inputs and of all outputs.
    pub fn widths(&self) -> [usize; 2] {
        [1, 2].map(|n| self.begins[n].last().copied().unwrap_or(0))
    }

    /// The outputs of a batch: `[images, outputs]`. `inputs` is `[images, inputs]`, `params` all parameters in a row.
    pub fn forward(&self, images: usize, inputs: &[f32], params: &[f32]) -> Vec<f32> {
        let makes = Makes { outputs: true, input_gradients: false, gradients: false };
        let batch = cpu::Batch { images, inputs, params, ..cpu::Batch::default() };
        self.engine(Way::There).run(batch, makes).outputs
    }

    /// Both ways in one, for a part whose outputs are the scores that the loss judges: the scores `[images, outputs]`,
    /// the mean cross-entropy in nats over images and steps, and its gradient to every parameter.
    pub fn judged(
        &self,
        images: usize,
        inputs: &[f32],
        params: &[f32],
        answers: Answers<'_>,
    ) -> (Vec<f32>, f64, Vec<f32>) {
        let makes = Makes { outputs: true, input_gradients: false, gradients: true };
        let weight = self.weight(images);
        let batch = cpu::Batch { images, inputs, params, answers, weight: weight as f32, ..cpu::Batch::default() };
        let Results { outputs, gradients, nats, .. } = self.engine(Way::Judged).run(batch, makes);
        (outputs, nats * weight, gradients)
    }

    /// The gradients of the inputs `[images, inputs]`, where they are wanted, and of the parameters, from those of the
    /// outputs `[images, outputs]`. What of the way there is needed is done once more.
    pub fn back(
        &self,
        images: usize,
        inputs: &[f32],
        params: &[f32],
        seeds: &[f32],
        input_gradients: bool,
    ) -> (Vec<f32>, Vec<f32>) {
        let way = if input_gradients { Way::BackToInputs } else { Way::Back };
        let makes = Makes { outputs: false, input_gradients, gradients: true };
        let batch = cpu::Batch { images, inputs, params, seeds, ..cpu::Batch::default() };
        let results = self.engine(way).run(batch, makes);
        (results.input_gradients, results.gradients)
    }

    /// Bytes that a processor takes for a batch of so many images on so many threads, beside inputs and outputs; for
    /// training, the way back included.
    pub fn room(&self, images: usize, threads: usize, training: bool) -> usize {
        let params = self.begins[0].last().copied().unwrap_or(0);
        let of = |way: Way| {
            let program = self.program(way, Sums::Riding);
            cpu::room(&program, params, [images, threads], way != Way::There)
        };
        // Each way keeps its memory.
        of(Way::There) + if training { of(Way::BackToInputs) } else { 0 }
    }

    /// What one image's cross-entropy at one step counts.
    fn weight(&self, images: usize) -> f64 {
        ((images * self.outputs.len()).max(1) as f64).recip()
    }

    fn program(&self, way: Way, sums: Sums) -> Program {
        let mut graph = self.graph.clone();
        if matches!(way, Way::There | Way::Judged) {
            self.outputs.iter().enumerate().for_each(|(place, id)| graph.effect(Kernel::Output(place), &[*id]));
        }
        let gradients = match way {
            Way::There => Vec::new(),
            Way::Judged => graph.loss(&self.outputs),
            Way::Back | Way::BackToInputs => {
                let seed = |(place, id): (usize, &Id)| graph.node(Kernel::Seed(place), &[], graph.dims(*id));
                self.outputs.iter().enumerate().map(seed).collect()
            }
        };
        if way != Way::There {
            let seeds: Vec<(Id, Id)> = self.outputs.iter().copied().zip(gradients).collect();
            let inputs = vec![way == Way::BackToInputs; self.graph.inputs().len()];
            adjoint(&mut graph, &seeds, &Wanted { params: self.trained.clone(), inputs });
        }
        schedule(&graph, sums)
    }

    /// Whose gradients a program makes.
    fn wanted(&self, way: Way) -> Vec<bool> {
        self.trained.iter().map(|trained| *trained && way != Way::There).collect()
    }

    fn engine(&self, way: Way) -> &cpu::Engine {
        self.cpu[way as usize].get_or_init(|| {
            let program = self.program(way, Sums::Riding);
            cpu::Engine::new(program, &self.wanted(way), self.begins.clone(), self.vectors)
        })
    }
}

#[cfg(feature = "gpu")]
mod on_gpu {
    use super::{Answers, Part, Sums, Way};
    use crate::gpu::{Batch, Engine, Results, limits};
    use cubecl::CubeElement;
    use cubecl::client::Client;
    use cubecl::server::Handle;

    /// The same on a graphics processor, from buffers of its to others; floats of 32 bits, without gaps.
    impl Part {
        /// See [`Part::forward`].
        pub fn forward_on(&self, client: &Client, images: usize, inputs: Handle, params: Handle) -> Handle {
            let batch = Batch { images, inputs, params, seeds: None, weight: 0.0, smoothing: 0.0 };
            self.engine_on(client, Way::There).run(client, batch).outputs
        }

        /// See [`Part::judged`]: the scores, the loss, the gradients.
        pub fn judged_on(
            &self,
            client: &Client,
            images: usize,
            inputs: Handle,
            params: Handle,
            Answers { labels, smoothing }: Answers<'_>,
        ) -> [Handle; 3] {
            // A float holds every number of a class that a net can have.
            let labels: Vec<f32> = labels.iter().map(|label| *label as f32).collect();
            let seeds = Some(client.create_from_slice(f32::as_bytes(&labels)));
            let weight = self.weight(images) as f32;
            let batch = Batch { images, inputs, params, seeds, weight, smoothing };
            let Results { outputs, loss, gradients, .. } = self.engine_on(client, Way::Judged).run(client, batch);
            [outputs, loss, gradients]
        }

        /// See [`Part::back`]: the gradients of the inputs, of use only where they were asked for, and of the parameters.
        pub fn back_on(
            &self,
            client: &Client,
            images: usize,
            [inputs, params, seeds]: [Handle; 3],
            input_gradients: bool,
        ) -> [Handle; 2] {
            let way = if input_gradients { Way::BackToInputs } else { Way::Back };
            let batch = Batch { images, inputs, params, seeds: Some(seeds), weight: 0.0, smoothing: 0.0 };
            let Results { input_gradients, gradients, .. } = self.engine_on(client, way).run(client, batch);
            [input_gradients, gradients]
        }

        fn engine_on(&self, client: &Client, way: Way) -> &Engine {
            self.gpu[way as usize].get_or_init(|| {
                let [params, inputs, outputs] = &self.begins;
                let program = self.program(way, Sums::Apart);
                Engine::new(&program, &self.wanted(way), [params, inputs, outputs], limits(client))
            })
        }
    }
}

/// Where each of a row of lengths begins, and where the last one ends.
fn begins(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let ends = lengths.scan(0, |sum, len| {
        *sum += len;
        Some(*sum)
    });
    std::iter::once(0).chain(ends).collect()
}
