//! Stochastic gradient descent, whose step is one pass over memory where the weights lie in this process's.

use crate::back::burn::update;
use burn::tensor::{Device, Tensor};
use burn_optim::{LearningRate, Optimizer, RecordState, StateSink, StateSource, join_path};
use lcnnc_kernels::update::SgdStep;

/// Gradient descent as PyTorch's without dampening: the weight decay is added to the gradient, and a weight keeps `momentum` of its
/// last movement.
#[derive(Clone)]
pub(super) struct OnePassSgd {
    pub momentum: f32,
    pub weight_decay: f32,
}

/// What is remembered of a weight: its last movement over the learning rate, where there is momentum.
#[derive(Clone)]
pub(super) struct Movement<const D: usize>(Option<Tensor<D>>);

impl Optimizer for OnePassSgd {
    type State<const D: usize> = Movement<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Movement<D>>,
    ) -> (Tensor<D>, Option<Movement<D>>) {
        let Self { momentum, weight_decay } = *self;
        let zeros = || weights.zeros_like();
        let movement = (momentum > 0.0).then(|| state.and_then(|Movement(movement)| movement).unwrap_or_else(zeros));
        let (weights, movement) = if update::is_in_memory(&weights) {
            let step = SgdStep { lr: lr as f32, momentum, l2: weight_decay };
            update::sgd([weights, gradient], movement, step)
        } else {
            let gradient =
                if weight_decay > 0.0 { gradient + weights.clone().mul_scalar(weight_decay) } else { gradient };
            match movement {
                None => (weights - gradient.mul_scalar(lr), None),
                Some(movement) => {
                    let movement = movement.mul_scalar(momentum) + gradient;
                    (weights - movement.clone().mul_scalar(lr), Some(movement))
                }
            }
        };
        (weights, Some(Movement(movement)))
    }

    fn to_device<const D: usize>(Movement(movement): Movement<D>, device: &Device) -> Movement<D> {
        Movement(movement.map(|movement| movement.to_device(device)))
    }
}

// The names are those that Burn gives to the memory of its own rule, so a checkpoint can be read by either.
const UNDER: &str = "momentum";
const LEAF: &str = "velocity";

impl<const D: usize> RecordState for Movement<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        if let Self(Some(movement)) = self {
            out.push_tensor(&join_path(prefix, UNDER), LEAF, movement.to_data());
        }
    }

    fn state_unflatten(prefix: &str, src: &mut StateSource, device: &Device) -> Option<Self> {
        let data = src.take_tensor(&join_path(prefix, UNDER), LEAF);
        Some(Self(data.map(|data| Tensor::from_data(data, device))))
    }
}
