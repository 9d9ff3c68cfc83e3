//! Fused parts as an operation of Burn's, with a gradient of its own.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Tensor, TensorData, try_read_sync};
use lcnnc_kernels::Part;
use std::sync::Arc;

/// The operations of a fused part. Single precision, on the processor.
#[backend_extension(Flex, Autodiff)]
pub(super) trait FusedOps: Backend {
    /// `inputs` is `[images, inputs]`, `params` all parameters in a row; gives `[images, outputs]`.
    fn fused(inputs: FloatTensor<Self>, params: FloatTensor<Self>, part: Arc<Part>) -> FloatTensor<Self>;

    /// The mean cross-entropy `[1]` of scores, in nats, and the scores `[images, outputs]`, which have no gradient.
    fn judged(
        params: FloatTensor<Self>,
        inputs: FloatTensor<Self>,
        part: Arc<Part>,
        labels: Arc<[usize]>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

/// A fused part over tensors: see [`Part::forward`].
pub(super) fn fused(part: &Arc<Part>, inputs: Tensor<2>, params: Tensor<1>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as FusedOps>::fused(inputs.into_dispatch(), params.into_dispatch(), part.clone()))
}

/// A fused part that ends in the scores, and their cross-entropy: see [`Part::judged`].
pub(super) fn judged(
    part: &Arc<Part>,
    inputs: Tensor<2>,
    params: Tensor<1>,
    labels: &[usize],
) -> (Tensor<1>, Tensor<2>) {
    let (params, inputs) = (params.into_dispatch(), inputs.into_dispatch());
    let (loss, scores) = <Dispatch as FusedOps>::judged(params, inputs, part.clone(), labels.into());
    (Tensor::from_dispatch(loss), Tensor::from_dispatch(scores))
}

fn numbers<B: Backend>(tensor: B::FloatTensorPrimitive) -> Vec<f32> {
    let data = try_read_sync(B::float_into_data(tensor)).and_then(Result::ok);
    let numbers = data.and_then(|data| data.try_into_vec::<f32>().ok());
    numbers.unwrap_or_else(|| unreachable!("a fused part works on 32-bit numbers in this process's memory"))
}

fn tensor<B: Backend, const D: usize>(
    data: Vec<f32>,
    shape: [usize; D],
    device: &B::Device,
) -> B::FloatTensorPrimitive {
    B::float_from_data(TensorData::new(data, shape), device)
}

impl FusedOps for Flex {
    fn fused(inputs: FloatTensor<Self>, params: FloatTensor<Self>, part: Arc<Part>) -> FloatTensor<Self> {
        let (images, device) = (inputs.shape()[0], inputs.device());
        let outputs = part.forward(images, &numbers::<Self>(inputs), &numbers::<Self>(params));
        tensor::<Self, 2>(outputs, [images, part.widths()[1]], &device)
    }

    fn judged(
        params: FloatTensor<Self>,
        inputs: FloatTensor<Self>,
        part: Arc<Part>,
        labels: Arc<[usize]>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (loss, scores, _) = judge::<Self>(params, inputs, &part, &labels);
        (loss, scores)
    }
}

/// The cross-entropy, the scores, and the gradient of the former to the parameters.
fn judge<B: Backend>(
    params: B::FloatTensorPrimitive,
    inputs: B::FloatTensorPrimitive,
    part: &Part,
    labels: &[usize],
) -> (B::FloatTensorPrimitive, B::FloatTensorPrimitive, Vec<f32>) {
    let (images, device) = (inputs.shape()[0], inputs.device());
    let (scores, nats, gradient) = part.judged(images, &numbers::<B>(inputs), &numbers::<B>(params), labels);
    let scores = tensor::<B, 2>(scores, [images, part.widths()[1]], &device);
    (tensor::<B, 1>(vec![nats as f32], [1], &device), scores, gradient)
}

impl<B: FusedOps, C: CheckpointStrategy> FusedOps for Autodiff<B, C> {
    fn fused(inputs: FloatTensor<Self>, params: FloatTensor<Self>, part: Arc<Part>) -> FloatTensor<Self> {
        let ((inputs, of_inputs), (params, of_params)) = (inputs.into_parts(), params.into_parts());
        let prepared = Fused.prepare::<C>([of_inputs, of_params]).compute_bound().stateful();
        let output = B::fused(inputs.clone(), params.clone(), part.clone());
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(FusedState::<B> { inputs, params, part }, output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn judged(
        params: FloatTensor<Self>,
        inputs: FloatTensor<Self>,
        part: Arc<Part>,
        labels: Arc<[usize]>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (params, of_params) = params.into_parts();
        let prepared = Judged.prepare::<C>([of_params]).compute_bound().stateful();
        let (loss, scores, gradient) = judge::<B>(params, inputs.into_primitive(), &part, &labels);
        let loss = match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(gradient.into(), loss),
            OpsKind::UnTracked(prepared) => prepared.finish(loss),
        };
        (loss, Self::from_inner(scores))
    }
}

#[derive(Debug)]
struct Fused;

/// What the way back of a fused part starts from.
#[derive(Clone, Debug)]
struct FusedState<B: Backend> {
    inputs: B::FloatTensorPrimitive,
    params: B::FloatTensorPrimitive,
    part: Arc<Part>,
}

impl<B: Backend> Backward<B, 2> for Fused {
    type State = FusedState<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let FusedState { inputs, params, part } = ops.state;
        let (images, device) = (inputs.shape()[0], inputs.device());
        let seeds = numbers::<B>(grads.consume::<B>(&ops.node));
        let [of_inputs, of_params] = ops.parents;
        let (inputs, params) = (numbers::<B>(inputs), numbers::<B>(params));
        let (input_gradients, gradients) = part.back(images, &inputs, &params, &seeds, of_inputs.is_some());
        if let Some(node) = of_inputs {
            grads.register::<B>(node.id, tensor::<B, 2>(input_gradients, [images, part.widths()[0]], &device));
        }
        if let Some(node) = of_params {
            let len = gradients.len();
            grads.register::<B>(node.id, tensor::<B, 1>(gradients, [len], &device));
        }
    }
}

#[derive(Debug)]
struct Judged;

impl<B: Backend> Backward<B, 1> for Judged {
    /// The gradient was made on the way there.
    type State = Arc<[f32]>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let above = grads.consume::<B>(&ops.node);
        let device = above.device();
        let above = numbers::<B>(above)[0];
        let [of_params] = ops.parents;
        if let Some(node) = of_params {
            let gradient: Vec<f32> = ops.state.iter().map(|x| x * above).collect();
            let len = gradient.len();
            grads.register::<B>(node.id, tensor::<B, 1>(gradient, [len], &device));
        }
    }
}
