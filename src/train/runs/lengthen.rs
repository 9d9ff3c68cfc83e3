//! A finished run gone on with, for more epochs, in a folder of its own.

use crate::data::sha256;
use crate::observe::{self, ObserverMemory, RunHome};
use crate::train::fit;
use crate::train::fit::checkpoint::{self, Checkpoint, Expected};
use crate::train::fit::kept::{self, KeptChecksums};
use crate::train::phases::schedule::Schedule;
use crate::train::quoted::quoted;
use crate::train::runs::begin::{Occasion, announce, begin};
use crate::train::runs::elsewhere::Taken;
use crate::train::runs::inspect::{RunFolder, unended};
use crate::train::runs::inspection::Inspection;
use crate::train::runs::manifest::{Manifest, Parent, Summary};
use crate::train::runs::memory_need::Work;
use crate::train::runs::run_dir::{self, SETTINGS, SPEC};
use crate::train::runs::which::Which;
use crate::train::runs::{Done, Setup, mark, unwritten};
use crate::train::weights::{self, whose::Whose};
use crate::train::{Overrides, Setting, Target, TrainError, files};
use lcnnc_lang::diag::counted;
use std::path::Path;
use std::sync::Arc;

/// Goes on with a finished run up to so many epochs in all, in a new folder beside it; ends with the bits of a run of that
/// many epochs that was never cut. What `over` says comes before the run's own settings.
///
/// # Errors
/// If the run is not finished, has as many epochs, or would be another one from an earlier step on; or as for a run.
pub fn lengthen(
    folder: &Path,
    epochs: usize,
    over: Overrides,
    command: Vec<String>,
    mut inspection: Inspection,
) -> Result<Done, TrainError> {
    let console = inspection.console();
    let mut run = RunFolder::open(folder, &mut inspection)?;
    run.manifest.trained_in(folder)?;
    let (old, source) = (run.manifest.clone(), run.source.clone());
    let summary = run.summary.clone().ok_or_else(|| unended(folder))?;
    let overrides = over.over(std::mem::take(&mut run.overrides));
    let before = Setup::new(source.clone(), overrides, Work::GoingOn).map_err(TrainError::since(folder))?;
    before.is_of(folder, &old, &mut inspection)?;
    let target = Target::Key { block: "train", key: "epochs" };
    let setting = Setting { origin: "--epochs".to_owned(), target, text: epochs.to_string() };
    let mut setup = before.with(source, setting)?;
    setup.taken = Taken::again(&run, &mut inspection)?.map(Arc::new);
    let refused = |reason: String| TrainError::Refused { path: folder.to_owned(), reason };
    if let Some(reason) = early_reason(&setup, &summary, folder) {
        return Err(refused(reason));
    }
    let limits = fit::limits(&before.recipe, &before.data, &before.split);
    let from = checkpoint::newest(folder, &Expected { run: mark(&old), limits }, &mut inspection)?;
    let mut from = from.filter(|from| from.state.epoch == summary.epochs + 1).ok_or_else(|| {
        let anew = anew(folder, epochs, "");
        refused(format!(
            "it holds no whole checkpoint of its end, so it cannot be gone on with; from the start: {anew}"
        ))
    })?;
    if let Some(reason) = late_reason(&setup, &from, epochs, folder) {
        return Err(refused(reason));
    }
    let kept = whole(&run, &summary, &mut inspection)?;
    for difference in old.differences(&setup.opened) {
        console.warn(&format!("warning: {difference}; the last bits may differ from those of an uncut run"));
    }
    let here = folder.canonicalize().map_err(TrainError::file(folder, "read"))?;
    let parent = Parent { folder: here.clone(), fingerprint: old.fingerprint.clone(), epochs: summary.epochs };
    let notes = std::mem::take(&mut inspection.notes);
    let occasion = Occasion { command, notes, parent: Some(parent), shared: None };
    let (new, manifest) = begin(&setup, &folder.join(SPEC), here.parent().unwrap_or(&here), occasion)?;
    let _lock = run_dir::lock(&new)?;
    from.state.kept = kept_on((&run, kept), &setup, (&new, &manifest)).map_err(unwritten(&new))?;
    let from = handed_on((folder, &old), (&new, &manifest), from).map_err(unwritten(&new))?;
    announce(&setup, &manifest, &new, &console);
    console.line(&format!("goes on    at {} of {}", from.state, here.display()));
    setup.train((&new, &manifest), Some(from), Vec::new(), &console)
}

/// The epochs whose weights the run kept and still has.
///
/// # Errors
/// If some are not those that it kept.
fn whole(run: &RunFolder, summary: &Summary, inspection: &mut Inspection) -> Result<Vec<usize>, TrainError> {
    let (there, lost): (Vec<usize>, Vec<usize>) =
        summary.weights.epochs.keys().partition(|epoch| run.path.join(kept::file(**epoch)).exists());
    for epoch in lost {
        let path = run.path.join(kept::file(epoch));
        inspection.say(&format!("warning: {}: it is missing, so the longer run is without it", path.display()));
    }
    for epoch in &there {
        run.weights(Which::Epoch(*epoch), inspection)?;
    }
    Ok(there)
}

/// Writes the weights that a run kept into the folder of the run that goes on with it, as those of that run.
fn kept_on(
    (run, epochs): (&RunFolder, Vec<usize>),
    setup: &Setup,
    (new, manifest): (&Path, &Manifest),
) -> Result<KeptChecksums, TrainError> {
    let (mut checksums, whose) = (KeptChecksums::new(), Whose::run(&setup.recipe, manifest));
    if !epochs.is_empty() {
        kept::prepare(new)?;
    }
    for epoch in epochs {
        let (which, path) = (Which::Epoch(epoch), run.path.join(kept::file(epoch)));
        let found = weights::read(&path)?.weights;
        let model = setup.recipe.initial(&setup.opened.device).with_weights(found);
        let model = model.map_err(|source| TrainError::Weights { path, source })?;
        let bytes = weights::bytes(&model, &whose.at(&which.to_string(), epoch))?;
        files::replace(&new.join(which.file()), &bytes)?;
        checksums.insert(epoch, sha256([bytes.as_slice()]));
    }
    Ok(checksums)
}

/// The command that trains so many epochs from the start.
fn anew(folder: &Path, epochs: usize, more: &str) -> String {
    format!("`lcnnc run --config {} --epochs {epochs}{more}`", quoted(&folder.join(SETTINGS)))
}

/// Why a longer run would not begin as this one did, as far as the settings tell.
fn early_reason(setup: &Setup, summary: &Summary, folder: &Path) -> Option<String> {
    let (epochs, done, train) = (setup.recipe.epochs(), summary.epochs, &setup.recipe.settings.train);
    let schedule = Schedule::new(train.call("schedule"), epochs, train.count("warmup"));
    if epochs <= done {
        return Some(format!(
            "it has trained {}; to go on, give `--epochs` more than {done}, found {epochs}",
            counted(done, "epoch")
        ));
    }
    schedule.depends_on_epochs().then(|| {
        let anew = anew(folder, epochs, "");
        format!(
            "its schedule `{}` ends with the last epoch, so that {epochs} epochs have other learning rates from the start \
             on; train them with {anew}",
            train.call("schedule")
        )
    })
}

/// Why a longer run would not begin as this one did, as far as the checkpoint tells.
fn late_reason(setup: &Setup, from: &Checkpoint, epochs: usize, folder: &Path) -> Option<String> {
    let (patience, done) = (setup.recipe.settings.train.count("patience"), from.state.epoch - 1);
    let waited = from.state.best.map_or(0, |best| done - best.epoch);
    (patience > 0 && waited >= patience).then(|| {
        let anew = anew(folder, epochs, " --patience 0");
        format!(
            "its `patience` of {patience} ended it after {}, and would end a run of {epochs} there as well; train \
             them with {anew}",
            counted(done, "epoch")
        )
    })
}

/// Puts the last checkpoint of one run into the folder of the run that goes on with it, with what the observers wrote, so that
/// a kill from now on costs nothing.
fn handed_on(
    (old, before): (&Path, &Manifest),
    (new, manifest): (&Path, &Manifest),
    mut from: Checkpoint,
) -> Result<Checkpoint, TrainError> {
    from.state.run = Some(mark(manifest));
    let places = [(old, before), (new, manifest)].map(|(folder, run)| RunHome { folder, started: run.started });
    let mut memory = ObserverMemory { lengths: from.state.files, texts: from.texts };
    observe::hand_on(&mut memory, places[0], places[1])?;
    (from.state.files, from.texts) = (memory.lengths, memory.texts);
    checkpoint::adopt(old, new, &from.state)?;
    Ok(from)
}
