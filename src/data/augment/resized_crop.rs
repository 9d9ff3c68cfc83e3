//! `resized_crop`: a window of random area and ratio at a random place, brought to one size (Szegedy et al., 2015, CVPR,
//! "Going Deeper with Convolutions"), drawn as torchvision's `RandomResizedCrop` draws it.

use super::{Augment, AugmentKind};
use crate::data::Image;
use crate::data::random::Stream;
use crate::data::transform::{Resize, cut};
use lcnnc_lang::vocabulary::Bound;
use lcnnc_lang::vocabulary::augmentations::RESIZED_CROP;

/// How often a window is drawn that may not fit into the image.
const ATTEMPTS: usize = 10;

pub const KIND: AugmentKind = AugmentKind {
    name: RESIZED_CROP.call.name,
    build: |call: &Bound| {
        let resize = Resize::to_square(call.count("size"));
        Box::new(ResizedCrop { resize, scale: call.range("scale"), ratio: call.range("ratio") })
    },
};

struct ResizedCrop {
    resize: Resize,
    /// The bounds of the window's area, as a share of the image's.
    scale: [f64; 2],
    /// The bounds of the window's width, divided by its height.
    ratio: [f64; 2],
}

impl Augment for ResizedCrop {
    fn apply(&self, image: Image, stream: &mut Stream) -> Image {
        let (corner, size) = self.window(image.height, image.width, stream);
        self.resize.resized(cut(&image, corner, size))
    }
}

impl ResizedCrop {
    /// The first row and column of a window, and its height and width.
    fn window(&self, height: usize, width: usize, stream: &mut Stream) -> ([usize; 2], [usize; 2]) {
        let mut between = |[low, high]: [f64; 2]| low + (high - low) * stream.unit();
        for _ in 0..ATTEMPTS {
            let area = (height * width) as f64 * between(self.scale);
            // Half as wide is as likely as twice as wide.
            let ratio = between(self.ratio.map(f64::ln)).exp();
            let size = [(area / ratio).sqrt(), (area * ratio).sqrt()].map(|side| side.round_ties_even() as usize);
            if (1..=height).contains(&size[0]) && (1..=width).contains(&size[1]) {
                let row = stream.between(0, height - size[0]);
                return ([row, stream.between(0, width - size[1])], size);
            }
        }
        let size = self.largest(height as f64, width as f64);
        ([(height - size[0]) / 2, (width - size[1]) / 2], size)
    }

    /// The height and width of the largest window whose ratio is within the bounds.
    fn largest(&self, height: f64, width: f64) -> [usize; 2] {
        let [narrow, wide] = self.ratio;
        let size = if width < narrow * height {
            [width / narrow, width]
        } else if width > wide * height {
            [height, height * wide]
        } else {
            [height, width]
        };
        let at_least_one = |side: f64, most: f64| side.round_ties_even().clamp(1.0, most.max(1.0)) as usize;
        [at_least_one(size[0], height), at_least_one(size[1], width)]
    }
}
