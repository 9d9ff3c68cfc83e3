//! Training: epochs of batches, a validation after each, the best and the last weights kept, and checkpoints on the way.

pub mod checkpoint;
pub mod evaluate;
mod here;
pub mod metrics;
pub mod optimizer;
mod pass;
pub mod roles;
mod saver;
pub mod schedule;
pub mod stop;

use crate::back::burn::{Model, WeightsError};
use crate::data::loader::{Feed, Loader};
use crate::data::split::{Split, shuffled};
use crate::data::{DataSet, sha256};
use crate::diag::counted;
use crate::train::board::Board;
use crate::train::fit::checkpoint::{BestSoFar, Checkpoint, Draft, State};
use crate::train::fit::evaluate::{Tally, evaluate};
use crate::train::fit::metrics::{Epoch, Metrics};
use crate::train::fit::optimizer::Optimizer;
use crate::train::fit::pass::Pass;
use crate::train::fit::saver::Saver;
use crate::train::fit::schedule::Schedule;
use crate::train::progress::Progress;
use crate::train::{Recipe, Stop, TrainError, files, weights};
use burn::module::Module;
use burn::tensor::Device;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(in crate::train) const BEST: &str = "best.safetensors";
pub(in crate::train) const LAST: &str = "last.safetensors";

/// What to train, on what, and where to leave the result.
pub struct Job<'a> {
    pub recipe: &'a Recipe,
    pub data: &'a DataSet,
    pub split: &'a Split,
    /// Without autodiff.
    pub device: &'a Device,
    /// Whether parts of the net run fused where they can.
    pub fuse: bool,
    /// For metrics, weights and checkpoints.
    pub folder: &'a Path,
    /// When the run began.
    pub started: Timestamp,
    /// Whether an event file for TensorBoard is written.
    pub tensorboard: bool,
    /// Between two checkpoints; without a wish, as [`Saver`] sees fit.
    pub save_every: Option<Duration>,
    pub stop: Stop,
}

/// The weights of the best epoch.
pub struct Best {
    pub so_far: BestSoFar,
    /// Without autodiff.
    pub model: Model,
    /// SHA-256 of the file with its weights.
    pub sum: String,
}

/// A training that is over.
pub struct Fit {
    pub best: Best,
    /// How many epochs it took.
    pub epochs: usize,
    /// SHA-256 of the file with the last weights.
    pub last: String,
    /// Spent on training, by all processes that took part.
    pub seconds: f64,
}

impl BestSoFar {
    /// The first of equals stays. Without a validation the last epoch is the best.
    fn beats(&self, accuracy: Option<f64>) -> bool {
        self.validation_accuracy.zip(accuracy).is_some_and(|(best, new)| best >= new)
    }
}

impl Job<'_> {
    /// Trains from the start, or on from a checkpoint, to the end.
    ///
    /// # Errors
    /// If the loss is no longer a number, an image cannot be had, a file cannot be written or it was asked to stop. What
    /// was saved before stays, and where the weights are good they are saved then, too.
    pub fn fit(&self, from: Option<Checkpoint>, progress: &Progress) -> Result<Fit, TrainError> {
        let (mut model, mut training) = Training::start(self, from, progress)?;
        while !training.is_over() {
            model = training.epoch(model)?;
        }
        training.save(&model)?;
        let last = sha256([weights::bytes(&model.valid())?.as_slice()]);
        let (epochs, seconds) = (training.state.epoch - 1, training.state.seconds);
        match training.best {
            Some(best) => Ok(Fit { best, epochs, last, seconds }),
            None => Err(TrainError::Empty { name: self.data.name.clone(), part: "run", verb: "train with" }),
        }
    }

    fn weights(&self, model: Model, file: &str, found: &[crate::back::burn::Weight]) -> Result<Model, TrainError> {
        let unfit = |source: WeightsError| TrainError::Weights { path: self.folder.join(file), source };
        let model = model.with_weights(found).map_err(unfit)?;
        Ok(if self.fuse { model.fused() } else { model })
    }
}

/// A training between two steps, but for the model, which changes hands at every step.
pub(in crate::train) struct Training<'a> {
    pub job: &'a Job<'a>,
    pub progress: Progress,
    pub optimizer: Optimizer,
    pub schedule: Schedule,
    pub state: State,
    metrics: Metrics,
    board: Option<Board>,
    best: Option<Best>,
    saver: Saver,
    /// When this process began, and what others had spent until then.
    clock: (Instant, f64),
}

impl<'a> Training<'a> {
    fn start(job: &'a Job<'a>, from: Option<Checkpoint>, progress: &Progress) -> Result<(Model, Self), TrainError> {
        let recipe = job.recipe;
        let train = &recipe.settings.train;
        let new = |device: &Device| Model::new(recipe.net.clone(), recipe.seed(), device, recipe.precision());
        let optimizer = optimizer::build(train.call("optimizer"), job.device).clipped(train.real("clip"));
        let schedule = Schedule::new(train.call("schedule"), recipe.epochs(), train.count("warmup"));
        let model = new(&job.device.clone().autodiff());
        let (model, optimizer, best, state) = match from {
            None => (if job.fuse { model.fused() } else { model }, optimizer, None, State::default()),
            Some(Checkpoint { state, weights, optimizer: memory, best }) => {
                let damaged = |reason| TrainError::Damaged { path: job.folder.join("checkpoints"), reason };
                let model = job.weights(model, LAST, &weights)?;
                let optimizer = optimizer.remembering(memory).map_err(damaged)?;
                let best = best.zip(state.best).map(|(weights, so_far)| {
                    let model = job.weights(new(job.device), BEST, &weights)?;
                    Best::write(job.folder, so_far, model)
                });
                (model, optimizer, best.transpose()?, state)
            }
        };
        let board = job.tensorboard.then(|| Board::open(job, state.files.events)).transpose()?;
        let training = Self {
            job,
            progress: *progress,
            optimizer,
            schedule: schedule.remembering(state.schedule),
            metrics: Metrics::open(job.folder, state.files)?,
            board,
            best,
            saver: Saver::new(job.save_every),
            clock: (Instant::now(), state.seconds),
            state,
        };
        Ok((model, training))
    }

    /// All epochs are done, or the last ones were not worth it.
    fn is_over(&self) -> bool {
        let patience = self.job.recipe.settings.train.count("patience");
        self.state.epoch > self.job.recipe.epochs() || (patience > 0 && self.waited() >= patience)
    }

    /// Epochs since the best one.
    fn waited(&self) -> usize {
        self.best.as_ref().map_or(0, |best| self.state.epoch - 1 - best.so_far.epoch)
    }

    /// Trains to the end of the epoch that the state is in, from where it is.
    fn epoch(&mut self, model: Model) -> Result<Model, TrainError> {
        let (recipe, epoch) = (self.job.recipe, self.state.epoch);
        let order = shuffled(&self.job.split.train, recipe.seed(), epoch as u64);
        let feed = Feed { first: self.state.batches, ..recipe.training_feed(&self.job.data.train, order, epoch) };
        let bar = self.progress.bar(epoch, recipe.epochs(), feed.images(), self.state.seen.images);
        let batches = feed.batches();
        let model = Pass::new(self, batches, bar).run(model, Loader::new(feed)?)?;
        let held_out = match self.validate(&model) {
            // A validation begins anew: what stands is that every step of the epoch is done.
            Err(error) => return Err(self.rescue(&model, error)),
            Ok(held_out) => held_out,
        };
        let numbers = self.numbers(held_out.as_ref(), batches)?;
        self.schedule.observe(numbers.validation_cross_entropy.unwrap_or(numbers.train_cross_entropy));
        self.metrics.append(&numbers)?;
        if let Some(board) = &mut self.board {
            board.epoch(&numbers, &model.valid())?;
        }
        self.keep(&model, &numbers)?;
        self.state.next_epoch();
        let so_far = self.seconds();
        let left = so_far / epoch as f64 * (recipe.epochs() - epoch) as f64;
        self.progress.epoch(&numbers, recipe.epochs(), Duration::from_secs_f64(left));
        if self.is_over() && epoch < recipe.epochs() {
            let waited = self.waited();
            self.progress
                .line(&format!("stopped: the validation accuracy was no better for {}", counted(waited, "epoch")));
        }
        self.pause(&model)?;
        Ok(model)
    }

    fn numbers(&self, held_out: Option<&Tally>, batches: usize) -> Result<Epoch, TrainError> {
        let State { epoch, seen, loss, epoch_seconds: seconds, .. } = &self.state;
        let validation_cross_entropy = held_out.map(Tally::mean_cross_entropy);
        if let Some(nats) = validation_cross_entropy.filter(|nats| !nats.is_finite()) {
            // The last step moved the weights off, and no further one was there to notice.
            let lr = self.optimizer.lr();
            return Err(TrainError::Diverged { epoch: *epoch, step: batches, loss: nats as f32, lr });
        }
        let images = seen.images.max(1) as f64;
        Ok(Epoch {
            epoch: *epoch,
            lr: self.optimizer.lr(),
            train_loss: loss / images,
            train_cross_entropy: seen.mean_cross_entropy(),
            train_accuracy: seen.accuracy(),
            validation_cross_entropy,
            validation_accuracy: held_out.map(Tally::accuracy),
            seconds: *seconds,
            images_per_second: images / seconds.max(f64::MIN_POSITIVE),
        })
    }

    /// `None` where no image is held out.
    fn validate(&self, model: &Model) -> Result<Option<Tally>, TrainError> {
        let Job { recipe, data, split, device, stop, .. } = *self.job;
        if split.validation.is_empty() {
            return Ok(None);
        }
        evaluate(&model.valid(), device, recipe.feed(&data.train, split.validation.clone()), stop).map(Some)
    }

    /// Writes an epoch's weights, as the best ones too if they are.
    fn keep(&mut self, model: &Model, numbers: &Epoch) -> Result<(), TrainError> {
        let model = model.valid();
        files::replace(&self.job.folder.join(LAST), &weights::bytes(&model)?)?;
        let validation_accuracy = numbers.validation_accuracy;
        if self.best.as_ref().is_none_or(|best| !best.so_far.beats(validation_accuracy)) {
            let so_far = BestSoFar { epoch: numbers.epoch, validation_accuracy };
            self.best = Some(Best::write(self.job.folder, so_far, model)?);
        }
        Ok(())
    }

    /// Between two steps: saves if it is time to, and ends here if asked to.
    pub fn pause(&mut self, model: &Model) -> Result<(), TrainError> {
        if self.job.stop.asked() {
            return Err(self.rescue(model, TrainError::Stopped));
        }
        if self.saver.is_due() { self.save(model) } else { Ok(()) }
    }

    /// Saves the steps that are done before it ends with an error.
    pub fn rescue(&mut self, model: &Model, error: TrainError) -> TrainError {
        // That there is no room for it is a reason to end as well, but the first one is what the user can mend.
        self.save(model).err().filter(|_| matches!(error, TrainError::Stopped)).unwrap_or(error)
    }

    fn save(&mut self, model: &Model) -> Result<(), TrainError> {
        let best = self.best.as_ref();
        self.state.seconds = self.seconds();
        self.state.schedule = self.schedule.memory();
        self.state.best = best.map(|best| best.so_far);
        self.state.files = self.metrics.offsets();
        if let Some(board) = &self.board {
            self.state.files.events = board.offset()?;
        }
        let draft = Draft {
            state: &self.state,
            // First, because a device that fails says so here; reading the optimizer's memory, Burn panics.
            weights: weights::bytes(&model.valid())?,
            optimizer: self.optimizer.memory(),
            best: best.map(|best| (self.job.folder.join(BEST), best.sum.as_str())),
        };
        self.saver.time(|| checkpoint::save(self.job.folder, &draft))
    }

    fn seconds(&self) -> f64 {
        self.clock.0.elapsed().as_secs_f64() + self.clock.1
    }
}

impl Best {
    fn write(folder: &Path, so_far: BestSoFar, model: Model) -> Result<Self, TrainError> {
        let (file, bytes): (PathBuf, _) = (folder.join(BEST), weights::bytes(&model)?);
        files::replace(&file, &bytes)?;
        Ok(Self { so_far, model, sum: sha256([bytes.as_slice()]) })
    }
}
