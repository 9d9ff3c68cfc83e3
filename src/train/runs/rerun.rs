//! A finished run once more, from its folder alone, and whether the bits agree.

use crate::back::burn::Weight;
use crate::train::fit::checkpoint;
use crate::train::quoted::quoted;
use crate::train::runs::Setup;
use crate::train::runs::begin::{Occasion, announce, begin};
use crate::train::runs::elsewhere::Taken;
use crate::train::runs::inspect::{RunFolder, unended};
use crate::train::runs::inspection::Inspection;
use crate::train::runs::manifest::Summary;
use crate::train::runs::memory_need::Work;
use crate::train::runs::run_dir::{self, SETTINGS, SPEC, SUMMARY};
use crate::train::runs::which::Which;
use crate::train::{Done, Overrides, TrainError, weights};
use std::path::Path;
use std::sync::Arc;

/// The outcome of a repeated run.
#[derive(Clone, Debug)]
pub struct Repeated {
    pub done: Done,
    /// The best and the last weights are those of the run, bit for bit.
    pub same: bool,
    /// The largest difference between a weight and what it was, where both runs have one; `None` where the run's own are
    /// lost, so that only checksums could be compared.
    pub largest: Option<f64>,
    /// Test accuracy of the run that was repeated, from 0 to 1.
    pub accuracy: f64,
    /// What differs from the run's machine and may be why, as in "the device was … and is …".
    pub differences: Vec<String>,
}

/// Repeats the run of a folder in a new folder beside it. What `over` says comes before the run's own settings.
///
/// # Errors
/// If the run is not finished, something of it is no longer the same, or as for a run.
pub fn rerun(
    folder: &Path,
    over: Overrides,
    command: Vec<String>,
    mut inspection: Inspection,
) -> Result<Repeated, TrainError> {
    let console = inspection.console();
    let mut run = RunFolder::open(folder, &mut inspection)?;
    run.manifest.trained_in(folder)?;
    let before = run.summary.clone().ok_or_else(|| unended(folder))?;
    // They are read once more when there is something to compare them with: until then nobody needs the memory.
    let mut lost = Vec::new();
    for which in [Which::Best, Which::Last] {
        if is_lost(&run, &before, which, &mut inspection)? {
            lost.push(which);
        }
    }
    if let Some(problem) = run.metrics_problem() {
        inspection.say(&format!("warning: {problem}"));
    }
    let mut setup = Setup::new(run.source.clone(), over.over(std::mem::take(&mut run.overrides)), Work::Repeating)
        .map_err(TrainError::since(folder))?;
    setup.is_of(folder, &run.manifest, &mut inspection)?;
    setup.taken = Taken::again(&run, &mut inspection)?.map(Arc::new);
    let differences = run.manifest.differences(&setup.opened);
    let here = folder.canonicalize().map_err(TrainError::file(folder, "read"))?;
    let occasion = Occasion { command, notes: std::mem::take(&mut inspection.notes), ..Occasion::default() };
    let (new, manifest) = begin(&setup, &folder.join(SPEC), here.parent().unwrap_or(&here), occasion)?;
    let _lock = run_dir::lock(&new)?;
    announce(&setup, &manifest, &new, &console);
    let done = setup.train((&new, &manifest), None, Vec::new(), &console)?;
    // Weights are compared, not files: those name the version of lcnnc, too.
    let (mut same, mut most) = (true, None);
    for which in [Which::Best, Which::Last] {
        if lost.contains(&which) {
            same &= done.summary.weights.of(which) == before.weights.of(which);
            continue;
        }
        let file = which.file();
        let (then, now) = (weights::read(&folder.join(&file))?.weights, weights::read(&new.join(&file))?.weights);
        same &= same_bits(&then, &now);
        most = Some(largest(&then, &now).max(most.unwrap_or_default()));
    }
    Ok(Repeated { same, largest: most, accuracy: before.test.accuracy, differences, done })
}

/// Whether weights of a run are lost, so that only their checksum can be compared.
///
/// # Errors
/// If they can be put back, are to be looked at, or no checksum tells either.
fn is_lost(run: &RunFolder, summary: &Summary, which: Which, inspection: &mut Inspection) -> Result<bool, TrainError> {
    let Err(error) = run.weights(which, inspection) else { return Ok(false) };
    if summary.weights.of(which).is_some_and(|sum| checkpoint::kept(&run.path, &which.file(), sum).is_some()) {
        return Err(error);
    }
    // A file of weights names the version that wrote it; the first ones that did sealed the files of their folder, too.
    if run.manifest.lcnnc != env!("CARGO_PKG_VERSION") || run.manifest.files.is_none() {
        return Err(TrainError::Refused {
            path: run.path.join(which.file()),
            reason: format!(
                "{}, and the checksums of another version of lcnnc say nothing of new weights; `lcnnc run --config {}` \
                 trains the run once more without comparing them",
                error.finding(),
                quoted(&run.path.join(SETTINGS))
            ),
        });
    }
    inspection.say(&format!(
        "warning: {}; no checkpoint holds the file, so the new weights are compared with its SHA-256 in {SUMMARY}",
        error.finding()
    ));
    Ok(true)
}

/// Whether all weights are the same to the bit; both lists are in the order of their names.
fn same_bits(then: &[Weight], now: &[Weight]) -> bool {
    let bits = |weight: &Weight| weight.values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let same =
        |(then, now): (&Weight, &Weight)| (&then.name, &then.shape, bits(then)) == (&now.name, &now.shape, bits(now));
    then.len() == now.len() && then.iter().zip(now).all(same)
}

fn largest(then: &[Weight], now: &[Weight]) -> f64 {
    let other = |name: &str| now.iter().find(|weight| weight.name == name);
    let pairs = then.iter().filter_map(|weight| Some((&weight.values, &other(&weight.name)?.values)));
    pairs.flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
