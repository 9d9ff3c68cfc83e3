//! `lcnnc sweep`: many runs of a plan. One file a verb below it.

mod dry_run;
mod job;
mod laid_out;
mod on;
mod report;
mod run;
mod status;
mod table;

use clap::Subcommand;
use lcnnc::train::TrainError;
use std::process::ExitCode;

/// The exit code of a sweep some of whose jobs failed.
pub const FAILED: u8 = 10;

/// Train grids of settings with several seeds, here or on a cluster, and see what they come to.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Run(Box<run::Args>),
    Status(status::Args),
    Table(table::Args),
    Report(report::Args),
    Job(job::Args),
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        match self.verb {
            Verb::Run(args) => args.run(),
            Verb::Status(args) => args.run(),
            Verb::Table(args) => args.run(),
            Verb::Report(args) => args.run(),
            Verb::Job(args) => args.run(),
        }
    }
}
