//! `lcnnc sweep job`: one job of a plan, as engines such as SLURM begin it.

use crate::cli::recipe::RecipeArgs;
use crate::cli::values::{count, index};
use clap::Parser;
use lcnnc::sweeps::job::Worked;
use lcnnc::sweeps::{Plan, job};
use lcnnc::train::{Console, MOST_THREADS, Occasion, Overrides, TrainError};
use std::path::PathBuf;
use std::process::ExitCode;

/// What names the number of a job where `--index` does not: of arrays of SLURM, of HyperQueue and of Kubernetes.
const INDICES: [&str; 3] = ["SLURM_ARRAY_TASK_ID", "HQ_TASK_ID", "JOB_COMPLETION_INDEX"];
/// What names the number of threads where `--threads` does not, of SLURM.
const THREADS: &str = "SLURM_CPUS_PER_TASK";
/// What names the CPUs themselves, with commas between them, of HyperQueue.
const CPUS: &str = "HQ_CPUS";

/// Train one job of a sweep, unless it is finished; one that was cut short goes on.
///
/// Engines begin this, as many times as they like: a job is never trained twice at once, and a finished one is taken as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub struct Args {
    /// The folder of the sweep, or the plan in it
    plan: PathBuf,
    /// The number of the job, from 0 [default: of `SLURM_ARRAY_TASK_ID`, `HQ_TASK_ID` or `JOB_COMPLETION_INDEX`]
    #[arg(long, value_name = "I", value_parser = index(usize::MAX), allow_hyphen_values = true)]
    index: Option<usize>,
    /// CPU threads [default: of `SLURM_CPUS_PER_TASK`, or as many as `HQ_CPUS` names, else as planned]
    #[arg(long, value_name = "N", value_parser = count(MOST_THREADS), allow_hyphen_values = true)]
    threads: Option<usize>,
}

/// The words behind `lcnnc run`, as a plan has them.
#[derive(Debug, Parser)]
struct Planned {
    #[command(flatten)]
    recipe: RecipeArgs,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::of_run();
        let plan = Plan::read(&self.plan)?;
        let of_engine = |names: &[&str]| names.iter().find_map(|name| std::env::var(name).ok()?.trim().parse().ok());
        let Some(index) = self.index.or_else(|| of_engine(&INDICES)) else {
            let set = INDICES.iter().find_map(|name| Some((name, std::env::var(name).ok()?)));
            let reason = match set {
                Some((name, value)) => {
                    format!("{name} is `{value}`, which is no number of a job: they are whole, from 0 on")
                }
                None => format!("which job is meant: say `--index`, or set one of {}", INDICES.join(", ")),
            };
            return Err(TrainError::Sweep { reason });
        };
        let Some(job) = plan.jobs.get(index) else {
            let most = plan.jobs.len().saturating_sub(1);
            return Err(TrainError::Sweep { reason: format!("there is no job {index}: they run from 0 to {most}") });
        };
        let words = std::iter::once("lcnnc run").chain(job.args.iter().map(String::as_str));
        let planned = Planned::try_parse_from(words).map_err(|error| TrainError::Damaged {
            path: self.plan.clone(),
            reason: format!("job {index}: {}", error.to_string().trim_end()),
        })?;
        let planned = planned.recipe.overrides()?;
        let cpus = || Some(std::env::var(CPUS).ok()?.split(',').count());
        let threads = self.threads.or_else(|| of_engine(&[THREADS])).or_else(cpus).or(planned.threads);
        let spec = planned.spec.as_ref().map(|spec| plan.folder.join(spec));
        let occasion = Occasion { command: crate::cli::run::words(), ..Occasion::default() };
        match job::work(&plan.of(job), Overrides { spec, threads, ..planned }, occasion, &console)? {
            Worked::Now(done) => crate::cli::run::said(&done, console),
            Worked::Before(run) => {
                let (test, folder) = (100.0 * run.summary.test.accuracy, run.folder.display());
                console.line(&format!("job {index} was finished before: test accuracy {test:.2} %, see {folder}"));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
