//! What each job of a sweep needs of a cluster: the keys of a block of a sweep's file, or of `--ask`.

use super::Cluster;
use super::Cluster::{HyperQueue, Kubernetes, Slurm};
use crate::train::MOST_THREADS;
use jiff::{Span, SpanRelativeTo, Unit};
use lcnnc_lang::diag::did_you_mean;
use std::time::Duration;

/// A key of the block of a cluster in the file of a sweep, such as `memory`.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// The clusters that have it.
    pub of: &'static [Cluster],
    /// The meaning of the key, in a line.
    pub about: &'static str,
    /// A value.
    pub example: &'static str,
}

const fn key(name: &'static str, of: &'static [Cluster], about: &'static str, example: &'static str) -> Key {
    Key { name, of, about, example }
}

/// Every key there is.
pub const KEYS: [Key; 13] = [
    key("cpus", &[Slurm, HyperQueue, Kubernetes], "CPUs of a job, which are its threads; 1 if nothing is said", "4"),
    key("gpus", &[Slurm, HyperQueue, Kubernetes], "1 for a job that trains on a GPU, 0 for none", "1"),
    key("memory", &[Slurm, HyperQueue, Kubernetes], "memory of a job", "8 GiB"),
    key("time", &[Slurm, HyperQueue], "how long a try at a job may take", "2 h"),
    key("at_once", &[Slurm, Kubernetes], "how many jobs may run at once", "16"),
    key("partition", &[Slurm], "the partition", "gpu"),
    key("account", &[Slurm], "the account that is charged", "vision"),
    key("largest_array", &[Slurm], "`MaxArraySize` of the cluster; `scontrol` is asked if nothing is said", "1001"),
    key(MORE, &[Slurm, HyperQueue], "a further option of `sbatch` or `hq submit`, or a list of them", "--exclusive"),
    key("setup", &[Slurm], "a line of bash before the job", "module load cuda"),
    key("tries", &[HyperQueue, Kubernetes], "tries at a job that its machine broke off; 5 if nothing is said", "5"),
    key("image", &[Kubernetes], "the container image, with `lcnnc` in it", "registry.example.org/lcnnc:0.1.0"),
    key("claim", &[Kubernetes], "the claim of the volume that holds the folder of the command", "shared"),
];

/// The key that may have several values.
pub const MORE: &str = "more";
/// The shortest time limit: a minute of it is for saving.
const SHORTEST: Duration = Duration::from_secs(300);
/// The largest array of SLURM where nothing else is known: SLURM's default for `MaxArraySize`.
pub const USUAL_ARRAY: usize = 1001;

/// What each job needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// CPUs.
    pub cpus: Option<usize>,
    /// GPUs, 0 or 1.
    pub gpus: Option<usize>,
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// The time limit of a try.
    pub time: Option<Duration>,
    /// Jobs at once.
    pub at_once: Option<usize>,
    /// SLURM's partition.
    pub partition: Option<String>,
    /// SLURM's account.
    pub account: Option<String>,
    /// SLURM's `MaxArraySize`.
    pub largest_array: Option<usize>,
    /// Further options.
    pub more: Vec<String>,
    /// Bash before the job.
    pub setup: Option<String>,
    /// Tries at a job.
    pub tries: Option<usize>,
    /// The container image.
    pub image: Option<String>,
    /// The volume's claim.
    pub claim: Option<String>,
}

/// The keys of a cluster.
pub fn keys(cluster: Cluster) -> Vec<&'static str> {
    KEYS.iter().filter(|key| key.of.contains(&cluster)).map(|key| key.name).collect()
}

impl Needs {
    /// Takes the value of a key; `more` may come several times.
    ///
    /// # Errors
    /// If the cluster has no such key, or the value means nothing.
    pub fn put(&mut self, cluster: Cluster, name: &str, text: &str) -> Result<(), String> {
        let known = keys(cluster);
        let Some(key) = KEYS.iter().find(|key| key.name == name && key.of.contains(&cluster)) else {
            let near = did_you_mean(name, known.iter().copied());
            let help = near.map_or(format!("known are {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
            return Err(format!("`{}` has no key `{name}`; {help}", cluster.name()));
        };
        let text = text.trim();
        let wrong = |what: &str| format!("`{name}` is {what}, as in `{}`, and `{text}` is none", key.example);
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(wrong("one line of text"));
        }
        let count = |first: usize, most: usize| {
            let count = text.parse().ok().filter(|n| (first..=most).contains(n));
            count.map(Some).ok_or_else(|| wrong(&format!("a whole number from {first} to {most}")))
        };
        let word = || match text.chars().all(|c| c.is_ascii_alphanumeric() || "._-,/:@+".contains(c)) {
            true => Ok(Some(text.to_owned())),
            false => Err(wrong("a name without spaces")),
        };
        match name {
            "cpus" => self.cpus = count(1, MOST_THREADS)?,
            "gpus" => {
                let one = "0 or 1, since a job trains on one GPU at most";
                self.gpus = count(0, 1).map_err(|_| wrong(one))?;
            }
            "memory" => self.memory = Some(bytes(text).ok_or_else(|| wrong("an amount of memory"))?),
            "time" => self.time = Some(time(text).ok_or_else(|| wrong("a time, 5 min or more"))?),
            "at_once" => self.at_once = count(1, super::super::sweep::MOST_JOBS)?,
            "largest_array" => self.largest_array = count(2, 4_000_001)?,
            "tries" => self.tries = count(1, 1000)?,
            "partition" => self.partition = word()?,
            "account" => self.account = word()?,
            "image" => self.image = word()?,
            "claim" => self.claim = word()?,
            "setup" => self.setup = Some(text.to_owned()),
            _ => match text.starts_with('-') {
                true => self.more.push(text.to_owned()),
                false => return Err(wrong("an option that begins with a hyphen")),
            },
        }
        Ok(())
    }

    /// These needs where they say something, and others where not.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        Self {
            cpus: self.cpus.or(other.cpus),
            gpus: self.gpus.or(other.gpus),
            memory: self.memory.or(other.memory),
            time: self.time.or(other.time),
            at_once: self.at_once.or(other.at_once),
            partition: self.partition.or(other.partition),
            account: self.account.or(other.account),
            largest_array: self.largest_array.or(other.largest_array),
            more: if self.more.is_empty() { other.more } else { self.more },
            setup: self.setup.or(other.setup),
            tries: self.tries.or(other.tries),
            image: self.image.or(other.image),
            claim: self.claim.or(other.claim),
        }
    }

    /// Memory in MiB, rounded up.
    pub fn mebibytes(&self) -> Option<u64> {
        self.memory.map(|bytes| bytes.div_ceil(1 << 20))
    }
}

/// Bytes of a text such as `8 GiB` or `500 MB`.
pub fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 6] = [
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
    ];
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic())?);
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let bytes = number.trim().parse::<f64>().ok().filter(|n| *n > 0.0 && *n < 1e6)? * *unit as f64;
    // A fraction of a byte is none.
    (bytes >= 1e6).then_some(bytes as u64)
}

/// The time of a text such as `2 h`, `90 min` or `1 d 12 h`.
pub fn time(text: &str) -> Option<Duration> {
    let span: Span = text.parse().ok()?;
    let seconds = span.total((Unit::Second, SpanRelativeTo::days_are_24_hours())).ok()?;
    Duration::try_from_secs_f64(seconds).ok().filter(|time| *time >= SHORTEST)
}
