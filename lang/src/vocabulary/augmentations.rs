//! The augmentations that a spec can name, and their arguments: what is done at random to training images.

use super::{Arg, ArgValue, Callable, Type};

/// A random shift, by a border.
pub const PAD_CROP: Callable = Callable {
    name: "pad_crop",
    about: "puts a black border around an image and cuts its old size out at a random place",
    args: &[Arg::required("border", Type::Count { min: 0, max: 8192 }, "its width on each side, in pixels")],
};

/// A random mirror image.
pub const FLIP: Callable = Callable {
    name: "flip",
    about: "mirrors an image left to right, or leaves it",
    args: &[Arg::with(
        "p",
        Type::Real { min: 0.0, max: 1.0 },
        ArgValue::Real(0.5),
        "the probability that it is mirrored",
    )],
};

/// A random rotation.
pub const ROTATE: Callable = Callable {
    name: "rotate",
    about: "turns an image about its centre by a random angle, bilinear; what comes from outside of it is black",
    args: &[Arg::required(
        "degrees",
        Type::Real { min: 0.0, max: 180.0 },
        "the largest angle, to either side; each is equally likely",
    )],
};

/// Several copies of each image in its batch.
pub const REPEAT: Callable = Callable {
    name: "repeat",
    about: "puts each image into its batch several times, with random numbers of its own each time; the batch keeps \
            its size, and an epoch has so many times more batches",
    args: &[Arg::required("count", Type::Count { min: 1, max: 1024 }, "how many times")],
};

/// Every augmentation a spec can name.
pub const CALLABLES: &[Callable] = &[PAD_CROP, FLIP, ROTATE, REPEAT];
