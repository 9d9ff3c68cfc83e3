//! Elementwise functions on a row of cells, and sums of rows.

use super::math;
use super::norm::{normalise, normalise_backward};
use crate::batch_norm::NormNumbers;
use crate::cpu::vectors::{abs, neg, select};
use crate::graph::Map;
use pulp::{Simd, WithSimd};

/// Applies a function to every number of the row `x`, or to every pair of numbers of `x` and `other`, and writes the
/// row `y`.
pub struct MapRow<'a> {
    pub map: Map,
    /// The number of the row's channel, for a function that has one for each channel; see [`Map::slot`].
    pub channel: f32,
    /// The numbers of the row's channel, for a batch normalisation.
    pub norm: NormNumbers,
    /// How many lanes have an image.
    pub images: usize,
    pub x: &'a [f32],
    /// The second row; for a function of one number any row of the same length.
    pub other: &'a [f32],
    pub y: &'a mut [f32],
}

impl WithSimd for MapRow<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let (x, other) = (S::as_simd_f32s(self.x).0, S::as_simd_f32s(self.other).0);
        let y = S::as_mut_simd_f32s(self.y).0;
        map(s, self.map, (self.channel, self.norm), self.images, [x, other], y);
    }
}

#[inline(always)]
fn map<S: Simd>(
    s: S,
    map: Map,
    (channel, norm): (f32, NormNumbers),
    images: usize,
    [x, other]: [&[S::f32s]; 2],
    y: &mut [S::f32s],
) {
    match map {
        Map::Negate => one::<S, Negate>(s, 0.0, x, y),
        Map::Abs => one::<S, Abs>(s, 0.0, x, y),
        Map::Exp => one::<S, Exp>(s, 0.0, x, y),
        Map::Log => one::<S, Log>(s, 0.0, x, y),
        Map::Sqrt => one::<S, Sqrt>(s, 0.0, x, y),
        Map::Square => one::<S, Square>(s, 0.0, x, y),
        Map::Relu => one::<S, Relu>(s, 0.0, x, y),
        Map::Tanh => one::<S, Tanh>(s, 0.0, x, y),
        Map::Sigmoid => one::<S, Sigmoid>(s, 0.0, x, y),
        Map::Softplus => one::<S, Softplus>(s, 0.0, x, y),
        Map::Gelu => one::<S, Gelu>(s, 0.0, x, y),
        Map::Reciprocal => one::<S, Reciprocal>(s, 0.0, x, y),
        Map::Bf16 => one::<S, Bf16>(s, 0.0, x, y),
        Map::AddNumber(n) => one::<S, Plus>(s, n, x, y),
        Map::MulNumber(n) => one::<S, Times>(s, n, x, y),
        Map::AddChannel(_) => one::<S, Plus>(s, channel, x, y),
        Map::MulChannel(_) => one::<S, Times>(s, channel, x, y),
        Map::DivChannel(_) => one::<S, Over>(s, channel, x, y),
        Map::Add => two::<S, Add>(s, x, other, y),
        Map::Sub => two::<S, Sub>(s, x, other, y),
        Map::Mul => two::<S, Mul>(s, x, other, y),
        Map::Div => two::<S, Div>(s, x, other, y),
        Map::ReluBackward => two::<S, ReluBackward>(s, x, other, y),
        Map::TanhBackward => two::<S, TanhBackward>(s, x, other, y),
        Map::SigmoidBackward => two::<S, SigmoidBackward>(s, x, other, y),
        Map::SoftplusBackward => two::<S, SoftplusBackward>(s, x, other, y),
        Map::GeluBackward => two::<S, GeluBackward>(s, x, other, y),
        Map::AbsBackward => two::<S, AbsBackward>(s, x, other, y),
        Map::Normalise(_) => normalise(s, norm, x, y),
        Map::NormaliseBackward(_) => normalise_backward(s, norm, images, [x, other], y),
    }
}

/// Computes the sum of all numbers of the row `x` in all lanes, or of their products with those of `other`.
pub struct SumRow<'a> {
    pub x: &'a [f32],
    pub other: Option<&'a [f32]>,
}

impl WithSimd for SumRow<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) -> f32 {
        let x = S::as_simd_f32s(self.x).0;
        let mut sum = s.splat_f32s(0.0);
        if let Some(other) = self.other {
            for (x, other) in x.iter().zip(S::as_simd_f32s(other).0) {
                sum = s.mul_add_f32s(*x, *other, sum);
            }
        } else {
            for x in x {
                sum = s.add_f32s(sum, *x);
            }
        }
        s.reduce_sum_f32s(sum)
    }
}

/// A function of one number `x` in every lane, and of a number that all entries share. A trait, since calls through
/// `Fn` are not sure to be inlined, and only what is inlined is compiled for the vectors at hand.
trait One<S: Simd> {
    fn of(s: S, number: S::f32s, x: S::f32s) -> S::f32s;
}

/// A function of two numbers in every lane; see [`One`].
trait Two<S: Simd> {
    fn of(s: S, x: S::f32s, other: S::f32s) -> S::f32s;
}

#[inline(always)]
fn one<S: Simd, F: One<S>>(s: S, number: f32, x: &[S::f32s], y: &mut [S::f32s]) {
    let number = s.splat_f32s(number);
    for (x, y) in x.iter().zip(y) {
        *y = F::of(s, number, *x);
    }
}

#[inline(always)]
fn two<S: Simd, F: Two<S>>(s: S, x: &[S::f32s], other: &[S::f32s], y: &mut [S::f32s]) {
    for ((x, other), y) in x.iter().zip(other).zip(y) {
        *y = F::of(s, *x, *other);
    }
}

/// Declares a unit struct for each function, with its implementation of [`One`] or [`Two`].
macro_rules! functions {
    ($($shape:ident $name:ident: |$s:ident, $a:ident, $b:ident| $result:expr;)*) => {
        $(
            struct $name;

            impl<S: Simd> $shape<S> for $name {
                #[inline(always)]
                fn of($s: S, $a: S::f32s, $b: S::f32s) -> S::f32s {
                    $result
                }
            }
        )*
    };
}

functions! {
    One Negate: |s, _n, x| neg(s, x);
    One Abs: |s, _n, x| abs(s, x);
    One Exp: |s, _n, x| math::exp(s, x);
    One Log: |s, _n, x| math::log(s, x);
    One Sqrt: |s, _n, x| s.sqrt_f32s(x);
    One Square: |s, _n, x| s.mul_f32s(x, x);
    One Relu: |s, _n, x| select(s, s.less_than_f32s(x, s.splat_f32s(0.0)), s.splat_f32s(0.0), x);
    One Tanh: |s, _n, x| math::tanh(s, x);
    One Sigmoid: |s, _n, x| math::sigmoid(s, x);
    One Softplus: |s, _n, x| math::softplus(s, x);
    One Gelu: |s, _n, x| math::gelu(s, x);
    One Reciprocal: |s, _n, x| s.div_f32s(s.splat_f32s(1.0), x);
    One Bf16: |s, _n, x| math::bf16(s, x);
    One Plus: |s, n, x| s.add_f32s(x, n);
    One Times: |s, n, x| s.mul_f32s(x, n);
    One Over: |s, n, x| s.div_f32s(x, n);
    Two Add: |s, x, other| s.add_f32s(x, other);
    Two Sub: |s, x, other| s.sub_f32s(x, other);
    Two Mul: |s, x, other| s.mul_f32s(x, other);
    Two Div: |s, x, other| s.div_f32s(x, other);
    Two ReluBackward: |s, dy, y| {
        // Written so that the gradient passes where the result is NaN, and the NaN is seen.
        let zero = s.splat_f32s(0.0);
        select(s, s.less_than_or_equal_f32s(y, zero), zero, dy)
    };
    Two TanhBackward: |s, dy, y| s.negate_mul_add_f32s(s.mul_f32s(dy, y), y, dy);
    Two SigmoidBackward: |s, dy, y| s.mul_f32s(s.mul_f32s(dy, y), s.sub_f32s(s.splat_f32s(1.0), y));
    Two SoftplusBackward: |s, dy, x| s.mul_f32s(dy, math::sigmoid(s, x));
    Two GeluBackward: |s, dy, x| s.mul_f32s(dy, math::gelu_slope(s, x));
    Two AbsBackward: |s, dy, x| {
        let zero = s.splat_f32s(0.0);
        // Multiplied by the sign, which is 0 at 0: there an infinite gradient becomes NaN, and is seen.
        let negative = select(s, s.less_than_f32s(x, zero), neg(s, dy), s.mul_f32s(dy, zero));
        select(s, s.greater_than_f32s(x, zero), dy, negative)
    };
}
