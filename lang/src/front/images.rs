//! Checks of transforms against the input: what they make of any image, whatever the data set is.

use super::schedules::Given;
use crate::diag::settings::{impossible, misfit, off_scale};
use crate::diag::{Diagnostic, Span};
use crate::ir::Shape;
use crate::vocabulary::transforms;

/// The numbers of channels that images of data sets have: they are gray or have the three colours.
const CHANNELS: [usize; 2] = [1, 3];

/// Warns of transforms that no image comes out of, or none that the input takes. `input` is the input's shape and its
/// place; none if that is broken.
pub fn check(given: Given<'_>, input: Option<([usize; 3], Span)>, diagnostics: &mut Vec<Diagnostic>) {
    let calls = given.settings.data.calls("transform");
    if calls.is_empty() {
        return;
    }
    let (written, places) = (given.written("transform"), given.places("transform", calls.len()));
    for (call, place) in calls.iter().zip(&places).filter(|(call, _)| call.callee == "normalise") {
        let large = ["mean", "sd"]
            .into_iter()
            .find_map(|name| call.reals(name).iter().find(|value| **value > 1.0).map(|value| (name, *value)));
        diagnostics.extend(large.map(|(name, value)| off_scale(name, value, *place)));
    }
    let Some((dims, declared)) = input else { return };
    let [channels, height, width] = dims;
    // An image that has the input's size already, and one that has not.
    let sizes = [[height, width], [height + 1, width + 2]];
    let shapes = CHANNELS.into_iter().chain([channels]).flat_map(|c| sizes.map(|[height, width]| [c, height, width]));
    match transforms::reachable(calls, shapes.collect()) {
        Err((step, reason)) => diagnostics.push(impossible(&reason, places.get(step).copied().flatten())),
        Ok(shapes) if shapes.contains(&dims) => {}
        Ok(shapes) => {
            let nearest = shapes.iter().max_by_key(|[c, h, w]| (*c == channels, [*h, *w] == [height, width]));
            let made = nearest.map(|dims| Shape::Map(*dims).to_string()).unwrap_or_default();
            diagnostics.push(misfit(&made, &Shape::Map(dims).to_string(), written.map(|value| value.span), declared));
        }
    }
}
