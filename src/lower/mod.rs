//! From the graph to the net: every definition becomes primitives, in an order in which each finds what it reads.

mod apply;
mod branch;
mod checks;
mod expr;
mod faults;
pub mod functions;
mod inline;
mod loops;
mod roles;

use crate::diag::{Diagnostic, Span, names, penalty, shape};
use crate::front::Front;
use crate::front::bind::{Binder, Site};
use crate::front::edits::Edits;
use crate::front::graph::NodeKind;
use crate::ir::{Builder, Net, Penalty, Shape, Value};
use crate::kinds::{self, Kind};
use crate::schema::Bound;
use crate::syntax::ast::{Call, Expr, ExprKind};
use expr::Place;
use petgraph::graph::NodeIndex;
use std::collections::BTreeMap;

/// What an expression comes to.
#[derive(Clone, Debug)]
enum Val {
    /// Something broken upstream, already reported: whatever reads it stays silent.
    Poison,
    Number(f64),
    Value(Value),
    /// A bundle, to be applied, or to be looked at by a penalty.
    Weights(NodeIndex),
    /// Many weights: `weights` and `parameters`.
    Group(Vec<Value>),
}

/// A declared bundle, ready to be applied.
#[derive(Debug)]
struct Bundle<'a> {
    kind: &'static Kind,
    bound: Bound,
    from: usize,
    to: usize,
    /// The place of `in -> out`.
    map: Span,
    call: &'a Call,
}

/// A bundle applied to a state of the loop it stands in.
#[derive(Clone, Debug)]
struct LateralUse {
    bundle: NodeIndex,
    state: NodeIndex,
    applied: Span,
}

struct Lowerer<'f, 'a, 'd> {
    front: &'f Front<'a>,
    diagnostics: &'d mut Vec<Diagnostic>,
    edits: &'d mut Edits,
    net: Builder,
    values: Vec<Val>,
    bundles: BTreeMap<NodeIndex, Bundle<'a>>,
    laterals: BTreeMap<Value, LateralUse>,
    /// How many layers of a kind each equation has so far, to number their weights.
    layers: BTreeMap<String, usize>,
    /// Expressions within expressions at this place, and calls of functions written out so far.
    depth: usize,
    calls: usize,
    /// One of the two was too much, and it is reported.
    overrun: bool,
    /// What is to be lowered in each scope, in order.
    order: BTreeMap<Option<NodeIndex>, Vec<NodeIndex>>,
}

/// Lowers a spec. Gives no net where anything in it is wrong; `end` is the last place of its text.
pub fn lower(
    front: &Front<'_>,
    classes: usize,
    end: Span,
    diagnostics: &mut Vec<Diagnostic>,
    edits: &mut Edits,
) -> Option<Net> {
    let input = find(front, |kind| matches!(kind, NodeKind::Input { .. }));
    let output = find(front, |kind| matches!(kind, NodeKind::Output { .. }));
    let image = input.map(|node| (node, image_shape(front, node, diagnostics)));
    let mut order: BTreeMap<Option<NodeIndex>, Vec<NodeIndex>> = BTreeMap::new();
    for node in front.graph.order() {
        order.entry(front.graph.nodes[node].within).or_default().push(node);
    }
    let mut lowerer = Lowerer {
        front,
        diagnostics,
        edits,
        net: Builder::new(image.and_then(|(_, dims)| dims).unwrap_or([1, 1, 1])),
        values: vec![Val::Poison; front.graph.nodes.node_count()],
        bundles: BTreeMap::new(),
        laterals: BTreeMap::new(),
        layers: BTreeMap::new(),
        depth: 0,
        calls: 0,
        overrun: false,
        order,
    };
    match image {
        Some((node, Some(_))) => lowerer.values[node.index()] = Val::Value(Value::INPUT),
        Some((_, None)) => {}
        None if front.whole => {
            lowerer.diagnostics.push(names::missing_statement("input", "input image: [1, 48, 48]", end));
        }
        None => {}
    }
    lowerer.scope(None);
    let logits = match output {
        Some(node) => lowerer.output(node, classes),
        None => {
            if front.whole {
                lowerer.diagnostics.push(names::missing_statement("output", "output logits", end));
            }
            None
        }
    };
    let penalties = lowerer.penalties();
    lowerer.roles();
    let (name, input) = (front.model.map_or("Model", |name| &name.text), input?);
    let input = front.graph.nodes[input].name.to_owned();
    let net = lowerer.net.finish(name.to_owned(), input, (logits.clone()?.0, logits?.1), classes, penalties?);
    checks::run(&net, front, diagnostics);
    Some(net)
}

fn find(front: &Front<'_>, is: impl Fn(&NodeKind<'_>) -> bool) -> Option<NodeIndex> {
    front.graph.nodes.node_indices().find(|node| is(&front.graph.nodes[*node].kind))
}

fn image_shape(front: &Front<'_>, node: NodeIndex, diagnostics: &mut Vec<Diagnostic>) -> Option<[usize; 3]> {
    let NodeKind::Input { shape } = front.graph.nodes[node].kind else { return None };
    let ExprKind::List(items) = &shape.kind else {
        diagnostics.push(shape::image(shape.span));
        return None;
    };
    let dims: Vec<f64> = items.iter().map(|item| front.consts.number(item, diagnostics)).collect::<Option<_>>()?;
    let whole = |x: &f64| x.fract() == 0.0 && *x >= 1.0 && *x <= 65_536.0;
    let limit = dims.iter().product::<f64>() <= f64::from(1 << 30);
    if dims.len() != 3 || !dims.iter().all(whole) || !limit {
        diagnostics.push(shape::image(shape.span));
        return None;
    }
    Some([dims[0] as usize, dims[1] as usize, dims[2] as usize])
}

impl<'a> Lowerer<'_, 'a, '_> {
    fn scope(&mut self, within: Option<NodeIndex>) {
        for node in self.order.remove(&within).unwrap_or_default() {
            self.node(node);
        }
    }

    fn node(&mut self, node: NodeIndex) {
        let graph = &self.front.graph;
        let value = match &graph.nodes[node].kind {
            NodeKind::Weights { call } => self.declare(node, call),
            NodeKind::Equation { value } | NodeKind::Next { value, .. } | NodeKind::Arm { value, .. } => {
                self.equation(node, value)
            }
            NodeKind::Branch { how, arms } => self.branch(node, how, arms),
            NodeKind::Loop { args, states } => return self.region(node, args, states),
            // The input is there from the start, a state from its loop; the others wait for all equations.
            NodeKind::Input { .. } | NodeKind::State { .. } | NodeKind::Output { .. } | NodeKind::Penalty { .. } => {
                return;
            }
        };
        self.values[node.index()] = value;
    }

    fn declare(&mut self, node: NodeIndex, call: &'a Call) -> Val {
        match self.bundle(call) {
            Some(bundle) => {
                self.bundles.insert(node, bundle);
                Val::Weights(node)
            }
            None => Val::Poison,
        }
    }

    /// Reads `kind(in -> out, …)`. The mapping takes the place of the input and of the first declared argument.
    fn bundle(&mut self, call: &'a Call) -> Option<Bundle<'a>> {
        let callee = self.front.consts.resolve(&call.callee.text);
        let Some(kind) = kinds::find(callee) else {
            let known: Vec<&str> = kinds::KINDS.iter().filter(|kind| kind.bundle.is_some()).map(|k| k.name).collect();
            self.diagnostics.push(names::unknown_kind(&call.callee.text, call.callee.span, &known));
            return None;
        };
        if kind.bundle.is_none() {
            self.diagnostics.push(names::not_declarable(kind.name, call.callee.span, kind.example));
            return None;
        }
        let map = call.args.first().filter(|arg| arg.name.is_none()).map(|arg| &arg.value);
        let Some(Expr { kind: ExprKind::Map { from, to }, span }) = map else {
            self.diagnostics.push(names::missing_map(kind.name, call.span));
            return None;
        };
        let mut binder =
            Binder { consts: &self.front.consts, diagnostics: &mut *self.diagnostics, edits: &mut *self.edits };
        let what = format!("`{}` of `{}`", kind.args[0].name, kind.name);
        let from = binder.value("the number before `->`", &kind.args[0].ty, from);
        let to = binder.value(&what, &kind.args[0].ty, to);
        let site = Site { span: call.span, close: Some(call.close()) };
        let rest = binder.call_with(kind.name, [&kind.args[1..], kind.weights], &call.args[1..], site);
        let (from, to, mut bound) = (from?, to?, rest?);
        bound.values.insert(0, (kind.args[0].name, to));
        let count = |value| if let crate::schema::Value::Count(n) = value { n } else { 0 };
        let (from, to) = (count(from), bound.count(kind.args[0].name));
        Some(Bundle { kind, bound, from, to, map: *span, call })
    }

    fn equation(&mut self, node: NodeIndex, value: &'a Expr) -> Val {
        let val = self.expr(value, &Place::of(self.front, node));
        if let Val::Weights(bundle) = val {
            // `A = W` would be a second name for a bundle.
            let name = format!("`{}`", self.front.graph.nodes[bundle].name);
            let help = "apply it to something: `W * x`";
            self.diagnostics.push(names::misused(&name, "a weight bundle", "a feature map", value.span, help));
            return Val::Poison;
        }
        if let Val::Value(value) = val {
            let name = self.front.graph.nodes[node].name;
            match self.front.graph.nodes[node].kind {
                NodeKind::Next { .. } => self.net.name(value, &format!("{name}'")),
                _ => self.net.name(value, name),
            }
        }
        val
    }

    fn output(&mut self, node: NodeIndex, classes: usize) -> Option<(String, Value)> {
        let NodeKind::Output { value } = self.front.graph.nodes[node].kind else { return None };
        let place = Place::of(self.front, node);
        let val = self.expr(value, &place);
        let logits = self.value(val, value.span, &place)?;
        let found = self.net.shape(logits).clone();
        if found != Shape::Vector(classes) {
            self.diagnostics.push(shape::output(&found, classes, value.span));
            return None;
        }
        let name = match &value.kind {
            ExprKind::Name(name) => name.clone(),
            _ => "output".to_owned(),
        };
        self.net.name(logits, &name);
        Some((name, logits))
    }

    /// In order of the text. None if one of them is broken.
    fn penalties(&mut self) -> Option<Vec<Penalty>> {
        let mut penalties = Vec::new();
        let mut complete = true;
        for node in self.front.graph.nodes.node_indices() {
            let NodeKind::Penalty { value } = self.front.graph.nodes[node].kind else { continue };
            match self.penalty(node, value) {
                Some(penalty) => penalties.push(penalty),
                None => complete = false,
            }
        }
        complete.then_some(penalties)
    }

    fn penalty(&mut self, node: NodeIndex, value: &'a Expr) -> Option<Penalty> {
        let (name, place) = (self.front.graph.nodes[node].name, Place::of(self.front, node));
        let params = self.net.params().len();
        let val = self.expr(value, &place);
        if self.net.params().len() > params {
            self.diagnostics.push(penalty::owns(name, value.span));
            return None;
        }
        let value_ = match val {
            Val::Number(x) => self.net.number(x),
            val => self.value(val, value.span, &place)?,
        };
        let found = self.net.shape(value_).clone();
        if found != Shape::Scalar {
            self.diagnostics.push(penalty::not_a_number(name, &found, value.span));
            return None;
        }
        Some(Penalty { name: name.to_owned(), value: value_ })
    }
}
