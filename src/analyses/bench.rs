//! What an analysis works on.

use super::control::Control;
use crate::activity::{Asked, Place};
use crate::back::burn::Model;
use crate::train::{Inspection, Overrides, Recorded, Shown, TrainError, Trained, Which};
use lcnnc_lang::ir::Net;
use std::path::{Path, PathBuf};

/// A run that is opened for analyses: its net with the weights that were asked for, on a device, and the images that the net is
/// shown. All files that were read are checked to be those that the run left.
pub struct Bench {
    trained: Trained,
    shown: Option<Shown>,
}

impl Bench {
    /// Opens the run of a folder; what `over` says comes before the run's own settings.
    ///
    /// # Errors
    /// If a file of the folder is missing, is not what the run left or does not fit the others, or the device cannot be had.
    pub fn open(run: &Path, over: Overrides, which: Which, inspection: &mut Inspection) -> Result<Self, TrainError> {
        // Plain primitives keep what is exactly zero so.
        let over = Overrides { fuse: Some(false), ..over };
        Trained::open(run, over, which, inspection).map(|trained| Self { trained, shown: None })
    }

    /// Chooses the images that analyses show the net: files, or the test half of the data set where there are none.
    ///
    /// # Errors
    /// If they cannot be had or do not fit the net.
    pub fn show(&mut self, files: &[PathBuf], inspection: &mut Inspection) -> Result<(), TrainError> {
        let shown = match files {
            [] => self.trained.test_set(inspection)?,
            files => self.trained.pictures(files)?,
        };
        self.shown = Some(shown);
        Ok(())
    }

    /// The net with the run's weights, without autodiff.
    pub fn model(&self) -> &Model {
        self.trained.model()
    }

    /// The net.
    pub fn net(&self) -> &Net {
        self.trained.model().net()
    }

    /// The weights of a parameter, in double precision.
    ///
    /// # Errors
    /// If the device failed.
    pub fn weights(&self, name: &str) -> Result<Vec<f64>, TrainError> {
        let weights = self.model().weights()?;
        Ok(weights.into_iter().find(|weight| weight.name == name).map_or(Vec::new(), |weight| weight.values))
    }

    /// Shows the net all images, and hands over for each of them the numbers of every step of a value.
    ///
    /// # Errors
    /// If no images were chosen, or as [`Trained::record`].
    pub fn watch(&self, asked: &Asked, each: &mut dyn FnMut(usize, &[f32])) -> Result<(), TrainError> {
        self.watch_control(asked, Control::None, each)
    }

    /// As [`watch`](Self::watch), with a control in place of each image.
    ///
    /// # Errors
    /// As [`watch`](Self::watch).
    pub fn watch_control(
        &self,
        asked: &Asked,
        control: Control,
        each: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), TrainError> {
        let Some(shown) = &self.shown else { return Ok(()) };
        let Place::Traced(numbers) = &asked.place else { return Ok(()) };
        let mut wanted = vec![false; self.net().traced().len()];
        numbers.iter().for_each(|number| wanted[*number] = true);
        let len: usize = asked.dims.iter().product();
        let dims = self.net().input.1;
        let mut change = |number: usize, image: &mut [f32]| control.change(number, image, dims);
        self.trained.record_changed(shown, &wanted, &mut change, &mut |recorded: Recorded| {
            for image in 0..recorded.images {
                for (step, values) in recorded.values.iter().enumerate() {
                    each(step, &values[image * len..][..len]);
                }
            }
            Ok(())
        })
    }

    /// How many images the net is shown.
    pub fn images(&self) -> usize {
        self.shown.as_ref().map_or(0, |shown| shown.order.len())
    }
}
