//! What can be known of a sweep before its first job.

use super::file::ROW;
use super::place::Place;
use super::sweep::{Alternatives, Axis, Consts, Grid, SEED, SHARE_BY_ITSELF, Sweep, VALIDATION, refused};
use crate::data::split::set_aside;
use crate::train::{DATASET, Overrides, Recipe, TrainError, data_of, files};
use lcnnc_lang::DEFAULT_CLASSES;
use lcnnc_lang::diag::Report;
use std::collections::{BTreeMap, BTreeSet};

/// What a sweep asks of a data set before the first job.
#[derive(Clone, Copy)]
struct Set {
    classes: usize,
    /// Images of the training half, and how many of them are a validation half of their own; none where the set cannot be had.
    images: Option<[usize; 2]>,
    /// Images of the test half.
    test: usize,
}

/// What is found before the first job that does not stop a sweep.
#[derive(Debug, Default)]
pub struct Remarks {
    /// A sentence for each data set that cannot be had, which is a hole in the sweep and no mistake in it.
    pub missing: Vec<String>,
    /// What comes to something else than it says.
    pub notes: Vec<String>,
}

impl Set {
    /// Limits of a job that are beyond all images of the set, each in a sentence.
    fn beyond(&self, over: &Overrides) -> Vec<String> {
        let Some([all, own]) = self.images else { return Vec::new() };
        let set = over.dataset.as_deref().unwrap_or(DATASET);
        let halves = [
            ("limit", over.limit, all.saturating_sub(own), "training"),
            ("limit_test", over.limit_test, self.test, "test"),
        ];
        let said = |(name, limit, all, half): (&str, Option<usize>, usize, &str)| {
            let limit = limit.filter(|limit| *limit > all)?;
            Some(format!(
                "`{name}` {limit} is beyond the {all} {half} images of `{set}`: all of them are used, and no more"
            ))
        };
        halves.into_iter().filter_map(said).collect()
    }

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

/// What was found out while a sweep is checked.
#[derive(Default)]
struct Known {
    consts: Consts,
    sets: BTreeMap<Option<String>, Set>,
    remarks: Remarks,
}

impl Known {
    /// The data set of a job.
    fn set(&mut self, over: &Overrides) -> Set {
        let Self { sets, remarks, .. } = self;
        *sets.entry(over.dataset.clone()).or_insert_with(|| match data_of(over) {
            Err(error) => {
                remarks.missing.push(error.to_string());
                Set { classes: DEFAULT_CLASSES, images: None, test: 0 }
            }
            Ok(data) => Set {
                classes: data.classes.len(),
                images: Some([data.train.len(), data.validation()]),
                test: data.test.len(),
            },
        })
    }
}

impl Sweep {
    /// The first name of a grid that validation chooses among several values of; the row of grids is one too.
    fn chosen_in<'a>(&self, grid: &'a Grid) -> Option<&'a str> {
        let several = |axis: &&Axis| match &axis.alternatives {
            Alternatives::Each(values) => values.len() > 1,
            Alternatives::Drawn(_) => self.draws > 1,
        };
        let axis = grid.axes.iter().filter(|axis| self.choose.contains(&axis.name)).find(several);
        let among_rows = self.rows().len() > 1 && self.choose.iter().any(|name| name == ROW);
        axis.map(|axis| axis.name.as_str()).or(among_rows.then_some(ROW))
    }

    /// What grids are called in tables.
    fn rows(&self) -> BTreeSet<&str> {
        self.grids.iter().filter_map(|grid| grid.row.as_deref()).collect()
    }

    /// Compiles the spec once for each alternative, with the first alternatives of the other names, so that a mistake is found
    /// before the first job.
    ///
    /// # Errors
    /// Everything that is wrong with the first of them that does not compile.
    pub fn check(&self) -> Result<Remarks, TrainError> {
        let mut known = Known::default();
        let is_drawn = |axis: &Axis| matches!(axis.alternatives, Alternatives::Drawn(_));
        if self.draws > 0 && !self.grids.iter().flat_map(|grid| &grid.axes).any(is_drawn) {
            let reason =
                "`draws` is how many values are drawn, and nothing is: give a distribution such as `uniform(0, 1)`";
            return Err(refused(reason.to_owned()));
        }
        for grid in &self.grids {
            grid.check_names()?;
            let all: Vec<(&str, Vec<String>)> =
                grid.axes.iter().map(|axis| (axis.name.as_str(), self.tried(axis))).collect();
            for (n, (_, values)) in all.iter().enumerate() {
                for value in values {
                    let first = |(m, (name, others)): (usize, &(&str, Vec<String>))| {
                        let value = if m == n { Some(value) } else { others.first() };
                        Some(((*name).to_owned(), value?.clone()))
                    };
                    let point: Vec<_> = all.iter().enumerate().filter_map(first).collect();
                    self.check_point((grid, &grid.axes[n].name), &point, &mut known)?;
                }
            }
        }
        self.check_choice()?;
        Ok(known.remarks)
    }

    /// The values of a name that are tried out.
    fn tried(&self, axis: &Axis) -> Vec<String> {
        match &axis.alternatives {
            Alternatives::Each(values) => values.clone(),
            Alternatives::Drawn(from) => from.values(&axis.name, self.draw_seed, 1),
        }
    }

    /// Compiles the spec at one point of a grid, whose value of `name` is the one that is tried out.
    fn check_point(
        &self,
        (grid, name): (&Grid, &str),
        values: &[(String, String)],
        known: &mut Known,
    ) -> Result<(), TrainError> {
        let over = self.overrides(values, &mut known.consts)?;
        let set = known.set(&over);
        let spec = over.spec.clone().ok_or(TrainError::NoSpec)?;
        let recipe = Recipe::new(files::source(&spec)?, &over, set.classes);
        let recipe = recipe.map_err(|error| self.in_its_words(error, values))?;
        for note in set.beyond(&over) {
            if !known.remarks.notes.contains(&note) {
                known.remarks.notes.push(note);
            }
        }
        let Some(chosen) = self.chosen_in(grid) else { return Ok(()) };
        if name == VALIDATION
            && self.choose.iter().any(|chosen| chosen == name)
            && Place::of(VALIDATION, known.consts.of(Some(&spec))?).is_ok_and(|place| place != Place::Const)
        {
            return Err(refused(SHARE_BY_ITSELF.to_owned()));
        }
        match set.held_out(recipe.settings.data.real(VALIDATION), over.limit) {
            Some(0) => Err(refused(nothing_held_out(chosen, values))),
            _ => Ok(()),
        }
    }

    /// Refuses a choice of what the sweep has one value of alone. The row of grids may be chosen where the table has other rows.
    fn check_choice(&self) -> Result<(), TrainError> {
        let names: Vec<&str> = self.grids.iter().flat_map(|grid| &grid.axes).map(|axis| axis.name.as_str()).collect();
        let Some(name) = self.choose.iter().find(|name| !names.contains(&name.as_str()) && *name != ROW) else {
            if self.choose.iter().any(|name| name == ROW) && self.rows().len() < 2 {
                let reason = "`--choose row`, or `choose` in the file: rows are what several grids of a file call themselves by `row`, and here \
                              there are not two of them";
                return Err(refused(reason.to_owned()));
            }
            return Ok(());
        };
        Err(refused(format!(
            "`--choose {name}`, or `choose` in the file: the sweep does not go over `{name}`; it goes over {}",
            names.join(", ")
        )))
    }

    /// What is wrong with a const, by the words that gave it its value: a job is told by `--set`, which nobody typed.
    fn in_its_words(&self, error: TrainError, values: &[(String, String)]) -> TrainError {
        let said = |text: &str| {
            values.iter().fold(text.to_owned(), |text, (name, _)| {
                let here = if self.file.is_some() { format!("`{name}: ") } else { format!("`--over {name}=") };
                text.replace(&format!("`--set {name}="), &here)
            })
        };
        let all = |mut reports: Vec<Report>| {
            for diagnostic in reports.iter_mut().flat_map(|report| &mut report.diagnostics) {
                diagnostic.message = said(&diagnostic.message);
                diagnostic.help = diagnostic.help.as_deref().map(said);
            }
            reports
        };
        match error {
            TrainError::Reports(reports) => TrainError::Reports(all(reports)),
            TrainError::Flags(reports) => TrainError::Flags(all(reports)),
            other => other,
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
