//! From wishes to a finished run folder.

use super::evaluate::evaluate;
use super::fit::{Fit, Job};
use super::manifest::{DataNote, Manifest, SpecNote, Summary, json};
use super::progress::Progress;
use super::roles::swapped;
use super::run_dir::{self, MANIFEST, SETTINGS, SPEC, SUMMARY};
use super::{Layer, Recipe, TrainError, files, schedule, threads, yaml};
use crate::back::burn::Opened;
use crate::data::split::Split;
use crate::data::{self, DataSet, Request};
use jiff::Timestamp;
use std::path::{Path, PathBuf, absolute};
use std::time::Instant;

/// The data set of a run that names none; it needs no files.
pub const DATASET: &str = "contours";

/// A run that came to its end.
#[derive(Clone, Debug)]
pub struct Done {
    pub folder: PathBuf,
    pub summary: Summary,
}

/// Trains what the layer says and leaves a folder under `runs`, made only once spec and data are known to be good.
///
/// `command` is noted in the manifest. The process's thread count is fixed by the first run.
///
/// # Errors
/// See [`TrainError`].
pub fn run(layer: Layer, runs: &Path, command: Vec<String>, progress: &Progress) -> Result<Done, TrainError> {
    let spec = layer.spec.clone().ok_or(TrainError::NoSpec)?;
    // Before the data: what is missing should be said at once.
    let source = files::source(&spec)?;
    let threads = threads::fix(layer.threads)?;
    let opened = layer.device.unwrap_or_default().open()?;
    let data = load(&layer)?;
    let recipe = Recipe::new(source, &layer, data.classes.len())?;
    recipe.check(&data)?;
    let split = recipe.split(&data, layer.limit);

    let now = Timestamp::now();
    let manifest = manifest(&spec, &recipe, &data, &split, &opened, command, now);
    let fuse = layer.fuse.unwrap_or(true);
    let settled = settled(layer, &spec, &data, threads);
    let parent = runs.join(settled.name.as_deref().unwrap_or_default());
    let settings = yaml::write(&settled, &recipe.settings);
    let first = [(SPEC, recipe.resolved.as_str()), (SETTINGS, &settings), (MANIFEST, &json(&manifest))];
    let folder = run_dir::create(&parent, &now.strftime("%Y%m%dT%H%M%SZ").to_string(), &first)?;
    announce(&recipe, &manifest, &folder, progress);

    let started = Instant::now();
    let job = Job { recipe: &recipe, data: &data, split: &split, device: &opened.device, fuse, folder: &folder };
    let fit = job.fit(progress)?;
    let summary = summary(&job, &fit, started)?;
    summary.remarks.iter().for_each(|remark| progress.warn(&format!("warning: {remark}")));
    files::replace(&folder.join(SUMMARY), json(&summary).as_bytes())?;
    Ok(Done { folder, summary })
}

/// The data set that a layer names, checked to have an image in either half.
pub(super) fn load(layer: &Layer) -> Result<DataSet, TrainError> {
    let request = Request { root: layer.data_root.clone(), ..Request::default() };
    let data = data::load(layer.dataset.as_deref().unwrap_or(DATASET), &request)?;
    for (part, half, verb) in [("training half", &data.train, "train with"), ("test half", &data.test, "test with")] {
        if half.is_empty() {
            return Err(TrainError::Empty { name: data.name, part, verb });
        }
    }
    Ok(data)
}

/// The layer as run.yaml keeps it: complete, and the same wherever it is read. The spec is the run folder's own, which
/// does not change when the author's does.
fn settled(layer: Layer, spec: &Path, data: &DataSet, threads: usize) -> Layer {
    // Only a path that is empty has no absolute form, and that one stays as it is.
    let fixed = |path: &Path| absolute(path).unwrap_or_else(|_| path.to_owned());
    let dataset = layer.dataset.as_deref().unwrap_or(&data.name);
    let dataset = match dataset.split_once(':') {
        Some((set, path)) => format!("{set}:{}", fixed(Path::new(path)).display()),
        None => dataset.to_owned(),
    };
    let stem = spec.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Layer {
        spec: Some(SPEC.into()),
        name: Some(layer.name.unwrap_or(stem)),
        dataset: Some(dataset),
        data_root: layer.data_root.as_deref().map(fixed),
        device: Some(layer.device.unwrap_or_default()),
        threads: Some(threads),
        fuse: Some(layer.fuse.unwrap_or(true)),
        ..layer
    }
}

fn manifest(
    spec: &Path,
    recipe: &Recipe,
    data: &DataSet,
    split: &Split,
    opened: &Opened,
    command: Vec<String>,
    now: Timestamp,
) -> Manifest {
    Manifest {
        lcnnc: env!("CARGO_PKG_VERSION").to_owned(),
        model: recipe.net.name.clone(),
        parameters: recipe.trained(),
        spec: SpecNote { path: spec.display().to_string(), sha256: run_dir::sha256(&[recipe.text.as_bytes()]) },
        data: DataNote {
            name: data.name.clone(),
            checksum: data.checksum.clone(),
            classes: data.classes.clone(),
            training_images: split.train.len(),
            validation_images: split.validation.len(),
            test_images: data.test.len(),
        },
        device: opened.name.clone(),
        threads: rayon::current_num_threads(),
        seed: recipe.seed(),
        command,
        started: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

fn announce(recipe: &Recipe, manifest: &Manifest, folder: &Path, progress: &Progress) {
    let data = &manifest.data;
    if !recipe.remarks.diagnostics.is_empty() {
        progress.report(&recipe.remarks);
    }
    progress.line(&format!("model      {}, {} parameters", manifest.model, manifest.parameters));
    progress.line(&format!(
        "data       {}, {} classes, {} training, {} validation and {} test images",
        data.name,
        data.classes.len(),
        data.training_images,
        data.validation_images,
        data.test_images
    ));
    let train = &recipe.settings.train;
    progress.line(&format!("optimizer  {}, batch {}", train.call("optimizer"), recipe.batch()));
    let (schedule, warmup) = (train.call("schedule"), train.count("warmup"));
    if *schedule != schedule::DEFAULT || warmup > 0 {
        let warmup = if warmup > 0 { format!(", warm-up over {warmup} epochs") } else { String::new() };
        progress.line(&format!("schedule   {schedule}{warmup}"));
    }
    if train.count("patience") > 0 && data.validation_images == 0 {
        progress.warn("warning: `patience` never ends: no image is held out; give `validation` in `data` a share");
    }
    progress.line(&format!("device     {}", manifest.device));
    progress.line(&format!("folder     {}", folder.display()));
}

fn summary(job: &Job<'_>, Fit { best, epochs }: &Fit, started: Instant) -> Result<Summary, TrainError> {
    let order = (0..job.data.test.len()).collect();
    let test = evaluate(&best.model, job.device, job.recipe.feed(&job.data.test, order))?;
    Ok(Summary {
        epochs: *epochs,
        best_epoch: best.epoch,
        validation_accuracy: best.validation_accuracy,
        test: test.into(),
        seconds: started.elapsed().as_secs_f64(),
        remarks: swapped(&best.model),
    })
}
