//! From expressions to edges: every name is looked up, in its place.

use super::consts::{CLASSES, Consts};
use super::graph::{Edge, Found, Graph, NodeKind};
use super::settings::RESERVED;
use crate::diag::{Diagnostic, Span, did_you_mean, loops, names};
use crate::kinds::{self, Inputs, Kind};
use crate::lower::functions;
use crate::syntax::ast::{Arg, Call, Expr, ExprKind, Item, ItemKind, Name};
use petgraph::graph::NodeIndex;
use std::collections::BTreeSet;

/// Looks up the names of a spec and draws what reads what.
#[derive(Debug)]
pub struct Reader<'a, 'd> {
    pub graph: &'d mut Graph<'a>,
    pub consts: &'d Consts,
    /// Names whose definitions are reported and lost.
    pub lost: &'d BTreeSet<&'a str>,
    /// False if the spec lacks its input or a definition that nobody can name: an unknown name may well be that.
    pub sees: bool,
    pub diagnostics: &'d mut Vec<Diagnostic>,
}

/// Where an expression stands: whose value it is, and which names a `fn` has bound.
#[derive(Clone, Copy)]
struct Place<'p> {
    /// None inside of a `fn`, whose body reads nothing itself.
    node: Option<NodeIndex>,
    within: Option<NodeIndex>,
    params: &'p [Name],
}

impl<'a> Reader<'a, '_> {
    pub fn read(&mut self, items: &'a [Item]) {
        self.mention_settings(items);
        for node in self.graph.nodes.node_indices() {
            let (expr, within) = match &self.graph.nodes[node].kind {
                NodeKind::Equation { value }
                | NodeKind::Next { value, .. }
                | NodeKind::Arm { value, .. }
                | NodeKind::Output { value }
                | NodeKind::Penalty { value } => (*value, self.graph.nodes[node].within),
                // What a state starts from is made before the loop, outside of it.
                NodeKind::State { init, .. } => (*init, self.outer(node)),
                NodeKind::Input { shape } => {
                    self.mention(shape);
                    continue;
                }
                NodeKind::Weights { call } => {
                    self.mention_args(&call.args);
                    continue;
                }
                NodeKind::Loop { args, .. } => {
                    self.mention_args(args);
                    continue;
                }
                NodeKind::Branch { .. } => continue,
            };
            self.expr(expr, Place { node: Some(node), within, params: &[] });
        }
        let bodies: Vec<_> = self.graph.functions.values().map(|f| (f.body, f.params, f.prelude)).collect();
        for (body, params, _) in bodies.into_iter().filter(|(_, _, prelude)| !prelude) {
            self.expr(body, Place { node: None, within: None, params });
        }
    }

    fn outer(&self, node: NodeIndex) -> Option<NodeIndex> {
        self.graph.nodes[node].within.and_then(|within| self.graph.nodes[within].within)
    }

    fn expr(&mut self, expr: &'a Expr, place: Place<'_>) {
        match &expr.kind {
            ExprKind::Number { .. } | ExprKind::Bool(_) => {}
            ExprKind::Name(name) => self.name(name, expr.span, place),
            ExprKind::Primed(name) => self.primed(name, expr.span, place),
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(item, place)),
            ExprKind::Call(call) => self.call(call, place),
            ExprKind::Negate(x) => self.expr(x, place),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left, place);
                self.expr(right, place);
            }
            ExprKind::Map { from, to } => {
                self.expr(from, place);
                self.expr(to, place);
            }
        }
    }

    /// Inputs are looked up here; a kind's other arguments are known before the run and are the binder's.
    fn call(&mut self, call: &'a Call, place: Place<'_>) {
        let callee = self.consts.resolve(&call.callee.text);
        let inputs = match kinds::find(callee) {
            Some(Kind { inputs: Inputs::None, .. }) => 0,
            Some(Kind { inputs: Inputs::One, .. }) => 1,
            _ => usize::MAX,
        };
        let known = kinds::find(callee).is_some()
            || functions::find(callee).is_some()
            || self.graph.functions.contains_key(callee);
        if !known && !self.lost.contains(callee) {
            let known: Vec<&str> = self.callable().collect();
            self.diagnostics.push(names::unknown_call(&call.callee.text, call.callee.span, &known));
        }
        self.mention_args(&call.args);
        for arg in call.args.iter().filter(|arg| arg.name.is_none()).take(inputs) {
            self.expr(&arg.value, place);
        }
    }

    /// Consts named where only the binder looks are used, even if something else there keeps it from looking.
    fn mention(&self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Number { .. } | ExprKind::Bool(_) | ExprKind::Primed(_) => {}
            ExprKind::Name(name) => drop(self.consts.get(name)),
            ExprKind::List(items) => items.iter().for_each(|item| self.mention(item)),
            ExprKind::Call(call) => {
                self.consts.get(&call.callee.text);
                self.mention_args(&call.args);
            }
            ExprKind::Negate(x) => self.mention(x),
            ExprKind::Binary { left, right, .. } | ExprKind::Map { from: left, to: right } => {
                self.mention(left);
                self.mention(right);
            }
        }
    }

    fn mention_args(&self, args: &[Arg]) {
        args.iter().for_each(|arg| self.mention(&arg.value));
    }

    fn mention_settings(&self, items: &[Item]) {
        for item in items {
            if let ItemKind::Settings { entries, .. } = &item.kind {
                entries.iter().for_each(|entry| self.mention(&entry.value));
            }
        }
    }

    fn callable(&self) -> impl Iterator<Item = &str> {
        let kinds = kinds::KINDS.iter().map(|kind| kind.name);
        let built_in = functions::FUNCTIONS.iter().map(|function| function.name);
        kinds.chain(built_in).chain(self.graph.functions.keys().copied())
    }

    fn name(&mut self, name: &'a str, span: Span, place: Place<'_>) {
        if place.params.iter().any(|param| param.text == name) || name == CLASSES {
            return;
        }
        if RESERVED.iter().any(|(reserved, _)| *reserved == name) || self.consts.get(name).is_some() {
            return;
        }
        match self.graph.find(name, place.within) {
            Found::Node(found) => self.edge(place, found, span),
            Found::Hidden(_) if self.lost.contains(name) => {}
            Found::Hidden(found) => {
                let node = &self.graph.nodes[found];
                let Some(within) = node.within.map(|within| &self.graph.nodes[within]) else { return };
                let states: Vec<&str> = match &within.kind {
                    NodeKind::Loop { states, .. } => states.iter().map(|s| self.graph.nodes[*s].name).collect(),
                    _ => Vec::new(),
                };
                self.diagnostics.push(names::hidden_name(name, span, node.span, within.name, &states));
            }
            // A definition that could not be read is reported where it stands.
            Found::Nothing if self.lost.contains(name) => {}
            Found::Nothing => {
                let mut visible = self.graph.visible(place.within);
                visible.extend(self.consts.names());
                visible.extend(RESERVED.iter().map(|(name, _)| *name));
                visible.extend(place.params.iter().map(|param| param.text.as_str()));
                if self.sees || did_you_mean(name, visible.iter().copied()).is_some() {
                    self.diagnostics.push(names::unknown_name(name, span, &visible));
                }
            }
        }
    }

    /// Seen from outside of its loop, a state is what the loop hands on.
    fn edge(&mut self, place: Place<'_>, found: NodeIndex, span: Span) {
        let Some(node) = place.node else {
            let what = &self.graph.nodes[found];
            let (name, is) = (format!("`{}`", what.name), what.kind.describe());
            let help = "a `fn` sees its own arguments and consts; hand it over as one more argument";
            self.diagnostics.push(names::misused(&name, is, "an argument or a const", span, help));
            return;
        };
        let target = match self.graph.nodes[found] {
            super::graph::Node { kind: NodeKind::State { .. }, within: Some(within), .. }
                if !self.inside(place.within, within) =>
            {
                // The state is read too, for the lint on what nothing reads.
                self.graph.nodes.add_edge(node, found, Edge::Reads);
                within
            }
            _ => found,
        };
        self.graph.nodes.add_edge(node, target, Edge::Reads);
    }

    fn inside(&self, mut place: Option<NodeIndex>, of: NodeIndex) -> bool {
        while let Some(here) = place {
            if here == of {
                return true;
            }
            place = self.graph.nodes[here].within;
        }
        false
    }

    fn primed(&mut self, name: &'a str, span: Span, place: Place<'_>) {
        let Some(within) = place.within else {
            self.diagnostics.push(loops::primed_outside(name, span));
            return;
        };
        match self.graph.find(name, place.within) {
            Found::Node(found) => match self.graph.nodes[found].kind {
                NodeKind::State { next: Some(next), .. } => {
                    if let Some(node) = place.node {
                        self.graph.nodes.add_edge(node, next, Edge::Reads);
                    }
                }
                // A state that never changes is reported once, at the state.
                NodeKind::State { next: None, .. } => {}
                _ => {
                    let within = self.graph.nodes[within].name;
                    self.diagnostics.push(loops::primed_stateless(name, span, within));
                }
            },
            Found::Hidden(_) | Found::Nothing => self.name(name, span, place),
        }
    }
}
