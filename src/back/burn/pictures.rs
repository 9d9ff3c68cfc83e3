//! Convolutions and batch normalisations that run by themselves on a CPU, as operations of Burn's with gradients of their own.
//!
//! Burn's gradient of a weight is a convolution by kernels as large as the maps, whose windows take many times the memory of the
//! maps, and its batch normalisation a dozen operations, each of which reads all maps.

use super::fused::{Float, hand_on};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{DType, Device, Tensor, TensorData};
use lcnnc_kernels::pictures::{self, BatchNorm, ByOutput, Conv, NormGradients};
use std::sync::{Arc, OnceLock};

/// The operations on whole pictures, `[images, channels, height, width]`, that run by kernels of ours.
#[backend_extension(Flex, Autodiff)]
trait PictureOps: Backend {
    /// A convolution without a bias. `x` is `[images, inputs, height, width]`, the weight `[outputs, inputs, kernel, kernel]`.
    fn conv(x: FloatTensor<Self>, weight: FloatTensor<Self>, layer: Conv) -> FloatTensor<Self>;

    /// A batch normalisation of `x`, `[images, channels, height, width]`, by its own moments. Scale and shift are `[channels]`.
    fn batch_norm(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        call: NormCall,
    ) -> FloatTensor<Self>;

    /// Rectified numbers.
    fn relu(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The sum of two tensors of one shape.
    fn add(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// The gradients of the operations on whole pictures.
trait PictureGradients: PictureOps {
    /// Those of a convolution's input and of its weight, each if it is wanted.
    fn conv_back(start: ConvStart<Self>, dy: Float<Self>, wanted: [bool; 2]) -> [Option<Float<Self>>; 2];

    /// Those of a batch normalisation's input, scale and shift.
    fn norm_back(start: NormStart<Self>, dy: Float<Self>) -> [Float<Self>; 3];

    /// That of what was rectified to `y`.
    fn relu_back(y: Float<Self>, dy: Float<Self>) -> Float<Self>;
}

/// The values of the forward pass that a convolution's backward pass reads.
#[derive(Clone, Debug)]
struct ConvStart<B: Backend> {
    x: Float<B>,
    weight: Float<B>,
    layer: Conv,
}

/// The values of the forward pass that a batch normalisation's backward pass reads.
#[derive(Clone, Debug)]
struct NormStart<B: Backend> {
    x: Float<B>,
    scale: Float<B>,
    call: NormCall,
}

/// A batch normalisation, and what it sees of the batch once it has run.
#[derive(Clone, Debug)]
struct NormCall {
    epsilon: f64,
    seen: Arc<OnceLock<BatchNorm>>,
}

impl NormCall {
    fn seen(&self) -> &BatchNorm {
        self.seen.get().unwrap_or_else(|| unreachable!("the forward pass has run"))
    }
}

/// Whether kernels of ours can take this tensor: its numbers have 32 bits and lie in the memory of a CPU.
pub(super) fn has_kernels(x: &Tensor<4>) -> bool {
    let device = x.device();
    x.dtype() == DType::F32 && (device == Device::flex() || device == Device::flex().autodiff())
}

/// A convolution without its bias; `x` is `[images, inputs, height, width]`, and so is the result.
pub(super) fn conv(x: Tensor<4>, weight: Tensor<4>, stride: usize, pad: usize) -> Tensor<4> {
    let ([_, inputs, height, width], [outputs, _, kernel, _]) = (x.dims(), weight.dims());
    let layer = Conv { inputs, outputs, kernel, stride, pad, from: [height, width] };
    Tensor::from_dispatch(<Dispatch as PictureOps>::conv(x.into_dispatch(), weight.into_dispatch(), layer))
}

/// A batch normalisation in training, and each channel's mean and its variance by as many numbers as there are.
pub(super) fn batch_norm(x: Tensor<4>, [scale, shift]: [Tensor<1>; 2], epsilon: f64) -> (Tensor<4>, [Tensor<1>; 2]) {
    let (device, call) = (x.device(), NormCall { epsilon, seen: Arc::default() });
    let [x, scale, shift] = [x.into_dispatch(), scale.into_dispatch(), shift.into_dispatch()];
    let y = Tensor::from_dispatch(<Dispatch as PictureOps>::batch_norm(x, scale, shift, call.clone()));
    let moments = [0, 1].map(|n| {
        let each: Vec<f32> = call.seen().moments.iter().map(|moments| moments[n] as f32).collect();
        let channels = each.len();
        Tensor::from_data(TensorData::new(each, [channels]), &device)
    });
    (y, moments)
}

/// Rectified numbers.
pub(super) fn relu(x: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as PictureOps>::relu(x.into_dispatch()))
}

/// The sum of two tensors of one shape.
pub(super) fn add(left: Tensor<4>, right: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as PictureOps>::add(left.into_dispatch(), right.into_dispatch()))
}

/// A tensor whose numbers lie in order and nowhere else, so that they can be written over.
fn own(tensor: Float<Flex>) -> Float<Flex> {
    let mut tensor = tensor.to_contiguous();
    if tensor.layout().start_offset() != 0 || tensor.storage::<f32>().len() != tensor.layout().num_elements() {
        let shape = tensor.shape();
        tensor = Flex::float_from_data(TensorData::new(numbers(&tensor).to_vec(), shape), &tensor.device());
    }
    tensor
}

/// The numbers of a tensor as they lie, if they lie in order.
fn numbers(tensor: &Float<Flex>) -> &[f32] {
    tensor.as_slice().unwrap_or_else(|| unreachable!("the numbers were brought into order"))
}

fn tensor<const D: usize>(numbers: Vec<f32>, shape: [usize; D], like: &Float<Flex>) -> Float<Flex> {
    Flex::float_from_data(TensorData::new(numbers, shape), &like.device())
}

impl PictureOps for Flex {
    fn conv(x: FloatTensor<Self>, weight: FloatTensor<Self>, layer: Conv) -> FloatTensor<Self> {
        let (images, [height, width]) = (x.shape()[0], layer.to());
        let (x, weight) = (x.to_contiguous(), weight.to_contiguous());
        tensor(layer.forward(numbers(&x), numbers(&weight)), [images, layer.outputs, height, width], &x)
    }

    fn batch_norm(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        call: NormCall,
    ) -> FloatTensor<Self> {
        let [x, scale, shift] = [x, scale, shift].map(|tensor| tensor.to_contiguous());
        let [images, channels, height, width] = x.shape().dims();
        let of = || BatchNorm::of(numbers(&x), channels, height * width, call.epsilon);
        let y = call.seen.get_or_init(of).forward(numbers(&x), numbers(&scale), numbers(&shift));
        tensor(y, [images, channels, height, width], &x)
    }

    fn relu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let mut x = own(x);
        pictures::relu(x.storage_mut());
        x
    }

    fn add(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        let (mut left, right) = (own(left), right.to_contiguous());
        pictures::add(left.storage_mut(), numbers(&right));
        left
    }
}

impl PictureGradients for Flex {
    fn conv_back(start: ConvStart<Self>, dy: Float<Self>, [of_x, of_weight]: [bool; 2]) -> [Option<Float<Self>>; 2] {
        let ConvStart { x, weight, layer } = start;
        let (images, [height, width], kernel) = (x.shape()[0], layer.from, layer.kernel);
        let [x, weight, dy] = [x, weight, dy].map(|tensor| tensor.to_contiguous());
        let dy = ByOutput::new(&layer, numbers(&dy));
        let dx = of_x.then(|| {
            let dx = layer.to_input(&dy, numbers(&weight));
            tensor(dx, [images, layer.inputs, height, width], &x)
        });
        let dw = of_weight.then(|| {
            let dw = layer.to_weights(numbers(&x), &dy);
            tensor(dw, [layer.outputs, layer.inputs, kernel, kernel], &x)
        });
        [dx, dw]
    }

    fn norm_back(start: NormStart<Self>, dy: Float<Self>) -> [Float<Self>; 3] {
        let NormStart { x, scale, call } = start;
        let [x, scale, dy] = [x, scale, dy].map(|tensor| tensor.to_contiguous());
        let [images, channels, height, width] = x.shape().dims();
        let gradients = call.seen().backward(numbers(&x), numbers(&scale), numbers(&dy));
        let NormGradients { x: dx, scale: of_scale, shift: of_shift } = gradients;
        let of_channels = |gradient| tensor(gradient, [channels], &x);
        [tensor(dx, [images, channels, height, width], &x), of_channels(of_scale), of_channels(of_shift)]
    }

    fn relu_back(y: Float<Self>, dy: Float<Self>) -> Float<Self> {
        let (y, mut dy) = (y.to_contiguous(), own(dy));
        pictures::relu_back(numbers(&y), dy.storage_mut());
        dy
    }
}

impl<B: PictureGradients, C: CheckpointStrategy> PictureOps for Autodiff<B, C> {
    fn conv(x: FloatTensor<Self>, weight: FloatTensor<Self>, layer: Conv) -> FloatTensor<Self> {
        let ((x, of_x), (weight, of_weight)) = (x.into_parts(), weight.into_parts());
        let prepared = ConvStep.prepare::<C>([of_x, of_weight]).compute_bound().stateful();
        let output = B::conv(x.clone(), weight.clone(), layer);
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(ConvStart::<B> { x, weight, layer }, output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn batch_norm(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        call: NormCall,
    ) -> FloatTensor<Self> {
        let ((x, of_x), (scale, of_scale), (shift, of_shift)) =
            (x.into_parts(), scale.into_parts(), shift.into_parts());
        let prepared = NormStep.prepare::<C>([of_x, of_scale, of_shift]).compute_bound().stateful();
        let output = <B as PictureOps>::batch_norm(x.clone(), scale.clone(), shift, call.clone());
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(NormStart::<B> { x, scale, call }, output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn relu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let prepared = ReluStep.prepare::<C>([of_x]).compute_bound().stateful();
        let y = <B as PictureOps>::relu(x);
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(y.clone(), y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }

    fn add(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        let ((left, of_left), (right, of_right)) = (left.into_parts(), right.into_parts());
        let prepared = AddStep.prepare::<C>([of_left, of_right]).compute_bound().stateful();
        let sum = <B as PictureOps>::add(left, right);
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish((), sum),
            OpsKind::UnTracked(prepared) => prepared.finish(sum),
        }
    }
}

#[derive(Debug)]
struct ConvStep;

impl<B: PictureGradients> Backward<B, 2> for ConvStep {
    type State = ConvStart<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        let gradients = B::conv_back(ops.state, dy, parents.map(|node| node.is_some()));
        hand_on::<B, 2>(grads, parents, gradients);
    }
}

#[derive(Debug)]
struct NormStep;

impl<B: PictureGradients> Backward<B, 3> for NormStep {
    type State = NormStart<B>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        hand_on::<B, 3>(grads, parents, B::norm_back(ops.state, dy).map(Some));
    }
}

#[derive(Debug)]
struct ReluStep;

impl<B: PictureGradients> Backward<B, 1> for ReluStep {
    /// The rectified numbers.
    type State = Float<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        hand_on::<B, 1>(grads, parents, [Some(B::relu_back(ops.state, dy))]);
    }
}

#[derive(Debug)]
struct AddStep;

impl<B: PictureGradients> Backward<B, 2> for AddStep {
    type State = ();

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        hand_on::<B, 2>(grads, parents, [Some(dy.clone()), Some(dy)]);
    }
}
