//! Gabor functions: what the receptive fields of simple cells look like (Daugman, 1985; Jones & Palmer, 1987).

use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// Kernels of shape `[out, in, h, w]`. Channels come in pairs of one orientation, the second a quarter of a wave behind
/// the first; the orientations divide 180 degrees evenly, from stripes that stand. Each output channel has mean 0 and
/// length 1, and looks at every input channel alike. Lengths are in pixels; `sigma` is across the stripes, `aspect` the
/// envelope's width across them over its length along them.
pub(super) fn bank(shape: &[usize], wavelength: f64, sigma: f64, aspect: f64) -> impl Iterator<Item = f64> {
    let [out, from, height, width] = super::held(shape);
    let scale = 1.0 / (from.max(1) as f64).sqrt();
    let pairs = out.div_ceil(2).max(1) as f64;
    let kernel = move |channel: usize| {
        let angle = PI * (channel / 2) as f64 / pairs;
        let phase = FRAC_PI_2 * (channel % 2) as f64;
        let wave = Wave { angle, phase, wavelength, sigma, aspect };
        let kernel: Vec<f64> = wave.drawn(height, width).into_iter().map(|x| scale * x).collect();
        std::iter::repeat_n(kernel, from).flatten()
    };
    (0..out).flat_map(kernel)
}

struct Wave {
    /// Of the wave's direction against the rows.
    angle: f64,
    phase: f64,
    wavelength: f64,
    sigma: f64,
    aspect: f64,
}

impl Wave {
    /// Row by row, of mean 0 and length 1. A multiple of the envelope is taken off, as it is local; a constant is not.
    fn drawn(&self, height: usize, width: usize) -> Vec<f64> {
        let centre = |size: usize| (size as f64 - 1.0) / 2.0;
        let (sin, cos) = self.angle.sin_cos();
        let pixels = (0..height).flat_map(|row| (0..width).map(move |column| (row, column)));
        let (envelope, wave): (Vec<f64>, Vec<f64>) = pixels
            .map(|(row, column)| {
                let (x, y) = (column as f64 - centre(width), row as f64 - centre(height));
                let (across, along) = (x * cos + y * sin, y * cos - x * sin);
                let distance = across.powi(2) + (self.aspect * along).powi(2);
                let envelope = (-distance / (2.0 * self.sigma.powi(2))).exp();
                (envelope, envelope * (TAU * across / self.wavelength + self.phase).cos())
            })
            .unzip();
        let constant = wave.iter().sum::<f64>() / envelope.iter().sum::<f64>();
        let local: Vec<f64> = wave.iter().zip(&envelope).map(|(wave, envelope)| wave - constant * envelope).collect();
        let length = local.iter().map(|x| x * x).sum::<f64>().sqrt();
        local.into_iter().map(|x| x / length).collect()
    }
}
