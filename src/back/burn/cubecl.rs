//! Fused parts on Burn's tensors of a graphics processor.

use super::fused::{Call, Float, FusedOps, Runs, Start};
use super::judge::WholeOps;
use super::list::List;
use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::Slice;
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::server::Handle;
use lcnnc_kernels::Answers;
use std::sync::Arc;

/// A tensor's numbers without gaps.
fn numbers(tensor: CubeTensor) -> Handle {
    into_contiguous(tensor).handle
}

fn tensor<const D: usize>(numbers: Handle, shape: [usize; D], like: &CubeTensor) -> CubeTensor {
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape.into(), numbers, like.dtype)
}

impl FusedOps for CubeBackend {
    fn fused(inputs: FloatTensor<Self>, params: FloatTensor<Self>, call: Call) -> FloatTensor<Self> {
        let (images, like) = (inputs.shape()[0], params.clone());
        let outputs = call.engine().forward_on(&like.client, images, numbers(inputs), numbers(params));
        tensor(outputs, [images, call.engine().widths()[1]], &like)
    }
}

/// All parameters in a row.
fn row(params: Vec<CubeTensor>) -> CubeTensor {
    let flat = params.into_iter().map(|param| {
        let len = param.shape().num_elements();
        CubeBackend::float_reshape(param, [len].into())
    });
    CubeBackend::float_cat(flat.collect(), 0)
}

impl WholeOps for CubeBackend {
    fn answered(inputs: FloatTensor<Self>, params: List<Self>, call: Call) -> FloatTensor<Self> {
        Self::fused(inputs, row(params.0), call)
    }

    fn learnt(
        inputs: FloatTensor<Self>,
        params: List<Self>,
        call: Call,
        labels: Arc<[usize]>,
        smoothing: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, List<Self>) {
        let lengths: Vec<usize> = params.0.iter().map(|param| param.shape().num_elements()).collect();
        let params = row(params.0);
        let (images, len, like) = (inputs.shape()[0], params.shape()[0], params.clone());
        let answers = Answers { labels: &labels, smoothing };
        let [scores, loss, gradients] =
            call.engine().forward_backward_on(&like.client, images, numbers(inputs), numbers(params), answers);
        let scores = tensor(scores, [images, call.engine().widths()[1]], &like);
        let (all, mut first) = (tensor(gradients, [len], &like), 0);
        let mut trained = Vec::new();
        for (len, is_trained) in lengths.into_iter().zip(call.engine().trained()) {
            if *is_trained {
                trained.push(Self::float_slice(all.clone(), &[Slice::from(first..first + len)]));
            }
            first += len;
        }
        (tensor(loss, [1], &like), scores, List(trained))
    }
}

impl Runs for CubeBackend {
    fn back(start: Start<Self>, output_gradients: Float<Self>, of_inputs: bool) -> (Option<Float<Self>>, Float<Self>) {
        let Start { inputs, params, call } = start;
        let (images, len, like) = (inputs.shape()[0], params.shape()[0], params.clone());
        let buffers = [inputs, params, output_gradients].map(numbers);
        let [dx, dw] = call.engine().backward_on(&like.client, images, buffers, of_inputs);
        (of_inputs.then(|| tensor(dx, [images, call.engine().widths()[0]], &like)), tensor(dw, [len], &like))
    }
}
