//! The flags that verbs which take up a run share: where its net runs, which of its weights, and on which data.

use super::values::{count, dataset, folder};
use lcnnc::back::burn::DeviceChoice;
use lcnnc::train::{MOST_THREADS, Overrides, Which};
use std::marker::PhantomData;
use std::path::PathBuf;

/// Where a run's net runs.
#[derive(Debug, clap::Args)]
pub struct MachineArgs {
    /// auto, cpu, cuda[:n] or wgpu [default: as for the run]
    #[arg(long)]
    device: Option<DeviceChoice>,
    /// CPU threads [default: as for the run]; fused parts give the same bits with any number
    #[arg(long, value_name = "N", value_parser = count(MOST_THREADS), allow_hyphen_values = true)]
    threads: Option<usize>,
}

impl MachineArgs {
    /// Puts the values of these flags over other settings of a run.
    pub fn with(&self, other: Overrides) -> Overrides {
        Overrides { device: self.device, threads: self.threads, ..other }
    }
}

/// Which weights of a run, and where its net runs with them.
#[derive(Debug, clap::Args)]
pub struct NetArgs {
    /// best (of the best validation accuracy), last, initial (before the first step) or epoch:N (kept by --keep)
    #[arg(long, value_name = "WHICH", default_value_t)]
    pub weights: Which,
    #[command(flatten)]
    pub machine: MachineArgs,
}

/// What `--dataset` of a verb may be.
pub trait Meant {
    const HELP: &str;
}

/// The run's own data, which may lie elsewhere by now.
#[derive(Debug)]
pub struct Moved;

impl Meant for Moved {
    const HELP: &str = "The run's data set where it lies now, as folder:PATH; its contents must be the same [default: where it lay for the run]";
}

/// What a run's net is tested with, which may be other data than the run's.
#[derive(Debug)]
pub struct Tested;

impl Meant for Tested {
    const HELP: &str =
        "Another data set [default: the run's]; where answers are judged, of the same classes in the same order";
}

/// The data of a verb that takes up a run.
#[derive(Debug, clap::Args)]
pub struct DataArgs<M: Meant> {
    #[arg(long, value_name = "SET", value_parser = dataset, help = M::HELP)]
    dataset: Option<String>,
    /// Where data sets lie [default: where they lay for the run]
    #[arg(long, value_name = "DIR", value_parser = folder())]
    data_root: Option<PathBuf>,
    #[arg(skip)]
    meant: PhantomData<M>,
}

impl<M: Meant> DataArgs<M> {
    /// Puts the values of these flags over other settings of a run.
    pub fn with(&self, other: Overrides) -> Overrides {
        Overrides { dataset: self.dataset.clone(), data_root: self.data_root.clone(), ..other }
    }
}

/// Data sets that are taken although something about them is odd.
#[derive(Clone, Debug, clap::Args)]
pub struct AllowArgs {
    /// Take a folder that holds one class alone
    #[arg(long)]
    allow_one_class: bool,
    /// Take a folder with classes that hold no picture
    #[arg(long)]
    allow_empty_classes: bool,
    /// Take a published set with another number of images than it was published with
    #[arg(long)]
    allow_other_count: bool,
}

impl AllowArgs {
    /// Puts the values of these flags over other settings of a run.
    pub fn with(&self, other: Overrides) -> Overrides {
        Overrides {
            allow_one_class: self.allow_one_class.then_some(true),
            allow_empty_classes: self.allow_empty_classes.then_some(true),
            allow_other_count: self.allow_other_count.then_some(true),
            ..other
        }
    }
}
