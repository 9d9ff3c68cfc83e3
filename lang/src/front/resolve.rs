//! Name resolution: every name in an expression is looked up in its place, and what it reads becomes an edge of the
//! graph.

mod callables;
pub mod choices;
mod hyphens;
mod unknown;

pub use callables::Callables;
pub use hyphens::{Hyphenated, hyphenated};

use super::consts::Consts;
use super::graph::{DefinitionKind, Edge, Found, Graph};
use super::settings::is_reserved;
use crate::diag::{Diagnostic, Span, loops, names};
use crate::kinds::{self, Inputs};
use crate::syntax::ast::{BinaryOp, Call, Expr, ExprKind, Item, ItemKind, Name};
use crate::vocabulary::settings::BLOCKS;
use petgraph::graph::NodeIndex;
use std::collections::{BTreeMap, BTreeSet};

/// What is seen from every place of a spec.
#[derive(Clone, Copy, Debug)]
pub struct Look<'f, 'a> {
    pub consts: &'f Consts,
    /// Names whose definitions are reported and lost.
    pub lost: &'f BTreeSet<&'a str>,
    pub callables: &'f Callables<'f, 'a>,
    /// For a block, what the spec around it defines, and where.
    pub outside: Option<&'f BTreeMap<&'a str, Span>>,
}

impl Look<'_, '_> {
    /// Marks the consts named in settings blocks as used, even if something else there keeps the binder from looking at
    /// them.
    pub fn at_settings(&self, items: &[Item]) {
        for item in items {
            if let ItemKind::Settings { entries, .. } = &item.kind {
                for entry in entries {
                    let keys = BLOCKS.iter().flat_map(|block| block.keys);
                    let ty = keys.into_iter().find(|key| key.name == entry.key.text).map(|key| &key.ty);
                    choices::named(ty, &entry.value).into_iter().for_each(|part| self.at(part));
                }
            }
        }
    }

    fn at(&self, expr: &Expr) {
        for part in expr.parts() {
            match &part.kind {
                ExprKind::Name(name) => drop(self.consts.get(name)),
                ExprKind::Call(call) => drop(self.consts.get(&call.callee.text)),
                _ => {}
            }
        }
    }
}

/// Looks up the names of a spec or a block and draws what reads what.
#[derive(Debug)]
pub struct Resolver<'a, 'f, 'd> {
    pub graph: &'d mut Graph<'a>,
    pub look: Look<'f, 'a>,
    /// False if the spec lacks its input or a definition whose name is lost: an unknown name may well be that.
    pub sees: bool,
    pub diagnostics: &'d mut Vec<Diagnostic>,
}

/// From where names are looked up: whose value an expression is, and which names a `fn` has bound.
#[derive(Clone, Copy)]
struct Viewpoint<'p> {
    /// The definition whose value the expression is; none inside a `fn`, whose body reads nothing itself.
    node: Option<NodeIndex>,
    within: Option<NodeIndex>,
    params: &'p [Name],
}

impl<'a> Resolver<'a, '_, '_> {
    /// Resolves the names of the spec: of its definitions, and of the bodies of its functions.
    pub fn spec(&mut self) {
        self.nodes();
        let functions = self.look.callables.functions.values().filter(|function| !function.prelude);
        for (body, params) in functions.map(|function| (function.body, function.params)) {
            self.expr(body, Viewpoint { node: None, within: None, params });
        }
    }

    /// Resolves the names in the definitions of the spec or of a block.
    pub fn nodes(&mut self) {
        for node in self.graph.nodes.node_indices() {
            let within = self.graph.nodes[node].within;
            let viewpoint = Viewpoint { node: Some(node), within, params: &[] };
            match self.graph.nodes[node].kind {
                DefinitionKind::Equation { value }
                | DefinitionKind::Next { value, .. }
                | DefinitionKind::Arm { value, .. }
                | DefinitionKind::Output { value }
                | DefinitionKind::Yield { value }
                | DefinitionKind::Penalty { value } => self.expr(value, viewpoint),
                // What a state starts from is made before the loop, outside of it.
                DefinitionKind::State { init, .. } => {
                    self.expr(init, Viewpoint { within: self.outer(node), ..viewpoint });
                }
                DefinitionKind::Param { default } => default.iter().for_each(|default| self.expr(default, viewpoint)),
                DefinitionKind::Input { shape } => self.known(shape, viewpoint),
                DefinitionKind::Weights { call } => self.bundle(call, viewpoint),
                DefinitionKind::Loop { args, .. } => args.iter().for_each(|arg| self.known(&arg.value, viewpoint)),
                DefinitionKind::Branch { .. } => {}
            }
        }
    }

    fn outer(&self, node: NodeIndex) -> Option<NodeIndex> {
        self.graph.nodes[node].within.and_then(|within| self.graph.nodes[within].within)
    }

    fn expr(&mut self, expr: &'a Expr, viewpoint: Viewpoint<'_>) {
        match &expr.kind {
            // `2x` reads `x`, though not as it must be written.
            ExprKind::Number { unit: Some(unit), .. } => self.unit(&unit.text, viewpoint),
            ExprKind::Number { unit: None, .. } | ExprKind::Bool(_) => {}
            ExprKind::Name(name) => self.name(name, expr.span, viewpoint),
            ExprKind::Primed(name) => self.primed(name, expr.span, viewpoint),
            ExprKind::At { name, step } => self.at(name, step, viewpoint),
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(item, viewpoint)),
            ExprKind::Call(call) => self.call(call, viewpoint),
            ExprKind::Negate(x) | ExprKind::Not(x) => self.expr(x, viewpoint),
            ExprKind::Binary { op: BinaryOp::Sub, left, right } if self.has_hyphen(left, right, viewpoint) => {}
            ExprKind::Binary { left, right, .. } | ExprKind::Map { from: left, to: right } => {
                self.expr(left, viewpoint);
                self.expr(right, viewpoint);
            }
            ExprKind::If { condition, then, otherwise } => {
                self.known(condition, viewpoint);
                self.expr(then, viewpoint);
                self.expr(otherwise, viewpoint);
            }
            ExprKind::Repeat { count, call } => {
                self.known(count, viewpoint);
                self.call(call, viewpoint);
            }
        }
    }

    /// Looks through an expression that must be known before the run: its names are resolved when it is evaluated, but
    /// what it names must be lowered first.
    fn known(&mut self, expr: &'a Expr, viewpoint: Viewpoint<'_>) {
        self.look.at(expr);
        let Some(node) = viewpoint.node else { return };
        for part in expr.parts() {
            let found = match &part.kind {
                ExprKind::Name(name) => self.graph.find(name, viewpoint.within),
                ExprKind::Primed(name) => {
                    self.primed(name, part.span, viewpoint);
                    continue;
                }
                _ => continue,
            };
            if let Found::Node(found) = found {
                self.edge(node, viewpoint.within, found);
            }
        }
    }

    fn call(&mut self, call: &'a Call, viewpoint: Viewpoint<'_>) {
        let callee = self.look.consts.resolve(&call.callee.text);
        let local = self.callee(call, viewpoint);
        let kind = kinds::find(callee).filter(|_| !local);
        let inputs = match kind.map(|kind| kind.inputs) {
            Some(Inputs::None) => 0,
            Some(Inputs::One) => 1,
            Some(Inputs::Several) | None => usize::MAX,
        };
        let outside = self.look.outside.and_then(|outside| outside.get(callee));
        let is_known = local || self.look.callables.takes(callee) || self.look.lost.contains(callee);
        if let (false, Some(defined)) = (is_known, outside) {
            self.diagnostics.push(names::outside_of_block(callee, call.callee.span, *defined));
        } else if !is_known {
            self.unknown_call(&call.callee);
        }
        // What a `fn` or a block is given by name may be a feature map too; a kind takes those by position alone.
        let takes_all = !local && kind.is_none();
        let mut positional = 0;
        for arg in &call.args {
            positional += usize::from(arg.name.is_none());
            let reads = if arg.name.is_none() { positional <= inputs } else { takes_all };
            if reads {
                self.expr(&arg.value, viewpoint);
                continue;
            }
            let position = positional.saturating_sub(inputs.saturating_add(1));
            let ty = kind.map_or_else(|| self.of_unknown(arg), |kind| choices::of_kind(kind, position, arg));
            self.argument(ty, arg, viewpoint);
        }
    }

    /// Whether what is called is a definition or a parameter; whether that can be called is known once it has a value.
    fn callee(&mut self, call: &'a Call, viewpoint: Viewpoint<'_>) -> bool {
        let Name { text: name, span } = &call.callee;
        if viewpoint.params.iter().any(|param| param.text == *name) {
            return true;
        }
        let Found::Node(found) = self.graph.find(name, viewpoint.within) else { return false };
        match &self.graph.nodes[found].kind {
            kind @ (DefinitionKind::Loop { .. } | DefinitionKind::Penalty { .. }) => {
                let help = "call a layer kind, a function, a block or a bundle";
                let problem = names::misused(&format!("`{name}`"), kind.describe(), "something to call", *span, help);
                self.diagnostics.push(problem);
            }
            _ => self.read(viewpoint, found, *span),
        }
        true
    }

    fn name(&mut self, name: &'a str, span: Span, viewpoint: Viewpoint<'_>) {
        if viewpoint.params.iter().any(|param| param.text == name) || is_reserved(name) {
            return;
        }
        match self.graph.find(name, viewpoint.within) {
            Found::Node(found) if self.starts_beside(found, viewpoint) => {
                let node = &self.graph.nodes[found];
                let name_of = |node: Option<NodeIndex>| node.map_or("", |node| self.graph.nodes[node].name);
                let init = node.kind.value().map_or_else(String::new, Expr::written);
                let problem = loops::starts_inside(name, span, node.span, name_of(node.within));
                self.diagnostics.push(loops::starts_from_state(problem, name_of(viewpoint.node), &init));
            }
            Found::Node(found) => self.read(viewpoint, found, span),
            _ if self.look.consts.get(name).is_some() || self.look.lost.contains(name) => {}
            Found::Hidden(found) => {
                let node = &self.graph.nodes[found];
                let Some(within) = node.within.map(|within| &self.graph.nodes[within]) else { return };
                let reader = viewpoint.node.map(|node| &self.graph.nodes[node]);
                if reader.is_some_and(|reader| is_start(&reader.kind) && reader.within == node.within) {
                    return self.diagnostics.push(loops::starts_inside(name, span, node.span, within.name));
                }
                let states: Vec<&str> = match &within.kind {
                    DefinitionKind::Loop { states, .. } => states.iter().map(|s| self.graph.nodes[*s].name).collect(),
                    _ => Vec::new(),
                };
                self.diagnostics.push(names::hidden_name(name, span, node.span, within.name, &states));
            }
            // The word for a kind, a function or a block, as an argument of something that will call it.
            Found::Nothing if self.look.callables.has(name) => {}
            Found::Nothing => self.unknown(name, span, viewpoint),
        }
    }

    /// Whether a state begins here from another state of the same loop.
    fn starts_beside(&self, found: NodeIndex, viewpoint: Viewpoint<'_>) -> bool {
        let Some(reader) = viewpoint.node.filter(|reader| *reader != found).map(|reader| &self.graph.nodes[reader])
        else {
            return false;
        };
        let node = &self.graph.nodes[found];
        is_start(&reader.kind) && is_start(&node.kind) && reader.within == node.within
    }

    fn read(&mut self, viewpoint: Viewpoint<'_>, found: NodeIndex, span: Span) {
        if let Some(node) = viewpoint.node {
            return self.edge(node, viewpoint.within, found);
        }
        let what = &self.graph.nodes[found];
        let (name, is) = (format!("`{}`", what.name), what.kind.describe());
        let help = "a `fn` sees its own arguments and consts; hand it over as one more argument";
        self.diagnostics.push(names::misused(&name, is, "an argument or a const", span, help));
    }

    /// Draws the edge from a definition to one that it reads. Seen from outside its loop, a definition is what the loop
    /// hands on, so the edge leads to the loop.
    fn edge(&mut self, node: NodeIndex, from: Option<NodeIndex>, found: NodeIndex) {
        let behind = self.graph.nodes[found].within.filter(|within| !self.graph.is_inside(from, *within));
        if let Some(within) = behind {
            self.graph.nodes.add_edge(node, within, Edge::Reads);
        }
        // Of a loop's definition this is for the lint on what nothing reads.
        self.graph.nodes.add_edge(node, found, Edge::Reads);
    }

    fn unit(&mut self, name: &str, viewpoint: Viewpoint<'_>) {
        self.look.consts.get(name);
        if let (Found::Node(found), Some(node)) = (self.graph.find(name, viewpoint.within), viewpoint.node) {
            self.edge(node, viewpoint.within, found);
        }
    }

    fn primed(&mut self, name: &'a str, span: Span, viewpoint: Viewpoint<'_>) {
        let Some(within) = viewpoint.within else {
            self.diagnostics.push(loops::primed_outside(name, span));
            return;
        };
        match self.graph.find(name, viewpoint.within) {
            Found::Node(found) => match self.graph.nodes[found].kind {
                DefinitionKind::State { next: Some(next), .. } => {
                    if let Some(node) = viewpoint.node {
                        self.graph.nodes.add_edge(node, next, Edge::Reads);
                    }
                }
                // A state that never changes is reported once, at the state.
                DefinitionKind::State { next: None, .. } => {}
                _ => {
                    let within = self.graph.nodes[within].name;
                    self.diagnostics.push(loops::primed_stateless(name, span, within));
                }
            },
            Found::Nothing if self.stands_for_something(name, viewpoint) => {
                let within = self.graph.nodes[within].name;
                self.diagnostics.push(loops::primed_stateless(name, span, within));
            }
            Found::Hidden(_) | Found::Nothing => self.name(name, span, viewpoint),
        }
    }

    /// Whether a name is that of a const, a word or something of the language: nothing that has steps.
    fn stands_for_something(&self, name: &str, viewpoint: Viewpoint<'_>) -> bool {
        let is_param = viewpoint.params.iter().any(|param| param.text == name);
        !is_param && (is_reserved(name) || self.look.consts.get(name).is_some() || self.look.callables.has(name))
    }

    /// Resolves `O@2` and `E@all`: a definition of a loop at a step, from behind the loop.
    fn at(&mut self, name: &'a Name, step: &'a Expr, viewpoint: Viewpoint<'_>) {
        if !matches!(&step.kind, ExprKind::Name(word) if word == ALL) {
            self.known(step, viewpoint);
        }
        let found =
            match (self.graph.find(&name.text, viewpoint.within), self.graph.inside_loops(&name.text).as_slice()) {
                (Found::Node(found), _) => found,
                (Found::Hidden(_), [found]) => *found,
                (Found::Hidden(_), several) => {
                    let places: Vec<Span> = several.iter().map(|node| self.graph.nodes[*node].span).collect();
                    return self.diagnostics.push(loops::several(&name.text, name.span, &places));
                }
                (Found::Nothing, _) if self.stands_for_something(&name.text, viewpoint) => {
                    return self.diagnostics.push(loops::no_steps(&name.text, name.span));
                }
                (Found::Nothing, _) => return self.name(&name.text, name.span, viewpoint),
            };
        if let kind @ (DefinitionKind::Loop { .. } | DefinitionKind::Penalty { .. }) = &self.graph.nodes[found].kind {
            let (quoted, is) = (format!("`{}`", name.text), kind.describe());
            let help = "name one of its states or equations";
            let problem = names::misused(&quoted, is, "a state or an equation of a loop", name.span, help);
            return self.diagnostics.push(problem);
        }
        match self.graph.nodes[found].within {
            Some(within) if self.graph.is_inside(viewpoint.within, within) => {
                let within = self.graph.nodes[within].name;
                self.diagnostics.push(loops::at_inside(&name.text, name.span, within));
            }
            _ => self.read(viewpoint, found, name.span),
        }
    }
}

fn is_start(kind: &DefinitionKind<'_>) -> bool {
    matches!(kind, DefinitionKind::State { .. })
}

/// The word behind `@` that means every step.
pub const ALL: &str = "all";
