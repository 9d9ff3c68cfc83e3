//! Sums, products and functions of entries, over single values, over groups of weights and over the steps of a loop.

use super::Lowerer;
use super::place::Place;
use super::val::Val;
use crate::diag::{Diagnostic, Span, loops, names, penalty, shape, templates};
use crate::front::const_eval::{self, Const};
use crate::front::resolve::{Hyphenated, hyphenated};
use crate::front::settings::is_reserved;
use crate::functions::Steps;
use crate::ir::{Binary, Builder, Reduce, Unary, Value};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};

/// The spans of two operands, left and right.
type Spans = (Span, Span);

/// One side of an arithmetic sign: a value, or several.
struct Operand {
    values: Vec<Value>,
    several: Option<Several>,
}

#[derive(Clone, Copy)]
enum Several {
    Weights,
    Steps,
}

impl Operand {
    /// The value in the n-th place: a single value stands in every one.
    fn at(&self, n: usize) -> Value {
        self.values[if self.several.is_some() { n } else { 0 }]
    }
}

impl<'a> Lowerer<'_, 'a, '_> {
    /// Applies a function to every entry of one value, or of each of several.
    pub(super) fn entrywise(&mut self, f: Unary, x: Val, span: Span, place: &Place<'_>) -> Val {
        match x {
            Val::Group(values) => Val::Group(values.into_iter().map(|value| self.net.unary(f, value)).collect()),
            Val::Series(values) => Val::Series(values.into_iter().map(|value| self.net.unary(f, value)).collect()),
            x => {
                let Some(value) = self.value(x, span, place) else { return Val::Poison };
                let out = self.net.unary(f, value);
                // An activation keeps the shape: what was lateral still is.
                self.stays_lateral(value, out);
                Val::Value(out)
            }
        }
    }

    pub(super) fn stays_lateral(&mut self, from: Value, to: Value) {
        if let Some(lateral) = self.here.laterals.get(&from).cloned() {
            self.here.laterals.insert(to, lateral);
        }
    }

    pub(super) fn arithmetic(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr, place: &Place<'_>) -> Val {
        let inner = place.inner();
        if op == BinaryOp::Sub && self.is_hyphen(left, right, &inner) {
            return Val::Poison;
        }
        if let Some(problem) = self.applied_late(op, left, right, &inner) {
            return self.report(problem);
        }
        let (a, b) = (self.expr(left, &inner), self.expr(right, &inner));
        let at = (inner.at(left.span), inner.at(right.span));
        match (op, a, b) {
            (_, Val::Poison, _) | (_, _, Val::Poison) => Val::Poison,
            (op, Val::Const(a), Val::Const(b)) => match const_eval::binary(op, &a, &b) {
                Some(known) => Val::Const(known),
                None => self.report(templates::operands(op.sign(), at.0.to(at.1))),
            },
            // Added for a choice that adds nothing: `if lateral then W * O else 0`.
            (BinaryOp::Add | BinaryOp::Sub, x, Val::Const(Const::Number(0.0))) if is_map(&x) => x,
            (BinaryOp::Add, Val::Const(Const::Number(0.0)), x) if is_map(&x) => x,
            (BinaryOp::Mul, Val::Weights(bundle), Val::Const(Const::Number(_))) if !place.penalty => {
                let name = self.bundle(bundle).name;
                let help = format!(
                    "weights are applied to a feature map, as in `{name} * x`; a term without effect is left out"
                );
                self.report(names::misused("this", "a number", "a feature map", at.1, help))
            }
            (BinaryOp::Mul, Val::Weights(bundle), x) if !place.penalty => self.over_steps(x, |lowerer, x| {
                let x = lowerer.value(x, at.1, place)?;
                lowerer.apply_bundle(bundle, None, x, at, place)
            }),
            (BinaryOp::Mul, Val::Weights(bundle), x) if self.is_per_image(&x) => {
                let name = format!("`{}`", self.bundle(bundle).name);
                let help = format!("apply {name} in an equation, and name that equation in the penalty");
                self.report(names::misused(&name, "the weights themselves", "a value for each image", at.0, help))
            }
            (BinaryOp::Mul, Val::Value(_) | Val::Series(_), Val::Weights(bundle)) if !place.penalty => {
                let name = format!("`{}`", self.bundle(bundle).name);
                let help = format!("weights stand before what they are applied to: {name} first");
                self.report(names::misused(&name, "a weight bundle", "a feature map", at.1, help))
            }
            (op, a, b) => {
                let (a, b) = (self.operand(a, at.0, place), self.operand(b, at.1, place));
                let (Some(a), Some(b)) = (a, b) else { return Val::Poison };
                self.pairwise(op, &a, &b, at, place)
            }
        }
    }

    /// Whether a difference is a name with hyphens, as was reported when names were looked up.
    fn is_hyphen(&self, left: &Expr, right: &Expr, place: &Place<'_>) -> bool {
        let is_free = |name: &str| {
            let is_own = self.front.functions.get(name).is_some_and(|function| !function.prelude);
            !is_own
                && !is_reserved(name)
                && !self.front.blocks.contains_key(name)
                && self.local(name, place).is_none()
                && self.front.consts.get(name).is_none()
        };
        let is_last_free = !matches!(&right.kind, ExprKind::Name(name) if !is_free(name));
        let is_meant = |found: &Hyphenated<'_>| {
            found.words.iter().all(|word| is_free(word)) && (self.front.is_callable(&found.meant) || found.is_foreign())
        };
        is_last_free && hyphenated(left, right).iter().any(is_meant)
    }

    /// The problem of `A * V * O` with weights `V`, which is `(A * V) * O`, answered with the brackets that it needs.
    fn applied_late(&self, op: BinaryOp, left: &Expr, right: &Expr, place: &Place<'_>) -> Option<Diagnostic> {
        let bundle = |expr: &Expr| match &expr.kind {
            ExprKind::Name(name) if matches!(self.local(name, place), Some(Val::Weights(_))) => Some(name.clone()),
            _ => None,
        };
        if op != BinaryOp::Mul || place.penalty || bundle(right).is_some() || right.number().is_some() {
            return None;
        }
        let (name, span, front) = match &left.kind {
            ExprKind::Binary { op: BinaryOp::Mul, left: factor, right: last } => {
                (bundle(last)?, last.span, format!("{} * ", factor.written()))
            }
            ExprKind::Negate(last) => (bundle(last)?, last.span, "-".to_owned()),
            _ => return None,
        };
        let help = format!(
            "weights are applied to what stands right behind them, so brackets are needed: `{front}({name} * {})`",
            right.written()
        );
        let name = format!("`{name}`");
        Some(names::misused(&name, "a weight bundle", "a feature map", place.at(span), help))
    }

    fn is_per_image(&self, x: &Val) -> bool {
        match x {
            Val::Value(value) => self.net.shape(*value).per_image(),
            Val::Series(_) => true,
            Val::Poison | Val::Const(_) | Val::Weights(_) | Val::Group(_) => false,
        }
    }

    fn operand(&mut self, val: Val, span: Span, place: &Place<'_>) -> Option<Operand> {
        Some(match val {
            Val::Group(values) => Operand { values, several: Some(Several::Weights) },
            Val::Series(values) => Operand { values, several: Some(Several::Steps) },
            val => Operand { values: vec![self.value(val, span, place)?], several: None },
        })
    }

    /// Combines one value with one, one with each of several, or step with step.
    fn pairwise(&mut self, op: BinaryOp, a: &Operand, b: &Operand, at: Spans, place: &Place<'_>) -> Val {
        let several = match (a.several, b.several) {
            (None, None) => {
                return self.binary(op, a.values[0], b.values[0], at, place).map_or(Val::Poison, Val::Value);
            }
            (Some(several), None) | (None, Some(several)) => several,
            (Some(Several::Steps), Some(Several::Steps)) if a.values.len() == b.values.len() => Several::Steps,
            (Some(Several::Steps), Some(Several::Steps)) => {
                return self.report(loops::lengths((a.values.len(), at.0), (b.values.len(), at.1)));
            }
            (Some(_), Some(_)) => return self.report(penalty::group("weights", at.1)),
        };
        let count = if a.several.is_some() { a.values.len() } else { b.values.len() };
        let pairs = (0..count).map(|n| self.binary(op, a.at(n), b.at(n), at, place));
        match (pairs.collect::<Option<_>>(), several) {
            (None, _) => Val::Poison,
            (Some(values), Several::Weights) => Val::Group(values),
            (Some(values), Several::Steps) => Val::Series(values),
        }
    }

    fn binary(&mut self, op: BinaryOp, a: Value, b: Value, at: Spans, place: &Place<'_>) -> Option<Value> {
        let f = match op {
            BinaryOp::Add => Binary::Add,
            BinaryOp::Sub => Binary::Sub,
            BinaryOp::Mul => Binary::Mul,
            BinaryOp::Div => Binary::Div,
            BinaryOp::Equal
            | BinaryOp::Unequal
            | BinaryOp::Less
            | BinaryOp::AtMost
            | BinaryOp::Greater
            | BinaryOp::AtLeast
            | BinaryOp::And
            | BinaryOp::Or => {
                self.diagnostics.push(templates::operands(op.sign(), at.0.to(at.1)));
                return None;
            }
        };
        if let Ok(out) = self.net.binary(f, a, b) {
            let lateral = if self.here.laterals.contains_key(&a) { a } else { b };
            self.stays_lateral(lateral, out);
            return Some(out);
        }
        let (left, right) = (self.net.shape(a).clone(), self.net.shape(b).clone());
        let lateral = self.lateral_mismatch(a, &right, place).or_else(|| self.lateral_mismatch(b, &left, place));
        let what = if op == BinaryOp::Mul || op == BinaryOp::Div { "factors" } else { "addends" };
        let operands = shape::Operands { left: (&left, at.0), right: (&right, at.1) };
        self.diagnostics.push(lateral.unwrap_or_else(|| shape::unequal(what, operands)));
        None
    }

    /// Does to a value, or to each step of a series, what `f` does to one value.
    pub(super) fn over_steps(&mut self, x: Val, mut f: impl FnMut(&mut Self, Val) -> Option<Value>) -> Val {
        match x {
            Val::Series(values) => {
                let mapped = values.into_iter().map(|value| f(self, Val::Value(value)));
                mapped.collect::<Option<_>>().map_or(Val::Poison, Val::Series)
            }
            x => f(self, x).map_or(Val::Poison, Val::Value),
        }
    }

    /// Reduces a value to one number; a group or a series to one number over all its entries together.
    pub(super) fn reduce(&mut self, f: Reduce, x: Val, span: Span, place: &Place<'_>) -> Val {
        let (Val::Group(values) | Val::Series(values)) = x else {
            let Some(value) = self.value(x, span, place) else { return Val::Poison };
            return Val::Value(self.net.reduce(f, value));
        };
        let entries: usize = values.iter().map(|value| self.net.shape(*value).len()).sum();
        let each_per_image = values.iter().all(|value| self.net.shape(*value).per_image());
        // Values of one shape have a mean of means; weights of different shapes have not.
        if f == Reduce::Mean && each_per_image {
            return self.mean_of_means(&values);
        }
        let over_each = if f == Reduce::Mean { Reduce::Sum } else { f };
        let mut parts =
            values.into_iter().map(|value| self.net.reduce(over_each, value)).collect::<Vec<_>>().into_iter();
        let Some(mut all) = parts.next() else { return Val::number(0.0) };
        for part in parts {
            let Some(joined) = self.join(over_each, all, part) else { return Val::Poison };
            all = joined;
        }
        if f == Reduce::Mean {
            let entries = self.net.number(entries as f64);
            return self.net.binary(Binary::Div, all, entries).map_or(Val::Poison, Val::Value);
        }
        Val::Value(all)
    }

    /// The mean over the steps of one value, as the mean of their means: each step has as many entries, however large
    /// the batch.
    fn mean_of_means(&mut self, values: &[Value]) -> Val {
        let means: Vec<Value> = values.iter().map(|value| self.net.reduce(Reduce::Mean, *value)).collect();
        self.combine(Steps::Mean, &means).map_or_else(|| Val::number(0.0), Val::Value)
    }

    /// Makes one value of the steps of a series, entry by entry.
    pub(super) fn combine(&mut self, how: Steps, values: &[Value]) -> Option<Value> {
        let (first, others) = values.split_first()?;
        let sum = others.iter().try_fold(*first, |sum, value| self.net.binary(Binary::Add, sum, *value)).ok()?;
        match how {
            Steps::Sum => Some(sum),
            Steps::Mean => {
                let steps = self.net.number(values.len() as f64);
                self.net.binary(Binary::Div, sum, steps).ok()
            }
        }
    }

    /// Makes one number of two: their sum, or the larger or the smaller by way of `relu(a - b)`.
    fn join(&mut self, f: Reduce, a: Value, b: Value) -> Option<Value> {
        let over = |net: &mut Builder| {
            let gap = net.binary(Binary::Sub, a, b).ok()?;
            Some(net.unary(Unary::Relu, gap))
        };
        match f {
            Reduce::Sum | Reduce::Mean => self.net.binary(Binary::Add, a, b).ok(),
            Reduce::Max => over(&mut self.net).and_then(|over| self.net.binary(Binary::Add, b, over).ok()),
            Reduce::Min => over(&mut self.net).and_then(|over| self.net.binary(Binary::Sub, a, over).ok()),
        }
    }
}

fn is_map(x: &Val) -> bool {
    matches!(x, Val::Value(_) | Val::Series(_))
}
