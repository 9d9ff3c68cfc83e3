//! Phases: what happens to a training at its times, and changes it.
//!
//! A phase is a file here and a line in [`PHASES`]. It reads its settings from the recipe, and what it remembers goes into
//! checkpoints under its name. The optimizer asks all phases before and after its step, and names none.

mod clip;
mod patience;
pub mod schedule;
pub mod signs;
pub mod sleep;

use crate::back::burn::{DeviceError, Model};
use crate::observe::{Epoch, Slept};
use burn_optim::GradientsParams;
use lcnnc_lang::front::settings::Settings;
use lcnnc_lang::ir::Net;
use serde_json::Value;
use std::collections::BTreeMap;

/// Something that happens to a training, at the times that it has something to do at.
pub trait Phase {
    /// What the optimizer's learning rate is multiplied by at a step: `done` is the share of the epoch, which counts from 1,
    /// that is done with it.
    fn rate(&self, _epoch: usize, _done: f64) -> f64 {
        1.0
    }

    /// The gradients of a step are known, and the optimizer has not moved the weights by them yet.
    fn before_update(&mut self, _: &Model, _: &mut GradientsParams) -> Result<(), DeviceError> {
        Ok(())
    }

    /// The optimizer has moved the weights.
    fn after_step(&mut self, model: Model) -> Result<Model, DeviceError> {
        Ok(model)
    }

    /// An epoch was trained and validated.
    fn after_epoch(&mut self, _: &Epoch) {}

    /// Why the training should end before its last epoch, in words without a full stop; none if it should go on.
    fn is_over(&self, _: Course) -> Option<String> {
        None
    }

    /// The sleep that came behind the last step, if there was one; it is told once.
    fn slept(&mut self) -> Option<Slept> {
        None
    }

    /// Seconds of the training that were spent asleep, by all processes that took part; none where nothing sleeps.
    fn seconds_asleep(&self) -> Option<f64> {
        None
    }

    /// What the phase remembers of the steps and epochs before; none if nothing but the settings matters.
    fn memory(&self) -> Option<Value> {
        None
    }

    /// Takes up what the phase remembered when a checkpoint was written.
    ///
    /// # Errors
    /// Why that is no memory of this phase.
    fn remember(&mut self, _: &Value) -> Result<(), String> {
        Ok(())
    }
}

/// How far a training has come between two epochs.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    /// Epochs that are done.
    pub done: usize,
    /// The epoch with the best weights, from 1; none before the first one is done.
    pub best: Option<usize>,
}

/// How a phase comes into a training.
pub struct PhaseKind {
    /// The name of the phase in checkpoints.
    pub name: &'static str,
    /// Makes the phase that a recipe's net and its settings ask for, with nothing remembered; none if they ask for none.
    pub build: fn(&Net, &Settings) -> Option<Box<dyn Phase>>,
    /// What no phase of this kind could remember: the name of a value, the value and what was expected.
    pub absurd: fn(&Value) -> Option<String>,
}

/// Every phase, in the order in which they act.
pub const PHASES: &[PhaseKind] = &[clip::CLIP, signs::SIGNS, sleep::SLEEP, schedule::SCHEDULE, patience::PATIENCE];

/// The first value of a checkpoint's memories that no phase could remember.
pub fn absurd(memories: &BTreeMap<String, Value>) -> Option<String> {
    PHASES.iter().find_map(|kind| (kind.absurd)(memories.get(kind.name)?))
}

/// The phases of one training, by their names.
#[derive(Default)]
pub struct Phases(Vec<(&'static str, Box<dyn Phase>)>);

impl Phases {
    /// The phases that a net and its settings ask for, with nothing remembered.
    pub fn new(net: &Net, settings: &Settings) -> Self {
        Self(PHASES.iter().filter_map(|kind| Some((kind.name, (kind.build)(net, settings)?))).collect())
    }

    /// The product of what all phases multiply the learning rate by; see [`Phase::rate`].
    pub fn rate(&self, epoch: usize, done: f64) -> f64 {
        self.0.iter().map(|(_, phase)| phase.rate(epoch, done)).product()
    }

    /// Lets all phases change the gradients of a step.
    ///
    /// # Errors
    /// If the device failed.
    pub fn before_update(&mut self, model: &Model, gradients: &mut GradientsParams) -> Result<(), DeviceError> {
        self.0.iter_mut().try_for_each(|(_, phase)| phase.before_update(model, gradients))
    }

    /// The model after all phases have changed it behind a step.
    ///
    /// # Errors
    /// If the device failed.
    pub fn after_step(&mut self, model: Model) -> Result<Model, DeviceError> {
        self.0.iter_mut().try_fold(model, |model, (_, phase)| phase.after_step(model))
    }

    /// The sleep that came behind the last step, if there was one; it is told once.
    pub fn slept(&mut self) -> Option<Slept> {
        self.0.iter_mut().find_map(|(_, phase)| phase.slept())
    }

    /// Seconds of the training that were spent asleep; none where nothing sleeps.
    pub fn seconds_asleep(&self) -> Option<f64> {
        self.0.iter().find_map(|(_, phase)| phase.seconds_asleep())
    }

    /// Tells all phases the numbers of an epoch.
    pub fn after_epoch(&mut self, numbers: &Epoch) {
        self.0.iter_mut().for_each(|(_, phase)| phase.after_epoch(numbers));
    }

    /// Why the training should end before its last epoch, if a phase says so.
    pub fn over(&self, course: Course) -> Option<String> {
        self.0.iter().find_map(|(_, phase)| phase.is_over(course))
    }

    /// What all phases remember, by their names.
    pub fn memory(&self) -> BTreeMap<String, Value> {
        self.0.iter().filter_map(|(name, phase)| Some(((*name).to_owned(), phase.memory()?))).collect()
    }

    /// Takes up what all phases remembered when a checkpoint was written.
    ///
    /// # Errors
    /// Which phase finds no memory of its own, and why.
    pub fn remember(&mut self, memories: &BTreeMap<String, Value>) -> Result<(), String> {
        for (name, phase) in &mut self.0 {
            match memories.get(*name) {
                Some(memory) => phase.remember(memory).map_err(|reason| format!("`{name}`: {reason}"))?,
                None if phase.memory().is_some() => return Err(format!("the memory of `{name}` is missing")),
                None => {}
            }
        }
        Ok(())
    }
}
