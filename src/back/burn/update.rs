//! An optimizer's update in the memory that the weights lie in.

use super::fused::Float;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{DType, Device, Tensor, TensorData};
use lcnnc_kernels::recycled;
use lcnnc_kernels::update::{self, AdamNumbers, AdamStep};

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

    /// The sum of all squares, `[1]`.
    fn squares(numbers: FloatTensor<Self>) -> FloatTensor<Self>;
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
        if gradient.is_unique() {
            gradient.into_data().try_into_vec().into_iter().for_each(recycled::give_back);
        }
        (weights, mean, squares)
    }

    fn squares(numbers: FloatTensor<Self>) -> FloatTensor<Self> {
        let (device, numbers) = (numbers.device(), alone(numbers));
        let sum = update::squares(numbers.storage()) as f32;
        Flex::float_from_data(TensorData::new(vec![sum], [1]), &device)
    }
}

/// Whether [`adam`] can move these weights: those of 32 bits in this process's memory.
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

/// The sum of all squares of numbers, `[1]`. Nothing here is with autodiff.
pub fn squares<const D: usize>(numbers: Tensor<D>) -> Tensor<1> {
    if !is_in_memory(&numbers) {
        return numbers.square().sum();
    }
    Tensor::from_dispatch(<Dispatch as UpdateOps>::squares(numbers.into_dispatch()))
}
