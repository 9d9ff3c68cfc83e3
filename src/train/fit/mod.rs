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
pub mod state;
pub mod stop;

use crate::back::burn::{Model, NonFinite, WeightsError};
use crate::data::loader::{Feed, Loader};
use crate::data::split::{Split, shuffled};
use crate::data::{DataSet, sha256, sha256_of};
use crate::train::board::Board;
use crate::train::fit::checkpoint::{Checkpoint, Draft};
use crate::train::fit::evaluate::{Tally, evaluate};
use crate::train::fit::metrics::{Epoch, History, LINES, Metrics};
use crate::train::fit::optimizer::Optimizer;
use crate::train::fit::pass::Pass;
use crate::train::fit::saver::Saver;
use crate::train::fit::schedule::Schedule;
use crate::train::fit::state::{BestSoFar, Limits, Offsets, RunMark, State};
use crate::train::progress::Progress;
use crate::train::weights::whose::Whose;
use crate::train::{Recipe, Stop, TrainError, files, weights};
use burn::module::Module;
use burn::tensor::Device;
use jiff::Timestamp;
use lcnnc_lang::diag::counted;
use std::fs::File;
use std::path::Path;
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
    /// Noted in the files of weights.
    pub whose: Whose,
    /// Noted in the checkpoints.
    pub mark: RunMark,
    /// What was passed over with `--force` when the training was taken up, in sentences.
    pub notes: Vec<String>,
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
    /// The SHA-256 of metrics.jsonl.
    pub metrics: String,
    /// What was passed over with `--force` on the way, in sentences.
    pub notes: Vec<String>,
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
        let (epochs, seconds) = (training.state.epoch - 1, training.state.seconds);
        let last = self.leave(LAST, &weights::bytes(&model.valid(), &self.whose.at("last", epochs))?)?;
        let metrics = sha256([training.metrics.history().lines().as_bytes()]);
        let notes = training.state.notes;
        match training.best {
            Some(best) => Ok(Fit { best, epochs, last, seconds, metrics, notes }),
            None => Err(TrainError::Empty { name: self.data.name.clone(), part: "run", verb: "train with" }),
        }
    }

    /// Makes a file hold these bytes, unless it does already, and gives their sum.
    fn leave(&self, file: &str, bytes: &[u8]) -> Result<String, TrainError> {
        let (path, sum) = (self.folder.join(file), sha256([bytes]));
        let there = File::open(&path).and_then(|mut file| sha256_of(&mut file));
        if there.is_ok_and(|there| there == sum) {
            return Ok(sum);
        }
        files::replace(&path, bytes).map(|()| sum)
    }

    /// The epochs before a checkpoint of an older version, which holds none: those of the run's own file.
    fn history(&self, epochs: usize, progress: &Progress) -> History {
        let path = self.folder.join(LINES);
        let text = std::fs::read(&path).unwrap_or_default();
        let (history, whole) = History::whole(&String::from_utf8_lossy(&text), epochs);
        if whole < epochs {
            let path = path.display();
            progress.warn(&format!(
                "warning: {path}: expected {epochs} epochs, found {whole} that are whole; the others are lost, because the \
                 checkpoint of an older version of lcnnc does not hold them"
            ));
        }
        history
    }

    fn weights(&self, model: Model, file: &str, found: &[crate::back::burn::Weight]) -> Result<Model, TrainError> {
        let unfit = |source: WeightsError| TrainError::Weights { path: self.folder.join(file), source };
        let model = model.with_weights(found).map_err(unfit)?;
        Ok(if self.fuse { model.fused() } else { model })
    }
}

/// How far a training of a recipe can come.
pub(in crate::train) fn limits(recipe: &Recipe, data: &DataSet, split: &Split) -> Limits {
    let feed = recipe.training_feed(&data.train, split.train.clone(), 1);
    Limits { epochs: recipe.epochs(), batches: feed.batches(), batch: recipe.batch(), images: feed.images() }
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
        let (model, optimizer, best, history, mut state) = match from {
            None => {
                let model = if job.fuse { model.fused() } else { model };
                (model, optimizer, None, History::default(), State::default())
            }
            Some(Checkpoint { state, weights, optimizer: memory, best, history }) => {
                let history = history.unwrap_or_else(|| job.history(state.epoch - 1, progress));
                let damaged = |reason| TrainError::Damaged { path: job.folder.join("checkpoints"), reason };
                let model = job.weights(model, LAST, &weights)?;
                let optimizer = optimizer.remembering(memory).map_err(damaged)?;
                let best = best.zip(state.best).map(|(weights, so_far)| {
                    let model = job.weights(new(job.device), BEST, &weights)?;
                    Best::write(job, so_far, model)
                });
                (model, optimizer, best.transpose()?, history, state)
            }
        };
        state.run = Some(job.mark.clone());
        state.notes.extend(job.notes.iter().cloned());
        state.notes.dedup();
        let warn = |text: &str| progress.warn(text);
        let board = job.tensorboard.then(|| Board::open(job, state.files.events, warn)).transpose()?;
        let training = Self {
            job,
            progress: *progress,
            optimizer,
            schedule: schedule.remembering(state.schedule),
            metrics: Metrics::open(job.folder, history, warn)?,
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
        let numbers = self.numbers(&model, held_out.as_ref(), batches)?;
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

    /// That a batch of this epoch, counted from 1, brought numbers that are not finite.
    pub fn diverged(&self, step: usize, loss: f64, origin: Option<NonFinite>) -> TrainError {
        let (epoch, lr, origin) = (self.state.epoch, self.optimizer.lr(), origin.map(Box::new));
        let decay = self.job.recipe.weight_decay();
        TrainError::Diverged { epoch, step, loss: loss as f32, lr, decay, origin }
    }

    /// The first number of a validation that is not finite.
    fn origin(&self, model: &Model) -> Option<NonFinite> {
        let Job { recipe, data, split, device, .. } = *self.job;
        let model = model.valid();
        let mut batches = Loader::new(recipe.feed(&data.train, split.validation.clone())).ok()?;
        batches.find_map(|batch| model.origin_after_training(evaluate::images(batch.ok()?, &model, device)))
    }

    fn numbers(&self, model: &Model, held_out: Option<&Tally>, batches: usize) -> Result<Epoch, TrainError> {
        let State { epoch, seen, loss, epoch_seconds: seconds, .. } = &self.state;
        let validation_cross_entropy = held_out.map(Tally::mean_cross_entropy);
        if let Some(nats) = validation_cross_entropy.filter(|nats| !nats.is_finite()) {
            // The last step moved the weights off, and no further one was there to notice.
            return Err(self.diverged(batches, nats, self.origin(model)));
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
        let whose = self.job.whose.at("last", numbers.epoch);
        files::replace(&self.job.folder.join(LAST), &weights::bytes(&model, &whose)?)?;
        let validation_accuracy = numbers.validation_accuracy;
        if self.best.as_ref().is_none_or(|best| !best.so_far.beats(validation_accuracy)) {
            let so_far = BestSoFar { epoch: numbers.epoch, validation_accuracy };
            self.best = Some(Best::write(self.job, so_far, model)?);
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
        // A checkpoint may not know of epochs that a crash takes from the files.
        self.metrics.sync()?;
        let events = self.board.as_ref().map(Board::offset).transpose()?;
        self.state.files = Offsets { events: events.unwrap_or(0) };
        let whose = self.job.whose.at("last", self.state.epoch - 1);
        let draft = Draft {
            state: &self.state,
            // First, because a device that fails says so here; reading the optimizer's memory, Burn panics.
            weights: weights::bytes(&model.valid(), &whose)?,
            optimizer: self.optimizer.memory(),
            best: best.map(|best| (self.job.folder.join(BEST), best.sum.as_str())),
            metrics: self.metrics.history().lines(),
        };
        self.saver.time(|| checkpoint::save(self.job.folder, &draft))
    }

    fn seconds(&self) -> f64 {
        self.clock.0.elapsed().as_secs_f64() + self.clock.1
    }
}

impl Best {
    fn write(job: &Job<'_>, so_far: BestSoFar, model: Model) -> Result<Self, TrainError> {
        let bytes = weights::bytes(&model, &job.whose.at("best", so_far.epoch))?;
        files::replace(&job.folder.join(BEST), &bytes)?;
        Ok(Self { so_far, model, sum: sha256([bytes.as_slice()]) })
    }
}
