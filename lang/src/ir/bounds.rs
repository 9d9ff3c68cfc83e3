//! Bounds: between which numbers a value stays, whatever the weights and the images.

mod interval;
mod terms;

use super::{Binary, Net, Node, Op, ParamId, Reduce, Sign, Unary, Value, Visit};
use crate::limits::MAX_BATCH;
use interval::{Interval, unary};
use std::collections::BTreeMap;

/// The greatest number that a value is known never to fall below, whatever the weights and the images; none if no such
/// number is known.
pub fn below(net: &Net, value: Value) -> Option<f64> {
    below_where(net, value, &|_| None)
}

/// The greatest number that a value is known never to fall below where every entry of some parameters is a given
/// number.
pub fn below_where(net: &Net, value: Value, given: &dyn Fn(ParamId) -> Option<f64>) -> Option<f64> {
    let known = Bounds::new(net, given);
    let low = known.intervals[value.0].low.max(terms::low(&known, value));
    (low > f64::NEG_INFINITY).then_some(low)
}

/// Whether some weights are known to bring a penalty below any number that matters, so that it can fall for ever. Not
/// every penalty that can is found.
pub fn falls_for_ever(net: &Net, value: Value) -> bool {
    /// A weight as large as no training makes one, whose square is still a number.
    const FAR: f64 = 1e150;
    const DEEP: f64 = -1e100;
    /// So many weights are tried alone.
    const TRIED: usize = 16;
    let trained: Vec<ParamId> =
        super::reach::params(net, value).into_iter().filter(|id| net.param(*id).trained()).collect();
    let reaches = |id: ParamId, to: f64| match net.param(id).sign {
        Some(Sign::Nonnegative) => to.max(0.0),
        Some(Sign::Nonpositive) => to.min(0.0),
        None => to,
    };
    let falls = |given: &dyn Fn(ParamId) -> Option<f64>| Bounds::new(net, given).intervals[value.0].high < DEEP;
    [FAR, -FAR].into_iter().any(|far| {
        falls(&|id| trained.contains(&id).then(|| reaches(id, far)))
            || trained.iter().take(TRIED).any(|alone| {
                falls(&|id| trained.contains(&id).then(|| if id == *alone { reaches(id, far) } else { 0.0 }))
            })
    })
}

/// Everything that is known of each value so far.
struct Bounds<'a> {
    net: &'a Net,
    given: &'a dyn Fn(ParamId) -> Option<f64>,
    intervals: Vec<Interval>,
    /// The numbers between which the number of entries of each value lies: a value of images has as many as the batch
    /// makes it.
    entries: Vec<Option<Interval>>,
    /// The parameter that each value is, if it is one: a parameter that is read twice is two values.
    read: Vec<Option<ParamId>>,
    /// The two values of each value that is their difference.
    gaps: BTreeMap<Value, (Value, Value)>,
    /// The two values of each value that says how far the first of them is above the second: `relu(a - b)`.
    over: BTreeMap<Value, (Value, Value)>,
}

impl<'a> Bounds<'a> {
    fn new(net: &'a Net, given: &'a dyn Fn(ParamId) -> Option<f64>) -> Self {
        let (intervals, read) = (vec![Interval::ALL; net.values], vec![None; net.values]);
        let entries = vec![None; net.values];
        let mut known = Bounds { net, given, intervals, read, entries, gaps: BTreeMap::new(), over: BTreeMap::new() };
        known.all();
        known
    }

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
        let len = node.shape.len() as f64;
        let images = if node.shape.per_image() { MAX_BATCH as f64 } else { 1.0 };
        self.entries[node.value.0] = Some(Interval::new(len, len * images));
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
                Binary::Div => at(left).div(at(right)),
            },
            Op::Reduce { f, x } => match f {
                // What is made of the image itself has no number of entries here.
                Reduce::Sum => {
                    let entries = self.entries[x.0].unwrap_or(Interval::new(1.0, f64::INFINITY));
                    at(x).mul(entries)
                }
                Reduce::Mean | Reduce::Min | Reduce::Max => at(x),
            },
            Op::Concat { parts } => {
                parts.iter().map(at).fold(at(&parts[0]), |a, b| Interval::new(a.low.min(b.low), a.high.max(b.high)))
            }
        }
    }
}
