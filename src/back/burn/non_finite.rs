//! The search for the first number of a step that is not finite: the step is taken once more, primitive by primitive, and
//! every number is looked at.

use super::run::Run;
use super::watch::{Watch, strange};
use super::{Answers, Forward, Model};
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use std::fmt;

/// The first number of a step that is not finite.
#[derive(Clone, Debug, PartialEq)]
pub enum NonFinite {
    /// A weight was not before anything was calculated, by its name.
    Weight(String),
    /// An operation that read finite numbers and gave one that is not finite, and that number.
    Value(Place, f64),
    /// The cross-entropy of scores that were finite.
    CrossEntropy,
    /// The gradient that an operation hands back to what it read.
    Gradient(Place),
    /// The gradient of a weight, by its name, where no operation has one.
    WeightGradient(String),
}

/// An operation, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The operation as the spec writes it: `log`.
    pub op: &'static str,
    /// `x`, or `the penalty p`.
    pub equation: String,
    /// The loops around it, the outermost first, and their steps from 1.
    pub loops: Vec<(String, usize)>,
    /// The ranges of the values that the operation read, in their order.
    pub operands: Vec<Operand>,
}

/// The range of the numbers of one value that an operation read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operand {
    pub smallest: f64,
    pub largest: f64,
    /// There is an exact zero among them.
    pub zero: bool,
}

impl Operand {
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let none = Self { smallest: f64::INFINITY, largest: f64::NEG_INFINITY, zero: false };
        numbers.into_iter().fold(none, |so_far, x| Self {
            smallest: so_far.smallest.min(x),
            largest: so_far.largest.max(x),
            zero: so_far.zero || x == 0.0,
        })
    }
}

impl Model {
    /// The first number of a training step that is not finite: among the weights, then the values in order of execution,
    /// then the gradients on the backward pass. `images` is `[B, C, H, W]`, as [`Model::judge`] takes them.
    ///
    /// Everything is run by plain primitives, a loop's steps one by one. None if all is finite there, or if the device
    /// fails.
    pub fn origin(&self, images: Tensor<4>, answers: Answers<'_>, noise: u64) -> Option<NonFinite> {
        let plain = self.valid();
        let strange = plain.strange_weight();
        let values = || {
            let mut run = Run::training(&plain, images.clone().inner().device(), noise);
            plain.strange_value(&mut run, images.clone().inner(), Some(answers.labels))
        };
        strange.or_else(values).or_else(|| self.strange_gradient(images, answers, noise))
    }

    /// The first number that is not finite when the model answers, without gradients, as [`Model::forward`] does.
    pub fn origin_after_training(&self, images: Tensor<4>) -> Option<NonFinite> {
        let values = || self.strange_value(&mut Run::new(self, images.device()), images.clone(), None);
        self.strange_weight().or_else(values)
    }

    fn strange_weight(&self) -> Option<NonFinite> {
        let mut params = self.net.params.iter().zip(&self.params);
        let found = params.find(|(_, value)| strange(value.val()).is_some());
        found.map(|(param, _)| NonFinite::Weight(param.name.clone()))
    }

    fn strange_value(&self, run: &mut Run<'_>, images: Tensor<4>, labels: Option<&[usize]>) -> Option<NonFinite> {
        let (forward, watch) = run.watched(images, Watch::default());
        if let Some((seen, number)) = watch.found {
            return Some(NonFinite::Value(seen.place(&self.net), number));
        }
        let nats = cross_entropy(&forward, Answers { labels: labels?, smoothing: 0.0 }).reshape([1; 4]);
        strange(nats).map(|_| NonFinite::CrossEntropy)
    }

    /// A few images at a time: what is kept for the backward pass is much more than fused parts keep.
    fn strange_gradient(&self, images: Tensor<4>, answers: Answers<'_>, noise: u64) -> Option<NonFinite> {
        const SOME: usize = 16;
        let count = answers.labels.len();
        (0..count).step_by(SOME).find_map(|first| {
            let some = SOME.min(count - first);
            let labels = &answers.labels[first..first + some];
            self.strange_gradient_of(images.clone().narrow(0, first, some), Answers { labels, ..answers }, noise)
        })
    }

    fn strange_gradient_of(&self, images: Tensor<4>, answers: Answers<'_>, noise: u64) -> Option<NonFinite> {
        let mut run = Run::training(self, images.device(), noise);
        let (forward, watch) = run.watched(images, Watch::of_gradients());
        let total = forward.total(cross_entropy(&forward, answers));
        if !total.is_tracked() {
            return None;
        }
        let gradients = total.backward();
        let is_strange = |tensor: &Tensor<4>| tensor.grad(&gradients).and_then(strange).is_some();
        // The backward pass takes them in this order; those that an operation read last depend on nothing before.
        if let Some(seen) = watch.seen.into_iter().rev().find(|seen| seen.probes.iter().any(is_strange)) {
            return Some(NonFinite::Gradient(seen.place(&self.net)));
        }
        let mut params = self.net.params.iter().zip(&self.params);
        let found = params.find(|(_, value)| is_strange(&value.val()));
        found.map(|(param, _)| NonFinite::WeightGradient(param.name.clone()))
    }
}

fn cross_entropy(forward: &Forward, answers: Answers<'_>) -> Tensor<1> {
    let labels: Vec<i64> = answers.labels.iter().map(|label| *label as i64).collect();
    let count = labels.len();
    let labels = Tensor::from_data(TensorData::new(labels, [count]), &forward.logits().device());
    forward.smoothed(labels, f64::from(answers.smoothing))
}

impl NonFinite {
    /// Advice on the spec, where the numbers show that a smaller learning rate is not the remedy.
    pub fn mend(&self) -> Option<&'static str> {
        let (NonFinite::Value(place, _) | NonFinite::Gradient(place)) = self else { return None };
        let [first, last] = [place.operands.first()?, place.operands.last()?];
        match place.op {
            "log" if first.smallest <= 0.0 => {
                Some("`log` takes numbers above 0 alone: add a small one to what it reads, as in `log(x + 1e-6)`")
            }
            "sqrt" if first.smallest < 0.0 => Some("`sqrt` takes no numbers below 0: write `sqrt(relu(x) + 1e-12)`"),
            "sqrt" if first.zero => Some(
                "the gradient of `sqrt` at 0 is infinite: add a small number to what it reads, as in `sqrt(x + 1e-12)`",
            ),
            "div" if last.zero => Some(
                "the divisor may not be 0: add a small number to one that is never negative, as in `a / (b + 1e-6)`",
            ),
            "exp" if first.largest > 88.0 => Some(
                "`exp` of more than 88 is larger than any number of 32 bits: keep what it reads small, as in \
                 `exp(tanh(x))`",
            ),
            _ => None,
        }
    }
}

impl fmt::Display for NonFinite {
    /// `the first value that is not finite is -inf, of log in x at step 2 of the loop V1, which read numbers from 0 to 1`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NonFinite::Weight(name) => {
                write!(f, "`{name}` is not finite before the step: the step before moved it too far")
            }
            NonFinite::Value(place, number) => {
                write!(f, "the first value that is not finite is {number}, of {place}")
            }
            NonFinite::CrossEntropy => {
                f.write_str("the first value that is not finite is the cross-entropy of the scores")
            }
            NonFinite::Gradient(place) => write!(f, "the first gradient that is not finite is that of {place}"),
            NonFinite::WeightGradient(name) => {
                write!(f, "the first gradient that is not finite is that of the weights `{name}`")
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in {}", self.op, self.equation)?;
        for (n, (name, step)) in self.loops.iter().rev().enumerate() {
            let begin = if n == 0 { ", at" } else { " at" };
            write!(f, "{begin} step {step} of the loop `{name}`")?;
        }
        let read: Vec<String> = self.operands.iter().map(ToString::to_string).collect();
        if !read.is_empty() {
            write!(f, ", which read {}", read.join(" and "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.smallest == self.largest {
            return write!(f, "the number {}", short(self.smallest));
        }
        write!(f, "numbers from {} to {}", short(self.smallest), short(self.largest))?;
        if self.zero && self.smallest < 0.0 && self.largest > 0.0 { f.write_str(", 0 among them") } else { Ok(()) }
    }
}

/// Four digits of a number.
fn short(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 {
        return "0".to_owned();
    }
    if (1e-3..1e5).contains(&size) {
        let digits = (3 - size.log10().floor() as i32).max(0) as usize;
        let text = format!("{x:.digits$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        return text.to_owned();
    }
    format!("{x:.3e}")
}
