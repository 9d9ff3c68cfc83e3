//! `grayscale`: an image in colour becomes one of one channel, by the luma of ITU-R BT.601; a grey image stays as it
//! is.

use super::{Transform, TransformKind};
use crate::data::Image;
use lcnnc_lang::vocabulary::Bound;
use lcnnc_lang::vocabulary::transforms::GRAYSCALE;

pub const KIND: TransformKind = TransformKind { name: GRAYSCALE.call.name, build: |_: &Bound| Box::new(Grayscale) };

/// The weights of red, green and blue in ITU-R BT.601 luma.
pub const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

struct Grayscale;

impl Transform for Grayscale {
    fn apply(&self, image: Image) -> Image {
        if image.channels == 1 {
            return image;
        }
        let (red, rest) = image.pixels.split_at(image.height * image.width);
        let (green, blue) = rest.split_at(red.len());
        let luma = |((r, g), b): ((&f32, &f32), &f32)| LUMA[0] * r + LUMA[1] * g + LUMA[2] * b;
        let pixels = red.iter().zip(green).zip(blue).map(luma).collect();
        Image { channels: 1, pixels, ..image }
    }
}
