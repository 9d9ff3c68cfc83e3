//! Left and right exchanged.

use super::{Augment, Kind};
use crate::data::Image;
use crate::data::random::Stream;
use crate::schema::{Arg, Bound, Callable, Type, Value};

pub const KIND: Kind = Kind {
    call: Callable {
        name: "flip",
        about: "mirrors an image left to right, or leaves it",
        args: &[Arg::with(
            "p",
            Type::Real { min: 0.0, max: 1.0 },
            Value::Real(0.5),
            "the probability that it is mirrored",
        )],
    },
    build: |call: &Bound| Box::new(Flip { p: call.real("p") }),
};

struct Flip {
    p: f64,
}

impl Augment for Flip {
    fn apply(&self, mut image: Image, stream: &mut Stream) -> Image {
        if stream.unit() < self.p {
            image.pixels.chunks_exact_mut(image.width.max(1)).for_each(<[f32]>::reverse);
        }
        image
    }
}
