//! An optimizer's update in the memory that the weights lie in.

use super::fused::Float;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{DType, Device, Tensor, TensorData};
use lcnnc_kernels::recycled;
use lcnnc_kernels::update::{self, AdamNumbers, AdamStep, SgdStep};

/// Updates that Burn takes a pass over memory for with every arithmetic operation.
#[backend_extension(Flex)]
trait UpdateOps: Backend {
    /// The weights, the mean of gradients and that of their squares behind a step of Adam; all have the same shape.
    fn adam(
        weights: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        squares: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// The weights behind a step of gradient descent without momentum.
    fn sgd(weights: FloatTensor<Self>, gradient: FloatTensor<Self>, step: SgdStep) -> FloatTensor<Self>;

    /// The weights and their movement behind a step of gradient descent with momentum; all have the same shape.
    fn sgd_on(
        weights: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        movement: FloatTensor<Self>,
        step: SgdStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// The sum of all squares, `[1]`.
    fn squares(numbers: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// Keeps the memory of a gradient that nobody else holds for the next one.
fn used_up(gradient: Float<Flex>) {
    if gradient.is_unique() {
        gradient.into_data().try_into_vec().into_iter().for_each(recycled::give_back);
    }
}

/// The same tensor, in memory that holds nothing else.
fn alone(tensor: Float<Flex>) -> Float<Flex> {
    // The handle that came in must be gone before the memory is written to: what two handles share is copied.
    tensor.to_contiguous()
}

impl UpdateOps for Flex {
    fn adam(
        weights: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        squares: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let ([mut weights, mut mean, mut squares], gradient) = ([weights, mean, squares].map(alone), alone(gradient));
        let numbers = AdamNumbers {
            weights: weights.storage_mut(),
            gradient: gradient.storage(),
            mean: mean.storage_mut(),
            squares: squares.storage_mut(),
        };
        update::adam(step, numbers);
        used_up(gradient);
        (weights, mean, squares)
    }

    fn sgd(weights: FloatTensor<Self>, gradient: FloatTensor<Self>, step: SgdStep) -> FloatTensor<Self> {
        let (mut weights, gradient) = (alone(weights), alone(gradient));
        update::sgd(step, weights.storage_mut(), gradient.storage(), None);
        used_up(gradient);
        weights
    }

    fn sgd_on(
        weights: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        movement: FloatTensor<Self>,
        step: SgdStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let ([mut weights, mut movement], gradient) = ([weights, movement].map(alone), alone(gradient));
        update::sgd(step, weights.storage_mut(), gradient.storage(), Some(movement.storage_mut()));
        used_up(gradient);
        (weights, movement)
    }

    fn squares(numbers: FloatTensor<Self>) -> FloatTensor<Self> {
        let (device, numbers) = (numbers.device(), alone(numbers));
        let sum = update::squares(numbers.storage()) as f32;
        Flex::float_from_data(TensorData::new(vec![sum], [1]), &device)
    }
}

/// Whether [`adam`] and [`sgd`] can move these weights: those of 32 bits in this process's memory.
pub fn is_in_memory<const D: usize>(weights: &Tensor<D>) -> bool {
    weights.device() == Device::flex() && weights.dtype() == DType::F32
}

/// Takes a step of Adam over weights, their gradient, the mean of gradients and that of their squares; gives the weights and both
/// means. Nothing here is with autodiff, and the weights must be [in memory](is_in_memory).
pub fn adam<const D: usize>([weights, gradient, mean, squares]: [Tensor<D>; 4], step: AdamStep) -> [Tensor<D>; 3] {
    let [weights, gradient, mean, squares] = [weights, gradient, mean, squares].map(Tensor::into_dispatch);
    let (weights, mean, squares) = <Dispatch as UpdateOps>::adam(weights, gradient, mean, squares, step);
    [weights, mean, squares].map(Tensor::from_dispatch)
}

/// Takes a step of gradient descent over weights by their gradient, with the movement that is remembered of the step before, if one
/// is; gives the weights and their movement. Nothing here is with autodiff, and the weights must be [in memory](is_in_memory).
pub fn sgd<const D: usize>(
    [weights, gradient]: [Tensor<D>; 2],
    movement: Option<Tensor<D>>,
    step: SgdStep,
) -> (Tensor<D>, Option<Tensor<D>>) {
    let [weights, gradient] = [weights, gradient].map(Tensor::into_dispatch);
    let Some(movement) = movement else {
        return (Tensor::from_dispatch(<Dispatch as UpdateOps>::sgd(weights, gradient, step)), None);
    };
    let (weights, movement) = <Dispatch as UpdateOps>::sgd_on(weights, gradient, movement.into_dispatch(), step);
    (Tensor::from_dispatch(weights), Some(Tensor::from_dispatch(movement)))
}

/// The sum of all squares of numbers, `[1]`. Nothing here is with autodiff.
pub fn squares<const D: usize>(numbers: Tensor<D>) -> Tensor<1> {
    if !is_in_memory(&numbers) {
        return numbers.square().sum();
    }
    Tensor::from_dispatch(<Dispatch as UpdateOps>::squares(numbers.into_dispatch()))
}
