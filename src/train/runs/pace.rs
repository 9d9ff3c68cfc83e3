//! How long a net takes, measured here and now: steps of training and answers, with the images of the run's own data set as its loader
//! makes them ready.

use crate::back::burn::{Answers, Gradients, Opened, numbers};
use crate::data::loader::{Batch, Feed, Loader};
use crate::data::split::Split;
use crate::data::{DataError, DataSet};
use crate::train::fit::{evaluate, optimizer};
use crate::train::phases::Phases;
use crate::train::reading_meter::ReadingMeter;
use crate::train::runs::memory_need;
use crate::train::{Overrides, Recipe, TrainError, files};
use burn::module::Module;
use burn::tensor::Transaction;
use std::iter::Sum;
use std::ops::{Add, Mul};
use std::time::{Duration, Instant};

/// How long steps of one net are measured, at least two of them.
const LONG_ENOUGH: Duration = Duration::from_millis(300);
/// A first step that takes so long is measured itself: what a first step prepares is little of it.
const LONG_STEP: Duration = Duration::from_millis(1000);
/// Steps before those that are measured: until then the loader's threads have batches ready that they made before.
const WARM: usize = 5;
/// Batches that a loader makes ready before it begins anew.
const BATCHES: usize = 400;
/// Training images that the numbers are measured on which a spec leaves to them: what they come to changes no time.
const MEASURED: usize = 256;

/// A time, in seconds: on the clock, and of all processors together, as far as that can be told.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span {
    /// Seconds on the clock.
    pub clock: f64,
    /// Seconds that processors were busy.
    pub busy: f64,
}

/// How long a net takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    /// What comes before the first step: the net is compiled, and a first step prepares what others have.
    pub begin: Span,
    /// A step, forward and backward.
    pub step: Span,
    /// The answers to as many images.
    pub answer: Span,
}

impl Add for Span {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { clock: self.clock + other.clock, busy: self.busy + other.busy }
    }
}

impl Mul<f64> for Span {
    type Output = Self;

    fn mul(self, times: f64) -> Self {
        Self { clock: self.clock * times, busy: self.busy * times }
    }
}

impl Sum for Span {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::default(), Add::add)
    }
}

/// Both clocks as they were at a moment.
pub struct Clock(Instant, f64);

impl Clock {
    /// The clocks as they are now.
    pub fn now() -> Self {
        Self(Instant::now(), busy())
    }

    /// How long ago that was.
    pub fn elapsed(&self) -> Span {
        Span { clock: self.0.elapsed().as_secs_f64(), busy: busy() - self.1 }
    }
}

/// Seconds that processors were busy with this process; 0 where that cannot be told.
#[cfg(unix)]
fn busy() -> f64 {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;
    let seconds = |time: nix::sys::time::TimeVal| time.num_microseconds() as f64 / 1e6;
    getrusage(UsageWho::RUSAGE_SELF).map_or(0.0, |usage| seconds(usage.user_time()) + seconds(usage.system_time()))
}

#[cfg(not(unix))]
fn busy() -> f64 {
    0.0
}

/// Measures how long a net takes for steps of so many images, each view counted, in as many threads as the pool has that this is called in.
///
/// # Errors
/// If there is no room in memory for it, an image cannot be had, or the device fails.
pub fn pace(overrides: &Overrides, data: &DataSet, opened: &Opened, images: usize) -> Result<Pace, TrainError> {
    let clock = Clock::now();
    let source = files::source(overrides.spec.as_deref().ok_or(TrainError::NoSpec)?)?;
    let recipe = Recipe::new(source.clone(), overrides, data.classes.len())?;
    let few = Split { train: (0..data.train.len().min(MEASURED)).collect(), validation: Vec::new() };
    let recipe = recipe.measured((&source, overrides), data, &few, &ReadingMeter::measuring())?;
    let fuses = overrides.fuse.unwrap_or(true);
    if opened.on_cpu() {
        memory_need::check_training(&recipe, fuses, images)?;
    }
    let device = opened.device.clone().autodiff();
    let model = recipe.initial(&device);
    let mut model = if fuses { model.fused() } else { model };
    let compiled = clock.elapsed();
    let mut rule = optimizer::build(recipe.settings.train.call("optimizer"), &opened.device);
    let mut phases = Phases::new(&recipe.net, &recipe.settings);
    let smoothing = recipe.settings.train.real("label_smoothing") as f32;
    let batch = (images / recipe.augmentations.views()).max(1);
    let feed = recipe.training_feed(&data.train, order(data.train.len(), batch), 1);
    let [first, step] = timed(Feed { batch, ..feed }, |batch| {
        let (labels, answers) = (batch.labels.clone(), evaluate::labels(&batch, &device));
        let shown = evaluate::images(batch, &model, &device);
        let mut judgement = model.judge(shown, Answers { labels: &labels, smoothing }, 0);
        let right = evaluate::right(judgement.forward.logits(), answers);
        let asked = Transaction::default().register(judgement.total()).register(right);
        let gradients = judgement.gradients(&model, 1.0);
        let sums = gradients.iter().flat_map(Gradients::sums);
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
    let feed = Feed { batch: images, ..recipe.feed(&data.test, order(data.test.len(), images)) };
    let [_, answer] =
        timed(feed, |batch| evaluate::of_batch(&model, &opened.device, batch, None, &mut None).map(drop))?;
    Ok(Pace { begin: compiled + first, step, answer })
}

/// The first images again and again, in whole batches.
fn order(images: usize, batch: usize) -> Vec<usize> {
    (0..images).cycle().take(batch * BATCHES).collect()
}

/// What the first turn takes beside a usual one, and a usual one: the mean of as many as a short while has room for.
fn timed(feed: Feed, mut turn: impl FnMut(Batch) -> Result<(), TrainError>) -> Result<[Span; 2], TrainError> {
    let mut loader = Loader::new(feed.clone())?;
    let mut one = || -> Result<(), TrainError> {
        let batch = match loader.next() {
            Some(batch) => batch?,
            None => {
                loader = Loader::new(feed.clone())?;
                loader.next().unwrap_or(Err(DataError::EmptyBatch))?
            }
        };
        turn(batch)
    };
    let clock = Clock::now();
    one()?;
    let first = clock.elapsed();
    if first.clock >= LONG_STEP.as_secs_f64() {
        return Ok([Span::default(), first]);
    }
    let is_over = |clock: &Clock| clock.elapsed().clock >= LONG_ENOUGH.as_secs_f64();
    let clock = Clock::now();
    for _ in 0..WARM {
        if !is_over(&clock) {
            one()?;
        }
    }
    let (clock, mut turns) = (Clock::now(), 0);
    while turns < 2 || !is_over(&clock) {
        one()?;
        turns += 1;
    }
    let usual = clock.elapsed() * (1.0 / f64::from(turns));
    let beside = first + usual * -1.0;
    Ok([Span { clock: beside.clock.max(0.0), busy: beside.busy.max(0.0) }, usual])
}
