//! `lcnnc lower`: a spec as the compiler sees it.

use super::spec::SpecArgs;
use clap::ValueEnum;
use lcnnc::train::{Progress, TrainError};
use std::path::PathBuf;
use std::process::ExitCode;

/// Print the lowered form of a spec.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The spec, `.lcnn` may be left out
    spec: PathBuf,
    /// Which form to print
    #[arg(long, value_enum, default_value_t = Form::Ir)]
    emit: Form,
    #[command(flatten)]
    options: SpecArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// Primitives with their shapes, loops as loops, and every parameter once
    Ir,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let compiled = self.options.compile_clean(&self.spec)?;
        if let (Form::Ir, Some(net)) = (self.emit, &compiled.net) {
            Progress::new().line(net.to_string().trim_end());
        }
        Ok(ExitCode::SUCCESS)
    }
}
