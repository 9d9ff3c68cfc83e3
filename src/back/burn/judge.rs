//! A net that one fused part makes all the scores of: its forward and its backward pass at once, parameter by parameter, and
//! nothing for Burn to go back through.

use super::fused::{Call, Float, batch};
use super::list::List;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Tensor, TensorData};
use lcnnc_kernels::{Answers, Engine, Outcome};
use std::sync::Arc;

/// What is done with parameters that each stay where they are, without gradients of Burn's.
#[backend_extension(Flex, Cube: cfg(feature = "gpu"))]
pub(super) trait WholeOps: Backend {
    /// `inputs` is `[images, inputs]`; gives the outputs `[images, outputs]`.
    fn answered(inputs: FloatTensor<Self>, #[extension_type] params: List<Self>, call: Call) -> FloatTensor<Self>;

    /// The mean cross-entropy `[1]` of scores, in nats, the scores `[images, outputs]`, and the gradients of the parameters that
    /// are trained, each in a row of its own.
    fn learnt(
        inputs: FloatTensor<Self>,
        #[extension_type] params: List<Self>,
        call: Call,
        labels: Arc<[usize]>,
        smoothing: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, List<Self>);
}

/// The numbers of a tensor that has no gaps.
pub(super) fn numbers(tensor: &Float<Flex>) -> &[f32] {
    tensor.as_slice::<f32>().unwrap_or_else(|| unreachable!("a fused part works on 32-bit numbers without gaps"))
}

impl WholeOps for Flex {
    fn answered(inputs: FloatTensor<Self>, params: List<Self>, call: Call) -> FloatTensor<Self> {
        let (images, device, inputs) = (inputs.shape()[0], inputs.device(), inputs.to_contiguous());
        let params: Vec<&[f32]> = params.0.iter().map(numbers).collect();
        let Outcome { outputs, statistics, .. } =
            call.engine().forward(batch(&call, images, numbers(&inputs), &params));
        call.note(statistics);
        Flex::float_from_data(TensorData::new(outputs, [images, call.engine().widths()[1]]), &device)
    }

    fn learnt(
        inputs: FloatTensor<Self>,
        params: List<Self>,
        call: Call,
        labels: Arc<[usize]>,
        smoothing: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, List<Self>) {
        let (images, device, inputs) = (inputs.shape()[0], inputs.device(), inputs.to_contiguous());
        let params: Vec<&[f32]> = params.0.iter().map(numbers).collect();
        let (answers, engine) = (Answers { labels: &labels, smoothing }, call.engine());
        let Outcome { outputs, gradients, nats, statistics, .. } =
            engine.forward_backward(batch(&call, images, numbers(&inputs), &params), answers);
        call.note(statistics);
        let row = |data: Vec<f32>| {
            let len = data.len();
            Flex::float_from_data(TensorData::new(data, [len]), &device)
        };
        let trained = gradients.into_iter().zip(engine.trained()).filter(|(_, trained)| **trained);
        let scores = TensorData::new(outputs, [images, engine.widths()[1]]);
        let gradients = List(trained.map(|(gradient, _)| row(gradient)).collect());
        (row(vec![nats as f32]), Flex::float_from_data(scores, &device), gradients)
    }
}

/// What one operation has made of a batch.
pub(super) struct Learnt {
    /// The mean cross-entropy `[1]`, in nats.
    pub loss: Tensor<1>,
    /// The scores, `[images, outputs]`.
    pub scores: Tensor<2>,
    /// The gradient of each trained parameter by its place among the part's, with as many numbers as it has, in one row.
    pub gradients: Vec<(usize, Tensor<1>)>,
    /// The statistics of the batch: see [`Outcome::statistics`].
    pub seen: Vec<f32>,
}

fn list(params: Vec<Tensor<1>>) -> List<Dispatch> {
    List(params.into_iter().map(Tensor::into_dispatch).collect())
}

/// Runs a fused part that ends in the scores, with their cross-entropy, in training: see
/// [`lcnnc_kernels::Engine::forward_backward`]. Nothing here is with autodiff.
pub(super) fn learnt(
    engine: &Arc<Engine>,
    inputs: Tensor<2>,
    params: Vec<Tensor<1>>,
    noise: u64,
    Answers { labels, smoothing }: Answers<'_>,
) -> Learnt {
    let call = Call::new(engine, Some(noise));
    let (loss, scores, gradients) =
        <Dispatch as WholeOps>::learnt(inputs.into_dispatch(), list(params), call.clone(), labels.into(), smoothing);
    let trained = engine.trained().iter().enumerate().filter(|(_, trained)| **trained).map(|(place, _)| place);
    let gradients = trained.zip(gradients.0.into_iter().map(Tensor::from_dispatch)).collect();
    Learnt { loss: Tensor::from_dispatch(loss), scores: Tensor::from_dispatch(scores), gradients, seen: call.seen() }
}

/// Runs a fused part without a gradient: see [`lcnnc_kernels::Engine::forward`]. In training there is `noise`.
pub(super) fn answered(
    engine: &Arc<Engine>,
    noise: Option<u64>,
    inputs: Tensor<2>,
    params: Vec<Tensor<1>>,
) -> (Tensor<2>, Vec<f32>) {
    let call = Call::new(engine, noise);
    let outputs = <Dispatch as WholeOps>::answered(inputs.into_dispatch(), list(params), call.clone());
    (Tensor::from_dispatch(outputs), call.seen())
}
