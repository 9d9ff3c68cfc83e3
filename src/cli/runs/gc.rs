//! `lcnnc runs gc`: removes checkpoints of finished runs.

use super::ask::agreed;
use super::list::folders;
use lcnnc::listing::remove::{Removal, spare};
use lcnnc::train::{Console, TrainError};
use lcnnc_lang::diag::counted;
use lcnnc_lang::ir::cost::bytes;
use std::path::PathBuf;
use std::process::ExitCode;

/// Remove the checkpoints of finished runs, after a question.
///
/// Weights, numbers and all that `eval`, `analyse` and `report` need stay. Without its checkpoint a finished run cannot be trained for
/// more epochs, and weights that get lost cannot be put back. Runs that are not finished keep theirs, and so do damaged ones.
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub struct Args {
    /// A folder with runs at any depth [default: `runs` and `sweeps`, as far as they are there]
    folder: Option<PathBuf>,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove them without a question
    #[arg(long)]
    yes: bool,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let (mut removals, mut left): (Vec<Removal>, Vec<TrainError>) = (Vec::new(), Vec::new());
        for folder in folders(self.folder)? {
            let (more, passed_over) = spare(&folder)?;
            removals.extend(more);
            left.extend(passed_over);
        }
        left.iter().for_each(|why| console.warn(&format!("warning: {}; its checkpoints stay", why.finding())));
        for Removal { path, bytes: size, .. } in &removals {
            console.line(&format!("{}: {}", path.display(), bytes(*size)));
        }
        let size = bytes(removals.iter().map(|it| it.bytes).sum());
        let runs = counted(removals.len(), "finished run");
        if removals.is_empty() {
            console.line(if left.is_empty() {
                "no finished run has checkpoints"
            } else {
                "there is nothing else to remove"
            });
        } else if self.dry_run {
            console.line(&format!("the checkpoints of {runs}, {size}; nothing is removed"));
        } else if agreed(self.yes, &format!("Remove the checkpoints of {runs}, {size}?"), console)? {
            removals.iter().try_for_each(Removal::remove)?;
            console.line(&format!("removed the checkpoints of {runs}: {size} are free"));
        }
        // That a damaged run keeps its checkpoints is as it should be, and that a folder cannot be written to is not.
        let is_refused = left.iter().any(|why| matches!(why, TrainError::File { .. }));
        Ok(if is_refused && !self.dry_run { ExitCode::from(2) } else { ExitCode::SUCCESS })
    }
}
