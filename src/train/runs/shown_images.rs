//! The images that the net of a finished run is shown.

use super::same_data;
use super::trained::{Shown, Trained};
use crate::data::{self, ImageSource};
use crate::train::TrainError;
use crate::train::runs::inspection::Inspection;
use lcnnc_lang::diag::counted;
use std::path::PathBuf;
use std::sync::Arc;

impl Trained {
    /// The images of the test half of the run's data set, or of the one that was asked for, or as many of them as were asked
    /// for.
    ///
    /// # Errors
    /// If the data cannot be had, are not those of the run or do not fit the net.
    pub fn test_set(&self, inspection: &mut Inspection) -> Result<Shown, TrainError> {
        self.half(true, inspection)
    }

    /// The same for whoever does not judge the net's answers: another set may then have other classes, which are those of the images.
    ///
    /// # Errors
    /// As [`test_set`](Self::test_set).
    pub fn any_set(&self, inspection: &mut Inspection) -> Result<Shown, TrainError> {
        self.half(false, inspection)
    }

    fn half(&self, is_judged: bool, inspection: &mut Inspection) -> Result<Shown, TrainError> {
        let opened = super::open(&self.overrides, self.own_data);
        // Advice about the folder of a run is not the one about another folder.
        let mut data = match opened {
            Err(TrainError::Data(cause)) if self.own_data => return Err(TrainError::moved(cause)),
            opened => opened?,
        };
        let expected = &self.manifest.data.classes;
        if is_judged && data.classes.len() != expected.len() && !self.own_data {
            let (name, found) = (data.name, data.classes.len());
            return Err(TrainError::Classes { name, expected: expected.len(), found, classes: expected.clone() });
        }
        if self.own_data {
            // What each file holds was looked at before the run began: a set with the same checksum holds the same.
            data.read(&super::request(&self.overrides, false, true))?;
        }
        let set = self.overrides.dataset.as_deref().unwrap_or(&data.name);
        let way = || format!("ask for this one with `--dataset {set}`");
        if !self.own_data {
            data.notes().iter().for_each(|note| inspection.say(&format!("note: `{}`: {note}", data.name)));
        }
        let own = || same_data::other_data(&self.manifest.data, &data, way);
        let problem = match (self.own_data, is_judged) {
            (true, _) => own(),
            (false, true) => same_data::other_classes(expected, &data),
            (false, false) => None,
        };
        if let Some(problem) = problem {
            inspection.found(problem)?;
        }
        self.recipe.check_for_test(&data).map_err(|error| self.unfit(error))?;
        let order = self.recipe.test(&data, self.overrides.limit_test);
        let all = data.test.len();
        let drawn_from = if order.len() < all { format!("drawn from the {all} images of ") } else { String::new() };
        Ok(Shown {
            source: data.test.clone(),
            order,
            classes: if self.own_data || is_judged { expected.clone() } else { data.classes.clone() },
            about: format!("{drawn_from}the test half of `{}`", data.name),
        })
    }

    /// Image files, in the order of their names.
    ///
    /// # Errors
    /// If one of them is no picture, or cannot be one that the net takes; all such files are named.
    pub fn pictures(&self, paths: &[PathBuf]) -> Result<Shown, TrainError> {
        let files = data::pictures(paths)?;
        let mut problems = Vec::new();
        for n in 0..files.len() {
            let fits = |image| self.recipe.for_test(image, &|| files.name(n)).map_err(TrainError::unfit).map(drop);
            problems.extend(files.image(n).map_err(TrainError::from).and_then(fits).map_err(|it| self.unfit(it)).err());
        }
        if problems.len() > 1 {
            return Err(many(&problems, files.len()));
        }
        problems.pop().map_or(Ok(()), Err)?;
        let (order, about) = ((0..files.len()).collect(), counted(files.len(), "image file"));
        Ok(Shown { source: Arc::new(files), order, classes: Vec::new(), about })
    }
}

/// Picture files that are named at most where many cannot be shown.
const NAMED: usize = 20;

/// What is wrong with several of so many files.
fn many(problems: &[TrainError], files: usize) -> TrainError {
    let named: Vec<String> = problems.iter().take(NAMED).map(|problem| format!("\n  {problem}")).collect();
    let left = problems.len() - named.len();
    let left = if left > 0 { format!("\n  and {left} more") } else { String::new() };
    let what = format!("{} of {}", problems.len(), counted(files, "image file"));
    TrainError::Unanswered { what, reason: format!("these cannot be shown to the net{}{left}", named.concat()) }
}
