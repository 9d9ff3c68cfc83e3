//! A sentence that says how many multiply-adds one sleep of a net takes.

use crate::diag::counted;
use crate::front::settings::Settings;
use crate::ir::Net;
use crate::ir::cost::{self, Cost, scaled};
use crate::vocabulary::sharing;

/// Says how many multiply-adds one sleep takes, and as how many images of training that is. There is no sentence for a net that never
/// sleeps, or whose sleep takes means alone.
pub fn emit(net: &Net, settings: &Settings) -> Option<String> {
    let sleep = &settings.sleep;
    if sleep.count("every") == 0 {
        return None;
    }
    let rule = sharing::complete(sleep.call("rule"));
    let layers =
        net.local_layers_of(sleep.names("share")).into_iter().filter(|layer| net.param(layer.weight).trained());
    let asleep = layers.fold(0, |sum: u128, layer| sum.saturating_add(layer.multiply_adds_of_sleep(&rule)));
    if asleep == 0 {
        return None;
    }
    // A backward pass takes twice what the forward pass takes.
    let awake = Cost::sum(&cost::table(net)).multiply_adds.saturating_mul(3).max(1);
    let images = (asleep as f64 / awake as f64).round().max(1.0);
    Some(format!(
        "each sleep by `{}` takes {} multiply-adds, about as many as training on {}",
        rule.callee,
        scaled(asleep),
        counted(images as usize, "image")
    ))
}
