//! Whether excitation and inhibition are still what they were declared to be.

use crate::back::burn::{DeviceError, Model};

/// A sentence for each pair of bundles that a separation penalty was to keep apart, where training has left the
/// excitatory weights below the inhibitory ones. `abs_gap` and `sat_abs` of Park, Zhang & Choe (2025) ask for a distance
/// and not for a direction, so that they may end either way.
///
/// # Errors
/// If the device failed.
pub fn swapped(model: &Model) -> Result<Vec<String>, DeviceError> {
    let (net, weights) = (model.net(), model.weights()?);
    let mean = |name: &str| {
        let values = weights.iter().find(|weight| weight.name == name).map_or(&[][..], |weight| &weight.values);
        values.iter().sum::<f64>() / values.len().max(1) as f64
    };
    let sentence = |pair: &[_; 2]| {
        let [excitatory, inhibitory] = pair.map(|id| net.param(id));
        let [above, below] = [excitatory, inhibitory].map(|param| mean(&param.name));
        (above < below).then(|| {
            let (excitatory, inhibitory) = (excitatory.owner(), inhibitory.owner());
            format!(
                "training has swapped the roles: the excitatory `{excitatory}` has a mean weight of {above:.2e}, below the \
                 {below:.2e} of the inhibitory `{inhibitory}`; `exp_sat({excitatory}, {inhibitory})` separates them in one \
                 direction"
            )
        })
    };
    Ok(net.separated.iter().filter_map(sentence).collect())
}
