//! `lcnnc rerun`: a finished run once more, and whether the bits agree.

use super::run::said;
use super::taken_up::{DataArgs, MachineArgs, Moved};
use lcnnc::train::{self, Console, Inspection, Overrides, TrainError};
use std::path::PathBuf;
use std::process::ExitCode;

/// The exit code of a repetition whose weights are not those of the run.
const BITS_DIFFER: u8 = 9;

/// Repeat a finished run from its folder, in a new folder beside it, and say whether the weights agree to the bit.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The run's folder
    run: PathBuf,
    #[command(flatten)]
    data: DataArgs<Moved>,
    #[command(flatten)]
    machine: MachineArgs,
    /// Go on although files of the folder are not what the run left; each of them is named
    #[arg(long)]
    force: bool,
}

impl Args {
    pub fn rerun(self) -> Result<ExitCode, TrainError> {
        let Self { run, data, machine, force } = self;
        let console = Console::of_run();
        let over = machine.with(data.with(Overrides::default()));
        let command = super::run::words();
        let repeated = train::rerun(&run, over, command, Inspection::new(force, console))?;
        said(&repeated.done, console);
        if repeated.same {
            console.line("the weights are those of the run, bit for bit");
            return Ok(ExitCode::SUCCESS);
        }
        let (then, now) = (100.0 * repeated.accuracy, 100.0 * repeated.done.summary.test.accuracy);
        let by = repeated.largest.map_or(String::new(), |largest| format!(" by up to {largest:.1e}"));
        console.line(&format!(
            "the weights differ from those of the run{by}; test accuracy was {then:.2} % and is {now:.2} %"
        ));
        repeated.differences.iter().for_each(|difference| console.line(&format!("maybe because {difference}")));
        Ok(ExitCode::from(BITS_DIFFER))
    }
}
