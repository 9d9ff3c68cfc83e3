//! The flags of verbs that show a run's net images: which images, which weights, and where the net runs.

use super::values::{count, dataset, folder, there};
use lcnnc::back::burn::DeviceChoice;
use lcnnc::train::{MOST_THREADS, Overrides, Which};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct ShownArgs {
    /// Picture files, and folders of them, that the net is shown in place of the test half of a data set
    #[arg(long, value_name = "PATH", num_args = 1.., value_parser = there(), conflicts_with_all = ["dataset", "limit"])]
    pub images: Vec<PathBuf>,
    /// Another data set of the same classes in the same order [default: the run's]
    #[arg(long, value_name = "SET", value_parser = dataset)]
    dataset: Option<String>,
    /// Where data sets lie [default: where they lay for the run]
    #[arg(long, value_name = "DIR", value_parser = folder())]
    data_root: Option<PathBuf>,
    /// Most images of the test half that the net is shown, a sample fixed by the run's seed [default: as for the run; analyses take at most 1000]
    #[arg(long, value_name = "N", value_parser = count(usize::MAX), allow_hyphen_values = true)]
    pub limit: Option<usize>,
    /// best (of the best validation accuracy), last, initial (before the first step) or epoch:N (kept by --keep)
    #[arg(long, value_name = "WHICH", default_value_t)]
    pub weights: Which,
    /// auto, cpu, cuda[:n] or wgpu [default: as for the run]
    #[arg(long)]
    device: Option<DeviceChoice>,
    /// CPU threads [default: as for the run]
    #[arg(long, value_name = "N", value_parser = count(MOST_THREADS), allow_hyphen_values = true)]
    threads: Option<usize>,
}

impl ShownArgs {
    /// What the flags say over the run's settings. The net runs by plain primitives: what is exactly zero in its equations is so then.
    pub fn over(&self) -> Overrides {
        Overrides {
            dataset: self.dataset.clone(),
            data_root: self.data_root.clone(),
            device: self.device,
            threads: self.threads,
            limit_test: self.limit,
            fuse: Some(false),
            ..Overrides::default()
        }
    }
}
