//! `lcnnc sweep table`: what a sweep comes to, as a table.

use super::laid_out::LayoutArgs;
use crate::cli::values::output;
use lcnnc::sweeps::written::{Format, written};
use lcnnc::sweeps::{Plan, results};
use lcnnc::train::{Console, TrainError, user_files};
use std::path::PathBuf;
use std::process::ExitCode;

/// Lay the results of a sweep out as a table of mean test accuracies, from its folder alone.
///
/// Where validation chooses, a cell is the point with the largest mean validation accuracy over the seeds, and its test accuracy is
/// shown. Jobs that failed or wait are named below the table.
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub struct Args {
    /// The folder of the sweep
    sweep: PathBuf,
    #[command(flatten)]
    layout: LayoutArgs,
    /// table, markdown, csv, latex (with booktabs) or json
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE", value_parser = output())]
    out: Option<PathBuf>,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let plan = Plan::read(&self.sweep)?;
        let points = results::points(&plan, &plan.states());
        let grid = self.layout.lay_out(&plan, &points)?;
        let text = written(&grid, self.format);
        match self.out {
            Some(out) => {
                plan.spare(&out)?;
                user_files::write(&out, text.as_bytes())?;
            }
            None if self.format == Format::Table => console.text(&text),
            None => console.raw(&text),
        }
        Ok(ExitCode::SUCCESS)
    }
}
