//! Intervals: all numbers between two, and what functions make of them.

use crate::ir::Unary;

/// All numbers from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    pub const ALL: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    pub fn new(low: f64, high: f64) -> Self {
        // Infinity less infinity and zero times infinity say nothing.
        if low.is_nan() || high.is_nan() { Self::ALL } else { Self { low, high } }
    }

    pub fn is_one(self) -> bool {
        self.low == self.high
    }

    /// The image of an increasing function.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self::new(f(self.low), f(self.high))
    }

    pub fn negate(self) -> Self {
        Self::new(-self.high, -self.low)
    }

    pub fn abs(self) -> Self {
        if self.low >= 0.0 {
            self
        } else if self.high <= 0.0 {
            self.negate()
        } else {
            Self::new(0.0, self.high.max(-self.low))
        }
    }

    pub fn add(self, other: Self) -> Self {
        Self::new(self.low + other.low, self.high + other.high)
    }

    pub fn mul(self, other: Self) -> Self {
        let corners = [
            product(self.low, other.low),
            product(self.low, other.high),
            product(self.high, other.low),
            product(self.high, other.high),
        ];
        let low = corners.iter().copied().fold(f64::INFINITY, f64::min);
        let high = corners.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self::new(low, high)
    }

    /// The quotients of these numbers by others. A divisor that may come to zero, but to one side of it only, makes them
    /// as large as may be, and never of another sign.
    pub fn div(self, other: Self) -> Self {
        if other.low < 0.0 {
            return if other.high <= 0.0 { self.negate().div(other.negate()) } else { Self::ALL };
        }
        // Nothing is known of a quotient by zero alone.
        if other.high == 0.0 {
            return Self::ALL;
        }
        let corners = [self.low, self.high].map(|x| [other.low, other.high].map(|y| quotient(x, y)));
        let corners = corners.as_flattened().iter().copied();
        Self::new(corners.clone().fold(f64::INFINITY, f64::min), corners.fold(f64::NEG_INFINITY, f64::max))
    }
}

/// The quotient of two bounds, the second of which is zero or more, as the limit of what is within them.
fn quotient(x: f64, y: f64) -> f64 {
    if x == 0.0 || y == f64::INFINITY { 0.0 } else { x / y }
}

/// The product of two bounds, in which zero times infinity is zero.
fn product(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
}

pub(super) fn unary(f: Unary, x: Interval) -> Interval {
    match f {
        Unary::Negate => x.negate(),
        Unary::Abs => x.abs(),
        Unary::Exp => x.map(f64::exp),
        Unary::Log => Interval::new(x.low.max(0.0).ln(), x.high.max(0.0).ln()),
        Unary::Sqrt => x.map(|x| x.max(0.0).sqrt()),
        Unary::Square => x.abs().map(|x| x * x),
        Unary::Relu => x.map(|x| x.max(0.0)),
        Unary::Tanh => x.map(f64::tanh),
        Unary::Sigmoid => x.map(|x| 1.0 / (1.0 + (-x).exp())),
        // It falls to -0.16997 and lies between half of x and x from 0 on.
        Unary::Gelu => Interval::new(if x.low >= 0.0 { x.low / 2.0 } else { x.low.max(-0.17) }, x.high.max(0.0)),
        Unary::Softplus => x.map(|x| if x > 30.0 { x } else { x.exp().ln_1p() }),
    }
}
