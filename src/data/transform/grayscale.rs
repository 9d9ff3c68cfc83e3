//! Colour to grey.

use super::{Kind, Transform};
use crate::data::Image;
use crate::schema::{Bound, Callable};

pub const KIND: Kind = Kind {
    call: Callable {
        name: "grayscale",
        about: "colour to one channel of luma: 0.299 R + 0.587 G + 0.114 B; a one-channel image stays as it is",
        args: &[],
    },
    build: |_: &Bound| Box::new(Grayscale),
};

/// The weights of red, green and blue in ITU-R BT.601 luma.
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

struct Grayscale;

impl Transform for Grayscale {
    fn shape(&self, [channels, height, width]: [usize; 3]) -> Result<[usize; 3], String> {
        match channels {
            1 | 3 => Ok([1, height, width]),
            _ => Err(format!("expected 1 or 3 channels, found {channels}")),
        }
    }

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
