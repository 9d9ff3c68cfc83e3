//! `centre_crop`: a square out of the middle of an image.

use super::{Transform, TransformKind};
use crate::data::Image;
use lcnnc_lang::vocabulary::Bound;
use lcnnc_lang::vocabulary::images::CENTRE_CROP;

pub const KIND: TransformKind =
    TransformKind { name: CENTRE_CROP.call.name, build: |call: &Bound| Box::new(CentreCrop::new(call)) };

pub struct CentreCrop {
    size: usize,
}

impl CentreCrop {
    pub fn new(call: &Bound) -> Self {
        Self { size: call.count("size") }
    }
}

impl Transform for CentreCrop {
    fn apply(&self, image: Image) -> Image {
        // Half a pixel goes to the even side, as torchvision's CenterCrop has it.
        let before = |side: usize| ((side - self.size) as f64 / 2.0).round_ties_even() as usize;
        cut(&image, [before(image.height), before(image.width)], [self.size; 2])
    }
}

/// The window of an image that begins at a row and a column and has a height and a width, all within the image.
pub fn cut(image: &Image, [row, column]: [usize; 2], [height, width]: [usize; 2]) -> Image {
    let mut pixels = Vec::with_capacity(image.channels * height * width);
    for plane in image.pixels.chunks_exact((image.height * image.width).max(1)) {
        for line in plane.chunks_exact(image.width).skip(row).take(height) {
            pixels.extend_from_slice(&line[column..][..width]);
        }
    }
    Image { channels: image.channels, height, width, pixels }
}
