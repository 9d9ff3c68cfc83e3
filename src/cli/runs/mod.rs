//! `lcnnc runs`: what lies in folders of runs. One file a verb below it.

mod ask;
mod compare;
mod gc;
mod list;
mod rm;

use clap::Subcommand;
use lcnnc::train::TrainError;
use std::process::ExitCode;

/// List runs, compare two of them, and remove what nobody needs any more.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::Args),
    Compare(compare::Args),
    Rm(rm::Args),
    Gc(gc::Args),
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        match self.verb {
            Verb::List(args) => args.run(),
            Verb::Compare(args) => args.run(),
            Verb::Rm(args) => args.run(),
            Verb::Gc(args) => args.run(),
        }
    }
}
