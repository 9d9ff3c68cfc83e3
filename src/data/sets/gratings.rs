//! Gratings as a data set: stripes of every orientation, whose class is the orientation.

use super::{Set, Takes};
use crate::data::gratings::{Battery, CONTRAST, FREQUENCIES, Grating, HIGHEST, LOWEST, ORIENTATIONS, PHASES, Picture};
use crate::data::{DataError, DataSet, Image, ImageSource, Request, sha256};
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Callable, Type};
use std::sync::Arc;

const NAME: &str = "gratings";

const ARGS: &[Arg] = &[
    ORIENTATIONS,
    FREQUENCIES,
    LOWEST,
    HIGHEST,
    PHASES,
    CONTRAST,
    Arg::with(
        "size",
        Type::Count { min: 8, max: 1024 },
        ArgValue::Count(48),
        "height and width of each picture, in pixels",
    ),
];

static CALL: Type =
    Type::Call(&[Callable { name: NAME, about: "stripes of every orientation, frequency and phase", args: ARGS }]);

pub const SET: Set = Set {
    name: NAME,
    about: "made, not read: grey pictures of stripes, whose class is the orientation; as many to train with, of phases between those to test \
            with; `gratings(orientations: 8, frequencies: 4, lowest: 0.04, highest: 0.32, phases: 4, contrast: 1, size: 48)` if nothing \
            else is said",
    takes: Takes::Arguments(&CALL),
    published: None,
    load,
};

fn load(request: &Request) -> Result<DataSet, DataError> {
    let plain = Bound { callee: NAME, values: Vec::new() };
    let usual = plain.completed(ARGS);
    let call = request.call.as_ref().unwrap_or(&plain).completed(ARGS);
    let values = call.values.iter().filter(|value| !usual.values.contains(value)).cloned().collect();
    let written = Bound { callee: NAME, values }.to_string();
    let battery = Battery::of(&call).map_err(|reason| DataError::Arguments { written: written.clone(), reason })?;
    let half = |half, shift| Arc::new(Gratings::new(&battery, (half, shift), call.count("size")));
    let size = call.count("size");
    Ok(DataSet {
        classes: battery.orientations.iter().map(|at| format!("{at} degrees")).collect(),
        shape: Some([1, size, size]),
        // Halfway between the phases of the test half.
        train: half("training", 0.5),
        test: half("test", 0.0),
        // The arguments say all of it.
        checksum: sha256([call.to_string().as_bytes()]),
        name: written,
        files: None,
        told: Vec::new(),
    })
}

/// A half of the set: by frequency, by orientation, by phase.
struct Gratings {
    half: &'static str,
    size: usize,
    orientations: usize,
    phases: usize,
    gratings: Vec<Grating>,
}

impl Gratings {
    /// The gratings of a battery, shifted by a share of the distance of two phases.
    fn new(battery: &Battery, (half, shift): (&'static str, f64), size: usize) -> Self {
        let shifted = |grating: Grating| Grating { phase: grating.phase + shift / battery.phases as f64, ..grating };
        Self {
            half,
            size,
            orientations: battery.orientations.len(),
            phases: battery.phases,
            gratings: battery.gratings().map(shifted).collect(),
        }
    }
}

impl ImageSource for Gratings {
    fn len(&self) -> usize {
        self.gratings.len()
    }

    fn label(&self, i: usize) -> usize {
        i / self.phases % self.orientations
    }

    fn image(&self, i: usize) -> Result<Image, DataError> {
        let none = || DataError::NoSuchImage { name: format!("image {i} of gratings"), len: self.len() };
        let grating = *self.gratings.get(i).ok_or_else(none)?;
        let greys = Picture::Field(grating).greys([self.size; 2]);
        let pixels = greys.into_iter().map(|grey| grey as f32).collect();
        Ok(Image { channels: 1, height: self.size, width: self.size, pixels })
    }

    fn name(&self, i: usize) -> String {
        let at = self.gratings.get(i).map_or(String::new(), |it| {
            format!(
                ": {} degrees, {:.4} cycles per pixel, phase {:.4} of a cycle",
                it.orientation, it.frequency, it.phase
            )
        });
        format!("image {i} of gratings, {}{at}", self.half)
    }
}
