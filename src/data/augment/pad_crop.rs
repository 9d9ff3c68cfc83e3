//! `pad_crop`: a random shift. The image gets a border, and its old size is cut out somewhere.

use super::{Augment, AugmentKind};
use crate::data::Image;
use crate::data::random::Stream;
use crate::data::transform::LUMA;
use lcnnc_lang::vocabulary::augmentations::PAD_CROP;
use lcnnc_lang::vocabulary::{ArgValue, Bound};

pub const KIND: AugmentKind = AugmentKind {
    name: PAD_CROP.call.name,
    build: |call: &Bound| {
        let fill = match call.get("fill") {
            Some(ArgValue::Reals(fill)) => fill.clone(),
            // A mean that nobody has measured is no number, and shows.
            Some(ArgValue::Word("mean")) => vec![f64::NAN],
            _ => vec![0.0],
        };
        Box::new(PadCrop { border: call.count("border"), fill })
    },
};

struct PadCrop {
    border: usize,
    /// The value of the border: one a channel, or one for all.
    fill: Vec<f64>,
}

impl PadCrop {
    /// The border's value in each channel of an image that has so many. A grey image takes the luma of a colour.
    fn fill(&self, channels: usize) -> Vec<f32> {
        match self.fill.as_slice() {
            [one] => vec![*one as f32; channels],
            [red, green, blue] if channels == 1 => {
                let luma = [red, green, blue].into_iter().zip(LUMA).map(|(part, weight)| *part * f64::from(weight));
                vec![luma.sum::<f64>() as f32]
            }
            each => each.iter().map(|value| *value as f32).collect(),
        }
    }
}

impl Augment for PadCrop {
    fn apply(&self, image: Image, stream: &mut Stream) -> Image {
        // Where the cut begins in the padded image; `border` is the image as it was.
        let [down, right] = [stream.between(0, 2 * self.border), stream.between(0, 2 * self.border)];
        let (from_row, to_row) = (down.saturating_sub(self.border), self.border.saturating_sub(down));
        let (from_column, to_column) = (right.saturating_sub(self.border), self.border.saturating_sub(right));
        let (rows, columns) = (image.height - from_row - to_row, image.width - from_column - to_column);
        let size = (image.height * image.width).max(1);
        let mut pixels = Vec::with_capacity(image.pixels.len());
        self.fill(image.channels)
            .into_iter()
            .for_each(|value| pixels.resize(pixels.len() + image.height * image.width, value));
        for (new, old) in pixels.chunks_exact_mut(size).zip(image.pixels.chunks_exact(size)) {
            for row in 0..rows {
                let (to, from) = ((to_row + row) * image.width, (from_row + row) * image.width);
                new[to + to_column..][..columns].copy_from_slice(&old[from + from_column..][..columns]);
            }
        }
        Image { pixels, ..image }
    }
}
