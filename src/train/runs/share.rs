//! The net of a finished run with shared kernels, as a run of its own: each kernel is the mean of those that share, which of
//! all shared kernels are nearest to the trained ones.

use crate::back::burn::{Model, Weight};
use crate::data::sha256;
use crate::train::fit::evaluate::{Score, evaluate};
use crate::train::fit::kept::KeptChecksums;
use crate::train::fit::{BEST, LAST};
use crate::train::phases::sleep::layer::Layer;
use crate::train::runs::Setup;
use crate::train::runs::begin::{FirstTexts, Occasion};
use crate::train::runs::inspect::{RunFolder, unended};
use crate::train::runs::inspection::Inspection;
use crate::train::runs::manifest::{Parent, Sharing, Summary, WeightsChecksums};
use crate::train::runs::memory_need::Work;
use crate::train::runs::run_dir::{SPEC, SUMMARY};
use crate::train::runs::seal;
use crate::train::runs::trained::model;
use crate::train::runs::which::Which;
use crate::train::weights::{self, whose::Whose};
use crate::train::{Overrides, Recipe, Stop, Target, TrainError};
use burn::tensor::TensorData;
use lcnnc_lang::Source;
use lcnnc_lang::convolved::{Convolved, convolved, word};
use lcnnc_lang::diag::Level;
use lcnnc_lang::ir::{Modules, Net, Param, ParamClass, one_kernel};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How kernels are to be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How {
    /// The places that share.
    pub modules: Modules,
    /// Whether each `local` layer is to become a `conv`.
    pub as_conv: bool,
}

/// A run with shared kernels.
#[derive(Clone, Debug)]
pub struct Shared {
    pub folder: PathBuf,
    /// The names of the layers that share, dotted.
    pub layers: Vec<String>,
    /// The names of biases that had a number at each place and have one a channel now.
    pub averaged: Vec<String>,
    /// The score on the test half, of the kernels as they were trained and as they are shared.
    pub scores: [Score; 2],
    /// What was passed over with `--force`, in sentences.
    pub notes: Vec<String>,
}

/// Shares the kernels of a finished run's `local` layers, frozen ones too, and leaves the net as a run beside it, all at once.
/// What `over` says comes before the run's own settings.
///
/// # Errors
/// If the run is not finished, has no such layers, cannot be written with `conv`, or something of it is no longer the same; or
/// as for a run.
pub fn share(
    folder: &Path,
    how: How,
    over: Overrides,
    command: Vec<String>,
    mut inspection: Inspection,
) -> Result<Shared, TrainError> {
    let refused = |reason: &str| TrainError::Refused { path: folder.to_owned(), reason: reason.to_owned() };
    if how.as_conv && how.modules != Modules::Whole {
        return Err(refused(
            "a `conv` has one kernel for all places; give `--modules whole`, or leave `--as conv` out",
        ));
    }
    let mut run = RunFolder::open(folder, &mut inspection)?;
    let done = run.summary.clone().ok_or_else(|| unended(folder))?;
    let overrides = over.over(std::mem::take(&mut run.overrides));
    let setup = Setup::new(run.source.clone(), overrides, Work::Answering).map_err(TrainError::since(folder))?;
    setup.is_of(folder, &run.manifest, &mut inspection)?;
    let net = &setup.recipe.net;
    let layers: Vec<Layer> = net.local_layers().into_iter().map(|layer| Layer::new(net, layer, how.modules)).collect();
    if layers.is_empty() {
        return Err(refused("its net has no `local` layer: all kernels are shared already"));
    }
    let convolved = how.as_conv.then(|| setup.convolved(folder, &run.source)).transpose()?;
    let next = convolved.as_ref().unwrap_or(&setup);
    let started = Instant::now();
    let mut read = |which: Which| {
        let weights = run.weights_for(net, which, &mut inspection)?;
        setup.model(weights, &folder.join(which.file()))
    };
    let (best, last) = (read(Which::Best)?, read(Which::Last)?);
    let here = folder.canonicalize().map_err(TrainError::file(folder, "read"))?;
    let of = Parent { folder: here.clone(), fingerprint: run.manifest.fingerprint.clone(), epochs: done.epochs };
    let sharing = Sharing { of, modules: how.modules.word().to_owned(), as_conv: how.as_conv };
    let notes = std::mem::take(&mut inspection.notes);
    let occasion = Occasion { command, notes: notes.clone(), parent: None, shared: Some(sharing) };
    let first = FirstTexts::new(next, &folder.join(SPEC), occasion)?;
    let before = setup.score(&best, folder)?;
    let [best, last] = [best, last].map(|model| shared(&model, &layers, &next.recipe.net));
    let (best, last) = (next.model(best?, folder)?, next.model(last?, folder)?);
    let after = next.score(&best, folder)?;
    let settings = Some(next.made_with(&first.manifest));
    let done = Summary { test: after.clone(), seconds: started.elapsed().as_secs_f64(), settings, ..done };
    let files = first.rest(&next.recipe, [&best, &last], done)?;
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    Ok(Shared {
        folder: first.put_into(here.parent().unwrap_or(&here), &files)?,
        layers: layers.iter().map(|layer| layer.name().to_owned()).collect(),
        averaged: averaged(net, &next.recipe.net),
        scores: [before, after],
        notes,
    })
}

impl FirstTexts {
    /// The other files of a run that no training follows: the best and the last weights, and its summary, of which the score, the
    /// seconds and the epochs are known.
    fn rest(
        &self,
        recipe: &Recipe,
        [best, last]: [&Model; 2],
        done: Summary,
    ) -> Result<[(&'static str, Vec<u8>); 3], TrainError> {
        let whose = Whose::run(recipe, &self.manifest);
        let best = weights::bytes(best, &whose.at("best", done.best_epoch))?;
        let last = weights::bytes(last, &whose.at("last", done.epochs))?;
        let summary = Summary {
            validation_accuracy: None,
            asleep: None,
            weights: WeightsChecksums {
                best: sha256([best.as_slice()]),
                last: sha256([last.as_slice()]),
                epochs: KeptChecksums::new(),
            },
            remarks: Vec::new(),
            notes: Vec::new(),
            metrics_sha256: None,
            manifest_seal: Some(self.manifest.seal()),
            ..done
        };
        let summary = seal::written(&summary).into_bytes();
        Ok([(BEST, best), (LAST, last), (SUMMARY, summary)])
    }
}

impl Setup {
    /// A model with these weights, of a file or of a run's folder.
    fn model(&self, weights: Vec<Weight>, of: &Path) -> Result<Model, TrainError> {
        model(&self.recipe, (&self.opened.device, self.fuses()), weights, of)
    }

    /// The score of a model on the images of the test half that the run tests with.
    fn score(&self, model: &Model, of: &Path) -> Result<Score, TrainError> {
        let feed = self.recipe.feed(&self.data.test, self.tested());
        let tally = evaluate(model, &self.opened.device, feed, None, Stop::never())?;
        tally.numbered("the test", of).map(|tally| Score { of: self.data.test.len(), ..tally.into() })
    }

    /// The setup of the same net with a convolution in place of each layer without weight sharing.
    fn convolved(&self, folder: &Path, source: &Source) -> Result<Self, TrainError> {
        let refused = |found: String| TrainError::Refused {
            path: folder.join(SPEC),
            reason: format!("it cannot be written with `conv` for each `local`: {found}; leave `--as conv` out"),
        };
        let Convolved { text, dropped } = convolved(&source.text);
        let mut overrides = self.overrides.clone();
        overrides.set.retain(|name, _| !dropped.contains(name));
        overrides.set.values_mut().for_each(|value| *value = word(value).to_owned());
        overrides.settings.retain(|setting| !matches!(setting.target, Target::Key { block: "sleep", .. }));
        let written = Source { name: source.name.clone(), text };
        let recipe = Recipe::new(written, &overrides, self.data.classes.len()).map_err(|error| match error {
            TrainError::Reports(reports) => {
                let errors =
                    reports.iter().flat_map(|report| &report.diagnostics).filter(|it| it.code.level == Level::Error);
                refused(errors.map(|error| error.message.clone()).next().unwrap_or_default())
            }
            error => error,
        })?;
        let (old, new) = (&self.recipe.net.params, &recipe.net.params);
        let unlike = old.iter().zip(new).find(|(old, new)| !is_shared_by(old, new));
        match unlike {
            Some((old, _)) => return Err(refused(format!("`{}` would be another layer", old.name))),
            None if old.len() != new.len() => return Err(refused("it would have other layers".to_owned())),
            None => {}
        }
        // The author's text is the one that was there before.
        let recipe = Recipe { text: source.text.clone(), ..recipe };
        let (data, split) = (self.data.clone(), self.split.clone());
        Ok(Self { overrides, recipe, data, split, opened: self.opened.clone(), taken: None })
    }
}

/// Whether a parameter is the same as one without sharing, or what that one is for all places.
fn is_shared_by(old: &Param, new: &Param) -> bool {
    let of_all = match old.class {
        ParamClass::Kernel => one_kernel(&old.shape).1,
        ParamClass::Bias => &old.shape[..1],
        ParamClass::Norm | ParamClass::Statistic => &old.shape,
    };
    old.class == new.class && (old.shape == new.shape || of_all == new.shape)
}

/// The names of the biases of a net that have a number at each place, and one a channel in the other.
fn averaged(net: &Net, other: &Net) -> Vec<String> {
    let pairs = net.params.iter().zip(&other.params);
    let averaged = pairs.filter(|(old, new)| old.class == ParamClass::Bias && old.shape != new.shape);
    averaged.map(|(old, _)| old.name.clone()).collect()
}

/// The weights of a model with each kernel the mean of its module, for the same net or for one with convolutions in place of
/// its layers: these have the kernel that is at all places, and the mean of what their bias is at each.
fn shared(model: &Model, layers: &[Layer], net: &Net) -> Result<Vec<Weight>, TrainError> {
    let shared = |(index, (param, data)): (usize, (&Param, TensorData))| {
        let mut values: Vec<f32> = data.iter::<f32>().collect();
        if let Some(layer) = layers.iter().find(|layer| layer.weight().0 == index) {
            layer.share(&mut values);
        }
        let wanted = &net.params[index];
        let len = wanted.len();
        let values: Vec<f64> = match param.class {
            ParamClass::Bias if len < values.len() => values.chunks(values.len() / len).map(mean).collect(),
            _ => values.into_iter().take(len).map(f64::from).collect(),
        };
        Weight { name: wanted.name.clone(), shape: wanted.shape.clone(), values }
    };
    Ok(model.tensors()?.into_iter().enumerate().map(shared).collect())
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|x| f64::from(*x)).sum::<f64>() / values.len() as f64
}
