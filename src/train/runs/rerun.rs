//! A finished run once more, from its folder alone, and whether the bits agree.

use crate::train::fit;
use crate::train::recipe::yaml;
use crate::train::runs::begin::{announce, begin};
use crate::train::runs::manifest::Manifest;
use crate::train::runs::memory::Work;
use crate::train::runs::run_dir::{self, MANIFEST, SETTINGS, SPEC};
use crate::train::runs::{Setup, finished};
use crate::train::{Done, Layer, Progress, TrainError, files, weights};
use std::path::Path;

/// What became of a run that was repeated.
#[derive(Clone, Debug)]
pub struct Repeated {
    pub done: Done,
    /// The best and the last weights are those of the run, bit for bit.
    pub same: bool,
    /// If not: the largest difference between a best weight and what it was, where both runs have one.
    pub largest: f64,
    /// Test accuracy of the run that was repeated, from 0 to 1.
    pub accuracy: f64,
    /// What differs from the run's machine and may be why, as in "the device was … and is …".
    pub differences: Vec<String>,
}

/// Repeats the run of a folder in a new folder beside it. What `over` says comes before the run's own settings.
///
/// # Errors
/// If the run is not finished, its data are no longer the same, or as for a run.
pub fn rerun(folder: &Path, over: Layer, command: Vec<String>, progress: &Progress) -> Result<Repeated, TrainError> {
    run_dir::check(folder)?;
    let before = finished(folder)?.ok_or_else(|| TrainError::Unfinished { path: folder.to_owned() })?;
    let manifest = Manifest::read(&folder.join(MANIFEST))?;
    let layer = over.over(yaml::load(&folder.join(SETTINGS))?);
    let setup = Setup::new(files::source(&folder.join(SPEC))?, layer, Work::Training)?;
    run_dir::same_recipe(folder, &manifest, &setup.data, &setup.fingerprint())?;
    let differences = manifest.differences(&setup.opened);
    // A run's folder lies in that of its name, and that in the folder of all runs.
    let here = folder.canonicalize().map_err(TrainError::file(folder, "read"))?;
    let runs = here.ancestors().nth(2).unwrap_or(&here);
    let (new, manifest) = begin(&setup, &folder.join(SPEC), runs, command)?;
    let _lock = run_dir::lock(&new)?;
    announce(&setup.recipe, &manifest, &new, progress);
    let done = setup.train((&new, &manifest), None, progress)?;
    let same = done.summary.weights == before.weights;
    let largest = if same { 0.0 } else { largest(folder, &new)? };
    Ok(Repeated { same, largest, accuracy: before.test.accuracy, differences, done })
}

fn largest(old: &Path, new: &Path) -> Result<f64, TrainError> {
    let [old, new] = [old, new].map(|folder| weights::read(&folder.join(fit::BEST)));
    let (old, new) = (old?, new?);
    let other = |name: &str| new.iter().find(|weight| weight.name == name);
    let pairs = old.iter().filter_map(|weight| Some((&weight.values, &other(&weight.name)?.values)));
    Ok(pairs.flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max))
}
