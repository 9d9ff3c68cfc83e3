//! The same recipe with several seeds: processes side by side, and the mean of what they reach.

use crate::train::fit::stop::spawn_apart;
use crate::train::quoted::quoted;
use crate::train::runs::Setup;
use crate::train::runs::begin::{Occasion, begin};
use crate::train::runs::facts::MadeWith;
use crate::train::runs::inspect::RunFolder;
use crate::train::runs::inspection::Inspection;
use crate::train::runs::manifest::{Manifest, json};
use crate::train::runs::memory_need::{self, Work};
use crate::train::runs::run_dir::{self, MANIFEST};
use crate::train::runs::{same_data, threads};
use crate::train::{Console, Overrides, Setting, Stop, Summary, Target, TrainError, files};
use lcnnc_lang::Source;
use lcnnc_lang::diag::counted;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The result of one seed's run.
#[derive(Clone, Debug, Serialize)]
pub struct SeedResult {
    pub seed: u64,
    pub folder: PathBuf,
    /// Test accuracy, from 0 to 1.
    pub accuracy: f64,
    /// How often the class was among the five largest scores, of nets with more classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top5_accuracy: Option<f64>,
    pub validation_accuracy: Option<f64>,
    pub best_epoch: usize,
    /// What the run's own summary remarks on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// The results of a recipe with several seeds.
#[derive(Clone, Debug, Serialize)]
pub struct Study {
    pub seeds: Vec<SeedResult>,
    /// The mean of the test accuracies, from 0 to 1.
    pub mean: f64,
    /// The sample's, with one less than the number of seeds below the line; 0 for one seed.
    pub sd: f64,
    /// The mean of the shares of the five largest scores, of nets with more classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top5_mean: Option<f64>,
    /// The sample's standard deviation of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top5_sd: Option<f64>,
    /// What all of the runs were made with, but for their seeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<MadeWith>,
    /// The file with all this.
    #[serde(skip)]
    pub file: PathBuf,
}

impl Study {
    /// The folders of the runs that a file of a study names. They lie beside the file, wherever both were moved to.
    ///
    /// # Errors
    /// If the file cannot be read or is not that of a study.
    pub fn folders(file: &Path) -> Result<Vec<PathBuf>, TrainError> {
        #[derive(Deserialize)]
        struct Named {
            seeds: Vec<Seed>,
        }
        #[derive(Deserialize)]
        struct Seed {
            folder: PathBuf,
        }
        let not_a_study = |error: serde_json::Error| TrainError::Refused {
            path: file.to_owned(),
            reason: format!("it is neither a run's folder nor the file `seeds-….json` of a study: {error}"),
        };
        let named: Named = serde_json::from_str(&files::read(file)?).map_err(not_a_study)?;
        let beside = file.parent().unwrap_or(Path::new(""));
        Ok(named.seeds.iter().filter_map(|seed| Some(beside.join(seed.folder.file_name()?))).collect())
    }
}

/// A seed that is still to be trained.
struct Pending {
    seed: u64,
    folder: PathBuf,
}

/// Trains what the overrides say with `count` seeds, from its own on: several at once, in processes of their own that share
/// the cores. Runs of the same recipe that lie under `runs` are taken as they are if they are finished, and gone on with
/// if they are not.
///
/// # Errors
/// As for a run, or if one of the seeds did not come to its end.
pub fn seeds(
    overrides: Overrides,
    (count, jobs): (usize, Option<usize>),
    runs: &Path,
    occasion: &Occasion,
    console: &Console,
) -> Result<Study, TrainError> {
    let spec = overrides.spec.clone().ok_or(TrainError::NoSpec)?;
    let parent = runs.join(overrides.folder_name(&spec)?);
    let source = files::source(&spec)?;
    let cores = threads::fix(overrides.threads)?;
    let first = Setup::new(source.clone(), overrides, Work::Training)?;
    first.data.notes().iter().for_each(|note| console.line(note));
    first.taken.iter().for_each(|taken| taken.announce(console));
    let before = Before::read(&parent, *console)?;
    let (seed, most) = (first.recipe.seed(), u64::from(u32::MAX));
    if seed + count as u64 - 1 > most {
        return Err(TrainError::SeedRange { first: seed, count, most });
    }
    // Of each seed no more is kept than its run's folder: its images, too, are drawn when its turn comes.
    let mut all = Vec::new();
    for seed in (first.recipe.seed()..).take(count) {
        let fingerprint = first.with_seed(source.clone(), seed)?.fingerprint();
        all.push((seed, before.same(&fingerprint, &first.data.classes, *console)?));
    }
    let is_pending = |folder: &Option<(PathBuf, bool)>| !matches!(folder, Some((_, true)));
    let pending = all.iter().filter(|(_, before)| is_pending(before)).count();
    let (jobs, why) = side_by_side(&first, (jobs, pending), cores)?;
    let threads = cores / jobs.max(1);
    if pending > 0 {
        let [seeds, threads] = [(pending, "seed"), (threads.max(1), "thread")].map(|(n, what)| counted(n, what));
        console.line(&format!("{seeds} to train, {jobs} at a time with {threads} each ({why})"));
    }
    let (mut folders, mut queue) = (Vec::new(), Vec::new());
    for (seed, before) in all {
        let pending = is_pending(&before);
        let (said, folder) = match before {
            Some((folder, true)) => ("finished before", folder),
            Some((folder, false)) => ("goes on", folder),
            None => {
                let mut setup = first.with_seed(source.clone(), seed)?;
                setup.overrides.threads = Some(threads.max(1));
                ("begins", begin(&setup, &spec, &parent, occasion.clone())?.0)
            }
        };
        console.line(&format!("seed {seed} {said}, see {}", folder.display()));
        if pending {
            queue.push(Pending { seed, folder: folder.clone() });
        }
        folders.push((seed, folder));
    }
    train(queue, jobs, console)?;
    study(folders, &first.fingerprint(), *console)
}

impl Setup {
    /// The setup with another seed; the data are shared.
    fn with_seed(&self, source: Source, seed: u64) -> Result<Self, TrainError> {
        let target = Target::Key { block: "train", key: "seed" };
        self.with(source, Setting { origin: "--seeds".to_owned(), target, text: seed.to_string() })
    }
}

/// The runs that lie in a folder: of each its fingerprint, its classes and its own folder.
struct Before(Vec<(String, Vec<String>, PathBuf)>);

impl Before {
    fn read(parent: &Path, console: Console) -> Result<Self, TrainError> {
        let mut runs = Vec::new();
        for folder in run_dir::all(parent)? {
            match Manifest::read(&folder.join(MANIFEST)) {
                Ok(sealed) => runs.push((sealed.value.fingerprint, sealed.value.data.classes, folder)),
                Err(error) => console.warn(&format!("warning: {error}; this run is passed over")),
            }
        }
        Ok(Self(runs))
    }

    /// A folder of that recipe and these classes, finished rather than not, and whether it is.
    fn same(
        &self,
        fingerprint: &str,
        classes: &[String],
        console: Console,
    ) -> Result<Option<(PathBuf, bool)>, TrainError> {
        let mut unfinished = None;
        let is_same = |known: &str, of: &[String]| known == fingerprint && same_data::same(of, classes);
        for (.., folder) in self.0.iter().filter(|(known, of, _)| is_same(known, of)) {
            if ended(folder, console)?.is_some() {
                return Ok(Some((folder.clone(), true)));
            }
            unfinished = Some((folder.clone(), false));
        }
        Ok(unfinished)
    }
}

/// How a run ended, if it did; what it left must be as it was.
fn ended(folder: &Path, console: Console) -> Result<Option<(Summary, MadeWith)>, TrainError> {
    // There is no `--force` for all seeds at once.
    let opened = RunFolder::open(folder, &mut Inspection::without_force(console));
    let run = opened.and_then(|run| run.whole().map(|()| run)).map_err(|error| {
        let way = format!("move {} to another place, and its seed is trained anew", quoted(folder));
        error.without_force().or(&way)
    })?;
    if let Some(problem) = run.metrics_problem() {
        console.warn(&format!("warning: {problem}"));
    }
    let made_with = run.made_with();
    Ok(run.summary.map(|summary| (summary, made_with)))
}

/// Trains every pending seed to its end, several at once.
fn train(pending: Vec<Pending>, jobs: usize, console: &Console) -> Result<(), TrainError> {
    let seeds = pending.len();
    let stop = Stop::listen();
    let (queue, failed) = (Mutex::new(pending.into_iter()), Mutex::new(Vec::new()));
    let next = || if stop.asked() { None } else { queue.lock().unwrap_or_else(PoisonError::into_inner).next() };
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(pending) = next() {
                    let code = process(&pending, stop, console).map_or(1, |status| status.code().unwrap_or(1));
                    if code != 0 {
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push((pending.seed, code));
                    }
                }
            });
        }
    });
    if stop.asked() {
        return Err(TrainError::Seeds { seeds, failed: Vec::new(), code: 5 });
    }
    let mut failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort_unstable();
    match failed.first() {
        None => Ok(()),
        Some((_, code)) => {
            let code = u8::try_from(*code).unwrap_or(1);
            Err(TrainError::Seeds { seeds, failed: failed.iter().map(|(seed, _)| *seed).collect(), code })
        }
    }
}

/// How many runs like one of these overrides are trained at once where so many are to be trained, with how many threads each, and why.
///
/// # Errors
/// As for a run, or if as many as were asked for have no room in memory.
pub fn processes(
    overrides: Overrides,
    (asked, runs): (Option<usize>, usize),
) -> Result<(usize, usize, String), TrainError> {
    let spec = overrides.spec.clone().ok_or(TrainError::NoSpec)?;
    let cores = threads::fix(overrides.threads)?;
    let setup = Setup::new(files::source(&spec)?, overrides, Work::Training)?;
    setup.taken.iter().for_each(|taken| taken.announce(&Console::of_run()));
    let (jobs, why) = side_by_side(&setup, (asked, runs), cores)?;
    Ok((jobs, (cores / jobs.max(1)).max(1), why))
}

/// How many processes at once, and why: as many as were asked for, or one a core, within the memory; one on a graphics
/// processor, which is shared badly.
///
/// # Errors
/// If as many as were asked for have no room.
fn side_by_side(
    setup: &Setup,
    (asked, seeds): (Option<usize>, usize),
    cores: usize,
) -> Result<(usize, String), TrainError> {
    let [surely, maybe] = memory_need::processes(setup);
    if let Some(asked) = asked {
        let jobs = asked.min(seeds);
        let why = if jobs < asked { "one a seed" } else { "as asked" };
        return match maybe.filter(|room| *room < jobs) {
            Some(_) => Err(TrainError::Jobs { jobs, fits: surely.unwrap_or(1).max(1) }),
            None => Ok((jobs, why.to_owned())),
        };
    }
    if !setup.on_cpu() {
        return Ok((1, "one graphics processor".to_owned()));
    }
    Ok(match surely {
        Some(room) if room < cores.min(seeds) => (room.max(1), "as many as there is memory for".to_owned()),
        _ => (cores.min(seeds), counted(cores, "core")),
    })
}

/// Trains one seed in a process of its own; its lines are passed on with the seed before them.
fn process(pending: &Pending, stop: Stop, console: &Console) -> std::io::Result<ExitStatus> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("resume").arg("--brief").arg(&pending.folder);
    let mut child = spawn_apart(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        let seed = pending.seed;
        scope.spawn(move || pass_on(out, |line| console.line(&format!("seed {seed}: {line}"))));
        scope.spawn(move || pass_on(err, |line| console.warn(&format!("seed {seed}: {line}"))));
        stop.wait(&mut child)
    })
}

fn pass_on(from: Option<impl Read>, say: impl Fn(&str)) {
    let lines = from.into_iter().flat_map(|from| BufReader::new(from).lines());
    lines.map_while(Result::ok).for_each(|line| say(&line));
}

/// The mean, and the sample's standard deviation.
fn mean_and_sd(values: &[f64]) -> [f64; 2] {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    [mean, (squares / (count - 1.0).max(1.0)).sqrt()]
}

fn study(all: Vec<(u64, PathBuf)>, fingerprint: &str, console: Console) -> Result<Study, TrainError> {
    let (mut seeds, mut settings) = (Vec::new(), None);
    for (seed, folder) in all {
        let (ended, made_with) =
            ended(&folder, console)?.ok_or_else(|| TrainError::Unfinished { path: folder.clone() })?;
        settings = settings.or_else(|| Some(made_with.without_seed()));
        let Summary { validation_accuracy, best_epoch, test, remarks, .. } = ended;
        let top5_accuracy = test.top.map(|top| top.accuracy);
        let accuracy = test.accuracy;
        seeds.push(SeedResult { seed, folder, accuracy, top5_accuracy, validation_accuracy, best_epoch, remarks });
    }
    let [mean, sd] = mean_and_sd(&seeds.iter().map(|seed| seed.accuracy).collect::<Vec<_>>());
    let top5: Option<Vec<f64>> = seeds.iter().map(|seed| seed.top5_accuracy).collect();
    let (top5_mean, top5_sd) = top5.map(|top5| mean_and_sd(&top5)).map(|[mean, sd]| (mean, sd)).unzip();
    let folder = seeds.first().and_then(|seed| seed.folder.parent()).unwrap_or(Path::new("")).to_owned();
    let file = folder.join(format!("seeds-{}.json", &fingerprint[..8]));
    let study = Study { seeds, mean, sd, top5_mean, top5_sd, settings, file };
    files::replace(&study.file, json(&study).as_bytes())?;
    Ok(study)
}
