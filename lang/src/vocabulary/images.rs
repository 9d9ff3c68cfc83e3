//! What can be done to an image on its way to the network, and what each step makes of the image's shape. Transforms and
//! augmentations are declared alike.

use super::{Arg, ArgValue, Bound, Callable, Default, Type};

/// The number of channels, the height and the width of an image, in pixels.
pub type Dims = [usize; 3];

/// A transform or an augmentation that a spec can name.
#[derive(Clone, Copy, Debug)]
pub struct ImageStep {
    pub call: Callable,
    /// The shape of an image of the given shape after the step; or what was expected of the image, and what was found.
    pub shape: fn(&Bound, Dims) -> Result<Dims, String>,
    /// The transforms that bring other images to the size that this augmentation gives those that train, as a list
    /// has them; none where the size stays.
    pub in_tests: Option<fn(&Bound) -> String>,
}

/// The shape that an image has after a step which leaves every image its shape.
pub(super) const KEEPS: fn(&Bound, Dims) -> Result<Dims, String> = |_, dims| Ok(dims);

/// How each of some steps is called.
pub const fn calls<const N: usize>(steps: &[ImageStep; N]) -> [Callable; N] {
    let mut calls = [steps[0].call; N];
    let mut i = 0;
    while i < N {
        calls[i] = steps[i].call;
        i += 1;
    }
    calls
}

/// The step that a call names.
///
/// # Panics
/// If the call was not bound against one of `steps`; no spec can bring that about.
pub fn step<'s>(steps: &'s [ImageStep], call: &Bound) -> &'s ImageStep {
    match steps.iter().find(|step| step.call.name == call.callee) {
        Some(step) => step,
        None => unreachable!("nothing that is done to images is called `{}`", call.callee),
    }
}

/// The argument of a step that cuts out a square or makes one: its side.
pub const SIDE: Type = Type::Count { min: 1, max: 8192 };

/// The middle of an image, which is a transform and an augmentation.
pub const CENTRE_CROP: ImageStep = ImageStep {
    call: Callable {
        name: "centre_crop",
        about: "cuts a square out of the middle",
        args: &[Arg::required("size", SIDE, "height and width in pixels")],
    },
    shape: |call, dims| window(call.count("size"), dims),
    in_tests: Some(|call| format!("centre_crop({})", call.count("size"))),
};

/// The shape of a square window in an image, which must be as large.
pub(super) fn window(size: usize, [channels, height, width]: Dims) -> Result<Dims, String> {
    if height.min(width) < size {
        return Err(format!("expected at least {size} x {size} pixels, found {height} x {width}"));
    }
    Ok([channels, size, size])
}

/// The most pixels of an image that was made larger.
const MOST_PIXELS: usize = 8192 * 8192;

/// The shape of an image whose shorter side becomes `size`, while the longer one keeps its ratio, rounded down.
///
/// # Errors
/// If the image has no pixel, or would have too many.
pub fn with_short_side(size: usize, [channels, height, width]: Dims) -> Result<Dims, String> {
    let (short, long) = (height.min(width), height.max(width));
    if short == 0 {
        return Err(format!("expected an image, found one of {height} x {width} pixels"));
    }
    let long = size.saturating_mul(long) / short;
    if size.saturating_mul(long) > MOST_PIXELS {
        return Err(format!(
            "expected sides that differ less: {height} x {width} pixels would become {size} pixels by {long}"
        ));
    }
    Ok(if height <= width { [channels, size, long] } else { [channels, long, size] })
}

/// A call as a person would write it: the first argument without its name, and nothing that is a default.
pub fn brief(callables: &[Callable], call: &Bound) -> String {
    let args = callables.iter().find(|known| known.name == call.callee).map_or(&[] as &[Arg], |known| known.args);
    let is_default = |arg: &Arg, value: &ArgValue| match &arg.default {
        Default::Required | Default::Absent => false,
        Default::Value(default) => default == value,
        Default::Like(other) | Default::LikeWord(other) => call.get(other) == Some(value),
    };
    let written = |(n, arg): (usize, &Arg)| {
        let value = call.get(arg.name).filter(|value| !is_default(arg, value))?;
        Some(if n == 0 { value.to_string() } else { format!("{}: {value}", arg.name) })
    };
    let written: Vec<String> = args.iter().enumerate().filter_map(written).collect();
    if written.is_empty() { call.callee.to_owned() } else { format!("{}({})", call.callee, written.join(", ")) }
}
