//! What TensorBoard shows of a run: after each epoch its numbers and how the weights are spread, now and then the feature
//! maps of a few images.
//!
//! Nothing here bears on the training: it reads a model and draws no random number.

mod maps;
mod session;
mod size;
mod tiles;

pub use session::{fail, finish};
pub use size::size;

use super::events::{self, At, Events, Tag};
use super::{Epoch, Observer, ObserverKind, ObserverMemory, Slept, Snr, TrainingStart};
use crate::back::burn::{Forward, Model, Precision, Weight, numbers, read};
use crate::data::DataSet;
use crate::data::loader::{Feed, Loader};
use crate::data::split::Split;
use crate::train::{Recipe, TrainError};
use burn::tensor::{Device, Tensor, TensorData, Transaction};
use jiff::Timestamp;
use lcnnc_lang::ir::Op;
use std::collections::BTreeMap;
use tiles::Scale;

pub const BOARD: ObserverKind = ObserverKind {
    keeps: None,
    open: |start, memory| {
        if !start.tensorboard {
            return Ok(None);
        }
        Ok(Some(Box::new(Board::open(start, memory)?)))
    },
    hand_on: |memory, from, to| {
        if !events::copy(from, to)? {
            // There is nothing to go on in.
            memory.lengths.remove(EVENTS);
        }
        Ok(())
    },
};

/// The name of the event file in checkpoints.
const EVENTS: &str = "events";

/// How many images have their feature maps shown.
pub const IMAGES: usize = 2;

/// The most feature maps that are written at a time: the first ones, in order of execution.
const MOST_MAPS: usize = 32;

/// The most parameters whose numbers are counted: the first ones, in order of the net.
const MOST_HISTOGRAMS: usize = 128;

const MAP: &str = "Channels as tiles, image after image. Black is 0 and white the largest value of all steps of an epoch; where \
                   there are negative values, 0 is mid-grey.";
const KERNEL: &str = "Kernels as tiles, those of one output channel side by side. Black is 0 and white the largest value; \
                      where there are negative values, 0 is mid-grey.";

/// The images whose feature maps are shown: the first ones that are held out, or that are trained on where none is.
/// `[B, C, H, W]`, at most [`IMAGES`], without autodiff as the device.
///
/// # Errors
/// If an image cannot be had.
pub fn images(recipe: &Recipe, data: &DataSet, split: &Split, device: &Device) -> Result<Tensor<4>, TrainError> {
    let from = if split.validation.is_empty() { &split.train } else { &split.validation };
    let order = from.iter().copied().take(IMAGES).collect();
    let feed = Feed { batch: IMAGES, ..recipe.feed(&data.train, order) };
    let empty = || TrainError::Empty { name: data.name.clone(), part: "training half", verb: "show" };
    let batch = Loader::new(feed)?.next().transpose()?.ok_or_else(empty)?;
    let pixels = TensorData::new(batch.images, batch.shape);
    Ok(Tensor::from_data(pixels, (device, Precision::Single.dtype())))
}

/// A run's event file, and the images whose feature maps it shows.
struct Board {
    events: Events,
    images: Tensor<4>,
    /// The last sleep of the epoch that runs.
    slept: Option<Slept>,
}

impl Board {
    /// Goes on with what was written before a checkpoint. Where that is damaged, a warning says so, and a new file begins.
    fn open(start: &TrainingStart<'_>, memory: &ObserverMemory) -> Result<Self, TrainError> {
        let offset = memory.lengths.get(EVENTS).copied().unwrap_or(0);
        let images = images(start.recipe, start.data, start.split, start.device)?;
        let (file, warn) = (events::file(start.run), |text: &str| start.console.warn(text));
        if offset > 0 && !file.is_file() {
            warn(&format!("warning: {}: was missing; a new one begins", file.display()));
        }
        let events = Events::open(start.run, Some(offset)).or_else(|error| match error {
            TrainError::Damaged { path, reason } => {
                let aside = events::set_aside(&path)?;
                let (path, aside) = (path.display(), aside.display());
                warn(&format!("warning: {path}: damaged: {reason}; it is now {aside}, and a new one begins"));
                Events::open(start.run, None)
            }
            other => Err(other),
        });
        let mut events = events?;
        if events.is_new() {
            session::begin(&mut events, start.run.started, start.made_with)?;
        }
        Ok(Self { events, images, slept: super::sleep::last(start, memory) })
    }
}

impl Observer for Board {
    fn epoch_ends(&mut self, numbers: &Epoch, model: &Model) -> Result<(), TrainError> {
        let wall = Timestamp::now();
        if let Some(slept) = self.slept.take() {
            sleep(&mut self.events, At { step: numbers.epoch, wall }, &slept)?;
        }
        for (layer, snr) in &numbers.snr {
            ratios(&mut self.events, At { step: numbers.epoch, wall }, ["after the epoch", layer], *snr)?;
        }
        epoch(&mut self.events, wall, numbers, model, &self.images)
    }

    fn sleep_ends(&mut self, _: usize, slept: &Slept) -> Result<(), TrainError> {
        self.slept = Some(slept.clone());
        Ok(())
    }

    fn before_checkpoint(&mut self, memory: &mut ObserverMemory) -> Result<(), TrainError> {
        self.events.sync()?;
        memory.lengths.insert(EVENTS.to_owned(), self.events.offset());
        Ok(())
    }
}

/// Writes what there is to see after an epoch. `wall` is the time of day, `model` and `images` are without autodiff.
///
/// # Errors
/// If the file cannot be written.
pub fn epoch(
    events: &mut Events,
    wall: Timestamp,
    numbers: &Epoch,
    model: &Model,
    images: &Tensor<4>,
) -> Result<(), TrainError> {
    let at = At { step: numbers.epoch, wall };
    scalars(events, at, numbers)?;
    let weights = model.weights()?;
    histograms(events, at, model, &weights)?;
    if has_pictures(numbers.epoch) {
        let (forward, trace) = model.trace(images.clone());
        penalties(events, at, model, &forward)?;
        feature_maps(events, at, model, images, trace)?;
        kernels(events, at, model, &weights)
    } else if model.net().penalties.is_empty() {
        Ok(())
    } else {
        penalties(events, at, model, &model.forward(images.clone()))
    }
}

/// Whether pictures are written after an epoch: after 1, 2, 3, 5, 10, 20, 50, 100 and so on, for ten images are all that
/// TensorBoard keeps of a series, and most of what there is to see happens early.
pub fn has_pictures(epoch: usize) -> bool {
    let zeros = epoch.max(1).ilog10();
    epoch == 3 || [1, 2, 5].contains(&(epoch / 10_usize.pow(zeros))) && epoch.is_multiple_of(10_usize.pow(zeros))
}

fn scalars(events: &mut Events, at: At, numbers: &Epoch) -> Result<(), TrainError> {
    let series = [
        (
            "loss/train",
            "Cross-entropy in nats an image and penalties, over the training images as the epoch met them.",
            Some(numbers.train_loss),
        ),
        (
            "cross_entropy/train",
            "Nats an image, over the training images as the epoch met them.",
            Some(numbers.train_cross_entropy),
        ),
        (
            "cross_entropy/validation",
            "Nats an image, over the images held out, after the epoch.",
            numbers.validation_cross_entropy,
        ),
        (
            "accuracy/train",
            "Share from 0 to 1, over the training images as the epoch met them.",
            Some(numbers.train_accuracy),
        ),
        (
            "accuracy/validation",
            "Share from 0 to 1, over the images held out, after the epoch.",
            numbers.validation_accuracy,
        ),
        (
            "accuracy/validation_top5",
            "Share from 0 to 1 of the images held out whose class is among the five largest scores, after the epoch.",
            numbers.validation_top5_accuracy,
        ),
        ("learning_rate", "Without unit, at the last step of the epoch.", Some(numbers.lr)),
        ("images_per_second", "Images a second, in training alone.", Some(numbers.images_per_second)),
    ];
    for (name, about, value) in series {
        if let Some(value) = value {
            events.scalar(Tag { name, about }, at, value)?;
        }
    }
    Ok(())
}

/// Writes what the last sleep of an epoch has made of its layers.
fn sleep(events: &mut Events, at: At, slept: &Slept) -> Result<(), TrainError> {
    for layer in &slept.layers {
        ratios(events, at, ["before the last sleep", &layer.name], layer.before)?;
        ratios(events, at, ["after the last sleep", &layer.name], layer.after)?;
    }
    Ok(())
}

/// Writes how alike the kernels of a layer are; what is infinite has no place in a graph.
fn ratios(events: &mut Events, at: At, [when, layer]: [&str; 2], snr: Snr) -> Result<(), TrainError> {
    let about = "Weight signal-to-noise ratio, without unit: how alike kernels are.";
    for (over, ratio) in [("places", snr.places), ("modules", snr.modules)] {
        if ratio.is_finite() {
            events.scalar(Tag { name: &format!("snr of {over} {when}/{layer}"), about }, at, ratio)?;
        }
    }
    Ok(())
}

fn penalties(events: &mut Events, at: At, model: &Model, forward: &Forward) -> Result<(), TrainError> {
    let values = numbers(forward.penalties.iter().cloned().fold(Transaction::default(), Transaction::register))?;
    for (penalty, value) in model.net().penalties.iter().zip(values) {
        let name = format!("penalty/{}", penalty.name);
        let about = "After the epoch, as it is added to the loss; what depends on images is that of the images shown.";
        events.scalar(Tag { name: &name, about }, at, value)?;
    }
    Ok(())
}

fn histograms(events: &mut Events, at: At, model: &Model, weights: &[Weight]) -> Result<(), TrainError> {
    let trained = model.net().params.iter().zip(weights).filter(|(param, _)| param.trained());
    for (param, weight) in trained.take(MOST_HISTOGRAMS) {
        let (name, about) = (format!("weights/{}", weight.name), format!("Without unit. At the start: {param}."));
        events.histogram(Tag { name: &name, about: &about }, at, &weight.values)?;
    }
    Ok(())
}

/// Writes the images themselves after the first epoch, and their feature maps each time.
fn feature_maps(
    events: &mut Events,
    at: At,
    model: &Model,
    images: &Tensor<4>,
    trace: Vec<(String, Tensor<4>)>,
) -> Result<(), TrainError> {
    let net = model.net();
    let input = (at.step == 1).then(|| (net.input.0.clone(), images.clone()));
    let maps = maps::names(net).into_iter().zip(trace).filter_map(|(name, (_, map))| Some((name?, map)));
    let mut shown = Vec::new();
    // What grows or fades from step to step is only seen if all steps have one scale.
    let mut scales: BTreeMap<String, Scale> = BTreeMap::new();
    for (name, map) in input.into_iter().chain(maps.take(MOST_MAPS)) {
        let dims = map.dims();
        let values: Vec<f64> = read(map)?.iter::<f64>().collect();
        let scale = scales.entry(of_all_steps(&name).to_owned()).or_default();
        *scale = scale.with(Scale::of(&values));
        shown.push((name, values, dims));
    }
    for (name, values, dims) in shown {
        let scale = scales.get(of_all_steps(&name)).copied().unwrap_or_default();
        picture(events, Tag { name: &format!("feature maps/{name}"), about: MAP }, at, &values, (dims, scale))?;
    }
    Ok(())
}

/// Writes the kernels of the first convolution, which see the image.
fn kernels(events: &mut Events, at: At, model: &Model, weights: &[Weight]) -> Result<(), TrainError> {
    let net = model.net();
    let first = net.nodes().find_map(|node| if let Op::Conv { weight, .. } = node.op { Some(weight) } else { None });
    let Some(id) = first else { return Ok(()) };
    let found = weights.iter().find(|weight| weight.name == net.param(id).name);
    if let Some((weight, &[outputs, inputs, height, width])) = found.map(|weight| (weight, weight.shape.as_slice())) {
        let name = format!("kernels/{}", net.owner(id));
        picture(
            events,
            Tag { name: &name, about: KERNEL },
            at,
            &weight.values,
            ([outputs, inputs, height, width], Scale::of(&weight.values)),
        )?;
    }
    Ok(())
}

/// The name of a value without its step.
fn of_all_steps(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

fn picture(
    events: &mut Events,
    tag: Tag<'_>,
    at: At,
    values: &[f64],
    (dims, scale): ([usize; 4], Scale),
) -> Result<(), TrainError> {
    let (size, png) = tiles::png(values, dims, scale);
    events.image(tag, at, size, png)
}
