//! SLURM: an array of batch jobs, as a script that `sbatch` takes.

use super::Batch;
use super::numbers::ranges;
use crate::train::{TrainError, quoted};
use std::fmt::Write;
use std::path::Path;

/// The folder, in that of a sweep, for what tasks say; SLURM makes none, and a task whose log cannot be written dies without a word.
pub const LOGS: &str = "slurm";

/// A part of a batch that is one array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    /// The job that is task 0.
    pub first: usize,
    /// The numbers of its tasks.
    pub tasks: Vec<usize>,
}

/// Jobs as arrays whose tasks have numbers below `largest`, which is `MaxArraySize`.
pub fn arrays(numbers: &[usize], largest: usize) -> Vec<Array> {
    let size = largest.max(1);
    let part = |part: &[usize]| {
        let first = part[0] / size * size;
        Array { first, tasks: part.iter().map(|n| n - first).collect() }
    };
    numbers.chunk_by(|a, b| a / size == b / size).map(part).collect()
}

/// The script of an array, whose tasks write what they say into `logs`.
///
/// # Errors
/// If the path of the logs cannot be written in a script for SLURM.
pub fn script(batch: &Batch<'_>, array: &Array, logs: &Path) -> Result<String, TrainError> {
    let needs = batch.needs;
    let mut text = format!(
        "#!/bin/bash\n# Jobs of a sweep as an array of SLURM, by lcnnc {}. `sbatch` takes this file.\n",
        env!("CARGO_PKG_VERSION")
    );
    let limit = needs.at_once.map_or(String::new(), |n| format!("%{n}"));
    let seconds = needs.time.map(|time| {
        let minutes = time.as_secs().div_ceil(60);
        format!("{}-{:02}:{:02}:00", minutes / 1440, minutes / 60 % 24, minutes % 60)
    });
    let options = [
        ("job-name", Some(batch.name.clone())),
        ("array", Some(format!("{}{limit}", ranges(&array.tasks)))),
        ("output", Some(pattern(logs)?)),
        ("partition", needs.partition.clone()),
        ("account", needs.account.clone()),
        ("time", seconds),
        ("ntasks", Some("1".to_owned())),
        ("cpus-per-task", Some(needs.cpus.unwrap_or(1).to_string())),
        ("mem", needs.mebibytes().map(|amount| format!("{amount}M"))),
        ("gres", needs.gpus.filter(|n| *n > 0).map(|n| format!("gpu:{n}"))),
        // The words of earlier tries stay.
        ("open-mode", Some("append".to_owned())),
        // Bash is told a minute before the time limit; without `B:` it is not.
        ("signal", Some("B:TERM@60".to_owned())),
    ];
    let given = options.into_iter().filter_map(|(name, value)| Some(format!("--{name}={}", value?)));
    for option in given.chain(["--requeue".to_owned()]).chain(needs.more.iter().cloned()) {
        // Writing to a text does not fail.
        let _ = writeln!(text, "#SBATCH {option}");
    }
    let setup = needs.setup.as_ref().map_or(String::new(), |line| format!("{line}\n"));
    let [here, program, plan] = [batch.here, &batch.program, &batch.plan].map(quoted);
    let number = match array.first {
        0 => "$SLURM_ARRAY_TASK_ID".to_owned(),
        first => format!("$((SLURM_ARRAY_TASK_ID + {first}))"),
    };
    let _ = write!(
        text,
        "\ncd {here} || exit 2\n{setup}{BEFORE}    {program} sweep job {plan} --index \"{number}\" &\n{BEHIND}"
    );
    Ok(text)
}

/// What stands before the job: bash has to hear of a signal whenever it comes.
const BEFORE: &str = r#"
# A signal before the time limit reaches bash alone, which passes it on. The job is its child without `srun`, which would end it before it
# has saved.
job= told=
trap 'told=1; [ -z "$job" ] || kill -TERM "$job" 2> /dev/null' TERM
code=5
if [ -z "$told" ]; then
"#;

/// What stands behind it: who was told to end waits for another try, unless somebody cancelled it, or SLURM puts it back itself.
const BEHIND: &str = r#"    job=$!
    [ -z "$told" ] || kill -TERM "$job"
    while true; do
        # A signal ends `wait`, and not the job.
        wait "$job"
        code=$?
        kill -0 "$job" 2> /dev/null || break
    done
fi

# 5: the job was told to end, and has saved. 143: it was told before it could listen.
if [ "$code" = 5 ] || [ "$code" = 143 ]; then
    task=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
    if scontrol show job --oneliner "$task" | grep -q ' JobState=RUNNING '; then
        # SLURM ends this script where it puts the task back.
        scontrol requeue "$task" && sleep 60
    fi
fi
exit "$code"
"#;

/// The path of the logs, as `--output` takes it.
fn pattern(logs: &Path) -> Result<String, TrainError> {
    let text = logs.to_string_lossy();
    if text.contains(['"', '\\', '\n']) {
        let reason =
            "SLURM takes no path with quotes, backslashes or line breaks for a log: give the sweep another folder";
        return Err(TrainError::Refused { path: logs.to_owned(), reason: reason.to_owned() });
    }
    Ok(format!("\"{}/%A_%a.log\"", text.replace('%', "%%")))
}
