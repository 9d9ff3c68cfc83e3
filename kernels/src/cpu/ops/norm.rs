//! Rows of a batch normalisation: what is added up over the batch, and what is made once the batch has met.

use crate::batch_norm::{NormNumbers, Sums};
use crate::cpu::lanes::LANES;
use crate::cpu::vectors::select;
use pulp::{Simd, WithSimd};

/// Computes `y = (x - mean) * factor + offset`.
#[inline(always)]
pub fn normalise<S: Simd>(s: S, numbers: NormNumbers, x: &[S::f32s], y: &mut [S::f32s]) {
    let NormNumbers { mean, factor, offset, .. } = numbers;
    let [mean, factor, offset] = [s.splat_f32s(mean), s.splat_f32s(factor), s.splat_f32s(offset)];
    for (x, y) in x.iter().zip(y) {
        *y = s.mul_add_f32s(s.sub_f32s(*x, mean), factor, offset);
    }
}

/// Computes `dx = dy * factor + (x - mean) * slope + offset` in the lanes that have an image, and zero in the others, of which no
/// gradient may come. With running statistics, slope and offset are 0, and an infinite `x` has no part in the gradient.
#[inline(always)]
pub fn normalise_backward<S: Simd>(
    s: S,
    numbers: NormNumbers,
    images: usize,
    [dy, x]: [&[S::f32s]; 2],
    dx: &mut [S::f32s],
) {
    let NormNumbers { mean, factor, slope, offset } = numbers;
    let splat = [s.splat_f32s(mean), s.splat_f32s(factor), s.splat_f32s(slope), s.splat_f32s(offset)];
    let [centre, by_dy, by_x, constant] = splat;
    if slope == 0.0 && offset == 0.0 {
        for (dy, dx) in dy.iter().zip(dx) {
            *dx = s.mul_f32s(*dy, by_dy);
        }
        return;
    }
    for ((dy, x), dx) in dy.iter().zip(x).zip(&mut *dx) {
        *dx = s.mul_add_f32s(*dy, by_dy, s.mul_add_f32s(s.sub_f32s(*x, centre), by_x, constant));
    }
    if images < LANES {
        let (lanes, zero) = (lanes(images), s.splat_f32s(0.0));
        let lanes = S::as_simd_f32s(&lanes).0;
        for cell in dx.chunks_exact_mut(lanes.len()) {
            for (x, lane) in cell.iter_mut().zip(lanes) {
                *x = select(s, s.equal_f32s(*lane, zero), zero, *x);
            }
        }
    }
}

/// A cell with 1 in the lanes that have an image, and 0 in the others.
fn lanes(images: usize) -> [f32; LANES] {
    std::array::from_fn(|lane| if lane < images { 1.0 } else { 0.0 })
}

/// Adds up a row over all lanes that have an image: forward `x` and its square, backward `dy` and `dy * x`.
///
/// A channel's mean may be far from 0, and single precision would then lose the digits that the variance is made of. So a
/// number of the row is taken off all of them first, and what is missing is added in double precision.
pub struct BatchSumsOfRow<'a> {
    /// The gradient; none forward.
    pub dy: Option<&'a [f32]>,
    pub x: &'a [f32],
    /// How many lanes have an image.
    pub images: usize,
}

/// The number of sums that are added up side by side.
const CHAINS: usize = 4;

#[inline(always)]
fn sum<S: Simd>(s: S, [a, b, c, d]: [S::f32s; CHAINS]) -> S::f32s {
    s.add_f32s(s.add_f32s(a, b), s.add_f32s(c, d))
}

impl WithSimd for BatchSumsOfRow<'_> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) -> Sums {
        let Self { dy: gradient, x: row, images } = self;
        let near = row.first().copied().filter(|x| x.is_finite()).unwrap_or(0.0);
        // Forward, `x - near` stands where the gradient does backward.
        let (dy, shift) = gradient.map_or((row, near), |dy| (dy, 0.0));
        let (x, dy) = (S::as_simd_f32s(row).0, S::as_simd_f32s(dy).0);
        let (pivot, shift) = (s.splat_f32s(near), s.splat_f32s(shift));
        let parts = LANES / S::F32_LANES;
        // Every lane of a cell has sums of its own, of which those without an image are left out at the end.
        let mut sums = [[0.0; LANES]; 2];
        let [first, second] = sums.each_mut().map(|sums| S::as_mut_simd_f32s(sums).0);
        for p in 0..parts {
            // Several sums, so that one addition need not wait for another.
            let (mut one, mut two) = ([s.splat_f32s(0.0); CHAINS], [s.splat_f32s(0.0); CHAINS]);
            let (xs, dys) = (x.chunks_exact(CHAINS * parts), dy.chunks_exact(CHAINS * parts));
            let (x_rest, dy_rest) = (xs.remainder().chunks_exact(parts), dys.remainder().chunks_exact(parts));
            for (x, dy) in xs.zip(dys) {
                for n in 0..CHAINS {
                    let (off, dy) = (s.sub_f32s(x[n * parts + p], pivot), s.sub_f32s(dy[n * parts + p], shift));
                    one[n] = s.add_f32s(one[n], dy);
                    two[n] = s.mul_add_f32s(dy, off, two[n]);
                }
            }
            for (x, dy) in x_rest.zip(dy_rest) {
                let (off, dy) = (s.sub_f32s(x[p], pivot), s.sub_f32s(dy[p], shift));
                one[0] = s.add_f32s(one[0], dy);
                two[0] = s.mul_add_f32s(dy, off, two[0]);
            }
            (first[p], second[p]) = (sum(s, one), sum(s, two));
        }
        let [one, two] = sums.map(|sums| sums[..images].iter().map(|x| f64::from(*x)).sum::<f64>());
        let (near, count) = (f64::from(near), (row.len() / LANES * images) as f64);
        match gradient {
            Some(_) => [one, two + near * one],
            None => [one + near * count, two + near * (2.0 * one + near * count)],
        }
    }
}
