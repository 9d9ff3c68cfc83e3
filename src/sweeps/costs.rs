//! What the jobs of a sweep cost, before any of them begins.

use super::sweep::SEED;
use crate::back::burn::Opened;
use crate::data::DataSet;
use crate::train::{Overrides, Pace, RunCost, TrainError, data_of, pace};
use lcnnc_lang::ir::cost::{bytes, scaled};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// Settings whose values change neither what a run computes nor what it keeps: jobs that differ in them alone cost the same.
const RATES: [&str; 9] =
    [SEED, "lr", "weight_decay", "beta1", "beta2", "epsilon", "schedule", "warmup", "label_smoothing"];
/// Nets that are measured at most, those of most jobs first; of the others the time is told by their multiply-adds.
const MOST_MEASURED: usize = 12;

/// The costs of the jobs of a sweep.
#[derive(Clone, Debug, Default)]
pub struct Costs {
    /// What different jobs cost, or why that cannot be told.
    kinds: Vec<Result<RunCost, String>>,
    /// The kind of each job.
    of: Vec<usize>,
    /// How long nets take that were measured, by what their steps have in common.
    measured: BTreeMap<String, Result<Pace, String>>,
}

/// What one job costs.
#[derive(Clone, Debug)]
pub struct JobCost<'a> {
    /// All but the time, or why that cannot be told.
    pub cost: Result<&'a RunCost, &'a str>,
    /// The time, and whether its net was measured; or why it cannot be told.
    pub time: Result<(Duration, bool), String>,
}

impl Costs {
    /// The costs of jobs, each with so many threads; steps of their nets are measured here and now.
    ///
    /// # Errors
    /// If the device cannot be had, or threads cannot be started.
    pub fn of(jobs: &[Overrides], threads: usize) -> Result<Self, TrainError> {
        let Some(first) = jobs.first() else { return Ok(Self::default()) };
        let opened = first.device.unwrap_or_default().open()?;
        let (mut known, mut kinds, mut of) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut data: BTreeMap<Option<String>, Result<DataSet, String>> = BTreeMap::new();
        for job in jobs {
            data.entry(job.dataset.clone()).or_insert_with(|| data_of(job).map_err(|error| first_line(&error)));
            let kind = *known.entry(without_rates(job)).or_insert_with(|| {
                kinds.push(job);
                kinds.len() - 1
            });
            of.push(kind);
        }
        let price = |job: &&Overrides| -> Result<RunCost, String> {
            let data = data.get(&job.dataset).ok_or("no data set")?.as_ref().map_err(|missing| missing.clone())?;
            RunCost::of(job, data, &opened, threads).map_err(|error| first_line(&error))
        };
        let costs: Vec<Result<RunCost, String>> = kinds.par_iter().map(price).collect();
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| TrainError::Threads { threads, reason: error.to_string() })?;
        let like = most_common(&costs, &of);
        let measured = like.into_iter().take(MOST_MEASURED).map(|kind| {
            let (job, cost) = (kinds[kind], &costs[kind]);
            let classes = data.get(&job.dataset).and_then(|data| data.as_ref().ok()).map_or(0, |it| it.classes.len());
            let (like, images) = cost.as_ref().map_or((String::new(), 0), |cost| (cost.like.clone(), cost.batch));
            let pace = pool.install(|| measured(job, classes, &opened, images));
            (like, pace)
        });
        let measured = measured.collect();
        Ok(Self { kinds: costs, of, measured })
    }

    /// What a job costs, by its number.
    pub fn job(&self, index: usize) -> JobCost<'_> {
        let cost = match &self.kinds[self.of[index]] {
            Ok(cost) => cost,
            Err(problem) => return JobCost { cost: Err(problem), time: Err(problem.clone()) },
        };
        let time = match self.measured.get(&cost.like) {
            Some(Ok(pace)) => Ok((cost.seconds(*pace), true)),
            Some(Err(problem)) => Err(problem.clone()),
            None => self.by_arithmetic(cost).map(|seconds| (seconds, false)),
        };
        let time = time.map(|(seconds, is_measured)| (Duration::from_secs_f64(seconds), is_measured));
        JobCost { cost: Ok(cost), time }
    }

    /// Seconds by the pace of that measured net whose multiply-adds are nearest.
    fn by_arithmetic(&self, cost: &RunCost) -> Result<f64, String> {
        let work = |cost: &RunCost| (cost.multiply_adds * cost.batch as u128).max(1) as f64;
        let others = self.kinds.iter().flatten().filter_map(|other| {
            let pace = self.measured.get(&other.like)?.as_ref().ok()?;
            Some((work(cost) / work(other), pace))
        });
        let nearest = others.min_by(|(a, _), (b, _)| a.ln().abs().total_cmp(&b.ln().abs()));
        let (times, pace) = nearest.ok_or("no net could be measured")?;
        Ok(cost.seconds(Pace { step: pace.step * times, answer: pace.answer * times }))
    }

    /// How many nets were measured, and how many there are.
    pub fn nets(&self) -> [usize; 2] {
        let all: std::collections::BTreeSet<&str> =
            self.kinds.iter().flatten().map(|cost| cost.like.as_str()).collect();
        [self.measured.values().flatten().count(), all.len()]
    }

    /// Why jobs have no time, each reason once.
    pub fn problems(&self) -> Vec<&str> {
        let failed = self.measured.values().filter_map(|pace| pace.as_ref().err());
        let mut all: Vec<&str> =
            self.kinds.iter().filter_map(|kind| kind.as_ref().err()).chain(failed).map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl JobCost<'_> {
    /// Multiply-adds of the forward pass of an image, time, memory and disk, in words.
    pub fn words(&self) -> [String; 4] {
        let time = match &self.time {
            Ok((time, true)) => crate::train::duration(*time),
            Ok((time, false)) => format!("~{}", crate::train::duration(*time)),
            Err(_) => "no time".to_owned(),
        };
        match self.cost {
            Ok(cost) => [scaled(cost.multiply_adds), time, cost.memory.map_or("-".to_owned(), bytes), bytes(cost.disk)],
            Err(_) => ["-".to_owned(), "cannot run".to_owned(), "-".to_owned(), "-".to_owned()],
        }
    }
}

fn measured(job: &Overrides, classes: usize, opened: &Opened, images: usize) -> Result<Pace, String> {
    pace(job, classes, opened, images).map_err(|error| first_line(&error))
}

/// What distinguishes jobs that may cost something else.
fn without_rates(job: &Overrides) -> String {
    let mut kept = job.clone();
    kept.settings.retain(|setting| !RATES.contains(&setting.target.name()));
    kept.words().join("\0")
}

/// Of the kinds whose steps take as long as one another the first one, those of most jobs first.
fn most_common(kinds: &[Result<RunCost, String>], of: &[usize]) -> Vec<usize> {
    let mut jobs = vec![0_usize; kinds.len()];
    of.iter().for_each(|kind| jobs[*kind] += 1);
    let mut like: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (n, kind) in kinds.iter().enumerate() {
        if let Ok(cost) = kind {
            like.entry(&cost.like).or_insert((0, n)).0 += jobs[n];
        }
    }
    let mut all: Vec<(usize, usize)> = like.into_values().collect();
    all.sort_by_key(|(jobs, first)| (std::cmp::Reverse(*jobs), *first));
    all.into_iter().map(|(_, first)| first).collect()
}

/// The first line of a message: it stands below a table.
fn first_line(error: &TrainError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
