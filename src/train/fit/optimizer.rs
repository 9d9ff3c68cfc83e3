//! The rules by which weights follow their gradients.
//!
//! Each does what PyTorch's of the same name does, update for update: SGD without dampening, weight decay of SGD and Adam as L2 added to the gradient, that of AdamW taken off the weight itself.

use super::adam::{OnePassAdam, Rule};
use super::optimizer_device::on_device;
use super::sgd::OnePassSgd;
use crate::back::burn::{DeviceError, Gradients, Model};
use crate::train::phases::Phases;
use burn::module::ParamGroup;
use burn::tensor::{Bytes, Device};
use burn_optim::decay::WeightDecayConfig;
use burn_optim::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrScheduler};
use burn_optim::{AdamConfig, AdamWConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use lcnnc_lang::vocabulary::{Bound, optimizers};

/// A rule with its memory of the steps before.
pub struct Optimizer {
    rule: ModuleOptimizer,
    /// The learning rate as the call gives it.
    base: f64,
    /// The learning rate of the next step.
    lr: f64,
    /// The gradients of the batches that were added since the step before.
    sum: GradientsAccumulator<Model>,
}

/// The optimizer that a call names, with nothing remembered yet.
///
/// # Panics
/// If the call was not bound against [`optimizers::CALLABLES`]; no spec can bring that about.
pub fn build(call: &Bound, device: &Device) -> Optimizer {
    let call = optimizers::complete(call);
    let rule = match call.callee {
        "sgd" => on_device(sgd(&call), device),
        "adam" | "adamw" => on_device(adam(&call), device),
        other => unreachable!("no optimizer is called `{other}`"),
    };
    let lr = call.real("lr");
    Optimizer { rule, base: lr, lr, sum: GradientsAccumulator::new() }
}

fn sgd(call: &Bound) -> OnePassSgd {
    OnePassSgd { momentum: call.real("momentum") as f32, weight_decay: call.real("weight_decay") as f32 }
}

fn adam(call: &Bound) -> OnePassAdam {
    let [beta_1, beta_2, epsilon, weight_decay] =
        ["beta1", "beta2", "epsilon", "weight_decay"].map(|name| call.real(name) as f32);
    let rule = match call.callee {
        "adamw" => Rule::AdamW(
            AdamWConfig::new()
                .with_beta_1(beta_1)
                .with_beta_2(beta_2)
                .with_epsilon(epsilon)
                .with_weight_decay(weight_decay)
                .build(),
        ),
        _ => Rule::Adam(
            AdamConfig::new()
                .with_beta_1(beta_1)
                .with_beta_2(beta_2)
                .with_epsilon(epsilon)
                .with_weight_decay((weight_decay > 0.0).then(|| WeightDecayConfig::new(weight_decay)))
                .build(),
        ),
    };
    OnePassAdam { rule, betas: [beta_1, beta_2], epsilon, weight_decay }
}

impl Optimizer {
    /// The learning rate of the next step.
    pub fn lr(&self) -> f64 {
        self.lr
    }

    /// Sets the learning rate of the next step to so many times the one that the optimizer was made with.
    pub fn scale(&mut self, factor: f64) {
        self.lr = factor * self.base;
    }

    /// Moves every trained parameter by its gradient; the phases change the gradients before and the weights behind it.
    /// Frozen parameters and running statistics have no gradient and stay; so does what the loss does not depend on.
    ///
    /// # Errors
    /// If the device failed, where a phase reads from it.
    pub fn step(&mut self, model: Model, gradients: Gradients, phases: &mut Phases) -> Result<Model, DeviceError> {
        self.add(&model, gradients);
        self.step_added(model, phases)
    }

    /// Takes in the gradients of one of several batches that make a step together; they are summed.
    pub fn add(&mut self, model: &Model, gradients: Gradients) {
        let mut params = GradientsParams::new();
        gradients.each().for_each(|(id, gradient)| params.register(id, gradient));
        self.sum.accumulate(model, params);
    }

    /// Takes a step as [`Optimizer::step`] does, by the gradients that were added since the step before.
    ///
    /// # Errors
    /// Those of [`Optimizer::step`].
    pub fn step_added(&mut self, model: Model, phases: &mut Phases) -> Result<Model, DeviceError> {
        let mut gradients = self.sum.grads();
        phases.before_update(&model, &mut gradients)?;
        phases.after_step(self.rule.step(self.rates(&model), model, gradients))
    }

    /// What the rule remembers of the steps before, for a checkpoint.
    pub fn memory(&self) -> Vec<u8> {
        let bytes = self.rule.into_bytes().unwrap_or_else(|error| unreachable!("tensors can be written down: {error}"));
        bytes.to_vec()
    }

    /// Gives the optimizer the memory that it had when it was saved.
    ///
    /// # Errors
    /// If the bytes are not such a memory.
    pub fn remembering(self, memory: Vec<u8>) -> Result<Self, String> {
        let rule = self.rule.from_bytes(Bytes::from_bytes_vec(memory)).map_err(|error| error.to_string())?;
        Ok(Self { rule, ..self })
    }

    /// The learning rate of each parameter: one for all, but where a layer asks for another. Burn makes these of schedules
    /// alone.
    fn rates(&self, model: &Model) -> ModuleLearningRate {
        let all = ModuleLrScheduler::new(self.lr);
        let paced =
            |rates: ModuleLrScheduler, (factor, id)| rates.with_group(ParamGroup::from_ids(vec![id]), self.lr * factor);
        model.paces().fold(all, paced).step()
    }
}

impl std::fmt::Debug for Optimizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Optimizer(lr: {})", self.lr)
    }
}
