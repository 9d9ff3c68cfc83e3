//! A finished run, taken up again from the files of its folder alone.

use crate::back::burn::{Model, read};
use crate::data::decode;
use crate::train::fit;
use crate::train::fit::evaluate::{Score, evaluate};
use crate::train::recipe::yaml;
use crate::train::runs::run_dir::{self, MANIFEST, SETTINGS, SPEC};
use crate::train::runs::{memory, threads};
use crate::train::{Layer, Manifest, Recipe, Stop, TrainError, files, weights};
use burn::tensor::{Device, Tensor, TensorData, activation};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Which of a run's weights to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// Those of the best validation accuracy.
    #[default]
    Best,
    /// Those after the last epoch.
    Last,
}

impl Which {
    fn file(self) -> &'static str {
        match self {
            Which::Best => fit::BEST,
            Which::Last => fit::LAST,
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Which::Best => "best",
            Which::Last => "last",
        })
    }
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "best" => Ok(Which::Best),
            "last" => Ok(Which::Last),
            _ => Err("choose `best` or `last`".to_owned()),
        }
    }
}

/// A run's net with its weights, on a device.
pub struct Trained {
    layer: Layer,
    manifest: Manifest,
    recipe: Recipe,
    model: Model,
    device: Device,
}

/// One answer of a net.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub class: String,
    /// From 0 to 1.
    pub probability: f64,
}

impl Trained {
    /// Takes up the run of a folder; what `over` says comes before the run's own settings.
    ///
    /// # Errors
    /// If a file of the folder is missing, damaged or does not fit the others, or the device cannot be had.
    pub fn open(folder: &Path, over: Layer, which: Which) -> Result<Self, TrainError> {
        run_dir::check(folder)?;
        let layer = over.over(yaml::load(&folder.join(SETTINGS))?);
        threads::fix(layer.threads)?;
        let manifest = Manifest::read(&folder.join(MANIFEST))?;
        let recipe = Recipe::new(files::source(&folder.join(SPEC))?, &layer, manifest.data.classes.len())?;
        let opened = layer.device.unwrap_or_default().open()?;
        let file = folder.join(which.file());
        let fuses = layer.fuse.unwrap_or(true);
        if opened.on_cpu() {
            memory::check_answers(&recipe, fuses, 1)?;
        }
        let device = opened.device;
        let model = Model::new(recipe.net.clone(), recipe.seed(), &device, recipe.precision())
            .with_weights(&weights::read(&file)?)
            .map_err(|source| TrainError::Weights { path: file, source })?;
        let model = if fuses { model.fused() } else { model };
        Ok(Self { layer, manifest, recipe, model, device })
    }

    /// The score on the test half of the run's data set, or of the one that was asked for.
    ///
    /// # Errors
    /// If the data cannot be had or does not fit the net.
    pub fn score(&self) -> Result<Score, TrainError> {
        let data = super::load(&self.layer)?;
        let expected = &self.manifest.data.classes;
        if data.classes.len() != expected.len() {
            let (name, found) = (data.name, data.classes.len());
            return Err(TrainError::Classes { name, expected: expected.len(), found, classes: expected.clone() });
        }
        self.recipe.check(&data)?;
        let order = (0..data.test.len()).collect();
        Ok(evaluate(&self.model, &self.device, self.recipe.feed(&data.test, order), Stop::never())?.into())
    }

    /// The classes of one image file, the most probable first.
    ///
    /// # Errors
    /// If it is no image or cannot become one of the net's shape.
    pub fn predict(&self, image: &Path) -> Result<Vec<Answer>, TrainError> {
        let name = || image.display().to_string();
        let image = self.recipe.transforms.apply(decode(image)?, name)?;
        let ([channels, height, width], expected) = (image.shape(), self.recipe.net.input.1);
        if image.shape() != expected {
            return Err(crate::data::DataError::Shape { name: name(), expected, found: image.shape() }.into());
        }
        let data = TensorData::new(image.pixels, [1, channels, height, width]);
        let input: Tensor<4> = Tensor::from_data(data, (&self.device, self.model.precision().dtype()));
        let probabilities = read(activation::softmax(self.model.forward(input).logits(), 1))?;
        let mut answers: Vec<Answer> = self
            .manifest
            .data
            .classes
            .iter()
            .zip(probabilities.iter::<f64>())
            .map(|(class, probability)| Answer { class: class.clone(), probability })
            .collect();
        // Stable: of equals, the first class comes first.
        answers.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        Ok(answers)
    }
}
