//! Several views of each image in a batch (Hoffer et al., 2020, CVPR, "Augment Your Batch").

use super::{Augment, Kind};
use crate::data::Image;
use crate::data::random::Stream;
use crate::schema::{Arg, Bound, Callable, Type};

pub const KIND: Kind = Kind {
    call: Callable {
        name: "views",
        about: "puts each image of a batch into it several times, with random numbers of its own each time: the batch \
                holds so many times more images",
        args: &[Arg::required("count", Type::Count { min: 1, max: 1024 }, "how many times")],
    },
    build: |call: &Bound| Box::new(Several { count: call.count("count") }),
};

struct Several {
    count: usize,
}

impl Augment for Several {
    fn views(&self) -> usize {
        self.count
    }

    /// What makes the views differ, the other augmentations do.
    fn apply(&self, image: Image, _stream: &mut Stream) -> Image {
        image
    }
}
