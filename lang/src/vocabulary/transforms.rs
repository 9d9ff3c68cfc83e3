//! The transforms that a spec can name, their arguments, and what each makes of an image's shape: what is done to every
//! image before it reaches the network.

use super::images::{self, CENTRE_CROP, Dims, ImageStep, SIDE, with_short_side};
use super::{Arg, ArgValue, Bound, Callable, Type};
use std::borrow::Cow;

/// Colour images to gray ones.
pub const GRAYSCALE: ImageStep = ImageStep {
    call: Callable {
        name: "grayscale",
        about: "colour to one channel of luma: 0.299 R + 0.587 G + 0.114 B; a one-channel image stays as it is",
        args: &[],
    },
    shape: |_, dims| recoloured(1, dims),
    in_tests: None,
};

/// Gray images to three channels.
pub const COLOUR: ImageStep = ImageStep {
    call: Callable {
        name: "colour",
        about: "grey to three equal channels; a colour image stays as it is, so a folder may hold both",
        args: &[],
    },
    shape: |_, dims| recoloured(3, dims),
    in_tests: None,
};

/// Images to squares of one size, or to a shorter side of one length.
pub const RESIZE: ImageStep = ImageStep {
    call: Callable {
        name: "resize",
        about: "resizes, bilinear and antialiased: to a square, so that an image that is not square is squeezed, or by \
                its shorter side",
        args: &[
            Arg::required("size", SIDE, "the side in pixels"),
            Arg::with(
                "side",
                Type::Word(&["both", "short"]),
                ArgValue::Word("both"),
                "which side becomes so long: `both` make a square, `short` keeps the ratio",
            ),
        ],
    },
    shape: |call, dims| {
        let [channels, size] = [dims[0], call.count("size")];
        let by_short = with_short_side(size, dims);
        match call.maybe_word("side") {
            Some("short") => by_short,
            _ if dims[1].min(dims[2]) == 0 => by_short,
            _ => Ok([channels, size, size]),
        }
    },
    in_tests: None,
};

/// The words for the numbers that pixels are normalised by.
const SOURCES: &[&str] = &["training", IMAGENET];
const IMAGENET: &str = "imagenet";

/// Pixels shifted and scaled, channel by channel.
pub const NORMALISE: ImageStep = ImageStep {
    call: Callable {
        name: "normalise",
        about: "subtracts a mean and divides by a standard deviation, channel by channel; `normalise` alone takes those of \
                the training images, `normalise(imagenet)` those of ImageNet",
        args: &[
            Arg::with(
                "mean",
                Type::RealsOr(SOURCES),
                ArgValue::Word("training"),
                "what to subtract: a word, or numbers on the scale 0 to 1: one a channel, or one for all",
            ),
            Arg::like_word(
                "sd",
                Type::RealsOr(SOURCES),
                "mean",
                "what to divide by: a word, or numbers above 0: one a channel, or one for all",
            ),
        ],
    },
    shape: normalised,
    in_tests: None,
};

/// Every transform a spec can name.
pub const TRANSFORMS: &[ImageStep] = &ALL;

/// How each of [`TRANSFORMS`] is called.
pub const CALLABLES: &[Callable] = &images::calls(&ALL);

const ALL: [ImageStep; 5] = [GRAYSCALE, COLOUR, RESIZE, CENTRE_CROP, NORMALISE];

/// The shape that an image of the given shape has after the transform that a call names.
///
/// # Errors
/// If the transform does not take an image of that shape: what was expected and what was found.
///
/// # Panics
/// If the call was not bound against [`CALLABLES`]; no spec can bring that about.
pub fn shape(call: &Bound, dims: Dims) -> Result<Dims, String> {
    (images::step(TRANSFORMS, call).shape)(call, dims)
}

/// The numbers of `mean` or `sd` of a call of `normalise`; none where they are those of the training images, which nobody
/// has looked at.
pub fn numbers<'c>(call: &'c Bound, name: &str) -> Option<Cow<'c, [f64]>> {
    match call.get(name) {
        Some(ArgValue::Word(IMAGENET)) if name == "mean" => Some(Cow::Borrowed(&[0.485, 0.456, 0.406])),
        Some(ArgValue::Word(IMAGENET)) => Some(Cow::Borrowed(&[0.229, 0.224, 0.225])),
        _ => call.maybe_reals(name).map(Cow::Borrowed),
    }
}

/// The list that `test_transform` can be, for images to come to the size that those have which train: the transforms
/// in the place of the augmentations that change sizes, then the others.
pub fn in_tests(augment: &[Bound], transform: &[Bound]) -> String {
    let steps = augment.iter().rev();
    let cut =
        steps.filter_map(|call| images::step(super::augmentations::AUGMENTATIONS, call).in_tests.map(|it| it(call)));
    let others = transform.iter().map(|call| images::brief(CALLABLES, call));
    format!("[{}]", cut.take(1).chain(others).collect::<Vec<_>>().join(", "))
}

fn recoloured(made: usize, [channels, height, width]: Dims) -> Result<Dims, String> {
    match channels {
        1 | 3 => Ok([made, height, width]),
        _ => Err(format!("expected 1 or 3 channels, found {channels}")),
    }
}

fn normalised(call: &Bound, dims: Dims) -> Result<Dims, String> {
    for name in ["mean", "sd"] {
        let Some(values) = numbers(call, name) else { continue };
        let word = call.maybe_reals(name).is_none();
        if word && values.len() != dims[0] {
            return Err(format!("expected 3 channels for the numbers of ImageNet, found {}", dims[0]));
        }
        if values.len() != 1 && values.len() != dims[0] {
            let expected = if dims[0] == 1 { "1 value".to_owned() } else { format!("1 or {} values", dims[0]) };
            return Err(format!("expected {expected} of `{name}`, found {}", values.len()));
        }
        if let Some(odd) = values.iter().find(|value| !value.is_finite()) {
            return Err(format!("expected a finite `{name}`, found {odd}"));
        }
        if let Some(sd) = values.iter().find(|sd| name == "sd" && **sd <= 0.0) {
            return Err(format!("expected an `sd` above 0, found {sd}"));
        }
    }
    Ok(dims)
}
