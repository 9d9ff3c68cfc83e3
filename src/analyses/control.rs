//! Images that have something of others and nothing to see: controls for what a net makes of images.

use lcnnc_kernels::draws::Draws;
use nalgebra::Complex;
use std::f64::consts::TAU;

/// What all controls are drawn from.
const SEED: u64 = 0;

/// What a net is shown in place of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// The images themselves.
    None,
    /// Pixels between the smallest and the largest number of each image, each of them as probable.
    WhiteNoise,
    /// Images with the amplitudes of each one's spatial frequencies, at other places.
    PhaseScrambled,
}

impl Control {
    pub const WORDS: &'static [&'static str] = &["none", "white_noise", "phase_scrambled"];

    /// The control of a word.
    pub fn of(word: &str) -> Self {
        match word {
            "white_noise" => Self::WhiteNoise,
            "phase_scrambled" => Self::PhaseScrambled,
            _ => Self::None,
        }
    }

    /// What the images are, where they are others.
    pub fn about(self) -> &'static str {
        match self {
            Self::None => "",
            Self::WhiteNoise => "white noise",
            Self::PhaseScrambled => "phase-scrambled",
        }
    }

    /// Changes the image of that number, `[channels, height, width]`.
    pub fn change(self, number: usize, image: &mut [f32], [channels, height, width]: [usize; 3]) {
        let mut draws = Draws::new(SEED, number as u64);
        match self {
            Self::None => {}
            Self::WhiteNoise => {
                let [low, high] = [image.iter().copied().reduce(f32::min), image.iter().copied().reduce(f32::max)]
                    .map(|end| f64::from(end.unwrap_or(0.0)));
                image.iter_mut().for_each(|x| *x = (low + (high - low) * draws.unit()) as f32);
            }
            Self::PhaseScrambled => {
                let plane = Plane { height, width };
                // Phases of noise belong to real images; added to those of all channels they leave the colours together.
                let mut turns = plane.transformed((0..height * width).map(|_| draws.unit().into()).collect(), -1.0);
                for turn in &mut turns {
                    *turn = Complex::from_polar(1.0, turn.arg());
                }
                for channel in image.chunks_exact_mut(height * width).take(channels) {
                    let waves = plane.transformed(channel.iter().map(|x| f64::from(*x).into()).collect(), -1.0);
                    let turned = waves.iter().zip(&turns).map(|(wave, turn)| wave * turn).collect();
                    let made = plane.transformed(turned, 1.0);
                    for (x, made) in channel.iter_mut().zip(made) {
                        *x = (made.re / (height * width) as f64) as f32;
                    }
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Plane {
    height: usize,
    width: usize,
}

impl Plane {
    /// The Fourier transform of numbers, row by row, without a factor; `sign` is that of the exponent.
    fn transformed(self, mut values: Vec<Complex<f64>>, sign: f64) -> Vec<Complex<f64>> {
        let Self { height, width } = self;
        for row in values.chunks_exact_mut(width) {
            let line = transformed(row, sign);
            row.copy_from_slice(&line);
        }
        for at in 0..width {
            let column: Vec<Complex<f64>> = values.iter().skip(at).step_by(width).copied().collect();
            for (row, value) in transformed(&column, sign).into_iter().enumerate().take(height) {
                values[row * width + at] = value;
            }
        }
        values
    }
}

/// By the definition: images of such nets are small.
fn transformed(line: &[Complex<f64>], sign: f64) -> Vec<Complex<f64>> {
    let n = line.len();
    let waves: Vec<Complex<f64>> =
        (0..n).map(|at| Complex::from_polar(1.0, sign * TAU * at as f64 / n as f64)).collect();
    (0..n).map(|frequency| line.iter().enumerate().map(|(at, x)| x * waves[frequency * at % n]).sum()).collect()
}
