//! Expressions: sums, products, names and calls of `fn`s.

use super::inline::{Frame, MAX_DEPTH};
use super::{Lowerer, Val};
use crate::diag::{Diagnostic, Span, loops, names, penalty, shape, text};
use crate::front::Front;
use crate::front::graph::{Found, NodeKind};
use crate::ir::{Binary, Param, ParamClass, Reduce, Shape, Unary, Value};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};
use petgraph::graph::NodeIndex;

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    /// The definition it is the value of.
    pub node: NodeIndex,
    pub within: Option<NodeIndex>,
    /// Penalties may look at weights and at the whole batch; equations may not.
    pub penalty: bool,
    /// True for the value itself, false for what it is made of.
    pub outermost: bool,
    /// The `fn` whose body this is.
    pub frame: Option<&'p Frame<'p>>,
}

impl Place<'_> {
    pub fn of(front: &Front<'_>, node: NodeIndex) -> Self {
        let kind = &front.graph.nodes[node].kind;
        Self {
            node,
            within: front.graph.nodes[node].within,
            penalty: matches!(kind, NodeKind::Penalty { .. }),
            outermost: true,
            frame: None,
        }
    }

    pub fn inner(self) -> Self {
        Self { outermost: false, ..self }
    }

    /// The place to report: inside a function of the prelude, its call.
    pub fn at(&self, span: Span) -> Span {
        self.frame.and_then(|frame| frame.site).unwrap_or(span)
    }
}

impl<'a> Lowerer<'_, 'a, '_> {
    pub(super) fn expr(&mut self, expr: &'a Expr, place: &Place<'_>) -> Val {
        // One statement is bounded by the parser; functions in functions are not.
        if self.depth == MAX_DEPTH {
            return self.overrun(|| text::calls_too_deep(place.at(expr.span), MAX_DEPTH));
        }
        self.depth += 1;
        let val = self.expr_within(expr, place);
        self.depth -= 1;
        val
    }

    fn expr_within(&mut self, expr: &'a Expr, place: &Place<'_>) -> Val {
        match &expr.kind {
            ExprKind::Number { value, unit: None } => Val::Number(*value),
            ExprKind::Number { unit: Some(unit), .. } => {
                let problem = crate::diag::settings::wrong_unit(
                    "a number in an equation",
                    &unit.text,
                    unit.span,
                    "without a unit",
                );
                self.report(problem)
            }
            ExprKind::Name(name) => self.name(name, expr.span, place),
            ExprKind::Primed(name) => self.primed(name, place),
            ExprKind::Call(call) => self.call(call, place),
            ExprKind::Negate(x) => {
                let x = self.expr(x, &place.inner());
                self.negate(x, expr.span, place)
            }
            ExprKind::Binary { op, left, right } => self.arithmetic(*op, left, right, place),
            ExprKind::Bool(_) | ExprKind::List(_) | ExprKind::Map { .. } => {
                let is = crate::front::consts::describe(expr);
                let help = "write a feature map, a layer or a number";
                self.report(names::misused("this", is, "a value", place.at(expr.span), help))
            }
        }
    }

    pub(super) fn report(&mut self, problem: Diagnostic) -> Val {
        self.diagnostics.push(problem);
        Val::Poison
    }

    fn name(&mut self, name: &str, span: Span, place: &Place<'_>) -> Val {
        if let Some((_, val)) = place.frame.and_then(|frame| frame.args.iter().find(|(param, _)| *param == name)) {
            return val.clone();
        }
        match name {
            "weights" => return self.group(name, span, place, |param| param.class == ParamClass::Kernel),
            "parameters" => return self.group(name, span, place, Param::trained),
            _ => {}
        }
        if name == crate::front::consts::CLASSES || self.front.consts.get(name).is_some() {
            let expr = Expr { kind: ExprKind::Name(name.to_owned()), span: place.at(span) };
            return self.front.consts.number(&expr, self.diagnostics).map_or(Val::Poison, Val::Number);
        }
        match self.front.graph.find(name, place.within) {
            Found::Node(node) => match self.front.graph.nodes[node].kind {
                NodeKind::Loop { .. } | NodeKind::Penalty { .. } => {
                    let is = self.front.graph.nodes[node].kind.describe();
                    let help = "name one of its states, or another feature map";
                    self.report(names::misused(&format!("`{name}`"), is, "a value", place.at(span), help))
                }
                _ => self.values[node.index()].clone(),
            },
            // Reported when names were looked up.
            Found::Hidden(_) | Found::Nothing => Val::Poison,
        }
    }

    fn group(&mut self, name: &str, span: Span, place: &Place<'_>, of: impl Fn(&Param) -> bool) -> Val {
        if !place.penalty {
            let help = "only a `penalty` looks at all weights at once";
            return self.report(names::misused(
                &format!("`{name}`"),
                "every kernel of the net",
                "a value",
                place.at(span),
                help,
            ));
        }
        let params = self.net.params().iter().enumerate();
        let ids: Vec<_> = params.filter(|(_, p)| of(p)).map(|(n, _)| crate::ir::ParamId(n)).collect();
        Val::Group(ids.into_iter().map(|id| self.net.read(id)).collect())
    }

    fn primed(&mut self, name: &str, place: &Place<'_>) -> Val {
        let Found::Node(state) = self.front.graph.find(name, place.within) else { return Val::Poison };
        match self.front.graph.nodes[state].kind {
            NodeKind::State { next: Some(next), .. } => self.values[next.index()].clone(),
            _ => Val::Poison,
        }
    }

    fn negate(&mut self, x: Val, span: Span, place: &Place<'_>) -> Val {
        match x {
            Val::Number(x) => Val::Number(-x),
            other => self.entrywise(Unary::Negate, other, span, place),
        }
    }

    /// A function of every entry, of one value or of each of a group.
    pub(super) fn entrywise(&mut self, f: Unary, x: Val, span: Span, place: &Place<'_>) -> Val {
        if let Val::Group(values) = x {
            return Val::Group(values.into_iter().map(|value| self.net.unary(f, value)).collect());
        }
        let Some(value) = self.value(x, span, place) else { return Val::Poison };
        let out = self.net.unary(f, value);
        // An activation keeps the shape: what was lateral still is.
        if let Some(lateral) = self.laterals.get(&value).cloned() {
            self.laterals.insert(out, lateral);
        }
        Val::Value(out)
    }

    fn arithmetic(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr, place: &Place<'_>) -> Val {
        let inner = place.inner();
        let (a, b) = (self.expr(left, &inner), self.expr(right, &inner));
        let at = (inner.at(left.span), inner.at(right.span));
        match (op, a, b) {
            (_, Val::Poison, _) | (_, _, Val::Poison) => Val::Poison,
            (op, Val::Number(a), Val::Number(b)) => Val::Number(match op {
                BinaryOp::Add => a + b,
                BinaryOp::Sub => a - b,
                BinaryOp::Mul => a * b,
                BinaryOp::Div => a / b,
            }),
            (BinaryOp::Mul, Val::Weights(bundle), b) if !place.penalty => {
                let Some(x) = self.value(b, at.1, place) else { return Val::Poison };
                self.apply_bundle(bundle, x, at, place)
            }
            (BinaryOp::Mul, Val::Value(_), Val::Weights(bundle)) if !place.penalty => {
                let name = format!("`{}`", self.front.graph.nodes[bundle].name);
                let help = format!("weights stand before what they are applied to: {name} first");
                self.report(names::misused(&name, "a weight bundle", "a feature map", at.1, help))
            }
            (_, Val::Group(group), Val::Group(_)) if !group.is_empty() => self.report(penalty::group("weights", at.1)),
            (op, Val::Group(group), b) => {
                let Some(b) = self.value(b, at.1, place) else { return Val::Poison };
                self.over_group(group, at, place, |_, x| (op, x, b))
            }
            (op, a, Val::Group(group)) => {
                let Some(a) = self.value(a, at.0, place) else { return Val::Poison };
                self.over_group(group, at, place, |_, x| (op, a, x))
            }
            (op, a, b) => {
                let (Some(a), Some(b)) = (self.value(a, at.0, place), self.value(b, at.1, place)) else {
                    return Val::Poison;
                };
                self.binary(op, a, b, at, place)
            }
        }
    }

    fn over_group(
        &mut self,
        group: Vec<Value>,
        at: (Span, Span),
        place: &Place<'_>,
        operands: impl Fn(&Self, Value) -> (BinaryOp, Value, Value),
    ) -> Val {
        let mut out = Vec::with_capacity(group.len());
        for x in group {
            let (op, a, b) = operands(self, x);
            match self.binary(op, a, b, at, place) {
                Val::Value(value) => out.push(value),
                _ => return Val::Poison,
            }
        }
        Val::Group(out)
    }

    fn binary(&mut self, op: BinaryOp, a: Value, b: Value, at: (Span, Span), place: &Place<'_>) -> Val {
        let f = match op {
            BinaryOp::Add => Binary::Add,
            BinaryOp::Sub => Binary::Sub,
            BinaryOp::Mul => Binary::Mul,
            BinaryOp::Div => Binary::Div,
        };
        match self.net.binary(f, a, b) {
            Ok(out) => {
                let lateral = self.laterals.get(&a).or_else(|| self.laterals.get(&b)).cloned();
                if let Some(lateral) = lateral {
                    self.laterals.insert(out, lateral);
                }
                Val::Value(out)
            }
            Err(_) => {
                let (left, right) = (self.net.shape(a).clone(), self.net.shape(b).clone());
                let lateral =
                    self.lateral_mismatch(a, &right, place).or_else(|| self.lateral_mismatch(b, &left, place));
                let what = if op == BinaryOp::Mul || op == BinaryOp::Div { "factors" } else { "addends" };
                let operands = shape::Operands { left: (&left, at.0), right: (&right, at.1) };
                let problem = lateral.unwrap_or_else(|| shape::unequal(what, operands));
                self.report(problem)
            }
        }
    }

    /// A value where only a value will do.
    pub(super) fn value(&mut self, val: Val, span: Span, place: &Place<'_>) -> Option<Value> {
        match val {
            Val::Poison => None,
            Val::Number(x) => Some(self.net.number(x)),
            Val::Value(value) => Some(value),
            Val::Weights(bundle) if place.penalty => {
                let owner = self.front.graph.path(bundle);
                match self.net.find(&format!("{owner}.weight")) {
                    Some(param) => Some(self.net.read(param)),
                    None => {
                        // A bundle that is broken, or applied in a broken equation, is reported there.
                        if self.front.whole && !self.front.graph.applied(bundle) {
                            let name = self.front.graph.nodes[bundle].name;
                            self.diagnostics.push(penalty::never_applied(name, place.at(span)));
                        }
                        None
                    }
                }
            }
            Val::Weights(bundle) => {
                let name = self.front.graph.nodes[bundle].name;
                let (name, help) = (format!("`{name}`"), format!("apply it to something: `{name} * x`"));
                self.diagnostics.push(names::misused(&name, "a weight bundle", "a feature map", place.at(span), help));
                None
            }
            Val::Group(_) => {
                self.diagnostics.push(penalty::group("weights", place.at(span)));
                None
            }
        }
    }

    /// To one number. Over a group: over all its entries together.
    pub(super) fn reduce(&mut self, f: Reduce, x: Val, span: Span, place: &Place<'_>) -> Val {
        let Val::Group(values) = x else {
            let Some(value) = self.value(x, span, place) else { return Val::Poison };
            return Val::Value(self.net.reduce(f, value));
        };
        let entries: usize = values.iter().map(|value| self.net.shape(*value).len()).sum();
        let over_each = if f == Reduce::Mean { Reduce::Sum } else { f };
        let mut parts =
            values.into_iter().map(|value| self.net.reduce(over_each, value)).collect::<Vec<_>>().into_iter();
        let Some(mut all) = parts.next() else { return Val::Number(0.0) };
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

    /// Two numbers of a group as one: their sum, or the larger or smaller by way of `relu(a - b)`.
    fn join(&mut self, f: Reduce, a: Value, b: Value) -> Option<Value> {
        let over = |net: &mut crate::ir::Builder| {
            let gap = net.binary(Binary::Sub, a, b).ok()?;
            Some(net.unary(Unary::Relu, gap))
        };
        match f {
            Reduce::Sum | Reduce::Mean => self.net.binary(Binary::Add, a, b).ok(),
            Reduce::Max => over(&mut self.net).and_then(|over| self.net.binary(Binary::Add, b, over).ok()),
            Reduce::Min => over(&mut self.net).and_then(|over| self.net.binary(Binary::Sub, a, over).ok()),
        }
    }

    /// The next value of a state that has not its shape.
    pub(super) fn next_mismatch(&mut self, state: NodeIndex, next: Value, shape_: &Shape) -> Diagnostic {
        let graph = &self.front.graph;
        let (name, declared) = (graph.nodes[state].name, graph.nodes[state].span);
        let at = match graph.nodes[state].kind {
            NodeKind::State { next: Some(next), .. } => graph.nodes[next].span,
            _ => declared,
        };
        let lateral = self.laterals.get(&next).filter(|lateral| lateral.state == state).cloned();
        match lateral {
            Some(lateral) => self.lateral_problem(&lateral, shape_, Some(self.net.shape(next)), at),
            None => loops::next_shape(name, shape_, self.net.shape(next), at, declared),
        }
    }
}
