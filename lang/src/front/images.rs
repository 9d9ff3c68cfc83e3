//! Checks of augmentations and transforms against the input: what they make of any image, whatever the data set is.

use super::schedules::Given;
use crate::diag::settings::{Unequal, impossible, misfit, off_scale, other_scale, unequal};
use crate::diag::{Diagnostic, Span};
use crate::ir::Shape;
use crate::vocabulary::images::{Dims, ImageStep, step};
use crate::vocabulary::{Bound, augmentations, transforms};

/// The numbers of channels that images of data sets have: they are gray or have the three colours.
const CHANNELS: [usize; 2] = [1, 3];

/// The height and width of an image that is large enough for whatever is cut out of it.
const LARGE: [usize; 2] = [8192, 8190];

/// Something that is done to an image, at its place in the spec.
struct Step<'a> {
    of: &'static [ImageStep],
    call: &'a Bound,
    place: Option<Span>,
}

impl Step<'_> {
    fn shape(&self, dims: Dims) -> Result<Dims, String> {
        (step(self.of, self.call).shape)(self.call, dims)
    }
}

/// The steps that a setting lists.
fn steps<'a>(given: Given<'a>, key: &str, of: &'static [ImageStep]) -> Vec<Step<'a>> {
    let calls = given.settings.data.maybe_calls(key).unwrap_or_default();
    let places = given.places(key, calls.len());
    calls.iter().zip(places).map(|(call, place)| Step { of, call, place }).collect()
}

/// The shape that an image has after steps; or the number of the step that does not take it, and why.
fn after<'s, 'a: 's>(
    steps: impl Iterator<Item = &'s Step<'a>>,
    start: Dims,
) -> Result<Dims, (usize, Option<Span>, String)> {
    steps.enumerate().try_fold(start, |dims, (n, step)| step.shape(dims).map_err(|reason| (n, step.place, reason)))
}

/// Warns of steps that no image comes out of, or none that the input takes, and of those that bring images to it in
/// training alone. `input` is the input's shape and its place; none if that is broken.
pub fn check(given: Given<'_>, input: Option<(Dims, Span)>, diagnostics: &mut Vec<Diagnostic>) {
    let augment = steps(given, "augment", augmentations::AUGMENTATIONS);
    let transform = steps(given, "transform", transforms::TRANSFORMS);
    let tests = steps(given, "test_transform", transforms::TRANSFORMS);
    augment.iter().chain(&transform).chain(&tests).for_each(|step| diagnostics.extend(scale(step)));
    if given.settings.data.maybe_calls("test_transform").is_some() {
        let [in_training, in_tests] =
            [&transform, &tests].map(|steps| steps.iter().any(|step| step.call.callee == "normalise"));
        if in_training != in_tests {
            diagnostics.push(other_scale(in_training, given.written("test_transform").map(|value| value.span)));
        }
    }
    let Some((dims, declared)) = input else { return };
    let [channels, height, width] = dims;
    // An image that has the input's size already, one that has not, and one that anything can be cut out of.
    let sizes = [[height, width], [height + 1, width + 2], LARGE];
    let mut counts = vec![channels];
    counts.extend(CHANNELS.into_iter().filter(|count| *count != channels));
    let starts: Vec<Dims> = counts.iter().flat_map(|c| sizes.map(|[height, width]| [*c, height, width])).collect();
    let trained = |start: Dims| after(augment.iter().chain(&transform), start);
    let made: Vec<Dims> = starts.iter().filter_map(|start| trained(*start).ok()).collect();
    // A shape that only an image far beyond the input's size has tells nobody anything.
    let is_far = |dims: &Dims| dims[1..] == LARGE;
    if made.is_empty() || made.iter().all(is_far) {
        // Of all images the one that comes furthest tells the most.
        let refused = starts.iter().filter_map(|start| trained(*start).err()).max_by_key(|(n, ..)| *n);
        if let Some((n, place, reason)) = refused {
            let what = if n < augment.len() { "augmentation" } else { "transform" };
            let callee = augment.iter().chain(&transform).nth(n).map_or("", |step| step.call.callee);
            diagnostics.push(impossible((what, callee), &reason, place));
        }
    } else if !made.contains(&dims) {
        // The first of those that come nearest.
        let nearest = made.iter().rev().max_by_key(|[c, h, w]| (*c == channels, [*h, *w] == [height, width]));
        let made = nearest.map(|dims| Shape::Map(*dims).to_string()).unwrap_or_default();
        let (what, key) = match (augment.iter().any(|step| resizes(step)), transform.is_empty()) {
            (true, true) => ("augmentations make", "augment"),
            (true, false) => ("augmentations and transforms make", "transform"),
            (false, _) => ("transforms make", "transform"),
        };
        let span = given.written(key).map(|value| value.span);
        if !(augment.is_empty() && transform.is_empty()) {
            diagnostics.push(misfit(what, &made, &Shape::Map(dims).to_string(), span, declared));
        }
    } else {
        let own = given.settings.data.maybe_calls("test_transform").is_some();
        let tested = |start: Dims| after(if own { &tests } else { &transform }.iter(), start);
        let is_unequal = |start: &&Dims| trained(**start) == Ok(dims) && tested(**start) != Ok(dims);
        if let Some(start) = starts.iter().find(is_unequal) {
            let calls = |key: &str| given.settings.data.maybe_calls(key).unwrap_or_default();
            let write = transforms::in_tests(calls("augment"), calls("transform"));
            let key = if own { "test_transform" } else { "augment" };
            diagnostics.push(unequal(&Unequal {
                start: Shape::Map(*start).to_string(),
                tested: tested(*start).map(|dims| Shape::Map(dims).to_string()).map_err(|(.., reason)| reason),
                input: (Shape::Map(dims).to_string(), declared),
                place: given.written(key).map(|value| value.span),
                own,
                write,
            }));
        }
    }
}

/// Whether an augmentation or a transform changes the size of an image.
fn resizes(step: &Step<'_>) -> bool {
    let start = [3, LARGE[0], LARGE[1]];
    step.shape(start) != Ok(start)
}

/// A warning of numbers that are on the scale of bytes.
fn scale(step: &Step<'_>) -> Option<Diagnostic> {
    ["mean", "sd", "fill"].into_iter().find_map(|name| {
        let large = step.call.maybe_reals(name)?.iter().find(|value| **value > 1.0)?;
        Some(off_scale((name, step.call.callee), *large, step.place))
    })
}
