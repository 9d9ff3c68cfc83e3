//! A fused part, ready to run: one program for the way there, one for both ways up to the loss, one for the way back.

use super::adjoint::{Wanted, adjoint};
use super::cpu::{Batch, Engine, Makes, Results, Vectors};
use super::graph::{Graph, Id, Kernel};
use super::schedule::schedule;
use std::sync::OnceLock;

/// A fused part of a net. Engines are made when they are first needed, and keep their memory.
#[derive(Debug)]
pub struct Part {
    graph: Graph,
    outputs: Vec<Id>,
    /// Which parameters follow a gradient.
    trained: Vec<bool>,
    /// Lengths of the parameters, and of what an image has of each input and each output.
    lengths: [Vec<usize>; 3],
    vectors: Vectors,
    forward: OnceLock<Engine>,
    judged: OnceLock<Engine>,
    /// Without and with gradients of the inputs.
    back: [OnceLock<Engine>; 2],
}

/// A parameter of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// How many numbers it has.
    pub len: usize,
    /// Whether training moves it.
    pub trained: bool,
}

impl Part {
    /// `graph` is the way there, `outputs` what it hands out, `params` what its slots stand for.
    pub fn new(graph: Graph, outputs: Vec<Id>, params: &[Parameter], vectors: Vectors) -> Self {
        // What bears on no output has no gradient, which is not the same to an optimizer as a gradient of zero.
        let reached = graph.reached(&outputs, params.len());
        let trained = params.iter().zip(reached).map(|(param, reached)| reached && param.trained).collect();
        let len = |id: &Id| graph.dims(*id).iter().product::<usize>();
        let lengths = [
            params.iter().map(|param| param.len).collect(),
            graph.inputs().iter().map(len).collect(),
            outputs.iter().map(len).collect(),
        ];
        let (forward, judged, back) = (OnceLock::new(), OnceLock::new(), [OnceLock::new(), OnceLock::new()]);
        Self { graph, outputs, trained, lengths, vectors, forward, judged, back }
    }

    /// Whether each parameter has a gradient.
    pub fn trained(&self) -> &[bool] {
        &self.trained
    }

    /// Numbers of an image, of all inputs and of all outputs.
    pub fn widths(&self) -> [usize; 2] {
        [self.lengths[1].iter().sum(), self.lengths[2].iter().sum()]
    }

    /// The outputs of a batch: `[images, outputs]`. `inputs` is `[images, inputs]`, `params` all parameters in a row.
    pub fn forward(&self, images: usize, inputs: &[f32], params: &[f32]) -> Vec<f32> {
        let engine = self.forward.get_or_init(|| {
            let mut graph = self.graph.clone();
            self.hand_out(&mut graph);
            self.engine(graph, &vec![false; self.trained.len()])
        });
        let makes = Makes { outputs: true, input_gradients: false, gradients: false };
        engine.run(Batch { images, inputs, params, ..Batch::default() }, makes).outputs
    }

    /// Both ways in one, for a part whose outputs are the scores that the loss judges: the scores `[images, outputs]`,
    /// the mean cross-entropy in nats over images and steps, and its gradient to every parameter.
    pub fn judged(&self, images: usize, inputs: &[f32], params: &[f32], labels: &[usize]) -> (Vec<f32>, f64, Vec<f32>) {
        let engine = self.judged.get_or_init(|| {
            let mut graph = self.graph.clone();
            self.hand_out(&mut graph);
            let gradients = graph.loss(&self.outputs);
            let seeds: Vec<(Id, Id)> = self.outputs.iter().copied().zip(gradients).collect();
            let wanted = Wanted { params: self.trained.clone(), inputs: vec![false; self.lengths[1].len()] };
            adjoint(&mut graph, &seeds, &wanted);
            self.engine(graph, &self.trained)
        });
        let count = (images * self.outputs.len()).max(1) as f64;
        let makes = Makes { outputs: true, input_gradients: false, gradients: true };
        let weight = count.recip() as f32;
        let batch = Batch { images, inputs, params, labels, weight, ..Batch::default() };
        let Results { outputs, gradients, nats, .. } = engine.run(batch, makes);
        (outputs, nats / count, gradients)
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
        let engine = self.back[usize::from(input_gradients)].get_or_init(|| {
            let mut graph = self.graph.clone();
            let seed = |(place, id): (usize, &Id)| (*id, graph.node(Kernel::Seed(place), &[], graph.dims(*id)));
            let seeds: Vec<(Id, Id)> = self.outputs.iter().enumerate().map(seed).collect();
            let inputs = vec![input_gradients; self.lengths[1].len()];
            adjoint(&mut graph, &seeds, &Wanted { params: self.trained.clone(), inputs });
            self.engine(graph, &self.trained)
        });
        let makes = Makes { outputs: false, input_gradients, gradients: true };
        let results = engine.run(Batch { images, inputs, params, seeds, ..Batch::default() }, makes);
        (results.input_gradients, results.gradients)
    }

    fn hand_out(&self, graph: &mut Graph) {
        self.outputs.iter().enumerate().for_each(|(place, id)| graph.effect(Kernel::Output(place), &[*id]));
    }

    fn engine(&self, graph: Graph, wanted: &[bool]) -> Engine {
        Engine::new(schedule(&graph), wanted, &self.lengths, self.vectors)
    }
}
