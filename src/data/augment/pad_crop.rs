//! `pad_crop`: a random shift. The image gets a black border, and its old size is cut out somewhere.

use super::{Augment, AugmentKind};
use crate::data::Image;
use crate::data::random::Stream;
use lcnnc_lang::vocabulary::Bound;
use lcnnc_lang::vocabulary::augmentations::PAD_CROP;

pub const KIND: AugmentKind =
    AugmentKind { name: PAD_CROP.name, build: |call: &Bound| Box::new(PadCrop { border: call.count("border") }) };

struct PadCrop {
    border: usize,
}

impl Augment for PadCrop {
    fn check(&self, [_, height, width]: [usize; 3]) -> Result<(), String> {
        let least = height.min(width);
        if self.border < least || self.border == 0 {
            return Ok(());
        }
        Err(format!("expected a border narrower than the image, {height} x {width} pixels, found {}", self.border))
    }

    fn apply(&self, image: Image, stream: &mut Stream) -> Image {
        // Where the cut begins in the padded image; `border` is the image as it was.
        let [down, right] = [stream.between(0, 2 * self.border), stream.between(0, 2 * self.border)];
        let (from_row, to_row) = (down.saturating_sub(self.border), self.border.saturating_sub(down));
        let (from_column, to_column) = (right.saturating_sub(self.border), self.border.saturating_sub(right));
        let (rows, columns) = (image.height - from_row - to_row, image.width - from_column - to_column);
        let mut pixels = vec![0.0; image.pixels.len()];
        let size = (image.height * image.width).max(1);
        for (new, old) in pixels.chunks_exact_mut(size).zip(image.pixels.chunks_exact(size)) {
            for row in 0..rows {
                let (to, from) = ((to_row + row) * image.width, (from_row + row) * image.width);
                new[to + to_column..][..columns].copy_from_slice(&old[from + from_column..][..columns]);
            }
        }
        Image { pixels, ..image }
    }
}
