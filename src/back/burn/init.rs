//! What a parameter starts with.

use super::{gabor, held};
use burn::tensor::{DType, TensorData};
use lcnnc_kernels::draws::Draws;
use lcnnc_lang::ir::{Init, Param, one_kernel};
use std::iter;

/// The initial values of the parameter at that place of the net, in the width that the model keeps them in.
///
/// The key of the stream is the seed, its number the place: part of what a seed means, so it must not change. Each value
/// is drawn in double precision and rounded at once, so that a parameter never takes more memory than it will keep.
pub(super) fn values(param: &Param, seed: u64, index: usize, dtype: DType) -> TensorData {
    let (mut draws, dims) = (Draws::new(seed, index as u64), held(&param.shape));
    let signed = |x: f64| param.sign.map_or(x, |sign| sign.fold(x));
    if let Some(spread) = param.spread {
        let (_, one) = one_kernel(&param.shape);
        let kernel = kernel(&param.init, one, &mut draws);
        let sd = spread * param.init.sd(one);
        let places = kernel.iter().cycle().zip(normal(&mut draws));
        return rounded(places.map(|(x, z)| signed(x + sd * z)), dims, dtype);
    }
    match param.init {
        Init::Constant(x) => rounded(iter::repeat(signed(x)), dims, dtype),
        Init::Uniform(bound) => rounded(iter::repeat_with(|| signed(bound * (2.0 * draws.unit() - 1.0))), dims, dtype),
        Init::Normal { mean, sd } => rounded(normal(&mut draws).map(|z| signed(mean + sd * z)), dims, dtype),
        Init::Gabor { wavelength, sigma, aspect } => {
            rounded(gabor::bank(&param.shape, wavelength, sigma, aspect).map(signed), dims, dtype)
        }
    }
}

/// The weights of one kernel `[out, in, k, k]`.
fn kernel(init: &Init, one: &[usize], draws: &mut Draws) -> Vec<f64> {
    let len = one.iter().product();
    match *init {
        Init::Constant(x) => vec![x; len],
        Init::Uniform(bound) => first(iter::repeat_with(|| bound * (2.0 * draws.unit() - 1.0)), len),
        Init::Normal { mean, sd } => first(normal(draws).map(|z| mean + sd * z), len),
        Init::Gabor { wavelength, sigma, aspect } => first(gabor::bank(one, wavelength, sigma, aspect), len),
    }
}

/// A tensor of those dimensions, filled from `values`, each of which is rounded to `dtype` as it comes.
fn rounded(values: impl Iterator<Item = f64>, dims: [usize; 4], dtype: DType) -> TensorData {
    let len = dims.iter().product();
    match dtype {
        DType::F64 => TensorData::new(first(values, len), dims),
        _ => TensorData::new(first(values.map(|x| x as f32), len), dims),
    }
}

/// The first numbers of a row, in memory that is had once: a vector that grows would take up to three times as much.
fn first<T>(values: impl Iterator<Item = T>, len: usize) -> Vec<T> {
    let mut first = Vec::with_capacity(len);
    first.extend(values.take(len));
    first
}

/// Numbers of mean 0 and variance 1 without end.
fn normal(draws: &mut Draws) -> impl Iterator<Item = f64> {
    iter::repeat_with(|| draws.two_normal()).flatten()
}

/// The factors of a dropout, as they are drawn one after the other.
pub(super) fn mask(draws: &mut Draws, rate: f64, dims: [usize; 4], dtype: DType) -> TensorData {
    rounded(iter::repeat_with(|| draws.factor(rate)), dims, dtype)
}
