//! Functions that hardware has no instruction for, of every lane at once, to the last digit or two of single precision.

// The coefficients are those of Cephes, digit for digit.
#![allow(clippy::excessive_precision)]

use crate::cpu::vectors::{abs, neg, select};
use pulp::Simd;

/// Evaluates the polynomial `c[0] + c[1] x + c[2] x^2 + ...` in every lane.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(s: S, x: S::f32s, c: [f32; N]) -> S::f32s {
    let mut sum = s.splat_f32s(c[N - 1]);
    for n in (0..N - 1).rev() {
        sum = s.mul_add_f32s(sum, x, s.splat_f32s(c[n]));
    }
    sum
}

/// Limits every lane to the range from `least` to `most`. NaN stays NaN, since comparisons with it are false.
#[inline(always)]
fn clamp<S: Simd>(s: S, x: S::f32s, least: f32, most: f32) -> S::f32s {
    let (least, most) = (s.splat_f32s(least), s.splat_f32s(most));
    let x = select(s, s.less_than_f32s(x, least), least, x);
    select(s, s.greater_than_f32s(x, most), most, x)
}

/// The number `1.5 * 2^23`: added to a small number, it leaves the nearest integer in the lowest bits of the mantissa.
const ROUND: f32 = 12_582_912.0;

/// The exponential of every lane; infinity above 88.7, and zero below -103.
#[inline(always)]
pub fn exp<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    let number = x;
    let x = clamp(s, x, -104.0, 89.0);
    let round = s.splat_f32s(ROUND);
    let n = s.sub_f32s(s.mul_add_f32s(x, s.splat_f32s(std::f32::consts::LOG2_E), round), round);
    let r = s.negate_mul_add_f32s(n, s.splat_f32s(0.693_359_375), x);
    let r = s.negate_mul_add_f32s(n, s.splat_f32s(-2.121_944_4e-4), r);
    let terms = [0.5, 1.666_666_5e-1, 4.166_579_6e-2, 8.333_452e-3, 1.398_199_9e-3, 1.987_569_1e-4];
    let y = s.mul_add_f32s(polynomial(s, r, terms), s.mul_f32s(r, r), s.add_f32s(r, s.splat_f32s(1.0)));
    // In two halves, since 2^n alone leaves the normal numbers at both ends.
    let half = s.sub_f32s(s.mul_add_f32s(n, s.splat_f32s(0.5), round), round);
    let y = s.mul_f32s(s.mul_f32s(y, power(s, half)), power(s, s.sub_f32s(n, half)));
    // NaN in, NaN out, whatever the rounding above has made of it.
    select(s, s.equal_f32s(number, number), y, number)
}

/// The power `2^n` in every lane, for whole numbers `n` between -126 and 127.
#[inline(always)]
fn power<S: Simd>(s: S, n: S::f32s) -> S::f32s {
    // `ROUND + 127 + n` has the exponent's bits lowest.
    let bits = s.transmute_u32s_f32s(s.add_f32s(n, s.splat_f32s(ROUND + 127.0)));
    s.transmute_f32s_u32s(s.wrapping_dyn_shl_u32s(bits, s.splat_u32s(23)))
}

/// The natural logarithm of every lane; minus infinity at zero, and NaN below it.
#[inline(always)]
pub fn log<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    let number = x;
    // Numbers below the normal ones are too few to be worth more than a scaling.
    let small = s.less_than_f32s(x, s.splat_f32s(f32::MIN_POSITIVE));
    let x = select(s, small, s.mul_f32s(x, s.splat_f32s(8_388_608.0)), x);
    let bits = s.transmute_u32s_f32s(x);
    // The exponent such that the mantissa lies between the root of a half and that of two.
    let offset = s.sub_u32s(bits, s.splat_u32s(0x3f35_04f3));
    let exponent = s.wrapping_dyn_shr_u32s(s.add_u32s(offset, s.splat_u32s(127 << 23)), s.splat_u32s(23));
    let mantissa = s.add_u32s(s.and_u32s(offset, s.splat_u32s(0x007f_ffff)), s.splat_u32s(0x3f35_04f3));
    let magic = s.transmute_f32s_u32s(s.add_u32s(exponent, s.splat_u32s(0x4b00_0000)));
    let e = s.sub_f32s(magic, s.splat_f32s(8_388_608.0 + 127.0));
    let e = select(s, small, s.sub_f32s(e, s.splat_f32s(23.0)), e);
    let m = s.sub_f32s(s.transmute_f32s_u32s(mantissa), s.splat_f32s(1.0));
    let terms = [
        3.333_331_2e-1,
        -2.499_999_4e-1,
        2.000_071_5e-1,
        -1.666_805_8e-1,
        1.424_932_3e-1,
        -1.242_014_1e-1,
        1.167_699_9e-1,
        -1.151_461e-1,
        7.037_683_6e-2,
    ];
    let square = s.mul_f32s(m, m);
    let y = s.mul_f32s(s.mul_f32s(polynomial(s, m, terms), m), square);
    let y = s.mul_add_f32s(e, s.splat_f32s(-2.121_944_4e-4), y);
    let y = s.negate_mul_add_f32s(square, s.splat_f32s(0.5), y);
    let y = s.mul_add_f32s(e, s.splat_f32s(0.693_359_375), s.add_f32s(m, y));
    let zero = s.splat_f32s(0.0);
    let y = select(s, s.equal_f32s(number, zero), s.splat_f32s(f32::NEG_INFINITY), y);
    let y = select(s, s.less_than_f32s(number, zero), s.splat_f32s(f32::NAN), y);
    let huge = s.greater_than_f32s(number, s.splat_f32s(f32::MAX));
    let y = select(s, huge, number, y);
    select(s, s.equal_f32s(number, number), y, number)
}

/// The hyperbolic tangent of every lane: near zero by its series, where one minus something close to one would lose
/// digits.
#[inline(always)]
pub fn tanh<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    let one = s.splat_f32s(1.0);
    let e = exp(s, s.add_f32s(x, x));
    let large = s.sub_f32s(one, s.div_f32s(s.splat_f32s(2.0), s.add_f32s(e, one)));
    let z = s.mul_f32s(x, x);
    let terms = [-3.333_328_2e-1, 1.333_144_2e-1, -5.373_971_6e-2, 2.063_908_9e-2, -5.704_988_7e-3];
    let small = s.mul_add_f32s(s.mul_f32s(polynomial(s, z, terms), z), x, x);
    select(s, s.less_than_f32s(abs(s, x), s.splat_f32s(0.625)), small, large)
}

/// The logistic function `1 / (1 + exp(-x))` of every lane.
#[inline(always)]
pub fn sigmoid<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    let one = s.splat_f32s(1.0);
    s.div_f32s(one, s.add_f32s(one, exp(s, neg(s, x))))
}

/// The function `log(1 + exp(x))` of every lane; as in PyTorch it is the identity above 20.
#[inline(always)]
pub fn softplus<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    let one = s.splat_f32s(1.0);
    let limit = s.splat_f32s(20.0);
    let above = s.greater_than_f32s(x, limit);
    let e = exp(s, select(s, above, limit, x));
    // What rounding `1 + e` lost is made good in proportion.
    let sum = s.add_f32s(one, e);
    let gained = s.sub_f32s(sum, one);
    let rounded = s.equal_f32s(gained, s.splat_f32s(0.0));
    let y = s.div_f32s(s.mul_f32s(log(s, sum), e), select(s, rounded, one, gained));
    select(s, above, x, select(s, rounded, e, y))
}

/// The error function of every lane: Cephes's two polynomials for single precision, the second of which holds as far as
/// the function can be told from one.
#[inline(always)]
fn erf<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    let one = s.splat_f32s(1.0);
    let z = s.mul_f32s(x, x);
    // The first coefficient is one more: added as `x` itself, it loses no digits.
    let terms = [
        0.128_379_165_726_710,
        -3.761_262_582_423_300e-1,
        1.128_358_514_861_418e-1,
        -2.685_381_193_529_856e-2,
        5.188_327_685_732_524e-3,
        -8.010_193_625_184_903e-4,
        7.853_861_353_153_693e-5,
    ];
    let small = s.mul_add_f32s(x, polynomial(s, z, terms), x);
    let terms = [
        5.638_259_427_386_472e-1,
        -2.741_127_028_184_656e-1,
        3.404_879_937_665_872e-1,
        -4.944_515_323_274_145e-1,
        6.210_004_621_745_983e-1,
        -5.824_733_027_278_666e-1,
        3.687_424_674_597_105e-1,
        -1.387_039_388_740_657e-1,
        2.326_819_970_068_386e-2,
    ];
    let size = abs(s, x);
    let q = s.div_f32s(one, size);
    let beyond = s.mul_f32s(exp(s, neg(s, z)), q);
    let large = s.negate_mul_add_f32s(beyond, polynomial(s, s.mul_f32s(q, q), terms), one);
    let large = select(s, s.less_than_f32s(x, s.splat_f32s(0.0)), neg(s, large), large);
    select(s, s.less_than_f32s(size, one), small, large)
}

/// The share of normally distributed numbers that are less than `x`, in every lane.
#[inline(always)]
fn normal_below<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    let erf = erf(s, s.mul_f32s(x, s.splat_f32s(std::f32::consts::FRAC_1_SQRT_2)));
    s.mul_f32s(s.add_f32s(erf, s.splat_f32s(1.0)), s.splat_f32s(0.5))
}

/// The function `x / 2 * (1 + erf(x / sqrt(2)))` of every lane.
#[inline(always)]
pub fn gelu<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    s.mul_f32s(x, normal_below(s, x))
}

/// The slope of [`gelu`] in every lane: the share of normally distributed numbers below `x`, and their density there
/// times `x`.
#[inline(always)]
pub fn gelu_slope<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    /// The density at zero: one over the root of two pi.
    const DENSITY: f32 = 0.398_942_28;
    let exponent = s.mul_f32s(s.mul_f32s(x, x), s.splat_f32s(-0.5));
    let density = s.mul_f32s(exp(s, exponent), s.splat_f32s(DENSITY));
    s.mul_add_f32s(x, density, normal_below(s, x))
}

/// Rounds every lane to the nearest number of bfloat16, ties to even: what remains are the upper half of the bits,
/// after half of the lower half was added. NaN stays as it is, since rounding up its bits could make an infinity of it.
#[inline(always)]
pub fn bf16<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    let bits = s.transmute_u32s_f32s(x);
    let odd = s.and_u32s(s.wrapping_dyn_shr_u32s(bits, s.splat_u32s(16)), s.splat_u32s(1));
    let sum = s.add_u32s(bits, s.add_u32s(odd, s.splat_u32s(0x7fff)));
    let y = s.transmute_f32s_u32s(s.and_u32s(sum, s.splat_u32s(0xffff_0000)));
    select(s, s.equal_f32s(x, x), y, x)
}
