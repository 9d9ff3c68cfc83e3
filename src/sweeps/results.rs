//! What a sweep comes to: its points with the accuracies of their seeds, and the points that validation chooses.

use super::file::ROW;
use super::plan::{Job, Plan};
use super::state::{Mark, State};
use super::sweep::SEED;
use super::unswept::Unswept;
use super::values::meaning;
use crate::analyses::moments::mean_and_sd;
use crate::train::Summary;
use std::collections::{BTreeMap, BTreeSet};

/// One point of a sweep with all its seeds.
#[derive(Clone, Debug, Default)]
pub struct PointResult {
    /// What its grid is called in tables.
    pub row: Option<String>,
    /// The value of every name, without the seed.
    pub values: BTreeMap<String, String>,
    /// What other names of the sweep are here, which its grid does not go over: as all jobs have them, or as the spec says.
    pub unswept: BTreeMap<String, String>,
    /// Jobs of the point, whatever became of them.
    pub jobs: usize,
    /// Their numbers.
    pub numbers: Vec<usize>,
    /// Validation accuracies, from 0 to 1, of the seeds that came to their end and had images held out.
    pub validation: Vec<f64>,
    /// Test accuracies, from 0 to 1, of the seeds that came to their end.
    pub test: Vec<f64>,
    /// The seeds that did not, each with the reason.
    pub problems: Vec<(String, String)>,
    /// Versions of lcnnc and checksums of data that the runs were made with.
    pub marks: Vec<Mark>,
}

impl PointResult {
    /// Names and values, as in `alpha 0.1, lr 1e-2`, but for those that are left out.
    pub fn title(&self, left_out: &[&str]) -> String {
        let named = self.values.iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
        named.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
    }

    /// What a name has at this point: the row of its grid, `all` where grids have none, or a value, if need be one that its grid does
    /// not go over.
    pub fn get(&self, name: &str) -> Option<&str> {
        match (self.values.get(name).or_else(|| self.unswept.get(name)), name == ROW) {
            (_, true) => Some(self.row.as_deref().unwrap_or("all")),
            (value, false) => value.map(String::as_str),
        }
    }

    /// Whether two points have different values of a name; two spellings of a value are one.
    pub fn differs(&self, other: &Self, name: &str) -> bool {
        self.get(name).map(meaning) != other.get(name).map(meaning)
    }

    /// Whether all of its seeds came to their end.
    pub fn is_complete(&self) -> bool {
        self.test.len() == self.jobs
    }

    /// Whether seeds came to their end, and none of them had images held out.
    pub fn is_unvalidated(&self) -> bool {
        !self.test.is_empty() && self.validation.is_empty()
    }

    /// Mean validation accuracy over the seeds.
    pub fn mean_validation(&self) -> Option<f64> {
        mean(&self.validation)
    }
}

/// The mean of some numbers, if there are any.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| mean_and_sd(values)[0])
}

/// Every point of a plan, in its order.
pub fn points(plan: &Plan, states: &[State]) -> Vec<PointResult> {
    let mut points: Vec<PointResult> = Vec::new();
    let mut known: BTreeMap<(Option<String>, BTreeMap<String, String>), usize> = BTreeMap::new();
    for (job, state) in plan.jobs.iter().zip(states) {
        let values: BTreeMap<String, String> = job
            .values
            .iter()
            .filter(|(name, _)| *name != SEED)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let rows = if job.rows.is_empty() { vec![None] } else { job.rows.iter().cloned().map(Some).collect() };
        for row in rows {
            let at = *known.entry((row.clone(), values.clone())).or_insert_with(|| {
                points.push(PointResult { row, values: values.clone(), ..PointResult::default() });
                points.len() - 1
            });
            add(&mut points[at], job, state);
        }
    }
    let names: BTreeSet<String> = points.iter().flat_map(|point| point.values.keys().cloned()).collect();
    let mut unswept = Unswept::default();
    for point in &mut points {
        let Some(job) = point.numbers.first().and_then(|number| plan.jobs.get(*number)) else { continue };
        for name in names.iter().filter(|name| !point.values.contains_key(*name)) {
            point.unswept.extend(unswept.value(plan, job, name).map(|value| (name.clone(), value)));
        }
    }
    points
}

fn add(point: &mut PointResult, job: &Job, state: &State) {
    point.jobs += 1;
    point.numbers.push(job.index);
    if let Some(Summary { validation_accuracy, test, .. }) = state.summary() {
        point.validation.extend(*validation_accuracy);
        point.test.push(test.accuracy);
    }
    point.problems.extend(state.problem().map(|problem| (job.seed().to_string(), problem)));
    for mark in state.marks() {
        if !point.marks.contains(&mark) {
            point.marks.push(mark);
        }
    }
}

/// A point that validation chose among others.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    /// The point.
    pub point: &'a PointResult,
    /// How many points it was chosen among, itself included.
    pub among: usize,
    /// Those of these that have seeds which failed or are not finished.
    pub open: Vec<&'a PointResult>,
    /// How many of these came to an end without images held out, so that validation says nothing of them.
    pub unvalidated: usize,
}

/// Of points that are the same but for some names, the one with the largest mean validation accuracy; of equal ones the first. A point
/// some of whose seeds did not come to their end is chosen only where every other one has such seeds too. Where no name is chosen, every
/// point.
pub fn chosen<'a>(points: &'a [PointResult], names: &[String]) -> Vec<Choice<'a>> {
    let mut best: Vec<Choice> = Vec::new();
    let mut places = BTreeMap::new();
    for point in points {
        let open = Some(point).filter(|point| !point.is_complete());
        let unvalidated = usize::from(point.is_unvalidated());
        let place = *places.entry(rest(point, names)).or_insert(best.len());
        match best.get_mut(place) {
            Some(choice) => {
                choice.among += 1;
                choice.open.extend(open);
                choice.unvalidated += unvalidated;
                let merit = |point: &PointResult| (point.is_complete(), point.mean_validation());
                if merit(point) > merit(choice.point) {
                    choice.point = point;
                }
            }
            None => best.push(Choice { point, among: 1, open: open.into_iter().collect(), unvalidated }),
        }
    }
    best
}

/// The row of a point and the values in force there, each as it is written shortest, but for those of some names.
fn rest<'a>(point: &'a PointResult, names: &[String]) -> (Option<&'a str>, Vec<(&'a str, String)>) {
    let row = point.row.as_deref().filter(|_| names.iter().all(|name| name != ROW));
    let values = point.values.iter().chain(&point.unswept).filter(|(name, _)| !names.contains(name));
    let mut values: Vec<(&str, String)> = values.map(|(name, value)| (name.as_str(), meaning(value))).collect();
    values.sort();
    (row, values)
}
