//! Everything that ends a run early, and the exit code it ends with.

use crate::activity::Unasked;
use crate::back::burn::{DeviceError, NonFinite, WeightsError};
use crate::data::fetch::FetchError;
use crate::data::{DataError, Unusable, short};
use crate::train::quoted::quoted;
use crate::train::runs::memory_need;
use crate::train::text::NotUtf8;
use lcnnc_lang::diag::{Report, counted};
use lcnnc_lang::vocabulary::real;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why there is no result.
#[derive(Debug, Error)]
pub enum TrainError {
    /// Problems in the spec, in run.yaml or in the text of a flag: everything that was found.
    #[error("{}", .0.iter().map(Report::to_string).collect::<String>())]
    Reports(Vec<Report>),

    /// Problems in the text of flags alone: everything that was found.
    #[error("{}", .0.iter().map(Report::to_string).collect::<String>())]
    Flags(Vec<Report>),

    /// The images cannot be what the net takes.
    #[error("the data does not fit the spec: {cause}{}", remedy(cause))]
    Unfit { cause: DataError },

    /// The images cannot be what the net of a run takes, and nothing of the run can be changed any more.
    #[error("{cause}; this run takes {}", taken(*takes))]
    UnfitRun { cause: Box<DataError>, takes: [usize; 3] },

    /// Files that a run was begun with, and that cannot be used any more.
    #[error(
        "{unusable}\nthe run was begun with whole files in their place: put those back, or begin a new run with `lcnnc run \
         --config {}`",
        quoted(config)
    )]
    Broken { unusable: Box<Unusable>, config: PathBuf },

    #[error("`{name}` has {}, but the run was trained on {expected}: {}", counted(*found, "class"), classes.join(", "))]
    Classes { name: String, expected: usize, found: usize, classes: Vec<String> },

    #[error("no spec was given: write `lcnnc run SPEC`, or `lcnnc run --config RUN.yaml`")]
    NoSpec,

    /// A const that the command line sets twice: which of the two is meant is not known.
    #[error("`--set {name}={first}` and `--set {name}={second}` give one const two values: leave one of them out")]
    SetTwice { name: String, first: String, second: String },

    #[error("{reason}")]
    Sweep { reason: String },

    /// What was asked of a folder of runs, and cannot be done.
    #[error("{reason}")]
    Runs { reason: String },

    #[error("`{first}` and `{second}` give one setting two values: leave one of them out")]
    SettingTwice { first: String, second: String },

    #[error("a {part} of `{name}` holds no image, so there is nothing to {verb}")]
    Empty { name: String, part: &'static str, verb: &'static str },

    #[error(transparent)]
    Data(DataError),

    #[error(transparent)]
    Fetch(#[from] FetchError),

    #[error("{}: cannot be {doing}: {source}", path.display())]
    File { path: PathBuf, doing: &'static str, source: io::Error },

    #[error("{}:{}:{}: {problem}", path.display(), problem.place.0, problem.place.1)]
    NotUtf8 { path: PathBuf, problem: NotUtf8 },

    /// The name of a folder for runs that is not one.
    #[error(
        "runs of this spec would go into a folder called `{name}` under `--runs`, but it {problem}; give the spec another \
         name, or `name` in run.yaml a value that is the name of one folder, as in `lc_cnn`"
    )]
    FolderName { name: String, problem: &'static str },

    #[error("{}: not a run folder: {missing} is missing", path.display())]
    NoRun { path: PathBuf, missing: &'static str },

    #[error("{}: damaged: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },

    /// A file of a run's folder that is another one than the run left there.
    #[error("{}: expected {expected}, found {found}; {way}, or go on with what is there: `--force`", path.display())]
    Altered { path: PathBuf, expected: String, found: String, way: String },

    /// An answer of a net that says nothing.
    #[error("{what}: the scores are no longer numbers: {found}; the weights in {} cannot be used", path.display())]
    NoNumber { what: String, found: String, path: PathBuf },

    #[error("`--top {k}` looks for more classes than the {classes} that the net tells apart: give at most {classes}")]
    Top { k: usize, classes: usize },

    #[error("{0}")]
    Unasked(Unasked),

    /// A question about a net that has no answer.
    #[error("{what}: {reason}")]
    Unanswered { what: String, reason: String },

    #[error("`{name}` has nothing to say of this run: {reason}")]
    Analysis { name: &'static str, reason: String },

    /// A file of weights from before the end of a training that is not what the run left, where something reads it.
    #[error("{0}")]
    Earlier(String),

    #[error("{}: {reason}", path.display())]
    Refused { path: PathBuf, reason: String },

    #[error("{}: {source}", path.display())]
    Weights { path: PathBuf, source: WeightsError },

    /// Weights from elsewhere that a net cannot begin with: everything that does not fit.
    #[error("{}: the weights cannot be taken\n  {}", path.display(), problems.join("\n  "))]
    Untaken { path: PathBuf, problems: Vec<String> },

    #[error(
        "`only`, `except` and `rename` say what is taken of a file of weights, and none was given: write `--weights-from RUN`, or \
         `file` under `weights_from` in run.yaml"
    )]
    NoWeights,

    #[error(
        "`--seeds {count}` from `--seed {first}` on needs seeds up to {}, and {most} is the largest: give a smaller `--seed`",
        first + *count as u64 - 1
    )]
    SeedRange { first: u64, count: usize, most: u64 },

    #[error("cannot use {}: {reason}", counted(*threads, "thread"))]
    Threads { threads: usize, reason: String },

    #[error(
        "diverged: {}, with a learning rate of {}\n{}advice: {}",
        off(*loss, *step, *epoch), real(*lr), origin.iter().map(|origin| format!("{origin}\n")).collect::<String>(),
        advice([*lr, *decay], origin.as_deref())
    )]
    Diverged {
        epoch: usize,
        /// The step of the epoch; none where what is not finite is the cross-entropy of the validation behind it.
        step: Option<usize>,
        loss: f32,
        lr: f64,
        /// The optimizer's weight decay; 0 where it has none.
        decay: f64,
        origin: Option<Box<NonFinite>>,
    },

    /// Kernels that were numbers before a sleep and are none after it.
    #[error(
        "diverged: the kernels of `{layer}` are not finite after the sleep behind update {step}, in epoch {epoch}\nadvice: {mend}; `lcnnc check` \
         names the bounds (L1004)"
    )]
    DivergedAsleep { epoch: usize, step: usize, layer: String, mend: String },

    /// A run that diverged before, and would do so again.
    #[error("{}: this run diverged: {reason}; it would again: {way}", path.display())]
    DivergedBefore { path: PathBuf, reason: String, way: String },

    #[error(transparent)]
    Device(#[from] DeviceError),

    #[error("{}: another lcnnc is training in this folder", path.display())]
    Busy { path: PathBuf },

    #[error(
        "the data set `{name}` is not the one that the run was begun with: {difference}; {} that one, or {way}{}",
        pointing(name), if *can_be_forced { ", or go on with what is there: `--force`" } else { "" }
    )]
    OtherData { name: String, difference: String, way: String, can_be_forced: bool },

    /// The data set to test with has the number of a run's classes, but other names for them.
    #[error(
        "`{name}` {difference}; test with a set of the same classes in the same order, or compare the numbers of the classes \
         alone: `--force`"
    )]
    OtherClasses { name: String, difference: String },

    /// The folder that a run was begun with is no such folder any more.
    #[error(
        "{cause}; the run was begun with a folder of classes there: put it back as it was, or give the place where it lies now \
         with `--dataset folder:PATH`"
    )]
    Moved { cause: DataError },

    #[error(
        "{}: its spec or settings are not those that the run was begun with: their fingerprint is {}, expected {}; put \
         them back, or go on with what is there: `--force`", path.display(), short(found), short(expected)
    )]
    Changed { path: PathBuf, expected: String, found: String },

    #[error("{}: the run is not finished; first: `lcnnc resume {}`", path.display(), quoted(path))]
    Unfinished { path: PathBuf },

    #[error("{}; {}", unended(*seeds, failed), again(*code))]
    Seeds { seeds: usize, failed: Vec<u64>, code: u8 },

    #[error("out of memory: {work} needs at least {needed}, and there are {room}: {parts}\nadvice: {advice}")]
    Memory { work: String, needed: String, room: String, parts: String, advice: String },

    #[error("out of memory: {jobs} runs at once have no room; `--jobs {fits}` fits")]
    Jobs { jobs: usize, fits: usize },

    #[error("stopped, as asked")]
    Stopped,

    #[error("the data set failed in the middle of the run: {0}; put it back as it was when the run began")]
    Lost(DataError),

    /// A picture that nobody had looked at before the run began.
    #[error(
        "{cause}\nnobody looked at the pictures before the run began (`--no-verify`), so it may never have been whole: move the \
         file out of the folder, and begin a new run with `lcnnc run --config {}`; if it was whole then, put it back as it was",
        config.display()
    )]
    NeverSeen { cause: Box<DataError>, config: PathBuf },

    /// A run that had begun was cut short; `cause` is why.
    #[error("{cause}\n{}", what_is_left(folder, *saved, cause))]
    Cut { cause: Box<Self>, folder: PathBuf, saved: bool },
}

/// What to change in a spec so that it takes the data, behind what is wrong.
fn remedy(error: &DataError) -> String {
    let remedy = error.remedy();
    if remedy.is_empty() { remedy } else { format!("; {remedy}") }
}

/// How the place of a set is given, before the words "that one".
fn pointing(name: &str) -> &'static str {
    if name.starts_with("folder:") { "give with `--dataset folder:PATH` the place of" } else { "point --data-root at" }
}

/// The images that a net takes, in words.
fn taken([channels, height, width]: [usize; 3]) -> String {
    let colours = match channels {
        1 => "grey".to_owned(),
        3 => "colour".to_owned(),
        channels => format!("{channels}-channel"),
    };
    format!("{colours} images of {height} x {width} pixels, or what its transforms make of others")
}

/// Says what of a run that was cut short can be used.
fn what_is_left(folder: &Path, saved: bool, cause: &TrainError) -> String {
    let folder = quoted(folder);
    match (cause, saved) {
        (
            TrainError::Diverged { .. }
            | TrainError::DivergedAsleep { .. }
            | TrainError::NoNumber { .. }
            | TrainError::NeverSeen { .. },
            _,
        ) => {
            format!("what there is of the run is in {folder}")
        }
        (_, true) => format!("what was done is saved; to go on: `lcnnc resume {folder}`"),
        (_, false) => format!("nothing was saved yet; to begin again: `lcnnc resume {folder}`"),
    }
}

/// Says what the same command will do after some seeds did not come to their end.
fn again(code: u8) -> &'static str {
    match code {
        3 => "they would diverge again: change a setting",
        _ => "to go on: the same command once more",
    }
}

fn unended(seeds: usize, failed: &[u64]) -> String {
    match failed {
        [] => "stopped, as asked, and what was done is saved".to_owned(),
        [seed] => format!("1 of {} did not come to its end: seed {seed}", counted(seeds, "seed")),
        failed => format!("{} of {} did not come to their end: {failed:?}", failed.len(), counted(seeds, "seed")),
    }
}

/// Says what was not finite: the loss of a step, a gradient, or the cross-entropy of a validation.
fn off(loss: f32, step: Option<usize>, epoch: usize) -> String {
    match step {
        Some(step) if loss.is_finite() => {
            format!("a gradient was not finite (the loss was {loss}) at step {step} of epoch {epoch}")
        }
        Some(step) => format!("the loss was {loss} at step {step} of epoch {epoch}"),
        None => format!("the cross-entropy of the validation was {loss} after epoch {epoch}"),
    }
}

/// What to try after a run diverged.
fn advice([lr, decay]: [f64; 2], origin: Option<&NonFinite>) -> String {
    if let Some(mend) = origin.and_then(NonFinite::mend) {
        return mend.to_owned();
    }
    let what = if decays_too_much(lr, decay) { "weight decay" } else { "learning rate" };
    format!(
        "try a smaller {what}, such as `{}`; if that changes nothing, look for a penalty without a lower bound or for images \
         that are not scaled to 0..1",
        smaller(lr, decay)
    )
}

/// Whether a step of this rate takes more from the weights than there is of them.
fn decays_too_much(lr: f64, decay: f64) -> bool {
    lr.min(1.0) * decay > 1.0
}

/// The flag that makes a step smaller, where one of this rate and this weight decay went too far.
pub(in crate::train) fn smaller(lr: f64, decay: f64) -> String {
    if decays_too_much(lr, decay) {
        return "--weight-decay 0.0001".to_owned();
    }
    // A tenth, rounded to what anybody would type.
    let tenth = |lr: f64| format!("{:.2e}", lr / 10.0).parse().unwrap_or(lr / 10.0);
    format!("--lr {}", real(if lr > 1.0 { 1e-2 } else { tenth(lr) }))
}

impl From<DataError> for TrainError {
    fn from(error: DataError) -> Self {
        match error {
            DataError::Memory { work, needed, parts } => memory_need::no_room(work, needed, parts),
            error => Self::Data(error),
        }
    }
}

impl TrainError {
    pub fn unfit(cause: DataError) -> Self {
        Self::Unfit { cause }
    }

    /// What an error means for a run that was begun before: its files were whole then, and its folder had classes.
    pub(in crate::train) fn since(run: &Path) -> impl FnOnce(Self) -> Self {
        let config = run.join("run.yaml");
        move |error| match error {
            Self::Data(DataError::Unusable { unusable }) => Self::Broken { unusable, config },
            Self::Data(cause) => Self::moved(cause),
            error => error,
        }
    }

    /// What is wrong with the folder of a run, without advice that is meant for a new run.
    pub(in crate::train) fn moved(cause: DataError) -> Self {
        match cause {
            DataError::Layout { .. } | DataError::Classes { .. } => Self::Moved { cause: cause.without_remedy() },
            cause => Self::Data(cause),
        }
    }

    pub fn file(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), doing, source }
    }

    /// The problem for a command that has no `--force` to go on with, or means something else by it.
    #[must_use]
    pub fn without_force(self) -> Self {
        match self {
            Self::Altered { path, expected, found, way } => {
                let reason = format!("expected {expected}, found {found}; {way}");
                Self::Refused { path, reason }
            }
            error => error,
        }
    }

    /// A problem with a file, and one thing more that can be done.
    #[must_use]
    pub fn or(self, way: &str) -> Self {
        match self {
            Self::Refused { path, reason } => Self::Refused { path, reason: format!("{reason}, or {way}") },
            Self::Damaged { path, reason } => Self::Damaged { path, reason: format!("{reason}, or {way}") },
            error => error,
        }
    }

    /// What was found, without what to do about it: for the notes of a run that goes on all the same.
    pub fn finding(&self) -> String {
        match self {
            Self::Altered { path, expected, found, .. } => {
                format!("{}: expected {expected}, found {found}", path.display())
            }
            Self::OtherClasses { name, difference } => format!("`{name}` {difference}"),
            Self::OtherData { name, difference, .. } => {
                format!("the data set `{name}` is not the one that the run was begun with: {difference}")
            }
            other => other.to_string().split(';').next().unwrap_or_default().to_owned(),
        }
    }
}
