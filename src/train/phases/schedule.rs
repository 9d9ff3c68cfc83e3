//! How the learning rate changes from epoch to epoch: PyTorch's schedulers of the same names, value for value.

use super::{Phase, PhaseKind};
use crate::observe::Epoch;
use lcnnc_lang::vocabulary::{Bound, schedules};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::f64::consts::PI;

pub const SCHEDULE: PhaseKind = PhaseKind {
    name: "schedule",
    build: |_, settings| {
        let train = &settings.train;
        let schedule = Schedule::new(train.call("schedule"), train.count("epochs"), train.count("warmup"));
        Some(Box::new(schedule))
    },
    absurd: |memory| match PlateauMemory::of(memory) {
        Ok(memory) => memory.absurd(),
        Err(reason) => Some(format!("`schedule` is no memory of one: {reason}")),
    },
};

/// An improvement is a fall by this share of the lowest so far, as in PyTorch.
const THRESHOLD: f64 = 1e-4;

/// The rule by which a schedule gives a factor of the learning rate, epoch by epoch.
#[derive(Clone, Debug, PartialEq)]
enum Rule {
    Constant,
    Steps { at: Vec<f64>, factor: f64 },
    Cosine { to: f64 },
    Plateau { factor: f64, patience: usize },
}

/// A schedule with what it remembers of the epochs before.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    rule: Rule,
    epochs: usize,
    warmup: usize,
    memory: PlateauMemory,
}

/// What `plateau` remembers of the epochs before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct PlateauMemory {
    /// What the rate is multiplied by now.
    scale: f64,
    /// The lowest cross-entropy, once there is one.
    lowest: Option<f64>,
    /// Epochs since the one with the lowest cross-entropy, or since the rate fell.
    waited: usize,
}

impl Default for PlateauMemory {
    fn default() -> Self {
        Self { scale: 1.0, lowest: None, waited: 0 }
    }
}

impl PlateauMemory {
    fn of(memory: &Value) -> Result<Self, String> {
        Self::deserialize(memory).map_err(|error| error.to_string())
    }

    /// What no schedule could remember: the name of a value, the value and what was expected.
    fn absurd(&self) -> Option<String> {
        let Self { scale, lowest, .. } = self;
        if !(0.0..=1.0).contains(scale) {
            return Some(format!("`schedule.scale` is {scale}, expected a share from 0 to 1"));
        }
        let lowest = lowest.filter(|nats| !nats.is_finite())?;
        Some(format!("`schedule.lowest` is {lowest}, expected a finite number"))
    }
}

impl Schedule {
    /// The schedule that a call names, of a run of so many epochs, the first `warmup` of which lead up to the full rate.
    ///
    /// # Panics
    /// If the call was not bound against [`schedules::CALLABLES`]; no spec can bring that about.
    pub fn new(call: &Bound, epochs: usize, warmup: usize) -> Self {
        let Some(declared) = schedules::CALLABLES.iter().find(|callable| callable.name == call.callee) else {
            unreachable!("no schedule is called `{}`", call.callee)
        };
        let call = call.completed(declared.args);
        let rule = match call.callee {
            "steps" => Rule::Steps { at: call.reals("at").to_vec(), factor: call.real("factor") },
            "cosine" => Rule::Cosine { to: call.real("to") },
            "plateau" => Rule::Plateau { factor: call.real("factor"), patience: call.count("patience") },
            _ => Rule::Constant,
        };
        Self { rule, epochs, warmup, memory: PlateauMemory::default() }
    }

    /// What the optimizer's rate is multiplied by at a step: `done` is the share of the epoch, which counts from 1, that
    /// is done. Only a warm-up changes it within an epoch: along a line from 0.
    pub fn factor(&self, epoch: usize, done: f64) -> f64 {
        let before = epoch - 1;
        let rising = if before < self.warmup { (before as f64 + done) / self.warmup as f64 } else { 1.0 };
        rising
            * match &self.rule {
                Rule::Constant => 1.0,
                Rule::Steps { at, factor } => {
                    let passed = at.iter().filter(|at| before as f64 >= **at).count();
                    (0..passed).fold(1.0, |rate, _| rate * factor)
                }
                Rule::Cosine { to } => {
                    let (gone, all) = (before.saturating_sub(self.warmup), self.epochs.saturating_sub(self.warmup));
                    let share = gone as f64 / all.max(1) as f64;
                    to + (1.0 - to) * (1.0 + (PI * share).cos()) / 2.0
                }
                Rule::Plateau { .. } => self.memory.scale,
            }
    }

    /// Takes note of an epoch's cross-entropy, in nats.
    pub fn note(&mut self, cross_entropy: f64) {
        let Rule::Plateau { factor, patience } = self.rule else { return };
        let memory = &mut self.memory;
        if memory.lowest.is_none_or(|lowest| cross_entropy < lowest * (1.0 - THRESHOLD)) {
            (memory.lowest, memory.waited) = (Some(cross_entropy), 0);
        } else {
            memory.waited += 1;
        }
        if memory.waited > patience {
            (memory.scale, memory.waited) = (memory.scale * factor, 0);
        }
    }

    /// Whether a run of more epochs has other rates from its beginning on.
    pub fn depends_on_epochs(&self) -> bool {
        matches!(self.rule, Rule::Cosine { .. })
    }
}

impl Phase for Schedule {
    fn rate(&self, epoch: usize, done: f64) -> f64 {
        self.factor(epoch, done)
    }

    fn after_epoch(&mut self, numbers: &Epoch) {
        self.note(numbers.validation_cross_entropy.unwrap_or(numbers.train_cross_entropy));
    }

    fn memory(&self) -> Option<Value> {
        matches!(self.rule, Rule::Plateau { .. }).then(|| serde_json::json!(self.memory))
    }

    fn remember(&mut self, memory: &Value) -> Result<(), String> {
        self.memory = PlateauMemory::of(memory)?;
        Ok(())
    }
}
