//! What a run costs, told before it begins: arithmetic, memory and disk as its net has them; `pace.rs` measures the time.

use crate::back::burn::Opened;
use crate::data::DataSet;
use crate::data::split::set_aside;
use crate::observe::tensorboard;
use crate::train::fit::kept;
use crate::train::runs::memory_need;
use crate::train::runs::pace::{Pace, Span};
use crate::train::{Overrides, Recipe, TrainError, files};
use lcnnc_lang::ir::cost::{self, Cost};
use lcnnc_lang::ir::{Net, Op, Param, Visit};
use lcnnc_lang::vocabulary::optimizers;

/// Bytes of a number in files of weights.
const NUMBER: u128 = size_of::<f32>() as u128;
/// Bytes of what else lies in a run's folder: spec, settings, manifest, summary, and the heads of files of weights.
const TEXTS: u128 = 9500;
/// Bytes of an epoch in all copies of the metrics.
const METRICS: u128 = 700;

/// What a run costs, but for its time.
#[derive(Clone, Debug, PartialEq)]
pub struct RunCost {
    /// Multiply-adds of the forward pass of one image, as `lcnnc show` has them.
    pub multiply_adds: u128,
    /// Bytes of memory that its training needs at its height, about, beside what its process holds before; none on a device of its own.
    pub memory: Option<u128>,
    /// Bytes that the finished run's folder has, about: weights at its start, its best and its end, those of `keep`, a checkpoint, and
    /// what TensorBoard reads.
    pub disk: u128,
    /// Images in a step.
    pub batch: usize,
    /// Images that are trained with in all epochs, each view counted.
    pub trained: usize,
    /// Images that are answered without a backward pass: those of every validation and of the test.
    pub answered: usize,
    /// What two runs have in common whose steps take as long as one another.
    pub like: String,
}

impl RunCost {
    /// What a run of these overrides costs, with a data set and a device that are theirs, in so many threads.
    ///
    /// # Errors
    /// If the spec cannot be compiled, or the images do not fit it.
    pub fn of(overrides: &Overrides, data: &DataSet, opened: &Opened, threads: usize) -> Result<Self, TrainError> {
        let spec = overrides.spec.clone().ok_or(TrainError::NoSpec)?;
        let recipe = Recipe::new(files::source(&spec)?, overrides, data.classes.len())?;
        recipe.check(data)?;
        let (views, fuses) = (recipe.augmentations.views(), overrides.fuse.unwrap_or(true));
        let [train, validation] = halves(&recipe, data, overrides.limit);
        let test = overrides.limit_test.unwrap_or(usize::MAX).min(data.test.len());
        let batch = recipe.batch().min(train * views);
        let memory = opened.on_cpu().then(|| memory_need::height(&recipe, fuses, batch, threads));
        Ok(Self {
            multiply_adds: Cost::sum(&cost::table(&recipe.net)).multiply_adds,
            memory,
            disk: disk(&recipe, overrides.tensorboard.unwrap_or(true)),
            batch,
            trained: train * views * recipe.epochs(),
            answered: validation * recipe.epochs() + test,
            like: likeness(&recipe, fuses, batch),
        })
    }

    /// How long a run takes at a pace.
    pub fn time(&self, pace: Pace) -> Span {
        let batch = self.batch.max(1) as f64;
        pace.begin + pace.step * (self.trained as f64 / batch) + pace.answer * (self.answered as f64 / batch)
    }
}

/// How many images train and how many validate, without choosing them.
fn halves(recipe: &Recipe, data: &DataSet, limit: Option<usize>) -> [usize; 2] {
    let (all, held_out) = (data.train.len(), data.validation());
    let used = limit.unwrap_or(usize::MAX).min(all - held_out);
    if held_out > 0 {
        return [used, held_out];
    }
    let validation = set_aside(used, recipe.settings.data.real("validation"));
    [used - validation, validation]
}

/// Bytes of the files of weights, of the checkpoint, which has weights, the best ones and what the optimizer remembers, and of the rest.
fn disk(recipe: &Recipe, has_board: bool) -> u128 {
    let numbers = |params: &mut dyn Iterator<Item = &Param>| params.map(|param| param.len() as u128).sum::<u128>();
    let weights = numbers(&mut recipe.net.params.iter());
    let trained = numbers(&mut recipe.net.params.iter().filter(|param| param.trained()));
    let remembered = optimizers::remembered(recipe.settings.train.call("optimizer")) as u128 * trained;
    let kept = kept::size(recipe).map_or(0, |(_, bytes)| bytes);
    let board = if has_board { tensorboard::size(&recipe.net, recipe.epochs()) } else { 0 };
    NUMBER * (5 * weights + remembered) + kept + board + TEXTS + METRICS * recipe.epochs() as u128
}

/// The operations, shapes and settings that a step's time depends on; numbers such as rates and weights of penalties are left out.
fn likeness(recipe: &Recipe, fuses: bool, batch: usize) -> String {
    let net: &Net = &recipe.net;
    let part = |visit: Visit<'_>| match visit {
        Visit::Node(node) => format!("{} {:?}", without_reals(&node.op), node.shape),
        Visit::Enter(looped) => format!("{} times", looped.steps),
        Visit::Leave(_) => "end".to_owned(),
    };
    let parts: Vec<String> = net.walk().map(part).collect();
    let params: Vec<(&[usize], bool)> = net.params.iter().map(|param| (&*param.shape, param.trained())).collect();
    let optimizer = recipe.settings.train.call("optimizer");
    let remembered = optimizers::remembered(optimizer);
    let (callee, precision) = (optimizer.callee, recipe.precision());
    let images = ["augment", "transform", "test_transform"].map(|key| {
        let calls = recipe.settings.data.maybe_calls(key).unwrap_or_default();
        calls.iter().map(|call| call.callee).collect::<Vec<_>>()
    });
    format!(
        "{parts:?} {params:?} {} {callee} {remembered} {precision:?} {fuses} {batch} {images:?}",
        net.penalties.len()
    )
}

/// An operation in words, with its kernels, strides and operands, but without numbers such as rates: they change no time.
fn without_reals(op: &Op) -> String {
    let text = format!("{op:?}");
    let is_real = |word: &&str| word.parse::<f64>().is_ok() && word.parse::<i64>().is_err();
    text.split([' ', ',', '(', ')', '[', ']', '{', '}']).filter(|word| !is_real(word)).collect::<Vec<_>>().join(" ")
}
