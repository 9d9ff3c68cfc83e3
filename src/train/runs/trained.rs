//! A finished run, taken up again from the files of its folder alone.

use crate::back::burn::{Model, Weight, read_all};
use crate::data::loader::{Batch, Feed, Loader};
use crate::data::{ImageSource, picture};
use crate::train::fit::evaluate::{self, Each, Score, evaluate_each};
use crate::train::runs::inspect::RunFolder;
use crate::train::runs::inspection::Inspection;
use crate::train::runs::run_dir::SPEC;
use crate::train::runs::which::Which;
use crate::train::runs::{memory_need, threads};
use crate::train::weights::foreign;
use crate::train::{Manifest, Overrides, Recipe, Stop, TrainError};
use burn::tensor::{Device, Tensor, TensorData, Transaction, activation};
use lcnnc_lang::ir::Net;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Images that a net is shown at once at most while its values are recorded.
pub(super) const MOST_RECORDED: usize = 64;

/// A run's net with its weights, on a device.
pub struct Trained {
    pub(super) overrides: Overrides,
    pub(super) manifest: Manifest,
    pub(super) recipe: Recipe,
    pub(super) model: Model,
    pub(super) device: Device,
    /// The name of the author's spec, without its folder and its ending.
    pub(super) spec: String,
    /// The file with the weights.
    pub(super) file: PathBuf,
    /// Whether the data set is to be the one that the run was trained on.
    pub(super) own_data: bool,
    pub(super) on_cpu: bool,
}

/// Images that a net is shown, in order.
pub struct Shown {
    pub source: Arc<dyn ImageSource>,
    /// Indices into the source.
    pub order: Vec<usize>,
    /// The classes that the labels are indices into; empty where the images have none.
    pub classes: Vec<String>,
    /// What the images are, in words.
    pub about: String,
}

impl Shown {
    /// The first of the images.
    pub fn first(&self, most: usize) -> Self {
        let (order, classes) = (self.order.iter().copied().take(most).collect(), self.classes.clone());
        Self { source: self.source.clone(), order, classes, about: self.about.clone() }
    }
}

/// What a net makes of a batch of images.
pub struct Recorded {
    /// The number of images.
    pub images: usize,
    /// The images as the net takes them, `[images, channels, height, width]`.
    pub input: Vec<f32>,
    pub labels: Vec<usize>,
    /// The values that were asked for, each `[images, …]`.
    pub values: Vec<Vec<f32>>,
    /// The scores of the last step that is judged, `[images, classes]`.
    pub scores: Vec<f32>,
}

/// One answer of a net.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub class: String,
    /// The score that the net gives the class, of which probabilities are made by softmax.
    pub score: f64,
    /// How probable the class is, from 0 to 1.
    pub probability: f64,
}

/// The net of a recipe with weights of a file, on a device; fused where it can be if `fuses`.
///
/// # Errors
/// If they are not the net's.
pub(super) fn model(
    recipe: &Recipe,
    (device, fuses): (&Device, bool),
    weights: Vec<Weight>,
    file: &Path,
) -> Result<Model, TrainError> {
    let model = recipe
        .initial(device)
        .with_weights(weights)
        .map_err(|source| TrainError::Weights { path: file.to_owned(), source })?;
    Ok(if fuses { model.fused() } else { model })
}

impl RunFolder {
    /// Weights of the run, under the names that they have in the net.
    ///
    /// # Errors
    /// If the file cannot be read, or does not hold the weights that the run left.
    pub(super) fn weights_for(
        &self,
        net: &Net,
        which: Which,
        inspection: &mut Inspection,
    ) -> Result<Vec<Weight>, TrainError> {
        let mut weights = self.weights(which, inspection)?.weights;
        let names = net.params.iter().map(|param| param.name.as_str());
        for prefix in foreign::unwrapped(&mut weights, names) {
            let file = self.path.join(which.file());
            inspection.say(&format!("note: {}: every name begins with `{prefix}`, which is left out", file.display()));
        }
        Ok(weights)
    }
}

impl Trained {
    /// Takes up the run of a folder; what `over` says comes before the run's own settings.
    ///
    /// # Errors
    /// If a file of the folder is missing, is not what the run left or does not fit the others, or the device cannot be had.
    pub fn open(folder: &Path, over: Overrides, which: Which, inspection: &mut Inspection) -> Result<Self, TrainError> {
        let run = RunFolder::open(folder, inspection)?;
        let own_data = over.dataset.is_none();
        let limit_test = over.limit_test;
        let mut overrides = over.over(run.overrides.clone());
        if !own_data {
            // How many images the run was tested with says nothing of another set.
            overrides.limit_test = limit_test;
        }
        threads::fix(overrides.threads)?;
        let recipe = Recipe::new(run.source.clone(), &overrides, run.manifest.data.classes.len())?;
        if recipe.is_open() {
            let reason =
                "it leaves numbers to the training images, which a run writes in: it is no run's spec".to_owned();
            return Err(TrainError::Refused { path: folder.join(SPEC), reason });
        }
        let opened = overrides.device.unwrap_or_default().open()?;
        let file = folder.join(which.file());
        let fuses = overrides.fuse.unwrap_or(true);
        let on_cpu = opened.on_cpu();
        if on_cpu {
            memory_need::check_answers(&recipe, fuses, 1)?;
        }
        // Not before their memory was counted.
        let weights = run.weights_for(&recipe.net, which, inspection)?;
        if let Some(problem) = run.metrics_problem() {
            inspection.say(&format!("warning: {problem}"));
        }
        let spec = run.made_with().spec;
        let manifest = run.manifest;
        let device = opened.device;
        let model = model(&recipe, (&device, fuses), weights, &file)?;
        Ok(Self { overrides, manifest, recipe, model, device, spec, file, own_data, on_cpu })
    }

    /// Weights of a time in the training of the run of a folder, in the order of the net; none where it did not keep them.
    ///
    /// # Errors
    /// If the file is there and cannot be read, or is not what the run left.
    pub fn weights_at(
        &self,
        folder: &Path,
        which: Which,
        inspection: &mut Inspection,
    ) -> Result<Option<Vec<Weight>>, TrainError> {
        if !folder.join(which.file()).exists() {
            return Ok(None);
        }
        RunFolder::open(folder, inspection)?.weights_for(&self.recipe.net, which, inspection).map(Some)
    }

    /// The epochs after which a finished run of a folder kept its weights, in order, and the epoch of the weights of that name.
    ///
    /// # Errors
    /// If a file of the folder is missing or is not what the run left.
    pub fn epochs(
        &self,
        folder: &Path,
        which: Which,
        inspection: &mut Inspection,
    ) -> Result<(Vec<usize>, Option<usize>), TrainError> {
        let summary = RunFolder::open(folder, inspection)?.summary;
        let kept = summary.iter().flat_map(|summary| summary.weights.epochs.keys().copied()).collect();
        let epoch = match which {
            Which::Initial => Some(0),
            Which::Epoch(epoch) => Some(epoch),
            Which::Best => summary.map(|summary| summary.best_epoch),
            Which::Last => summary.map(|summary| summary.epochs),
        };
        Ok((kept, epoch))
    }

    /// The net with its weights, without autodiff.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Checks that the net tells so many classes apart, if a number is given.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn has_classes(&self, top: Option<usize>) -> Result<(), TrainError> {
        let classes = self.manifest.data.classes.len();
        top.filter(|k| *k > classes).map_or(Ok(()), |k| Err(TrainError::Top { k, classes }))
    }

    /// The score on images of known classes; `each` is handed the scores of batch after batch. `top` is how many of the largest scores
    /// are looked through for the class, see [`evaluate`].
    ///
    /// # Errors
    /// If an image cannot be had, the scores are no numbers, or `each` gives an error.
    pub fn judge(&self, shown: &Shown, top: Option<usize>, each: Each<'_>) -> Result<Score, TrainError> {
        if self.on_cpu {
            memory_need::check_batch(&self.recipe, self.overrides.fuse.unwrap_or(true), shown.order.len())?;
        }
        let feed = self.recipe.feed(&shown.source, shown.order.clone());
        let tally = evaluate_each(&self.model, &self.device, feed, top, Stop::never(), Some(each))?;
        tally.numbered("the test", &self.file).map(|tally| Score { of: shown.source.len(), ..tally.into() })
    }

    /// The same with at most so many images of the test half, a sample fixed by the run's seed.
    #[must_use]
    pub fn limited(mut self, most: usize) -> Self {
        self.overrides.limit_test = Some(self.overrides.limit_test.map_or(most, |limit| limit.min(most)));
        self
    }

    /// Shows the net images, and hands over batch by batch those of its [named values](Net::traced) that `wanted` marks. The net
    /// runs by plain primitives, so that what is exactly zero in its equations is so here.
    ///
    /// # Errors
    /// If an image cannot be had, there is no memory, the device fails, or `each` gives an error.
    pub fn record(
        &self,
        shown: &Shown,
        wanted: &[bool],
        each: &mut dyn FnMut(Recorded) -> Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        self.record_changed(shown, wanted, &mut |_, _| {}, each)
    }

    /// As [`record`](Self::record), where `change` makes other numbers of each image before the net is shown it: it is given how
    /// many images came before, and the image as the net takes it.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub fn record_changed(
        &self,
        shown: &Shown,
        wanted: &[bool],
        change: &mut dyn FnMut(usize, &mut [f32]),
        each: &mut dyn FnMut(Recorded) -> Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        let feed = self.recipe.feed(&shown.source, shown.order.clone());
        let feed = Feed { batch: feed.batch.min(MOST_RECORDED), ..feed };
        if self.on_cpu {
            memory_need::check_batch(&self.recipe, false, feed.batch.min(shown.order.len()))?;
        }
        let mut before = 0;
        for batch in Loader::new(feed)? {
            let mut batch = batch?;
            let len = batch.images.len() / batch.labels.len().max(1);
            for image in batch.images.chunks_exact_mut(len.max(1)) {
                change(before, image);
                before += 1;
            }
            each(self.recorded(&self.model, batch, wanted)?)?;
        }
        Ok(())
    }

    /// What a net, this one or one with other weights, makes of a batch.
    pub(super) fn recorded(&self, model: &Model, batch: Batch, wanted: &[bool]) -> Result<Recorded, TrainError> {
        let (images, input, labels) = (batch.labels.len(), batch.images.clone(), batch.labels.clone());
        let (forward, values) = model.record(evaluate::images(batch, model, &self.device), wanted);
        let asked = values.into_iter().fold(Transaction::default(), Transaction::register);
        let numbers = |data: TensorData| data.iter::<f32>().collect::<Vec<f32>>();
        let mut values: Vec<Vec<f32>> = read_all(asked.register(forward.logits()))?.into_iter().map(numbers).collect();
        let scores = values.pop().unwrap_or_default();
        if let Some(x) = scores.iter().find(|x| !x.is_finite()) {
            let (what, found) = ("what the net makes of the images".to_owned(), format!("a score of {x}"));
            return Err(TrainError::NoNumber { what, found, path: self.file.clone() });
        }
        Ok(Recorded { images, input, labels, values, scores })
    }

    /// The run's settings and where it comes from.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The name of the author's spec, by which the run's folder is found below `runs`.
    pub fn spec(&self) -> &str {
        &self.spec
    }

    /// The most images of the training half that the run was to take.
    pub fn limit(&self) -> Option<usize> {
        self.overrides.limit
    }

    /// What the run was made of.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The file that the weights were read from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What is wrong with images, said of a run whose spec nobody can change any more.
    pub(super) fn unfit(&self, error: TrainError) -> TrainError {
        match error {
            TrainError::Unfit { cause } => {
                TrainError::UnfitRun { cause: Box::new(cause), takes: self.recipe.net.input.1 }
            }
            error => error,
        }
    }

    /// The classes of one image file, the most probable first.
    ///
    /// # Errors
    /// If it is no image or cannot become one of the net's shape, or if a probability is no number.
    pub fn predict(&self, image: &Path) -> Result<Vec<Answer>, TrainError> {
        let name = || image.display().to_string();
        let bytes = picture::read(image)?;
        memory_need::check_picture(image, picture::need(&bytes).image)?;
        let image = picture::image(image, &bytes)?;
        let unfit = |error| self.unfit(TrainError::unfit(error));
        let image = self.recipe.for_test(image, &name).map_err(unfit)?;
        let [channels, height, width] = image.shape();
        let data = TensorData::new(image.pixels, [1, channels, height, width]);
        let input: Tensor<4> = Tensor::from_data(data, (&self.device, self.model.precision().dtype()));
        let scores = self.model.forward(input).logits();
        let asked = Transaction::default().register(scores.clone()).register(activation::softmax(scores, 1));
        let both = read_all(asked)?;
        let [scores, probabilities] = [0, 1].map(|n| both[n].iter::<f64>().collect::<Vec<f64>>());
        if let Some(x) = probabilities.iter().find(|x| !x.is_finite()) {
            let (what, found) = (name(), format!("a probability of {x}"));
            return Err(TrainError::NoNumber { what, found, path: self.file.clone() });
        }
        let mut answers: Vec<Answer> = self
            .manifest
            .data
            .classes
            .iter()
            .zip(scores.into_iter().zip(probabilities))
            .map(|(class, (score, probability))| Answer { class: class.clone(), score, probability })
            .collect();
        // Stable: of equals, the first class comes first.
        answers.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        Ok(answers)
    }
}
