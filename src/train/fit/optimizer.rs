//! The rules by which weights follow their gradients.
//!
//! Each is Burn's, set up so that it does what PyTorch's of the same name does, update for update: SGD without
//! dampening, weight decay of SGD and Adam as L2 added to the gradient, that of AdamW taken off the weight itself.

use super::here::here;
use crate::back::burn::{DeviceError, Model, numbers};
use burn::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrScheduler};
use burn::module::ParamGroup;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{
    Adam, AdamConfig, AdamW, AdamWConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer, Sgd, SgdConfig,
};
use burn::tensor::{Bytes, Device, Gradients, Transaction};
use lcnnc_lang::vocabulary::{Bound, optimizers};

/// A rule with its memory of the steps before.
pub struct Optimizer {
    rule: ModuleOptimizer,
    /// As the call gives it.
    base: f64,
    lr: f64,
    /// The largest length of all gradients together, if there is one.
    clip: Option<f64>,
    sum: GradientsAccumulator<Model>,
}

/// The optimizer that a call names, with nothing remembered yet.
///
/// # Panics
/// If the call was not bound against [`optimizers::CALLABLES`]; no spec can bring that about.
pub fn build(call: &Bound, device: &Device) -> Optimizer {
    let call = optimizers::complete(call);
    let rule = match call.callee {
        "sgd" => here(sgd(&call), device),
        "adam" => here(adam(&call), device),
        "adamw" => here(adamw(&call), device),
        other => unreachable!("no optimizer is called `{other}`"),
    };
    let lr = call.real("lr");
    Optimizer { rule, base: lr, lr, clip: None, sum: GradientsAccumulator::new() }
}

fn sgd(call: &Bound) -> Sgd {
    let momentum = call.real("momentum");
    // Burn's own default would dampen a gradient by a tenth from the second step on.
    let momentum = (momentum > 0.0).then(|| MomentumConfig::new().with_momentum(momentum).with_dampening(0.0));
    SgdConfig::new().with_momentum(momentum).with_weight_decay(added(call)).build()
}

fn adam(call: &Bound) -> Adam {
    AdamConfig::new()
        .with_beta_1(call.real("beta1") as f32)
        .with_beta_2(call.real("beta2") as f32)
        .with_epsilon(call.real("epsilon") as f32)
        .with_weight_decay(added(call))
        .build()
}

fn adamw(call: &Bound) -> AdamW {
    AdamWConfig::new()
        .with_beta_1(call.real("beta1") as f32)
        .with_beta_2(call.real("beta2") as f32)
        .with_epsilon(call.real("epsilon") as f32)
        .with_weight_decay(call.real("weight_decay") as f32)
        .build()
}

/// Weight decay as L2 on the gradient.
fn added(call: &Bound) -> Option<WeightDecayConfig> {
    let decay = call.real("weight_decay");
    (decay > 0.0).then(|| WeightDecayConfig::new(decay as f32))
}

impl Optimizer {
    /// The same, for gradients that are made shorter where they are longer than `most`; 0 leaves them as they are.
    pub fn clipped(self, most: f64) -> Self {
        Self { clip: (most > 0.0).then_some(most), ..self }
    }

    /// The learning rate of the next step.
    pub fn lr(&self) -> f64 {
        self.lr
    }

    /// Sets the learning rate of the next step to so many times the one that the optimizer was made with.
    pub fn scale(&mut self, factor: f64) {
        self.lr = factor * self.base;
    }

    /// Moves every trained parameter by its gradient, and what has a sign back to its side of zero. Frozen parameters
    /// and running statistics have no gradient and stay; so does what the loss does not depend on.
    ///
    /// # Errors
    /// If the device failed, where gradients are clipped.
    pub fn step(&mut self, model: Model, gradients: Gradients) -> Result<Model, DeviceError> {
        self.add(&model, gradients);
        self.step_added(model)
    }

    /// Takes in the gradients of one of several batches that make a step together; they are summed.
    pub fn add(&mut self, model: &Model, gradients: Gradients) {
        self.sum.accumulate(model, GradientsParams::from_grads(gradients, model));
    }

    /// As [`Optimizer::step`], by the gradients that were added since the step before.
    ///
    /// # Errors
    /// As there.
    pub fn step_added(&mut self, model: Model) -> Result<Model, DeviceError> {
        let mut gradients = self.sum.grads();
        if let Some(most) = self.clip {
            clip(&model, &mut gradients, most)?;
        }
        Ok(self.rule.step(self.rates(&model), model, gradients).projected())
    }

    /// What the rule remembers of the steps before, for a checkpoint.
    pub fn memory(&self) -> Vec<u8> {
        let bytes = self.rule.into_bytes().unwrap_or_else(|error| unreachable!("tensors can be written down: {error}"));
        bytes.to_vec()
    }

    /// The same optimizer with what it remembered when it was saved.
    ///
    /// # Errors
    /// If the bytes are not such a memory.
    pub fn remembering(self, memory: Vec<u8>) -> Result<Self, String> {
        let rule = self.rule.from_bytes(Bytes::from_bytes_vec(memory)).map_err(|error| error.to_string())?;
        Ok(Self { rule, ..self })
    }

    /// One learning rate for all, but where a layer asks for another. Burn makes these of schedules alone.
    fn rates(&self, model: &Model) -> ModuleLearningRate {
        let all = ModuleLrScheduler::new(self.lr);
        let paced =
            |rates: ModuleLrScheduler, (factor, id)| rates.with_group(ParamGroup::from_ids(vec![id]), self.lr * factor);
        model.paces().fold(all, paced).step()
    }
}

/// Multiplies all gradients by one number, so that together, as one vector, they are no longer than `most`: what
/// PyTorch's `clip_grad_norm_` does.
fn clip(model: &Model, gradients: &mut GradientsParams, most: f64) -> Result<(), DeviceError> {
    /// PyTorch's guard against a length of 0.
    const GUARD: f64 = 1e-6;
    let squares = model.ids().filter_map(|id| gradients.get::<4>(id)).map(|gradient| gradient.square().sum());
    let length = numbers(squares.fold(Transaction::default(), Transaction::register))?.iter().sum::<f64>().sqrt();
    if length > most {
        for id in model.ids() {
            if let Some(gradient) = gradients.remove::<4>(id) {
                gradients.register(id, gradient * (most / (length + GUARD)));
            }
        }
    }
    Ok(())
}

impl std::fmt::Debug for Optimizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Optimizer(lr: {})", self.lr)
    }
}
