//! Images that are made for a net instead of read: what a run's transforms make of their greys, and what its net makes of them.

use crate::back::burn::{Model, Weight};
use crate::data::Image;
use crate::data::loader::Batch;
use crate::train::TrainError;
use crate::train::runs::memory_need;
use crate::train::runs::trained::{MOST_RECORDED, Recorded, Trained};
use crate::train::runs::which::Which;

/// How many times as wide and as high as the net's input a picture is made at most, for transforms that cut pictures.
const LARGEST: usize = 16;

impl Trained {
    /// What the run's transforms make of a black and of a white pixel, for each channel that the net takes. All of them are linear
    /// in a pixel's brightness, so a grey of share `g` becomes `black + g * (white - black)`.
    ///
    /// # Errors
    /// If no picture of one brightness passes the transforms.
    pub fn tones(&self) -> Result<Vec<[f32; 2]>, TrainError> {
        let [channels, height, width] = self.recipe.net.input.1;
        let larger = (0..).map(|power| 1 << power).take_while(|times| *times <= LARGEST);
        let shapes =
            larger.flat_map(|times| [channels, 3, 1].map(|channels| [channels, height * times, width * times]));
        let even = |[channels, height, width]: [usize; 3], brightness: f32| {
            let image = Image { channels, height, width, pixels: vec![brightness; channels * height * width] };
            self.recipe.for_test(image, &|| "an image that is made".to_owned())
        };
        let mut refused = None;
        for shape in shapes {
            match (even(shape, 0.0), even(shape, 1.0)) {
                (Ok(black), Ok(white)) => {
                    // The middle of a plane is far from what a border may do.
                    let middle = |image: &Image, channel: usize| {
                        image.pixels[(channel * height + height / 2) * width + width / 2]
                    };
                    return Ok((0..channels).map(|n| [middle(&black, n), middle(&white, n)]).collect());
                }
                (Err(error), _) | (_, Err(error)) => refused = refused.or(Some(error)),
            }
        }
        match refused {
            Some(error) => Err(self.unfit(TrainError::unfit(error))),
            None => Ok(Vec::new()),
        }
    }

    /// The run's net with the weights that its training began with, as [`Trained::weights_at`] gives them.
    ///
    /// # Errors
    /// If they are not the net's.
    pub fn with_initial(&self, weights: Vec<Weight>) -> Result<Model, TrainError> {
        let path = self.file().with_file_name(Which::Initial.file());
        self.model().clone().with_weights(weights).map_err(|source| TrainError::Weights { path, source })
    }

    /// Shows `count` images to the run's net with the weights of `model`, and hands over batch by batch the named values that `wanted`
    /// marks. `make` fills an image, `[channels, height, width]` as the net takes it, by its number.
    ///
    /// # Errors
    /// If there is no memory, the device fails, or `each` gives an error.
    pub fn record_made(
        &self,
        model: &Model,
        count: usize,
        make: &dyn Fn(usize, &mut [f32]),
        wanted: &[bool],
        each: &mut dyn FnMut(Recorded) -> Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        let batch = self.recipe.batch().clamp(1, MOST_RECORDED);
        if self.on_cpu {
            memory_need::check_batch(&self.recipe, false, batch.min(count))?;
        }
        let dims = self.recipe.net.input.1;
        let len: usize = dims.iter().product();
        for first in (0..count).step_by(batch) {
            let here = batch.min(count - first);
            let mut images = vec![0.0; here * len];
            images.chunks_exact_mut(len.max(1)).enumerate().for_each(|(n, image)| make(first + n, image));
            let shape = [here, dims[0], dims[1], dims[2]];
            each(self.recorded(model, Batch { images, labels: vec![0; here], shape }, wanted)?)?;
        }
        Ok(())
    }
}
