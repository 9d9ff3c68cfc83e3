//! `lcnnc runs compare`: what differs between two runs.

use lcnnc::listing::compare::compared;
use lcnnc::train::{Console, Glance, TrainError};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Columns of drawings where there is no terminal.
const WIDTH: usize = 80;

/// Compare two runs: results, settings, data, versions, the specs line by line, and the curves of both.
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub struct Args {
    /// The folder of a run
    a: PathBuf,
    /// The folder of another one
    b: PathBuf,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let at = |run: &Path| Glance::at(run).map_err(TrainError::without_force);
        let [a, b] = [at(&self.a)?, at(&self.b)?];
        console.text(&compared([&a, &b], console.width().unwrap_or(WIDTH))?);
        Ok(ExitCode::SUCCESS)
    }
}
