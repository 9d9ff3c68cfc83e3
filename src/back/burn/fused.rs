//! Fused parts as an operation of Burn's, with a gradient of its own.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Tensor, TensorData, try_read_sync};
use lcnnc_kernels::{Batch, Engine, Outcome};
use std::sync::{Arc, Mutex, PoisonError};

/// The operations of a fused part, in single precision.
#[backend_extension(Flex, Cube: cfg(feature = "gpu"), Autodiff)]
pub(super) trait FusedOps: Backend {
    /// `inputs` is `[images, inputs]`, `params` all parameters in a row; gives `[images, outputs]`.
    fn fused(inputs: FloatTensor<Self>, params: FloatTensor<Self>, call: Call) -> FloatTensor<Self>;
}

/// What a kind of device does with a fused part, gradients included.
pub(super) trait Runs: FusedOps {
    /// See [`Engine::backward`]: the gradients of the inputs `[images, inputs]`, if they are wanted, and of the
    /// parameters.
    fn back(start: Start<Self>, output_gradients: Float<Self>, of_inputs: bool) -> (Option<Float<Self>>, Float<Self>);
}

pub(super) type Float<B> = FloatTensor<B>;

/// Hands an operation's gradients on to its parents, each to the one that wants it.
pub(super) fn hand_on<B: Backend, const N: usize>(
    grads: &mut Gradients,
    parents: [Option<NodeId>; N],
    gradients: [Option<Float<B>>; N],
) {
    for (parent, gradient) in parents.into_iter().zip(gradients) {
        if let (Some(parent), Some(gradient)) = (parent, gradient) {
            grads.register::<B>(parent, gradient);
        }
    }
}

/// A fused part, how it is run, and what it tells of a batch beside tensors.
#[derive(Clone, Debug)]
pub(super) struct Call {
    engine: Arc<Engine>,
    /// The number that fixes what dropout draws in this step of a training; none after training.
    noise: Option<u64>,
    /// The statistics of the batch, once it has run: see [`Outcome::statistics`].
    seen: Arc<Mutex<Vec<f32>>>,
}

impl Call {
    pub fn new(engine: &Arc<Engine>, noise: Option<u64>) -> Self {
        Self { engine: engine.clone(), noise, seen: Arc::default() }
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Notes the statistics of the batch.
    pub fn note(&self, statistics: Vec<f32>) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = statistics;
    }

    pub fn seen(&self) -> Vec<f32> {
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A fused part over tensors, and the statistics of the batch: see [`Engine::forward`]. In training there is `noise`.
pub(super) fn fused(
    engine: &Arc<Engine>,
    noise: Option<u64>,
    inputs: Tensor<2>,
    params: Tensor<1>,
) -> (Tensor<2>, Vec<f32>) {
    let call = Call::new(engine, noise);
    let outputs = <Dispatch as FusedOps>::fused(inputs.into_dispatch(), params.into_dispatch(), call.clone());
    (Tensor::from_dispatch(outputs), call.seen())
}

fn numbers(tensor: Float<Flex>) -> Vec<f32> {
    let data = try_read_sync(Flex::float_into_data(tensor)).and_then(Result::ok);
    let numbers = data.and_then(|data| data.try_into_vec::<f32>().ok());
    numbers.unwrap_or_else(|| unreachable!("a fused part works on 32-bit numbers in this process's memory"))
}

fn tensor<const D: usize>(data: Vec<f32>, shape: [usize; D], like: &Float<Flex>) -> Float<Flex> {
    Flex::float_from_data(TensorData::new(data, shape), &like.device())
}

impl FusedOps for Flex {
    fn fused(inputs: FloatTensor<Self>, params: FloatTensor<Self>, call: Call) -> FloatTensor<Self> {
        let images = inputs.shape()[0];
        let (inputs, numbers) = (numbers(inputs), numbers(params.clone()));
        let apart = call.engine.apart(&numbers);
        let Outcome { outputs, statistics, .. } = call.engine.forward(batch(&call, images, &inputs, &apart));
        call.note(statistics);
        tensor(outputs, [images, call.engine.widths()[1]], &params)
    }
}

/// A batch for the engine of a call.
pub(super) fn batch<'a>(call: &Call, images: usize, inputs: &'a [f32], params: &'a [&'a [f32]]) -> Batch<'a> {
    let batch = Batch::new(images, inputs, params);
    call.noise.map_or(batch, |noise| batch.training(noise))
}

impl Runs for Flex {
    fn back(start: Start<Self>, output_gradients: Float<Self>, of_inputs: bool) -> (Option<Float<Self>>, Float<Self>) {
        let Start { inputs, params, call } = start;
        let (images, like) = (inputs.shape()[0], params.clone());
        let [inputs, params, output_gradients] = [inputs, params, output_gradients].map(numbers);
        let apart = call.engine.apart(&params);
        let batch = batch(&call, images, &inputs, &apart);
        let Outcome { input_gradients, gradients, .. } = call.engine.backward(batch, &output_gradients, of_inputs);
        let gradients = call.engine.row(gradients);
        let width = call.engine.widths()[0];
        let (dx, len) = (of_inputs.then(|| tensor(input_gradients, [images, width], &like)), gradients.len());
        (dx, tensor(gradients, [len], &like))
    }
}

impl<B: Runs, C: CheckpointStrategy> FusedOps for Autodiff<B, C> {
    fn fused(inputs: FloatTensor<Self>, params: FloatTensor<Self>, call: Call) -> FloatTensor<Self> {
        let ((inputs, of_inputs), (params, of_params)) = (inputs.into_parts(), params.into_parts());
        let prepared = Fused.prepare::<C>([of_inputs, of_params]).compute_bound().stateful();
        let output = B::fused(inputs.clone(), params.clone(), call.clone());
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(Start::<B> { inputs, params, call }, output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }
}

#[derive(Debug)]
struct Fused;

/// What the backward pass of a fused part starts from.
#[derive(Clone, Debug)]
pub(super) struct Start<B: Backend> {
    pub inputs: Float<B>,
    pub params: Float<B>,
    pub call: Call,
}

impl<B: Runs> Backward<B, 2> for Fused {
    type State = Start<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let output_gradients = grads.consume::<B>(&ops.node);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        let (dx, dw) = B::back(ops.state, output_gradients, parents[0].is_some());
        hand_on::<B, 2>(grads, parents, [dx, Some(dw)]);
    }
}
