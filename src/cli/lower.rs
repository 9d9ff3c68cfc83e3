//! `lcnnc lower`: a spec as the compiler sees it.

use super::spec::SpecArgs;
use clap::ValueEnum;
use lcnnc::fuse::cut::Cut;
use lcnnc::fuse::lower::Processor;
use lcnnc::fuse::plan;
use lcnnc::train::{Console, TrainError};
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
    /// What runs fused on the CPU, what by itself, and why
    Plan,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let compiled = self.options.compile_clean(&self.spec)?;
        if let Some(net) = &compiled.net {
            let text = match self.emit {
                Form::Ir => net.to_string(),
                Form::Plan => plan::emit(net, &Cut::of(net, Processor::Cpu)),
            };
            Console::new().text(&format!("{}\n", text.trim_end()));
        }
        Ok(ExitCode::SUCCESS)
    }
}
