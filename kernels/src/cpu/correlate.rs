//! The gradients of kernels as spectra: each output's gradient times each input's conjugate, summed over the images.

use super::lanes::{LANES, transpose};
use super::spectral::Spectral;
use pulp::{Simd, WithSimd};

/// Inputs that make a square of cells: their real parts, then their imaginary ones.
const TILE: usize = LANES / 2;

/// Fewer inputs than this leave too much of a square empty.
const FEW: usize = 4;

/// One frequency's share of the kernels' sums. `x` is `[inputs, n]`, `dy` `[outputs, n]`, `sums` `[n, 2, pairs]`, where
/// pair `output * inputs + input` is summed up.
pub struct Correlate<'a> {
    pub spectral: &'a Spectral,
    pub x: &'a [f32],
    pub dy: &'a [f32],
    pub sums: &'a mut [f32],
}

impl WithSimd for Correlate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        let inputs = self.spectral.inputs;
        if inputs < FEW {
            return self.few(s);
        }
        for first in (0..inputs).step_by(TILE) {
            self.tile(s, first);
        }
    }
}

impl Correlate<'_> {
    /// Images are lanes, and what is summed over them would have to be added up across a vector. With a square of cells
    /// mirrored, inputs are lanes and images come one after the other.
    #[inline(always)]
    fn tile<S: Simd>(&mut self, s: S, first: usize) {
        let Spectral { inputs, outputs, pairs, .. } = *self.spectral;
        let n = self.spectral.columns.len;
        let count = TILE.min(inputs - first);
        let (mut square, mut mirrored) = ([0.0; LANES * LANES], [0.0; LANES * LANES]);
        for f in 0..n {
            for c in 0..count {
                let cells = &self.x[((first + c) * n + f) * 2 * LANES..][..2 * LANES];
                square[c * LANES..][..LANES].copy_from_slice(&cells[..LANES]);
                square[(TILE + c) * LANES..][..LANES].copy_from_slice(&cells[LANES..]);
            }
            transpose(&square, &mut mirrored);
            let (real, imaginary) = self.sums[f * 2 * pairs..][..2 * pairs].split_at_mut(pairs);
            let mut o = 0;
            while o < outputs {
                let at = |o: usize| o * inputs + first;
                let mut products = [[[0.0; LANES]; 2]; 4];
                let some = if outputs - o >= 4 {
                    products_of::<S, 4>(s, &mirrored, self.dy, [o, n, f], &mut products);
                    4
                } else {
                    products_of::<S, 1>(s, &mirrored, self.dy, [o, n, f], &mut products);
                    1
                };
                for (m, [by_real, by_imaginary]) in products.iter().enumerate().take(some) {
                    let (re, im) = (&mut real[at(o + m)..][..count], &mut imaginary[at(o + m)..][..count]);
                    for c in 0..count {
                        re[c] += by_real[c] + by_imaginary[TILE + c];
                        im[c] += by_imaginary[c] - by_real[TILE + c];
                    }
                }
                o += some;
            }
        }
    }

    #[inline(always)]
    fn few<S: Simd>(&mut self, s: S) {
        let parts = LANES / S::F32_LANES;
        let Spectral { inputs, outputs, pairs, .. } = *self.spectral;
        let n = self.spectral.columns.len;
        let (x, dy) = (S::as_simd_f32s(self.x).0, S::as_simd_f32s(self.dy).0);
        for (f, sums) in self.sums.chunks_exact_mut(2 * pairs).enumerate() {
            let (real, imaginary) = sums.split_at_mut(pairs);
            for c in 0..inputs {
                let x = &x[(c * n + f) * 2 * parts..][..2 * parts];
                for o in 0..outputs {
                    let dy = &dy[(o * n + f) * 2 * parts..][..2 * parts];
                    let (mut re, mut im) = (s.splat_f32s(0.0), s.splat_f32s(0.0));
                    for p in 0..parts {
                        let ([xr, xi], [yr, yi]) = ([x[p], x[parts + p]], [dy[p], dy[parts + p]]);
                        re = s.mul_add_f32s(yr, xr, s.mul_add_f32s(yi, xi, re));
                        im = s.negate_mul_add_f32s(yr, xi, s.mul_add_f32s(yi, xr, im));
                    }
                    real[o * inputs + c] += s.reduce_sum_f32s(re);
                    imaginary[o * inputs + c] += s.reduce_sum_f32s(im);
                }
            }
        }
    }
}

/// Of `M` outputs from `o` on, the real and the imaginary part of the gradient times a mirrored square.
#[inline(always)]
fn products_of<S: Simd, const M: usize>(
    s: S,
    mirrored: &[f32; LANES * LANES],
    dy: &[f32],
    [o, n, f]: [usize; 3],
    products: &mut [[[f32; LANES]; 2]; 4],
) {
    let parts = LANES / S::F32_LANES;
    let square = S::as_simd_f32s(mirrored).0;
    for p in 0..parts {
        let mut by_real = [s.splat_f32s(0.0); M];
        let mut by_imaginary = [s.splat_f32s(0.0); M];
        for lane in 0..LANES {
            let x = square[lane * parts + p];
            for m in 0..M {
                let cells = &dy[((o + m) * n + f) * 2 * LANES..][..2 * LANES];
                by_real[m] = s.mul_add_f32s(s.splat_f32s(cells[lane]), x, by_real[m]);
                by_imaginary[m] = s.mul_add_f32s(s.splat_f32s(cells[LANES + lane]), x, by_imaginary[m]);
            }
        }
        for m in 0..M {
            S::as_mut_simd_f32s(&mut products[m][0]).0[p] = by_real[m];
            S::as_mut_simd_f32s(&mut products[m][1]).0[p] = by_imaginary[m];
        }
    }
}
