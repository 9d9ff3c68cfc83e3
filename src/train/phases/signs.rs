//! Weights that keep to their side of zero.

use super::{Phase, PhaseKind};
use crate::back::burn::{DeviceError, Model};
use burn::tensor::Tensor;
use lcnnc_lang::ir::Sign;

pub const SIGNS: PhaseKind = PhaseKind {
    name: "signs",
    build: |net, _| net.params.iter().any(|param| param.sign.is_some()).then(|| Box::new(Signs) as Box<dyn Phase>),
    absurd: |_| None,
};

/// Brings every weight that has a sign back to its side of zero after each step.
struct Signs;

impl Phase for Signs {
    fn after_step(&mut self, model: Model) -> Result<Model, DeviceError> {
        Ok(projected(model))
    }
}

/// The model with every weight that has a sign brought back to its side of zero; what is no number stays none.
pub fn projected(model: Model) -> Model {
    model.changed(|param, values| param.sign.map(|sign| project(values, sign)))
}

/// Values on the other side of zero become zero. A clamp would do the same to what is no number, and hide it.
fn project(values: Tensor<4>, sign: Sign) -> Tensor<4> {
    let beyond = match sign {
        Sign::Nonnegative => values.clone().lower_scalar(0),
        Sign::Nonpositive => values.clone().greater_scalar(0),
    };
    values.mask_fill(beyond, 0)
}
