//! What an analysis works on.

use crate::back::burn::Model;
use crate::train::{Inspection, Overrides, TrainError, Trained, Which};
use std::path::Path;

/// A run that is opened for analyses: its net with the weights that were asked for, on a device. All files that were read
/// are checked to be those that the run left.
pub struct Bench {
    trained: Trained,
}

impl Bench {
    /// Opens the run of a folder; what `over` says comes before the run's own settings.
    ///
    /// # Errors
    /// If a file of the folder is missing, is not what the run left or does not fit the others, or the device cannot be had.
    pub fn open(run: &Path, over: Overrides, which: Which, inspection: &mut Inspection) -> Result<Self, TrainError> {
        Trained::open(run, over, which, inspection).map(|trained| Self { trained })
    }

    /// The net with the run's weights, without autodiff.
    pub fn model(&self) -> &Model {
        self.trained.model()
    }
}
