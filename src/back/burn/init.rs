//! What a parameter starts with.

use super::{gabor, held};
use crate::ir::{Init, Param};
use burn::tensor::TensorData;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The initial values of the parameter at that place of the net.
///
/// The key of the stream is the seed, its number the place: part of what a seed means, so it must not change.
pub(super) fn values(param: &Param, seed: u64, index: usize) -> TensorData {
    let mut random = stream(seed, index as u64);
    let mut values: Vec<f64> = match param.init {
        Init::Constant(x) => vec![x; param.len()],
        Init::Uniform(bound) => (0..param.len()).map(|_| bound * (2.0 * unit(&mut random) - 1.0)).collect(),
        Init::Normal { mean, sd } => normal(&mut random, param.len()).map(|z| mean + sd * z).collect(),
        Init::Gabor { wavelength, sigma, aspect } => gabor::bank(&param.shape, wavelength, sigma, aspect),
    };
    if let Some(sign) = param.sign {
        values.iter_mut().for_each(|x| *x = sign.fold(*x));
    }
    TensorData::new(values, held(&param.shape))
}

/// So many numbers of mean 0 and variance 1 (Box & Muller, 1958): two uniform ones give two.
fn normal(random: &mut ChaCha8Rng, len: usize) -> impl Iterator<Item = f64> {
    let pairs = (0..len.div_ceil(2)).flat_map(|_| {
        // The logarithm of zero is not to be asked for.
        let length = (-2.0 * (1.0 - unit(random)).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * unit(random)).sin_cos();
        [length * cos, length * sin]
    });
    pairs.take(len)
}

/// Dropout's factors: 0 with probability `rate`, `1 / (1 - rate)` otherwise.
pub(super) fn mask(random: &mut ChaCha8Rng, rate: f64, dims: [usize; 4]) -> TensorData {
    let kept = 1.0 / (1.0 - rate);
    let values: Vec<f64> = (0..dims.iter().product()).map(|_| if unit(random) < rate { 0.0 } else { kept }).collect();
    TensorData::new(values, dims)
}

pub(super) fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(stream);
    random
}

/// Uniform in `[0, 1)`, with all the digits of double precision.
fn unit(random: &mut ChaCha8Rng) -> f64 {
    const STEP: f64 = 1.0 / (1u64 << 53) as f64;
    (random.next_u64() >> 11) as f64 * STEP
}
