//! Expressions: names, choices and calls, down to values.

use super::Lowerer;
use super::place::Place;
use super::val::{BundleId, Val};
use crate::diag::{Diagnostic, Span, loops, names, penalty, settings};
use crate::front::const_eval::{Const, describe};
use crate::front::consts::CLASSES;
use crate::front::graph::{DefinitionKind, Found};
use crate::ir::{Param, ParamClass, ParamId, Unary, Value};
use crate::syntax::ast::{Expr, ExprKind};
use crate::vocabulary::real;

impl<'a> Lowerer<'_, 'a, '_> {
    /// Lowers an expression whose depth is counted; see [`Lowerer::expr`].
    pub(super) fn expr_within(&mut self, expr: &'a Expr, place: &Place<'_>) -> Val {
        match &expr.kind {
            ExprKind::Number { value, unit: None } => Val::number(*value),
            ExprKind::Number { value, unit: Some(unit) } => {
                let problem = settings::wrong_unit("a number in an equation", &unit.text, unit.span, "without a unit");
                let is_product = self.local(&unit.text, place).is_some() || self.front.consts.get(&unit.text).is_some();
                let product = format!("a product has its sign: `{} * {}`", real(*value), unit.text);
                self.report(if is_product { problem.help(product) } else { problem })
            }
            ExprKind::Bool(truth) => Val::Const(Const::Bool(*truth)),
            ExprKind::Name(name) => self.name(name, expr.span, place),
            ExprKind::Primed(name) => self.primed(name, place),
            ExprKind::At { name, step } => self.at(name, step, place),
            ExprKind::Call(call) => self.call(call, place),
            ExprKind::Repeat { count, call } => self.repeat(count, call, place),
            ExprKind::If { condition, then, otherwise } => match self.truth(condition, place) {
                Some(truth) => self.expr(if truth { then } else { otherwise }, place),
                None => Val::Poison,
            },
            ExprKind::Negate(x) => match self.expr(x, &place.inner()) {
                Val::Const(Const::Number(x)) => Val::number(-x),
                other => self.entrywise(Unary::Negate, other, expr.span, place),
            },
            ExprKind::Not(_) => self.known(expr, place).map_or(Val::Poison, Val::Const),
            ExprKind::Binary { op, left, right } if op.is_arithmetic() => self.arithmetic(*op, left, right, place),
            ExprKind::Binary { .. } => self.known(expr, place).map_or(Val::Poison, Val::Const),
            ExprKind::List(_) | ExprKind::Map { .. } => {
                let help = "write a feature map, a layer or a number";
                self.report(names::misused("this", describe(expr), "a value", place.at(expr.span), help))
            }
        }
    }

    /// Reports a problem of an expression, which then comes to nothing.
    pub(super) fn report(&mut self, problem: Diagnostic) -> Val {
        self.diagnostics.push(problem);
        Val::Poison
    }

    fn name(&mut self, name: &str, span: Span, place: &Place<'_>) -> Val {
        match self.local(name, place) {
            Some(Val::Weights(bundle)) if place.penalty => return self.weights_of(bundle),
            Some(val) => return val,
            None => {}
        }
        match name {
            "weights" => return self.group(name, span, place, |param| param.class == ParamClass::Kernel),
            "parameters" => return self.group(name, span, place, Param::trained),
            _ => {}
        }
        // A `fn` sees its arguments and consts, whatever is defined where it is called.
        let found = if place.frame.is_some() { Found::Nothing } else { self.here.graph.find(name, place.within) };
        match found {
            // It has no value of its own.
            Found::Node(node) => {
                let is = self.here.graph.nodes[node].kind.describe();
                let help = "name one of its states, or another feature map";
                self.report(names::misused(&format!("`{name}`"), is, "a value", place.at(span), help))
            }
            Found::Hidden(_) | Found::Nothing if name == CLASSES || self.front.consts.get(name).is_some() => {
                let expr = Expr { kind: ExprKind::Name(name.to_owned()), span: place.at(span) };
                self.known(&expr, place).map_or(Val::Poison, Val::Const)
            }
            Found::Nothing if self.front.is_callable(name) && !self.front.consts.is_broken(name) => {
                Val::Const(Const::Word(name.to_owned()))
            }
            // Reported when names were looked up.
            Found::Hidden(_) | Found::Nothing => Val::Poison,
        }
    }

    /// What a penalty sees of a bundle: where it has weights for each step, all of them.
    fn weights_of(&mut self, bundle: BundleId) -> Val {
        let first = self.net.find(&format!("{}.1.weight", self.bundle(bundle).path));
        match first.map(|first| self.net.versions(first)) {
            Some(each) => Val::Group(each.into_iter().map(|id| self.net.read(id)).collect()),
            None => Val::Weights(bundle),
        }
    }

    fn group(&mut self, name: &str, span: Span, place: &Place<'_>, of: impl Fn(&Param) -> bool) -> Val {
        if !place.penalty {
            let help = "only a `penalty` looks at all weights at once";
            let is = "every kernel of the net";
            return self.report(names::misused(&format!("`{name}`"), is, "a value", place.at(span), help));
        }
        let params = self.net.params().iter().enumerate();
        let ids: Vec<_> = params.filter(|(_, p)| of(p)).map(|(n, _)| ParamId(n)).collect();
        Val::Group(ids.into_iter().map(|id| self.net.read(id)).collect())
    }

    fn primed(&mut self, name: &str, place: &Place<'_>) -> Val {
        let Found::Node(state) = self.here.graph.find(name, place.within) else { return Val::Poison };
        match self.here.graph.nodes[state].kind {
            DefinitionKind::State { next: Some(next), .. } => self.here.values[next.index()].clone(),
            _ => Val::Poison,
        }
    }

    /// Makes a value of the net of what an expression comes to, where only that will do; reports anything else.
    pub(super) fn value(&mut self, val: Val, span: Span, place: &Place<'_>) -> Option<Value> {
        match val {
            Val::Poison => None,
            Val::Const(Const::Number(x)) => Some(self.net.number(x)),
            Val::Const(other) => {
                let help = "write a feature map, a layer or a number";
                let (name, is) = (format!("`{other}`"), other.is());
                self.diagnostics.push(names::misused(&name, is, "a value", place.at(span), help));
                None
            }
            Val::Value(value) => Some(value),
            Val::Weights(bundle) if place.penalty => {
                let found = self.bundle(bundle);
                let (name, applied) = (found.name, found.graph.applied(found.node));
                match self.net.find(&format!("{}.weight", found.path)) {
                    Some(param) => Some(self.net.read(param)),
                    None => {
                        // A bundle that is broken, or applied in a broken equation, is reported there.
                        let is_misspelt = self.diagnostics.iter().any(|problem| problem.asks_for(name));
                        if self.front.whole && !applied && !is_misspelt && !self.has_broken_arms() {
                            self.diagnostics.push(penalty::never_applied(name, place.at(span)));
                        }
                        None
                    }
                }
            }
            Val::Weights(bundle) => {
                let name = self.bundle(bundle).name;
                let (name, help) = (format!("`{name}`"), format!("apply it to something: `{name} * x`"));
                self.diagnostics.push(names::misused(&name, "a weight bundle", "a feature map", place.at(span), help));
                None
            }
            Val::Group(_) => {
                self.diagnostics.push(penalty::group("weights", place.at(span)));
                None
            }
            Val::Series(_) => {
                self.diagnostics.push(loops::one_step(place.at(span)));
                None
            }
        }
    }

    /// Makes a value of the net of what an expression comes to, where a number will not do either; `help` says what to
    /// write.
    pub(super) fn feature_map(&mut self, val: Val, span: Span, help: &str, place: &Place<'_>) -> Option<Value> {
        if let Val::Const(Const::Number(_)) = val {
            self.diagnostics.push(names::misused("this", "a number", "a feature map", place.at(span), help));
            return None;
        }
        self.value(val, span, place)
    }
}
