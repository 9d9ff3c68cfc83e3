//! The augmentations that a spec can name, their arguments, and what each makes of an image's shape: what is done at
//! random to training images.

use super::images::{self, CENTRE_CROP, ImageStep, KEEPS, SIDE, window, with_short_side};
use super::{Arg, ArgValue, Bound, Callable, Type};

/// A random shift, by a border.
pub const PAD_CROP: ImageStep = ImageStep {
    call: Callable {
        name: "pad_crop",
        about: "puts a border around an image and cuts its old size out at a random place",
        args: &[
            Arg::required("border", Type::Count { min: 0, max: 8192 }, "its width on each side, in pixels"),
            Arg::with(
                "fill",
                Type::RealsOr(&["black", "mean"]),
                ArgValue::Word("black"),
                "what the border is: `mean` is the mean of the training images, or numbers on the scale 0 to 1: one a \
                 channel, or one for all",
            ),
        ],
    },
    shape: |call, [channels, height, width]| {
        let (border, least) = (call.count("border"), height.min(width));
        if border >= least && border > 0 {
            return Err(format!(
                "expected a border narrower than the image, {height} x {width} pixels, found {border}"
            ));
        }
        match call.maybe_reals("fill") {
            // A grey image takes the luma of a colour.
            Some(fill) if ![1, channels].contains(&fill.len()) && (channels, fill.len()) != (1, 3) => {
                let each = if channels == 1 { 3 } else { channels };
                Err(format!("expected 1 or {each} values of `fill`, found {}", fill.len()))
            }
            _ => Ok([channels, height, width]),
        }
    },
    in_tests: None,
};

/// A window at a random place.
pub const CROP: ImageStep = ImageStep {
    call: Callable {
        name: "crop",
        about: "cuts a square out at a random place",
        args: &[
            Arg::required("size", SIDE, "height and width in pixels"),
            Arg::optional("of", SIDE, "first the shorter side of the image becomes so many pixels, as by `resize`"),
        ],
    },
    shape: |call, dims| {
        let size = call.count("size");
        match call.maybe_count("of") {
            Some(of) if of < size => Err(format!("expected an `of` of at least {size}, found {of}")),
            Some(of) => window(size, with_short_side(of, dims)?),
            None => window(size, dims),
        }
    },
    in_tests: Some(|call| {
        let size = call.count("size");
        let resized = call.maybe_count("of").map(|of| format!("resize({of}, side: short), "));
        format!("{}centre_crop({size})", resized.unwrap_or_default())
    }),
};

/// A window of random size, shape and place, brought to one size.
pub const RESIZED_CROP: ImageStep = ImageStep {
    call: Callable {
        name: "resized_crop",
        about: "cuts a window of random area and ratio out at a random place, and resizes it to a square (torchvision's \
                RandomResizedCrop)",
        args: &[
            Arg::required("size", SIDE, "height and width in pixels"),
            Arg::with(
                "scale",
                Type::Range { min: 1e-6, max: 1.0 },
                ArgValue::Range([0.08, 1.0]),
                "the smallest and the largest area of the window, as a share of the image's",
            ),
            Arg::with(
                "ratio",
                Type::Range { min: 0.01, max: 100.0 },
                ArgValue::Range([3.0 / 4.0, 4.0 / 3.0]),
                "the smallest and the largest ratio of the window's width to its height",
            ),
        ],
    },
    shape: |call, [channels, height, width]| match height.min(width) {
        0 => Err(format!("expected an image, found one of {height} x {width} pixels")),
        _ => Ok([channels, call.count("size"), call.count("size")]),
    },
    // As torchvision's references do for 224: 256, and its middle.
    in_tests: Some(|call| {
        let size = call.count("size");
        format!("resize({}, side: short), centre_crop({size})", (size * 8).div_ceil(7))
    }),
};

/// A random mirror image.
pub const FLIP: ImageStep = ImageStep {
    call: Callable {
        name: "flip",
        about: "mirrors an image left to right, or leaves it",
        args: &[Arg::with(
            "p",
            Type::Real { min: 0.0, max: 1.0 },
            ArgValue::Real(0.5),
            "the probability that it is mirrored",
        )],
    },
    shape: KEEPS,
    in_tests: None,
};

/// A random rotation.
pub const ROTATE: ImageStep = ImageStep {
    call: Callable {
        name: "rotate",
        about: "turns an image about its centre by a random angle, bilinear; what comes from outside of it is black",
        args: &[Arg::required(
            "degrees",
            Type::Real { min: 0.0, max: 180.0 },
            "the largest angle, to either side; each is equally likely",
        )],
    },
    shape: KEEPS,
    in_tests: None,
};

/// Several copies of each image in its batch.
pub const REPEAT: ImageStep = ImageStep {
    call: Callable {
        name: "repeat",
        about: "puts each image into its batch several times, with random numbers of its own each time; the batch keeps \
            its size, and an epoch has so many times more batches",
        args: &[Arg::required("count", Type::Count { min: 1, max: 1024 }, "how many times")],
    },
    shape: KEEPS,
    in_tests: None,
};

/// Every augmentation a spec can name.
pub const AUGMENTATIONS: &[ImageStep] = &ALL;

/// How each of [`AUGMENTATIONS`] is called.
pub const CALLABLES: &[Callable] = &images::calls(&ALL);

const ALL: [ImageStep; 7] = [PAD_CROP, CROP, CENTRE_CROP, RESIZED_CROP, FLIP, ROTATE, REPEAT];

/// The shape that an image of the given shape has after the augmentation that a call names.
///
/// # Errors
/// If the augmentation does not take an image of that shape: what was expected and what was found.
///
/// # Panics
/// If the call was not bound against [`CALLABLES`]; no spec can bring that about.
pub fn shape(call: &Bound, dims: images::Dims) -> Result<images::Dims, String> {
    (images::step(AUGMENTATIONS, call).shape)(call, dims)
}
