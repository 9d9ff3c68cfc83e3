//! Bounds: between which numbers a value stays, whatever the weights and the images.

use super::{Binary, Net, Node, Op, ParamId, Reduce, Shape, Sign, Unary, Value, Visit};
use std::collections::BTreeMap;

/// The greatest number that a value is known never to fall below, whatever the weights and the images; none if it may
/// fall for ever.
pub fn below(net: &Net, value: Value) -> Option<f64> {
    below_where(net, value, &|_| None)
}

/// The greatest number that a value is known never to fall below where every entry of some parameters is a given
/// number.
pub fn below_where(net: &Net, value: Value, given: &dyn Fn(ParamId) -> Option<f64>) -> Option<f64> {
    let (intervals, read, entries) = (vec![Interval::ALL; net.values], vec![None; net.values], vec![None; net.values]);
    let mut known = Bounds { net, given, intervals, read, entries, gaps: BTreeMap::new(), over: BTreeMap::new() };
    known.all();
    let low = known.intervals[value.0].low;
    (low > f64::NEG_INFINITY).then_some(low)
}

/// Everything that is known of each value so far.
struct Bounds<'a> {
    net: &'a Net,
    given: &'a dyn Fn(ParamId) -> Option<f64>,
    intervals: Vec<Interval>,
    /// The number of entries of each value that is made of weights; a value of images has as many as the batch makes
    /// it.
    entries: Vec<Option<f64>>,
    /// The parameter that each value is, if it is one: a parameter that is read twice is two values.
    read: Vec<Option<ParamId>>,
    /// The two values of each value that is their difference.
    gaps: BTreeMap<Value, (Value, Value)>,
    /// The two values of each value that says how far the first of them is above the second: `relu(a - b)`.
    over: BTreeMap<Value, (Value, Value)>,
}

impl Bounds<'_> {
    /// Bounds every value of the net. As the body of a loop reads them, states may take any value, so one look at a
    /// body holds for all of its steps; what the loop hands on is bounded as in the body.
    fn all(&mut self) {
        for visit in self.net.walk() {
            match visit {
                Visit::Node(node) => {
                    self.intervals[node.value.0] = self.of(node);
                    self.remember(node);
                }
                Visit::Enter(_) => {}
                Visit::Leave(looped) => {
                    for state in &looped.states {
                        self.intervals[state.last.0] = self.intervals[state.next.0];
                    }
                    for tap in &looped.taps {
                        self.intervals[tap.outer.0] = self.intervals[tap.inner.0];
                    }
                }
            }
        }
    }

    fn remember(&mut self, node: &Node) {
        if let Shape::Weight(dims) = &node.shape {
            self.entries[node.value.0] = Some(dims.iter().map(|dim| *dim as f64).product());
        }
        match node.op {
            Op::Param(id) => self.read[node.value.0] = Some(id),
            Op::Binary { f: Binary::Sub, left, right } => drop(self.gaps.insert(node.value, (left, right))),
            Op::Unary { f: Unary::Relu, x } => self.over.extend(self.gaps.get(&x).map(|gap| (node.value, *gap))),
            _ => {}
        }
    }

    /// The bounds of `a - relu(a - b)` and `b + relu(a - b)`, by which the smaller and the larger of two numbers are
    /// made.
    fn extreme(&self, f: Binary, left: Value, right: Value) -> Option<Interval> {
        let (a, b) = *self.over.get(&right)?;
        let (a_is, b_is) = (self.intervals[a.0], self.intervals[b.0]);
        match f {
            Binary::Sub if left == a => Some(Interval::new(a_is.low.min(b_is.low), a_is.high.min(b_is.high))),
            Binary::Add if left == b => Some(Interval::new(a_is.low.max(b_is.low), a_is.high.max(b_is.high))),
            Binary::Sub | Binary::Add | Binary::Mul | Binary::Div => None,
        }
    }

    fn same(&self, a: Value, b: Value) -> bool {
        a == b || (self.read[a.0].is_some() && self.read[a.0] == self.read[b.0])
    }

    fn of(&self, node: &Node) -> Interval {
        let at = |value: &Value| self.intervals[value.0];
        match &node.op {
            Op::Param(id) if let Some(x) = (self.given)(*id) => Interval::new(x, x),
            Op::Param(id) => match self.net.param(*id).sign {
                Some(Sign::Nonnegative) => Interval::new(0.0, f64::INFINITY),
                Some(Sign::Nonpositive) => Interval::new(f64::NEG_INFINITY, 0.0),
                None => Interval::ALL,
            },
            Op::Conv { .. }
            | Op::ConvTranspose { .. }
            | Op::Local { .. }
            | Op::Dense { .. }
            | Op::BatchNorm { .. }
            | Op::GroupNorm { .. } => Interval::ALL,
            Op::Zeros => Interval::new(0.0, 0.0),
            Op::Number(x) => Interval::new(*x, *x),
            Op::Pool { x, .. } | Op::Upsample { x, .. } | Op::Flatten { x } => at(x),
            // At its largest where all else around is zero, and never of another sign.
            Op::Lrn { x, beta, k, .. } => {
                let most = k.powf(-beta);
                let shrunk = at(x).mul(Interval::new(most, most));
                Interval::new(shrunk.low.min(0.0), shrunk.high.max(0.0))
            }
            Op::Dropout { x, rate } => {
                let grown = at(x).mul(Interval::new(1.0 / (1.0 - rate), 1.0 / (1.0 - rate)));
                Interval::new(grown.low.min(0.0), grown.high.max(0.0))
            }
            Op::Unary { f, x } => unary(*f, at(x)),
            Op::Binary { f, left, right } => match f {
                Binary::Add | Binary::Sub if let Some(extreme) = self.extreme(*f, *left, *right) => extreme,
                Binary::Add => at(left).add(at(right)),
                Binary::Sub => at(left).add(at(right).negate()),
                // Of a value with itself, a product is a square.
                Binary::Mul if self.same(*left, *right) => unary(Unary::Square, at(left)),
                Binary::Mul => at(left).mul(at(right)),
                Binary::Div => at(left).mul(at(right).reciprocal()),
            },
            Op::Reduce { f, x } => match f {
                // Of weights that are all one number.
                Reduce::Sum if let (true, Some(entries)) = (at(x).is_one(), self.entries[x.0]) => {
                    at(x).mul(Interval::new(entries, entries))
                }
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
}

/// All numbers from `low` to `high`, both included.
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

    fn is_one(self) -> bool {
        self.low == self.high
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

/// The product of two bounds, in which zero times infinity is zero.
fn product(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
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
        // It falls to -0.16997 and lies between half of x and x from 0 on.
        Unary::Gelu => Interval::new(if x.low >= 0.0 { x.low / 2.0 } else { x.low.max(-0.17) }, x.high.max(0.0)),
        Unary::Softplus => x.map(|x| if x > 30.0 { x } else { x.exp().ln_1p() }),
    }
}
