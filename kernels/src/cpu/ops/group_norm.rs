//! Group normalisation of a block's maps, forward and backward: first the mean of each group, then its variance from
//! the differences, for each lane by itself.

use crate::cpu::lanes::LANES;
use crate::image_norm::GroupNorm;
use pulp::{Simd, WithSimd};

/// Normalises the cells `x`, `[channels, height, width]`, to `y`.
pub struct GroupNormForward<'a> {
    pub norm: &'a GroupNorm,
    pub x: &'a [f32],
    pub y: &'a mut [f32],
}

impl WithSimd for GroupNormForward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { norm, x, y } = self;
        let size = x.len() / norm.groups;
        for (x, y) in x.chunks_exact(size).zip(y.chunks_exact_mut(size)) {
            let (x, y) = (S::as_simd_f32s(x).0, S::as_mut_simd_f32s(y).0);
            let Moments { mean, per_deviation } = Moments::of(s, norm, x);
            let parts = LANES / S::F32_LANES;
            for (x, y) in x.chunks_exact(parts).zip(y.chunks_exact_mut(parts)) {
                for p in 0..parts {
                    y[p] = s.mul_f32s(s.sub_f32s(x[p], mean[p]), per_deviation[p]);
                }
            }
        }
    }
}

/// Computes `dx`, the gradient of what was normalised, from `dy`, that of the result; all are `[channels, height,
/// width]` cells.
///
/// With the result `y`, and `d` one over the root of the variance, `dx = d * (dy - mean(dy) - y * mean(dy * y))`.
pub struct GroupNormBackward<'a> {
    pub norm: &'a GroupNorm,
    pub x: &'a [f32],
    pub dy: &'a [f32],
    pub dx: &'a mut [f32],
}

impl WithSimd for GroupNormBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { norm, x, dy, dx } = self;
        let parts = LANES / S::F32_LANES;
        let size = x.len() / norm.groups;
        for ((x, dy), dx) in x.chunks_exact(size).zip(dy.chunks_exact(size)).zip(dx.chunks_exact_mut(size)) {
            let (x, dy, dx) = (S::as_simd_f32s(x).0, S::as_simd_f32s(dy).0, S::as_mut_simd_f32s(dx).0);
            let Moments { mean, per_deviation } = Moments::of(s, norm, x);
            let mean_gradient = means::<S, Itself>(s, dy, x, &mean);
            let mut slope = means::<S, Product>(s, dy, x, &mean);
            for p in 0..parts {
                slope[p] = s.mul_f32s(slope[p], per_deviation[p]);
            }
            let cells = x.chunks_exact(parts).zip(dy.chunks_exact(parts));
            for ((x, dy), dx) in cells.zip(dx.chunks_exact_mut(parts)) {
                for p in 0..parts {
                    let y = s.mul_f32s(s.sub_f32s(x[p], mean[p]), per_deviation[p]);
                    let difference = s.negate_mul_add_f32s(y, slope[p], s.sub_f32s(dy[p], mean_gradient[p]));
                    dx[p] = s.mul_f32s(difference, per_deviation[p]);
                }
            }
        }
    }
}

/// One vector for each part of a cell; there are no more than [`LANES`] parts.
type Cell<S> = [<S as Simd>::f32s; LANES];

/// The mean of a group, and one over the root of its variance and `epsilon`.
struct Moments<S: Simd> {
    mean: Cell<S>,
    per_deviation: Cell<S>,
}

impl<S: Simd> Moments<S> {
    #[inline(always)]
    fn of(s: S, norm: &GroupNorm, x: &[S::f32s]) -> Self {
        let none = [s.splat_f32s(0.0); LANES];
        let mean = means::<S, Itself>(s, x, x, &none);
        let mut per_deviation = means::<S, Square>(s, x, x, &mean);
        for x in &mut per_deviation {
            let variance = s.add_f32s(*x, s.splat_f32s(norm.epsilon as f32));
            *x = s.div_f32s(s.splat_f32s(1.0), s.sqrt_f32s(variance));
        }
        Self { mean, per_deviation }
    }
}

/// A way to add to the sum that a mean is made of, as [`Itself`], [`Square`] and [`Product`] say. It is a trait and no closure,
/// because only what is inlined is compiled for the vectors at hand.
trait Summand<S: Simd> {
    fn add(s: S, sum: S::f32s, value: S::f32s, x: S::f32s, mean: S::f32s) -> S::f32s;
}

/// The value itself.
struct Itself;
/// The square of the difference between `x` and its mean.
struct Square;
/// The value times the difference between `x` and its mean.
struct Product;

impl<S: Simd> Summand<S> for Itself {
    #[inline(always)]
    fn add(s: S, sum: S::f32s, value: S::f32s, _x: S::f32s, _mean: S::f32s) -> S::f32s {
        s.add_f32s(sum, value)
    }
}

impl<S: Simd> Summand<S> for Square {
    #[inline(always)]
    fn add(s: S, sum: S::f32s, _value: S::f32s, x: S::f32s, mean: S::f32s) -> S::f32s {
        let difference = s.sub_f32s(x, mean);
        s.mul_add_f32s(difference, difference, sum)
    }
}

impl<S: Simd> Summand<S> for Product {
    #[inline(always)]
    fn add(s: S, sum: S::f32s, value: S::f32s, x: S::f32s, mean: S::f32s) -> S::f32s {
        s.mul_add_f32s(value, s.sub_f32s(x, mean), sum)
    }
}

/// Computes the mean over all cells of a group, lane by lane. Some cells at a time are summed before their sum is added
/// to the others': the rounding errors of one long sum would grow with its length.
#[inline(always)]
fn means<S: Simd, F: Summand<S>>(s: S, values: &[S::f32s], x: &[S::f32s], mean: &Cell<S>) -> Cell<S> {
    /// Cells of a sum.
    const CHUNK: usize = 64;
    let parts = LANES / S::F32_LANES;
    let mut sums = [s.splat_f32s(0.0); LANES];
    for (values, x) in values.chunks(CHUNK * parts).zip(x.chunks(CHUNK * parts)) {
        for p in 0..parts {
            let mut sum = s.splat_f32s(0.0);
            for (value, x) in values.chunks_exact(parts).zip(x.chunks_exact(parts)) {
                sum = F::add(s, sum, value[p], x[p], mean[p]);
            }
            sums[p] = s.add_f32s(sums[p], sum);
        }
    }
    let count = s.splat_f32s((values.len() / parts) as f32);
    for sum in &mut sums {
        *sum = s.div_f32s(*sum, count);
    }
    sums
}
