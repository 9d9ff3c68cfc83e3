//! What a run costs, told before it begins: arithmetic, memory and disk as its net has them, and time, which is measured.

use crate::back::burn::{Answers, Opened, numbers};
use crate::data::DataSet;
use crate::data::loader::Batch;
use crate::data::split::set_aside;
use crate::train::fit::{evaluate, kept, optimizer};
use crate::train::phases::Phases;
use crate::train::runs::memory_need;
use crate::train::{Overrides, Recipe, TrainError, files};
use burn::module::Module;
use burn::tensor::Transaction;
use lcnnc_lang::ir::cost::{self, Cost};
use lcnnc_lang::ir::{Net, Param, Visit};
use lcnnc_lang::vocabulary::optimizers;
use std::mem::discriminant;
use std::time::{Duration, Instant};

/// How long steps of one net are measured, at least two of them.
const LONG_ENOUGH: Duration = Duration::from_millis(300);
/// A first step that takes so long is measured itself: what a first step prepares is little of it.
const LONG_STEP: Duration = Duration::from_millis(1000);
/// Bytes of a number in files of weights.
const NUMBER: u128 = size_of::<f32>() as u128;

/// What a run costs, but for its time.
#[derive(Clone, Debug, PartialEq)]
pub struct RunCost {
    /// Multiply-adds of the forward pass of one image, as `lcnnc show` has them.
    pub multiply_adds: u128,
    /// Bytes of memory that a process of it needs at its height, at most; none on a device of its own.
    pub memory: Option<u128>,
    /// Bytes that the finished run keeps: weights at its start, its best and its end, those of `keep`, and a checkpoint.
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

/// How long a net takes.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Seconds of a step, forward and backward.
    pub step: f64,
    /// Seconds of the answers to as many images.
    pub answer: f64,
}

impl RunCost {
    /// What a run of these overrides costs, with a data set and a device that are theirs, in so many threads.
    ///
    /// # Errors
    /// If the spec cannot be compiled, or the images do not fit it.
    pub fn of(overrides: &Overrides, data: &DataSet, opened: &Opened, threads: usize) -> Result<Self, TrainError> {
        let recipe = compiled(overrides, data.classes.len())?;
        recipe.check(data)?;
        let (views, fuses) = (recipe.augmentations.views(), overrides.fuse.unwrap_or(true));
        let [train, validation] = halves(&recipe, data, overrides.limit);
        let test = overrides.limit_test.unwrap_or(usize::MAX).min(data.test.len());
        let batch = recipe.batch().min(train * views);
        let memory = opened.on_cpu().then(|| memory_need::height(&recipe, fuses, batch, threads));
        Ok(Self {
            multiply_adds: Cost::sum(&cost::table(&recipe.net)).multiply_adds,
            memory,
            disk: disk(&recipe),
            batch,
            trained: train * views * recipe.epochs(),
            answered: validation * recipe.epochs() + test,
            like: likeness(&recipe, fuses, batch),
        })
    }

    /// Seconds that a run takes at a pace.
    pub fn seconds(&self, pace: Pace) -> f64 {
        let batch = self.batch.max(1) as f64;
        pace.step * self.trained as f64 / batch + pace.answer * self.answered as f64 / batch
    }
}

fn compiled(overrides: &Overrides, classes: usize) -> Result<Recipe, TrainError> {
    let spec = overrides.spec.clone().ok_or(TrainError::NoSpec)?;
    Recipe::new(files::source(&spec)?, overrides, classes)
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

/// Bytes of the files of weights, and of the checkpoint, which has weights, the best ones and what the optimizer remembers.
fn disk(recipe: &Recipe) -> u128 {
    let numbers = |params: &mut dyn Iterator<Item = &Param>| params.map(|param| param.len() as u128).sum::<u128>();
    let weights = numbers(&mut recipe.net.params.iter());
    let trained = numbers(&mut recipe.net.params.iter().filter(|param| param.trained()));
    let remembered = optimizers::remembered(recipe.settings.train.call("optimizer")) as u128 * trained;
    let kept = kept::size(recipe).map_or(0, |(_, bytes)| bytes);
    NUMBER * (5 * weights + remembered) + kept
}

/// The operations, shapes and settings that a step's time depends on; numbers such as rates and weights of penalties are left out.
fn likeness(recipe: &Recipe, fuses: bool, batch: usize) -> String {
    let net: &Net = &recipe.net;
    let part = |visit: Visit<'_>| match visit {
        Visit::Node(node) => format!("{:?} {:?}", discriminant(&node.op), node.shape),
        Visit::Enter(looped) => format!("{} times", looped.steps),
        Visit::Leave(_) => "end".to_owned(),
    };
    let parts: Vec<String> = net.walk().map(part).collect();
    let params: Vec<(&[usize], bool)> = net.params.iter().map(|param| (&*param.shape, param.trained())).collect();
    let optimizer = recipe.settings.train.call("optimizer");
    let remembered = optimizers::remembered(optimizer);
    let (callee, precision) = (optimizer.callee, recipe.precision());
    format!("{parts:?} {params:?} {} {callee} {remembered} {precision:?} {fuses} {batch}", net.penalties.len())
}

/// Measures how long a net takes, on made-up images: steps of training with as many images as a run's, and answers.
///
/// # Errors
/// If there is no room in memory for it, or the device fails.
pub fn pace(overrides: &Overrides, classes: usize, opened: &Opened, images: usize) -> Result<Pace, TrainError> {
    let recipe = compiled(overrides, classes)?;
    let fuses = overrides.fuse.unwrap_or(true);
    if opened.on_cpu() {
        memory_need::check_training(&recipe, fuses, images)?;
    }
    let device = opened.device.clone().autodiff();
    let model = recipe.initial(&device);
    let mut model = if fuses { model.fused() } else { model };
    let mut rule = optimizer::build(recipe.settings.train.call("optimizer"), &opened.device);
    let mut phases = Phases::new(&recipe.net, &recipe.settings);
    let smoothing = recipe.settings.train.real("label_smoothing") as f32;
    let batch = made_up(&recipe, images);
    let step = timed(|| {
        let (labels, answers) = (batch.labels.clone(), evaluate::labels(&batch, &device));
        let shown = evaluate::images(batch.clone(), &model, &device);
        let mut judgement = model.judge(shown, Answers { labels: &labels, smoothing }, 0);
        let right = evaluate::right(judgement.forward.logits(), answers);
        let asked = Transaction::default().register(judgement.total()).register(right);
        let gradients = judgement.gradients(&model, 1.0);
        let sums = gradients.iter().flat_map(|gradients| model.gradient_sums(gradients));
        numbers(sums.fold(asked, Transaction::register))?;
        let now = model.clone();
        let moved = match gradients {
            Some(gradients) => rule.step(now, gradients, &mut phases)?,
            None => now,
        };
        model = moved.absorb(judgement.statistics);
        Ok(())
    })?;
    let model = model.valid();
    let answer = timed(|| {
        let forward = model.forward(evaluate::images(batch.clone(), &model, &opened.device));
        let asked = evaluate::right(forward.logits(), evaluate::labels(&batch, &opened.device));
        numbers(Transaction::default().register(asked)).map(drop)?;
        Ok(())
    })?;
    Ok(Pace { step, answer })
}

/// Images of a brightness that rises and falls, with a class each.
fn made_up(recipe: &Recipe, images: usize) -> Batch {
    let [channels, height, width] = recipe.net.input.1;
    let values = images * channels * height * width;
    let classes = recipe.net.classes.max(1);
    Batch {
        images: (0..values).map(|n| (n * 37 % 101) as f32 / 100.0).collect(),
        labels: (0..images).map(|n| n % classes).collect(),
        shape: [images, channels, height, width],
    }
}

/// Seconds of one turn: the mean of as many as a short while has room for, behind a first one that prepares what others have.
fn timed(mut turn: impl FnMut() -> Result<(), TrainError>) -> Result<f64, TrainError> {
    let began = Instant::now();
    turn()?;
    let first = began.elapsed();
    if first >= LONG_STEP {
        return Ok(first.as_secs_f64());
    }
    let (began, mut turns) = (Instant::now(), 0);
    while turns < 2 || began.elapsed() < LONG_ENOUGH {
        turn()?;
        turns += 1;
    }
    Ok(began.elapsed().as_secs_f64() / f64::from(turns))
}
