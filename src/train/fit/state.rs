//! Where a training is between two steps, and whether it can be there.

use crate::train::fit::evaluate::Tally;
use crate::train::fit::kept::KeptChecksums;
use crate::train::phases;
use crate::train::runs::manifest::{A_TIME, is_time};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The place of a training between two steps: everything of it but the tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The epoch that the next step belongs to, from 1; one more than all when training is over.
    pub epoch: usize,
    /// Batches of that epoch that are done.
    pub batches: usize,
    /// The answers to the images of those batches, counted.
    pub seen: Tally,
    /// The loss with its penalties, in nats, summed over the images of those batches.
    pub loss: f64,
    /// Seconds spent on those batches.
    pub epoch_seconds: f64,
    /// Seconds spent on the whole run.
    pub seconds: f64,
    /// What the phases remember, by their names.
    #[serde(default)]
    pub phases: BTreeMap<String, Value>,
    /// What the schedule remembers, where versions before there were phases wrote it; see [`State::settled`].
    #[serde(default, skip_serializing)]
    schedule: Option<Value>,
    pub best: Option<BestSoFar>,
    /// The checksums of the weights that the run kept until then, by their epochs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kept: KeptChecksums,
    /// How long the files of observers are, in bytes, by the observers' names for them; what lies beyond is of steps that
    /// will be taken again.
    pub files: BTreeMap<String, u64>,
    /// The run that this is a state of; versions that did not check it wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunMark>,
    /// What was found wrong on the way and passed over with `--force`, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The epoch with the best weights so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestSoFar {
    pub epoch: usize,
    pub validation_accuracy: Option<f64>,
}

/// The mark of a run, which tells its checkpoints from those of any other run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunMark {
    /// The recipe's fingerprint, as manifest.json has it.
    pub recipe: String,
    /// The seal of the run's manifest.json.
    pub manifest: String,
}

/// How far a training can come.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub epochs: usize,
    /// Batches in an epoch.
    pub batches: usize,
    /// Images in a batch, each view counted.
    pub batch: usize,
    /// Images in an epoch, each view counted.
    pub images: usize,
}

impl Default for State {
    /// The state before the first step.
    fn default() -> Self {
        let (seen, phases, files) = (Tally::default(), BTreeMap::new(), BTreeMap::new());
        let (loss, epoch_seconds, seconds) = (0.0, 0.0, 0.0);
        let (schedule, best, run, notes, kept) = (None, None, None, Vec::new(), KeptChecksums::new());
        Self {
            epoch: 1,
            batches: 0,
            seen,
            loss,
            epoch_seconds,
            seconds,
            phases,
            schedule,
            best,
            kept,
            files,
            run,
            notes,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.batches {
            0 => write!(f, "the start of epoch {}", self.epoch),
            batches => write!(f, "epoch {}, batch {batches}", self.epoch),
        }
    }
}

impl State {
    /// Moves what older versions wrote elsewhere to where this version has it.
    pub fn settled(mut self) -> Self {
        if let Some(memory) = self.schedule.take() {
            self.phases.entry("schedule".to_owned()).or_insert(memory);
        }
        self
    }

    /// Goes to the first step of the epoch behind this one.
    pub fn next_epoch(&mut self) {
        self.epoch += 1;
        (self.batches, self.seen, self.loss, self.epoch_seconds) = (0, Tally::default(), 0.0, 0.0);
    }

    /// Finds a value that no training within these limits could have saved: says its name, the value and what was
    /// expected.
    pub fn absurd(&self, limits: Limits) -> Option<String> {
        let Limits { epochs, batches, batch, images } = limits;
        let done = self.batches.saturating_mul(batch).min(images);
        let Self { epoch, seen, .. } = self;
        let beyond = |name: &str, found: usize, least: usize, most: usize| {
            let expected = if least == most { least.to_string() } else { format!("{least} to {most}") };
            (!(least..=most).contains(&found)).then(|| format!("`{name}` is {found}, expected {expected}"))
        };
        let unlike = |name: &str, fits: bool, found: f64, expected: &str| {
            (!fits).then(|| format!("`{name}` is {found}, expected {expected}"))
        };
        let most = if *epoch > epochs { 0 } else { batches };
        beyond("epoch", *epoch, 1, epochs.saturating_add(1))
            .or_else(|| beyond("batches", self.batches, 0, most))
            .or_else(|| beyond("seen.images", seen.images, done, done))
            .or_else(|| beyond("seen.correct", seen.correct, 0, seen.images))
            .or_else(|| unlike("seen.cross_entropy", seen.cross_entropy.is_finite(), seen.cross_entropy, A_NUMBER))
            .or_else(|| unlike("loss", self.loss.is_finite(), self.loss, A_NUMBER))
            .or_else(|| unlike("epoch_seconds", is_time(self.epoch_seconds), self.epoch_seconds, A_TIME))
            .or_else(|| unlike("seconds", is_time(self.seconds), self.seconds, A_TIME))
            .or_else(|| phases::absurd(&self.phases))
            .or_else(|| self.absurd_best())
            .or_else(|| self.absurd_kept())
    }

    fn absurd_kept(&self) -> Option<String> {
        let beyond = self.kept.keys().find(|epoch| !(1..self.epoch).contains(*epoch))?;
        Some(format!("`kept` names the epoch {beyond}, expected epochs before {}", self.epoch))
    }

    fn absurd_best(&self) -> Option<String> {
        match self.best {
            None if self.epoch > 1 => Some("`best` is missing, expected one after the first epoch".to_owned()),
            Some(best) if !(1..self.epoch).contains(&best.epoch) => {
                Some(format!("`best.epoch` is {}, expected an epoch before {}", best.epoch, self.epoch))
            }
            Some(BestSoFar { validation_accuracy: Some(share), .. }) if !(0.0..=1.0).contains(&share) => {
                Some(format!("`best.validation_accuracy` is {share}, expected a share from 0 to 1"))
            }
            _ => None,
        }
    }
}

const A_NUMBER: &str = "a finite number";
