//! From the graph to the net: every definition becomes primitives, in an order in which each finds what it reads.

mod apply;
mod arithmetic;
mod blocks;
mod branch;
mod budget;
mod bundles;
mod checks;
mod expr;
mod faults;
mod idle;
mod inline;
mod instance;
mod loops;
mod misread;
mod place;
mod roles;
mod scope;
mod separations;
mod steps;
mod val;

use crate::Steps;
use crate::diag::loops::output_of_steps;
use crate::diag::{Diagnostic, Span, names, penalty, shape};
use crate::front::Front;
use crate::front::const_eval;
use crate::front::edits::Edits;
use crate::front::graph::{DefinitionKind, Graph};
use crate::ir::{Builder, Net, Output, Penalty, Role, Shape, Value};
use crate::limits::MAX_NUMBERS;
use crate::syntax::ast::{Expr, ExprKind};
use budget::Budget;
use bundles::Bundle;
use instance::Instance;
use petgraph::graph::NodeIndex;
use place::Place;
use std::collections::BTreeMap;
use val::{BundleId, Val};

struct Lowerer<'f, 'a, 'd> {
    front: &'f Front<'a>,
    diagnostics: &'d mut Vec<Diagnostic>,
    edits: &'d mut Edits,
    net: Builder,
    /// The spec, or the copy of a block, that is being lowered.
    here: Instance<'f, 'a>,
    /// The blocks around it, outermost first.
    open: Vec<&'a str>,
    bundles: Vec<Bundle<'f, 'a>>,
    /// The role that each bundle has in the arms of branches, and where; none if an arm's word is no role.
    roles: BTreeMap<BundleId, Option<(Role, Span)>>,
    /// The word `difference` of the branch that takes the arms of each bundle away; none if some arm is not taken away.
    taken_away: BTreeMap<BundleId, Option<Span>>,
    /// The name of each next value's state and the span where it is written, for every loop of every copy of a block.
    nexts: BTreeMap<Value, (&'a str, Span)>,
    /// How often each name was asked for by a layer, to number their weights.
    layers: BTreeMap<String, usize>,
    budget: Budget,
    /// How many steps loops have in place of what is written.
    steps: Option<&'f Steps>,
}

/// Lowers a spec, with loops of another number of steps if one is given. Gives no net where anything in it is wrong; `end` is the
/// last place of its text.
pub fn lower(
    front: &Front<'_>,
    steps: Option<&Steps>,
    classes: usize,
    end: Span,
    diagnostics: &mut Vec<Diagnostic>,
    edits: &mut Edits,
) -> Option<Net> {
    let input = find(&front.graph, |kind| matches!(kind, DefinitionKind::Input { .. }));
    let output = find(&front.graph, |kind| matches!(kind, DefinitionKind::Output { .. }));
    let image = input.map(|node| (node, image_shape(front, node, diagnostics)));
    let mut lowerer = Lowerer {
        front,
        diagnostics,
        edits,
        net: Builder::new(image.and_then(|(_, dims)| dims).unwrap_or([1, 1, 1])),
        here: Instance::new(&front.graph, String::new()),
        open: Vec::new(),
        bundles: Vec::new(),
        roles: BTreeMap::new(),
        taken_away: BTreeMap::new(),
        nexts: BTreeMap::new(),
        layers: BTreeMap::new(),
        budget: Budget::default(),
        steps,
    };
    match image {
        Some((node, Some(_))) => lowerer.here.values[node.index()] = Val::Value(Value::INPUT),
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
    lowerer.arm_roles();
    let penalties = lowerer.penalties();
    let separations = lowerer.separations();
    let (name, input) = (front.model.map_or("Model", |name| &name.text), input?);
    let input = front.graph.nodes[input].name.to_owned();
    let Lowerer { net, bundles, nexts, .. } = lowerer;
    let mut net = net.finish(name.to_owned(), input, logits?, classes, penalties?);
    net.separated = separations::check(&net, &separations, diagnostics);
    checks::run(&net, front, &bundles, diagnostics);
    checks::timing(&net, front, &nexts, diagnostics);
    checks::cost(&net, front, diagnostics);
    Some(net)
}

fn find(graph: &Graph<'_>, is: impl Fn(&DefinitionKind<'_>) -> bool) -> Option<NodeIndex> {
    graph.nodes.node_indices().find(|node| is(&graph.nodes[*node].kind))
}

fn image_shape(front: &Front<'_>, node: NodeIndex, diagnostics: &mut Vec<Diagnostic>) -> Option<[usize; 3]> {
    let DefinitionKind::Input { shape } = front.graph.nodes[node].kind else { return None };
    let ExprKind::List(items) = &shape.kind else {
        diagnostics.push(shape::image(shape.span));
        return None;
    };
    let dims: Vec<f64> =
        items.iter().map(|item| const_eval::number(item, &front.consts, diagnostics)).collect::<Option<_>>()?;
    let whole = |x: &f64| x.fract() == 0.0 && *x >= 1.0 && *x <= 65_536.0;
    let limit = dims.iter().product::<f64>() <= MAX_NUMBERS as f64;
    if dims.len() != 3 || !dims.iter().all(whole) || !limit {
        diagnostics.push(shape::image(shape.span));
        return None;
    }
    let dims = [dims[0] as usize, dims[1] as usize, dims[2] as usize];
    if matches!(dims, [height, width, 1 | 3] if height.min(width) >= 8) && !front.allows.contains("channels_last") {
        diagnostics.push(shape::channels_last(dims, shape.span));
        return None;
    }
    Some(dims)
}

impl<'a> Lowerer<'_, 'a, '_> {
    fn scope(&mut self, within: Option<NodeIndex>) {
        for node in self.here.order.remove(&within).unwrap_or_default() {
            self.node(node);
        }
    }

    fn node(&mut self, node: NodeIndex) {
        if !self.counts_definition(node) {
            return;
        }
        let graph = self.here.graph;
        let value = match &graph.nodes[node].kind {
            DefinitionKind::Weights { call } => self.declare(node, call),
            DefinitionKind::Equation { value }
            | DefinitionKind::Next { value, .. }
            | DefinitionKind::Arm { value, .. } => self.equation(node, value),
            DefinitionKind::Branch { how, arms } => self.branch(node, how, arms),
            DefinitionKind::Loop { args, states } => return self.looped(node, args, states),
            // Where a call gives none.
            DefinitionKind::Param { default: Some(default) } if !self.here.given.contains(&node) => {
                self.expr(default, &Place::of(graph, node))
            }
            // The input is there from the start, what a call gives too, a state from its loop; the others wait for all
            // equations.
            DefinitionKind::Input { .. }
            | DefinitionKind::Param { .. }
            | DefinitionKind::State { .. }
            | DefinitionKind::Output { .. }
            | DefinitionKind::Yield { .. }
            | DefinitionKind::Penalty { .. } => return,
        };
        self.here.values[node.index()] = value;
    }

    fn equation(&mut self, node: NodeIndex, value: &'a Expr) -> Val {
        let graph = self.here.graph;
        let val = self.expr(value, &Place::of(graph, node));
        if let Val::Weights(bundle) = val {
            // `A = W` would be a second name for a bundle.
            let name = format!("`{}`", self.bundle(bundle).name);
            let help = "apply it to something: `W * x`";
            self.diagnostics.push(names::misused(&name, "a weight bundle", "a feature map", value.span, help));
            return Val::Poison;
        }
        if let Val::Value(value) = val {
            let prime = if matches!(graph.nodes[node].kind, DefinitionKind::Next { .. }) { "'" } else { "" };
            let name = self.here.name(&format!("{}{prime}", graph.nodes[node].name));
            self.net.name(value, &name);
        }
        val
    }

    fn output(&mut self, node: NodeIndex, classes: usize) -> Option<Output> {
        let DefinitionKind::Output { value } = self.here.graph.nodes[node].kind else { return None };
        let place = Place::of(self.here.graph, node);
        let logits = match self.expr(value, &place) {
            Val::Series(logits) if matches!(value.kind, ExprKind::At { .. }) => logits,
            Val::Series(_) => {
                self.diagnostics.push(output_of_steps(value.span));
                return None;
            }
            val => vec![self.value(val, value.span, &place)?],
        };
        let wrong = logits.iter().map(|logits| self.net.shape(*logits)).find(|found| **found != Shape::Vector(classes));
        if let Some(found) = wrong {
            self.diagnostics.push(shape::output(&found.clone(), classes, value.span));
            return None;
        }
        let name = match &value.kind {
            ExprKind::Name(name) => name,
            ExprKind::At { name, .. } => &name.text,
            _ => "output",
        };
        if let [logits] = logits.as_slice() {
            self.net.name(*logits, name);
        }
        Some(Output { name: name.to_owned(), logits })
    }

    /// Lowers the penalties, in order of the text. None if one of them is broken.
    fn penalties(&mut self) -> Option<Vec<Penalty>> {
        let mut penalties = Vec::new();
        let mut complete = true;
        for node in self.front.graph.nodes.node_indices() {
            let DefinitionKind::Penalty { value } = self.front.graph.nodes[node].kind else { continue };
            match self.penalty(node, value) {
                Some(penalty) => penalties.push(penalty),
                None => complete = false,
            }
        }
        complete.then_some(penalties)
    }

    fn penalty(&mut self, node: NodeIndex, value: &'a Expr) -> Option<Penalty> {
        let (name, place) = (self.front.graph.nodes[node].name, Place::of(&self.front.graph, node));
        let params = self.net.params().len();
        let val = self.expr(value, &place);
        if self.net.params().len() > params {
            self.diagnostics.push(penalty::owns(name, value.span));
            return None;
        }
        let number = self.value(val, value.span, &place)?;
        let found = self.net.shape(number).clone();
        if found != Shape::Scalar {
            self.diagnostics.push(penalty::not_a_number(name, &found, value.span));
            return None;
        }
        Some(Penalty { name: name.to_owned(), value: number })
    }
}
