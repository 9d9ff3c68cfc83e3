//! The numbers that a spec leaves to the training images: what `normalise` subtracts and divides by, and the border of
//! `pad_crop`.
//!
//! They are measured before a run begins, and written into its spec, so that whoever takes the run up has the same ones.

use crate::data::split::Split;
use crate::data::statistics::{Statistics, statistics};
use crate::data::transform::Transforms;
use crate::data::{DataError, DataSet, Meter};
use crate::train::recipe::Recipe;
use crate::train::{Overrides, Setting, Target, TrainError};
use lcnnc_lang::Source;
use lcnnc_lang::vocabulary::{ArgValue, Bound};

/// The settings whose calls may leave numbers to the training images.
const LISTS: [&str; 3] = ["augment", "transform", "test_transform"];

/// An argument, and the word with which it is left to the training images.
struct Open {
    callee: &'static str,
    argument: &'static str,
    word: &'static str,
}

impl Open {
    fn is_in(&self, call: &Bound) -> bool {
        call.callee == self.callee
            && matches!(call.get(self.argument), Some(ArgValue::Word(word)) if *word == self.word)
    }
}

const MEAN: Open = Open { callee: "normalise", argument: "mean", word: "training" };
const SD: Open = Open { callee: "normalise", argument: "sd", word: "training" };
const FILL: Open = Open { callee: "pad_crop", argument: "fill", word: "mean" };
const OPEN: [Open; 3] = [MEAN, SD, FILL];

/// The training images that are looked at, and what was found in them as each `normalise` of `transform` meets them.
struct Measurer<'a> {
    data: &'a DataSet,
    split: &'a Split,
    meter: &'a dyn Meter,
    found: Vec<Statistics>,
}

impl Measurer<'_> {
    fn statistics(&self, before: &[Bound]) -> Result<Statistics, DataError> {
        statistics(&self.data.train, &self.split.train, &Transforms::new(before), self.meter)
    }

    /// Augmentations with the mean of the images as the data set has them.
    fn filled(&self, calls: &[Bound]) -> Result<Vec<Bound>, DataError> {
        let mut calls = calls.to_vec();
        if calls.iter().any(|call| FILL.is_in(call)) {
            let mean = self.statistics(&[])?.mean;
            calls.iter_mut().filter(|call| FILL.is_in(call)).for_each(|call| put(call, FILL.argument, &mean));
        }
        Ok(calls)
    }

    /// Transforms with the numbers of the images as they come to each. In a test, they are those that images are
    /// normalised by in training, place by place, as far as `known` goes.
    fn normalised(&mut self, calls: &[Bound], known: &[Statistics]) -> Result<Vec<Bound>, DataError> {
        let (mut done, mut open): (Vec<Bound>, usize) = (Vec::with_capacity(calls.len()), 0);
        for call in calls {
            let mut call = call.clone();
            if MEAN.is_in(&call) || SD.is_in(&call) {
                let found = match known.get(open) {
                    Some(known) => known.clone(),
                    None => self.statistics(&done)?,
                };
                self.settle(&mut call, &found)?;
                self.found.push(found);
                open += 1;
            }
            done.push(call);
        }
        Ok(done)
    }

    fn settle(&self, call: &mut Bound, found: &Statistics) -> Result<(), DataError> {
        if SD.is_in(call) {
            if let Some(channel) = found.sd.iter().position(|sd| *sd <= 0.0) {
                return Err(DataError::Flat { name: self.data.name.clone(), channel, value: found.mean[channel] });
            }
            put(call, SD.argument, &found.sd);
        }
        if MEAN.is_in(call) {
            put(call, MEAN.argument, &found.mean);
        }
        Ok(())
    }
}

fn put(call: &mut Bound, argument: &str, values: &[f64]) {
    let place = call.values.iter_mut().find(|(name, _)| *name == argument);
    place.into_iter().for_each(|place| place.1 = ArgValue::Reals(values.to_vec()));
}

impl Recipe {
    /// Whether numbers are left to the training images.
    pub fn is_open(&self) -> bool {
        let mut calls = LISTS.iter().filter_map(|key| self.settings.data.maybe_calls(key)).flatten();
        calls.any(|call| OPEN.iter().any(|open| open.is_in(call)))
    }

    /// The recipe with the numbers that it leaves to the training images, measured on those that a split leaves to train
    /// with. `source` and `overrides` are those that the recipe was made of.
    ///
    /// # Errors
    /// If an image cannot be had, or a channel is the same everywhere.
    pub fn measured(
        self,
        (source, overrides): (&Source, &Overrides),
        data: &DataSet,
        split: &Split,
        meter: &dyn Meter,
    ) -> Result<Self, TrainError> {
        if !self.is_open() {
            return Ok(self);
        }
        let calls = |key: &str| self.settings.data.maybe_calls(key);
        let mut measurer = Measurer { data, split, meter, found: Vec::new() };
        let augment = measurer.filled(calls("augment").unwrap_or_default())?;
        let transform = measurer.normalised(calls("transform").unwrap_or_default(), &[])?;
        let known = measurer.found.clone();
        let test = calls("test_transform").map(|calls| measurer.normalised(calls, &known)).transpose()?;
        let mut overrides = overrides.clone();
        for (key, calls) in LISTS.into_iter().zip([Some(augment), Some(transform), test]) {
            let target = Target::Key { block: "data", key };
            let setting =
                |calls| Setting { origin: data.name.clone(), target, text: ArgValue::Calls(calls).to_string() };
            overrides.settings.extend(calls.map(setting));
        }
        let measured = Self::new(source.clone(), &overrides, data.classes.len())?;
        // Its places are those of the spec as the author has it.
        Ok(Self { remarks: self.remarks, ..measured })
    }
}
