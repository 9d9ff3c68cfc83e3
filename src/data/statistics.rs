//! The mean and the standard deviation of the pixels of a set's training images, channel by channel.

use std::sync::Arc;

use rayon::prelude::*;

use super::loader::room_beside;
use super::transform::Transforms;
use super::{DataError, Image, ImageSource, Meter};

/// Images that are summed up one after the other. The sums of such parts are added in their order, so that the result
/// has the same bits for any number of threads.
const PART: usize = 64;

/// The mean and the standard deviation of each channel, over all pixels of all images.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// One a channel; a single one where all images are grey.
    pub mean: Vec<f64>,
    /// With the number of pixels below the line.
    pub sd: Vec<f64>,
}

/// The sums over some images.
#[derive(Clone, Debug, Default)]
struct Sums {
    /// Of each channel: pixels, their sum, and the sum of their squares.
    channels: Vec<[f64; 3]>,
    /// Those of grey images, which count for every channel.
    grey: [f64; 3],
}

impl Sums {
    fn add(&mut self, image: &Image) {
        for (channel, plane) in image.pixels.chunks_exact((image.height * image.width).max(1)).enumerate() {
            let mut sums = [plane.len() as f64, 0.0, 0.0];
            for pixel in plane.iter().map(|pixel| f64::from(*pixel)) {
                sums[1] += pixel;
                sums[2] += pixel * pixel;
            }
            self.put(image.channels, channel, sums);
        }
    }

    fn put(&mut self, channels: usize, channel: usize, sums: [f64; 3]) {
        if channels > 1 && self.channels.len() <= channel {
            self.channels.resize(channel + 1, [0.0; 3]);
        }
        let place = if channels == 1 { &mut self.grey } else { &mut self.channels[channel] };
        place.iter_mut().zip(sums).for_each(|(sum, more)| *sum += more);
    }

    fn merged(mut self, other: &Self) -> Self {
        self.put(1, 0, other.grey);
        let channels = other.channels.len().max(2);
        other.channels.iter().enumerate().for_each(|(channel, sums)| self.put(channels, channel, *sums));
        self
    }

    /// The statistics of all channels.
    fn statistics(self) -> Statistics {
        let channels = if self.channels.is_empty() { vec![[0.0; 3]] } else { self.channels };
        let of = |sums: &[f64; 3]| {
            let [count, sum, squares] = [0, 1, 2].map(|n| sums[n] + self.grey[n]);
            let mean = sum / count.max(1.0);
            (mean, (squares / count.max(1.0) - mean * mean).max(0.0).sqrt())
        };
        let (mean, sd) = channels.iter().map(of).unzip();
        Statistics { mean, sd }
    }
}

/// Looks at the images of a source at some indices, as some transforms make them. A grey image among coloured ones
/// counts as one of three equal channels.
///
/// # Errors
/// If an image cannot be had, or a transform does not take it.
pub fn statistics(
    source: &Arc<dyn ImageSource>,
    indices: &[usize],
    transforms: &Transforms,
    meter: &dyn Meter,
) -> Result<Statistics, DataError> {
    meter.begin(indices.len());
    let part = |indices: &[usize]| {
        let mut sums = Sums::default();
        for &index in indices {
            let image = source.image(index)?;
            let _held = room_beside(&image, || source.name(index), 1)?;
            sums.add(&transforms.apply(image, || source.name(index))?);
            meter.advance();
        }
        Ok(sums)
    };
    let parts: Result<Vec<Sums>, DataError> = indices.par_chunks(PART).map(part).collect();
    meter.finish();
    Ok(parts?.iter().fold(Sums::default(), Sums::merged).statistics())
}
