//! `lcnnc graph`: a spec as a drawing.

use super::spec::SpecArgs;
use lcnnc::train::{Console, TrainError};
use lcnnc_lang::back::dot::{self, Loops};
use std::path::PathBuf;
use std::process::ExitCode;

/// Print a spec's net in the DOT language: `lcnnc graph spec | dot -Tsvg -o spec.svg`.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The spec, `.lcnn` may be left out
    spec: PathBuf,
    /// Draw every step of a loop on its own
    #[arg(long)]
    unrolled: bool,
    #[command(flatten)]
    options: SpecArgs,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let compiled = self.options.compile_clean(&self.spec)?;
        let loops = if self.unrolled { Loops::Unrolled } else { Loops::Folded };
        if let Some(net) = &compiled.net {
            Console::new().text(&format!("{}\n", dot::emit(net, loops).trim_end()));
        }
        Ok(ExitCode::SUCCESS)
    }
}
