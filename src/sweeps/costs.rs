//! What the jobs of a sweep cost, before any of them begins.

use super::sweep::SEED;
use crate::back::burn::Opened;
use crate::data::DataSet;
use crate::train::{Clock, Overrides, Pace, RunCost, Span, TrainError, data_of, duration, held_memory, pace};
use lcnnc_lang::ir::cost::{bytes, scaled};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Settings whose values change neither what a run computes nor what it keeps: jobs that differ in them alone cost the same.
const RATES: [&str; 9] =
    [SEED, "lr", "weight_decay", "beta1", "beta2", "epsilon", "schedule", "warmup", "label_smoothing"];
/// Nets that are measured at most, those of most jobs first; of the others the time is told by their multiply-adds.
const MOST_MEASURED: usize = 12;

/// Why a job has no cost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// In two words, as in `no data`.
    pub brief: &'static str,
    /// All that is wrong.
    pub text: String,
}

impl Problem {
    fn new(error: &TrainError) -> Self {
        let brief = if matches!(error, TrainError::Data(_)) { "no data" } else { "cannot run" };
        Self { brief, text: error.to_string().trim_end().to_owned() }
    }
}

/// A data set that was read.
struct Loaded {
    data: DataSet,
    /// How long it takes to be there.
    time: Span,
    /// Bytes that a process holds with it.
    held: u128,
}

/// A data set, or why there is none.
type Data = Result<Loaded, Problem>;

/// The costs of the jobs of a sweep.
#[derive(Clone, Debug, Default)]
pub struct Costs {
    /// What different jobs cost, or why that cannot be told.
    kinds: Vec<Result<KindCost, Problem>>,
    /// The kind of each job.
    of: Vec<usize>,
    /// How long nets take that were measured, by what their steps have in common.
    measured: BTreeMap<String, Result<Pace, Problem>>,
}

/// What a job costs.
#[derive(Clone, Debug)]
struct KindCost {
    run: RunCost,
    /// How long its data take.
    data: Span,
    /// Bytes that its process holds with its data, and with no other.
    held: u128,
}

/// What one job costs.
#[derive(Clone, Debug)]
pub struct JobCost<'a> {
    /// All but the time, or why that cannot be told.
    pub cost: Result<&'a RunCost, &'a Problem>,
    /// The time, and whether its net was measured; none where it cannot be told.
    pub time: Option<(Span, bool)>,
    /// Bytes of memory at its height, about; none on a device of its own.
    pub memory: Option<u128>,
}

impl Costs {
    /// The costs of jobs, each with so many threads. With `measures`, steps of their nets are measured here and now.
    ///
    /// # Errors
    /// If the device cannot be had, or threads cannot be started.
    pub fn of(jobs: &[Overrides], threads: usize, measures: bool) -> Result<Self, TrainError> {
        let Some(first) = jobs.first() else { return Ok(Self::default()) };
        let opened = first.device.unwrap_or_default().open()?;
        let (mut known, mut kinds, mut of) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut data: BTreeMap<Option<String>, Data> = BTreeMap::new();
        let bare = held_memory().unwrap_or_default();
        for job in jobs {
            data.entry(job.dataset.clone()).or_insert_with(|| loaded(job, bare));
            let kind = *known.entry(without_rates(job)).or_insert_with(|| {
                kinds.push(job);
                kinds.len() - 1
            });
            of.push(kind);
        }
        let price = |job: &&Overrides| -> Result<KindCost, Problem> {
            let Loaded { data, time, held } = of_job(&data, job)?;
            let run = RunCost::of(job, data, &opened, threads).map_err(|error| Problem::new(&error))?;
            Ok(KindCost { run, data: *time, held: *held })
        };
        let mut costs = Self { kinds: kinds.par_iter().map(price).collect(), of, measured: BTreeMap::new() };
        if measures {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build();
            let pool = pool.map_err(|error| TrainError::Threads { threads, reason: error.to_string() })?;
            for (kind, images) in costs.most_common().into_iter().take(MOST_MEASURED) {
                let job = kinds[kind];
                let Ok(Loaded { data, .. }) = of_job(&data, job) else { continue };
                let pace = pool.install(|| measured(job, data, &opened, images));
                if let Ok(cost) = &costs.kinds[kind] {
                    costs.measured.insert(cost.run.like.clone(), pace);
                }
            }
        }
        Ok(costs)
    }

    /// What a job costs, by its number.
    pub fn job(&self, index: usize) -> JobCost<'_> {
        match &self.kinds[self.of[index]] {
            Err(problem) => JobCost { cost: Err(problem), time: None, memory: None },
            Ok(KindCost { run, data, held }) => {
                let time = match self.measured.get(&run.like) {
                    Some(pace) => pace.as_ref().ok().map(|pace| (*data + run.time(*pace), true)),
                    None => self.by_arithmetic(run).map(|time| (*data + time, false)),
                };
                JobCost { cost: Ok(run), time, memory: run.memory.map(|bytes| bytes + held) }
            }
        }
    }

    /// The time by the pace of that measured net whose multiply-adds are nearest.
    fn by_arithmetic(&self, cost: &RunCost) -> Option<Span> {
        let work = |cost: &RunCost| (cost.multiply_adds * cost.batch as u128).max(1) as f64;
        let others = self.kinds.iter().flatten().filter_map(|KindCost { run: other, .. }| {
            let pace = self.measured.get(&other.like)?.as_ref().ok()?;
            Some((work(cost) / work(other), pace))
        });
        let (times, pace) = others.min_by(|(a, _), (b, _)| a.ln().abs().total_cmp(&b.ln().abs()))?;
        Some(cost.time(Pace { step: pace.step * times, answer: pace.answer * times, ..*pace }))
    }

    /// How many nets were measured, and how many there are.
    pub fn nets(&self) -> [usize; 2] {
        let all: BTreeSet<&str> = self.kinds.iter().flatten().map(|cost| cost.run.like.as_str()).collect();
        [self.measured.values().flatten().count(), all.len()]
    }

    /// Why jobs have no cost, or no time, each reason once, with the numbers of the jobs that it holds for.
    pub fn problems(&self) -> Vec<(&Problem, Vec<usize>)> {
        let mut all: BTreeMap<&Problem, Vec<usize>> = BTreeMap::new();
        for (index, kind) in self.of.iter().enumerate() {
            let problem = match &self.kinds[*kind] {
                Err(problem) => Some(problem),
                Ok(cost) => self.measured.get(&cost.run.like).and_then(|pace| pace.as_ref().err()),
            };
            if let Some(problem) = problem {
                all.entry(problem).or_default().push(index);
            }
        }
        all.into_iter().collect()
    }

    /// Of the kinds whose steps take as long as one another the first one, with the images of a step, those of most jobs first.
    fn most_common(&self) -> Vec<(usize, usize)> {
        let mut jobs = vec![0_usize; self.kinds.len()];
        self.of.iter().for_each(|kind| jobs[*kind] += 1);
        let mut like: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
        for (n, kind) in self.kinds.iter().enumerate() {
            if let Ok(KindCost { run, .. }) = kind {
                like.entry(&run.like).or_insert((0, n, run.batch)).0 += jobs[n];
            }
        }
        let mut all: Vec<(usize, usize, usize)> = like.into_values().collect();
        all.sort_by_key(|(jobs, first, _)| (std::cmp::Reverse(*jobs), *first));
        all.into_iter().map(|(_, first, images)| (first, images)).collect()
    }
}

impl JobCost<'_> {
    /// Multiply-adds of the forward pass of an image, time, memory and disk, in words.
    pub fn words(&self) -> [String; 4] {
        let Ok(cost) = self.cost else {
            let brief = self.cost.err().map_or("", |problem| problem.brief).to_owned();
            return ["-".to_owned(), brief, "-".to_owned(), "-".to_owned()];
        };
        let time = match self.time {
            Some((time, true)) => said(time.clock),
            Some((time, false)) => format!("~{}", said(time.clock)),
            None => "not known".to_owned(),
        };
        [scaled(cost.multiply_adds), time, self.memory.map_or("-".to_owned(), bytes), bytes(cost.disk)]
    }
}

/// Seconds in words.
pub fn said(seconds: f64) -> String {
    duration(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// Reads the data set of a job, beside others that may be there. `bare` are the bytes that the process held before it read any.
fn loaded(job: &Overrides, bare: u64) -> Data {
    let (clock, before) = (Clock::now(), held_memory().unwrap_or_default());
    let data = data_of(job).map_err(|error| Problem::new(&error))?;
    let (time, after) = (clock.elapsed(), held_memory().unwrap_or_default());
    // Memory that earlier sets have let go of is used once more, and does not grow.
    let images = data.train.size_in_memory() + data.test.size_in_memory();
    let grown = u128::from(after.saturating_sub(before)).max(images as u128);
    Ok(Loaded { data, time, held: u128::from(bare) + grown })
}

fn of_job<'a>(all: &'a BTreeMap<Option<String>, Data>, job: &Overrides) -> Result<&'a Loaded, Problem> {
    let none = || Problem { brief: "no data", text: String::new() };
    all.get(&job.dataset).ok_or_else(none)?.as_ref().map_err(Clone::clone)
}

fn measured(job: &Overrides, data: &DataSet, opened: &Opened, images: usize) -> Result<Pace, Problem> {
    pace(job, data, opened, images).map_err(|error| Problem::new(&error))
}

/// What distinguishes jobs that may cost something else.
fn without_rates(job: &Overrides) -> String {
    let mut kept = job.clone();
    kept.settings.retain(|setting| !RATES.contains(&setting.target.name()));
    kept.words().join("\0")
}
