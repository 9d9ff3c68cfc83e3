//! One job of a plan: found in its folder, gone on with or begun, and its end noted.

use super::lease::Lease;
use super::outcome::Outcome;
use crate::train::{
    Console, Done, Inspection, Manifest, Occasion, Overrides, RunFolder, Stop, Summary, TrainError, all_runs,
    has_weights, quoted, resume, run,
};
use std::path::{Path, PathBuf};

/// A run that came to its end.
#[derive(Clone, Debug)]
pub struct FinishedRun {
    /// The folder of the run.
    pub folder: PathBuf,
    /// Where it comes from.
    pub manifest: Manifest,
    /// Where it got to.
    pub summary: Summary,
}

/// What the folder of a job holds.
pub enum Found {
    /// A run that came to its end.
    Finished(Box<FinishedRun>),
    /// A run that can be gone on with.
    Cut(PathBuf),
    /// Nothing yet.
    Nothing,
}

/// A job that came to its end.
pub enum Worked {
    /// It was trained to its end.
    Now(Box<Done>),
    /// It had come to its end before, and nothing was done.
    Before(Box<FinishedRun>),
}

/// Looks for the run of a job; what a finished run left must be as it was.
///
/// # Errors
/// If a file is missing, cannot be read, or is not what the run left.
pub fn find(folder: &Path) -> Result<Found, TrainError> {
    let mut cut = Found::Nothing;
    for path in all_runs(folder)? {
        let opened = RunFolder::open(&path, &mut Inspection::new(false, Console::new()));
        let run = opened.map_err(|error| of_a_job(error, folder))?;
        // What somebody made of the job's run is not the job's.
        if run.manifest.parent.is_some() {
            continue;
        }
        belongs(&run, folder).map_err(|error| of_a_job(error, folder))?;
        match run.summary {
            Some(summary) => {
                has_weights(&path).map_err(|error| of_a_job(error, folder))?;
                return Ok(Found::Finished(Box::new(FinishedRun { folder: path, manifest: run.manifest, summary })));
            }
            None => cut = Found::Cut(path),
        }
    }
    Ok(cut)
}

/// A run keeps the name of the job that it was begun for, which says all that was trained; another one's was moved here.
fn belongs(run: &RunFolder, folder: &Path) -> Result<(), TrainError> {
    let job = folder.file_name().map(|name| name.to_string_lossy());
    let of = run.overrides.name.as_deref();
    if of == job.as_deref() {
        return Ok(());
    }
    let of = of.map_or(String::new(), |of| format!(", but to `{of}`"));
    Err(TrainError::Damaged { path: run.path.clone(), reason: format!("it does not belong to this job{of}") })
}

/// Trains the job of a folder to its end: takes a finished run as it is, goes on with one that was cut short, or begins one. How it ends
/// is noted in the folder.
///
/// # Errors
/// As for a run, or if another process works on the job.
pub fn work(folder: &Path, over: Overrides, occasion: Occasion, console: &Console) -> Result<Worked, TrainError> {
    // From here on a signal ends nothing before the job was given back.
    Stop::listen();
    let _lease = Lease::take(folder)?;
    let worked = train(folder, over, occasion, console).map_err(|error| of_a_job(error, folder));
    match &worked {
        Ok(_) => Outcome::forget(folder),
        Err(TrainError::Cut { cause, .. }) if matches!(**cause, TrainError::Stopped) => {}
        // What a run said when it diverged says more than that it would again.
        Err(TrainError::DivergedBefore { .. }) if Outcome::again(folder)? => {}
        // What is wrong with the job comes before that its folder cannot be written to.
        Err(error) => drop(Outcome::note(folder, error)),
    }
    worked
}

/// What is wrong with a run, with advice for the job of a sweep: its values are those of the plan, and nothing is forced.
fn of_a_job(error: TrainError, folder: &Path) -> TrainError {
    match error {
        TrainError::DivergedBefore { path, reason, .. } => {
            let way = "leave these values out of the sweep, or change the spec and run the sweep again".to_owned();
            TrainError::DivergedBefore { path, reason, way }
        }
        TrainError::Altered { .. }
        | TrainError::Changed { .. }
        | TrainError::OtherData { .. }
        | TrainError::Damaged { .. } => {
            let (finding, folder) = (error.finding(), quoted(folder));
            let way = "the same `lcnnc sweep run` once more trains the job anew";
            TrainError::Sweep { reason: format!("{finding}; put back what was there, or remove {folder}, and {way}") }
        }
        error => error,
    }
}

fn train(folder: &Path, over: Overrides, occasion: Occasion, console: &Console) -> Result<Worked, TrainError> {
    match find(folder)? {
        Found::Finished(run) => Ok(Worked::Before(run)),
        Found::Cut(path) => {
            let over = Overrides {
                threads: over.threads,
                device: over.device,
                data_root: over.data_root,
                ..Overrides::default()
            };
            resume(&path, over, true, Inspection::new(false, *console)).map(|done| Worked::Now(Box::new(done)))
        }
        Found::Nothing => {
            let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
            let runs = folder.parent().unwrap_or(Path::new(""));
            run(Overrides { name, ..over }, runs, occasion, console).map(|done| Worked::Now(Box::new(done)))
        }
    }
}
