//! `flip`: left and right are exchanged, with a probability.

use super::{Augment, AugmentKind};
use crate::data::Image;
use crate::data::random::Stream;
use lcnnc_lang::vocabulary::Bound;
use lcnnc_lang::vocabulary::augmentations::FLIP;

pub const KIND: AugmentKind =
    AugmentKind { name: FLIP.call.name, build: |call: &Bound| Box::new(Flip { p: call.real("p") }) };

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
