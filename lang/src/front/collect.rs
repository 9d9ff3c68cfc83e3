//! Gathering: from statements to definitions. Every name gets its definition before any expression is looked into.

use super::const_eval;
use super::consts::{self, Consts, Next, Written};
use super::edits::Edits;
use super::graph::{Block, Definition, DefinitionKind, Edge, Function, Graph};
use super::settings::RESERVED;
use crate::diag::{Diagnostic, Span, loops, names, nearest};
use crate::functions;
use crate::kinds;
use crate::syntax::JOINING;
use crate::syntax::ast::{Ast, BlockParam, Expr, Item, ItemKind, Name};
use petgraph::graph::NodeIndex;
use std::collections::{BTreeMap, BTreeSet};

/// Gathers a spec's definitions.
#[derive(Debug)]
pub struct Collector<'a, 'd> {
    /// The graph of the spec; while a block is gathered, that of the block.
    pub graph: Graph<'a>,
    pub functions: BTreeMap<&'a str, Function<'a>>,
    pub blocks: BTreeMap<&'a str, Block<'a>>,
    pub consts: Consts,
    pub model: Option<&'a Name>,
    pub diagnostics: &'d mut Vec<Diagnostic>,
    pub edits: &'d mut Edits,
    /// Names whose definitions are lost to a mistake, which is reported: nobody who misses one of them says so.
    pub lost: BTreeSet<&'a str>,
    /// The place of each const, function and block, to name the first when there is a second.
    defined: BTreeMap<&'a str, Span>,
    in_block: bool,
}

impl<'a, 'd> Collector<'a, 'd> {
    pub fn new(classes: usize, diagnostics: &'d mut Vec<Diagnostic>, edits: &'d mut Edits) -> Self {
        Self {
            graph: Graph::default(),
            functions: BTreeMap::new(),
            blocks: BTreeMap::new(),
            consts: Consts::new(classes),
            model: None,
            diagnostics,
            edits,
            lost: BTreeSet::new(),
            defined: BTreeMap::new(),
            in_block: false,
        }
    }

    /// Gathers the functions of the prelude.
    pub fn prelude(&mut self, ast: &'a Ast) {
        for item in &ast.items {
            if let ItemKind::Fn { name, params, body } = &item.kind {
                self.functions.insert(&name.text, Function { name, params, body, prelude: true });
            }
        }
    }

    /// Gathers the consts, which come first: everything else may use them, wherever it stands. They may use each other
    /// in any order.
    pub fn consts(&mut self, ast: &'a Ast, set: &[(String, String)]) {
        self.lost.extend(ast.broken.iter().map(|name| name.text.as_str()));
        self.consts.set_broken(ast.broken.iter().map(|name| name.text.clone()));
        // A function of the spec that cannot be read is not the one of the prelude.
        let lost = &self.lost;
        self.functions.retain(|name, _| !lost.contains(name));
        let mut written: Vec<Written<'a>> = Vec::new();
        for item in &ast.items {
            let ItemKind::Const { name, value } = &item.kind else { continue };
            // A `fn` or a block of that name takes the place of the one of the library, which a const never could.
            if self.functions.contains_key(name.text.as_str()) {
                self.reserved(name, "a function of the language");
            } else if self.fresh(name) {
                self.defined.insert(&name.text, name.span);
                written.push((name, value));
            }
        }
        for next in consts::in_order(&written) {
            match next {
                Next::One((name, value)) => self.constant(name, value, set),
                Next::Cycle { round, all } => {
                    let round: Vec<(&str, Span)> = round.iter().map(|name| (name.text.as_str(), name.span)).collect();
                    self.diagnostics.push(loops::const_cycle(&round));
                    all.iter().for_each(|name| self.consts.define_broken(name));
                }
            }
        }
        for (name, _) in set {
            if !self.consts.names().any(|known| known == name) && !self.consts.is_broken(name) {
                let known: Vec<&str> = self.consts.names().collect();
                self.diagnostics.push(names::unknown_const(name, &known));
            }
        }
    }

    fn constant(&mut self, name: &Name, value: &Expr, set: &[(String, String)]) {
        // The last of several overrides counts, as with any flag.
        let given = set.iter().rev().find(|(set, _)| *set == name.text).map(|(_, text)| text.as_str());
        if let Some(text) = self.consts.define(name, value, given, self.diagnostics) {
            self.edits.replace(value.span, text);
        }
    }

    /// Gathers statements, those of the spec or of the loop `within`.
    pub fn items(&mut self, items: &'a [Item], within: Option<NodeIndex>) {
        for item in items {
            self.item(item, within);
        }
    }

    fn item(&mut self, item: &'a Item, within: Option<NodeIndex>) {
        match &item.kind {
            ItemKind::Model(name) => match self.model {
                Some(first) => self.diagnostics.push(names::duplicate_word("model", first.span, name.span)),
                None => self.model = Some(name),
            },
            // In a block it is an equation like any other: what it is made of may be known before the run.
            ItemKind::Const { name, value } if self.in_block => {
                self.define(name, DefinitionKind::Equation { value }, within);
            }
            ItemKind::Const { .. } | ItemKind::Settings { .. } | ItemKind::Allow(_) => {}
            ItemKind::Input { name, shape } => {
                let is_input = |node: &&Definition<'_>| matches!(node.kind, DefinitionKind::Input { .. });
                // Of the same name, it is reported as any second definition is.
                if let Some(first) = self.graph.nodes.node_weights().find(is_input).filter(|f| f.name != name.text) {
                    let problem = names::duplicate("input", first.span, name.span);
                    self.diagnostics.push(problem.help("a spec has one input: remove the other"));
                }
                self.define(name, DefinitionKind::Input { shape }, within);
            }
            ItemKind::Weights { name, call } => drop(self.define(name, DefinitionKind::Weights { call }, within)),
            ItemKind::Equation { name, primed: false, value } => {
                self.define(name, DefinitionKind::Equation { value }, within);
            }
            // Its state may be declared further down: see `next_values`.
            ItemKind::Equation { primed: true, .. } => {}
            ItemKind::Loop { name, args, body } => {
                let node = self.define(name, DefinitionKind::Loop { args, states: Vec::new() }, within);
                self.items(body, Some(node));
                self.next_values(body, node);
            }
            ItemKind::State { name, init } => {
                let node = self.define(name, DefinitionKind::State { init, next: None }, within);
                if let Some(within) = within
                    && let DefinitionKind::Loop { states, .. } = &mut self.graph.nodes[within].kind
                {
                    states.push(node);
                }
            }
            ItemKind::Branch { name, how, arms } => {
                let node = self.define(name, DefinitionKind::Branch { how, arms: Vec::new() }, within);
                self.arms(arms, node, within);
            }
            ItemKind::Arm { .. } => {}
            ItemKind::Penalty { name, value } => drop(self.define(name, DefinitionKind::Penalty { value }, within)),
            ItemKind::Fn { name, params, body } => {
                for (n, param) in params.iter().enumerate() {
                    if let Some(first) = params[..n].iter().find(|first| first.text == param.text) {
                        self.diagnostics.push(names::duplicate(&param.text, first.span, param.span));
                    }
                }
                if self.fresh(name) && self.callable(name) {
                    self.functions.insert(&name.text, Function { name, params, body, prelude: false });
                }
            }
            ItemKind::Block { name, params, body } => {
                if self.fresh(name) && self.callable(name) {
                    self.block(name, params, body);
                }
            }
            ItemKind::Yield { value } => self.only("yield", item.span, DefinitionKind::Yield { value }, within),
            ItemKind::Output { value } => self.only("output", item.span, DefinitionKind::Output { value }, within),
        }
    }

    fn arms(&mut self, items: &'a [Item], branch: NodeIndex, within: Option<NodeIndex>) {
        for item in items {
            let ItemKind::Arm { role, name, value } = &item.kind else { continue };
            let arm = self.define(name, DefinitionKind::Arm { role, value }, within);
            self.graph.nodes.add_edge(branch, arm, Edge::Contains);
            if let DefinitionKind::Branch { arms, .. } = &mut self.graph.nodes[branch].kind {
                arms.push(arm);
            }
        }
    }

    /// Gathers the primed equations of a loop, once all its states are known.
    fn next_values(&mut self, body: &'a [Item], within: NodeIndex) {
        for item in body {
            let ItemKind::Equation { name, primed: true, value } = &item.kind else { continue };
            let state = match self.graph.find(&name.text, Some(within)) {
                super::graph::Found::Node(node) if self.is_state_of(node, within) => node,
                // Its state could not be read.
                _ if self.lost.contains(name.text.as_str()) => continue,
                _ => {
                    self.stateless(name, body, within);
                    continue;
                }
            };
            let node = self.add(name, DefinitionKind::Next { state, value }, Some(within));
            let DefinitionKind::State { next, .. } = &mut self.graph.nodes[state].kind else { continue };
            if let Some(first) = next.replace(node) {
                let first = self.graph.nodes[first].span;
                self.diagnostics.push(names::two_next_values(&name.text, first, name.span));
            }
            self.graph.nodes.add_edge(state, node, Edge::Feeds);
        }
    }

    /// Reports a next value that no state has. A state without a next value whose name is nearly the same is what was
    /// meant, and is not reported itself.
    fn stateless(&mut self, name: &'a Name, body: &'a [Item], within: NodeIndex) {
        let has_next = |state: &str| {
            body.iter()
                .any(|item| matches!(&item.kind, ItemKind::Equation { name, primed: true, .. } if name.text == state))
        };
        let states = body.iter().filter_map(|item| match &item.kind {
            ItemKind::State { name, .. } if !has_next(&name.text) => Some(name.text.as_str()),
            _ => None,
        });
        let states: Vec<&'a str> = states.collect();
        let problem = loops::primed_stateless(&name.text, name.span, self.graph.nodes[within].name);
        self.lost.insert(&name.text);
        self.diagnostics.push(match nearest(&name.text, states.iter().copied()).as_slice() {
            [meant] => {
                self.lost.insert(meant);
                problem.help(format!("did you mean `{meant}'`?"))
            }
            _ => problem,
        });
    }

    fn is_state_of(&self, node: NodeIndex, within: NodeIndex) -> bool {
        self.graph.nodes[node].within == Some(within)
            && matches!(self.graph.nodes[node].kind, DefinitionKind::State { .. })
    }

    /// Gathers a statement that has no name and may stand once, such as `output`.
    fn only(&mut self, word: &'static str, span: Span, kind: DefinitionKind<'a>, within: Option<NodeIndex>) {
        match self.graph.nodes.node_weights().find(|node| node.name == word && node.kind.describe() == kind.describe())
        {
            Some(first) => self.diagnostics.push(names::duplicate_word(word, first.span, span)),
            None => drop(self.graph.nodes.add_node(Definition { name: word, span, kind, within })),
        }
    }

    /// Gathers a block into a graph of its own: a block sees its parameters, its own definitions and consts.
    fn block(&mut self, name: &'a Name, params: &'a [BlockParam], body: &'a [Item]) {
        let outside = std::mem::take(&mut self.graph);
        self.in_block = true;
        let default = |param: &'a BlockParam| param.default.as_ref();
        let params = params
            .iter()
            .map(|param| self.define(&param.name, DefinitionKind::Param { default: default(param) }, None));
        let params = params.collect();
        self.items(body, None);
        self.in_block = false;
        let block = Block { name, params, graph: std::mem::replace(&mut self.graph, outside) };
        self.blocks.insert(&name.text, block);
    }

    /// Adds a definition and enters its name. A second definition of one name is reported, and the name stays the first
    /// one's.
    fn define(&mut self, name: &'a Name, kind: DefinitionKind<'a>, within: Option<NodeIndex>) -> NodeIndex {
        let fresh = self.fresh(name);
        let node = self.add(name, kind, within);
        if fresh && let Some(first) = self.graph.define(within, &name.text, node) {
            let again = matches!(self.graph.nodes[node].kind, DefinitionKind::Equation { .. });
            let first = &self.graph.nodes[first];
            if again && matches!(first.kind, DefinitionKind::State { .. }) {
                self.diagnostics.push(loops::unprimed(&name.text, first.span, name.span));
                self.lost.insert(&name.text);
            } else {
                self.diagnostics.push(names::duplicate(&name.text, first.span, name.span));
            }
        }
        node
    }

    fn add(&mut self, name: &'a Name, kind: DefinitionKind<'a>, within: Option<NodeIndex>) -> NodeIndex {
        let node = self.graph.nodes.add_node(Definition { name: &name.text, span: name.span, kind, within });
        if let Some(within) = within {
            self.graph.nodes.add_edge(within, node, Edge::Contains);
        }
        node
    }

    /// Enters the name of a function or block, and says whether it can be called: the name of a size never could.
    fn callable(&mut self, name: &'a Name) -> bool {
        self.defined.insert(&name.text, name.span);
        let is_measure = const_eval::measure(&name.text).is_some();
        if is_measure {
            self.reserved(name, "a size of a feature map");
        }
        !is_measure
    }

    /// Reports a name that comes with the language. Who reads it meant what was to be called so, and is not told again.
    fn reserved(&mut self, name: &'a Name, means: &str) {
        self.diagnostics.push(names::reserved(&name.text, means, name.span));
        self.lost.insert(&name.text);
        self.consts.lose(&name.text);
    }

    /// Reports a name that the language or a const, function or block of the spec already has, and says whether the
    /// name is free. A block's own names may be those of consts, which it then does not see.
    fn fresh(&mut self, name: &'a Name) -> bool {
        if let Some(means) = meaning(&name.text) {
            self.reserved(name, means);
            return false;
        }
        if let Some(first) = self.defined.get(name.text.as_str()).filter(|_| !self.in_block) {
            self.diagnostics.push(names::duplicate(&name.text, *first, name.span));
            return false;
        }
        true
    }
}

/// What a name means in every spec, in words; none if it is free.
fn meaning(name: &str) -> Option<&'static str> {
    match name {
        "true" | "false" => Some("a truth"),
        kind if kinds::find(kind).is_some() => Some("a layer kind"),
        function if functions::find(function).is_some() => Some("a function of the language"),
        word if JOINING.contains(&word) => Some("something between values"),
        word => RESERVED.iter().find(|(reserved, _)| *reserved == word).map(|(_, means)| *means),
    }
}
