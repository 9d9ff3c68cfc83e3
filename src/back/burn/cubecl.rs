//! Fused parts on Burn's tensors of a graphics processor.

use super::fused::{Float, FusedOps, Runs, Start};
use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::server::Handle;
use lcnnc_kernels::{Answers, Engine};
use std::sync::Arc;

/// A tensor's numbers without gaps.
fn numbers(tensor: CubeTensor) -> Handle {
    into_contiguous(tensor).handle
}

fn tensor<const D: usize>(numbers: Handle, shape: [usize; D], like: &CubeTensor) -> CubeTensor {
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape.into(), numbers, like.dtype)
}

impl FusedOps for CubeBackend {
    fn fused(inputs: FloatTensor<Self>, params: FloatTensor<Self>, engine: Arc<Engine>) -> FloatTensor<Self> {
        let (images, like) = (inputs.shape()[0], params.clone());
        let outputs = engine.forward_on(&like.client, images, numbers(inputs), numbers(params));
        tensor(outputs, [images, engine.widths()[1]], &like)
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

impl Runs for CubeBackend {
    fn judge(params: Float<Self>, inputs: Float<Self>, engine: &Engine, answers: Answers<'_>) -> [Float<Self>; 3] {
        let (images, len, like) = (inputs.shape()[0], params.shape()[0], params.clone());
        let (inputs, params) = (numbers(inputs), numbers(params));
        let [scores, loss, gradients] = engine.forward_backward_on(&like.client, images, inputs, params, answers);
        let scores = tensor(scores, [images, engine.widths()[1]], &like);
        [tensor(loss, [1], &like), scores, tensor(gradients, [len], &like)]
    }

    fn back(start: Start<Self>, output_gradients: Float<Self>, of_inputs: bool) -> (Option<Float<Self>>, Float<Self>) {
        let Start { inputs, params, engine } = start;
        let (images, len, like) = (inputs.shape()[0], params.shape()[0], params.clone());
        let buffers = [inputs, params, output_gradients].map(numbers);
        let [dx, dw] = engine.backward_on(&like.client, images, buffers, of_inputs);
        (of_inputs.then(|| tensor(dx, [images, engine.widths()[0]], &like)), tensor(dw, [len], &like))
    }
}
