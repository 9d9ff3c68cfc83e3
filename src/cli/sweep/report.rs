//! `lcnnc sweep report`: all of a sweep on one page.

use super::laid_out::LayoutArgs;
use crate::cli::values::output;
use lcnnc::sweeps::report::{Reported, report};
use lcnnc::sweeps::{Plan, results};
use lcnnc::train::{Console, TrainError, user_files};
use std::path::PathBuf;
use std::process::ExitCode;

/// Put all of a sweep on one page: its table, curves, validation against what it goes over, and its jobs.
///
/// The page needs no other file, no network and no script, and may be printed. Jobs that failed or are not finished are on it, too.
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub struct Args {
    /// The folder of the sweep
    sweep: PathBuf,
    #[command(flatten)]
    layout: LayoutArgs,
    /// Where to write it [default: report.html in the folder of the sweep]
    #[arg(long, value_name = "FILE", value_parser = output())]
    out: Option<PathBuf>,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let plan = Plan::read(&self.sweep)?;
        let out = self.out.unwrap_or_else(|| plan.folder.join("report.html"));
        plan.spare(&out)?;
        let states = plan.states();
        let points = results::points(&plan, &states);
        let is_asked = !self.layout.is_empty();
        let table = match self.layout.lay_out(&plan, &points) {
            // Nobody asked for that table: a row for every point is one that there always is.
            Err(TrainError::Sweep { reason }) if !is_asked => Err(reason),
            table => Ok(table?),
        };
        let page = report(&Reported { plan: &plan, states: &states, points: &points, out: &out }, table)?;
        user_files::write(&out, page.as_bytes())?;
        console.line(&format!("all of it on one page: {}", out.display()));
        Ok(ExitCode::SUCCESS)
    }
}
