//! Batch normalisation in training (Ioffe & Szegedy, 2015).

use super::by_channel;
use crate::Vectors;
use rayon::prelude::*;

/// A batch normalisation of maps by the moments of the batch.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    /// Each channel's mean and its variance by as many numbers as there are.
    pub moments: Vec<[f64; 2]>,
    pub epsilon: f64,
    /// The numbers of a map.
    plane: usize,
}

/// The gradients that the backward pass of a batch normalisation makes.
#[derive(Debug)]
pub struct NormGradients {
    pub x: Vec<f32>,
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

/// Numbers that are added up in single precision, beside each other, before they go into a sum in double precision.
const RUN: usize = 1024;
/// Numbers that are summed beside each other.
const BESIDE: usize = 16;

impl BatchNorm {
    /// Takes the moments of maps `[images, channels, plane]`.
    pub fn of(x: &[f32], channels: usize, plane: usize, epsilon: f64) -> Self {
        let arch = Vectors::Widest.arch();
        let moments = (0..channels).into_par_iter().map(|channel| {
            let maps = || maps(x, channel, channels, plane);
            let count = (x.len() / channels) as f64;
            // The mean may be far from 0, and single precision would lose the digits in which numbers differ.
            let start = maps().next().and_then(|map| map.first()).copied().unwrap_or_default();
            let mean =
                f64::from(start) + arch.dispatch(|| maps().map(|map| sum(map, |x| x - start)).sum::<f64>()) / count;
            let centre = mean as f32;
            // What the mean loses in single precision is taken off at the end.
            let about = |map| sum(map, |x| (x - centre) * (x - centre));
            let squares = arch.dispatch(|| maps().map(about).sum::<f64>()) / count;
            [mean, (squares - (mean - f64::from(centre)).powi(2)).max(0.0)]
        });
        Self { moments: moments.collect(), epsilon, plane }
    }

    /// One over a channel's standard deviation.
    fn per_deviation(&self, channel: usize) -> f64 {
        (self.moments[channel][1] + self.epsilon).sqrt().recip()
    }

    /// Normalises the maps whose moments these are: `scale * (x - m) / sqrt(v + epsilon) + shift`, with a scale and a shift for each
    /// channel.
    pub fn forward(&self, x: &[f32], scale: &[f32], shift: &[f32]) -> Vec<f32> {
        let (arch, channels) = (Vectors::Widest.arch(), self.moments.len());
        let mut y = vec![0.0; x.len()];
        by_channel(&mut y, channels, self.plane).into_par_iter().enumerate().for_each(|(channel, y)| {
            let mean = self.moments[channel][0];
            let factor = f64::from(scale[channel]) * self.per_deviation(channel);
            let centre = mean as f32;
            let offset = (f64::from(shift[channel]) - (mean - f64::from(centre)) * factor) as f32;
            let factor = factor as f32;
            arch.dispatch(|| {
                for (x, y) in maps(x, channel, channels, self.plane).zip(y) {
                    x.iter().zip(y).for_each(|(x, y)| *y = (x - centre) * factor + offset);
                }
            });
        });
        y
    }

    /// Runs the backward pass. `dy` is the gradient of the result.
    pub fn backward(&self, x: &[f32], scale: &[f32], dy: &[f32]) -> NormGradients {
        let (arch, channels) = (Vectors::Widest.arch(), self.moments.len());
        let count = (x.len() / channels) as f64;
        let mut dx = vec![0.0; x.len()];
        let gradients = by_channel(&mut dx, channels, self.plane).into_par_iter().enumerate().map(|(channel, dx)| {
            let mean = self.moments[channel][0];
            let centre = mean as f32;
            let pairs = || maps(x, channel, channels, self.plane).zip(maps(dy, channel, channels, self.plane));
            let of_shift = arch.dispatch(|| pairs().map(|(_, dy)| sum(dy, |dy| dy)).sum::<f64>());
            let products = arch.dispatch(|| pairs().map(|(x, dy)| products(x, centre, dy)).sum::<f64>());
            let per_deviation = self.per_deviation(channel);
            let of_scale = (products - (mean - f64::from(centre)) * of_shift) * per_deviation;
            let factor = f64::from(scale[channel]) * per_deviation;
            let slope = -factor * per_deviation * of_scale / count;
            let offset = ((f64::from(centre) - mean) * slope - factor * of_shift / count) as f32;
            let (factor, slope) = (factor as f32, slope as f32);
            arch.dispatch(|| {
                for ((x, dy), dx) in pairs().zip(dx) {
                    for ((x, dy), dx) in x.iter().zip(dy).zip(dx) {
                        *dx = dy * factor + ((x - centre) * slope + offset);
                    }
                }
            });
            [of_scale as f32, of_shift as f32]
        });
        let gradients: Vec<[f32; 2]> = gradients.collect();
        let [scale, shift] = [0, 1].map(|n| gradients.iter().map(|each| each[n]).collect());
        NormGradients { x: dx, scale, shift }
    }
}

/// The maps of a channel, image by image.
#[inline(always)]
fn maps(numbers: &[f32], channel: usize, channels: usize, plane: usize) -> impl Iterator<Item = &[f32]> {
    numbers.chunks_exact(plane).skip(channel).step_by(channels)
}

/// The sum of a function of the numbers of a map.
#[inline(always)]
fn sum(map: &[f32], f: impl Fn(f32) -> f32) -> f64 {
    let run = |run: &[f32]| {
        let mut sums = [0.0; BESIDE];
        let (some, rest) = run.as_chunks::<BESIDE>();
        for numbers in some {
            sums.iter_mut().zip(numbers).for_each(|(sum, x)| *sum += f(*x));
        }
        f64::from(sums.iter().sum::<f32>() + rest.iter().map(|x| f(*x)).sum::<f32>())
    };
    map.chunks(RUN).map(run).sum()
}

/// The sum of the products of a gradient with the numbers of a map, of which their mean is taken off.
#[inline(always)]
fn products(x: &[f32], centre: f32, dy: &[f32]) -> f64 {
    let run = |(x, dy): (&[f32], &[f32])| {
        let mut sums = [0.0; BESIDE];
        let ((x, x_rest), (dy, dy_rest)) = (x.as_chunks::<BESIDE>(), dy.as_chunks::<BESIDE>());
        for (x, dy) in x.iter().zip(dy) {
            sums.iter_mut().zip(x.iter().zip(dy)).for_each(|(sum, (x, dy))| *sum += (x - centre) * dy);
        }
        let rest = x_rest.iter().zip(dy_rest).map(|(x, dy)| (x - centre) * dy);
        f64::from(sums.iter().sum::<f32>() + rest.sum::<f32>())
    };
    x.chunks(RUN).zip(dy.chunks(RUN)).map(run).sum()
}
