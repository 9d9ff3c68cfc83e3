//! Layers without weight sharing on a graphics processor, as an operation of Burn's with a gradient of its own: no window is copied.

use super::fused::{Float, hand_on};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, TensorMetadata, backend_extension};
use burn::tensor::{DType, Device, Tensor};
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::server::Handle;
use lcnnc_kernels::graph::Local;

/// A layer's result, without a bias.
#[backend_extension(Cube, Autodiff)]
trait LocalOps: Backend {
    /// `x` is `[images, inputs, height, width]`, the weight `[height, width, outputs, taps]` in any shape.
    fn local(x: FloatTensor<Self>, weight: FloatTensor<Self>, layer: Local) -> FloatTensor<Self>;
}

/// The gradients of a layer.
trait LocalBack: LocalOps {
    /// Those of the input and of the weight, each if it is wanted; of shapes as these have.
    fn back(start: Start<Self>, dy: Float<Self>, wanted: [bool; 2]) -> [Option<Float<Self>>; 2];
}

/// What the backward pass of a layer starts from.
#[derive(Clone, Debug)]
struct Start<B: Backend> {
    x: Float<B>,
    weight: Float<B>,
    layer: Local,
}

/// Whether there are kernels for these numbers: for those of 32 bits on a graphics processor.
pub(super) fn has_kernels(x: &Tensor<4>) -> bool {
    let device = x.device();
    x.dtype() == DType::F32 && device != Device::flex() && device != Device::flex().autodiff()
}

/// A layer without its bias; `x` is `[images, inputs, height, width]`, and so is the result.
pub(super) fn local(x: Tensor<4>, weight: Tensor<4>, layer: Local) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as LocalOps>::local(x.into_dispatch(), weight.into_dispatch(), layer))
}

/// The numbers of a tensor with images last.
fn images_last(tensor: CubeTensor) -> Handle {
    into_contiguous(CubeBackend::float_permute(tensor, &[1, 2, 3, 0])).handle
}

/// A tensor with images first, of numbers that have them last.
fn images_first(numbers: Handle, [images, channels, height, width]: [usize; 4], like: &CubeTensor) -> CubeTensor {
    let shape = [channels, height, width, images];
    let tensor =
        CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape.into(), numbers, like.dtype);
    CubeBackend::float_permute(tensor, &[3, 0, 1, 2])
}

impl LocalOps for CubeBackend {
    fn local(x: FloatTensor<Self>, weight: FloatTensor<Self>, layer: Local) -> FloatTensor<Self> {
        let (images, like, [height, width]) = (x.shape()[0], x.clone(), layer.to());
        let weights = into_contiguous(weight).handle;
        let y = layer.forward_on(&like.client, images, &images_last(x), &weights);
        images_first(y, [images, layer.outputs, height, width], &like)
    }
}

impl LocalBack for CubeBackend {
    fn back(start: Start<Self>, dy: Float<Self>, [of_x, of_weight]: [bool; 2]) -> [Option<Float<Self>>; 2] {
        let Start { x, weight, layer } = start;
        let (images, like, shape) = (x.shape()[0], x.clone(), weight.shape());
        let (client, dy) = (&like.client, images_last(dy));
        let weights = into_contiguous(weight).handle;
        let [height, width] = layer.from;
        let dx = of_x.then(|| {
            let dx = layer.to_input_on(client, images, &dy, &weights);
            images_first(dx, [images, layer.inputs, height, width], &like)
        });
        let dw = of_weight.then(|| {
            let dw = layer.to_weights_on(client, images, &into_contiguous(x).handle, &dy);
            CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape, dw, like.dtype)
        });
        [dx, dw]
    }
}

impl<B: LocalBack, C: CheckpointStrategy> LocalOps for Autodiff<B, C> {
    fn local(x: FloatTensor<Self>, weight: FloatTensor<Self>, layer: Local) -> FloatTensor<Self> {
        let ((x, of_x), (weight, of_weight)) = (x.into_parts(), weight.into_parts());
        let prepared = LocalStep.prepare::<C>([of_x, of_weight]).compute_bound().stateful();
        let output = B::local(x.clone(), weight.clone(), layer);
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(Start::<B> { x, weight, layer }, output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }
}

#[derive(Debug)]
struct LocalStep;

impl<B: LocalBack> Backward<B, 2> for LocalStep {
    type State = Start<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        let gradients = B::back(ops.state, dy, parents.map(|node| node.is_some()));
        hand_on::<B, 2>(grads, parents, gradients);
    }
}
