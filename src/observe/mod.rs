//! Observers: they are told what happens in a training, show it or write it down, and change nothing of it.
//!
//! An observer is a file here and a line in [`OBSERVERS`]; the training tells all of them and names none. What an observer
//! needs to go on where a checkpoint was written goes into that checkpoint through [`Observer::before_checkpoint`].

// Observers write files, look at clocks and talk to terminals.
#![allow(clippy::disallowed_methods)]

pub mod events;
pub mod metrics;
mod progress;
pub mod roles;
mod sleep;
pub mod tensorboard;

pub use crate::train::phases::sleep::snr::Snr;
pub use metrics::Epoch;

use crate::back::burn::Model;
use crate::data::DataSet;
use crate::data::split::Split;
use crate::train::{Console, MadeWith, Recipe, TrainError};
use burn::tensor::Device;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// A training that is about to begin, or to go on.
pub struct TrainingStart<'a> {
    pub recipe: &'a Recipe,
    pub data: &'a DataSet,
    pub split: &'a Split,
    /// The device of the training, without autodiff.
    pub device: &'a Device,
    pub run: RunHome<'a>,
    pub made_with: &'a MadeWith,
    /// How many epochs were done before.
    pub epochs_done: usize,
    /// Whether an event file for TensorBoard is asked for.
    pub tensorboard: bool,
    pub console: Console,
}

/// The folder of a run, and when the run began.
#[derive(Clone, Copy, Debug)]
pub struct RunHome<'a> {
    pub folder: &'a Path,
    pub started: Timestamp,
}

/// The part of an epoch that lies ahead.
#[derive(Clone, Copy, Debug)]
pub struct Ahead {
    /// The epoch's number, from 1.
    pub epoch: usize,
    /// Images of the whole epoch, each view counted.
    pub images: usize,
    /// How many of them another process has trained on already.
    pub seen: usize,
}

/// What was seen of an epoch so far.
#[derive(Clone, Copy, Debug)]
pub struct SoFar {
    /// Images, each view counted.
    pub images: usize,
    /// The share of them that was named right, from 0 to 1.
    pub accuracy: f64,
    /// The loss with its penalties, in nats, summed over the images.
    pub loss: f64,
}

/// A sleep in which kernels of different places came to be alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slept {
    /// The step of the optimizer behind which it came, counted from 1 over all epochs.
    pub step: usize,
    /// How long it took.
    pub seconds: f64,
    /// The layers that slept.
    pub layers: Vec<LayerSlept>,
}

/// What a sleep has made of a layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerSlept {
    /// The layer's name in the spec, dotted.
    pub name: String,
    pub before: Snr,
    pub after: Snr,
}

impl LayerSlept {
    /// Whether the layer's weights were numbers before the sleep, and some of them are none after it.
    pub fn diverged(&self) -> bool {
        !self.before.places.is_nan() && self.after.places.is_nan()
    }
}

/// What observers need to go on where a checkpoint was written, as if the training had never stopped.
#[derive(Clone, Debug, Default)]
pub struct ObserverMemory {
    /// How long the files are that observers append to, in bytes, by a name that the observer chooses. What lies beyond is of
    /// steps that will be taken again.
    pub lengths: BTreeMap<String, u64>,
    /// Files of the run's folder that the checkpoint holds a copy of, by their names.
    pub texts: BTreeMap<String, String>,
}

/// An observer: it is told what happens in a training, and implements the times that it has something to do at.
pub trait Observer {
    /// An epoch begins, or goes on in its middle.
    fn epoch_begins(&mut self, _: Ahead) -> Result<(), TrainError> {
        Ok(())
    }

    /// The optimizer has taken a step.
    fn step_ends(&mut self, _: SoFar) -> Result<(), TrainError> {
        Ok(())
    }

    /// A sleep has come behind a step of this epoch.
    fn sleep_ends(&mut self, _epoch: usize, _: &Slept) -> Result<(), TrainError> {
        Ok(())
    }

    /// All steps of the epoch are taken, and its validation begins.
    fn steps_end(&mut self) -> Result<(), TrainError> {
        Ok(())
    }

    /// The epoch's numbers are known. The model is without autodiff.
    fn epoch_ends(&mut self, _: &Epoch, _: &Model) -> Result<(), TrainError> {
        Ok(())
    }

    /// The epoch's weights are on the disk; all epochs behind it take about `left`.
    fn epoch_is_kept(&mut self, _: &Epoch, _left: Duration) -> Result<(), TrainError> {
        Ok(())
    }

    /// The training ends before its last epoch: why, in words without a full stop.
    fn ends_early(&mut self, _why: &str) -> Result<(), TrainError> {
        Ok(())
    }

    /// A checkpoint is about to be written: all that was written so far must be on the disk before it is, and what is needed
    /// to go on from there is put into its memory.
    fn before_checkpoint(&mut self, _: &mut ObserverMemory) -> Result<(), TrainError> {
        Ok(())
    }

    /// The run ends, with this model as its best one, without autodiff. Gives what is to be remarked on it, in sentences.
    fn run_ends(&mut self, _best: &Model) -> Result<Vec<String>, TrainError> {
        Ok(Vec::new())
    }
}

/// An observer of a training; none where it is not asked for.
pub type MaybeObserver = Option<Box<dyn Observer>>;

/// How an observer comes into a training.
pub struct ObserverKind {
    /// A file of the run's folder that every checkpoint holds a copy of.
    pub keeps: Option<KeptFile>,
    /// Makes the observer of a training, which goes on from the memory of a checkpoint; none where it is not asked for.
    pub open: fn(&TrainingStart<'_>, &ObserverMemory) -> Result<MaybeObserver, TrainError>,
    /// Takes over what the observer wrote for one run to another run, which goes on with it from the memory of a checkpoint.
    pub hand_on: fn(&mut ObserverMemory, from: RunHome<'_>, to: RunHome<'_>) -> Result<(), TrainError>,
}

/// A text file that checkpoints hold a copy of.
#[derive(Clone, Copy)]
pub struct KeptFile {
    /// The name of the file, in the run's folder and in the checkpoint.
    pub file: &'static str,
    /// Checks that a text is the file's after so many epochs; says why if it is not.
    pub check: fn(&str, usize) -> Result<(), String>,
}

/// Every observer, in the order in which they are told.
pub const OBSERVERS: &[ObserverKind] =
    &[tensorboard::BOARD, metrics::METRICS, sleep::SLEEPS, progress::PROGRESS, roles::ROLES];

/// The files that checkpoints hold for observers.
pub fn kept() -> impl Iterator<Item = KeptFile> {
    OBSERVERS.iter().filter_map(|kind| kind.keeps)
}

/// Takes over what all observers wrote for one run to another run.
///
/// # Errors
/// If a file cannot be read or written.
pub fn hand_on(memory: &mut ObserverMemory, from: RunHome<'_>, to: RunHome<'_>) -> Result<(), TrainError> {
    OBSERVERS.iter().try_for_each(|kind| (kind.hand_on)(memory, from, to))
}

/// The observers of one training.
pub struct Observers(Vec<Box<dyn Observer>>);

impl Observers {
    /// Opens all observers that are asked for, which go on from the memory of a checkpoint.
    ///
    /// # Errors
    /// If one of them cannot begin.
    pub fn open(start: &TrainingStart<'_>, memory: &ObserverMemory) -> Result<Self, TrainError> {
        let opened = OBSERVERS.iter().map(|kind| (kind.open)(start, memory));
        let opened: Vec<MaybeObserver> = opened.collect::<Result<_, _>>()?;
        Ok(Self(opened.into_iter().flatten().collect()))
    }

    /// Tells each of them the same.
    ///
    /// # Errors
    /// That of the first one that fails; the others behind it are not told.
    pub fn tell(
        &mut self,
        mut what: impl FnMut(&mut (dyn Observer + 'static)) -> Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        self.0.iter_mut().try_for_each(|observer| what(observer.as_mut()))
    }

    /// Gathers what all observers need to go on from here.
    ///
    /// # Errors
    /// If something that was written does not reach the disk.
    pub fn memory(&mut self) -> Result<ObserverMemory, TrainError> {
        let mut memory = ObserverMemory::default();
        self.tell(|observer| observer.before_checkpoint(&mut memory))?;
        Ok(memory)
    }

    /// Gathers what all observers remark on the run's best model, in sentences.
    ///
    /// # Errors
    /// If the device failed.
    pub fn remarks(&mut self, best: &Model) -> Result<Vec<String>, TrainError> {
        let mut remarks = Vec::new();
        self.tell(|observer| observer.run_ends(best).map(|more| remarks.extend(more)))?;
        Ok(remarks)
    }
}

/// Does nothing: the `hand_on` of observers that leave nothing behind which another run could go on with.
fn nothing_to_hand_on(_: &mut ObserverMemory, _: RunHome<'_>, _: RunHome<'_>) -> Result<(), TrainError> {
    Ok(())
}
