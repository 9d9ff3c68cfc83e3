//! Subtract a mean, divide by a standard deviation.

use super::{Kind, Transform};
use crate::data::Image;
use crate::schema::{Arg, Bound, Callable, Type};

pub const KIND: Kind = Kind {
    call: Callable {
        name: "normalise",
        about: "subtracts a mean and divides by a standard deviation, channel by channel",
        args: &[
            Arg::required("mean", Type::Reals, "what to subtract, on the scale 0 to 1: one a channel, or one for all"),
            Arg::required("sd", Type::Reals, "what to divide by, above 0: one a channel, or one for all"),
        ],
    },
    build: |call: &Bound| Box::new(Normalise { mean: call.reals("mean").to_vec(), sd: call.reals("sd").to_vec() }),
};

struct Normalise {
    mean: Vec<f64>,
    sd: Vec<f64>,
}

impl Transform for Normalise {
    fn shape(&self, shape: [usize; 3]) -> Result<[usize; 3], String> {
        for (name, values) in [("mean", &self.mean), ("sd", &self.sd)] {
            if values.len() != 1 && values.len() != shape[0] {
                let expected = if shape[0] == 1 { "1 value".to_owned() } else { format!("1 or {} values", shape[0]) };
                return Err(format!("expected {expected} of `{name}`, found {}", values.len()));
            }
            if let Some(odd) = values.iter().find(|value| !value.is_finite()) {
                return Err(format!("expected a finite `{name}`, found {odd}"));
            }
        }
        match self.sd.iter().find(|sd| **sd <= 0.0) {
            Some(sd) => Err(format!("expected an `sd` above 0, found {sd}")),
            None => Ok(shape),
        }
    }

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
