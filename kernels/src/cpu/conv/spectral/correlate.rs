//! The gradients of kernels as spectra: the product of each output's gradient with the conjugate of each input, summed
//! over the images of a block.

use super::Spectral;
use crate::cpu::conv::sizes::Sizes;
use crate::cpu::lanes::{LANES, transpose};
use pulp::{Simd, WithSimd};

/// The number of inputs whose real parts and imaginary parts together make a square of sixteen cells.
const TILE: usize = LANES / 2;

/// The fewest inputs for which it pays to transpose a square; fewer leave too much of it empty.
const FEW: usize = 4;

/// Adds to the sums of one row frequency: `x` are the spectra of the inputs, `[inputs, n]`, `dy` those of the outputs'
/// gradients, `[outputs, n]`, and `sums` plain numbers `[n, 2, pairs]`, where pair `output * inputs + input` is summed
/// up.
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
        let inputs = self.spectral.sizes.inputs;
        if inputs < FEW {
            return self.few(s);
        }
        for first in (0..inputs).step_by(TILE) {
            self.tile(s, first);
        }
    }
}

impl Correlate<'_> {
    /// Adds the products of up to [`TILE`] inputs from `first` on, with all outputs.
    ///
    /// Images are lanes, and what is summed over them would have to be added up across a vector. After a square of
    /// cells is transposed, inputs are lanes and images come one after the other.
    #[inline(always)]
    fn tile<S: Simd>(&mut self, s: S, first: usize) {
        let (Sizes { inputs, outputs, .. }, pairs) = (self.spectral.sizes, self.spectral.pairs);
        let n = self.spectral.columns.len;
        let count = TILE.min(inputs - first);
        let (mut square, mut transposed) = ([0.0; LANES * LANES], [0.0; LANES * LANES]);
        for f in 0..n {
            for c in 0..count {
                let cells = &self.x[((first + c) * n + f) * 2 * LANES..][..2 * LANES];
                square[c * LANES..][..LANES].copy_from_slice(&cells[..LANES]);
                square[(TILE + c) * LANES..][..LANES].copy_from_slice(&cells[LANES..]);
            }
            transpose::<S>(&square, &mut transposed);
            let (real, imaginary) = self.sums[f * 2 * pairs..][..2 * pairs].split_at_mut(pairs);
            let mut o = 0;
            while o < outputs {
                let at = OutputPoint { output: o, points: n, point: f };
                let mut products = [[[0.0; LANES]; 2]; 4];
                let some = if outputs - o >= 4 {
                    products_of::<S, 4>(s, &transposed, self.dy, at, &mut products);
                    4
                } else {
                    products_of::<S, 1>(s, &transposed, self.dy, at, &mut products);
                    1
                };
                for (m, [by_real, by_imaginary]) in products.iter().enumerate().take(some) {
                    let pair = (o + m) * inputs + first;
                    let (re, im) = (&mut real[pair..][..count], &mut imaginary[pair..][..count]);
                    match (re.as_mut_array::<TILE>(), im.as_mut_array::<TILE>()) {
                        // Of a known number, sums are added up as vectors.
                        (Some(re), Some(im)) => add_products(by_real, by_imaginary, re, im),
                        _ => add_products(by_real, by_imaginary, re, im),
                    }
                }
                o += some;
            }
        }
    }

    /// Adds the products of all inputs where they are few: image by image, and then across the vector.
    #[inline(always)]
    fn few<S: Simd>(&mut self, s: S) {
        let parts = LANES / S::F32_LANES;
        let (Sizes { inputs, outputs, .. }, pairs) = (self.spectral.sizes, self.spectral.pairs);
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

/// Adds the products of inputs to their sums: those by the real parts and those by the imaginary parts of a gradient, each with the
/// real parts of the inputs first and their imaginary parts in the second half.
#[inline(always)]
fn add_products(by_real: &[f32; LANES], by_imaginary: &[f32; LANES], re: &mut [f32], im: &mut [f32]) {
    for (c, (re, im)) in re.iter_mut().zip(im).take(TILE).enumerate() {
        *re += by_real[c] + by_imaginary[TILE + c];
        *im += by_imaginary[c] - by_real[TILE + c];
    }
}

/// A point of the spectra of outputs, `[outputs, points]`, from one output on.
#[derive(Clone, Copy)]
struct OutputPoint {
    output: usize,
    points: usize,
    point: usize,
}

/// Multiplies a transposed square of inputs by the real parts, and by the imaginary parts, of the gradients of `M`
/// outputs at one point, summed over the images; each product has an input in each lane.
#[inline(always)]
fn products_of<S: Simd, const M: usize>(
    s: S,
    transposed: &[f32; LANES * LANES],
    dy: &[f32],
    OutputPoint { output, points, point }: OutputPoint,
    products: &mut [[[f32; LANES]; 2]; 4],
) {
    let parts = LANES / S::F32_LANES;
    let square = S::as_simd_f32s(transposed).0;
    let mut cells = [&[0.0; 2 * LANES]; M];
    for (m, cells) in cells.iter_mut().enumerate() {
        *cells = &dy.as_chunks::<{ 2 * LANES }>().0[(output + m) * points + point];
    }
    for p in 0..parts {
        let mut by_real = [s.splat_f32s(0.0); M];
        let mut by_imaginary = [s.splat_f32s(0.0); M];
        for lane in 0..LANES {
            let x = square[lane * parts + p];
            for m in 0..M {
                by_real[m] = s.mul_add_f32s(s.splat_f32s(cells[m][lane]), x, by_real[m]);
                by_imaginary[m] = s.mul_add_f32s(s.splat_f32s(cells[m][LANES + lane]), x, by_imaginary[m]);
            }
        }
        for m in 0..M {
            S::as_mut_simd_f32s(&mut products[m][0]).0[p] = by_real[m];
            S::as_mut_simd_f32s(&mut products[m][1]).0[p] = by_imaginary[m];
        }
    }
}
