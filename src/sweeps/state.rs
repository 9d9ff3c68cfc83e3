//! How far the jobs of a sweep are, read from its folder alone.

use super::job::{FinishedRun, Found, find};
use super::lease;
use super::outcome::Outcome;
use super::plan::{Job, Plan};
use crate::data::short;
use crate::train::Summary;
use rayon::prelude::*;

/// How far a job is.
#[derive(Clone, Debug)]
pub enum State {
    /// Nothing was begun.
    Waiting,
    /// Someone works on it.
    Running,
    /// It was cut short, and the next try goes on with it.
    Cut,
    /// The last try failed.
    Failed(Outcome),
    /// Files of its folder are not what the run left, with what is wrong.
    Damaged(String),
    /// It came to its end.
    Finished(Box<FinishedRun>),
}

/// What runs of one table should have in common: the version of lcnnc, and the contents of each data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What may differ: `lcnnc`, or the name of a data set.
    pub of: String,
    /// Which one it is, in words.
    pub text: String,
}

/// What is wrong with jobs, as far as it was said.
#[derive(Debug, Default)]
pub struct Problems(Vec<(String, String)>);

impl Problems {
    /// What to say of a job: what is wrong with it, or which one it shares that with.
    pub fn said(&mut self, job: &Job, problem: String) -> String {
        match self.0.iter().find(|(known, _)| *known == problem) {
            Some((_, first)) => format!("as with {first}"),
            None => {
                self.0.push((problem.clone(), job.title()));
                problem
            }
        }
    }
}

impl State {
    /// The state in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Cut => "cut",
            Self::Failed(_) => "failed",
            Self::Damaged(_) => "damaged",
            Self::Finished(_) => "finished",
        }
    }

    /// The run of a job that came to its end.
    pub fn finished(self) -> Option<FinishedRun> {
        match self {
            Self::Finished(run) => Some(*run),
            _ => None,
        }
    }

    /// The summary of a finished job.
    pub fn summary(&self) -> Option<&Summary> {
        match self {
            Self::Finished(run) => Some(&run.summary),
            _ => None,
        }
    }

    /// The version of lcnnc and the data that a finished job was trained with.
    pub fn marks(&self) -> Vec<Mark> {
        let Self::Finished(run) = self else { return Vec::new() };
        let data = &run.manifest.data;
        vec![
            Mark { of: "lcnnc".to_owned(), text: format!("lcnnc {}", run.manifest.lcnnc) },
            Mark {
                of: data.name.clone(),
                text: format!("`{}` with the checksum {}", data.name, short(&data.checksum)),
            },
        ]
    }

    /// What is wrong with a job that failed or is damaged.
    pub fn problem(&self) -> Option<String> {
        match self {
            Self::Failed(outcome) => Some(format!("exit code {}: {}", outcome.exit_code, outcome.message)),
            Self::Damaged(reason) => Some(reason.clone()),
            _ => None,
        }
    }
}

impl Plan {
    /// How far a job is.
    pub fn state(&self, job: &Job) -> State {
        let folder = self.of(job);
        if !folder.exists() {
            return State::Waiting;
        }
        match find(&folder) {
            Err(error) => State::Damaged(error.to_string()),
            Ok(Found::Finished(run)) => State::Finished(run),
            Ok(_) if lease::is_held(&folder) => State::Running,
            Ok(found) => match (Outcome::read(&folder), found) {
                (Err(error), _) => State::Damaged(error.to_string()),
                (Ok(Some(outcome)), _) => State::Failed(outcome),
                (Ok(None), Found::Cut(_)) => State::Cut,
                (Ok(None), _) => State::Waiting,
            },
        }
    }

    /// How far every job is, in their order.
    pub fn states(&self) -> Vec<State> {
        self.jobs.par_iter().map(|job| self.state(job)).collect()
    }
}
