//! `lcnnc runs rm`: removes runs.

use super::ask::agreed;
use lcnnc::listing::remove::Removal;
use lcnnc::train::{Console, TrainError};
use lcnnc_lang::diag::counted;
use lcnnc_lang::ir::cost::bytes;
use std::path::PathBuf;
use std::process::ExitCode;

/// Remove the folders of runs, after a question.
///
/// Only folders of runs are removed, and none that a process trains in: if one of those named is neither, nothing is removed.
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub struct Args {
    /// Folders of runs
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<PathBuf>,
    /// Remove them without a question
    #[arg(long)]
    yes: bool,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let mut removals: Vec<Removal> = Vec::new();
        for run in &self.runs {
            let removal = Removal::of_run(run)?;
            if !removals.iter().any(|known| known.place == removal.place) {
                removals.push(removal);
            }
        }
        for Removal { path, state, files, bytes: size, others, studies, .. } in &removals {
            let files = counted(*files, "file");
            console.line(&format!("{}: {state}, {files}, {}", path.display(), bytes(*size)));
            if !others.is_empty() {
                console.line(&format!("  with what the run did not write: {}", others.join(", ")));
            }
            for study in studies {
                console
                    .line(&format!("  {} names it: `lcnnc report` cannot take that file without it", study.display()));
            }
        }
        let size = bytes(removals.iter().map(|it| it.bytes).sum());
        let [runs, files] = [(removals.len(), "run"), (removals.iter().map(|it| it.files).sum(), "file")]
            .map(|(n, what)| counted(n, what));
        if agreed(self.yes, &format!("Remove {runs}, {files}, {size}?"), console)? {
            removals.iter().try_for_each(Removal::remove)?;
            console.line(&format!("removed {runs}, {size}"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
