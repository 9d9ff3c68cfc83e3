//! From wishes to a finished run folder, at once or after an interruption.

mod begin;
pub mod manifest;
mod memory;
pub mod rerun;
mod room;
mod run_dir;
pub mod seeds;
pub mod threads;
pub mod trained;

use crate::Source;
use crate::back::burn::Opened;
use crate::data::split::Split;
use crate::data::{self, DataSet, Request};
use crate::train::fit::checkpoint::{self, Checkpoint};
use crate::train::fit::evaluate::evaluate;
use crate::train::fit::roles::swapped;
use crate::train::fit::{Fit, Job};
use crate::train::progress::Progress;
use crate::train::recipe::yaml;
use crate::train::runs::begin::{announce, begin};
use crate::train::runs::manifest::{Manifest, Summary, Sums, json};
use crate::train::runs::memory::Work;
use crate::train::runs::run_dir::{MANIFEST, SETTINGS, SPEC, SUMMARY};
use crate::train::{Layer, Recipe, Stop, TrainError, files};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The data set of a run that names none; it needs no files.
pub const DATASET: &str = "contours";

/// A run that came to its end.
#[derive(Clone, Debug)]
pub struct Done {
    pub folder: PathBuf,
    pub summary: Summary,
}

/// A recipe, its data and a device, known to fit each other.
pub(in crate::train) struct Setup {
    pub layer: Layer,
    pub recipe: Recipe,
    pub data: DataSet,
    pub split: Split,
    pub opened: Opened,
}

impl Setup {
    /// The process's thread count is fixed by the first one.
    pub fn new(source: Source, layer: Layer, work: Work) -> Result<Self, TrainError> {
        threads::fix(layer.threads)?;
        let opened = layer.device.unwrap_or_default().open()?;
        let data = load(&layer)?;
        let recipe = Recipe::new(source, &layer, data.classes.len())?;
        recipe.check(&data)?;
        opened.has(recipe.precision())?;
        let split = recipe.split(&data, layer.limit);
        let setup = Self { layer, recipe, data, split, opened };
        memory::check(&setup, work)?;
        Ok(setup)
    }

    /// Whether parts of the net run fused where they can.
    pub fn fuses(&self) -> bool {
        self.layer.fuse.unwrap_or(true)
    }

    pub fn on_cpu(&self) -> bool {
        self.opened.on_cpu()
    }

    pub fn fingerprint(&self) -> String {
        self.recipe.fingerprint(&self.data, self.layer.limit)
    }

    /// Trains in a run's folder to the end, tests, and leaves the folder as a finished run's.
    pub fn train(
        &self,
        (folder, manifest): (&Path, &Manifest),
        from: Option<Checkpoint>,
        progress: &Progress,
    ) -> Result<Done, TrainError> {
        let job = Job {
            recipe: &self.recipe,
            data: &self.data,
            split: &self.split,
            device: &self.opened.device,
            fuse: self.fuses(),
            folder,
            started: manifest.started,
            tensorboard: self.layer.tensorboard.unwrap_or(true),
            save_every: self.layer.save_every,
            stop: Stop::listen(),
        };
        let done = job.fit(from, progress).and_then(|fit| {
            let summary = summary(&job, fit)?;
            summary.remarks.iter().for_each(|remark| progress.warn(&format!("warning: {remark}")));
            files::replace(&folder.join(SUMMARY), json(&summary).as_bytes())?;
            checkpoint::clear(folder)?;
            Ok(Done { folder: folder.to_owned(), summary })
        });
        done.map_err(|cause| {
            let cause = match cause {
                TrainError::Data(error) => TrainError::Lost(error),
                other => other,
            };
            let (saved, folder) = (checkpoint::any(folder), folder.to_owned());
            TrainError::Cut { cause: Box::new(cause), folder, saved }
        })
    }
}

/// Trains what the layer says and leaves a folder under `runs`, made only once spec and data are known to be good.
///
/// `command` is noted in the manifest.
///
/// # Errors
/// See [`TrainError`].
pub fn run(layer: Layer, runs: &Path, command: Vec<String>, progress: &Progress) -> Result<Done, TrainError> {
    let spec = layer.spec.clone().ok_or(TrainError::NoSpec)?;
    // Before the data: what is missing should be said at once.
    layer.folder_name(&spec)?;
    let source = files::source(&spec)?;
    let setup = Setup::new(source, layer, Work::Training)?;
    let (folder, manifest) = begin(&setup, &spec, runs, command)?;
    let _lock = run_dir::lock(&folder)?;
    announce(&setup.recipe, &manifest, &folder, progress);
    setup.train((&folder, &manifest), None, progress)
}

/// Goes on with the run of a folder from its last checkpoint, or from its start if it has none; ends with the same bits
/// as a run that was never cut short. What `over` says comes before the run's own settings; `brief` leaves out what is known
/// of the run.
///
/// # Errors
/// See [`TrainError`].
pub fn resume(folder: &Path, over: Layer, brief: bool, progress: &Progress) -> Result<Done, TrainError> {
    run_dir::check(folder)?;
    if let Some(summary) = finished(folder)? {
        progress.line("the run is complete");
        // It may have been killed before it could remove them.
        checkpoint::clear(folder)?;
        return Ok(Done { folder: folder.to_owned(), summary });
    }
    let _lock = run_dir::lock(folder)?;
    let manifest = Manifest::read(&folder.join(MANIFEST))?;
    let layer = over.over(yaml::load(&folder.join(SETTINGS))?);
    let setup = Setup::new(files::source(&folder.join(SPEC))?, layer, Work::GoingOn)?;
    run_dir::same_recipe(folder, &manifest, &setup.data, &setup.fingerprint())?;
    for difference in manifest.differences(&setup.opened) {
        progress.warn(&format!("warning: {difference}; the last bits may differ from those of an uncut run"));
    }
    let from = checkpoint::newest(folder, |problem| progress.warn(problem))?;
    if !brief {
        announce(&setup.recipe, &manifest, folder, progress);
    }
    if let Some(from) = &from {
        progress.line(&format!("goes on    at {}", from.state));
    }
    setup.train((folder, &manifest), from, progress)
}

/// How a run ended, if it did.
pub(in crate::train) fn finished(folder: &Path) -> Result<Option<Summary>, TrainError> {
    let summary = folder.join(SUMMARY);
    summary.is_file().then(|| Summary::read(&summary)).transpose()
}

/// The data set that a layer names, checked to have an image in either half.
pub(in crate::train) fn load(layer: &Layer) -> Result<DataSet, TrainError> {
    let request = Request { root: layer.data_root.clone(), ..Request::default() };
    let data = data::load(layer.dataset.as_deref().unwrap_or(DATASET), &request)?;
    for (part, half, verb) in [("training half", &data.train, "train with"), ("test half", &data.test, "test with")] {
        if half.is_empty() {
            return Err(TrainError::Empty { name: data.name, part, verb });
        }
    }
    Ok(data)
}

fn summary(job: &Job<'_>, Fit { best, epochs, last, seconds }: Fit) -> Result<Summary, TrainError> {
    let started = Instant::now();
    let order = (0..job.data.test.len()).collect();
    let test = evaluate(&best.model, job.device, job.recipe.feed(&job.data.test, order), job.stop)?;
    Ok(Summary {
        epochs,
        best_epoch: best.so_far.epoch,
        validation_accuracy: best.so_far.validation_accuracy,
        test: test.into(),
        seconds: seconds + started.elapsed().as_secs_f64(),
        weights: Sums { best: best.sum, last },
        remarks: swapped(&best.model, job.recipe.seed())?,
    })
}
