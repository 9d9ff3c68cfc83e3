//! Runs: from overrides to a finished run's folder, at once or after an interruption.

mod altered;
pub mod begin;
pub mod cost;
mod diverged;
pub mod elsewhere;
pub mod facts;
pub mod glance;
pub mod inspect;
pub mod inspection;
pub mod lengthen;
mod made;
pub mod manifest;
pub(in crate::train) mod memory_need;
mod never_kept;
pub mod pace;
pub mod rerun;
mod restore;
pub mod room;
pub(in crate::train) mod run_dir;
mod same_data;
mod seal;
pub mod seeds;
pub mod set_over;
pub mod share;
mod shown_images;
pub mod threads;
pub mod trained;
pub mod which;

use crate::back::burn::Opened;
use crate::data::split::Split;
use crate::data::{self, Allow, DataError, DataSet, Meter, Request};
use crate::observe::RunHome;
use crate::observe::metrics::LINES;
use crate::observe::tensorboard;
use crate::train::console::Console;
use crate::train::fit::checkpoint::{self, Checkpoint, Expected};
use crate::train::fit::evaluate::{Score, evaluate};
use crate::train::fit::state::RunMark;
use crate::train::fit::{self, Fit, Job};
use crate::train::quoted::quoted;
use crate::train::reading_meter::ReadingMeter;
use crate::train::recipe::yaml;
use crate::train::runs::begin::{Occasion, announce, begin};
use crate::train::runs::elsewhere::Taken;
use crate::train::runs::inspect::RunFolder;
use crate::train::runs::inspection::Inspection;
use crate::train::runs::manifest::{Manifest, Sharing, Summary, WeightsChecksums};
use crate::train::runs::memory_need::Work;
use crate::train::runs::run_dir::{SETTINGS, SUMMARY};
use crate::train::runs::which::Which;
use crate::train::weights::whose::Whose;
use crate::train::{Overrides, Recipe, Setting, Stop, TrainError, files};
use lcnnc_lang::Source;
use lcnnc_lang::diag::names::is_unused_const;
use std::path::{Path, PathBuf};
use std::sync::Arc;
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
    pub overrides: Overrides,
    pub recipe: Recipe,
    pub data: DataSet,
    pub split: Split,
    pub opened: Opened,
    /// Weights from elsewhere that training begins with.
    pub taken: Option<Arc<Taken>>,
}

impl Setup {
    /// The process's thread count is fixed by the first one.
    pub fn new(source: Source, overrides: Overrides, work: Work) -> Result<Self, TrainError> {
        threads::fix(overrides.threads)?;
        let opened = overrides.device.unwrap_or_default().open()?;
        if work == Work::Training {
            // Before the data, which may take long to read.
            elsewhere::check(&overrides.weights_from)?;
        }
        // The data of a run that was begun before are known by their checksum.
        let mut data = open(&overrides, work != Work::Training)?;
        let recipe = recipe(&source, &overrides, data.classes.len())?;
        data.read(&request(&overrides, overrides.verify.unwrap_or(true), false))?;
        recipe.check(&data)?;
        opened.has(recipe.precision())?;
        let split = recipe.split(&data, overrides.limit);
        let recipe = recipe.measured((&source, &overrides), &data, &split, &ReadingMeter::measuring())?;
        let mut setup = Self { overrides, recipe, data, split, opened, taken: None };
        memory_need::check(&setup, work)?;
        // A run that was begun before has them in its folder.
        if work == Work::Training {
            setup.taken = Taken::read(&mut setup.overrides, &setup.recipe)?.map(Arc::new);
        }
        Ok(setup)
    }

    /// Whether parts of the net run fused where they can.
    pub fn fuses(&self) -> bool {
        self.overrides.fuse.unwrap_or(true)
    }

    pub fn on_cpu(&self) -> bool {
        self.opened.on_cpu()
    }

    pub fn fingerprint(&self) -> String {
        let recipe = self.recipe.fingerprint(&self.data, self.overrides.limit, self.overrides.limit_test);
        let taken = self.overrides.weights_from.fingerprint();
        // Without any nothing is added, so that runs from before there were some keep their fingerprint.
        taken.map_or(recipe.clone(), |taken| data::sha256([recipe.as_bytes(), b"\0weights\0", taken.as_bytes()]))
    }

    /// The fingerprint of a run of this recipe; of one whose weights were shared, if they were.
    pub fn fingerprint_of(&self, shared: Option<&Sharing>) -> String {
        let recipe = self.fingerprint();
        shared.map_or(recipe.clone(), |shared| shared.fingerprint(&recipe))
    }

    /// Checks that data and settings are still those that a run was begun with.
    ///
    /// # Errors
    /// Which of them are not.
    pub fn is_of(&self, folder: &Path, manifest: &Manifest, inspection: &mut Inspection) -> Result<(), TrainError> {
        let way = || format!("begin a new run with `lcnnc run --config {}`", quoted(&folder.join(SETTINGS)));
        if let Some(problem) = same_data::other_data(&manifest.data, &self.data, way) {
            return inspection.found(problem);
        }
        let (expected, found) = (manifest.fingerprint.clone(), self.fingerprint_of(manifest.shared.as_ref()));
        if expected == found {
            let now = [self.split.train.len(), self.split.validation.len(), self.tested().len()];
            return same_data::other_division(&manifest.data, &self.data, now, way)
                .map_or(Ok(()), |it| inspection.found(it));
        }
        inspection.found(TrainError::Changed { path: folder.to_owned(), expected, found })
    }

    /// Which images of the test half the run tests with.
    pub fn tested(&self) -> Vec<usize> {
        self.recipe.test(&self.data, self.overrides.limit_test)
    }

    /// The setup with one setting changed; the data are shared.
    pub fn with(&self, source: Source, setting: Setting) -> Result<Self, TrainError> {
        let mut overrides = self.overrides.clone();
        overrides.settings.push(setting);
        let recipe = recipe(&source, &overrides, self.data.classes.len())?;
        let split = recipe.split(&self.data, overrides.limit);
        let recipe = recipe.measured((&source, &overrides), &self.data, &split, &ReadingMeter::measuring())?;
        let (data, opened, taken) = (self.data.clone(), self.opened.clone(), self.taken.clone());
        Ok(Self { overrides, recipe, split, data, opened, taken })
    }

    /// Trains in a run's folder to the end, tests, and leaves the folder as a finished run's. `notes` say what was passed
    /// over with `--force`.
    pub fn train(
        &self,
        (folder, manifest): (&Path, &Manifest),
        from: Option<Checkpoint>,
        notes: Vec<String>,
        console: &Console,
    ) -> Result<Done, TrainError> {
        let job = Job {
            recipe: &self.recipe,
            data: &self.data,
            split: &self.split,
            device: &self.opened.device,
            fuse: self.fuses(),
            folder,
            started: manifest.started,
            made_with: self.made_with(manifest),
            begins_elsewhere: manifest.weights_from.is_some(),
            whose: Whose::run(&self.recipe, manifest),
            mark: mark(manifest),
            notes,
            tensorboard: self.overrides.tensorboard.unwrap_or(true),
            save_every: self.overrides.save_every,
            stop: Stop::listen(),
        };
        let done = job.fit(from, console).and_then(|fit| {
            let summary = summary(&job, fit, self.overrides.limit_test)?;
            tensorboard::finish(RunHome { folder, started: manifest.started }, &summary)?;
            summary.remarks.iter().for_each(|remark| console.warn(&format!("warning: {remark}")));
            files::replace(&folder.join(SUMMARY), seal::written(&summary).as_bytes())?;
            checkpoint::settle(folder)?;
            Ok(Done { folder: folder.to_owned(), summary })
        });
        done.map_err(|cause| {
            let cause = match cause {
                TrainError::Data(cause @ DataError::Decode { .. }) if self.data.verified() == Some(false) => {
                    TrainError::NeverSeen { cause: Box::new(cause), config: folder.join(SETTINGS) }
                }
                TrainError::Data(error @ DataError::BatchMemory { .. }) => TrainError::Data(error),
                TrainError::Data(error) => TrainError::Lost(error),
                other => other,
            };
            let is_diverged = matches!(cause, TrainError::Diverged { .. } | TrainError::DivergedAsleep { .. });
            let home = RunHome { folder, started: manifest.started };
            let told = if is_diverged { tensorboard::fail(home) } else { Ok(()) };
            if let Err(error) = diverged::note(folder, &cause).and(told) {
                console.warn(&format!("warning: {error}"));
            }
            let (saved, folder) = (checkpoint::any(folder), folder.to_owned());
            TrainError::Cut { cause: Box::new(cause), folder, saved }
        })
    }
}

/// The recipe of a spec. A run writes numbers into its own spec, so that consts may be left there which nothing reads; nobody is told
/// to remove them, since nothing in a run's folder may be edited.
fn recipe(source: &Source, overrides: &Overrides, classes: usize) -> Result<Recipe, TrainError> {
    let mut recipe = Recipe::new(source.clone(), overrides, classes)?;
    if set_over::is_a_runs_spec(Path::new(&source.name)) {
        recipe.remarks.diagnostics.retain(|problem| !is_unused_const(problem));
    }
    Ok(recipe)
}

/// Trains what the overrides say and leaves a folder under `runs`, made only once spec and data are known to be good.
///
/// # Errors
/// See [`TrainError`].
pub fn run(overrides: Overrides, runs: &Path, occasion: Occasion, console: &Console) -> Result<Done, TrainError> {
    let spec = overrides.spec.clone().ok_or(TrainError::NoSpec)?;
    // Before the data: what is missing should be said at once.
    let parent = runs.join(overrides.folder_name(&spec)?);
    let source = files::source(&spec)?;
    let setup = Setup::new(source, overrides, Work::Training)?;
    let (folder, manifest) = begin(&setup, &spec, &parent, occasion)?;
    let _lock = run_dir::lock(&folder)?;
    announce(&setup, &manifest, &folder, console);
    setup.train((&folder, &manifest), None, Vec::new(), console)
}

/// The settings of a file; one that lies in a run's folder is compared with what the run left there.
///
/// # Errors
/// If it cannot be read, everything that is wrong with it, or that it was changed.
pub fn config(file: &Path, inspection: &mut Inspection) -> Result<Overrides, TrainError> {
    let folder = file.parent().unwrap_or(Path::new(""));
    if file.ends_with(SETTINGS) && run_dir::is_a_runs(folder) {
        inspect::settings(folder, inspection)?;
    }
    yaml::load(file)
}

/// Goes on with the run of a folder from its last checkpoint, or from its start if it has none; ends with the same bits
/// as a run that was never cut short. What `over` says comes before the run's own settings; `brief` leaves out what is known
/// of the run.
///
/// # Errors
/// See [`TrainError`].
pub fn resume(folder: &Path, over: Overrides, brief: bool, mut inspection: Inspection) -> Result<Done, TrainError> {
    let console = inspection.console();
    let mut run = RunFolder::open(folder, &mut inspection)?;
    run.manifest.trained_in(folder)?;
    if let Some(mut summary) = run.summary.take() {
        console.line("the run is complete");
        restore::complete(folder, &mut summary, &run.manifest, &mut inspection).map_err(unwritten(folder))?;
        return Ok(Done { folder: folder.to_owned(), summary });
    }
    if let Some(problem) = diverged::problem(folder) {
        inspection.found(problem)?;
        diverged::clear(folder)?;
    }
    let _lock = run_dir::lock(folder)?;
    if run.manifest.weights_from.is_some() && !checkpoint::any(folder) {
        // The training begins with them once more, and no seed makes them.
        run.weights(Which::Initial, &mut inspection)?;
    }
    let RunFolder { manifest, overrides, source, .. } = run;
    let setup = Setup::new(source, over.over(overrides), Work::GoingOn).map_err(TrainError::since(folder))?;
    setup.is_of(folder, &manifest, &mut inspection)?;
    for difference in manifest.differences(&setup.opened) {
        console.warn(&format!("warning: {difference}; the last bits may differ from those of an uncut run"));
    }
    let expected = Expected { run: mark(&manifest), limits: fit::limits(&setup.recipe, &setup.data, &setup.split) };
    let from = checkpoint::newest(folder, &expected, &mut inspection)?;
    if let Some(problem) = from.is_none().then(|| checkpoint::none_is_whole(folder)).flatten() {
        inspection.found(problem)?;
    }
    if let Some(from) = &from {
        restore::check_kept(folder, &from.state.kept, &mut inspection)?;
    }
    if !brief {
        announce(&setup, &manifest, folder, &console);
    }
    if let Some(from) = &from {
        console.line(&format!("goes on    at {}", from.state));
    }
    setup.train((folder, &manifest), from, inspection.notes, &console)
}

/// Turns an error in writing into one that says that the folder of a run can no longer be written.
fn unwritten(folder: &Path) -> impl FnOnce(TrainError) -> TrainError {
    move |error| match error {
        TrainError::File { doing: "written", .. } => {
            TrainError::Cut { cause: Box::new(error), folder: folder.to_owned(), saved: checkpoint::any(folder) }
        }
        error => error,
    }
}

/// The mark by which the checkpoints of a run are told from others.
fn mark(manifest: &Manifest) -> RunMark {
    RunMark { recipe: manifest.fingerprint.clone(), manifest: manifest.seal() }
}

/// How to look for the data that overrides name, whether to decode all of it, and whether its checksum is known, which is
/// compared later.
fn request(overrides: &Overrides, verify: bool, is_known: bool) -> Request {
    let allow = Allow {
        one_class: overrides.allow_one_class.unwrap_or(false),
        empty_classes: overrides.allow_empty_classes.unwrap_or(false),
        other_count: is_known || overrides.allow_other_count.unwrap_or(false),
    };
    let meter: Arc<dyn Meter> = Arc::new(ReadingMeter::new(Console::new()));
    let root = overrides.data_root.clone();
    Request { root, allow, verify, memory: data::cache(), meter: Some(meter), ..Request::default() }
}

/// The data set that overrides name, checked to have an image in either half; the files of a set of files are not read.
/// `is_known` says that a checksum tells whether it is the one that is meant.
pub(in crate::train) fn open(overrides: &Overrides, is_known: bool) -> Result<DataSet, TrainError> {
    let data = data::open(overrides.dataset.as_deref().unwrap_or(DATASET), &request(overrides, false, is_known))?;
    for (part, half, verb) in [("training half", &data.train, "train with"), ("test half", &data.test, "test with")] {
        if half.is_empty() {
            return Err(TrainError::Empty { name: data.name, part, verb });
        }
    }
    Ok(data)
}

/// The data set of some overrides; of a set of files none is read.
///
/// # Errors
/// If it cannot be had.
pub fn data_of(overrides: &Overrides) -> Result<DataSet, TrainError> {
    open(overrides, true)
}

fn summary(job: &Job<'_>, fit: Fit, limit_test: Option<usize>) -> Result<Summary, TrainError> {
    let Fit { best, epochs, last, kept, seconds, asleep, memory, remarks, notes } = fit;
    let started = Instant::now();
    let order = job.recipe.test(job.data, limit_test);
    let test = evaluate(&best.model, job.device, job.recipe.feed(&job.data.test, order), None, job.stop)?;
    let test = test.numbered("the test", &job.folder.join(fit::BEST))?;
    Ok(Summary {
        epochs,
        best_epoch: best.so_far.epoch,
        validation_accuracy: best.so_far.validation_accuracy,
        test: Score { of: job.data.test.len(), ..test.into() },
        seconds: seconds + started.elapsed().as_secs_f64(),
        asleep,
        weights: WeightsChecksums { best: best.checksum, last, epochs: kept },
        settings: Some(job.made_with.clone()),
        remarks,
        notes,
        metrics_sha256: memory.texts.get(LINES).map(|lines| data::sha256([lines.as_bytes()])),
        manifest_seal: Some(job.mark.manifest.clone()),
    })
}
