//! `lcnnc show`: a spec with nothing left unsaid, and what its layers cost.

use super::spec::SpecArgs;
use lcnnc::train::{Console, TrainError};
use lcnnc_lang::back::summary;
use lcnnc_lang::diag::counted;
use lcnnc_lang::ir::cost;
use lcnnc_lang::vocabulary::optimizers;
use lcnnc_lang::vocabulary::schedules::beside_warmup;
use std::path::PathBuf;
use std::process::ExitCode;

/// Print a spec with every default and override written in, and a table of its layers.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The spec, `.lcnn` may be left out
    spec: PathBuf,
    #[command(flatten)]
    options: SpecArgs,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let compiled = self.options.compile_clean(&self.spec)?;
        let console = Console::new();
        console.text(&format!("{}\n", compiled.resolved(&compiled.settings).trim_end()));
        if let Some(net) = &compiled.net {
            console.text(&format!("\n{}\n", summary::emit(net, console.width()).trim_end()));
            let optimizer = compiled.settings.train.call("optimizer");
            let weights = cost::bytes(cost::weights_in_training(net, optimizer));
            let remembers = match optimizers::remembered(optimizer) {
                0 => String::new(),
                numbers => format!(", and {} that {} remembers of each", counted(numbers, "number"), optimizer.callee),
            };
            console.line(&format!("\nweights in training: {weights}, with their gradients{remembers}"));
        }
        let train = &compiled.settings.train;
        if let Some(counts) = beside_warmup(train.call("schedule"), train.count("warmup")) {
            console.line(&format!("\n{counts}"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
