//! Layers applied: declared bundles with `W * x`, and calls of kinds that own their weights.

use super::expr::Place;
use super::faults::Applied;
use super::functions::{self, Apply};
use super::{LateralUse, Lowerer, Val};
use crate::diag::{Diagnostic, Span, names, penalty, shape};
use crate::front::bind::{Binder, Site};
use crate::front::graph::NodeKind;
use crate::ir::{Shape, Value};
use crate::kinds::{self, Inputs, Kind};
use crate::syntax::ast::Call;
use petgraph::graph::NodeIndex;

impl<'a> Lowerer<'_, 'a, '_> {
    pub(super) fn call(&mut self, call: &'a Call, place: &Place<'_>) -> Val {
        let callee = self.front.consts.resolve(&call.callee.text).to_owned();
        if let Some(kind) = kinds::find(&callee) {
            self.layer(kind, call, place)
        } else if let Some(function) = functions::find(&callee) {
            self.built_in(function, call, place)
        } else if self.front.graph.functions.contains_key(callee.as_str()) {
            self.inline(&callee, call, place)
        } else {
            // Reported when names were looked up.
            Val::Poison
        }
    }

    fn built_in(&mut self, function: &functions::Function, call: &'a Call, place: &Place<'_>) -> Val {
        let [arg] = call.args.as_slice() else {
            let example = format!("{}(x)", function.name);
            let problem = match call.args.get(1) {
                Some(second) => names::superfluous(function.name, "one argument", second.value.span),
                None => names::missing_input(function.name, call.span, &example),
            };
            return self.report(problem);
        };
        if let Some(name) = &arg.name {
            return self.report(names::unknown_argument(function.name, &name.text, name.span, &[]));
        }
        let inner = Place { outermost: false, ..*place };
        let x = self.expr(&arg.value, &inner);
        match function.apply {
            Apply::Entrywise(f) => self.entrywise(f, x, arg.value.span, &inner),
            Apply::Reduce(_) if matches!(x, Val::Poison) => Val::Poison,
            Apply::Reduce(_) if !place.penalty => self.report(penalty::in_equation(function.name, place.at(call.span))),
            Apply::Reduce(f) => self.reduce(f, x, arg.value.span, &inner),
        }
    }

    fn layer(&mut self, kind: &'static Kind, call: &'a Call, place: &Place<'_>) -> Val {
        let positional = call.args.iter().take_while(|arg| arg.name.is_none()).count();
        let inputs = if kind.inputs == Inputs::One { positional.min(1) } else { positional };
        if inputs == 0 {
            return self.report(names::missing_input(kind.name, place.at(call.span), kind.example));
        }
        let inner = Place { outermost: false, ..*place };
        let mut vals: Vec<Val> = call.args[..inputs].iter().map(|arg| self.expr(&arg.value, &inner)).collect();
        let site = Site { span: call.span, close: Some(call.close()) };
        let mut binder =
            Binder { consts: &self.front.consts, diagnostics: &mut *self.diagnostics, edits: &mut *self.edits };
        let bound = binder.call_with(kind.name, [kind.args, kind.weights], &call.args[inputs..], site);
        let Some(bound) = bound else { return Val::Poison };
        let owner = self.layer_name(kind, place);
        let applied =
            Applied { name: kind.name, span: place.at(call.span), call, inputs: &call.args[..inputs], declared: None };
        if let [Val::Group(_)] = vals.as_slice()
            && let Some(Val::Group(group)) = vals.pop()
        {
            let mapped = group.into_iter().map(|x| self.lower_kind(kind, &owner, &bound, &[x], &applied));
            return mapped.collect::<Option<Vec<_>>>().map_or(Val::Poison, Val::Group);
        }
        let spans = call.args[..inputs].iter().map(|arg| arg.value.span);
        let values: Vec<_> = vals.into_iter().zip(spans).map(|(val, span)| self.value(val, span, &inner)).collect();
        let Some(values) = values.into_iter().collect::<Option<Vec<_>>>() else { return Val::Poison };
        let Some(out) = self.lower_kind(kind, &owner, &bound, &values, &applied) else { return Val::Poison };
        // A layer that keeps the shape and adds no weights is an activation: what was lateral still is.
        if let Some(lateral) = self.laterals.get(&values[0]).cloned()
            && self.net.shape(out) == self.net.shape(values[0])
        {
            self.laterals.insert(out, lateral);
        }
        Val::Value(out)
    }

    /// `h` for the layer that is all of equation `h`, `h.conv` for one inside of it, `h.conv_2` for the next.
    fn layer_name(&mut self, kind: &Kind, place: &Place<'_>) -> String {
        let path = self.front.graph.path(place.node);
        if place.outermost {
            return path;
        }
        let name = format!("{path}.{}", kind.name);
        let count = self.layers.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { name } else { format!("{name}_{count}") }
    }

    fn lower_kind(
        &mut self,
        kind: &Kind,
        owner: &str,
        bound: &crate::schema::Bound,
        inputs: &[Value],
        applied: &Applied<'_>,
    ) -> Option<Value> {
        let mut site = kinds::Site { net: &mut self.net, owner, traits: kinds::Traits::of(bound) };
        let made = (kind.lower)(&mut site, bound, inputs);
        for warning in self.net.take_warnings() {
            self.fault(warning, applied, inputs);
        }
        made.map_err(|fault| self.fault(fault, applied, inputs)).ok()
    }

    /// `W * x`
    pub(super) fn apply_bundle(&mut self, node: NodeIndex, x: Value, at: (Span, Span), place: &Place<'_>) -> Val {
        let Some(bundle) = self.bundles.get(&node) else { return Val::Poison };
        let (kind, bound, call) = (bundle.kind, bundle.bound.clone(), bundle.call);
        let (from, map) = (bundle.from, bundle.map);
        let name = self.front.graph.nodes[node].name;
        let applied = at.0.to(at.1);
        let lateral = self.state_of(x, place).map(|state| LateralUse { bundle: node, state, applied });
        let found = self.net.shape(x).clone();
        let counts = kind.bundle.map_or(0, |count| count(&found));
        if found.per_image() && counts != from {
            let problem = match &lateral {
                Some(lateral) if self.updates(lateral.state, place) => {
                    self.lateral_problem(lateral, &found, None, at.1)
                }
                _ if counts == found.channels() => {
                    shape::channels(name, shape::Declared { span: map, from }, &found, applied)
                }
                _ => shape::inputs(name, shape::Declared { span: map, from }, &found, applied),
            };
            return self.report(problem);
        }
        let owner = self.front.graph.path(node);
        let declared = Applied { name, span: applied, call, inputs: &[], declared: Some(map) };
        let Some(out) = self.lower_kind(kind, &owner, &bound, &[x], &declared) else { return Val::Poison };
        if let Some(lateral) = lateral {
            self.laterals.insert(out, lateral);
        }
        Val::Value(out)
    }

    /// The state of an enclosing loop that a value is, as the loop's body reads it.
    fn state_of(&self, x: Value, place: &Place<'_>) -> Option<NodeIndex> {
        let NodeKind::Loop { states, .. } = &self.front.graph.nodes[place.within?].kind else { return None };
        states.iter().copied().find(|state| matches!(self.values[state.index()], Val::Value(value) if value == x))
    }

    /// Does what stands here become that state? Surely so where its loop has no other.
    fn updates(&self, state: NodeIndex, place: &Place<'_>) -> bool {
        let graph = &self.front.graph;
        let alone = graph.nodes[state].within.is_some_and(|within| match &graph.nodes[within].kind {
            NodeKind::Loop { states, .. } => states.len() == 1,
            _ => false,
        });
        alone || matches!(graph.nodes[place.node].kind, NodeKind::Next { state: updated, .. } if updated == state)
    }

    /// Is this the outcome of lateral weights, meeting the shape that their state has?
    pub(super) fn lateral_mismatch(&self, x: Value, other: &Shape, place: &Place<'_>) -> Option<Diagnostic> {
        let lateral = self.laterals.get(&x)?;
        let Val::Value(state) = self.values[lateral.state.index()] else { return None };
        let shape = self.net.shape(state);
        let updates = match self.front.graph.nodes[place.node].kind {
            NodeKind::Next { state, .. } => Some(state),
            _ => None,
        };
        if shape != other || updates.is_some_and(|state| state != lateral.state) {
            return None;
        }
        let at = match self.front.graph.nodes[lateral.state].kind {
            NodeKind::State { next: Some(next), .. } => self.front.graph.nodes[next].span,
            _ => self.front.graph.nodes[lateral.state].span,
        };
        Some(self.lateral_problem(lateral, shape, Some(self.net.shape(x)), at))
    }

    pub(super) fn lateral_problem(
        &self,
        lateral: &LateralUse,
        shape: &Shape,
        gives: Option<&Shape>,
        at: Span,
    ) -> Diagnostic {
        let graph = &self.front.graph;
        let bundle = &self.bundles[&lateral.bundle];
        shape::lateral(&shape::Lateral {
            state: (graph.nodes[lateral.state].name, shape, at),
            map: bundle.map,
            from: bundle.from,
            to: bundle.to,
            kind: bundle.kind.name,
            applied: lateral.applied,
            gives,
        })
    }
}
