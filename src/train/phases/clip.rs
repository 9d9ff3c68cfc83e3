//! Gradients that are made shorter where they are too long.

use super::{Phase, PhaseKind};
use crate::back::burn::{DeviceError, Model, numbers, update};
use burn::tensor::Transaction;
use burn_optim::GradientsParams;

pub const CLIP: PhaseKind = PhaseKind {
    name: "clip",
    build: |_, settings| {
        let train = &settings.train;
        let most = train.real("clip");
        (most > 0.0).then(|| Box::new(Clip { most }) as Box<dyn Phase>)
    },
    absurd: |_| None,
};

/// Multiplies all gradients by one number, so that together, as one vector, they are no longer than `most`: what PyTorch's
/// `clip_grad_norm_` does.
struct Clip {
    most: f64,
}

impl Phase for Clip {
    fn before_update(&mut self, model: &Model, gradients: &mut GradientsParams) -> Result<(), DeviceError> {
        /// What is added to a length before it is divided by, as in PyTorch, since it may be 0.
        const GUARD: f64 = 1e-6;
        let squares = model.ids().filter_map(|id| gradients.get::<4>(id)).map(update::squares);
        let length = numbers(squares.fold(Transaction::default(), Transaction::register))?.iter().sum::<f64>().sqrt();
        if length > self.most {
            for id in model.ids() {
                if let Some(gradient) = gradients.remove::<4>(id) {
                    gradients.register(id, gradient * (self.most / (length + GUARD)));
                }
            }
        }
        Ok(())
    }
}
