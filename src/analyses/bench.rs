//! What an analysis works on.

use super::control::Control;
use crate::activity::{Asked, Place};
use crate::back::burn::{Model, Weight};
use crate::data::gratings::Picture;
use crate::train::{Inspection, Overrides, Recorded, Shown, TrainError, Trained, Which};
use lcnnc_lang::diag::counted;
use lcnnc_lang::ir::{Net, Param};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A run that is opened for analyses: its net with the weights that were asked for, on a device, and the images that the net is
/// shown. All files that were read are checked to be those that the run left.
pub struct Bench {
    trained: Trained,
    shown: Option<Shown>,
    /// The weights of other times that the run kept: those that training began with, then those after epochs, in order. In the
    /// precision that runs write, since there may be many times.
    earlier: Vec<(Which, BTreeMap<String, Vec<f32>>)>,
    /// Which weights the net has, in a word.
    which: Which,
    /// The epoch of these weights, 0 before training; none where the run does not say.
    epoch: Option<usize>,
    /// Times whose weights the run should have and has not.
    missing: Vec<Which>,
    /// What is wrong with a file of weights of other times, for the analyses that read it.
    broken: Option<String>,
    /// Whether anything asked for weights of other times.
    looked_back: Cell<bool>,
    /// Is told how many images the net was shown, as they come.
    each_image: Box<dyn Fn(usize)>,
}

/// The weights of a parameter at a time of the training.
pub struct AtTime {
    /// A word for the time, such as `initial`, `epoch:5` and `best`.
    pub time: String,
    /// The epochs that were over, where the run says so.
    pub epoch: Option<usize>,
    /// In double precision.
    pub weights: Vec<f64>,
}

impl Bench {
    /// Opens the run of a folder; what `over` says comes before the run's own settings.
    ///
    /// # Errors
    /// If a file of the folder is missing, is not what the run left or does not fit the others, or the device cannot be had. What is
    /// wrong with weights of other times is told to whoever asks for them.
    pub fn open(run: &Path, over: Overrides, which: Which, inspection: &mut Inspection) -> Result<Self, TrainError> {
        // Plain primitives keep what is exactly zero so.
        let over = Overrides { fuse: Some(false), ..over };
        let trained = Trained::open(run, over, which, inspection)?;
        let (kept, epoch) = trained.epochs(run, which, inspection)?;
        let (mut earlier, mut missing, mut broken) = (Vec::new(), Vec::new(), None);
        if which != Which::Initial {
            let kept = kept.into_iter().map(Which::Epoch).filter(|kept| *kept != which);
            for time in [Which::Initial].into_iter().chain(kept) {
                let narrow = |weight: Weight| (weight.name, weight.values.into_iter().map(|x| x as f32).collect());
                let weights = match trained.weights_at(run, time, inspection) {
                    // What an analysis does not read is no reason to have none.
                    Err(error) if error.exit_code() == 2 => {
                        let problem = inspection.without_weights(error).err();
                        broken = broken.or(problem.map(|problem| problem.to_string()));
                        continue;
                    }
                    weights => weights?,
                };
                missing.extend(weights.is_none().then_some(time));
                earlier.extend(weights.map(|weights| (time, weights.into_iter().map(narrow).collect())));
            }
        }
        Ok(Self {
            trained,
            shown: None,
            earlier,
            which,
            epoch,
            missing,
            broken,
            looked_back: Cell::new(false),
            each_image: Box::new(|_| ()),
        })
    }

    /// The same with at most so many images of the test half.
    #[must_use]
    pub fn limited(self, most: usize) -> Self {
        Self { trained: self.trained.limited(most), ..self }
    }

    /// The same, where `each` is told how many images the net was shown, as they come.
    #[must_use]
    pub fn told(self, each: impl Fn(usize) + 'static) -> Self {
        Self { each_image: Box::new(each), ..self }
    }

    /// Chooses the images that analyses show the net: files, or the test half of the data set where there are none.
    ///
    /// # Errors
    /// If they cannot be had or do not fit the net.
    pub fn show(&mut self, files: &[PathBuf], inspection: &mut Inspection) -> Result<(), TrainError> {
        let shown = match files {
            [] => self.trained.any_set(inspection)?,
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
        Ok(named(&self.model().weights()?, name))
    }

    /// Notes that weights of other times are asked for.
    fn look_back(&self) -> Result<(), TrainError> {
        self.looked_back.set(true);
        self.broken.clone().map_or(Ok(()), |problem| Err(TrainError::Earlier(problem)))
    }

    /// The weights of a parameter at each time at which they are known: before training and after epochs, where the run kept
    /// them, and last as they were asked for.
    ///
    /// # Errors
    /// If a file of weights is not what the run left, or the device failed.
    pub fn over_time(&self, name: &str) -> Result<Vec<AtTime>, TrainError> {
        self.look_back()?;
        let earlier = self.earlier.iter().map(|(which, weights)| {
            let epoch = if let Which::Epoch(epoch) = which { *epoch } else { 0 };
            let weights =
                weights.get(name).map_or(Vec::new(), |weights| weights.iter().map(|x| f64::from(*x)).collect());
            AtTime { time: which.to_string(), epoch: Some(epoch), weights }
        });
        let asked = AtTime { time: self.which.to_string(), epoch: self.epoch, weights: self.weights(name)? };
        Ok(earlier.chain([asked]).collect())
    }

    /// The weights of a parameter before training, where the run kept them, and as they were asked for.
    ///
    /// # Errors
    /// As [`Bench::over_time`].
    pub fn before_and_after(&self, name: &str) -> Result<Vec<AtTime>, TrainError> {
        let times = self.over_time(name)?;
        let last = times.len().saturating_sub(1);
        let is_meant = |(n, at): &(usize, AtTime)| *n == last || at.epoch == Some(0);
        Ok(times.into_iter().enumerate().filter(is_meant).map(|(_, at)| at).collect())
    }

    /// A sentence that names the files of weights from before the end of the training that an analysis looked for and that the run does not
    /// have; none if there is no such file.
    pub fn gap(&self) -> Option<String> {
        let files: Vec<String> = self
            .missing
            .iter()
            .map(|time| self.trained.file().with_file_name(time.file()).display().to_string())
            .collect();
        let is_noted = self.looked_back.get() && !files.is_empty();
        is_noted.then(|| {
            format!("warning: {} is missing, so these weights are in no table and no figure", files.join(", "))
        })
    }

    /// The labels of the images that the net is shown, in order; none where they have no classes.
    pub fn labels(&self) -> Option<Vec<usize>> {
        let shown = self.shown.as_ref().filter(|shown| !shown.classes.is_empty())?;
        Some(shown.order.iter().map(|index| shown.source.label(*index)).collect())
    }

    /// The names of the classes.
    pub fn classes(&self) -> &[String] {
        self.shown.as_ref().map_or(&[], |shown| &shown.classes)
    }

    /// The net with the weights of each time of [`Bench::before_and_after`].
    ///
    /// # Errors
    /// As [`Bench::over_time`], or if the weights that training began with do not fit the net.
    pub fn models(&self) -> Result<Vec<(String, Model)>, TrainError> {
        self.look_back()?;
        let now = (self.which.to_string(), self.model().clone());
        let initial = self.earlier.iter().find(|(which, _)| *which == Which::Initial);
        let Some((which, weights)) = initial else { return Ok(vec![now]) };
        let of = |param: &Param| {
            let values =
                weights.get(&param.name).map_or(Vec::new(), |values| values.iter().map(|x| f64::from(*x)).collect());
            Weight { name: param.name.clone(), shape: param.shape.clone(), values }
        };
        let weights: Vec<Weight> = self.net().params.iter().map(of).collect();
        Ok(vec![(which.to_string(), self.trained.with_initial(weights)?), now])
    }

    /// An image that the net is shown, as its data set or its file calls it, and its class where it has one.
    pub fn image(&self, number: usize) -> (String, Option<String>) {
        let index = |shown: &Shown| shown.order.get(number).copied();
        let Some((shown, index)) = self.shown.as_ref().and_then(|shown| Some((shown, index(shown)?))) else {
            return (format!("image {number}"), None);
        };
        (shown.source.name(index), shown.classes.get(shown.source.label(index)).cloned())
    }

    /// What the net is shown, in words for a caption: `1000 images, the test half of mnist`.
    pub fn about_images(&self) -> String {
        let shown = self.shown.as_ref().map_or(String::new(), |shown| shown.about.replace('`', ""));
        format!("{}, {shown}", counted(self.images(), "image"))
    }

    /// The run in words for a caption: its model, weights and seed.
    pub fn about_run(&self) -> String {
        let manifest = self.trained.manifest();
        format!("{} trained on {}, {} weights, seed {}", manifest.model, manifest.data.name, self.which, manifest.seed)
    }

    /// Which weights the net has, in a word.
    pub fn which(&self) -> Which {
        self.which
    }

    /// The run.
    pub fn trained(&self) -> &Trained {
        &self.trained
    }

    /// Shows the net all images, and hands over for each of them the numbers of every step of a value.
    ///
    /// # Errors
    /// If no images were chosen, or as [`Trained::record`].
    pub fn watch(&self, asked: &Asked, each: &mut dyn FnMut(usize, &[f32])) -> Result<(), TrainError> {
        self.watch_as(asked, (usize::MAX, Control::None), each)
    }

    /// [`Bench::watch`] for the first images alone, so many at most.
    ///
    /// # Errors
    /// As [`Bench::watch`].
    pub fn watch_some(
        &self,
        asked: &Asked,
        most: usize,
        each: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), TrainError> {
        self.watch_as(asked, (most, Control::None), each)
    }

    /// [`Bench::watch`] with a control in place of each image.
    ///
    /// # Errors
    /// As [`Bench::watch`].
    pub fn watch_control(
        &self,
        asked: &Asked,
        control: Control,
        each: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), TrainError> {
        self.watch_as(asked, (usize::MAX, control), each)
    }

    fn watch_as(
        &self,
        asked: &Asked,
        (most, control): (usize, Control),
        each: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), TrainError> {
        let Some(shown) = &self.shown else { return Ok(()) };
        let shown = &shown.first(most);
        let wanted = self.wanted(asked);
        let dims = self.net().input.1;
        let mut change = |number: usize, image: &mut [f32]| control.change(number, image, dims);
        self.trained.record_changed(shown, &wanted, &mut change, &mut |recorded| {
            hand_over(&recorded, asked, each);
            (self.each_image)(recorded.images);
            Ok(())
        })
    }

    /// Shows a net of [`Bench::models`] grey pictures, and hands over for each of them the numbers of every step of a value.
    /// They are as large as the net's input, and equal in all of its channels; their greys are what the run's transforms make
    /// of them.
    ///
    /// # Errors
    /// If the transforms refuse such pictures, there is no memory, or the device fails.
    pub fn watch_made(
        &self,
        model: &Model,
        asked: &Asked,
        pictures: &[Picture],
        each: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), TrainError> {
        let wanted = self.wanted(asked);
        let tones = self.trained.tones()?;
        let [_, height, width] = self.net().input.1;
        let make = |number: usize, image: &mut [f32]| {
            let greys = pictures[number].greys([height, width]);
            for (channel, [black, white]) in image.chunks_exact_mut(height * width).zip(&tones) {
                channel.iter_mut().zip(&greys).for_each(|(x, grey)| *x = black + *grey as f32 * (white - black));
            }
        };
        self.trained.record_made(model, pictures.len(), &make, &wanted, &mut |recorded| {
            hand_over(&recorded, asked, each);
            (self.each_image)(recorded.images);
            Ok(())
        })
    }

    /// Which of the net's named values are recorded for one that is asked for: none for the images themselves.
    fn wanted(&self, asked: &Asked) -> Vec<bool> {
        let mut wanted = vec![false; self.net().traced().len()];
        if let Place::Traced(numbers) = &asked.place {
            numbers.iter().for_each(|number| wanted[*number] = true);
        }
        wanted
    }

    /// How many images the net is shown.
    pub fn images(&self) -> usize {
        self.shown.as_ref().map_or(0, |shown| shown.order.len())
    }
}

/// Hands over what was recorded: for each image the numbers of every step of a value.
fn hand_over(recorded: &Recorded, asked: &Asked, each: &mut dyn FnMut(usize, &[f32])) {
    let len: usize = asked.dims.iter().product();
    let input = [&recorded.input];
    let values: Vec<&Vec<f32>> = match asked.place {
        Place::Input => input.into(),
        Place::Traced(_) => recorded.values.iter().collect(),
    };
    for image in 0..recorded.images {
        for (step, values) in values.iter().enumerate() {
            each(step, &values[image * len..][..len]);
        }
    }
}

fn named(weights: &[Weight], name: &str) -> Vec<f64> {
    weights.iter().find(|weight| weight.name == name).map_or(Vec::new(), |weight| weight.values.clone())
}
