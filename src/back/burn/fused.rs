//! Fused parts as an operation of Burn's, with a gradient of its own.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Tensor, TensorData, try_read_sync};
use lcnnc_kernels::{Answers, Engine};
use std::sync::Arc;

/// The operations of a fused part, in single precision.
#[backend_extension(Flex, Cube: cfg(feature = "gpu"), Autodiff)]
pub(super) trait FusedOps: Backend {
    /// `inputs` is `[images, inputs]`, `params` all parameters in a row; gives `[images, outputs]`.
    fn fused(inputs: FloatTensor<Self>, params: FloatTensor<Self>, engine: Arc<Engine>) -> FloatTensor<Self>;

    /// The mean cross-entropy `[1]` of scores, in nats, and the scores `[images, outputs]`, which have no gradient.
    fn judged(
        params: FloatTensor<Self>,
        inputs: FloatTensor<Self>,
        engine: Arc<Engine>,
        labels: Arc<[usize]>,
        smoothing: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

/// What a kind of device does with a fused part, gradients included.
pub(super) trait Runs: FusedOps {
    /// See [`Engine::forward_backward`]: the loss `[1]`, the scores `[images, outputs]`, the parameters' gradients in a
    /// row.
    fn judge(params: Float<Self>, inputs: Float<Self>, engine: &Engine, answers: Answers<'_>) -> [Float<Self>; 3];

    /// See [`Engine::backward`]: the gradients of the inputs `[images, inputs]`, if they are wanted, and of the
    /// parameters.
    fn back(start: Start<Self>, output_gradients: Float<Self>, of_inputs: bool) -> (Option<Float<Self>>, Float<Self>);
}

pub(super) type Float<B> = FloatTensor<B>;

/// A fused part over tensors: see [`Engine::forward`].
pub(super) fn fused(engine: &Arc<Engine>, inputs: Tensor<2>, params: Tensor<1>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as FusedOps>::fused(inputs.into_dispatch(), params.into_dispatch(), engine.clone()))
}

/// A fused part that ends in the scores, and their cross-entropy: see [`Engine::forward_backward`].
pub(super) fn judged(
    engine: &Arc<Engine>,
    inputs: Tensor<2>,
    params: Tensor<1>,
    Answers { labels, smoothing }: Answers<'_>,
) -> (Tensor<1>, Tensor<2>) {
    let (params, inputs) = (params.into_dispatch(), inputs.into_dispatch());
    let (loss, scores) = <Dispatch as FusedOps>::judged(params, inputs, engine.clone(), labels.into(), smoothing);
    (Tensor::from_dispatch(loss), Tensor::from_dispatch(scores))
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
    fn fused(inputs: FloatTensor<Self>, params: FloatTensor<Self>, engine: Arc<Engine>) -> FloatTensor<Self> {
        let images = inputs.shape()[0];
        let outputs = engine.forward(images, &numbers(inputs), &numbers(params.clone()));
        tensor(outputs, [images, engine.widths()[1]], &params)
    }

    fn judged(
        params: FloatTensor<Self>,
        inputs: FloatTensor<Self>,
        engine: Arc<Engine>,
        labels: Arc<[usize]>,
        smoothing: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let [loss, scores, _] = Self::judge(params, inputs, &engine, Answers { labels: &labels, smoothing });
        (loss, scores)
    }
}

impl Runs for Flex {
    fn judge(params: Float<Self>, inputs: Float<Self>, engine: &Engine, answers: Answers<'_>) -> [Float<Self>; 3] {
        let images = inputs.shape()[0];
        let (scores, nats, gradient) =
            engine.forward_backward(images, &numbers(inputs), &numbers(params.clone()), answers);
        let (loss, len) = (vec![nats as f32], gradient.len());
        let scores = tensor(scores, [images, engine.widths()[1]], &params);
        [tensor(loss, [1], &params), scores, tensor(gradient, [len], &params)]
    }

    fn back(start: Start<Self>, output_gradients: Float<Self>, of_inputs: bool) -> (Option<Float<Self>>, Float<Self>) {
        let Start { inputs, params, engine } = start;
        let (images, like) = (inputs.shape()[0], params.clone());
        let (dx, dw) =
            engine.backward(images, &numbers(inputs), &numbers(params), &numbers(output_gradients), of_inputs);
        let (dx, len) = (of_inputs.then(|| tensor(dx, [images, engine.widths()[0]], &like)), dw.len());
        (dx, tensor(dw, [len], &like))
    }
}

impl<B: Runs, C: CheckpointStrategy> FusedOps for Autodiff<B, C> {
    fn fused(inputs: FloatTensor<Self>, params: FloatTensor<Self>, engine: Arc<Engine>) -> FloatTensor<Self> {
        let ((inputs, of_inputs), (params, of_params)) = (inputs.into_parts(), params.into_parts());
        let prepared = Fused.prepare::<C>([of_inputs, of_params]).compute_bound().stateful();
        let output = B::fused(inputs.clone(), params.clone(), engine.clone());
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(Start::<B> { inputs, params, engine }, output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn judged(
        params: FloatTensor<Self>,
        inputs: FloatTensor<Self>,
        engine: Arc<Engine>,
        labels: Arc<[usize]>,
        smoothing: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (params, of_params) = params.into_parts();
        let prepared = Judged.prepare::<C>([of_params]).compute_bound().stateful();
        let [loss, scores, gradient] =
            B::judge(params, inputs.into_primitive(), &engine, Answers { labels: &labels, smoothing });
        let loss = match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(gradient, loss),
            OpsKind::UnTracked(prepared) => prepared.finish(loss),
        };
        (loss, Self::from_inner(scores))
    }
}

#[derive(Debug)]
struct Fused;

/// What the backward pass of a fused part starts from.
#[derive(Clone, Debug)]
pub(super) struct Start<B: Backend> {
    pub inputs: Float<B>,
    pub params: Float<B>,
    pub engine: Arc<Engine>,
}

impl<B: Runs> Backward<B, 2> for Fused {
    type State = Start<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let output_gradients = grads.consume::<B>(&ops.node);
        let [of_inputs, of_params] = ops.parents;
        let (dx, dw) = B::back(ops.state, output_gradients, of_inputs.is_some());
        if let (Some(node), Some(dx)) = (of_inputs, dx) {
            grads.register::<B>(node.id, dx);
        }
        if let Some(node) = of_params {
            grads.register::<B>(node.id, dw);
        }
    }
}

#[derive(Debug)]
struct Judged;

impl<B: Runs> Backward<B, 1> for Judged {
    /// The gradient, which was made together with the loss.
    type State = Float<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let above = grads.consume::<B>(&ops.node);
        let [of_params] = ops.parents;
        if let Some(node) = of_params {
            grads.register::<B>(node.id, B::float_mul(ops.state, above));
        }
    }
}
