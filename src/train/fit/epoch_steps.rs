//! The steps of one epoch, or those that are left of it.

use crate::back::burn::{Answers, DeviceError, Gradients, Model, numbers};
use crate::data::DataError;
use crate::data::loader::{Batch, Loader};
use crate::observe::{Observer, SoFar};
use crate::train::TrainError;
use crate::train::fit::Training;
use crate::train::fit::evaluate::{self, Tally};
use crate::train::phases::sleep;
use burn::tensor::{Device, Transaction};
use std::time::Instant;

/// Takes the steps of one epoch that are left.
pub(in crate::train) struct EpochSteps<'a, 'b> {
    training: &'a mut Training<'b>,
    /// The device, with autodiff.
    device: Device,
    /// Batches of the whole epoch.
    batches: usize,
    started: Instant,
    /// Seconds of the epoch that other processes had spent.
    before: f64,
}

/// The batches that make one step together.
struct StepBatches {
    /// The number of the first one, from 0 in its epoch.
    first: usize,
    /// How many batches there are.
    len: usize,
    /// Images in all of them, each view counted.
    images: usize,
}

impl<'a, 'b> EpochSteps<'a, 'b> {
    pub fn new(training: &'a mut Training<'b>, batches: usize) -> Self {
        let device = training.job.device.clone().autodiff();
        let before = training.state.epoch_seconds;
        Self { training, device, batches, started: Instant::now(), before }
    }

    /// Takes every step that is left. After each, the training is in a state that can be saved.
    pub fn run(mut self, mut model: Model, mut loader: Loader) -> Result<Model, TrainError> {
        // Where no step is left, the rate that the epoch's numbers name is that of the last one.
        self.pace(self.training.state.batches);
        while self.training.state.batches < self.batches {
            model = self.step(model, &mut loader)?;
            let state = &mut self.training.state;
            state.epoch_seconds = self.before + self.started.elapsed().as_secs_f64();
            let so_far = SoFar { images: state.seen.images, accuracy: state.seen.accuracy(), loss: state.loss };
            self.training.observers.tell(|observer| observer.step_ends(so_far))?;
            self.training.pause(&model)?;
        }
        self.training.observers.tell(<dyn Observer>::steps_end)?;
        Ok(model)
    }

    fn step(&mut self, mut model: Model, loader: &mut Loader) -> Result<Model, TrainError> {
        let group = self.step_batches();
        self.pace(group.first + group.len);
        // With several batches the running statistics move before the step is done.
        let before = (group.len > 1).then(|| model.clone());
        let (mut seen, mut loss) = (Tally::default(), 0.0);
        for number in group.first..group.first + group.len {
            let batch = match loader.next().unwrap_or(Err(DataError::EmptyBatch)) {
                Ok(batch) => batch,
                Err(error) => return Err(self.training.rescue(before.as_ref().unwrap_or(&model), error.into())),
            };
            let share = batch.labels.len() as f64 / group.images as f64;
            let (next, tally, sum) = self.judge(model, batch, number, share)?;
            model = next;
            seen.add(tally);
            loss += sum;
        }
        // Weights that nobody else holds are moved where they are.
        drop(before);
        let training = &mut *self.training;
        model = training.optimizer.step_added(model, &mut training.phases)?;
        if let Some(slept) = training.phases.slept() {
            let epoch = training.state.epoch;
            if let Some(layer) = slept.layers.iter().find(|layer| layer.diverged()) {
                let (step, layer) = (slept.step, layer.name.clone());
                let mend = sleep::mend(&training.job.recipe.settings);
                return Err(TrainError::DivergedAsleep { epoch, step, layer, mend });
            }
            training.observers.tell(|observer| observer.sleep_ends(epoch, &slept))?;
        }
        training.state.seen.add(seen);
        training.state.loss += loss;
        training.state.batches += group.len;
        Ok(model)
    }

    /// Sets the learning rate of the step that so many of the epoch's batches end with.
    fn pace(&mut self, done: usize) {
        let Training { optimizer, phases, state, .. } = &mut *self.training;
        optimizer.scale(phases.rate(state.epoch, done as f64 / self.batches.max(1) as f64));
    }

    /// The batches of the next step.
    fn step_batches(&self) -> StepBatches {
        let (recipe, views) = (self.training.job.recipe, self.training.job.recipe.augmentations.views());
        let first = self.training.state.batches;
        let len = recipe.settings.train.count("accumulate").min(self.batches - first);
        let left = views * self.training.job.split.train.len() - first * recipe.batch();
        StepBatches { first, len, images: (len * recipe.batch()).min(left) }
    }

    /// Adds the gradients of a batch, as its share of the step's loss asks for; gives what was counted and, summed over
    /// the images, the loss.
    fn judge(
        &mut self,
        model: Model,
        batch: Batch,
        number: usize,
        share: f64,
    ) -> Result<(Model, Tally, f64), TrainError> {
        let (labels, classes) = (batch.labels.clone(), evaluate::labels(&batch, &self.device));
        let images = evaluate::images(batch, &model, &self.device);
        let train = &self.training.job.recipe.settings.train;
        let answers = Answers { labels: &labels, smoothing: train.real("label_smoothing") as f32 };
        let mut judgement = model.judge(images.clone(), answers, self.noise(number));
        let right = evaluate::right(judgement.forward.logits(), classes);
        let losses = Transaction::default().register(judgement.total()).register(judgement.cross_entropy.clone());
        let asked = losses.register(right);
        let gradients = judgement.gradients(&model, share);
        let sums = gradients.iter().flat_map(Gradients::sums);
        let found = numbers(sums.fold(asked, Transaction::register))?;
        let &[value, nats, right, ref sums @ ..] = found.as_slice() else {
            unreachable!("three numbers were asked for, and one of each gradient")
        };
        if !value.is_finite() || !sums.iter().all(|sum| sum.is_finite()) && !finite(&model, gradients.as_ref())? {
            let origin = model.origin(images, answers, self.noise(number));
            return Err(self.training.diverged(Some(number + 1), value, origin));
        }
        let tally = Tally::of(labels.len(), nats, &[right]);
        let loss = value * tally.images as f64;
        if let Some(gradients) = gradients {
            self.training.optimizer.add(&model, gradients);
        }
        Ok((model.absorb(judgement.statistics), tally, loss))
    }

    /// The batch's own number for dropout: below 2^32 for any number of epochs and batches that a run can live to see.
    fn noise(&self, number: usize) -> u64 {
        let epoch = self.training.state.epoch - 1;
        (self.training.job.recipe.seed() << 32) + (epoch * self.batches + number) as u64
    }
}

/// Whether every number of the gradients is finite; their sum may be too large where they are not.
fn finite(model: &Model, gradients: Option<&Gradients>) -> Result<bool, DeviceError> {
    let weights = gradients.map(|gradients| model.gradients(gradients)).transpose()?.unwrap_or_default();
    Ok(weights.iter().flat_map(|weight| &weight.values).all(|x| x.is_finite()))
}
