//! `lcnnc share`: the net of a finished run with shared kernels.

use super::run::{forced, words};
use super::taken_up::{DataArgs, MachineArgs, Moved};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use lcnnc::train::{self, Console, How, Inspection, Overrides, TrainError};
use lcnnc_lang::ir::Modules;
use std::path::PathBuf;
use std::process::ExitCode;

/// Share the kernels of a finished run's `local` layers, in a new folder beside it.
///
/// Every kernel becomes the mean of those that share with it, of frozen layers too; the rest stays as it is. It says how well
/// the best weights of the run do on the test half, before and after.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The run's folder
    run: PathBuf,
    /// The places that share: the whole layer, or in a grid those that are as far apart as a kernel is wide
    #[arg(long, value_name = "MODULES", value_parser = modules())]
    modules: Modules,
    /// Write each `local` layer as a `conv`, with its one kernel; of a bias by place, each channel keeps the mean
    #[arg(long = "as", value_name = "KIND", value_parser = ["conv"])]
    kind: Option<String>,
    #[command(flatten)]
    data: DataArgs<Moved>,
    #[command(flatten)]
    machine: MachineArgs,
    /// Go on although files of the folder are not what the run left; each of them is named
    #[arg(long)]
    force: bool,
}

/// Reads which places share.
fn modules() -> impl TypedValueParser<Value = Modules> {
    PossibleValuesParser::new([Modules::Whole, Modules::Grid].map(Modules::word)).map(|word| Modules::named(&word))
}

impl Args {
    pub fn share(self) -> Result<ExitCode, TrainError> {
        let Self { run, modules, kind, data, machine, force } = self;
        let console = Console::new();
        let over = machine.with(data.with(Overrides::default()));
        let how = How { modules, as_conv: kind.is_some() };
        let shared = train::share(&run, how, over, words(), Inspection::new(force, console))?;
        forced(&shared.notes, console);
        console.line(&format!("shared     {} ({})", shared.layers.join(", "), modules.word()));
        if !shared.averaged.is_empty() {
            let averaged = shared.averaged.join(", ");
            console.line(&format!("mean       {averaged}: a `conv` has one number a channel for all places"));
        }
        let [before, after] = &shared.scores;
        console.line(&format!("before     test accuracy {before}"));
        console.line(&format!("after      test accuracy {after}"));
        console.line(&format!("folder     {}", shared.folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}
