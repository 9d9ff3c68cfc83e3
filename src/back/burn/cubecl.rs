//! Fused parts on Burn's tensors of a graphics processor.

use super::fused::{Call, Float, FusedOps, Runs, Start};
use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
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

    fn judged(
        params: FloatTensor<Self>,
        inputs: FloatTensor<Self>,
        call: Call,
        labels: Arc<[usize]>,
        smoothing: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let [loss, scores, _] = Self::judge(params, inputs, &call, Answers { labels: &labels, smoothing });
        (loss, scores)
    }
}

impl Runs for CubeBackend {
    fn judge(params: Float<Self>, inputs: Float<Self>, call: &Call, answers: Answers<'_>) -> [Float<Self>; 3] {
        let (images, len, like) = (inputs.shape()[0], params.shape()[0], params.clone());
        let (inputs, params) = (numbers(inputs), numbers(params));
        let [scores, loss, gradients] =
            call.engine().forward_backward_on(&like.client, images, inputs, params, answers);
        let scores = tensor(scores, [images, call.engine().widths()[1]], &like);
        [tensor(loss, [1], &like), scores, tensor(gradients, [len], &like)]
    }

    fn back(start: Start<Self>, output_gradients: Float<Self>, of_inputs: bool) -> (Option<Float<Self>>, Float<Self>) {
        let Start { inputs, params, call } = start;
        let (images, len, like) = (inputs.shape()[0], params.shape()[0], params.clone());
        let buffers = [inputs, params, output_gradients].map(numbers);
        let [dx, dw] = call.engine().backward_on(&like.client, images, buffers, of_inputs);
        (of_inputs.then(|| tensor(dx, [images, call.engine().widths()[0]], &like)), tensor(dw, [len], &like))
    }
}
