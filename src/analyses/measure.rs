//! The numbers that an analysis comes to, by which runs are compared.

use super::moments::mean_and_sd;
use super::{Cell, Column, Table};
use std::collections::BTreeMap;

/// One number that an analysis comes to.
#[derive(Clone, Debug)]
pub struct Measure {
    /// The value or the bundle that it is of, as in `O` or `W_L`.
    pub of: String,
    /// The place at which the quantity was measured: a step or the weights of a time, as in `step 3` or `best weights`. It is empty for a
    /// quantity that has one place alone.
    pub at: String,
    /// The name of the quantity, with its unit if it has one.
    pub quantity: &'static str,
    /// The number that was measured.
    pub value: f64,
}

impl Measure {
    /// Notes a quantity of a value or bundle, measured at a place.
    pub fn new(of: impl Into<String>, at: impl Into<String>, quantity: &'static str, value: f64) -> Self {
        Self { of: of.into(), at: at.into(), quantity, value }
    }
}

/// The measures of one analysis of one run.
pub struct Measured<'a> {
    /// The name of the analysis.
    pub analysis: &'static str,
    /// The folder of the run.
    pub run: &'a str,
    /// The name of the run's group; runs that differ in their seed alone are one group.
    pub group: &'a str,
    /// The numbers that the analysis gave.
    pub measures: &'a [Measure],
}

const ANALYSIS: Column = Column { name: "analysis", about: "the analysis" };
const OF: Column = Column { name: "of", about: "the value or the bundle, as in `O` or `W_L`" };
const AT: Column =
    Column { name: "at", about: "the step, the weights or the threshold, as in `step 3` or `best weights`" };
const QUANTITY: Column = Column { name: "quantity", about: "what is measured, with its unit if it has one" };

/// The columns of the table of every measure.
pub const SUMMARY: &[Column] = &[
    Column { name: "run", about: "the folder of the run" },
    Column { name: "group", about: "what distinguishes the run, but for its seed" },
    ANALYSIS,
    OF,
    AT,
    QUANTITY,
    Column { name: "value", about: "the number" },
];

/// The columns of the table of means.
pub const MEANS: &[Column] = &[
    Column { name: "group", about: "what distinguishes the runs, but for their seeds" },
    ANALYSIS,
    OF,
    AT,
    QUANTITY,
    Column { name: "mean", about: "mean over the runs of the group" },
    Column { name: "sd", about: "standard deviation over them (divided by their number less 1); empty for one run" },
    Column { name: "minimum", about: "the smallest" },
    Column { name: "maximum", about: "the largest" },
    Column { name: "runs", about: "how many runs of the group have it" },
];

/// A row for every measure of every run.
pub fn summary(all: &[Measured]) -> Table {
    let mut rows = Vec::new();
    for Measured { analysis, run, group, measures } in all {
        for Measure { of, at, quantity, value } in *measures {
            let names = [run, group, analysis, of.as_str(), at, quantity].map(|text| Cell::Text(text.to_owned()));
            rows.push(names.into_iter().chain([Cell::Number(*value)]).collect());
        }
    }
    Table { columns: SUMMARY, rows }
}

/// One measure, as in [`Measure`], of all runs of a group that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Mean {
    /// The name of the group.
    pub group: String,
    /// The name of the analysis.
    pub analysis: &'static str,
    /// The value or the bundle that is measured, as in `O` or `W_L`.
    pub of: String,
    /// The place at which it is measured, as in `step 3`.
    pub at: String,
    /// The name of the quantity, with its unit if it has one.
    pub quantity: &'static str,
    /// The number of each run.
    pub values: Vec<f64>,
}

impl Mean {
    /// The mean, and the standard deviation where there is more than one run.
    pub fn mean_and_sd(&self) -> (f64, Option<f64>) {
        let [mean, sd] = mean_and_sd(&self.values);
        (mean, (self.values.len() > 1).then_some(sd))
    }
}

/// The steps of a place, as in `step 3`, by which places are ordered; none for another kind of place.
pub fn steps(place: &str) -> Option<Vec<usize>> {
    place.strip_prefix("step ")?.split('@').map(|step| step.parse().ok()).collect()
}

/// Brings the means of each quantity into the order of their steps: a run that has nothing at a step has them in another one.
fn by_step(means: Vec<Mean>) -> Vec<Mean> {
    let key = |mean: &Mean| (mean.group.clone(), mean.analysis, mean.of.clone(), mean.quantity);
    let mut places: BTreeMap<(String, &str, String, &str), Vec<usize>> = BTreeMap::new();
    for (n, mean) in means.iter().enumerate().filter(|(_, mean)| steps(&mean.at).is_some()) {
        places.entry(key(mean)).or_default().push(n);
    }
    let mut order: Vec<usize> = (0..means.len()).collect();
    for places in places.into_values() {
        let mut sorted = places.clone();
        sorted.sort_by_key(|n| steps(&means[*n].at));
        places.iter().zip(sorted).for_each(|(place, n)| order[*place] = n);
    }
    order.into_iter().map(|n| means[n].clone()).collect()
}

/// The means, in the order in which their measures first come up, and of one quantity in the order of steps.
pub fn means(all: &[Measured]) -> Vec<Mean> {
    let mut means: Vec<Mean> = Vec::new();
    for Measured { analysis, group, measures, .. } in all {
        for Measure { of, at, quantity, value } in *measures {
            let is_it = |it: &&mut Mean| {
                (it.group.as_str(), it.analysis, it.of.as_str(), it.at.as_str(), it.quantity)
                    == (*group, *analysis, of.as_str(), at.as_str(), *quantity)
            };
            match means.iter_mut().find(is_it) {
                Some(mean) => mean.values.push(*value),
                None => means.push(Mean {
                    group: (*group).to_owned(),
                    analysis,
                    of: of.clone(),
                    at: at.clone(),
                    quantity,
                    values: vec![*value],
                }),
            }
        }
    }
    by_step(means)
}

/// The means as a table.
pub fn table(means: &[Mean]) -> Table {
    let row = |mean: &Mean| {
        let names = [mean.group.as_str(), mean.analysis, &mean.of, &mean.at, mean.quantity];
        let (middle, sd) = mean.mean_and_sd();
        let [minimum, maximum] = [f64::min as fn(f64, f64) -> f64, f64::max]
            .map(|than| mean.values.iter().copied().reduce(than).map_or(Cell::Absent, Cell::Number));
        let numbers = [Cell::Number(middle), sd.map_or(Cell::Absent, Cell::Number), minimum, maximum];
        let names = names.map(|text| Cell::Text(text.to_owned()));
        names.into_iter().chain(numbers).chain([Cell::Count(mean.values.len())]).collect()
    };
    Table { columns: MEANS, rows: means.iter().map(row).collect() }
}
