//! A new run's folder: what is written before the first step, and said.

use crate::data::{self, DataSet};
use crate::diag::counted;
use crate::train::fit::schedule;
use crate::train::progress::Progress;
use crate::train::recipe::yaml;
use crate::train::runs::Setup;
use crate::train::runs::manifest::{DataNote, Machine, Manifest, SpecNote, json};
use crate::train::runs::run_dir::{self, MANIFEST, SETTINGS, SPEC};
use crate::train::{Layer, Recipe, TrainError};
use jiff::Timestamp;
use std::path::{Path, PathBuf, absolute};

/// Makes the folder of a run under `runs`, with its spec, settings and manifest.
pub(in crate::train) fn begin(
    setup: &Setup,
    spec: &Path,
    runs: &Path,
    command: Vec<String>,
) -> Result<(PathBuf, Manifest), TrainError> {
    // Whole seconds.
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    let manifest = manifest(setup, spec, command, now);
    let name = setup.layer.folder_name(spec)?;
    let parent = runs.join(&name);
    let settled = Layer { name: Some(name), ..settled(setup.layer.clone(), &setup.data) };
    let settings = yaml::write(&settled, &setup.recipe.settings);
    let first = [(SPEC, setup.recipe.resolved.as_str()), (SETTINGS, &settings), (MANIFEST, &json(&manifest))];
    let folder = run_dir::create(&parent, &now.strftime("%Y%m%dT%H%M%SZ").to_string(), &first)?;
    Ok((folder, manifest))
}

/// The layer as run.yaml keeps it: complete, and the same wherever it is read. The spec is the run folder's own, which
/// does not change when the author's does.
fn settled(layer: Layer, data: &DataSet) -> Layer {
    // Only a path that is empty has no absolute form, and that one stays as it is.
    let fixed = |path: &Path| absolute(path).unwrap_or_else(|_| path.to_owned());
    let dataset = layer.dataset.as_deref().unwrap_or(&data.name);
    let dataset = match dataset.split_once(':') {
        Some((set, path)) => format!("{set}:{}", fixed(Path::new(path)).display()),
        None => dataset.to_owned(),
    };
    Layer {
        spec: Some(SPEC.into()),
        dataset: Some(dataset),
        data_root: layer.data_root.as_deref().map(fixed),
        device: Some(layer.device.unwrap_or_default()),
        threads: Some(threads(&layer)),
        fuse: Some(layer.fuse.unwrap_or(true)),
        ..layer
    }
}

/// As many as the process has, unless it begins the run for another one.
fn threads(layer: &Layer) -> usize {
    layer.threads.unwrap_or_else(rayon::current_num_threads)
}

fn manifest(setup: &Setup, spec: &Path, command: Vec<String>, now: Timestamp) -> Manifest {
    let Setup { recipe, data, split, opened, layer } = setup;
    Manifest {
        lcnnc: env!("CARGO_PKG_VERSION").to_owned(),
        model: recipe.net.name.clone(),
        parameters: recipe.trained(),
        spec: SpecNote { path: spec.display().to_string(), sha256: data::sha256([recipe.text.as_bytes()]) },
        data: DataNote {
            name: data.name.clone(),
            checksum: data.checksum.clone(),
            classes: data.classes.clone(),
            training_images: split.train.len(),
            validation_images: split.validation.len(),
            test_images: data.test.len(),
        },
        fingerprint: setup.fingerprint(),
        device: opened.name.clone(),
        machine: Machine::here(),
        threads: threads(layer),
        seed: recipe.seed(),
        command,
        started: now,
    }
}

/// Says what is about to be trained, on what, and where.
pub(in crate::train) fn announce(recipe: &Recipe, manifest: &Manifest, folder: &Path, progress: &Progress) {
    let data = &manifest.data;
    if !recipe.remarks.diagnostics.is_empty() {
        progress.report(&recipe.remarks);
    }
    progress.line(&format!("model      {}, {}", manifest.model, counted(manifest.parameters, "parameter")));
    progress.line(&format!(
        "data       {}, {}, {} training, {} validation and {} test images",
        data.name,
        counted(data.classes.len(), "class"),
        data.training_images,
        data.validation_images,
        data.test_images
    ));
    let train = &recipe.settings.train;
    progress.line(&format!("optimizer  {}, batch {}", train.call("optimizer"), recipe.batch()));
    let (schedule, warmup) = (train.call("schedule"), train.count("warmup"));
    if *schedule != schedule::DEFAULT || warmup > 0 {
        let warmup = if warmup > 0 { format!(", warm-up over {}", counted(warmup, "epoch")) } else { String::new() };
        progress.line(&format!("schedule   {schedule}{warmup}"));
        if let Some(counts) = schedule::beside_warmup(schedule, train.count("warmup")) {
            progress.line(&format!("           {counts}"));
        }
    }
    if train.count("patience") > 0 && data.validation_images == 0 {
        progress.warn("warning: `patience` never ends: no image is held out; give `validation` in `data` a share");
    }
    progress.line(&format!("device     {}, {}", manifest.device, counted(manifest.threads, "thread")));
    progress.line(&format!("folder     {}", folder.display()));
}
