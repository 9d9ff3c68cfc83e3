//! What a list says of one run.

use crate::data::short;
use crate::sweeps::lease;
use crate::sweeps::outcome::Outcome;
use crate::train::{Glance, Manifest, TrainError, duration};
use lcnnc_lang::vocabulary::real;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It came to its end.
    Finished,
    /// Someone trains it.
    Running,
    /// It was cut short, and can be gone on with.
    Cut,
    /// Its numbers stopped being finite; with what was not.
    Diverged(String),
    /// The job of a sweep that it belongs to failed; with why.
    Failed(String),
    /// Files of its folder are not what the run left; with what is wrong.
    Damaged(String),
}

impl State {
    /// The words of all states.
    pub const WORDS: [&str; 6] = ["finished", "running", "cut", "diverged", "failed", "damaged"];

    /// The state in a word.
    pub fn word(&self) -> &'static str {
        let place = match self {
            Self::Finished => 0,
            Self::Running => 1,
            Self::Cut => 2,
            Self::Diverged(_) => 3,
            Self::Failed(_) => 4,
            Self::Damaged(_) => 5,
        };
        Self::WORDS[place]
    }

    /// Why a run did not come to its end, in one line.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Diverged(reason) | Self::Failed(reason) | Self::Damaged(reason) => Some(reason.replace('\n', " ")),
            Self::Finished | Self::Running | Self::Cut => None,
        }
    }

    fn of(glance: &Glance) -> Self {
        let folder = glance.path.parent().unwrap_or(Path::new(""));
        match glance {
            Glance { summary: Some(_), .. } => Self::Finished,
            // A job of a sweep may be worked on by another machine, which no lock tells of.
            _ if glance.is_busy() || lease::is_held(folder) => Self::Running,
            Glance { diverged: Some(reason), .. } => Self::Diverged(reason.clone()),
            _ => match Outcome::read(folder) {
                Ok(None) => Self::Cut,
                Ok(Some(outcome)) => Self::Failed(format!("exit code {}: {}", outcome.exit_code, outcome.message)),
                Err(error) => Self::Damaged(error.finding()),
            },
        }
    }
}

/// One thing that is known of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    /// A checksum, of which people see the beginning.
    Checksum(String),
    Count(usize),
    Number(f64),
    /// From 0 to 100.
    PerCent(f64),
    Seconds(f64),
}

impl Value {
    /// A text, or the number that it is.
    fn of(text: String) -> Self {
        match text.parse::<f64>() {
            Ok(x) if x.is_finite() => Self::Number(x),
            _ => Self::Text(text),
        }
    }

    /// The value for people, with its unit.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Checksum(checksum) => short(checksum).to_owned(),
            Self::Count(n) => n.to_string(),
            Self::Number(x) => real(*x),
            Self::PerCent(x) => format!("{x:.2} %"),
            Self::Seconds(x) => duration(Duration::try_from_secs_f64(*x).unwrap_or_default()),
        }
    }

    /// The number that the value is, if it is one; a share in per cent such as `15%` is one too.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Text(text) => text.strip_suffix('%').and_then(|text| text.trim().parse().ok()),
            Self::Checksum(_) => None,
            Self::Count(n) => Some(*n as f64),
            Self::Number(x) | Self::PerCent(x) | Self::Seconds(x) => Some(*x),
        }
    }
}

/// A run, with what is known of it under names.
#[derive(Clone, Debug)]
pub struct Row {
    pub path: PathBuf,
    pub state: State,
    /// The names and the values, each name once.
    pub values: Vec<(String, Value)>,
}

impl Row {
    /// What is known of the run in a folder. A damaged run is a row as well.
    pub fn read(path: &Path) -> Self {
        match Glance::at(path) {
            Ok(glance) => Self::of(&glance),
            Err(error) => Self::new(path, State::Damaged(damage(path, &error)), |row| row.rest(path)),
        }
    }

    /// The row of a run, of all that the files of its folder say.
    pub fn of(glance: &Glance) -> Self {
        Self::new(&glance.path, State::of(glance), |row| row.known(glance))
    }

    fn new(path: &Path, state: State, known: impl FnOnce(&mut Self)) -> Self {
        let (word, reason) = (state.word().to_owned(), state.reason());
        let mut row = Self { path: path.to_owned(), state, values: Vec::new() };
        row.add("run", Value::Text(named(path)));
        known(&mut row);
        row.add("state", Value::Text(word));
        reason.into_iter().for_each(|reason| row.add("reason", Value::Text(reason)));
        row
    }

    /// What is known under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn add(&mut self, name: &str, value: Value) {
        self.values.push((name.to_owned(), value));
    }

    fn known(&mut self, glance: &Glance) {
        let Glance { manifest, made_with, summary, .. } = glance;
        let epochs = if summary.is_some() { Vec::new() } else { glance.epochs().unwrap_or_default() };
        let best = epochs.iter().filter_map(|epoch| epoch.validation_accuracy).reduce(f64::max);
        // Rounded far below what any number of images can tell apart: 100 times 0.9618 is 96.17999999999999.
        let per_cent = |share: Option<f64>| share.map(|share| Value::PerCent((share * 1e12).round() / 1e10));
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let done = summary.as_ref();
        let so_far = (!epochs.is_empty()).then(|| epochs.iter().map(|epoch| epoch.seconds).sum());
        let seconds = done.map_or(so_far, |done| Some(done.seconds));
        let all = [
            ("spec", text(&made_with.spec)),
            ("dataset", text(&made_with.dataset)),
            ("seed", Some(Value::Count(manifest.seed as usize))),
            ("epochs", Some(Value::Count(done.map_or(epochs.len(), |done| done.epochs)))),
            ("validation", per_cent(done.map_or(best, |done| done.validation_accuracy))),
            ("test", per_cent(done.map(|done| done.test.accuracy))),
            ("time", seconds.map(Value::Seconds)),
            ("top5", per_cent(done.and_then(|done| Some(done.test.top.as_ref()?.accuracy)))),
            ("best_epoch", done.map(|done| Value::Count(done.best_epoch))),
            ("started", Some(Value::Text(manifest.started.to_string()))),
            ("model", text(&made_with.model)),
            ("parameters", Some(Value::Count(manifest.parameters))),
            ("spec_sha256", Some(Value::Checksum(made_with.spec_sha256.clone()))),
            ("data_sha256", Some(Value::Checksum(made_with.data_sha256.clone()))),
            ("device", text(&made_with.device)),
            ("threads", Some(Value::Count(made_with.threads))),
            ("lcnnc", text(&made_with.lcnnc)),
            ("limit", made_with.limit.map(Value::Count)),
            ("limit_test", made_with.limit_test.map(Value::Count)),
            ("weights_from", made_with.weights_from.as_ref().map(|from| Value::Text(from.in_words()))),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .for_each(|(name, value)| self.add(name, value));
        for (part, name, text) in made_with.parts() {
            // The seed is known, and stands among what every run has.
            if (part, name) == ("train", "seed") {
                continue;
            }
            let is_taken = COMMON.contains(&name) || self.get(name).is_some();
            let name = if is_taken { format!("{part}.{name}") } else { name.to_owned() };
            self.add(&name, Value::of(text));
        }
    }

    /// What the manifest of a damaged run still says.
    fn rest(&mut self, path: &Path) {
        let Ok(manifest) = Manifest::read(&path.join("manifest.json")) else {
            // Runs lie in a folder that is called as their spec unless somebody says otherwise.
            let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            let folder = path.parent().and_then(Path::file_name);
            return folder
                .into_iter()
                .for_each(|name| self.add("spec", Value::Text(name.to_string_lossy().into_owned())));
        };
        let manifest = manifest.value;
        self.add("spec", Value::Text(manifest.spec.name()));
        self.add("dataset", Value::Text(manifest.data.name));
        self.add("seed", Value::Count(manifest.seed as usize));
    }
}

/// The names of what every run has, with the unit that programs are told; consts and settings of these names have the word for where
/// they stand before them, as in `train.epochs`.
pub const UNITS: [(&str, &str); 4] =
    [("validation", "percent"), ("test", "percent"), ("top5", "percent"), ("time", "seconds")];
const COMMON: [&str; 21] = [
    "run",
    "spec",
    "dataset",
    "seed",
    "epochs",
    "validation",
    "test",
    "time",
    "state",
    "reason",
    "top5",
    "best_epoch",
    "started",
    "model",
    "parameters",
    "spec_sha256",
    "data_sha256",
    "device",
    "threads",
    "lcnnc",
    "all",
];

/// The folder of a run as a list names it; `.` says nothing of which one it is.
fn named(path: &Path) -> String {
    let has_name = path.file_name().is_some();
    let whole = (!has_name).then(|| path.canonicalize().ok()).flatten();
    whole
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_else(|| path.display().to_string())
}

/// What is wrong with a run, in the words of a list, which names the folder beside it.
fn damage(path: &Path, error: &TrainError) -> String {
    let finding = error.finding();
    let inside = format!("{}/", path.display());
    finding.strip_prefix(&inside).map_or(finding.clone(), str::to_owned)
}
