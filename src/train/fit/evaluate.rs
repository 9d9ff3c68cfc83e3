//! Evaluation: how well a model names the classes of images.

use crate::back::burn::{Model, read_all};
use crate::data::loader::{Batch, Feed, Loader};
use crate::train::{Stop, TrainError};
use burn::tensor::{Device, Int, Tensor, TensorData, Transaction};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;

/// The counted answers of a model to some images: how many were right, and their cross-entropy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub images: usize,
    /// How many the largest score named right.
    pub correct: usize,
    /// How many were named right at each step that the loss is the mean of; empty where there is only one.
    pub correct_by_step: Vec<usize>,
    /// The cross-entropy in nats, summed over the images.
    pub cross_entropy: f64,
    /// How many had their class among the largest scores; none where that was not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<Top>,
}

/// How many images had their class among so many of the largest scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Top {
    pub k: usize,
    pub correct: usize,
}

/// The number of largest scores that are counted where nobody asks for another one, of nets with more classes.
pub const USUAL_TOP: usize = 5;

impl Tally {
    /// Counts one batch: `nats` is its mean cross-entropy an image, `right` how many images each step named right.
    pub fn of(images: usize, nats: f64, right: &[f64]) -> Self {
        let right: Vec<usize> = right.iter().map(|count| *count as usize).collect();
        let correct = right.last().copied().unwrap_or(0);
        let correct_by_step = if right.len() > 1 { right } else { Vec::new() };
        Self { images, correct, correct_by_step, cross_entropy: nats * images as f64, top: None }
    }

    /// The share of images that were named right, from 0 to 1.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.images.max(1) as f64
    }

    /// The share of images whose class was among the largest scores, from 0 to 1; none where that was not counted.
    pub fn top_accuracy(&self) -> Option<f64> {
        self.top.map(|top| top.correct as f64 / self.images.max(1) as f64)
    }

    /// The mean cross-entropy in nats an image.
    pub fn mean_cross_entropy(&self) -> f64 {
        self.cross_entropy / self.images.max(1) as f64
    }

    /// Gives the tally back if its cross-entropy is a number. `what` was judged with the weights of the file at `path`.
    ///
    /// # Errors
    /// If it is none: then an accuracy says nothing either.
    pub fn numbered(self, what: &str, path: &Path) -> Result<Self, TrainError> {
        if self.cross_entropy.is_finite() {
            return Ok(self);
        }
        let found = format!("a cross-entropy of {} nats", self.cross_entropy);
        Err(TrainError::NoNumber { what: what.to_owned(), found, path: path.to_owned() })
    }

    pub fn add(&mut self, other: Self) {
        self.images += other.images;
        self.correct += other.correct;
        self.correct_by_step.resize(other.correct_by_step.len().max(self.correct_by_step.len()), 0);
        self.correct_by_step.iter_mut().zip(other.correct_by_step).for_each(|(sum, more)| *sum += more);
        self.cross_entropy += other.cross_entropy;
        self.top = match (self.top, other.top) {
            (Some(top), Some(more)) => Some(Top { correct: top.correct + more.correct, ..top }),
            (top, more) => top.or(more),
        };
    }
}

/// A model's result on a test set, as files and people get it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The share of images that were named right, from 0 to 1.
    pub accuracy: f64,
    pub correct: usize,
    pub images: usize,
    /// Images in the whole test half; 0 where an older version did not say.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub of: usize,
    /// The cross-entropy in nats an image; the mean over the steps where several are judged.
    pub cross_entropy: f64,
    /// The accuracy at each step that the loss is the mean of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accuracy_by_step: Vec<f64>,
    /// How often the class was among the largest scores, of nets with more classes than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<TopScore>,
}

/// How often the class of an image was among so many of the largest scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopScore {
    pub k: usize,
    /// The share of the images, from 0 to 1.
    pub accuracy: f64,
    pub correct: usize,
}

impl From<Tally> for Score {
    fn from(tally: Tally) -> Self {
        Self {
            top: tally.top.map(|Top { k, correct }| TopScore {
                k,
                accuracy: tally.top_accuracy().unwrap_or_default(),
                correct,
            }),
            accuracy: tally.accuracy(),
            correct: tally.correct,
            images: tally.images,
            of: tally.images,
            cross_entropy: tally.mean_cross_entropy(),
            accuracy_by_step: tally.correct_by_step.iter().map(|n| *n as f64 / tally.images.max(1) as f64).collect(),
        }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accuracy, correct, images, of, cross_entropy: nats, accuracy_by_step: steps, top } = self;
        let top = top.map(|top| format!(", top-{} {:.2} %", top.k, 100.0 * top.accuracy)).unwrap_or_default();
        write!(f, "{:.2} % ({correct} of {images}", 100.0 * accuracy)?;
        if of > images {
            write!(f, ", a sample of the {of} images of the test half")?;
        }
        if steps.is_empty() {
            return write!(f, "){top}, cross-entropy {nats:.4}");
        }
        let steps: Vec<String> = steps.iter().map(|x| format!("{:.2}", 100.0 * x)).collect();
        write!(
            f,
            ") at the last step{top}, by step {} %; cross-entropy {nats:.4}, the mean over these steps",
            steps.join(", ")
        )
    }
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// Runs a model over a feed as it is used after training. The model and its device are without autodiff. `top` is how many of
/// the largest scores are looked through for the class; without a wish, [`USUAL_TOP`] where there are more classes.
///
/// # Errors
/// If an image cannot be had, or the process was asked to stop.
pub fn evaluate(
    model: &Model,
    device: &Device,
    feed: Feed,
    top: Option<usize>,
    stop: Stop,
) -> Result<Tally, TrainError> {
    evaluate_each(model, device, feed, top, stop, None)
}

/// The classes of a batch of images, and the scores that a net gives them.
pub struct Judged {
    pub labels: Vec<usize>,
    /// Of the last step that is judged, `[images, classes]`.
    pub scores: Vec<f32>,
}

/// What is done with the scores of each batch.
pub type Each<'a> = &'a mut dyn FnMut(Judged) -> Result<(), TrainError>;

/// [`evaluate`], where the scores of each batch are handed over too.
///
/// # Errors
/// As [`evaluate`], or if `each` gives an error.
pub fn evaluate_each(
    model: &Model,
    device: &Device,
    feed: Feed,
    top: Option<usize>,
    stop: Stop,
    mut each: Option<Each<'_>>,
) -> Result<Tally, TrainError> {
    let mut tally = Tally::default();
    for batch in Loader::new(feed)? {
        if stop.asked() {
            return Err(TrainError::Stopped);
        }
        tally.add(of_batch(model, device, batch?, top, &mut each)?);
    }
    Ok(tally)
}

/// The answers of a model to one batch, counted, see [`evaluate_each`].
pub(in crate::train) fn of_batch(
    model: &Model,
    device: &Device,
    batch: Batch,
    top: Option<usize>,
    each: &mut Option<Each<'_>>,
) -> Result<Tally, TrainError> {
    let answers = labels(&batch, device);
    let classes = batch.labels.clone();
    let forward = model.forward(images(batch, model, device));
    let mut asked = Transaction::default().register(forward.cross_entropy(answers.clone()));
    let logits = forward.logits();
    let usual = || (logits.dims()[1] > USUAL_TOP).then_some(USUAL_TOP);
    let k = top.or_else(usual);
    if let Some(k) = k {
        asked = asked.register(among(logits, answers.clone(), k));
    }
    let scores = each.is_some().then(|| forward.logits());
    let steps = forward.steps.into_iter().map(|logits| right(logits, answers.clone()));
    asked = steps.fold(asked, Transaction::register);
    let mut read = read_all(scores.into_iter().fold(asked, Transaction::register))?;
    if let Some(each) = each {
        let scores = read.pop().map_or(Vec::new(), |scores| scores.iter::<f32>().collect());
        each(Judged { labels: classes, scores })?;
    }
    let counted: Vec<f64> = read.iter().flat_map(|data| data.iter::<f64>()).collect();
    let (top, right) = counted[1..].split_at(usize::from(k.is_some()));
    let top = k.zip(top.first()).map(|(k, correct)| Top { k, correct: *correct as usize });
    Ok(Tally { top, ..Tally::of(answers.dims()[0], counted[0], right) })
}

/// How many of a batch the largest score names right, `[1]`: `logits` is `[B, classes]`, `answers` `[B]`.
pub(in crate::train) fn right(logits: Tensor<2>, answers: Tensor<1, Int>) -> Tensor<1, Int> {
    logits.argmax(1).squeeze_dim::<1>(1).equal(answers).int().sum()
}

/// How many of a batch have their class among the `k` largest scores, `[1]`: `logits` is `[B, classes]`, `answers` `[B]`. Of
/// equal scores, the first class comes first.
fn among(logits: Tensor<2>, answers: Tensor<1, Int>, k: usize) -> Tensor<1, Int> {
    let [images, classes] = logits.dims();
    let answers = answers.unsqueeze_dim::<2>(1);
    let own = logits.clone().gather(1, answers.clone()).expand([images, classes]);
    let index: Tensor<1, Int> = Tensor::arange(0..classes as i64, &logits.device());
    let is_before = index.unsqueeze_dim::<2>(0).expand([images, classes]).lower(answers.expand([images, classes]));
    let is_larger = logits.clone().greater(own.clone());
    let ahead = is_larger.bool_or(logits.equal(own).bool_and(is_before)).int().sum_dim(1);
    ahead.lower_elem(k as i64).int().sum()
}

/// A batch's images: `[B, C, H, W]`.
pub(in crate::train) fn images(batch: Batch, model: &Model, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(batch.images, batch.shape), (device, model.precision().dtype()))
}

/// A batch's classes: `[B]`.
pub(in crate::train) fn labels(batch: &Batch, device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i64> = batch.labels.iter().map(|&label| label as i64).collect();
    let count = labels.len();
    Tensor::from_data(TensorData::new(labels, [count]), device)
}
