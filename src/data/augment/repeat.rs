//! Several views of each image in a batch (Hoffer et al., 2020, CVPR, "Augment Your Batch"; the repetitions of Pogodin et
//! al., 2021, which leave the batch its size).

use super::{Augment, AugmentKind};
use crate::data::Image;
use crate::data::random::Stream;
use lcnnc_lang::vocabulary::Bound;
use lcnnc_lang::vocabulary::augmentations::REPEAT;

pub const KIND: AugmentKind =
    AugmentKind { name: REPEAT.call.name, build: |call: &Bound| Box::new(Repeat { count: call.count("count") }) };

struct Repeat {
    count: usize,
}

impl Augment for Repeat {
    fn views(&self) -> usize {
        self.count
    }

    /// Gives the image as it is: the other augmentations make the views differ.
    fn apply(&self, image: Image, _stream: &mut Stream) -> Image {
        image
    }
}
