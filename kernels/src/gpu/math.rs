//! Functions of one number, as exact as the device's exponential.

// The coefficients are those of Cephes, digit for digit.
#![allow(clippy::excessive_precision)]

use cubecl::prelude::*;
use std::f32::consts::FRAC_1_SQRT_2;

/// The hyperbolic tangent: near zero by its series, where one minus something close to one would lose digits.
#[cube]
pub fn tanh(x: f32) -> f32 {
    let z = x * x;
    let terms = z * (2.063_908_9e-2 - z * 5.704_988_7e-3) - 5.373_971_6e-2;
    let small = x + x * z * (z * (z * terms + 1.333_144_2e-1) - 3.333_328_2e-1);
    let large = 1.0 - 2.0 / ((x + x).exp() + 1.0);
    select(x.abs() < 0.625, small, large)
}

/// The logistic function `1 / (1 + exp(-x))`.
#[cube]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The function `log(1 + exp(x))`; as in PyTorch it is the identity above 20.
#[cube]
pub fn softplus(x: f32) -> f32 {
    let above = x > 20.0;
    let e = select(above, 20.0, x).exp();
    // What rounding `1 + e` lost is made good in proportion.
    let sum = 1.0 + e;
    let gained = sum - 1.0;
    let rounded = gained == 0.0;
    let y = sum.ln() * e / select(rounded, 1.0, gained);
    select(above, x, select(rounded, e, y))
}

/// The error function as the device has it, or off by 1.5e-7 where it has none. For any float, since `f32` itself is to
/// have a function of this name.
#[cube]
fn erf<F: Float>(x: F) -> F {
    x.erf()
}

/// The share of normally distributed numbers that are less than `x`.
#[cube]
pub fn normal_below(x: f32) -> f32 {
    0.5 * (1.0 + erf::<f32>(x * FRAC_1_SQRT_2))
}

/// The slope of `gelu`: the share of normally distributed numbers below `x`, and their density there times `x`.
#[cube]
pub fn gelu_slope(x: f32) -> f32 {
    let half = x * x * 0.5;
    normal_below(x) + x * 0.398_942_28 * (-half).exp()
}

/// Rounds to the nearest number of bfloat16, ties to even: what remains are the upper half of the bits, after half of
/// the lower half was added. NaN stays as it is.
#[cube]
pub fn bf16(x: f32) -> f32 {
    let bits = u32::reinterpret(x);
    let rounded = (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff_0000;
    select(is_number(x), f32::reinterpret(rounded), x)
}

/// Whether `x` is a number, infinity included. Its bits tell: that only what is no number differs from itself is something
/// that compilers for graphics processors may leave out of account.
#[cube]
pub fn is_number(x: f32) -> bool {
    u32::reinterpret(x) & 0x7fff_ffff <= 0x7f80_0000
}
