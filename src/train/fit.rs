//! Training: epochs of batches, a validation after each, the best and the last weights kept.

use super::evaluate::{self, Tally, evaluate};
use super::metrics::{Epoch, Metrics};
use super::optimizer::{self, Optimizer};
use super::progress::{Bar, Progress};
use super::schedule::Schedule;
use super::{Recipe, TrainError, weights};
use crate::back::burn::{Model, Precision};
use crate::data::DataSet;
use crate::data::loader::{Batch, Feed, Loader};
use crate::data::split::{Split, shuffled};
use burn::module::Module;
use burn::tensor::Device;
use std::path::Path;
use std::time::Instant;

/// What to train, on what, and where to leave the result.
pub struct Job<'a> {
    pub recipe: &'a Recipe,
    pub data: &'a DataSet,
    pub split: &'a Split,
    /// Without autodiff.
    pub device: &'a Device,
    /// Whether parts of the net run fused where they can.
    pub fuse: bool,
    /// For metrics.jsonl, metrics.csv, best.safetensors and last.safetensors.
    pub folder: &'a Path,
}

/// The epoch whose weights are kept as the best.
pub struct Best {
    /// From 1.
    pub epoch: usize,
    /// From 0 to 1; absent where no image was held out.
    pub validation_accuracy: Option<f64>,
    /// Without autodiff.
    pub model: Model,
}

/// A training that is over.
pub struct Fit {
    pub best: Best,
    /// How many epochs it took.
    pub epochs: usize,
}

impl Best {
    /// The first of equals stays. Without a validation the last epoch is the best.
    fn beats(&self, accuracy: Option<f64>) -> bool {
        self.validation_accuracy.zip(accuracy).is_some_and(|(best, new)| best >= new)
    }
}

impl Job<'_> {
    /// # Errors
    /// If the loss is no longer a number, an image cannot be had or a file cannot be written.
    pub fn fit(&self, progress: &Progress) -> Result<Fit, TrainError> {
        let device = self.device.clone().autodiff();
        let recipe = self.recipe;
        let model = Model::new(recipe.net.clone(), recipe.seed(), &device, Precision::Single);
        let mut model = if self.fuse { model.fused() } else { model };
        let train = &recipe.settings.train;
        let mut optimizer = optimizer::build(train.call("optimizer")).clipped(train.real("clip"));
        let mut schedule = Schedule::new(train.call("schedule"), recipe.epochs(), train.count("warmup"));
        let patience = train.count("patience");
        let mut metrics = Metrics::start(self.folder)?;
        let mut best: Option<Best> = None;
        let started = Instant::now();
        for epoch in 1..=recipe.epochs() {
            let (next, numbers) = self.epoch(model, (&mut optimizer, &schedule), epoch, progress)?;
            model = next;
            schedule.observe(numbers.validation_cross_entropy.unwrap_or(numbers.train_cross_entropy));
            metrics.append(&numbers)?;
            let kept = self.keep(best, &model, &numbers)?;
            let left = started.elapsed().div_f64(epoch as f64).mul_f64((recipe.epochs() - epoch) as f64);
            progress.epoch(&numbers, recipe.epochs(), left);
            let waited = epoch - kept.epoch;
            if epoch == recipe.epochs() {
                return Ok(Fit { best: kept, epochs: epoch });
            }
            if patience > 0 && waited >= patience {
                progress.line(&format!("stopped: the validation accuracy was no better for {waited} epochs"));
                return Ok(Fit { best: kept, epochs: epoch });
            }
            best = Some(kept);
        }
        Err(TrainError::Empty { name: self.data.name.clone(), part: "run", verb: "train with" })
    }

    /// Writes an epoch's weights, as the best ones too if they are.
    fn keep(&self, best: Option<Best>, model: &Model, numbers: &Epoch) -> Result<Best, TrainError> {
        let model = model.valid();
        weights::write(&self.folder.join("last.safetensors"), &model)?;
        let validation_accuracy = numbers.validation_accuracy;
        match best {
            Some(best) if best.beats(validation_accuracy) => Ok(best),
            _ => {
                weights::write(&self.folder.join("best.safetensors"), &model)?;
                Ok(Best { epoch: numbers.epoch, validation_accuracy, model })
            }
        }
    }

    fn epoch(
        &self,
        model: Model,
        (optimizer, schedule): (&mut Optimizer, &Schedule),
        epoch: usize,
        progress: &Progress,
    ) -> Result<(Model, Epoch), TrainError> {
        let order = shuffled(&self.split.train, self.recipe.seed(), epoch as u64);
        let bar = progress.bar(epoch, self.recipe.epochs(), order.len());
        let mut pass = Pass::new(self, (optimizer, schedule), epoch, bar);
        let model = pass.run(model, self.recipe.training_feed(&self.data.train, order, epoch))?;
        let (seen, loss, seconds) = (pass.seen, pass.loss, pass.started.elapsed().as_secs_f64());
        pass.bar.finish();
        let held_out = self.validate(&model)?;
        let validation_cross_entropy = held_out.as_ref().map(Tally::mean_cross_entropy);
        if let Some(nats) = validation_cross_entropy.filter(|nats| !nats.is_finite()) {
            // The last step moved the weights off, and no further one was there to notice.
            let step = seen.images.div_ceil(self.recipe.batch());
            return Err(TrainError::Diverged { epoch, step, loss: nats as f32, lr: optimizer.lr() });
        }
        let images = seen.images.max(1) as f64;
        let numbers = Epoch {
            epoch,
            lr: optimizer.lr(),
            train_loss: loss / images,
            train_cross_entropy: seen.mean_cross_entropy(),
            train_accuracy: seen.accuracy(),
            validation_cross_entropy,
            validation_accuracy: held_out.as_ref().map(Tally::accuracy),
            seconds,
            images_per_second: images / seconds.max(f64::MIN_POSITIVE),
        };
        Ok((model, numbers))
    }

    /// `None` where no image is held out.
    fn validate(&self, model: &Model) -> Result<Option<Tally>, TrainError> {
        if self.split.validation.is_empty() {
            return Ok(None);
        }
        let feed = self.recipe.feed(&self.data.train, self.split.validation.clone());
        evaluate(&model.valid(), self.device, feed).map(Some)
    }
}

/// One pass over the training images.
struct Pass<'a> {
    optimizer: &'a mut Optimizer,
    schedule: &'a Schedule,
    /// With autodiff.
    device: Device,
    seed: u64,
    epoch: usize,
    seen: Tally,
    /// With penalties, summed over the images.
    loss: f64,
    started: Instant,
    bar: Bar,
}

impl<'a> Pass<'a> {
    fn new(job: &Job<'_>, (optimizer, schedule): (&'a mut Optimizer, &'a Schedule), epoch: usize, bar: Bar) -> Self {
        let device = job.device.clone().autodiff();
        let (seen, started) = (Tally::default(), Instant::now());
        Self { optimizer, schedule, device, seed: job.recipe.seed(), epoch, seen, loss: 0.0, started, bar }
    }

    fn run(&mut self, mut model: Model, feed: Feed) -> Result<Model, TrainError> {
        let batches = feed.batches();
        for (n, batch) in Loader::new(feed)?.enumerate() {
            // Below 2^32 for any number of epochs and batches that a run can live to see.
            let number = (self.epoch - 1) * batches + n;
            self.optimizer.scale(self.schedule.factor(self.epoch, (n + 1) as f64 / batches as f64));
            model = self.step(model, batch?, n + 1, (self.seed << 32) + number as u64)?;
            self.bar.advance(&self.seen, self.loss);
        }
        Ok(model)
    }

    /// `step` counts from 1 in its epoch; `noise` is the step's own number for dropout.
    fn step(&mut self, model: Model, batch: Batch, step: usize, noise: u64) -> Result<Model, TrainError> {
        let (labels, answers) = (batch.labels.clone(), evaluate::labels(&batch, &self.device));
        let images = evaluate::images(batch, &model, &self.device);
        let (forward, cross_entropy, statistics) = model.judge(images, &labels, noise);
        let total = forward.total(cross_entropy.clone());
        let value = total.clone().into_scalar::<f32>();
        if !value.is_finite() {
            return Err(TrainError::Diverged { epoch: self.epoch, step, loss: value, lr: self.optimizer.lr() });
        }
        let tally = evaluate::count(forward.logits(), answers, f64::from(cross_entropy.into_scalar::<f32>()));
        self.loss += f64::from(value) * tally.images as f64;
        self.seen.add(tally);
        // Where all that the loss depends on is frozen, there is nothing to go back through, and Burn panics.
        let model = if total.is_tracked() { self.optimizer.step(model, total.backward()) } else { model };
        Ok(model.absorb(statistics))
    }
}
