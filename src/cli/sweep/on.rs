//! `lcnnc sweep run --on`: the jobs of a sweep are handed to a cluster.

use crate::cli::values::{assignment, folder};
use lcnnc::back::burn::DeviceChoice;
use lcnnc::sweeps::clusters::needs::Needs;
use lcnnc::sweeps::clusters::queue::{self, Submitted};
use lcnnc::sweeps::clusters::{Cluster, written};
use lcnnc::sweeps::{Job, Plan, Sweep};
use lcnnc::train::{Console, Overrides, TrainError, quoted};
use lcnnc_lang::diag::counted;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

/// Flags of a cluster.
#[derive(Debug, clap::Args)]
pub struct ClusterArgs {
    /// Hand the jobs to a cluster, and train none here: slurm, hyperqueue or kubernetes
    #[arg(long, value_name = "CLUSTER")]
    on: Option<Cluster>,
    /// What each job needs there, as in `time=2 h`: a key of the cluster's block in the sweep's file, which it comes before
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment, requires = "on")]
    ask: Vec<(String, String)>,
    /// Write the cluster's files there, and submit nothing
    #[arg(long, value_name = "DIR", value_parser = folder(), requires = "on")]
    write: Option<PathBuf>,
}

/// The variable that names where data sets lie.
const DATA: &str = "LCNNC_DATA";

/// Where the jobs go.
pub struct Target<'a> {
    cluster: Cluster,
    needs: Needs,
    write: Option<&'a PathBuf>,
}

impl ClusterArgs {
    /// The cluster that the flags name, with all that the sweep and they say of it.
    ///
    /// # Errors
    /// If it has no such key, or a device is asked for that a cluster gives.
    pub fn target(&self, sweep: &Sweep, base: &Overrides) -> Result<Option<Target<'_>>, TrainError> {
        let Some(cluster) = self.on else { return Ok(None) };
        let mut asked = Needs::default();
        for (key, value) in &self.ask {
            asked
                .put(cluster, key, value)
                .map_err(|reason| TrainError::Sweep { reason: format!("`--ask`: {reason}") })?;
        }
        if let Some(DeviceChoice::Cuda(1..)) = base.device {
            let reason = "a cluster says which GPU is a job's, and the job sees that one alone: leave its number out, `--device cuda`";
            return Err(TrainError::Sweep { reason: reason.to_owned() });
        }
        let mut needs = asked.over(sweep.needs.get(&cluster).cloned().unwrap_or_default());
        needs.cpus = needs.cpus.or(base.threads);
        if base.device == Some(DeviceChoice::Cpu) && needs.gpus.is_some_and(|gpus| gpus > 0) {
            let reason = "each job asks for a GPU, and `--device cpu` uses none: leave one of both out";
            return Err(TrainError::Sweep { reason: reason.to_owned() });
        }
        if needs.more.iter().any(|option| option.starts_with("--array")) {
            let reason = "`more` names an array, and which jobs are in one is for lcnnc to say: `at_once` is how many run at a time";
            return Err(TrainError::Sweep { reason: reason.to_owned() });
        }
        Ok(Some(Target { cluster, needs, write: self.write.as_ref() }))
    }
}

impl Target<'_> {
    /// CPUs of a job.
    pub fn cpus(&self) -> usize {
        self.needs.cpus.unwrap_or(1)
    }

    /// Hands jobs over, or writes the files to do so, and says what to type next.
    ///
    /// # Errors
    /// If a file cannot be written, or the cluster refuses it.
    pub fn hand_over(&self, plan: &Plan, jobs: &[&Job], console: Console) -> Result<ExitCode, TrainError> {
        let is_submitted = self.cluster == Cluster::Slurm && self.write.is_none();
        let (mut arrays, queued) = if is_submitted { queue::pending(plan) } else { (Vec::new(), BTreeSet::new()) };
        let numbers: Vec<usize> =
            jobs.iter().filter(|job| !queued.contains(&job.folder)).map(|job| job.index).collect();
        let left_out = jobs.len() - numbers.len();
        if left_out > 0 {
            let known: Vec<&str> = arrays.iter().map(|array| array.array.as_str()).collect();
            let [n, known] = [counted(left_out, "job"), known.join(", ")];
            console.line(&format!("{n} in SLURM's queue already (array {known}): left out"));
        }
        let looks_for_data = |job: &&Job| {
            let has = |flag: &str| job.args.iter().any(|word| word == flag);
            has("--dataset") && !has("--data-root")
        };
        // SLURM hands the variables of this shell on, the others do not.
        let is_lost = self.cluster != Cluster::Slurm && std::env::var_os(DATA).is_some();
        if is_lost && jobs.iter().any(looks_for_data) {
            let name = self.cluster.name();
            console.warn(&format!(
                "warning: {DATA} is set here, and {name} does not hand it on: jobs that read files below it need `--data-root DIR`"
            ));
        }
        let [status, table] = ["status", "table"].map(|verb| format!("lcnnc sweep {verb} {}", quoted(&plan.folder)));
        if !numbers.is_empty() {
            let into = self.write.unwrap_or(&plan.folder);
            for file in written::write(self.cluster, plan, &numbers, &self.needs, into)? {
                let (jobs, path) = (counted(file.jobs, "job"), quoted(&file.path));
                if is_submitted {
                    let array = queue::submit(&file.path)?;
                    console.line(&format!("SLURM has {jobs} as array {array}, by {path}"));
                    arrays.push(Submitted { array, plan: file.plan, first: file.first });
                    queue::note(plan, &arrays)?;
                    continue;
                }
                let command = match self.cluster {
                    Cluster::Slurm => format!("sbatch {path}"),
                    Cluster::HyperQueue => format!("bash {path}"),
                    Cluster::Kubernetes => format!("kubectl create -f {path}"),
                };
                console
                    .line(&format!("{jobs} for {}, nothing is submitted; to submit: {command}", self.cluster.name()));
            }
        } else if jobs.is_empty() {
            console.line("there is nothing to do");
        }
        console.line(&format!("how far they are: {status}\nwhat they come to: {table}"));
        console.line("the same command once more hands over what was cut short; no job is trained twice at once");
        Ok(ExitCode::SUCCESS)
    }
}
