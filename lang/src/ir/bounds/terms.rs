//! Penalties as sums of terms: `mean(square(h)) - mean(h)` is the mean of `square(h) - h`, which is never below -1/4,
//! though neither of its parts by itself says so.

use super::{Bounds, Interval};
use crate::ir::{Binary, Node, Op, ParamId, Reduce, Unary, Value};
use std::collections::BTreeMap;

/// So many parts of a penalty are looked at. Parts may be read several times, and each time count.
const MOST: usize = 10_000;

/// What the terms of an entry are made of: a parameter, however often it is read, or another value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Base {
    Param(ParamId),
    Value(Value),
}

/// How the entries of a term become one number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Over {
    /// The term is one number, or stands for every entry.
    One,
    Mean,
    /// So many entries are added: at least, and at most, which the batch decides.
    Sum {
        least: u64,
        most: u64,
    },
}

/// `square * x^2 + slope * x`, with a slope for `x` below zero and one for `x` above.
#[derive(Clone, Copy, Default)]
struct Terms {
    square: f64,
    below: f64,
    above: f64,
}

impl Terms {
    /// The smallest number that the terms come to with `x` in an interval; minus infinity if there is none.
    fn low(&self, x: Interval) -> f64 {
        let side = |slope: f64, from: f64, to: f64| {
            let at = |x: f64| if x == 0.0 { 0.0 } else { x * (self.square * x + slope) };
            // Far out the square decides, and without one the slope.
            let end = |x: f64| match (x.is_infinite(), self.square == 0.0, slope == 0.0) {
                (false, ..) => at(x),
                (true, true, true) => 0.0,
                (true, true, false) => slope * x,
                (true, false, _) => self.square * f64::INFINITY,
            };
            let turn = -slope / (2.0 * self.square);
            let turn = if self.square > 0.0 && from < turn && turn < to { at(turn) } else { f64::INFINITY };
            end(from).min(end(to)).min(turn)
        };
        let below = if x.low < 0.0 { side(self.below, x.low, x.high.min(0.0)) } else { f64::INFINITY };
        let above = if x.high >= 0.0 { side(self.above, x.low.max(0.0), x.high) } else { f64::INFINITY };
        below.min(above)
    }
}

/// The greatest number that a value is known never to fall below as a sum of terms; minus infinity if none is known.
pub(super) fn low(known: &Bounds<'_>, value: Value) -> f64 {
    let nodes: BTreeMap<Value, &Node> = known.net.nodes().map(|node| (node.value, node)).collect();
    let mut terms: BTreeMap<(Base, Over), Terms> = BTreeMap::new();
    let (mut constant, mut pending, mut seen) = (0.0, vec![(value, 1.0, Over::One)], 0);
    while let Some((value, factor, over)) = pending.pop() {
        seen += 1;
        if seen > MOST {
            return f64::NEG_INFINITY;
        }
        let is = known.intervals[value.0];
        if is.is_one() && !matches!(over, Over::Sum { .. }) {
            constant += factor * is.low;
            continue;
        }
        let op = nodes.get(&value).map(|node| &node.op);
        let one = |value: &Value| Some(known.intervals[value.0]).filter(|is| is.is_one()).map(|is| is.low);
        match op {
            Some(Op::Unary { f: Unary::Negate, x }) => pending.push((*x, -factor, over)),
            Some(Op::Binary { f: Binary::Add, left, right }) => {
                pending.extend([(*left, factor, over), (*right, factor, over)]);
            }
            Some(Op::Binary { f: Binary::Sub, left, right }) => {
                pending.extend([(*left, factor, over), (*right, -factor, over)]);
            }
            Some(Op::Binary { f: Binary::Mul, left, right }) if let Some(by) = one(left) => {
                pending.push((*right, factor * by, over));
            }
            Some(Op::Binary { f: Binary::Mul, left, right }) if let Some(by) = one(right) => {
                pending.push((*left, factor * by, over));
            }
            Some(Op::Binary { f: Binary::Div, left, right }) if let Some(by) = one(right).filter(|by| *by != 0.0) => {
                pending.push((*left, factor / by, over));
            }
            Some(Op::Reduce { f: Reduce::Mean, x }) if over == Over::One => pending.push((*x, factor, Over::Mean)),
            Some(Op::Reduce { f: Reduce::Sum, x }) if let (Over::One, Some(entries)) = (over, known.entries[x.0]) => {
                pending.push((*x, factor, Over::Sum { least: entries.low as u64, most: entries.high as u64 }));
            }
            op => {
                let (x, [square, below, above]) = match op {
                    Some(Op::Unary { f: Unary::Square, x }) => (*x, [1.0, 0.0, 0.0]),
                    Some(Op::Binary { f: Binary::Mul, left, right }) if known.same(*left, *right) => {
                        (*left, [1.0, 0.0, 0.0])
                    }
                    Some(Op::Unary { f: Unary::Abs, x }) => (*x, [0.0, -1.0, 1.0]),
                    Some(Op::Unary { f: Unary::Relu, x }) => (*x, [0.0, 0.0, 1.0]),
                    _ => (value, [0.0, 1.0, 1.0]),
                };
                let base = known.read[x.0].map_or(Base::Value(x), Base::Param);
                let sum = terms.entry((base, over)).or_default();
                sum.square += factor * square;
                sum.below += factor * below;
                sum.above += factor * above;
            }
        }
    }
    let values: BTreeMap<ParamId, Value> =
        known.read.iter().enumerate().filter_map(|(n, read)| read.map(|id| (id, Value(n)))).collect();
    let lows = terms.into_iter().map(|((base, over), terms)| {
        let x = match base {
            Base::Param(id) => values.get(&id).map_or(Interval::ALL, |value| known.intervals[value.0]),
            Base::Value(value) => known.intervals[value.0],
        };
        let low = terms.low(x);
        match over {
            Over::One | Over::Mean => low,
            Over::Sum { least, most } => Interval::new(low, low).mul(Interval::new(least as f64, most as f64)).low,
        }
    });
    let low = constant + lows.sum::<f64>();
    if low.is_nan() { f64::NEG_INFINITY } else { low }
}
