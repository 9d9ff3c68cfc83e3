//! `rotate`: a random turn, by bilinear interpolation.

use super::{Augment, AugmentKind};
use crate::data::Image;
use crate::data::random::Stream;
use lcnnc_lang::vocabulary::Bound;
use lcnnc_lang::vocabulary::augmentations::ROTATE;

pub const KIND: AugmentKind =
    AugmentKind { name: ROTATE.call.name, build: |call: &Bound| Box::new(Rotate { degrees: call.real("degrees") }) };

struct Rotate {
    degrees: f64,
}

impl Augment for Rotate {
    fn apply(&self, image: Image, stream: &mut Stream) -> Image {
        let angle = ((2.0 * stream.unit() - 1.0) * self.degrees).to_radians();
        turned(&image, angle)
    }
}

/// Turns an image counterclockwise, as it is seen, by an angle in radians: torchvision's `rotate` with `BILINEAR`.
fn turned(image: &Image, angle: f64) -> Image {
    let (sine, cosine) = angle.sin_cos();
    let [middle_row, middle_column] = [image.height, image.width].map(|side| (side as f64 - 1.0) / 2.0);
    let mut pixels = Vec::with_capacity(image.pixels.len());
    for plane in image.pixels.chunks_exact((image.height * image.width).max(1)) {
        for row in 0..image.height {
            for column in 0..image.width {
                // From where the pixel comes: turned back. Rows count downwards.
                let [down, right] = [row as f64 - middle_row, column as f64 - middle_column];
                let from = [cosine * down + sine * right + middle_row, cosine * right - sine * down + middle_column];
                pixels.push(between(plane, [image.height, image.width], from));
            }
        }
    }
    Image { pixels, ..*image }
}

/// The value between the four pixels around a place; those outside of the plane count as black.
fn between(plane: &[f32], [height, width]: [usize; 2], [row, column]: [f64; 2]) -> f32 {
    let [top, left] = [row.floor(), column.floor()];
    let mut sum = 0.0;
    for (r, row_weight) in [(top, 1.0 - (row - top)), (top + 1.0, row - top)] {
        for (c, column_weight) in [(left, 1.0 - (column - left)), (left + 1.0, column - left)] {
            if r >= 0.0 && c >= 0.0 && r < height as f64 && c < width as f64 {
                sum += row_weight * column_weight * f64::from(plane[r as usize * width + c as usize]);
            }
        }
    }
    sum as f32
}
