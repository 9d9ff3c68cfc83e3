//! Between which numbers a value stays, whatever the weights and the images.

use super::{Binary, Net, Node, Op, Reduce, Unary, Value};

/// The greatest number that a value is known never to fall below; none if it may fall for ever.
pub fn below(net: &Net, value: Value) -> Option<f64> {
    let mut known: Vec<Interval> = vec![Interval::ALL; net.values];
    // What a loop hands on stays unknown: its states may take any value.
    for node in net.nodes() {
        let interval = of(node, &known);
        known[node.value.0] = interval;
    }
    let low = known[value.0].low;
    (low > f64::NEG_INFINITY).then_some(low)
}

/// From `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Interval {
    low: f64,
    high: f64,
}

impl Interval {
    const ALL: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    fn new(low: f64, high: f64) -> Self {
        // Infinity less infinity and zero times infinity say nothing.
        if low.is_nan() || high.is_nan() { Self::ALL } else { Self { low, high } }
    }

    /// The image of an increasing function.
    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self::new(f(self.low), f(self.high))
    }

    fn negate(self) -> Self {
        Self::new(-self.high, -self.low)
    }

    fn abs(self) -> Self {
        if self.low >= 0.0 {
            self
        } else if self.high <= 0.0 {
            self.negate()
        } else {
            Self::new(0.0, self.high.max(-self.low))
        }
    }

    fn add(self, other: Self) -> Self {
        Self::new(self.low + other.low, self.high + other.high)
    }

    fn mul(self, other: Self) -> Self {
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

    fn reciprocal(self) -> Self {
        if self.low > 0.0 || self.high < 0.0 { Self::new(1.0 / self.high, 1.0 / self.low) } else { Self::ALL }
    }
}

/// A bound times a bound: nothing of something boundless is nothing.
fn product(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
}

fn of(node: &Node, known: &[Interval]) -> Interval {
    let at = |value: &Value| known[value.0];
    match &node.op {
        Op::Param(_) | Op::Conv { .. } | Op::Dense { .. } | Op::BatchNorm { .. } => Interval::ALL,
        Op::Number(x) => Interval::new(*x, *x),
        Op::Pool { x, .. } | Op::Flatten { x } => at(x),
        Op::Dropout { x, rate } => {
            let grown = at(x).mul(Interval::new(1.0 / (1.0 - rate), 1.0 / (1.0 - rate)));
            Interval::new(grown.low.min(0.0), grown.high.max(0.0))
        }
        Op::Unary { f, x } => unary(*f, at(x)),
        Op::Binary { f, left, right } => match f {
            Binary::Add => at(left).add(at(right)),
            Binary::Sub => at(left).add(at(right).negate()),
            // Of a value with itself, a product is a square.
            Binary::Mul if left == right => unary(Unary::Square, at(left)),
            Binary::Mul => at(left).mul(at(right)),
            Binary::Div => at(left).mul(at(right).reciprocal()),
        },
        Op::Reduce { f, x } => match f {
            // How many entries a sum has is not looked at: only its sign is sure.
            Reduce::Sum => {
                let x = at(x);
                let low = if x.low >= 0.0 { x.low } else { f64::NEG_INFINITY };
                let high = if x.high <= 0.0 { x.high } else { f64::INFINITY };
                Interval::new(low, high)
            }
            Reduce::Mean | Reduce::Min | Reduce::Max => at(x),
        },
        Op::Concat { parts } => {
            parts.iter().map(at).fold(at(&parts[0]), |a, b| Interval::new(a.low.min(b.low), a.high.max(b.high)))
        }
    }
}

fn unary(f: Unary, x: Interval) -> Interval {
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
        Unary::Softplus => x.map(|x| if x > 30.0 { x } else { x.exp().ln_1p() }),
    }
}
