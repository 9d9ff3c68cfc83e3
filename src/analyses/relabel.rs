//! Excitatory and inhibitory bundles that training left the other way round than they were declared.

use super::Bench;
use crate::train::TrainError;
use lcnnc_lang::ir::{ParamId, Role};

/// Whether a penalty that leaves the signs open has left the mean of the excitatory weights below that of the inhibitory ones.
///
/// # Errors
/// If the device failed.
pub fn is_swapped(bench: &Bench, pair: [ParamId; 2]) -> Result<bool, TrainError> {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let [e, i] = pair.map(|id| bench.weights(&bench.net().param(id).name));
    Ok(mean(&e?) < mean(&i?))
}

/// The bundles whose roles training left the other way round, and a sentence for each pair of them.
///
/// # Errors
/// If the device failed.
pub fn swapped(bench: &Bench, notes: &mut Vec<String>) -> Result<Vec<ParamId>, TrainError> {
    let mut swapped = Vec::new();
    for pair in &bench.net().separated {
        if is_swapped(bench, *pair)? {
            notes.push(note(pair.map(|id| bench.net().owner(id))));
            swapped.extend(pair);
        }
    }
    Ok(swapped)
}

/// Says of both bundles that they are relabelled.
pub fn note([e, i]: [&str; 2]) -> String {
    format!(
        "training left `{i}` above `{e}`, the other way round than they were declared: `{i}` counts as excitatory here"
    )
}

/// The role that a role came out of training as.
pub fn role(declared: Role, is_swapped: bool) -> Role {
    match (declared, is_swapped) {
        (Role::Excitatory, true) => Role::Inhibitory,
        (Role::Inhibitory, true) => Role::Excitatory,
        (role, false) => role,
    }
}
