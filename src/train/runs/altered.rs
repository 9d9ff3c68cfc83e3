//! The net of a run with something about it changed: the number of steps of its loops, its equations or its weights.

use crate::back::burn::Weight;
use crate::train::runs::trained::{Trained, model};
use crate::train::{Recipe, TrainError};
use lcnnc_lang::diag::{Level, counted};
use lcnnc_lang::ir::{Net, Param};
use lcnnc_lang::{Source, Steps};
use std::sync::Arc;

impl Trained {
    /// The run's recipe with loops of another number of steps, however the spec gives the run's own.
    ///
    /// # Errors
    /// If the spec is none with so many steps, or the net would have other weights than the run has.
    pub fn recipe_with_steps(&self, steps: &Steps) -> Result<Recipe, TrainError> {
        let impossible = |reason: String| {
            let of = steps.of.as_ref().map_or(String::new(), |of| format!(" in `{of}`"));
            let what = format!("the net cannot run with {}{of}", counted(steps.count, "step"));
            TrainError::Unanswered { what, reason }
        };
        let source = Source { name: self.recipe.remarks.name.clone(), text: self.recipe.text.clone() };
        let classes = self.manifest.data.classes.len();
        let recipe =
            Recipe::with_steps(source, &self.overrides, classes, Some(steps)).map_err(|error| match error {
                TrainError::Reports(reports) => {
                    let errors = reports.iter().flat_map(|report| &report.diagnostics);
                    let mut errors = errors.filter(|problem| problem.code.level == Level::Error);
                    impossible(errors.next().map_or(String::new(), |problem| problem.message.clone()))
                }
                error => error,
            })?;
        other_weights(&self.recipe.net, &recipe.net).map_or(Ok(recipe), |reason| Err(impossible(reason)))
    }

    /// The run's weights in the net of another recipe.
    ///
    /// # Errors
    /// If they are not the net's weights, or the device failed.
    pub fn with_recipe(&self, recipe: Recipe) -> Result<Self, TrainError> {
        self.altered(recipe, self.model.weights()?)
    }

    /// A net with these weights in place of the run's own; it must take the same images and tell the same classes apart.
    ///
    /// # Errors
    /// If they are not the net's weights, or the device failed.
    pub fn with_net(&self, net: Net, weights: Vec<Weight>) -> Result<Self, TrainError> {
        self.altered(Recipe { net: Arc::new(net), ..self.recipe.clone() }, weights)
    }

    fn altered(&self, recipe: Recipe, weights: Vec<Weight>) -> Result<Self, TrainError> {
        let fuses = self.overrides.fuse.unwrap_or(true);
        let model = model(&recipe, (&self.device, fuses), weights, &self.file)?;
        Ok(Self {
            overrides: self.overrides.clone(),
            manifest: self.manifest.clone(),
            recipe,
            model,
            device: self.device.clone(),
            spec: self.spec.clone(),
            file: self.file.clone(),
            own_data: self.own_data,
            on_cpu: self.on_cpu,
        })
    }
}

/// Why a net with other numbers of steps needs other weights than the run's, if it does.
fn other_weights(own: &Net, other: &Net) -> Option<String> {
    let find = |net: &Net, param: &Param| net.params.iter().find(|known| known.name == param.name).cloned();
    let differs = |param: &&Param, net: &Net| find(net, param).is_none_or(|found| found.shape != param.shape);
    let missing = own.params.iter().find(|param| differs(param, other));
    let param = missing.or_else(|| other.params.iter().find(|param| differs(param, own)))?;
    if let (Some(here), Some(there)) = (find(own, param), find(other, param)) {
        let (name, here, there) = (&param.name, here.shape, there.shape);
        return Some(format!(
            "`{name}` has the shape {here:?} and would need {there:?}, since it has weights for each step that it reads"
        ));
    }
    let (id, versions) = own
        .per_step
        .iter()
        .find(|(_, versions)| versions.iter().any(|id| own.param(*id).name == param.name))
        .or_else(|| own.per_step.iter().next())?;
    Some(format!(
        "`{}` has parameters of its own at each of its {} (`per_step: true`), and none for another number of steps",
        own.owner(*id),
        counted(versions.len(), "step")
    ))
}
