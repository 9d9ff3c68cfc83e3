//! Training: epochs of batches, a validation after each, the best and the last weights kept, and checkpoints on the way.

mod adam;
pub mod checkpoint;
mod epoch_steps;
pub mod evaluate;
pub mod kept;
pub mod optimizer;
mod optimizer_device;
mod saver;
mod sgd;
pub mod state;
pub mod stop;

use crate::back::burn::{Model, NonFinite, WeightsError};
use crate::data::loader::{Feed, Loader};
use crate::data::split::{Split, shuffled};
use crate::data::{DataSet, sha256, sha256_of};
use crate::observe::{Ahead, Epoch, ObserverMemory, Observers, RunHome, TrainingStart};
use crate::train::console::Console;
use crate::train::fit::checkpoint::{Checkpoint, Draft};
use crate::train::fit::epoch_steps::EpochSteps;
use crate::train::fit::evaluate::{Tally, evaluate};
use crate::train::fit::kept::KeptChecksums;
use crate::train::fit::optimizer::Optimizer;
use crate::train::fit::saver::Saver;
use crate::train::fit::state::{BestSoFar, Limits, RunMark, State};
use crate::train::phases::{Course, Phases, sleep};
use crate::train::weights::whose::Whose;
use crate::train::{MadeWith, Recipe, Stop, TrainError, files, weights};
use burn::module::Module;
use burn::tensor::Device;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

pub(in crate::train) const INITIAL: &str = "initial.safetensors";
pub(in crate::train) const BEST: &str = "best.safetensors";
pub(in crate::train) const LAST: &str = "last.safetensors";

/// What to train, on what, and where to leave the result.
pub struct Job<'a> {
    pub recipe: &'a Recipe,
    pub data: &'a DataSet,
    pub split: &'a Split,
    /// The device to train on, without autodiff.
    pub device: &'a Device,
    /// Whether parts of the net run fused where they can.
    pub fuse: bool,
    /// The run's folder: for metrics, weights and checkpoints.
    pub folder: &'a Path,
    /// When the run began.
    pub started: Timestamp,
    /// All that the run is made with.
    pub made_with: MadeWith,
    /// What is noted in the files of weights.
    pub whose: Whose,
    /// What is noted in the checkpoints.
    pub mark: RunMark,
    /// Whether the weights that training begins with are those of the folder's file, and not those of the recipe.
    pub begins_elsewhere: bool,
    /// What was passed over with `--force` when the training was taken up, in sentences.
    pub notes: Vec<String>,
    /// Whether an event file for TensorBoard is written.
    pub tensorboard: bool,
    /// The time between two checkpoints; without a wish, [`Saver`] chooses it.
    pub save_every: Option<Duration>,
    pub stop: Stop,
}

/// The weights of the best epoch.
pub struct Best {
    pub so_far: BestSoFar,
    /// The model with these weights, without autodiff.
    pub model: Model,
    /// SHA-256 of the file with its weights.
    pub checksum: String,
}

/// A training that is over.
pub struct Fit {
    pub best: Best,
    /// How many epochs it took.
    pub epochs: usize,
    /// SHA-256 of the file with the last weights.
    pub last: String,
    /// SHA-256 of each file of kept weights.
    pub kept: KeptChecksums,
    /// Seconds spent on training, by all processes that took part.
    pub seconds: f64,
    /// Seconds of these that were spent asleep; none where nothing sleeps.
    pub asleep: Option<f64>,
    /// What the observers remember at its end.
    pub memory: ObserverMemory,
    /// What the observers remark on its best weights, in sentences.
    pub remarks: Vec<String>,
    /// What was passed over with `--force` on the way, in sentences.
    pub notes: Vec<String>,
}

impl BestSoFar {
    /// Whether this epoch is better than one with that validation accuracy. Of equals the first one stays the best; without
    /// a validation the last epoch is the best.
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
    pub fn fit(&self, from: Option<Checkpoint>, console: &Console) -> Result<Fit, TrainError> {
        let (mut model, mut training) = Training::start(self, from, console)?;
        while !training.is_over() {
            model = training.epoch(model)?;
        }
        let memory = training.save(&model)?;
        let (epochs, seconds) = (training.state.epoch - 1, training.state.seconds);
        let last = self.leave(LAST, &weights::bytes(&model.valid(), &self.whose.at("last", epochs))?)?;
        let (kept, notes, asleep) = (training.state.kept, training.state.notes, training.phases.seconds_asleep());
        let empty = || TrainError::Empty { name: self.data.name.clone(), part: "run", verb: "train with" };
        let best = training.best.ok_or_else(empty)?;
        let remarks = training.observers.remarks(&best.model)?;
        Ok(Fit { best, epochs, last, kept, seconds, asleep, memory, remarks, notes })
    }

    /// Makes a file hold these bytes, unless it does already, and gives their checksum.
    fn leave(&self, file: &str, bytes: &[u8]) -> Result<String, TrainError> {
        let (path, checksum) = (self.folder.join(file), sha256([bytes]));
        let there = File::open(&path).and_then(|mut file| sha256_of(&mut file));
        if there.is_ok_and(|there| there == checksum) {
            return Ok(checksum);
        }
        files::replace(&path, bytes).map(|()| checksum)
    }

    /// What observers are told before the first step.
    fn start(&self, epochs_done: usize, console: Console) -> TrainingStart<'_> {
        let Self { recipe, data, split, device, folder, started, tensorboard, .. } = *self;
        TrainingStart {
            recipe,
            data,
            split,
            device,
            run: RunHome { folder, started },
            made_with: &self.made_with,
            epochs_done,
            tensorboard,
            console,
        }
    }

    /// A model of the recipe with the weights of a file.
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
    pub optimizer: Optimizer,
    pub phases: Phases,
    pub observers: Observers,
    pub state: State,
    best: Option<Best>,
    saver: Saver,
    /// When this process began, and what others had spent until then.
    clock: (Instant, f64),
}

impl<'a> Training<'a> {
    /// A training at its first step, or where a checkpoint was written, and its model with autodiff.
    fn start(job: &'a Job<'a>, from: Option<Checkpoint>, console: &Console) -> Result<(Model, Self), TrainError> {
        let recipe = job.recipe;
        let optimizer = optimizer::build(recipe.settings.train.call("optimizer"), job.device);
        let mut phases = Phases::new(&recipe.net, &recipe.settings);
        let model = recipe.initial(&job.device.clone().autodiff());
        let (model, optimizer, best, texts, mut state) = match from {
            None if job.begins_elsewhere => {
                let stored = weights::read(&job.folder.join(INITIAL))?;
                let model = job.weights(model, INITIAL, &stored.weights)?;
                (model, optimizer, None, BTreeMap::new(), State::default())
            }
            None => {
                let model = if job.fuse { model.fused() } else { model };
                (model, optimizer, None, BTreeMap::new(), State::default())
            }
            Some(Checkpoint { state, weights, optimizer: memory, best, texts }) => {
                let damaged = |reason| TrainError::Damaged { path: job.folder.join("checkpoints"), reason };
                let model = job.weights(model, LAST, &weights)?;
                let optimizer = optimizer.remembering(memory).map_err(damaged)?;
                phases.remember(&state.phases).map_err(damaged)?;
                let best = best.zip(state.best).map(|(weights, so_far)| {
                    let model = job.weights(recipe.initial(job.device), BEST, &weights)?;
                    Best::write(job, so_far, model)
                });
                (model, optimizer, best.transpose()?, texts, state)
            }
        };
        state.run = Some(job.mark.clone());
        state.notes.extend(job.notes.iter().cloned());
        state.notes.dedup();
        let memory = ObserverMemory { lengths: state.files.clone(), texts };
        let observers = Observers::open(&job.start(state.epoch - 1, *console), &memory)?;
        let training = Self {
            job,
            optimizer,
            phases,
            observers,
            best,
            saver: Saver::new(job.save_every),
            clock: (Instant::now(), state.seconds),
            state,
        };
        Ok((model, training))
    }

    /// Whether all epochs are done, or a phase ends the training before.
    fn is_over(&self) -> bool {
        self.state.epoch > self.job.recipe.epochs() || self.phases.over(self.course()).is_some()
    }

    /// How far the training has come.
    fn course(&self) -> Course {
        Course { done: self.state.epoch - 1, best: self.best.as_ref().map(|best| best.so_far.epoch) }
    }

    /// Trains to the end of the epoch that the state is in, from where it is.
    fn epoch(&mut self, model: Model) -> Result<Model, TrainError> {
        let (recipe, epoch) = (self.job.recipe, self.state.epoch);
        let order = shuffled(&self.job.split.train, recipe.seed(), epoch as u64);
        let feed = Feed { first: self.state.batches, ..recipe.training_feed(&self.job.data.train, order, epoch) };
        let ahead = Ahead { epoch, images: feed.images(), seen: self.state.seen.images };
        self.observers.tell(|observer| observer.epoch_begins(ahead))?;
        let batches = feed.batches();
        let model = EpochSteps::new(self, batches).run(model, Loader::new(feed)?)?;
        let held_out = match self.validate(&model) {
            // A validation begins anew: what stands is that every step of the epoch is done.
            Err(error) => return Err(self.rescue(&model, error)),
            Ok(held_out) => held_out,
        };
        let numbers = self.numbers(&model, held_out.as_ref())?;
        self.phases.after_epoch(&numbers);
        let valid = model.valid();
        self.observers.tell(|observer| observer.epoch_ends(&numbers, &valid))?;
        self.keep(&model, &numbers)?;
        self.state.next_epoch();
        let so_far = self.seconds();
        let left = Duration::from_secs_f64(so_far / epoch as f64 * (recipe.epochs() - epoch) as f64);
        self.observers.tell(|observer| observer.epoch_is_kept(&numbers, left))?;
        if let Some(why) = self.phases.over(self.course()).filter(|_| epoch < recipe.epochs()) {
            self.observers.tell(|observer| observer.ends_early(&why))?;
        }
        self.pause(&model)?;
        Ok(model)
    }

    /// The error that a batch of this epoch, counted from 1, or the validation behind it brought numbers that are not finite.
    pub fn diverged(&self, step: Option<usize>, loss: f64, origin: Option<NonFinite>) -> TrainError {
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

    /// The numbers of the epoch that was just trained and validated.
    fn numbers(&self, model: &Model, held_out: Option<&Tally>) -> Result<Epoch, TrainError> {
        let State { epoch, seen, loss, epoch_seconds: seconds, .. } = &self.state;
        let validation_cross_entropy = held_out.map(Tally::mean_cross_entropy);
        if let Some(nats) = validation_cross_entropy.filter(|nats| !nats.is_finite()) {
            // The last step moved the weights off, and no further one was there to notice.
            return Err(self.diverged(None, nats, self.origin(model)));
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
            validation_top5_accuracy: held_out.and_then(Tally::top_accuracy),
            seconds: *seconds,
            images_per_second: images / seconds.max(f64::MIN_POSITIVE),
            snr: sleep::ratios(model, &self.job.recipe.settings)?,
        })
    }

    /// Answers to the images that are held out, counted; `None` where there are none.
    fn validate(&self, model: &Model) -> Result<Option<Tally>, TrainError> {
        let Job { recipe, data, split, device, stop, .. } = *self.job;
        if split.validation.is_empty() {
            return Ok(None);
        }
        evaluate(&model.valid(), device, recipe.feed(&data.train, split.validation.clone()), None, stop).map(Some)
    }

    /// Writes an epoch's weights, as the best ones too if they are, and once more where they are to stay.
    fn keep(&mut self, model: &Model, numbers: &Epoch) -> Result<(), TrainError> {
        let model = model.valid();
        let whose = self.job.whose.at("last", numbers.epoch);
        files::replace(&self.job.folder.join(LAST), &weights::bytes(&model, &whose)?)?;
        if let Some(checksum) = self.job.keep(&model, numbers.epoch)? {
            self.state.kept.insert(numbers.epoch, checksum);
        }
        let validation_accuracy = numbers.validation_accuracy;
        if self.best.as_ref().is_none_or(|best| !best.so_far.beats(validation_accuracy)) {
            let so_far = BestSoFar { epoch: numbers.epoch, validation_accuracy };
            self.best = Some(Best::write(self.job, so_far, model)?);
        }
        Ok(())
    }

    /// Saves between two steps if it is time to, and ends the training if it was asked to.
    pub fn pause(&mut self, model: &Model) -> Result<(), TrainError> {
        if self.job.stop.asked() {
            return Err(self.rescue(model, TrainError::Stopped));
        }
        if self.saver.is_due() { self.save(model).map(drop) } else { Ok(()) }
    }

    /// Saves the steps that are done before the training ends with an error; gives the error to end with.
    pub fn rescue(&mut self, model: &Model, error: TrainError) -> TrainError {
        // That there is no room for it is a reason to end as well, but the first one is what the user can mend.
        self.save(model).err().filter(|_| matches!(error, TrainError::Stopped)).unwrap_or(error)
    }

    /// Writes a checkpoint; gives what the observers remember in it.
    fn save(&mut self, model: &Model) -> Result<ObserverMemory, TrainError> {
        let begun = Instant::now();
        let best = self.best.as_ref();
        self.state.seconds = self.seconds();
        self.state.phases = self.phases.memory();
        self.state.best = best.map(|best| best.so_far);
        // A checkpoint may not know of epochs that a crash takes from the files.
        let memory = self.observers.memory()?;
        self.state.files.clone_from(&memory.lengths);
        let whose = self.job.whose.at("last", self.state.epoch - 1);
        let draft = Draft {
            state: &self.state,
            // First, because a device that fails says so here; reading the optimizer's memory, Burn panics.
            weights: weights::bytes(&model.valid(), &whose)?,
            optimizer: self.optimizer.memory(),
            best: best.map(|best| (self.job.folder.join(BEST), best.checksum.as_str())),
            texts: &memory.texts,
        };
        checkpoint::save(self.job.folder, &draft)?;
        self.saver.saved(begun);
        Ok(memory)
    }

    /// Seconds spent on the run so far, by all processes that took part.
    fn seconds(&self) -> f64 {
        self.clock.0.elapsed().as_secs_f64() + self.clock.1
    }
}

impl Best {
    /// Writes the best weights to the run's file.
    fn write(job: &Job<'_>, so_far: BestSoFar, model: Model) -> Result<Self, TrainError> {
        let bytes = weights::bytes(&model, &job.whose.at("best", so_far.epoch))?;
        files::replace(&job.folder.join(BEST), &bytes)?;
        Ok(Self { so_far, model, checksum: sha256([bytes.as_slice()]) })
    }
}
