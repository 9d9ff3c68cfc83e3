//! The transforms that a spec can name, their arguments, and what each makes of an image's shape: what is done to every
//! image before it reaches the network.

use super::{Arg, Bound, Callable, Type};
use std::collections::BTreeSet;

/// The number of channels, the height and the width of an image, in pixels.
pub type Dims = [usize; 3];

/// A transform that a spec can name.
#[derive(Debug)]
pub struct Transform {
    pub call: Callable,
    /// The shape of an image of the given shape after the transform; or what was expected of the image, and what was
    /// found.
    pub shape: fn(&Bound, Dims) -> Result<Dims, String>,
}

/// Colour images to gray ones.
pub const GRAYSCALE: Transform = Transform {
    call: Callable {
        name: "grayscale",
        about: "colour to one channel of luma: 0.299 R + 0.587 G + 0.114 B; a one-channel image stays as it is",
        args: &[],
    },
    shape: |_, dims| recoloured(1, dims),
};

/// Gray images to three channels.
pub const COLOUR: Transform = Transform {
    call: Callable {
        name: "colour",
        about: "grey to three equal channels; a colour image stays as it is, so a folder may hold both",
        args: &[],
    },
    shape: |_, dims| recoloured(3, dims),
};

/// Images to squares of one size.
pub const RESIZE: Transform = Transform {
    call: Callable {
        name: "resize",
        about: "resizes to a square, bilinear and antialiased; an image that is not square is squeezed",
        args: &[Arg::required("size", Type::Count { min: 1, max: 8192 }, "height and width in pixels")],
    },
    shape: |call, [channels, height, width]| {
        if height == 0 || width == 0 {
            return Err(format!("expected an image, found one of {height} x {width} pixels"));
        }
        Ok([channels, call.count("size"), call.count("size")])
    },
};

/// Pixels shifted and scaled, channel by channel.
pub const NORMALISE: Transform = Transform {
    call: Callable {
        name: "normalise",
        about: "subtracts a mean and divides by a standard deviation, channel by channel",
        args: &[
            Arg::required("mean", Type::Reals, "what to subtract, on the scale 0 to 1: one a channel, or one for all"),
            Arg::required("sd", Type::Reals, "what to divide by, above 0: one a channel, or one for all"),
        ],
    },
    shape: normalised,
};

/// Every transform a spec can name.
pub const TRANSFORMS: &[Transform] = &[GRAYSCALE, COLOUR, RESIZE, NORMALISE];

/// How each of [`TRANSFORMS`] is called.
pub const CALLABLES: &[Callable] = &{
    let mut calls = [TRANSFORMS[0].call; TRANSFORMS.len()];
    let mut i = 0;
    while i < calls.len() {
        calls[i] = TRANSFORMS[i].call;
        i += 1;
    }
    calls
};

/// The shape that an image of the given shape has after the transform that a call names.
///
/// # Errors
/// If the transform does not take an image of that shape: what was expected and what was found.
///
/// # Panics
/// If the call was not bound against [`CALLABLES`]; no spec can bring that about.
pub fn shape(call: &Bound, dims: Dims) -> Result<Dims, String> {
    match TRANSFORMS.iter().find(|transform| transform.call.name == call.callee) {
        Some(transform) => (transform.shape)(call, dims),
        None => unreachable!("no transform is called `{}`", call.callee),
    }
}

/// The shapes that images of the given shapes have after all the transforms that `calls` name, without those that one
/// of them does not take.
///
/// # Errors
/// If a transform takes none of them: its number, from 0, and why.
pub fn reachable(calls: &[Bound], mut shapes: BTreeSet<Dims>) -> Result<BTreeSet<Dims>, (usize, String)> {
    for (n, call) in calls.iter().enumerate() {
        let (mut next, mut refused) = (BTreeSet::new(), String::new());
        for dims in shapes {
            match shape(call, dims) {
                Ok(dims) => drop(next.insert(dims)),
                Err(reason) => refused = reason,
            }
        }
        if next.is_empty() {
            return Err((n, refused));
        }
        shapes = next;
    }
    Ok(shapes)
}

fn recoloured(made: usize, [channels, height, width]: Dims) -> Result<Dims, String> {
    match channels {
        1 | 3 => Ok([made, height, width]),
        _ => Err(format!("expected 1 or 3 channels, found {channels}")),
    }
}

fn normalised(call: &Bound, dims: Dims) -> Result<Dims, String> {
    for name in ["mean", "sd"] {
        let values = call.reals(name);
        if values.len() != 1 && values.len() != dims[0] {
            let expected = if dims[0] == 1 { "1 value".to_owned() } else { format!("1 or {} values", dims[0]) };
            return Err(format!("expected {expected} of `{name}`, found {}", values.len()));
        }
        if let Some(odd) = values.iter().find(|value| !value.is_finite()) {
            return Err(format!("expected a finite `{name}`, found {odd}"));
        }
    }
    match call.reals("sd").iter().find(|sd| **sd <= 0.0) {
        Some(sd) => Err(format!("expected an `sd` above 0, found {sd}")),
        None => Ok(dims),
    }
}
