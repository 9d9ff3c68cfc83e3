//! Grey to colour.

use super::{Kind, Transform};
use crate::data::Image;
use crate::schema::{Bound, Callable};

pub const KIND: Kind = Kind {
    call: Callable {
        name: "colour",
        about: "grey to three equal channels; a colour image stays as it is, so a folder may hold both",
        args: &[],
    },
    build: |_: &Bound| Box::new(Colour),
};

pub struct Colour;

impl Transform for Colour {
    fn shape(&self, [channels, height, width]: [usize; 3]) -> Result<[usize; 3], String> {
        match channels {
            1 | 3 => Ok([3, height, width]),
            _ => Err(format!("expected 1 or 3 channels, found {channels}")),
        }
    }

    fn apply(&self, image: Image) -> Image {
        if image.channels == 3 {
            return image;
        }
        Image { channels: 3, pixels: image.pixels.repeat(3), ..image }
    }
}
