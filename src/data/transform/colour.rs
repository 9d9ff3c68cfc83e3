//! `colour`: a grey image becomes one of three equal channels; an image in colour stays as it is.

use super::{Transform, TransformKind};
use crate::data::Image;
use lcnnc_lang::vocabulary::Bound;
use lcnnc_lang::vocabulary::transforms::COLOUR;

pub const KIND: TransformKind = TransformKind { name: COLOUR.call.name, build: |_: &Bound| Box::new(Colour) };

pub struct Colour;

impl Transform for Colour {
    fn apply(&self, image: Image) -> Image {
        if image.channels == 3 {
            return image;
        }
        Image { channels: 3, pixels: image.pixels.repeat(3), ..image }
    }
}
