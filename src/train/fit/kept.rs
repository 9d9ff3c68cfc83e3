//! The weights that a run keeps beside the best and the last ones: those after every so many epochs, as `keep` says.

use crate::back::burn::Model;
use crate::train::fit::Job;
use crate::train::runs::which::Which;
use crate::train::{Recipe, TrainError, weights};
use lcnnc_lang::ir::Param;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The folder of kept weights in a run's folder.
pub(in crate::train) const FOLDER: &str = "epochs";

/// The checksums of kept weights, by their epochs.
pub type KeptChecksums = BTreeMap<usize, String>;

/// The file with the weights after an epoch, in a run's folder; names sort as the epochs do.
pub(in crate::train) fn file(epoch: usize) -> String {
    format!("{FOLDER}/{epoch:04}.safetensors")
}

/// The epochs whose weights a run's folder holds, in order, whatever is in the files.
pub(in crate::train) fn epochs(run: &Path) -> Vec<usize> {
    let entries = fs::read_dir(run.join(FOLDER)).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut epochs: Vec<usize> = names.filter_map(|name| name.strip_suffix(".safetensors")?.parse().ok()).collect();
    epochs.sort_unstable();
    epochs
}

/// Makes the folder for kept weights, unless it is there.
pub(in crate::train) fn prepare(run: &Path) -> Result<(), TrainError> {
    let folder = run.join(FOLDER);
    fs::create_dir_all(&folder).map_err(TrainError::file(&folder, "made"))
}

/// What a recipe keeps: how many files, and the bytes that all of them take; `None` where it keeps none.
pub(in crate::train) fn size(recipe: &Recipe) -> Option<(usize, u128)> {
    let files = recipe.epochs().checked_div(recipe.keep()).filter(|files| *files > 0)?;
    let numbers: usize = recipe.net.params.iter().map(Param::len).sum();
    Some((files, files as u128 * numbers as u128 * size_of::<f32>() as u128))
}

impl Job<'_> {
    /// Writes the weights after an epoch if they are to be kept; gives the checksum of the file then.
    pub(super) fn keep(&self, model: &Model, epoch: usize) -> Result<Option<String>, TrainError> {
        if epoch.checked_rem(self.recipe.keep()).is_none_or(|rest| rest != 0) {
            return Ok(None);
        }
        prepare(self.folder)?;
        let which = Which::Epoch(epoch);
        let bytes = weights::bytes(model, &self.whose.at(&which.to_string(), epoch))?;
        self.leave(&which.file(), &bytes).map(Some)
    }
}
