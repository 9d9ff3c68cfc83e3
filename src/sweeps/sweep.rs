//! A sweep as it is written: grids of alternatives, whose points are jobs.

use super::clusters::Cluster;
use super::clusters::needs::Needs;
use super::draws::{ALONE, Distribution};
use super::file::Layout;
use super::place::Place;
use super::values;
use crate::data::split::set_aside;
use crate::train::{Overrides, Recipe, TrainError, data_of, files};
use lcnnc_lang::DEFAULT_CLASSES;
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
struct Consts(BTreeMap<PathBuf, Vec<String>>);

impl Consts {
    fn of(&mut self, spec: Option<&Path>) -> Result<&[String], TrainError> {
        let spec = spec.ok_or(TrainError::NoSpec)?;
        if !self.0.contains_key(spec) {
            let text = files::source(spec)?.text;
            self.0.insert(spec.to_owned(), const_texts(&text).into_iter().map(|(name, _)| name).collect());
        }
        Ok(self.0.get(spec).map_or(&[], Vec::as_slice))
    }
}

/// What a sweep asks of a data set before the first job.
#[derive(Clone, Copy)]
struct Set {
    classes: usize,
    /// Images of the training half, and how many of them are a validation half of their own; none where the set cannot be had.
    images: Option<[usize; 2]>,
}

impl Set {
    /// How many images a share holds out for validation, where at most `limit` are used; nothing where the set cannot be had.
    fn held_out(&self, share: f64, limit: Option<usize>) -> Option<usize> {
        let [all, own] = self.images?;
        let used = all.saturating_sub(own).min(limit.unwrap_or(usize::MAX));
        Some(if own > 0 { own } else { set_aside(used, share) })
    }
}

/// Says that validation cannot choose the values of a name among jobs with these values.
fn nothing_held_out(name: &str, values: &[(String, String)]) -> String {
    let values: Vec<String> =
        values.iter().filter(|(other, _)| other != name).map(|(name, value)| format!("{name} {value}")).collect();
    let of = if values.is_empty() { "the jobs".to_owned() } else { format!("jobs with {}", values.join(", ")) };
    format!(
        "`--choose {name}`, or `choose` in the file: validation chooses by images that are held out, and {of} hold none out: give \
         `--setting validation=15%`, in the file `validation: 15%`, or leave the choice out"
    )
}

impl Sweep {
    /// The first name of a grid that validation chooses among several values of.
    fn chosen_in<'a>(&self, grid: &'a Grid) -> Option<&'a str> {
        let several = |axis: &&Axis| match &axis.alternatives {
            Alternatives::Each(values) => values.len() > 1,
            Alternatives::Drawn(_) => self.draws > 1,
        };
        let axis = grid.axes.iter().filter(|axis| self.choose.contains(&axis.name)).find(several)?;
        Some(axis.name.as_str())
    }

    /// Every job of the sweep, in the order of the grids, the last name of each varying fastest but for the seed.
    ///
    /// # Errors
    /// If a name means nothing, a value is none of its name, a point comes twice, or there are too many.
    pub fn points(&self) -> Result<Vec<Point>, TrainError> {
        let (mut points, mut consts) = (Vec::new(), Consts::default());
        for grid in &self.grids {
            for values in self.combinations(grid)? {
                let over = overrides(&self.base, &values, &mut consts)?;
                for seed in (self.first_seed..).take(self.seeds) {
                    let mut over = over.clone();
                    let seed = seed.to_string();
                    let target = Place::of(SEED, &[]).map_err(refused)?;
                    target.put(SEED, &seed, &mut over).map_err(refused)?;
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

    /// Compiles the spec once for each alternative, with the first alternatives of the other names, so that a mistake is found
    /// before the first job. Gives a sentence for each data set that cannot be had, which is a hole in the sweep and no mistake in it.
    ///
    /// # Errors
    /// Everything that is wrong with the first of them that does not compile.
    pub fn check(&self) -> Result<Vec<String>, TrainError> {
        let (mut consts, mut sets) = (Consts::default(), BTreeMap::<Option<String>, Set>::new());
        let mut missing = Vec::new();
        let is_drawn = |axis: &Axis| matches!(axis.alternatives, Alternatives::Drawn(_));
        if self.draws > 0 && !self.grids.iter().flat_map(|grid| &grid.axes).any(is_drawn) {
            let reason =
                "`draws` is how many values are drawn, and nothing is: give a distribution such as `uniform(0, 1)`";
            return Err(refused(reason.to_owned()));
        }
        for grid in &self.grids {
            grid.check_names()?;
            for (n, axis) in grid.axes.iter().enumerate() {
                let all = |axis: &Axis| match &axis.alternatives {
                    Alternatives::Each(values) => values.clone(),
                    Alternatives::Drawn(from) => from.values(&axis.name, self.draw_seed, 1),
                };
                for value in all(axis) {
                    let first = |(m, axis): (usize, &Axis)| {
                        let value = if m == n { Some(value.clone()) } else { all(axis).into_iter().next() };
                        Some((axis.name.clone(), value?))
                    };
                    let values: Vec<_> = grid.axes.iter().enumerate().filter_map(first).collect();
                    let over = overrides(&self.base, &values, &mut consts)?;
                    let set = *sets.entry(over.dataset.clone()).or_insert_with(|| {
                        data_of(&over).map_or_else(
                            |error| {
                                missing.push(error.to_string());
                                Set { classes: DEFAULT_CLASSES, images: None }
                            },
                            |data| Set {
                                classes: data.classes.len(),
                                images: Some([data.train.len(), data.validation()]),
                            },
                        )
                    });
                    let spec = over.spec.clone().ok_or(TrainError::NoSpec)?;
                    let recipe = Recipe::new(files::source(&spec)?, &over, set.classes)?;
                    let Some(chosen) = self.chosen_in(grid) else { continue };
                    if self.choose.contains(&axis.name)
                        && axis.name == VALIDATION
                        && Place::of(VALIDATION, consts.of(Some(&spec))?).is_ok_and(|place| place != Place::Const)
                    {
                        return Err(refused(SHARE_BY_ITSELF.to_owned()));
                    }
                    if set.held_out(recipe.settings.data.real(VALIDATION), over.limit) == Some(0) {
                        return Err(refused(nothing_held_out(chosen, &values)));
                    }
                }
            }
        }
        let names: Vec<&str> = self.grids.iter().flat_map(|grid| &grid.axes).map(|axis| axis.name.as_str()).collect();
        match self.choose.iter().find(|name| !names.contains(&name.as_str())) {
            Some(name) => Err(refused(format!(
                "`--choose {name}`, or `choose` in the file: the sweep does not go over `{name}`; it goes over {}",
                names.join(", ")
            ))),
            None => Ok(missing),
        }
    }
}

impl Grid {
    /// Refuses a name that comes twice, and the seed, whose values have a word of their own.
    fn check_names(&self) -> Result<(), TrainError> {
        for (n, axis) in self.axes.iter().enumerate() {
            let name = &axis.name;
            if name == SEED {
                let reason = "a sweep does not go over `seed`: `seeds` is how many there are, and `seed` the first one";
                return Err(refused(reason.to_owned()));
            }
            if self.axes[..n].iter().any(|other| other.name == *name) {
                return Err(refused(format!(
                    "the sweep goes over `{name}` twice: put all of its values into one list"
                )));
            }
        }
        Ok(())
    }
}

/// What all jobs have in common, with the values of a point.
fn overrides(base: &Overrides, values: &[(String, String)], consts: &mut Consts) -> Result<Overrides, TrainError> {
    let mut over = base.clone();
    // The spec first: it says which consts there are.
    for is_spec in [true, false] {
        for (name, value) in values.iter().filter(|(name, _)| (name == "spec") == is_spec) {
            let known = if is_spec { &[] } else { consts.of(over.spec.as_deref())? };
            let place = Place::of(name, known).map_err(refused)?;
            place.put(name, value, &mut over).map_err(refused)?;
        }
    }
    Ok(over)
}

fn refused(reason: String) -> TrainError {
    TrainError::Sweep { reason }
}
