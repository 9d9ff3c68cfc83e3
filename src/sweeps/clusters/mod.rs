//! Clusters that work on the jobs of a plan: what a job needs there (`needs.rs`), and the files that a cluster takes, one file here
//! for each.
//!
//! Every cluster begins the same command for a job, `lcnnc sweep job PLAN --index I`. The plan is a copy under a name of its own, so
//! that what a cluster holds already keeps its numbers when the sweep gets more alternatives.

pub mod hyperqueue;
pub mod kubernetes;
pub mod needs;
pub mod numbers;
pub mod queue;
pub mod slurm;
pub mod written;

use self::needs::Needs;
use super::plan::{Head, Job, Plan};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A cluster's software.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cluster {
    /// SLURM: arrays of batch jobs.
    Slurm,
    /// HyperQueue: tasks on workers.
    HyperQueue,
    /// Kubernetes: an Indexed Job.
    Kubernetes,
}

/// The clusters, by the name of their block in a sweep's file.
pub const CLUSTERS: [(&str, Cluster); 3] =
    [("slurm", Cluster::Slurm), ("hyperqueue", Cluster::HyperQueue), ("kubernetes", Cluster::Kubernetes)];

impl Cluster {
    /// The name, as in a sweep's file.
    pub fn name(self) -> &'static str {
        CLUSTERS.iter().find(|(_, cluster)| *cluster == self).map_or("", |(name, _)| name)
    }

    /// The cluster of a name.
    pub fn named(name: &str) -> Option<Self> {
        CLUSTERS.iter().find(|(known, _)| *known == name).map(|(_, cluster)| *cluster)
    }
}

impl FromStr for Cluster {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::named(text).ok_or_else(|| format!("expected one of {}", CLUSTERS.map(|(name, _)| name).join(", ")))
    }
}

/// Jobs of a plan for a cluster.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// What the jobs are called: letters, digits and hyphens.
    pub name: String,
    /// The folder that the command was typed in: paths of the plan are relative to it.
    pub here: &'a Path,
    /// The plan's copy, as seen from there.
    pub plan: PathBuf,
    /// The numbers of the jobs, in order.
    pub numbers: Vec<usize>,
    /// The time, the memory and so on that each job asks the cluster for.
    pub needs: &'a Needs,
    /// The program, as its path on this machine.
    pub program: PathBuf,
}

/// A name that every cluster takes, of a sweep's folder: small letters, digits and hyphens, a letter first.
pub fn plain_name(folder: &Path) -> String {
    let stem = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let letters: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    format!("lcnnc-{letters}").trim_end_matches('-').to_owned()
}

impl Plan {
    /// The jobs of a plan of which a cluster has to count from 0: those alone, with new numbers.
    #[must_use]
    pub fn part(&self, numbers: &[usize]) -> Self {
        let jobs = numbers.iter().filter_map(|n| self.jobs.get(*n)).cloned().enumerate();
        let jobs: Vec<Job> = jobs.map(|(index, job)| Job { index, ..job }).collect();
        let head = Head { jobs: jobs.len(), ..self.head.clone() };
        Self { folder: self.folder.clone(), head, jobs }
    }
}
