//! `crop`: a square at a random place, of an image that may first become as large as is asked for.

use super::{Augment, AugmentKind};
use crate::data::Image;
use crate::data::random::Stream;
use crate::data::transform::{Resize, cut};
use lcnnc_lang::vocabulary::Bound;
use lcnnc_lang::vocabulary::augmentations::CROP;

pub const KIND: AugmentKind = AugmentKind {
    name: CROP.call.name,
    build: |call: &Bound| {
        Box::new(Crop { size: call.count("size"), of: call.maybe_count("of").map(Resize::by_short_side) })
    },
};

struct Crop {
    size: usize,
    /// What brings the shorter side to its length first.
    of: Option<Resize>,
}

impl Augment for Crop {
    fn apply(&self, image: Image, stream: &mut Stream) -> Image {
        let image = match &self.of {
            Some(resize) => resize.resized(image),
            None => image,
        };
        // A window that is all of the image is drawn too, so that the numbers behind it do not depend on its size.
        let row = stream.between(0, image.height - self.size);
        let column = stream.between(0, image.width - self.size);
        cut(&image, [row, column], [self.size; 2])
    }
}
