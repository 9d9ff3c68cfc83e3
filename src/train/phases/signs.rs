//! Weights that keep to their side of zero.

use super::{Phase, PhaseKind};
use crate::back::burn::{DeviceError, Model};

pub const SIGNS: PhaseKind = PhaseKind {
    name: "signs",
    build: |net, _| net.params.iter().any(|param| param.sign.is_some()).then(|| Box::new(Signs) as Box<dyn Phase>),
    absurd: |_| None,
};

/// Brings every weight that has a sign back to its side of zero after each step.
struct Signs;

impl Phase for Signs {
    fn after_step(&mut self, model: Model) -> Result<Model, DeviceError> {
        Ok(model.projected())
    }
}
