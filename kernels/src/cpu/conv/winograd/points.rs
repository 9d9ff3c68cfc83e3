//! The transforms of one tile: kernels and pixels to values at points, and products of these back to pixels.
//!
//! The product of a polynomial of 4 coefficients with one of 3 has 6 coefficients, so it is known from its values at 6
//! points: 6 multiplications instead of 12. Four pixels of a convolution, from 6 pixels by 3 taps, are the transpose of
//! such a product, and take 6 as well; so on each axis.
//!
//! Any six points would do in exact arithmetic. Rounding errors grow with the powers of the points, up to the fifth, and
//! with one over their distances, by whose products values are divided. The usual points 0, +-1, +-2 and infinity have
//! powers up to 32. Here they are 0, infinity, +-[`P`] and +-[`Q`] with `P Q = 1`: numbers neither grow nor shrink much
//! on the way to the points and back, and errors stay near those of the sum.

use pulp::Simd;
use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

/// The height, and width, of a kernel in pixels.
pub const KERNEL: usize = 3;
/// The height, and width, of a tile of the result in pixels.
pub const TILE: usize = 4;
/// The number of points on an axis, and of pixels of the input that a tile of the result needs on it.
pub const POINTS: usize = TILE + KERNEL - 1;

/// The smaller of the points, the root of a half; its negative is a point too.
const P: f32 = FRAC_1_SQRT_2;
/// The larger of the points, the root of two; its negative is a point too.
const Q: f32 = SQRT_2;

/// Transforms the three taps of a line of a kernel to points: the powers of each point, divided by the product of its
/// distances from the others.
#[inline(always)]
pub fn taps_to_points<S: Simd>(s: S, x: [S::f32s; KERNEL]) -> [S::f32s; POINTS] {
    let (third, sixth) = (s.splat_f32s(1.0 / 3.0), s.splat_f32s(1.0 / 6.0));
    let (two_thirds, p, q) = (s.splat_f32s(-2.0 / 3.0), s.splat_f32s(-2.0 / 3.0 * P), s.splat_f32s(Q / 6.0));
    let even_p = s.negate_mul_add_f32s(third, x[2], s.mul_f32s(two_thirds, x[0]));
    let even_q = s.mul_add_f32s(third, x[2], s.mul_f32s(sixth, x[0]));
    [
        x[0],
        s.mul_add_f32s(p, x[1], even_p),
        s.negate_mul_add_f32s(p, x[1], even_p),
        s.mul_add_f32s(q, x[1], even_q),
        s.negate_mul_add_f32s(q, x[1], even_q),
        x[2],
    ]
}

/// The backward pass of [`taps_to_points`], its transpose: the gradients of the values at the points to those of three
/// taps.
#[inline(always)]
pub fn taps_from_points<S: Simd>(s: S, y: [S::f32s; POINTS]) -> [S::f32s; KERNEL] {
    let (third, sixth) = (s.splat_f32s(1.0 / 3.0), s.splat_f32s(1.0 / 6.0));
    let (two_thirds, p, q) = (s.splat_f32s(-2.0 / 3.0), s.splat_f32s(-2.0 / 3.0 * P), s.splat_f32s(Q / 6.0));
    let (sum_p, sum_q) = (s.add_f32s(y[1], y[2]), s.add_f32s(y[3], y[4]));
    [
        s.mul_add_f32s(two_thirds, sum_p, s.mul_add_f32s(sixth, sum_q, y[0])),
        s.mul_add_f32s(p, s.sub_f32s(y[1], y[2]), s.mul_f32s(q, s.sub_f32s(y[3], y[4]))),
        s.mul_add_f32s(third, s.sub_f32s(sum_q, sum_p), y[5]),
    ]
}

/// Transforms six pixels of a line to points: the `i`th result has the coefficients of the product of `x - a` over all
/// points `a` but the `i`th.
#[inline(always)]
pub fn to_points<S: Simd>(s: S, x: [S::f32s; POINTS]) -> [S::f32s; POINTS] {
    let (p, q) = (s.splat_f32s(P), s.splat_f32s(Q));
    let (two, half, middle) = (s.splat_f32s(-2.0), s.splat_f32s(-0.5), s.splat_f32s(-2.5));
    let (even_p, odd_p) = (s.mul_add_f32s(two, x[2], x[4]), s.mul_add_f32s(two, x[1], x[3]));
    let (even_q, odd_q) = (s.mul_add_f32s(half, x[2], x[4]), s.mul_add_f32s(half, x[1], x[3]));
    [
        s.mul_add_f32s(middle, x[2], s.add_f32s(x[0], x[4])),
        s.mul_add_f32s(p, odd_p, even_p),
        s.negate_mul_add_f32s(p, odd_p, even_p),
        s.mul_add_f32s(q, odd_q, even_q),
        s.negate_mul_add_f32s(q, odd_q, even_q),
        s.mul_add_f32s(middle, x[3], s.add_f32s(x[1], x[5])),
    ]
}

/// Transforms values at the points to four pixels of a line: the `i`th result has the `i`th powers of the points.
#[inline(always)]
pub fn from_points<S: Simd>(s: S, x: [S::f32s; POINTS]) -> [S::f32s; TILE] {
    let (p, q, two, half) = (s.splat_f32s(P), s.splat_f32s(Q), s.splat_f32s(2.0), s.splat_f32s(0.5));
    let (even_p, odd_p) = (s.add_f32s(x[1], x[2]), s.mul_f32s(p, s.sub_f32s(x[1], x[2])));
    let (even_q, odd_q) = (s.add_f32s(x[3], x[4]), s.mul_f32s(q, s.sub_f32s(x[3], x[4])));
    [
        s.add_f32s(x[0], s.add_f32s(even_p, even_q)),
        s.add_f32s(odd_p, odd_q),
        s.mul_add_f32s(two, even_q, s.mul_f32s(half, even_p)),
        s.mul_add_f32s(two, odd_q, s.mul_add_f32s(half, odd_p, x[5])),
    ]
}

/// The backward pass of [`from_points`], its transpose: the gradients of four pixels to those of the values at the
/// points.
#[inline(always)]
pub fn from_points_backward<S: Simd>(s: S, y: [S::f32s; TILE]) -> [S::f32s; POINTS] {
    let (p, q, two, half) = (s.splat_f32s(P), s.splat_f32s(Q), s.splat_f32s(2.0), s.splat_f32s(0.5));
    let (even_p, odd_p) = (s.mul_add_f32s(half, y[2], y[0]), s.mul_add_f32s(half, y[3], y[1]));
    let (even_q, odd_q) = (s.mul_add_f32s(two, y[2], y[0]), s.mul_add_f32s(two, y[3], y[1]));
    [
        y[0],
        s.mul_add_f32s(p, odd_p, even_p),
        s.negate_mul_add_f32s(p, odd_p, even_p),
        s.mul_add_f32s(q, odd_q, even_q),
        s.negate_mul_add_f32s(q, odd_q, even_q),
        y[3],
    ]
}
