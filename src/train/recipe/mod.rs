//! A spec with its settings, compiled and known to fit its data.

mod measured;
pub mod overrides;
mod words;
pub mod yaml;
pub(crate) mod yaml_spans;
mod yaml_weights;

use crate::back::burn::{Model, Precision};
use crate::data::augment::{Augmentations, Views};
use crate::data::loader::Feed;
use crate::data::split::{self, Split};
use crate::data::transform::Transforms;
use crate::data::{self, DataError, DataSet, Image, Unusable};
use crate::train::recipe::overrides::is_flag;
use crate::train::{Overrides, TrainError};
use burn::tensor::Device;
use lcnnc_lang::back::pytorch::About;
use lcnnc_lang::diag::Report;
use lcnnc_lang::front::settings::Settings;
use lcnnc_lang::ir::{Net, Param};
use lcnnc_lang::vocabulary::transforms;
use lcnnc_lang::{Compiled, Options, Source, Steps, compile, compile_with_steps};
use std::sync::Arc;

/// All that decides what a run does, but for the data and the device.
#[derive(Clone)]
pub struct Recipe {
    pub net: Arc<Net>,
    /// The settings of the spec, run.yaml and the flags together.
    pub settings: Settings,
    /// The spec's text as it was read.
    pub text: String,
    /// The spec's text with overrides and defaults written in.
    pub resolved: String,
    pub augmentations: Arc<Augmentations>,
    pub transforms: Arc<Transforms>,
    /// The transforms of images for validation and test: of their own, or those of training.
    pub test_transforms: Arc<Transforms>,
    /// The spec's warnings and notes.
    pub remarks: Report,
}

impl Recipe {
    /// Compiles a spec for a number of classes and applies consts and settings that override its own.
    ///
    /// # Errors
    /// Everything that is wrong with the spec and with the texts of the overrides.
    pub fn new(source: Source, overrides: &Overrides, classes: usize) -> Result<Self, TrainError> {
        Self::with_steps(source, overrides, classes, None)
    }

    /// [`Recipe::new`] with loops of another number of steps than the spec gives them.
    ///
    /// # Errors
    /// As [`Recipe::new`]; among them that a step which the spec names is not there.
    pub fn with_steps(
        source: Source,
        overrides: &Overrides,
        classes: usize,
        steps: Option<&Steps>,
    ) -> Result<Self, TrainError> {
        let set = overrides.set.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let compiled = compile_with_steps(&source, &Options { set, classes: Some(classes) }, steps);
        let mut settings = compiled.settings.clone();
        let mut reports = overrides.apply(&mut settings).err().unwrap_or_default();
        let (resolved, remarks) = (compiled.resolved(&settings), compiled.report_with(&settings));
        let Compiled { net, report, .. } = compiled;
        let net = match net {
            Some(net) if !report.has_errors() && reports.is_empty() => Arc::new(net),
            Some(_) if !report.has_errors() && reports.iter().all(|report| is_flag(&report.name)) => {
                return Err(TrainError::Flags(reports));
            }
            _ => {
                reports.insert(0, report);
                reports.retain(|report| !report.diagnostics.is_empty());
                return Err(TrainError::Reports(reports));
            }
        };
        let augmentations = Arc::new(Augmentations::new(settings.data.calls("augment")));
        let transforms = Arc::new(Transforms::new(settings.data.calls("transform")));
        let own = settings.data.maybe_calls("test_transform").map(|calls| Arc::new(Transforms::new(calls)));
        let test_transforms = own.unwrap_or_else(|| transforms.clone());
        Ok(Self { net, settings, text: source.text, resolved, augmentations, transforms, test_transforms, remarks })
    }

    /// What a file for another program says of the net: the spec's comments, and what the settings bring.
    pub fn about(&self) -> About {
        let source = Source { name: self.remarks.name.clone(), text: self.text.clone() };
        compile(&source, &Options::default()).about(&self.settings)
    }

    /// Images in a batch.
    pub fn batch(&self) -> usize {
        self.settings.train.count("batch")
    }

    /// Passes over the training images.
    pub fn epochs(&self) -> usize {
        self.settings.train.count("epochs")
    }

    /// Epochs from one to the next after which the weights are kept; 0 where none are.
    pub fn keep(&self) -> usize {
        self.settings.train.maybe_count("keep").unwrap_or(0)
    }

    /// The net with the weights that training begins with.
    pub fn initial(&self, device: &Device) -> Model {
        Model::new(self.net.clone(), self.seed(), device, self.precision())
    }

    /// The number that every random choice starts from.
    pub fn seed(&self) -> u64 {
        self.settings.train.count("seed") as u64
    }

    /// The optimizer's weight decay; 0 where it has none.
    pub fn weight_decay(&self) -> f64 {
        self.settings.train.call("optimizer").maybe_real("weight_decay").unwrap_or(0.0)
    }

    /// The width of the numbers that are computed with.
    pub fn precision(&self) -> Precision {
        match self.settings.train.word("precision") {
            "bf16" => Precision::Mixed,
            _ => Precision::Single,
        }
    }

    /// A hash of all that makes the result but for the machine: the spec with every setting and default, the data and how
    /// many of its images are used, `limit` of the training half and `limit_test` of the test half.
    pub fn fingerprint(&self, data: &DataSet, limit: Option<usize>, limit_test: Option<usize>) -> String {
        let limit = limit.map_or(String::new(), |limit| limit.to_string());
        // Without one nothing is added, so that runs from before there was one keep their fingerprint.
        let limit_test = limit_test.map_or(String::new(), |limit| format!("\0{limit}"));
        // Where every class has a picture, the checksum is over the names of all.
        let classes = if data.has_empty_class() { format!("\0{}", data.classes.join("\0")) } else { String::new() };
        let parts = [&self.resolved, "\0", &data.checksum, "\0", &limit, &limit_test, &classes];
        data::sha256(parts.map(str::as_bytes))
    }

    /// Chooses the images of the test half that are tested with: all, or a sample of at most `limit`, fixed by the
    /// seed.
    pub fn test(&self, data: &DataSet, limit: Option<usize>) -> Vec<usize> {
        split::sample(data.test.len(), limit.unwrap_or(usize::MAX), self.seed())
    }

    /// How many numbers are trained.
    pub fn trained(&self) -> usize {
        self.net.params.iter().filter(|param| param.trained()).map(Param::len).sum()
    }

    /// Checks that images of a data set are what the net takes, augmented and transformed in training and transformed in a
    /// test. Of a set whose images may differ, it looks at all, or at the first if nobody has read them yet.
    ///
    /// # Errors
    /// What an augmentation cannot take; a batch that cannot hold the views of an image; both shapes, and which transform to
    /// add; or every file that cannot be used.
    pub fn check(&self, data: &DataSet) -> Result<(), TrainError> {
        let (batch, views) = (self.batch(), self.augmentations.views());
        if !batch.is_multiple_of(views) {
            return Err(TrainError::unfit(DataError::Views { batch, views }));
        }
        check_all(data, |shape, name| self.fits(shape, name))
    }

    /// Checks that images of a data set are what the net takes in a test, as [`Recipe::check`] does.
    ///
    /// # Errors
    /// Both shapes, and what to write; or every file that cannot be used.
    pub fn check_for_test(&self, data: &DataSet) -> Result<(), TrainError> {
        check_all(data, |shape, name| self.fits_test(shape, name))
    }

    /// Checks that an image of a shape is what the net takes, augmented and transformed in training and transformed in a
    /// test.
    fn fits(&self, shape: [usize; 3], name: &dyn Fn() -> String) -> Result<(), DataError> {
        let augmented = self.augmentations.shape(shape, name)?;
        let (found, expected) = (self.transforms.shape(augmented, name)?, self.net.input.1);
        if found != expected {
            return Err(DataError::Shape { name: name(), expected, found });
        }
        self.fits_test(shape, name).map_err(|error| match error {
            DataError::Shape { name, expected, found } => {
                let calls = |key: &str| self.settings.data.maybe_calls(key).unwrap_or_default();
                let write = transforms::in_tests(calls("augment"), calls("transform"));
                DataError::TestShape { name, expected, found, write }
            }
            other => other,
        })
    }

    /// Checks that an image of a shape is, transformed as in a test, what the net takes.
    fn fits_test(&self, shape: [usize; 3], name: &dyn Fn() -> String) -> Result<(), DataError> {
        let (found, expected) = (self.test_transforms.shape(shape, name)?, self.net.input.1);
        if found == expected { Ok(()) } else { Err(DataError::Shape { name: name(), expected, found }) }
    }

    /// An image as the net takes it in a test.
    ///
    /// # Errors
    /// If it cannot become that; `name` says which image it is.
    pub fn for_test(&self, image: Image, name: &dyn Fn() -> String) -> Result<Image, DataError> {
        self.fits_test(image.shape(), name)?;
        self.test_transforms.apply(image, name)
    }

    /// Images of a source, in an order, as the net takes them in a test; nothing about them is random.
    pub fn feed(&self, source: &Arc<dyn data::ImageSource>, order: Vec<usize>) -> Feed {
        Feed {
            source: source.clone(),
            order,
            augment: None,
            transforms: self.test_transforms.clone(),
            shape: self.net.input.1,
            batch: self.batch(),
            first: 0,
        }
    }

    /// Images for the training of an epoch, with the spec's augmentations and transforms. A batch holds all views of its
    /// images.
    pub fn training_feed(&self, source: &Arc<dyn data::ImageSource>, order: Vec<usize>, epoch: usize) -> Feed {
        let augmentations = self.augmentations.clone();
        let views = Views { augmentations, seed: self.seed(), epoch: epoch as u64 };
        let augment = (!self.settings.data.calls("augment").is_empty()).then_some(views);
        let batch = self.batch() / self.augmentations.views();
        Feed { augment, batch, transforms: self.transforms.clone(), ..self.feed(source, order) }
    }

    /// Divides the training half into images that train and images that validate, at most `limit` of them together. A
    /// validation half that is there in its own right is used as a whole, beside at most `limit` images to train with.
    pub fn split(&self, data: &DataSet, limit: Option<usize>) -> Split {
        let (all, held_out) = (data.train.len(), data.validation());
        let train = split::sample(all - held_out, limit.unwrap_or(usize::MAX), self.seed());
        if held_out > 0 {
            return Split { train, validation: (all - held_out..all).collect() };
        }
        split::split(&train, self.settings.data.real("validation"), self.seed())
    }
}

/// Checks images of a data set by their shapes. Of a set whose images may differ, it looks at all, or at the first if nobody
/// has read them yet.
fn check_all(
    data: &DataSet,
    fits: impl Fn([usize; 3], &dyn Fn() -> String) -> Result<(), DataError>,
) -> Result<(), TrainError> {
    let contents = data.files.as_ref().and_then(|files| files.contents.as_ref());
    let all = contents.filter(|contents| contents.shapes.len() > 1 || !contents.broken.is_empty());
    if let Some(contents) = all {
        // That is a fault of the spec, and would be said of nearly every picture.
        let fault = |shape: &[usize; 3]| {
            let error = fits(*shape, &|| format!("an image of `{}`", data.name)).err()?;
            matches!(error, DataError::TestShape { .. }).then_some(error)
        };
        if let Some(error) = contents.shapes.keys().find_map(fault) {
            return Err(TrainError::unfit(error));
        }
        let unfit = |shape| {
            let error = fits(shape, &|| data.name.clone()).err()?;
            Some((without(&data.name, &error), error.remedy()))
        };
        let unusable = Unusable::of(&data.name, contents, unfit);
        return unusable.map_or(Ok(()), |unusable| Err(DataError::Unusable { unusable }.into()));
    }
    let shape = data.shape.or_else(|| contents?.shapes.keys().next().copied());
    let (shape, name) = match shape {
        Some(shape) => (shape, format!("an image of `{}`", data.name)),
        None => (data.train.image(0)?.shape(), data.train.name(0)),
    };
    fits(shape, &|| name.clone()).map_err(TrainError::unfit)
}

/// The text of an error without the name that it begins with.
fn without(name: &str, error: &DataError) -> String {
    let text = error.to_string();
    text.strip_prefix(name).unwrap_or(&text).to_owned()
}
