//! From the tree to the graph: names are looked up, consts evaluated, settings read, cycles found.

pub mod allow;
pub mod bind;
mod collect;
pub mod const_eval;
pub mod const_texts;
pub mod consts;
pub mod edits;
pub mod graph;
mod idle;
pub mod images;
pub mod readers;
pub mod resolve;
pub mod schedules;
pub mod settings;
pub mod signature;
pub mod sleep;
pub mod written;

use crate::diag::{Diagnostic, Level, loops, names, penalty, templates};
use crate::syntax::ast::{Ast, Name};
use collect::Collector;
use consts::Consts;
use edits::Edits;
use graph::{Block, DefinitionKind, Edge, Function, Graph};
use petgraph::graph::NodeIndex;
use resolve::{Callables, Look, Resolver};
use schedules::Given;
use settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// A spec whose names are looked up.
#[derive(Debug)]
pub struct Front<'a> {
    pub graph: Graph<'a>,
    pub functions: BTreeMap<&'a str, Function<'a>>,
    pub blocks: BTreeMap<&'a str, Block<'a>>,
    pub consts: Consts,
    pub settings: Settings,
    /// The arguments to fill in at the calls in the settings blocks.
    pub filled: Edits,
    pub model: Option<&'a Name>,
    /// Functions and blocks of the spec that nothing calls.
    uncalled: Vec<(&'static str, &'a Name)>,
    /// The names of the problems that the spec allows.
    pub allows: BTreeSet<&'a str>,
    /// False if some statement could not be read: what seems to be missing may well stand in it.
    pub whole: bool,
}

impl Front<'_> {
    /// Whether that is the name of a kind, a function or a block.
    pub fn is_callable(&self, name: &str) -> bool {
        const_eval::is_callable(name) || self.functions.contains_key(name) || self.blocks.contains_key(name)
    }
}

/// The functions that come with the compiler, written in the language.
static PRELUDE: LazyLock<Ast> = LazyLock::new(|| crate::syntax::parse(include_str!("../../../grammar/prelude.lcnn")).0);

/// Builds the graph of a spec.
///
/// `classes` is the data set's number of classes and `set` the overrides of consts. Whatever is wrong is added to
/// `diagnostics`; what was overridden is added to `edits`.
pub fn analyse<'a>(
    ast: &'a Ast,
    classes: usize,
    set: &[(String, String)],
    diagnostics: &mut Vec<Diagnostic>,
    edits: &mut Edits,
) -> Front<'a> {
    let mut collector = Collector::new(classes, diagnostics, edits);
    collector.prelude(&PRELUDE);
    collector.consts(ast, set);
    collector.items(&ast.items, None);
    let Collector { mut graph, functions, mut blocks, consts, model, lost, .. } = collector;

    let has_input = graph.nodes.node_weights().any(|node| matches!(node.kind, DefinitionKind::Input { .. }));
    let callables = Callables::new(&functions, &blocks);
    let look = Look { consts: &consts, lost: &lost, callables: &callables, outside: None };
    look.at_settings(&ast.items);
    let sees = !ast.nameless;
    Resolver { graph: &mut graph, look, sees: sees && has_input, diagnostics }.spec();
    let outside = graph.outermost();
    let look = Look { outside: Some(&outside), ..look };
    for block in blocks.values_mut() {
        Resolver { graph: &mut block.graph, look, sees, diagnostics }.nodes();
    }
    let uncalled = callables.unnamed();
    let mut filled = Edits::default();
    let settings = Settings::read(&ast.items, &consts, diagnostics, &mut filled);
    schedules::check(Given { items: &ast.items, settings: &settings, own: &settings }, diagnostics);
    for graph in blocks.values().map(|block| &block.graph).chain([&graph]) {
        check_cycles(graph, diagnostics);
        if ast.whole {
            check_states(graph, &lost, diagnostics);
        }
    }
    for block in blocks.values().filter(|block| ast.whole && block.result().is_none()) {
        diagnostics.push(templates::no_yield(&block.name.text, block.name.span));
    }
    let allows = allow::named(&ast.items).map(|name| name.text.as_str()).collect();
    Front { graph, functions, blocks, consts, settings, filled, model, uncalled, allows, whole: ast.whole }
}

fn check_cycles(graph: &Graph<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for cycle in graph.cycles() {
        let next = |node: &NodeIndex| matches!(graph.nodes[*node].kind, DefinitionKind::Next { .. });
        let named = cycle.iter().map(|node| {
            let prime = if next(node) { "'" } else { "" };
            (format!("{}{prime}", graph.nodes[*node].name), graph.nodes[*node].span)
        });
        let primed = cycle.iter().find(|node| next(node)).map(|node| graph.nodes[*node].name);
        diagnostics.push(loops::cycle(&named.collect::<Vec<_>>(), primed));
    }
}

/// Reports states without a next value, but for those whose next value could not be read.
fn check_states(graph: &Graph<'_>, lost: &BTreeSet<&str>, diagnostics: &mut Vec<Diagnostic>) {
    for node in graph.nodes.node_weights() {
        if let (DefinitionKind::State { next: None, .. }, Some(within)) = (&node.kind, node.within)
            && !lost.contains(node.name)
        {
            diagnostics.push(loops::never_updated(node.name, node.span, graph.nodes[within].name));
        }
    }
}

/// Warns of definitions and consts that nothing reads. This is asked last, and only if there are no errors of names,
/// loops and penalties: what is misspelt or missing there may be what would have read them.
pub fn check_unused(front: &Front<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let groups = [names::CODES, loops::CODES, penalty::CODES, templates::CODES];
    if !front.whole || diagnostics.iter().any(|d| d.code.level == Level::Error && groups.concat().contains(&d.code)) {
        return;
    }
    for (name, span) in front.consts.unused() {
        diagnostics.push(names::unused("const", name, span));
    }
    for (what, name) in &front.uncalled {
        diagnostics.push(names::unused(what, &name.text, name.span));
    }
    for graph in front.blocks.values().map(|block| &block.graph).chain([&front.graph]) {
        check_unread(graph, diagnostics);
        idle::check(front, graph, diagnostics);
    }
}

fn check_unread(graph: &Graph<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for index in graph.nodes.node_indices() {
        let node = &graph.nodes[index];
        let what = match node.kind {
            DefinitionKind::Weights { .. } => "the bundle",
            DefinitionKind::Equation { .. } => "the equation",
            DefinitionKind::Branch { .. } => "the branch",
            DefinitionKind::Input { .. } => "the input",
            DefinitionKind::Param { .. } => "the parameter",
            DefinitionKind::Loop { .. } => "the loop",
            DefinitionKind::State { .. }
            | DefinitionKind::Next { .. }
            | DefinitionKind::Arm { .. }
            | DefinitionKind::Output { .. }
            | DefinitionKind::Yield { .. }
            | DefinitionKind::Penalty { .. } => continue,
        };
        let mut readers = graph.nodes.edges_directed(index, petgraph::Direction::Incoming);
        if !readers.any(|edge| *edge.weight() == Edge::Reads) {
            diagnostics.push(names::unused(what, node.name, node.span));
        }
    }
}
