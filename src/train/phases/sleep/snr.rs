//! The weight signal-to-noise ratio of a whole layer (Eq. 6 of Pogodin et al., 2021).

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

/// Sums over some places of one weight's differences from the first of them, and of their squares: equal weights have a variance
/// of exactly 0.
#[derive(Clone, Copy, Default)]
struct Spread {
    first: f64,
    sum: f64,
    squares: f64,
}

impl Spread {
    fn add(&mut self, x: f64) {
        let off = x - self.first;
        self.sum += off;
        self.squares += off * off;
    }

    /// Mean squared over variance; none where all weights are 0, which says nothing of how alike they are.
    fn ratio(&self, places: usize) -> Option<f64> {
        let n = places.max(1) as f64;
        let off = self.sum / n;
        let (mean, variance) = (self.first + off, (self.squares / n - off * off).max(0.0));
        (mean != 0.0 || variance != 0.0).then(|| mean * mean / variance)
    }
}

/// The ratios of a layer with weights `[places, outputs, taps]`, whose places fall into these modules.
pub fn snr(weights: &[f32], [outputs, taps]: [usize; 2], modules: &[Vec<usize>]) -> Snr {
    let (len, places) = (outputs * taps, weights.len() / (outputs * taps).max(1));
    let of_output = |output: usize| {
        let kernel = |place: usize| &weights[place * len + output * taps..][..taps];
        let mut all: Vec<Spread> = begun(kernel(0));
        let mut within = 0.0;
        for module in modules {
            let mut spreads = module.first().map_or(Vec::new(), |first| begun(kernel(*first)));
            for place in module {
                for ((spread, all), w) in spreads.iter_mut().zip(&mut all).zip(kernel(*place)) {
                    spread.add(f64::from(*w));
                    all.add(f64::from(*w));
                }
            }
            within += mean(&spreads, module.len());
        }
        Snr { places: mean(&all, places), modules: within / modules.len().max(1) as f64 }
    };
    let each: Vec<Snr> = (0..outputs).into_par_iter().map(of_output).collect();
    // One after the other, so that the bits do not depend on the number of threads.
    let over = |of: fn(&Snr) -> f64| each.iter().map(of).sum::<f64>() / outputs.max(1) as f64;
    Snr { places: over(|snr| snr.places), modules: over(|snr| snr.modules) }
}

fn begun(kernel: &[f32]) -> Vec<Spread> {
    kernel.iter().map(|w| Spread { first: f64::from(*w), ..Spread::default() }).collect()
}

/// The mean of the ratios of a kernel's weights; infinite for kernels that are 0 throughout, which are alike.
fn mean(spreads: &[Spread], places: usize) -> f64 {
    let ratios: Vec<f64> = spreads.iter().filter_map(|spread| spread.ratio(places)).collect();
    if ratios.is_empty() { f64::INFINITY } else { ratios.iter().sum::<f64>() / ratios.len() as f64 }
}
