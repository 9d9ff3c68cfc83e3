//! `resize`: images of another size, by antialiased bilinear interpolation.

use std::sync::OnceLock;

use super::{Transform, TransformKind};
use crate::data::Image;
use lcnnc_lang::vocabulary::Bound;
use lcnnc_lang::vocabulary::images::with_short_side;
use lcnnc_lang::vocabulary::transforms::RESIZE;

pub const KIND: TransformKind = TransformKind {
    name: RESIZE.call.name,
    build: |call: &Bound| {
        let size = call.count("size");
        Box::new(if call.maybe_word("side") == Some("short") {
            Resize::by_short_side(size)
        } else {
            Resize::to_square(size)
        })
    },
};

pub struct Resize {
    size: usize,
    /// Whether the shorter side alone becomes so long, and the longer one keeps its ratio to it.
    short: bool,
    /// The weights for the height and width of the first image; most sets have no other.
    first: OnceLock<[Weights; 2]>,
}

impl Transform for Resize {
    fn apply(&self, image: Image) -> Image {
        self.resized(image)
    }
}

impl Resize {
    /// Images become squares of so many pixels a side.
    pub fn to_square(size: usize) -> Self {
        Self { size, short: false, first: OnceLock::new() }
    }

    /// The shorter sides of images become so long.
    pub fn by_short_side(size: usize) -> Self {
        Self { size, short: true, first: OnceLock::new() }
    }

    /// The height and width that an image will have.
    fn target(&self, image: &Image) -> [usize; 2] {
        match with_short_side(self.size, image.shape()) {
            Ok([_, height, width]) if self.short => [height, width],
            _ => [self.size; 2],
        }
    }

    /// The image in its new size.
    pub fn resized(&self, image: Image) -> Image {
        let target = self.target(&image);
        if [image.height, image.width] == target {
            return image;
        }
        let make = || [Weights::new(image.height, target[0]), Weights::new(image.width, target[1])];
        let first = self.first.get_or_init(make);
        if [first[0].from, first[1].from] == [image.height, image.width] {
            resized(&image, first)
        } else {
            resized(&image, &make())
        }
    }
}

/// How each pixel along one axis is made of the old ones.
struct Weights {
    /// How many old pixels there are along the axis.
    from: usize,
    /// What each new pixel is made of: the first old pixel, and the weights, which sum to 1, of that one and those
    /// behind it.
    taps: Vec<(usize, Vec<f32>)>,
}

impl Weights {
    /// A triangle filter: as wide as a new pixel when shrinking, so that every old one counts, and as an old pixel when
    /// enlarging. Pillow's bilinear filter and torchvision's with `antialias=True` are this one.
    fn new(from: usize, to: usize) -> Self {
        let scale = from as f64 / to as f64;
        let support = scale.max(1.0);
        let tap = |new: usize| {
            let centre = (new as f64 + 0.5) * scale;
            let start = (centre - support + 0.5).max(0.0) as usize;
            let end = ((centre + support + 0.5) as usize).min(from);
            let weight = |old: usize| (1.0 - ((old as f64 + 0.5 - centre) / support).abs()).max(0.0);
            let sum: f64 = (start..end).map(weight).sum();
            (start, (start..end).map(|old| (weight(old) / sum) as f32).collect())
        };
        Self { from, taps: (0..to).map(tap).collect() }
    }
}

/// The image in its new size: resized along its rows first, then along its columns.
fn resized(image: &Image, [rows, columns]: &[Weights; 2]) -> Image {
    let (height, width) = (rows.taps.len(), columns.taps.len());
    let mut pixels = Vec::with_capacity(image.channels * height * width);
    for plane in image.pixels.chunks_exact(image.height * image.width) {
        // Row by row: an iterator of known length is written several times as fast as one that is flattened.
        let mut narrow = Vec::with_capacity(image.height * width);
        plane.chunks_exact(image.width).for_each(|row| narrow.extend(along(row, columns)));
        for (start, weights) in &rows.taps {
            let mut line = vec![0.0; width];
            for (row, weight) in narrow.chunks_exact(width).skip(*start).zip(weights) {
                for (sum, pixel) in line.iter_mut().zip(row) {
                    *sum += weight * pixel;
                }
            }
            pixels.extend_from_slice(&line);
        }
    }
    Image { channels: image.channels, height, width, pixels }
}

fn along(row: &[f32], weights: &Weights) -> impl Iterator<Item = f32> {
    weights.taps.iter().map(|(start, taps)| row[*start..].iter().zip(taps).map(|(pixel, weight)| pixel * weight).sum())
}
