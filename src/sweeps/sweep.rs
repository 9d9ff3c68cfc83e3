//! A sweep as it is written: grids of alternatives, whose points are jobs.

use super::clusters::Cluster;
use super::clusters::needs::Needs;
use super::draws::{ALONE, Distribution};
use super::file::Layout;
use super::place::Place;
use super::values;
use crate::train::{Overrides, TrainError, files};
use lcnnc_lang::front::const_texts::const_texts;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Jobs of one sweep.
pub const MOST_JOBS: usize = 100_000;
/// The name that a seed has among the values of a job.
pub const SEED: &str = "seed";
/// The setting that is the share of images held out.
pub const VALIDATION: &str = "validation";
/// Why validation does not choose it.
pub const SHARE_BY_ITSELF: &str = "validation does not choose `validation`, the share of images that it chooses by: its accuracies are those of other \
                                   images for each share; leave `validation` out of the choice";

/// A sweep.
#[derive(Clone, Debug, Default)]
pub struct Sweep {
    /// The file that says it; none where flags do.
    pub file: Option<PathBuf>,
    /// What it is about, in a line.
    pub about: Option<String>,
    /// What all jobs have in common.
    pub base: Overrides,
    /// How many seeds every point is trained with.
    pub seeds: usize,
    /// The first of them.
    pub first_seed: u64,
    /// Names whose values are chosen by the mean validation accuracy over the seeds, among points that are else the same.
    pub choose: Vec<String>,
    /// The grids; all of their points together are the sweep.
    pub grids: Vec<Grid>,
    /// How many joint draws stand for the names with a distribution, and what they are drawn from.
    pub draws: usize,
    /// The seed of the draws.
    pub draw_seed: u64,
    /// How its results are laid out as a table.
    pub table: Option<Layout>,
    /// What each job needs of a cluster.
    pub needs: BTreeMap<Cluster, Needs>,
}

/// Every combination of some alternatives.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// What the points of the grid are called in tables, where the file says it.
    pub row: Option<String>,
    /// The names and their alternatives, in the order in which they are written.
    pub axes: Vec<Axis>,
}

/// A name and its alternatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The name, see [`Place`].
    pub name: String,
    /// What it may be.
    pub alternatives: Alternatives,
}

/// What a name may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Alternatives {
    /// Each of some values.
    Each(Vec<String>),
    /// As many values as the sweep draws.
    Drawn(Distribution),
}

/// One point of a grid with one seed: the value of every name, in order.
#[derive(Clone, Debug)]
pub struct Point {
    /// What it is called in tables.
    pub row: Option<String>,
    /// Names and values; the seed comes last.
    pub values: Vec<(String, String)>,
    /// What is trained.
    pub over: Overrides,
}

impl Axis {
    /// The alternatives of a text, as `--over` has them.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn read(name: &str, text: &str) -> Result<Self, String> {
        let parts = values::parts(text)?;
        if let [_, _, ..] = parts[..]
            && let Some(drawn) = parts.iter().find(|part| Distribution::read(part).is_some())
        {
            return Err(format!("`{}` beside other values: {ALONE}", drawn.trim()));
        }
        let alternatives = match Distribution::read(text) {
            Some(drawn) => Alternatives::Drawn(drawn?),
            None => Alternatives::Each(values::alternatives(text)?),
        };
        Ok(Self { name: name.to_owned(), alternatives })
    }
}

/// The names of the consts of specs; each spec is read once.
#[derive(Default)]
pub(super) struct Consts(BTreeMap<PathBuf, Vec<String>>);

impl Consts {
    pub(super) fn of(&mut self, spec: Option<&Path>) -> Result<&[String], TrainError> {
        let spec = spec.ok_or(TrainError::NoSpec)?;
        if !self.0.contains_key(spec) {
            let text = files::source(spec)?.text;
            self.0.insert(spec.to_owned(), const_texts(&text).into_iter().map(|(name, _)| name).collect());
        }
        Ok(self.0.get(spec).map_or(&[], Vec::as_slice))
    }
}

impl Sweep {
    /// Every job of the sweep, in the order of the grids, the last name of each varying fastest but for the seed.
    ///
    /// # Errors
    /// If a name means nothing, a value is none of its name, a point comes twice, or there are too many.
    pub fn points(&self) -> Result<Vec<Point>, TrainError> {
        let (mut points, mut consts) = (Vec::new(), Consts::default());
        for grid in &self.grids {
            for values in self.combinations(grid)? {
                let over = self.overrides(&values, &mut consts)?;
                for seed in (self.first_seed..).take(self.seeds) {
                    let mut over = over.clone();
                    let seed = seed.to_string();
                    let target = Place::of(SEED, &[]).map_err(refused)?;
                    target.put(SEED, &seed, "--seeds", &mut over).map_err(refused)?;
                    let values = values.iter().cloned().chain([(SEED.to_owned(), seed)]).collect();
                    points.push(Point { row: grid.row.clone(), values, over });
                }
            }
        }
        Ok(points)
    }

    /// The values of a grid's names at each of its points.
    fn combinations(&self, grid: &Grid) -> Result<Vec<Vec<(String, String)>>, TrainError> {
        let drawn = grid.axes.iter().any(|axis| matches!(axis.alternatives, Alternatives::Drawn(_)));
        let draws = if drawn { self.draws } else { 1 };
        if draws == 0 {
            return Err(refused("a distribution is drawn from: say how many times, as in `--draws 20`".to_owned()));
        }
        let each = |axis: &Axis| match &axis.alternatives {
            Alternatives::Each(values) => values.len(),
            Alternatives::Drawn(_) => 1,
        };
        let count = grid.axes.iter().map(each).chain([draws, self.seeds]).fold(1_usize, usize::saturating_mul);
        if count > MOST_JOBS {
            return Err(refused(format!("the sweep has {count} jobs, and at most {MOST_JOBS} are taken")));
        }
        let mut all: Vec<Vec<(String, String)>> = vec![Vec::new()];
        for axis in &grid.axes {
            let Alternatives::Each(values) = &axis.alternatives else { continue };
            let with = |point: &Vec<(String, String)>| {
                let point = point.clone();
                values.iter().map(move |value| [point.clone(), vec![(axis.name.clone(), value.clone())]].concat())
            };
            all = all.iter().flat_map(with).collect();
        }
        if !drawn {
            return Ok(all);
        }
        let columns: Vec<(&str, Vec<String>)> = grid
            .axes
            .iter()
            .filter_map(|axis| match axis.alternatives {
                Alternatives::Drawn(from) => Some((axis.name.as_str(), from.values(&axis.name, self.draw_seed, draws))),
                Alternatives::Each(_) => None,
            })
            .collect();
        if let Some((name, values)) = columns.iter().find(|(_, values)| values.len() < draws) {
            let found = values.len();
            return Err(refused(format!(
                "`{name}` has only {found} different values of six digits within its ends: draw fewer than {draws}, or move the ends apart"
            )));
        }
        let draw = |n: usize| columns.iter().map(move |(name, values)| ((*name).to_owned(), values[n].clone()));
        Ok(all.iter().flat_map(|point| (0..draws).map(|n| point.iter().cloned().chain(draw(n)).collect())).collect())
    }

    /// What all jobs have in common, with the values of a point.
    pub(super) fn overrides(&self, values: &[(String, String)], consts: &mut Consts) -> Result<Overrides, TrainError> {
        let mut over = self.base.clone();
        // The spec first: it says which consts there are.
        for is_spec in [true, false] {
            for (name, value) in values.iter().filter(|(name, _)| (name == "spec") == is_spec) {
                let known = if is_spec { &[] } else { consts.of(over.spec.as_deref())? };
                let place = Place::of(name, known).map_err(refused)?;
                place.put(name, value, &origin(self.file.as_deref(), name), &mut over).map_err(refused)?;
            }
        }
        Ok(over)
    }
}

/// Where the value of a name is from, in the words of a message.
pub(super) fn origin(file: Option<&Path>, name: &str) -> String {
    match file {
        Some(file) => format!("`{name}` in {}", file.display()),
        None => format!("--over {name}"),
    }
}

pub(super) fn refused(reason: String) -> TrainError {
    TrainError::Sweep { reason }
}
