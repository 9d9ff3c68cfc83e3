//! Bundles: weights declared once, and applied wherever the spec says, by `W * x` or by `W(x, stride: 2)`.

use super::Lowerer;
use super::faults::Applied;
use super::place::Place;
use super::val::{BundleId, Val};
use crate::diag::{Diagnostic, Span, misnamed, names, shape};
use crate::front::bind::CallSite;
use crate::front::const_eval::Meanings;
use crate::front::graph::{DefinitionKind, Graph};
use crate::front::signature::Signature;
use crate::ir::{Shape, Value};
use crate::kinds::{self, Kind};
use crate::syntax::ast::{Call, Expr, ExprKind};
use crate::vocabulary::{self, Bound};
use petgraph::graph::NodeIndex;

/// The arguments that may be given anew where a bundle is applied: its weights depend on none of them.
const AT_USE: [&str; 2] = ["stride", "padding"];

/// A bundle applied to a state of the loop it stands in.
#[derive(Clone, Debug)]
pub(super) struct LateralUse {
    pub bundle: BundleId,
    pub state: NodeIndex,
    pub applied: Span,
}

/// A declared bundle, ready to be applied.
#[derive(Debug)]
pub(super) struct Bundle<'f, 'a> {
    pub name: &'a str,
    /// The dotted name that its parameters go by.
    pub path: String,
    /// The graph that the bundle is declared in.
    pub graph: &'f Graph<'a>,
    pub node: NodeIndex,
    pub kind: &'static Kind,
    pub bound: Bound,
    pub from: usize,
    pub to: usize,
    /// The span of the mapping `in -> out`.
    pub map: Span,
    pub call: &'a Call,
}

impl<'f, 'a> Lowerer<'f, 'a, '_> {
    /// The bundle of that number.
    pub(super) fn bundle(&self, id: BundleId) -> &Bundle<'f, 'a> {
        &self.bundles[id.0]
    }

    /// Lowers the declaration of a bundle, which has no weights until it is applied.
    pub(super) fn declare(&mut self, node: NodeIndex, call: &'a Call) -> Val {
        match self.read_bundle(node, call) {
            Some(bundle) => {
                self.bundles.push(bundle);
                Val::Weights(BundleId(self.bundles.len() - 1))
            }
            None => Val::Poison,
        }
    }

    /// Reads `kind(in -> out, …)`. The mapping takes the place of the input and of the first declared argument.
    fn read_bundle(&mut self, node: NodeIndex, call: &'a Call) -> Option<Bundle<'f, 'a>> {
        let graph = self.here.graph;
        let place = Place::of(graph, node);
        let callee = self.resolve(&call.callee.text, &place);
        let Some(kind) = kinds::find(&callee) else {
            let known: Vec<&str> = kinds::KINDS.iter().filter(|kind| kind.bundle.is_some()).map(|k| k.name).collect();
            let (name, span) = (&call.callee.text, call.callee.span);
            match self.front.consts.misnamed(name) {
                Some(word) if word.is_told => {}
                Some(word) => self.diagnostics.push(misnamed::call(&word, span, &known, &[])),
                None => self.diagnostics.push(names::unknown_kind(name, span, &known)),
            }
            return None;
        };
        if kind.bundle.is_none() {
            self.diagnostics.push(names::not_declarable(kind.name, call.callee.span, kind.example));
            return None;
        }
        if !self.is_own_word(&call.callee.text, &place) {
            self.leave_defaults(call, &place);
        }
        let map = call.args.first().filter(|arg| arg.name.is_none()).map(|arg| &arg.value);
        let Some(Expr { kind: ExprKind::Map { from, to }, span }) = map else {
            self.diagnostics.push(names::missing_map(kind.name, call.span));
            return None;
        };
        let what = format!("`{}` of `{}`", kind.args[0].name, kind.name);
        let site = CallSite { span: call.span, close: Some(call.close()) };
        let (from, to, rest) = self.binding(&place, |binder| {
            let from = binder.value("the number before `->`", &kind.args[0].ty, from);
            let to = binder.value(&what, &kind.args[0].ty, to);
            (from, to, binder.call_with(kind.name, [&kind.args[1..], kind.weights], &call.args[1..], site))
        });
        let (from, to, mut bound) = (from?, to?, rest?);
        bound.values.insert(0, (kind.args[0].name, to));
        self.idle(kind, &call.args, &bound, &place);
        let count = |value| if let vocabulary::ArgValue::Count(n) = value { n } else { 0 };
        let (from, to) = (count(from), bound.count(kind.args[0].name));
        let (name, path) = (graph.nodes[node].name, self.here.path(node));
        self.layers.insert(path.clone(), 1);
        Some(Bundle { name, path, graph, node, kind, bound, from, to, map: *span, call })
    }

    /// Lowers a call of a bundle: `W(x)`, or `W(x, stride: 2)`.
    pub(super) fn call_bundle(&mut self, id: BundleId, call: &'a Call, first: Option<Val>, place: &Place<'_>) -> Val {
        let name = self.bundle(id).name;
        let Some(input) = call.args.first().filter(|arg| arg.name.is_none()) else {
            return self.report(names::missing_input(name, place.at(call.span), &format!("{name}(x)")));
        };
        let x = first.unwrap_or_else(|| self.expr(&input.value, &place.inner()));
        let (kind, mut bound) = (self.bundle(id).kind, self.bundle(id).bound.clone());
        let declared: Vec<&vocabulary::Arg> = kind.args.iter().filter(|arg| AT_USE.contains(&arg.name)).collect();
        let names: Vec<&str> = declared.iter().map(|arg| arg.name).collect();
        let given = &call.args[1..];
        let signature = Signature { callee: name, names: &names, positions: 0, takes: "one value", is_own: false };
        let matched = signature.matched(given, self.diagnostics);
        if !matched.is_sound {
            return Val::Poison;
        }
        for (declared, n) in declared.iter().zip(matched.arguments) {
            let Some(arg) = n.map(|n| &given[n]) else { continue };
            let what = format!("`{}` of `{name}`", declared.name);
            let value = self.binding(place, |binder| binder.value(&what, &declared.ty, &arg.value));
            let Some(value) = value else { return Val::Poison };
            bound.values.iter_mut().filter(|(name, _)| *name == declared.name).for_each(|v| v.1 = value.clone());
        }
        let at = (call.callee.span, call.span);
        self.over_steps(x, |lowerer, x| {
            let x = lowerer.value(x, input.value.span, place)?;
            lowerer.apply_bundle(id, Some(&bound), x, at, place)
        })
    }

    /// Applies a bundle to a value, as `W * x` does; `bound` are the arguments, where they are not those that it was
    /// declared with.
    pub(super) fn apply_bundle(
        &mut self,
        id: BundleId,
        bound: Option<&Bound>,
        x: Value,
        at: (Span, Span),
        place: &Place<'_>,
    ) -> Option<Value> {
        let bundle = self.bundle(id);
        let (kind, call, name, owner) = (bundle.kind, bundle.call, bundle.name, bundle.path.clone());
        let (from, to, map) = (bundle.from, bundle.to, bundle.map);
        let bound = bound.unwrap_or(&bundle.bound).clone();
        let applied = place.at(at.0.to(at.1));
        let lateral = self.state_of(x, place).map(|state| LateralUse { bundle: id, state, applied });
        let found = self.net.shape(x).clone();
        let counts = kind.bundle.map_or(0, |count| count(&found));
        if found.per_image() && counts != from {
            let declared = shape::Declared { span: map, from, to: Some(to) };
            let problem = match &lateral {
                Some(lateral) if self.updates(lateral.state, place) => {
                    self.lateral_problem(lateral, &found, None, at.1)
                }
                _ if counts == found.channels() => shape::channels(name, declared, &found, applied),
                _ => shape::inputs(name, declared, &found, applied),
            };
            self.diagnostics.push(problem);
            return None;
        }
        let declared = Applied { name, span: applied, call, inputs: &[], declared: Some(map) };
        let out = self.lower_kind(kind, &owner, &bound, &[x], &declared)?;
        if let Some(lateral) = lateral {
            if let (Shape::Map([_, height, width]), Some(kernel)) = (&found, bound.maybe_count("kernel"))
                && kernel > *height.min(width)
            {
                self.diagnostics.push(shape::wide(name, kernel, [*height, *width], applied, map));
            }
            self.here.laterals.insert(out, lateral);
        }
        Some(out)
    }

    /// The state of the enclosing loop that a value is, as the loop's body reads it.
    fn state_of(&self, x: Value, place: &Place<'_>) -> Option<NodeIndex> {
        let DefinitionKind::Loop { states, .. } = &self.here.graph.nodes[place.within?].kind else { return None };
        states.iter().copied().find(|state| matches!(self.here.values[state.index()], Val::Value(value) if value == x))
    }

    /// Whether what stands at a place becomes that state. It surely does where the loop has no other state.
    fn updates(&self, state: NodeIndex, place: &Place<'_>) -> bool {
        let graph = self.here.graph;
        let alone = graph.nodes[state].within.is_some_and(|within| match &graph.nodes[within].kind {
            DefinitionKind::Loop { states, .. } => states.len() == 1,
            _ => false,
        });
        alone || matches!(graph.nodes[place.node].kind, DefinitionKind::Next { state: updated, .. } if updated == state)
    }

    /// The problem of lateral weights that do not give the shape of their state: `x` is what they give, and meets
    /// `other`, which has that shape. None if that is not what is wrong.
    pub(super) fn lateral_mismatch(&self, x: Value, other: &Shape, place: &Place<'_>) -> Option<Diagnostic> {
        let lateral = self.here.laterals.get(&x)?;
        let Val::Value(state) = self.here.values[lateral.state.index()] else { return None };
        let shape = self.net.shape(state);
        let updates = match self.here.graph.nodes[place.node].kind {
            DefinitionKind::Next { state, .. } => Some(state),
            _ => None,
        };
        if shape != other || updates.is_some_and(|state| state != lateral.state) {
            return None;
        }
        let at = self.here.graph.next_span(lateral.state);
        Some(self.lateral_problem(lateral, shape, Some(self.net.shape(x)), at))
    }

    /// The problem of lateral weights that do not map their state, of that shape, onto itself; `gives` is the shape
    /// that they give, and `at` is what the state's shape is labelled at.
    pub(super) fn lateral_problem(
        &self,
        lateral: &LateralUse,
        shape: &Shape,
        gives: Option<&Shape>,
        at: Span,
    ) -> Diagnostic {
        let bundle = self.bundle(lateral.bundle);
        shape::lateral(&shape::Lateral {
            state: (self.here.graph.nodes[lateral.state].name, shape, at),
            map: bundle.map,
            from: bundle.from,
            to: bundle.to,
            kind: bundle.kind.name,
            applied: lateral.applied,
            gives,
            // What it is handed over to may apply it anywhere.
            is_alone: std::ptr::eq(bundle.graph, self.here.graph) && bundle.graph.readers(bundle.node) == 1,
            may_go_on: self.may_go_on(bundle, shape.channels()),
        })
    }

    /// Whether another bundle may be the second half of what `first` begins: it maps what `first` gives onto the
    /// state's channels, or nothing applies it, or it is not declared yet.
    fn may_go_on(&self, first: &Bundle<'f, 'a>, channels: usize) -> bool {
        let graph = first.graph;
        let is_half = |node: NodeIndex| {
            let known = self.bundles.iter().find(|bundle| bundle.node == node && std::ptr::eq(bundle.graph, graph));
            !graph.applied(node) || known.is_none_or(|second| second.from == first.to && second.to == channels)
        };
        let bundles = graph.nodes.node_indices().filter(|node| *node != first.node);
        bundles.filter(|node| matches!(graph.nodes[*node].kind, DefinitionKind::Weights { .. })).any(is_half)
    }
}
