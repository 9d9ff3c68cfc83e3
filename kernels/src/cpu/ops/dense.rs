//! Dense layers of a block, forward and backward.

use crate::cpu::lanes::{LANES, transpose};
use pulp::{Simd, WithSimd};

/// Computes `M` outputs from output `first` on, and returns `M`. Several at a time, so that a cell of `x` that has been
/// read serves them all, and so that their sums do not wait for each other.
#[inline(always)]
fn some_outputs<S: Simd, const M: usize>(
    s: S,
    weight: &[f32],
    inputs: usize,
    first: usize,
    x: &[S::f32s],
    y: &mut [S::f32s],
) -> usize {
    let parts = LANES / S::F32_LANES;
    for p in 0..parts {
        let mut sums = [s.splat_f32s(0.0); M];
        for n in 0..inputs {
            for m in 0..M {
                let w = s.splat_f32s(weight[(first + m) * inputs + n]);
                sums[m] = s.mul_add_f32s(w, x[n * parts + p], sums[m]);
            }
        }
        for m in 0..M {
            y[(first + m) * parts + p] = sums[m];
        }
    }
    M
}

/// Computes a dense layer, `y[o] = sum over n of weight[o, n] * x[n]`, from `[inputs]` cells to `[outputs]` cells.
pub struct Dense<'a> {
    pub weight: &'a [f32],
    pub x: &'a [f32],
    pub y: &'a mut [f32],
}

impl WithSimd for Dense<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { weight, x, y } = self;
        let parts = LANES / S::F32_LANES;
        let (x, y) = (S::as_simd_f32s(x).0, S::as_mut_simd_f32s(y).0);
        let (inputs, outputs) = (x.len() / parts, y.len() / parts);
        let mut first = 0;
        while first < outputs {
            first += match outputs - first {
                8.. => some_outputs::<S, 8>(s, weight, inputs, first, x, y),
                4.. => some_outputs::<S, 4>(s, weight, inputs, first, x, y),
                2.. => some_outputs::<S, 2>(s, weight, inputs, first, x, y),
                _ => some_outputs::<S, 1>(s, weight, inputs, first, x, y),
            };
        }
    }
}

/// Computes the gradient of what a dense layer has read, `dx[n] = sum over o of weight[o, n] * dy[o]`, from `[outputs]`
/// cells to `[inputs]` cells.
pub struct DenseBackward<'a> {
    pub weight: &'a [f32],
    pub dy: &'a [f32],
    pub dx: &'a mut [f32],
}

impl WithSimd for DenseBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { weight, dy, dx } = self;
        let parts = LANES / S::F32_LANES;
        let (dy, dx) = (S::as_simd_f32s(dy).0, S::as_mut_simd_f32s(dx).0);
        let inputs = dx.len() / parts;
        for (n, dx) in dx.chunks_exact_mut(parts).enumerate() {
            for (p, dx) in dx.iter_mut().enumerate() {
                let mut sum = s.splat_f32s(0.0);
                for (o, dy) in dy.chunks_exact(parts).enumerate() {
                    sum = s.mul_add_f32s(s.splat_f32s(weight[o * inputs + n]), dy[p], sum);
                }
                *dx = sum;
            }
        }
    }
}

/// Adds to the gradient of a dense layer's weight: `dw[o, n] += sum over images of dy[o] * x[n]`, where `x` is
/// `[inputs]` cells, `dy` `[outputs]` cells, and `dw` plain numbers `[outputs, inputs]`.
///
/// Images are lanes, so the sum over them would have to be added up across a vector. After a square of sixteen cells of
/// `x` is transposed, its entries are lanes and the images come one after the other.
pub struct DenseWeight<'a> {
    pub x: &'a [f32],
    pub dy: &'a [f32],
    pub dw: &'a mut [f32],
}

impl WithSimd for DenseWeight<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { x, dy, dw } = self;
        let inputs = x.len() / LANES;
        let (mut square, mut transposed) = ([0.0; LANES * LANES], [0.0; LANES * LANES]);
        for (n, x) in x.chunks(LANES * LANES).enumerate() {
            square[..x.len()].copy_from_slice(x);
            square[x.len()..].fill(0.0);
            transpose::<S>(&square, &mut transposed);
            let entries = x.len() / LANES;
            for (o, dy) in dy.chunks_exact(LANES).enumerate() {
                let mut sums = [0.0; LANES];
                let sum = S::as_mut_simd_f32s(&mut sums).0;
                let parts = sum.len();
                for (lane, x) in S::as_simd_f32s(&transposed).0.chunks_exact(parts).enumerate() {
                    let dy = s.splat_f32s(dy[lane]);
                    for p in 0..parts {
                        sum[p] = s.mul_add_f32s(dy, x[p], sum[p]);
                    }
                }
                let dw = &mut dw[o * inputs + n * LANES..][..entries];
                dw.iter_mut().zip(sums).for_each(|(dw, sum)| *dw += sum);
            }
        }
    }
}
