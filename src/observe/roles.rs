//! Whether excitation and inhibition are still what they were declared to be.

use super::{Observer, ObserverKind, nothing_to_hand_on};
use crate::back::burn::{DeviceError, Model, initial};
use crate::train::TrainError;
use lcnnc_lang::ir::{Net, ParamId};

pub const ROLES: ObserverKind = ObserverKind {
    keeps: None,
    open: |start, _| Ok(Some(Box::new(Roles { seed: start.recipe.seed() }))),
    hand_on: nothing_to_hand_on,
};

/// Remarks on a run that has swapped excitation and inhibition.
struct Roles {
    /// What the initial values were drawn from.
    seed: u64,
}

impl Observer for Roles {
    fn run_ends(&mut self, best: &Model) -> Result<Vec<String>, TrainError> {
        Ok(swapped(best, self.seed)?)
    }
}

/// How many standard errors a difference of two means must have to be more than chance.
const BEYOND_CHANCE: f64 = 3.0;

/// A sentence for each pair of bundles that a penalty pushes apart, where training has brought the excitatory weights
/// below the inhibitory ones. `abs_gap` and `sat_abs` of Park, Zhang & Choe (2025) ask for a distance and not for a
/// direction, so that they may end either way.
///
/// "Below" means that the difference of the two means is negative by more than three of its standard errors, those of
/// Welch's test (1947): `sqrt(v_e / n_e + v_i / n_i)`. Weights that were below with the initial values of that seed were
/// not brought there by training.
///
/// # Errors
/// If the device failed.
pub fn swapped(model: &Model, seed: u64) -> Result<Vec<String>, DeviceError> {
    let net = model.net();
    if net.separated.is_empty() {
        return Ok(Vec::new());
    }
    let weights = model.weights()?;
    let values = |id: ParamId| {
        let name = &net.param(id).name;
        weights.iter().find(|weight| weight.name == *name).map_or(&[][..], |weight| &weight.values)
    };
    let sentence = |pair: &[ParamId; 2]| {
        let [start, end] = [Gap::of(pair.map(|id| initial(net, seed, id))), Gap::of(pair.map(values))];
        (end.is_swapped() && !start.is_swapped()).then(|| sentence(net, *pair, &start, &end))
    };
    Ok(net.separated.iter().filter_map(sentence).collect())
}

fn sentence(net: &Net, pair: [ParamId; 2], start: &Gap, end: &Gap) -> String {
    let [excitatory, inhibitory] = pair.map(|id| net.param(id).owner());
    let ([above, below], [first, second]) = (end.means, start.means);
    format!(
        "training has swapped the roles: the excitatory `{excitatory}` has a mean weight of {above:.2e}, below the \
         {below:.2e} of the inhibitory `{inhibitory}` by {:.1} standard errors; the two began at {first:.2e} and \
         {second:.2e}; `exp_sat({excitatory}, {inhibitory})` separates them in one direction",
        (below - above) / end.error
    )
}

/// Two groups of weights that are compared, the excitatory ones first.
struct Gap {
    means: [f64; 2],
    /// The standard error of the difference of the means.
    error: f64,
}

impl Gap {
    fn of(weights: [impl AsRef<[f64]>; 2]) -> Self {
        let [excitatory, inhibitory] = weights.map(|weights| moments(weights.as_ref()));
        Self { means: [excitatory.0, inhibitory.0], error: (excitatory.1 + inhibitory.1).sqrt() }
    }

    fn is_swapped(&self) -> bool {
        let [excitatory, inhibitory] = self.means;
        excitatory < inhibitory && inhibitory - excitatory > BEYOND_CHANCE * self.error
    }
}

/// The mean, and its variance as the mean of a sample: that of the weights over their number.
fn moments(weights: &[f64]) -> (f64, f64) {
    let n = weights.len().max(1) as f64;
    let mean = weights.iter().sum::<f64>() / n;
    let squares: f64 = weights.iter().map(|x| (x - mean).powi(2)).sum();
    (mean, squares / (n - 1.0).max(1.0) / n)
}
