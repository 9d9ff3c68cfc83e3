//! Rows of a batch normalisation: what is added up over the batch, and what is made once the batch has met.

use crate::cpu::lanes::LANES;
use crate::cpu::vectors::select;
use pulp::{Simd, WithSimd};

/// Computes `y = x * c[0] + c[1]`.
#[inline(always)]
pub fn normalise<S: Simd>(s: S, constants: [f32; 3], x: &[S::f32s], y: &mut [S::f32s]) {
    let [factor, offset, _] = constants.map(|c| s.splat_f32s(c));
    for (x, y) in x.iter().zip(y) {
        *y = s.mul_add_f32s(*x, factor, offset);
    }
}

/// Computes `dx = dy * c[0] + x * c[1] + c[2]` in the lanes that have an image, and zero in the others, of which no gradient
/// may come. With running statistics, `c[1]` and `c[2]` are 0, and an infinite `x` has no part in the gradient.
#[inline(always)]
pub fn normalise_backward<S: Simd>(
    s: S,
    constants: [f32; 3],
    images: usize,
    [dy, x]: [&[S::f32s]; 2],
    dx: &mut [S::f32s],
) {
    let [factor, slope, offset] = constants.map(|c| s.splat_f32s(c));
    if constants[1] == 0.0 && constants[2] == 0.0 {
        for (dy, dx) in dy.iter().zip(dx) {
            *dx = s.mul_f32s(*dy, factor);
        }
        return;
    }
    for ((dy, x), dx) in dy.iter().zip(x).zip(&mut *dx) {
        *dx = s.mul_add_f32s(*dy, factor, s.mul_add_f32s(*x, slope, offset));
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

/// Adds up a row over all lanes that have an image: forward `x - p` and its square, backward `dy` and `dy * (x - p)`.
pub struct BatchSumsOfRow<'a> {
    /// The gradient; none forward.
    pub dy: Option<&'a [f32]>,
    pub x: &'a [f32],
    /// See [`crate::batch_norm::Meeting::pivot`].
    pub pivot: f32,
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
    type Output = [f32; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) -> [f32; 2] {
        let Self { dy, x, pivot, images } = self;
        // Forward, `x - p` stands where the gradient does backward.
        let (dy, shift) = dy.map_or((x, pivot), |dy| (dy, 0.0));
        let [x, dy] = [x, dy].map(|row| S::as_simd_f32s(row).0);
        let [pivot, shift] = [pivot, shift].map(|number| s.splat_f32s(number));
        let parts = LANES / S::F32_LANES;
        // Every lane of a cell has sums of its own, of which those without an image are left out at the end.
        let mut sums = [[0.0; LANES]; 2];
        let [first, second] = sums.each_mut().map(|sums| S::as_mut_simd_f32s(sums).0);
        for p in 0..parts {
            // Several sums, so that one addition need not wait for another.
            let (mut one, mut two) = ([s.splat_f32s(0.0); CHAINS], [s.splat_f32s(0.0); CHAINS]);
            let (xs, dys) = (x.chunks_exact(CHAINS * parts), dy.chunks_exact(CHAINS * parts));
            let rest = [xs.remainder(), dys.remainder()].map(|rest| rest.chunks_exact(parts));
            for (x, dy) in xs.zip(dys) {
                for n in 0..CHAINS {
                    let (off, dy) = (s.sub_f32s(x[n * parts + p], pivot), s.sub_f32s(dy[n * parts + p], shift));
                    one[n] = s.add_f32s(one[n], dy);
                    two[n] = s.mul_add_f32s(dy, off, two[n]);
                }
            }
            let [xs, dys] = rest;
            for (x, dy) in xs.zip(dys) {
                let (off, dy) = (s.sub_f32s(x[p], pivot), s.sub_f32s(dy[p], shift));
                one[0] = s.add_f32s(one[0], dy);
                two[0] = s.mul_add_f32s(dy, off, two[0]);
            }
            (first[p], second[p]) = (sum(s, one), sum(s, two));
        }
        sums.map(|sums| sums[..images].iter().sum())
    }
}
