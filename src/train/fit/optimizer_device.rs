//! Reads an optimizer's memory back on the device of the model.
//!
//! Burn 0.22 reads it on its default device, which is a GPU wherever support for one is built in, and panics where the
//! machine has none (`ModuleOptimizer::load_record`). This can go when Burn takes a device there.

use burn::module::ParamGroup;
use burn::tensor::Device;
use burn::tensor::kind::BridgeTensor;
use burn_optim::{DynOptimizer, DynState, ModuleOptimizer, Optimizer, StateSink, StateSource};

/// A rule for all parameters, whose memory is read on a device.
pub(super) fn on_device<O: Optimizer>(rule: O, device: &Device) -> ModuleOptimizer {
    let own = OnDevice { rule: rule.clone(), device: device.clone() };
    ModuleOptimizer::from(rule).with_group(ParamGroup::all(), own, None)
}

/// A rule that reads its memory back on a device of its own.
struct OnDevice<O> {
    rule: O,
    device: Device,
}

impl<O: Optimizer> DynOptimizer for OnDevice<O> {
    fn step_dyn(
        &self,
        rank: usize,
        lr: f64,
        tensor: BridgeTensor,
        grad: BridgeTensor,
        state: Option<DynState>,
    ) -> (BridgeTensor, Option<DynState>) {
        self.rule.step_dyn(rank, lr, tensor, grad, state)
    }

    fn to_device_dyn(&self, state: DynState, device: &Device) -> DynState {
        self.rule.to_device_dyn(state, device)
    }

    fn state_flatten(&self, prefix: &str, state: &DynState, out: &mut StateSink) {
        self.rule.state_flatten(prefix, state, out);
    }

    fn state_unflatten(&self, rank: usize, prefix: &str, src: &mut StateSource, _: &Device) -> Option<DynState> {
        self.rule.state_unflatten(rank, prefix, src, &self.device)
    }
}
