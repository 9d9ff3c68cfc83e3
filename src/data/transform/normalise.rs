//! `normalise`: a mean is subtracted from each channel, and the result divided by a standard deviation.

use super::{Transform, TransformKind};
use crate::data::Image;
use lcnnc_lang::vocabulary::Bound;
use lcnnc_lang::vocabulary::transforms::{NORMALISE, numbers};

pub const KIND: TransformKind = TransformKind {
    name: NORMALISE.call.name,
    build: |call: &Bound| {
        // Those that nobody has measured are no numbers, and show.
        let [mean, sd] = ["mean", "sd"].map(|name| numbers(call, name).map_or(vec![f64::NAN], |it| it.to_vec()));
        Box::new(Normalise { mean, sd })
    },
};

struct Normalise {
    mean: Vec<f64>,
    sd: Vec<f64>,
}

impl Transform for Normalise {
    fn apply(&self, mut image: Image) -> Image {
        let plane = (image.height * image.width).max(1);
        for (channel, pixels) in image.pixels.chunks_mut(plane).enumerate() {
            // One value for all channels repeats.
            let (mean, sd) = (self.mean[channel % self.mean.len()] as f32, self.sd[channel % self.sd.len()] as f32);
            for pixel in pixels {
                *pixel = (*pixel - mean) / sd;
            }
        }
        image
    }
}
