//! Several views of each image in a batch (Hoffer et al., 2020, CVPR, "Augment Your Batch"; the repetitions of Pogodin et
//! al., 2021, which leave the batch its size).

use super::{Augment, Kind};
use crate::data::Image;
use crate::data::random::Stream;
use crate::schema::{Arg, Bound, Callable, Type};

pub const KIND: Kind = Kind {
    call: Callable {
        name: "repeat",
        about: "puts each image into its batch several times, with random numbers of its own each time; the batch keeps \
                its size, and an epoch has so many times more batches",
        args: &[Arg::required("count", Type::Count { min: 1, max: 1024 }, "how many times")],
    },
    build: |call: &Bound| Box::new(Repeat { count: call.count("count") }),
};

struct Repeat {
    count: usize,
}

impl Augment for Repeat {
    fn views(&self) -> usize {
        self.count
    }

    /// What makes the views differ, the other augmentations do.
    fn apply(&self, image: Image, _stream: &mut Stream) -> Image {
        image
    }
}
