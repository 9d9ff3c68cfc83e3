//! SLURM's queue: arrays that were submitted, and which of their jobs still wait or run.

use super::slurm::LOGS;
use crate::sweeps::plan::Plan;
use crate::train::{TrainError, files};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file, in the folder of the logs, with a line for each array that was submitted.
const SUBMITTED: &str = "submitted.jsonl";

/// An array that was submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// Its number.
    pub array: String,
    /// The name of the plan's copy that it works on.
    pub plan: String,
    /// The job that is task 0.
    pub first: usize,
}

/// What a command of SLURM's says; nothing where it fails.
fn asked(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `MaxArraySize`, if SLURM can be asked.
pub fn largest_array() -> Option<usize> {
    let config = asked("scontrol", &["show", "config"])?;
    let line = config.lines().find(|line| line.starts_with("MaxArraySize"))?;
    line.split_once('=')?.1.trim().parse().ok()
}

/// Hands a script in, and gives the array's number.
///
/// # Errors
/// If there is no `sbatch`, or it refuses the script.
pub fn submit(script: &Path) -> Result<String, TrainError> {
    let output = Command::new("sbatch").arg("--parsable").arg(script).output().map_err(|error| {
        let reason = match error.kind() {
            ErrorKind::NotFound => {
                "there is no `sbatch` on this machine: type the command where SLURM is, or let it write files alone, with `--write DIR`"
                    .to_owned()
            }
            _ => format!("`sbatch` cannot be run: {error}"),
        };
        TrainError::Sweep { reason }
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(TrainError::Sweep { reason: format!("SLURM refuses {}: {}", script.display(), said.trim()) });
    }
    // With several clusters, theirs stands behind the number.
    let said = String::from_utf8_lossy(&output.stdout);
    Ok(said.trim().split(';').next().unwrap_or_default().to_owned())
}

fn record(plan: &Plan) -> PathBuf {
    plan.folder.join(LOGS).join(SUBMITTED)
}

/// What was submitted of a sweep and is in the queue still: the arrays, and the folders of their jobs. What SLURM cannot be asked of is
/// taken to be over, since leases keep two processes from one job in any case.
pub fn pending(plan: &Plan) -> (Vec<Submitted>, BTreeSet<String>) {
    let (mut arrays, mut jobs) = (Vec::new(), BTreeSet::new());
    let text = fs::read_to_string(record(plan)).unwrap_or_default();
    for line in text.lines() {
        let Ok(array) = serde_json::from_str::<Submitted>(line) else { continue };
        let args = ["--noheader", "--array", "--format=%K", "--jobs", &array.array];
        let tasks: Vec<usize> = asked("squeue", &args)
            .map(|said| said.lines().filter_map(|line| line.trim().parse().ok()).collect())
            .unwrap_or_default();
        if let (false, Ok(copy)) = (tasks.is_empty(), Plan::read(&plan.folder.join(&array.plan))) {
            let of = |task: &usize| Some(copy.jobs.get(array.first + task)?.folder.clone());
            jobs.extend(tasks.iter().filter_map(of));
            arrays.push(array);
        }
    }
    (arrays, jobs)
}

/// Notes all arrays of a sweep that are in the queue.
///
/// # Errors
/// If the file cannot be written.
pub fn note(plan: &Plan, arrays: &[Submitted]) -> Result<(), TrainError> {
    // Texts and numbers can always be written.
    let line = |array: &Submitted| serde_json::to_string(array).unwrap_or_default() + "\n";
    files::replace(&record(plan), arrays.iter().map(line).collect::<String>().as_bytes())
}
