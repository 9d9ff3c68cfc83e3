//! Adam and AdamW, whose step is one pass over memory where the weights lie in this process's.

use crate::back::burn::update;
use burn::tensor::{Device, Tensor};
use burn_optim::{Adam, AdamState, AdamW, AdamWState, AdaptiveMomentumState, LearningRate, Optimizer};
use lcnnc_kernels::update::AdamStep;

/// One of both rules.
#[derive(Clone)]
pub(super) struct OnePassAdam {
    /// Burn's, for weights that are elsewhere.
    pub rule: Rule,
    /// How much of the mean of the gradients, and of that of their squares, is kept from step to step.
    pub betas: [f32; 2],
    pub epsilon: f32,
    pub weight_decay: f32,
}

#[derive(Clone)]
pub(super) enum Rule {
    /// The weight decay is added to the gradient.
    Adam(Adam),
    /// The weight decay is taken off the weight itself.
    AdamW(AdamW),
}

impl OnePassAdam {
    /// The numbers of a step, of which this is the `time`th.
    fn step_of(&self, lr: LearningRate, time: usize) -> AdamStep {
        let (l2, keep) = match self.rule {
            Rule::Adam(_) => (self.weight_decay, 1.0),
            Rule::AdamW(_) => (0.0, (1.0 - lr * f64::from(self.weight_decay)) as f32),
        };
        // Both powers of the betas are 0 long before the largest number of steps that fits.
        let time = i32::try_from(time).unwrap_or(i32::MAX);
        AdamStep { lr: lr as f32, betas: self.betas, epsilon: self.epsilon, l2, keep, time }
    }
}

impl Optimizer for OnePassAdam {
    type State<const D: usize> = AdamWState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamWState<D>>,
    ) -> (Tensor<D>, Option<AdamWState<D>>) {
        if update::is_in_memory(&weights) {
            let zeros = || Tensor::zeros(weights.dims(), &weights.device());
            let state = state.map_or_else(|| AdaptiveMomentumState::new(0, zeros(), zeros()), |state| state.momentum);
            let AdaptiveMomentumState { time, moment_1, moment_2, .. } = state;
            let step = self.step_of(lr, time + 1);
            let [weights, mean, squares] = update::adam([weights, gradient, moment_1, moment_2], step);
            return (weights, Some(AdamWState::new(AdaptiveMomentumState::new(time + 1, mean, squares))));
        }
        match &self.rule {
            Rule::AdamW(rule) => rule.step(lr, weights, gradient, state),
            Rule::Adam(rule) => {
                let state = state.map(|state| AdamState::new(state.momentum));
                let (weights, state) = rule.step(lr, weights, gradient, state);
                (weights, state.map(|state| AdamWState::new(state.momentum)))
            }
        }
    }

    fn to_device<const D: usize>(state: AdamWState<D>, device: &Device) -> AdamWState<D> {
        AdamW::to_device(state, device)
    }
}
