//! `lcnnc resume`: goes on with a run that was cut short.

use super::run::said;
use super::values::{count, folder, seconds};
use lcnnc::back::burn::DeviceChoice;
use lcnnc::train::{self, Layer, MOST_THREADS, Progress, TrainError};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Go on with a run that was cut short, from its last checkpoint.
///
/// It ends with the weights that it would have had without the interruption, to the bit on the same machine.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The run's folder
    run: PathBuf,
    /// Where data sets lie [default: where they lay for the run]
    #[arg(long, value_name = "DIR", value_parser = folder())]
    data_root: Option<PathBuf>,
    /// auto, cpu, cuda[:n] or wgpu [default: as for the run]
    #[arg(long)]
    device: Option<DeviceChoice>,
    /// CPU threads [default: as for the run]; fused parts give the same bits with any number
    #[arg(long, value_name = "N", value_parser = count(MOST_THREADS), allow_hyphen_values = true)]
    threads: Option<usize>,
    /// Seconds between two checkpoints [default: as for the run]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_hyphen_values = true)]
    save_every: Option<Duration>,
    /// Leave out what is trained on what
    #[arg(long)]
    brief: bool,
}

impl Args {
    pub fn resume(self) -> Result<ExitCode, TrainError> {
        let Self { run, data_root, device, threads, save_every, brief } = self;
        let progress = Progress::of_run();
        let over = Layer { data_root, device, threads, save_every, ..Layer::default() };
        said(&train::resume(&run, over, brief, &progress)?, progress);
        Ok(ExitCode::SUCCESS)
    }
}
