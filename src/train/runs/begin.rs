//! A new run's folder: what is written before the first step, and said.

use crate::data::{self, DataSet};
use crate::train::console::Console;
use crate::train::fit::{INITIAL, kept};
use crate::train::recipe::yaml;
use crate::train::runs::Setup;
use crate::train::runs::manifest::{DataNote, FirstFiles, Machine, Manifest, Parent, Sharing, SpecNote};
use crate::train::runs::run_dir::{self, MANIFEST, SETTINGS, SPEC};
use crate::train::runs::which::Which;
use crate::train::runs::{room, seal};
use crate::train::weights::{self, whose::Whose};
use crate::train::{Overrides, Recipe, TrainError};
use jiff::Timestamp;
use lcnnc_lang::diag::counted;
use lcnnc_lang::diag::render::visible_name;
use lcnnc_lang::ir::cost;
use lcnnc_lang::vocabulary::schedules;
use std::path::{Path, PathBuf, absolute};

/// What brought a run about, as its manifest notes it.
#[derive(Clone, Debug, Default)]
pub struct Occasion {
    /// The words of the command line.
    pub command: Vec<String>,
    /// What was found wrong and passed over with `--force`, in sentences.
    pub notes: Vec<String>,
    /// The run that it goes on with, for more epochs.
    pub parent: Option<Parent>,
    /// What its weights were made of, if no training is to make them.
    pub shared: Option<Sharing>,
}

/// What a run's folder begins with.
pub(in crate::train) struct FirstTexts {
    spec: String,
    settings: String,
    /// The weights that training begins with, as a file; none where no training follows.
    initial: Option<Vec<u8>>,
    pub manifest: Manifest,
}

/// Makes the folder of a run in `parent`, with its spec, settings and manifest.
pub(in crate::train) fn begin(
    setup: &Setup,
    spec: &Path,
    parent: &Path,
    occasion: Occasion,
) -> Result<(PathBuf, Manifest), TrainError> {
    check_disk(&setup.recipe, parent)?;
    let first = FirstTexts::new(setup, spec, occasion)?;
    let folder = first.put_into(parent, &[])?;
    Ok((folder, first.manifest))
}

/// Checks that the disk has room for the weights that a run is to keep: they grow with the epochs, so that a full disk would show
/// only after many of them.
fn check_disk(recipe: &Recipe, parent: &Path) -> Result<(), TrainError> {
    let (Some((files, size)), Some(free)) = (kept::size(recipe), room::free(parent)) else { return Ok(()) };
    if size <= free {
        return Ok(());
    }
    let (keep, needed, free) = (recipe.keep(), cost::bytes(size), cost::bytes(free));
    let reason = format!(
        "`keep: {keep}` leaves {} of {needed} together, and {free} are free there; keep fewer with a larger `--keep`, make room, or \
         put the run on another disk with `--runs`",
        counted(files, "file")
    );
    Err(TrainError::Refused { path: parent.to_owned(), reason })
}

impl FirstTexts {
    /// What the folder of a run that begins now is to begin with.
    pub fn new(setup: &Setup, spec: &Path, occasion: Occasion) -> Result<Self, TrainError> {
        // Whole seconds.
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
        let name = setup.overrides.folder_name(spec)?;
        let settled = Overrides { name: Some(name), ..settled(setup.overrides.clone(), &setup.data) };
        let settings = yaml::write(&settled, &setup.recipe.settings);
        let sum = |text: &str| data::sha256([text.as_bytes()]);
        let manifest = manifest(setup, spec, occasion, now);
        let initial = manifest.shared.is_none().then(|| initial(setup, &manifest)).transpose()?;
        let files = FirstFiles {
            spec: sum(&setup.recipe.resolved),
            settings: sum(&settings),
            initial: initial.as_ref().map(|bytes| data::sha256([bytes.as_slice()])),
        };
        let manifest = Manifest { files: Some(files), ..manifest };
        Ok(Self { spec: setup.recipe.resolved.clone(), settings, initial, manifest })
    }

    /// Makes the folder in `parent`, with these files and `more`.
    ///
    /// # Errors
    /// If it cannot be made; nothing of it is there then.
    pub fn put_into(&self, parent: &Path, more: &[(&str, &[u8])]) -> Result<PathBuf, TrainError> {
        let sealed = seal::written(&self.manifest);
        let texts = [(SPEC, &self.spec), (SETTINGS, &self.settings), (MANIFEST, &sealed)];
        let texts = texts.into_iter().map(|(name, text)| (name, text.as_bytes()));
        let initial = self.initial.iter().map(|bytes| (INITIAL, bytes.as_slice()));
        let files: Vec<(&str, &[u8])> = texts.chain(initial).chain(more.iter().copied()).collect();
        run_dir::create(parent, &self.manifest.started.strftime("%Y%m%dT%H%M%SZ").to_string(), &files)
    }
}

/// The weights that a run begins with, as the bytes of their file.
fn initial(setup: &Setup, manifest: &Manifest) -> Result<Vec<u8>, TrainError> {
    let whose = Whose::run(&setup.recipe, manifest).at(&Which::Initial.to_string(), 0);
    Ok(weights::bytes(&setup.initial(&setup.opened.device)?, &whose)?)
}

/// The overrides as run.yaml keeps them: complete, and the same wherever it is read. The spec is the run folder's own, which
/// does not change when the author's does.
fn settled(overrides: Overrides, data: &DataSet) -> Overrides {
    // Only a path that is empty has no absolute form, and that one stays as it is.
    let fixed = |path: &Path| absolute(path).unwrap_or_else(|_| path.to_owned());
    let dataset = overrides.dataset.as_deref().unwrap_or(&data.name);
    let dataset = match dataset.split_once(':') {
        Some((set, path)) => format!("{set}:{}", fixed(Path::new(path)).display()),
        None => dataset.to_owned(),
    };
    Overrides {
        spec: Some(SPEC.into()),
        dataset: Some(dataset),
        data_root: overrides.data_root.as_deref().map(fixed),
        device: Some(overrides.device.unwrap_or_default()),
        threads: Some(threads(&overrides)),
        fuse: Some(overrides.fuse.unwrap_or(true)),
        ..overrides
    }
}

/// How many threads a run computes with: as many as the process has, unless it begins the run for another one.
fn threads(overrides: &Overrides) -> usize {
    overrides.threads.unwrap_or_else(rayon::current_num_threads)
}

fn manifest(setup: &Setup, spec: &Path, occasion: Occasion, now: Timestamp) -> Manifest {
    let Setup { recipe, data, split, opened, overrides, taken } = setup;
    let Occasion { command, notes, parent, shared } = occasion;
    Manifest {
        lcnnc: env!("CARGO_PKG_VERSION").to_owned(),
        model: recipe.net.name.clone(),
        parameters: recipe.trained(),
        spec: SpecNote::new(spec, &recipe.text),
        data: DataNote {
            name: data.name.clone(),
            checksum: data.checksum.clone(),
            verified: data.verified(),
            notes: data.notes().into_iter().chain(untrained(setup)).collect(),
            classes: data.classes.clone(),
            training_images: split.train.len(),
            validation_images: split.validation.len(),
            test_images: setup.tested().len(),
        },
        fingerprint: setup.fingerprint_of(shared.as_ref()),
        device: opened.name.clone(),
        machine: Machine::here(),
        threads: threads(overrides),
        seed: recipe.seed(),
        command,
        started: now,
        parent,
        shared,
        weights_from: taken.as_ref().map(|taken| taken.from.clone()),
        notes,
        files: None,
    }
}

/// Classes that a note names before it says how many more there are.
const NAMED: usize = 5;

/// Names the classes that have no image to train with: all of theirs are set aside, or left out by a limit.
fn untrained(setup: &Setup) -> Option<String> {
    let mut without = vec![true; setup.data.classes.len()];
    setup.split.train.iter().for_each(|&i| without[setup.data.train.label(i)] = false);
    let names = setup.data.classes.iter().zip(&without).filter(|(_, without)| **without);
    let names: Vec<String> = names.map(|(class, _)| format!("`{}`", visible_name(class))).collect();
    let more = names.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let listed = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("no image to train with in {}: {listed}{more}", counted(names.len(), "class")))
}

/// Says what is about to be trained, on what, and where.
pub(in crate::train) fn announce(setup: &Setup, manifest: &Manifest, folder: &Path, console: &Console) {
    let (recipe, overrides, data) = (&setup.recipe, &setup.overrides, &manifest.data);
    if !recipe.remarks.diagnostics.is_empty() {
        console.report(&recipe.remarks);
    }
    console.line(&format!("model      {}, {}", manifest.model, counted(manifest.parameters, "parameter")));
    console.line(&format!(
        "data       {}, {}, {} training, {} validation and {} test images",
        data.name,
        counted(data.classes.len(), "class"),
        data.training_images,
        data.validation_images,
        data.test_images
    ));
    if overrides.limit.is_some() && overrides.limit_test.is_none() {
        console
            .line("           the test half is whole: `--limit` is of the training half, `--limit-test` of this one");
    }
    data.notes.iter().for_each(|note| console.line(&format!("           {note}")));
    if data.verified == Some(false) {
        console.line("           not verified: a file that holds no whole picture ends the run when it is met");
    }
    let train = &recipe.settings.train;
    console.line(&format!("optimizer  {}, batch {}", train.call("optimizer"), recipe.batch()));
    let (schedule, warmup) = (train.call("schedule"), train.count("warmup"));
    if *schedule != schedules::DEFAULT || warmup > 0 {
        let warmup = if warmup > 0 { format!(", warm-up over {}", counted(warmup, "epoch")) } else { String::new() };
        console.line(&format!("schedule   {schedule}{warmup}"));
        if let Some(counts) = schedules::beside_warmup(schedule, train.count("warmup")) {
            console.line(&format!("           {counts}"));
        }
    }
    if train.count("patience") > 0 && data.validation_images == 0 {
        console.warn("warning: `patience` never ends: no image is held out; give `validation` in `data` a share");
    }
    keeps(recipe, console);
    setup.taken.iter().for_each(|taken| taken.announce(console));
    console.line(&format!("device     {}, {}", manifest.device, counted(threads(overrides), "thread")));
    console.line(&format!("folder     {}", folder.display()));
}

/// Says which weights stay, beside the best and the last ones, and what room they take.
fn keeps(recipe: &Recipe, console: &Console) {
    match (kept::size(recipe), recipe.keep()) {
        (_, 0) => {}
        (Some((files, size)), keep) => {
            let every = if keep == 1 { "every epoch".to_owned() } else { format!("every {keep} epochs") };
            let (files, size) = (counted(files, "file"), cost::bytes(size));
            console.line(&format!("keeps      the weights after {every}, {files} of {size} together"));
        }
        (None, keep) => {
            let epochs = counted(recipe.epochs(), "epoch");
            console.warn(&format!(
                "warning: `keep: {keep}` keeps no weights: the run has {epochs}; give a smaller number"
            ));
        }
    }
}
