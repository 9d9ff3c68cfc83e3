//! All jobs of a plan on this machine: processes side by side, one a job.

use super::job::{Found, find};
use super::lease;
use super::outcome::Outcome;
use super::plan::{Job, Plan};
use super::state::{Problems, State};
use crate::train::{Console, Stop, TrainError, duration, spawn_apart};
use lcnnc_lang::diag::counted;
use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// What a job says, in its folder.
pub const LOG: &str = "log.txt";

/// What came of the jobs that were worked on.
#[derive(Clone, Debug, Default)]
pub struct Worked {
    /// Jobs that came to their end.
    pub finished: usize,
    /// Jobs that failed.
    pub failed: usize,
    /// How jobs ended, by their numbers, whose folders could not be written to: nobody reads it there.
    pub unnoted: Vec<(usize, Outcome)>,
    /// Whether a signal ended the work before all jobs were done.
    pub stopped: bool,
}

/// Works on jobs of a plan, so many at a time with so many threads each, and says of each how it ended. A signal lets those at work
/// save, and begins no more.
pub fn work(plan: &Plan, jobs: &[&Job], (side_by_side, threads): (usize, usize), console: Console) -> Worked {
    let (stop, began) = (Stop::listen(), Instant::now());
    let bar = console.drawn("sweep      {pos}/{len} jobs, {msg}", jobs.len());
    bar.set_message("no estimate yet");
    let (queue, worked) = (Mutex::new(jobs.iter()), Mutex::new((Worked::default(), Problems::default())));
    let next = || if stop.asked() { None } else { queue.lock().unwrap_or_else(PoisonError::into_inner).next() };
    thread::scope(|scope| {
        for _ in 0..side_by_side.max(1) {
            scope.spawn(|| {
                while let Some(job) = next() {
                    let status = process(plan, job, threads, stop);
                    let said = ended(plan, job, status, stop);
                    let mut both = worked.lock().unwrap_or_else(PoisonError::into_inner);
                    let (worked, problems) = &mut *both;
                    match &said {
                        Ended::Finished(_) => worked.finished += 1,
                        Ended::Failed(_) => worked.failed += 1,
                        Ended::Unnoted(outcome) => {
                            worked.failed += 1;
                            worked.unnoted.push((job.index, outcome.clone()));
                        }
                        Ended::Cut(_) => {}
                    }
                    let done = worked.finished + worked.failed;
                    let left = (done > 0).then(|| began.elapsed().mul_f64((jobs.len() - done) as f64 / done as f64));
                    let left = left.map_or("no estimate yet".to_owned(), |left| format!("{} left", duration(left)));
                    bar.set_position(done as u64);
                    bar.set_message(left.clone());
                    let title = job.title();
                    bar.suspend(|| match said {
                        Ended::Finished(score) => {
                            console.line(&format!("{done}/{}, {left}: {title}: {score}", jobs.len()));
                        }
                        Ended::Failed(problem) | Ended::Unnoted(Outcome { message: problem, .. }) => {
                            let problem = problems.said(job, problem);
                            console.warn(&format!("{done}/{}, {left}: {title}: failed: {problem}", jobs.len()));
                        }
                        Ended::Cut(why) => console.line(&format!("{title}: {why}")),
                    });
                }
            });
        }
    });
    bar.finish_and_clear();
    let (mut worked, _) = worked.into_inner().unwrap_or_else(PoisonError::into_inner);
    worked.stopped = stop.asked();
    worked
}

/// How a job's process ended.
enum Ended {
    /// With its accuracies in words.
    Finished(String),
    /// With what is wrong.
    Failed(String),
    /// With what is wrong, which could not be noted in the job's folder.
    Unnoted(Outcome),
    /// Before its end, and why.
    Cut(&'static str),
}

/// What the folder of a job says behind its process; a process that left no word is noted.
fn ended(plan: &Plan, job: &Job, status: Result<ExitStatus, TrainError>, stop: Stop) -> Ended {
    match plan.state(job) {
        State::Finished(run) => {
            let summary = &run.summary;
            let validation = summary
                .validation_accuracy
                .map_or(String::new(), |share| format!("validation {:.2} %, ", 100.0 * share));
            Ended::Finished(format!("{validation}test {:.2} %", 100.0 * summary.test.accuracy))
        }
        State::Running => Ended::Cut("another process works on it"),
        _ if stop.asked() => match find(&plan.of(job)) {
            Ok(Found::Nothing) => Ended::Cut("not begun"),
            _ => Ended::Cut("saved"),
        },
        state => {
            if let Some(problem) = state.problem() {
                return Ended::Failed(problem);
            }
            let (exit_code, message) = match status {
                Ok(status) => of_status(status, &plan.of(job).join(LOG)),
                Err(error) => (error.exit_code(), error.to_string()),
            };
            match Outcome::write(&plan.of(job), exit_code, message.clone()) {
                Ok(()) => Ended::Failed(message),
                Err(_) => Ended::Unnoted(Outcome { exit_code, message, tries: 1, host: lease::host() }),
            }
        }
    }
}

/// The exit code of a process that left no word, and a sentence on how it ended. For a process that a signal ended the code is 128 and
/// the signal's number, as shells have it.
fn of_status(status: ExitStatus, log: &Path) -> (u8, String) {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let code = u8::try_from(128 + signal).unwrap_or(u8::MAX);
        let by = "by hand, or by the system for want of memory";
        return (
            code,
            format!("its process was ended from outside ({status}), {by}; `--retry-failed` goes on with it"),
        );
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    (code, format!("its process ended with {status}; what it said is in {}", log.display()))
}

/// Works on one job in a process of its own, whose words go to a file in the job's folder.
fn process(plan: &Plan, job: &Job, threads: usize, stop: Stop) -> Result<ExitStatus, TrainError> {
    let folder = plan.of(job);
    std::fs::create_dir_all(&folder).map_err(TrainError::file(&folder, "made"))?;
    let path = folder.join(LOG);
    let log = OpenOptions::new().create(true).append(true).open(&path).map_err(TrainError::file(&path, "written"))?;
    let both = log.try_clone().map_err(TrainError::file(&path, "written"))?;
    let program = std::env::current_exe().map_err(TrainError::file(&plan.folder, "worked on"))?;
    let mut command = Command::new(program);
    command.args(["sweep", "job"]).arg(&plan.folder).args(["--index", &job.index.to_string()]);
    command.args(["--threads", &threads.to_string()]);
    let child = spawn_apart(command.stdin(Stdio::null()).stdout(both).stderr(log));
    let mut child = child.map_err(TrainError::file(&plan.folder, "worked on"))?;
    let status = stop.wait(&mut child);
    // A process that was ended at once had no time to give the job back.
    lease::take_back(&folder, child.id());
    status.map_err(TrainError::file(&plan.folder, "worked on"))
}

/// How many jobs there are of each state, in words: `3 finished, 1 failed`.
pub fn tally(states: &[State]) -> String {
    let words = ["finished", "running", "cut", "waiting", "failed", "damaged"];
    let counts = words.map(|word| (states.iter().filter(|state| state.word() == word).count(), word));
    let said: Vec<String> = counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    format!("{}: {}", counted(states.len(), "job"), said.join(", "))
}
