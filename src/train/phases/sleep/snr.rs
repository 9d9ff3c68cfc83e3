//! The weight signal-to-noise ratio of a whole layer (Eq. 6 of Pogodin et al., 2021).

use crate::sharing::snr;
use burn::tensor::Element;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How alike the kernels of a layer are: the mean over outputs of their signal-to-noise ratios, which are means over the inputs
/// of a kernel of `mean^2 / variance`. Infinite where kernels are the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snr {
    /// Over all places: how convolutional the layer is.
    #[serde(with = "finite")]
    pub places: f64,
    /// Within modules, on the mean: how far sharing has come.
    #[serde(with = "finite")]
    pub modules: f64,
}

/// What is infinite is `null` in JSON, which has no other word for it.
mod finite {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub fn serialize<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        x.is_finite().then_some(x).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
    }
}

/// The ratios of a layer with weights `[places, outputs, taps]`, whose places fall into these modules.
pub fn of_layer<W: Element>(weights: &[W], [outputs, taps]: [usize; 2], modules: &[Vec<usize>]) -> Snr {
    let len = outputs * taps;
    let of_output = |output: usize| {
        let of_places = |places: &mut dyn Iterator<Item = usize>| {
            let kernel = |place: usize| weights[place * len + output * taps..][..taps].iter().map(|w| w.elem::<f64>());
            let kernels: Vec<f64> = places.flat_map(kernel).collect();
            snr(&kernels, taps)
        };
        let within: f64 = modules.iter().map(|module| of_places(&mut module.iter().copied())).sum();
        Snr { places: of_places(&mut (0..weights.len() / len)), modules: within / modules.len().max(1) as f64 }
    };
    let each: Vec<Snr> = (0..outputs).into_par_iter().map(of_output).collect();
    // One after the other, so that the bits do not depend on the number of threads.
    let over = |of: fn(&Snr) -> f64| each.iter().map(of).sum::<f64>() / outputs.max(1) as f64;
    Snr { places: over(|snr| snr.places), modules: over(|snr| snr.modules) }
}
