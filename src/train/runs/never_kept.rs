//! Weights that a run does not have, whatever lies in its folder: those before training and over it, of runs that did not keep
//! them.

use crate::train::TrainError;
use crate::train::fit::kept;
use crate::train::quoted::quoted;
use crate::train::runs::inspect::RunFolder;
use crate::train::runs::run_dir::SETTINGS;
use crate::train::runs::which::Which;
use lcnnc_lang::diag::counted;

/// Epochs that a message names before it says how many more there are.
const NAMED: usize = 12;

impl RunFolder {
    /// The problem that the run never kept these weights, if it did not.
    pub(super) fn never_kept(&self, which: Which) -> Option<TrainError> {
        let refused = |reason: String| Some(TrainError::Refused { path: self.path.clone(), reason });
        let config = quoted(&self.path.join(SETTINGS));
        match (which, &self.manifest.shared) {
            (Which::Best | Which::Last, _) => None,
            (_, Some(shared)) => refused(format!(
                "no training made its weights, so it has neither initial ones nor some of an epoch: ask for those of {}, \
                 whose kernels it shares",
                quoted(&shared.of.folder)
            )),
            (Which::Initial, None) if self.manifest.files.as_ref().is_some_and(|files| files.initial.is_some()) => None,
            (Which::Initial, None) => refused(format!(
                "the run was made before runs kept their initial weights; they come of the seed: `lcnnc run --config {config} \
                 --epochs 1` begins with the same ones and keeps them in its folder"
            )),
            (Which::Epoch(epoch), None) => {
                let there = match &self.summary {
                    Some(summary) => summary.weights.epochs.keys().copied().collect(),
                    None => kept::epochs(&self.path),
                };
                if there.contains(&epoch) {
                    return None;
                }
                let found = format!("the weights after epoch {epoch} were not kept, {}", listed(&there));
                refused(match &self.summary {
                    Some(summary) if epoch > summary.epochs => {
                        format!("the run ended after {}, {}", counted(summary.epochs, "epoch"), listed(&there))
                    }
                    _ => format!("{found}; to keep them, train with `lcnnc run --config {config} --keep {epoch}`"),
                })
            }
        }
    }
}

/// The epochs whose weights are there, in words.
fn listed(epochs: &[usize]) -> String {
    let names: Vec<String> = epochs.iter().take(NAMED).map(|epoch| format!("`epoch:{epoch}`")).collect();
    match epochs.len().saturating_sub(NAMED) {
        _ if names.is_empty() => "and those of no other epoch are there".to_owned(),
        0 => format!("there are {}", names.join(", ")),
        more => format!("there are {} and {more} more", names.join(", ")),
    }
}
