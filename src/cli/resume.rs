//! `lcnnc resume`: goes on with a run that was cut short, or with a finished one for more epochs.

use super::run::{said, words};
use super::taken_up::{DataArgs, MachineArgs, Moved};
use super::values::{count, seconds};
use lcnnc::train::{self, Console, Inspection, Overrides, TrainError};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Go on with a run that was cut short, from its last checkpoint.
///
/// It ends with the weights that it would have had without the interruption, to the bit on the same machine. With --epochs
/// it goes on with a finished run, to the weights of a run of that many epochs. Of a finished run, without --epochs, it puts
/// back what was lost of its folder, as far as the last checkpoint holds it.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The run's folder
    run: PathBuf,
    #[command(flatten)]
    data: DataArgs<Moved>,
    #[command(flatten)]
    machine: MachineArgs,
    /// Seconds between two checkpoints [default: as for the run]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_hyphen_values = true)]
    save_every: Option<Duration>,
    /// Leave out what is trained on what
    #[arg(long)]
    brief: bool,
    /// Go on with a finished run up to so many epochs in all, in a new folder beside it
    #[arg(long, value_name = "N", conflicts_with = "brief", value_parser = count(MOST_EPOCHS), allow_hyphen_values = true)]
    epochs: Option<usize>,
    /// Go on although files of the folder are not what the run left; each of them is named
    #[arg(long)]
    force: bool,
}

/// The most epochs that a run can be told to have: as many as `epochs` in a `train` block allows.
const MOST_EPOCHS: usize = 1_000_000;

impl Args {
    pub fn resume(self) -> Result<ExitCode, TrainError> {
        let Self { run, data, machine, save_every, brief, epochs, force } = self;
        let console = Console::of_run();
        let over = machine.with(data.with(Overrides { save_every, ..Overrides::default() }));
        let inspection = Inspection::new(force, console);
        let done = match epochs {
            Some(epochs) => train::lengthen(&run, epochs, over, words(), inspection)?,
            None => train::resume(&run, over, brief, inspection)?,
        };
        said(&done, console);
        Ok(ExitCode::SUCCESS)
    }
}
