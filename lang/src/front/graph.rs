//! Graphs of a spec and of each of its blocks: what is defined, and what reads what.

use crate::diag::Span;
use crate::syntax::ast::{Call, CallArg, Expr, ExprKind, Name};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{DfsPostOrder, EdgeFiltered, EdgeRef};
use std::collections::{BTreeMap, BTreeSet};

/// A definition of the spec.
#[derive(Debug)]
pub struct Definition<'a> {
    pub name: &'a str,
    pub span: Span,
    pub kind: DefinitionKind<'a>,
    /// The innermost loop that the definition stands in.
    pub within: Option<NodeIndex>,
}

/// What a definition is, with what it is made of.
#[derive(Debug)]
pub enum DefinitionKind<'a> {
    Input {
        shape: &'a Expr,
    },
    Weights {
        call: &'a Call,
    },
    Equation {
        value: &'a Expr,
    },
    Loop {
        args: &'a [CallArg],
        states: Vec<NodeIndex>,
    },
    State {
        init: &'a Expr,
        next: Option<NodeIndex>,
    },
    /// The next value of a state, `O' = …`.
    Next {
        state: NodeIndex,
        value: &'a Expr,
    },
    Branch {
        how: &'a Name,
        arms: Vec<NodeIndex>,
    },
    Arm {
        role: &'a Name,
        value: &'a Expr,
    },
    Output {
        value: &'a Expr,
    },
    Penalty {
        value: &'a Expr,
    },
    /// A parameter of a block, given by each call or left to its default.
    Param {
        default: Option<&'a Expr>,
    },
    /// The value that a block stands for.
    Yield {
        value: &'a Expr,
    },
}

impl<'a> DefinitionKind<'a> {
    /// The expression that the definition stands for or, as a state, begins from.
    pub fn value(&self) -> Option<&'a Expr> {
        match self {
            DefinitionKind::Equation { value }
            | DefinitionKind::Next { value, .. }
            | DefinitionKind::Arm { value, .. }
            | DefinitionKind::State { init: value, .. }
            | DefinitionKind::Output { value }
            | DefinitionKind::Yield { value }
            | DefinitionKind::Penalty { value } => Some(value),
            _ => None,
        }
    }

    /// What the definition is, in words for messages.
    pub fn describe(&self) -> &'static str {
        match self {
            DefinitionKind::Input { .. } => "the input",
            DefinitionKind::Weights { .. } => "a weight bundle",
            DefinitionKind::Equation { .. } | DefinitionKind::Next { .. } => "a feature map",
            DefinitionKind::Loop { .. } => "a loop",
            DefinitionKind::State { .. } => "a state",
            DefinitionKind::Branch { .. } => "a branch",
            DefinitionKind::Arm { .. } => "an arm of a branch",
            DefinitionKind::Output { .. } => "the output",
            DefinitionKind::Penalty { .. } => "a penalty",
            DefinitionKind::Param { .. } => "a parameter",
            DefinitionKind::Yield { .. } => "what the block yields",
        }
    }
}

/// How one definition depends on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The first definition reads the second one's value.
    Reads,
    /// The first definition, a loop or a branch, is made of the second.
    Contains,
    /// The first definition, a state, takes the second one's value at the next step: the one edge that may close a
    /// cycle.
    Feeds,
}

/// A `fn`: its parameters and what it computes from them.
#[derive(Debug)]
pub struct Function<'a> {
    pub name: &'a Name,
    pub params: &'a [Name],
    pub body: &'a Expr,
    /// True for a function that comes with the compiler: the author of the spec cannot mend it.
    pub prelude: bool,
}

/// A `block`: what it takes, and the definitions that every call has of its own.
#[derive(Debug)]
pub struct Block<'a> {
    pub name: &'a Name,
    /// The definitions of the parameters, in the order in which they are declared.
    pub params: Vec<NodeIndex>,
    pub graph: Graph<'a>,
}

impl Block<'_> {
    /// The node of what the block yields.
    pub fn result(&self) -> Option<NodeIndex> {
        self.graph
            .nodes
            .node_indices()
            .find(|node| matches!(self.graph.nodes[*node].kind, DefinitionKind::Yield { .. }))
    }
}

/// The definitions of a whole spec, or of a block.
#[derive(Debug, Default)]
pub struct Graph<'a> {
    pub nodes: DiGraph<Definition<'a>, Edge>,
    names: BTreeMap<(Option<NodeIndex>, &'a str), NodeIndex>,
    /// The names that loops define, as they are seen from outside: states are read there, the rest is hidden.
    outside: BTreeMap<&'a str, NodeIndex>,
}

/// What a name means at some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Node(NodeIndex),
    /// The name is defined inside a loop that the place stands outside of, by this definition.
    Hidden(NodeIndex),
    Nothing,
}

impl<'a> Graph<'a> {
    /// Looks a name up from inside of a loop, or from outside of all.
    pub fn find(&self, name: &str, from: Option<NodeIndex>) -> Found {
        let mut scope = from;
        loop {
            if let Some(found) = self.names.get(&(scope, name)) {
                return Found::Node(*found);
            }
            match scope {
                Some(within) => scope = self.nodes[within].within,
                None => break,
            }
        }
        match self.outside.get(name) {
            Some(node) if matches!(self.nodes[*node].kind, DefinitionKind::State { .. }) => Found::Node(*node),
            Some(node) => Found::Hidden(*node),
            None => Found::Nothing,
        }
    }

    /// The definitions of a name inside loops, as they are seen from outside: where there is a state, that alone.
    pub fn inside_loops(&self, name: &str) -> Vec<NodeIndex> {
        match self.outside.get(name) {
            Some(state) if matches!(self.nodes[*state].kind, DefinitionKind::State { .. }) => vec![*state],
            Some(_) => {
                let here = |((scope, known), node): (&(Option<NodeIndex>, &str), &NodeIndex)| {
                    (scope.is_some() && *known == name).then_some(*node)
                };
                self.names.iter().filter_map(here).collect()
            }
            None => Vec::new(),
        }
    }

    /// Whether a place, given by its innermost loop, is inside the loop `of`, at whatever depth.
    pub fn is_inside(&self, mut place: Option<NodeIndex>, of: NodeIndex) -> bool {
        while let Some(here) = place {
            if here == of {
                return true;
            }
            place = self.nodes[here].within;
        }
        false
    }

    /// Enters a name into a scope; gives the definition that has the name already, if there is one.
    pub fn define(&mut self, scope: Option<NodeIndex>, name: &'a str, node: NodeIndex) -> Option<NodeIndex> {
        if let Some(first) = self.names.get(&(scope, name)) {
            return Some(*first);
        }
        self.names.insert((scope, name), node);
        let outermost = scope.is_some_and(|within| self.nodes[within].within.is_none());
        if outermost && matches!(self.nodes[node].kind, DefinitionKind::State { .. }) {
            self.outside.insert(name, node);
        } else if scope.is_some() {
            self.outside.entry(name).or_insert(node);
        }
        None
    }

    /// The names that are defined outside all loops, each with its place.
    pub fn outermost(&self) -> BTreeMap<&'a str, Span> {
        let outermost = self.names.iter().filter(|((scope, _), _)| scope.is_none());
        outermost.map(|((_, name), node)| (*name, self.nodes[*node].span)).collect()
    }

    /// Every name seen from a place, for suggestions.
    pub fn visible(&self, from: Option<NodeIndex>) -> Vec<&'a str> {
        let seen = |(scope, name): &(Option<NodeIndex>, &'a str), node: &NodeIndex| {
            let state = matches!(self.nodes[*node].kind, DefinitionKind::State { .. });
            (scope.is_none() || *scope == from || state).then_some(*name)
        };
        self.names.iter().filter_map(|(key, node)| seen(key, node)).collect()
    }

    /// The dotted name of a definition, behind the names of the loops that it stands in. What a block yields has no
    /// name.
    pub fn path(&self, node: NodeIndex) -> String {
        let mut path = match self.nodes[node].kind {
            DefinitionKind::Yield { .. } => return String::new(),
            _ => self.nodes[node].name.to_owned(),
        };
        let mut within = self.nodes[node].within;
        while let Some(looped) = within {
            path = format!("{}.{path}", self.nodes[looped].name);
            within = self.nodes[looped].within;
        }
        path
    }

    /// The span of a state's next value, or of the state itself where it has none.
    pub fn next_span(&self, state: NodeIndex) -> Span {
        match self.nodes[state].kind {
            DefinitionKind::State { next: Some(next), .. } => self.nodes[next].span,
            _ => self.nodes[state].span,
        }
    }

    /// Whether some equation names `name`, wherever that stands: for whoever asks while names are still being looked
    /// up.
    pub fn mentions(&self, name: &str) -> bool {
        let is_it = |part: &Expr| match &part.kind {
            ExprKind::Name(found) => found == name,
            ExprKind::Call(call) => call.callee.text == name,
            _ => false,
        };
        let equations = self.nodes.node_weights().filter(|node| !matches!(node.kind, DefinitionKind::Penalty { .. }));
        equations.filter_map(|node| node.kind.value()).flat_map(Expr::parts).any(is_it)
    }

    /// Whether an equation reads the definition; penalties do not count.
    pub fn applied(&self, node: NodeIndex) -> bool {
        self.readers(node) > 0
    }

    /// The number of places at which equations read the definition; penalties do not count.
    pub fn readers(&self, node: NodeIndex) -> usize {
        let edges = self.nodes.edges_directed(node, petgraph::Direction::Incoming);
        let reads = edges.filter(|edge| *edge.weight() == Edge::Reads);
        reads.filter(|edge| !matches!(self.nodes[edge.source()].kind, DefinitionKind::Penalty { .. })).count()
    }

    /// Every definition behind all that it depends on, otherwise in the order of the text.
    pub fn order(&self) -> Vec<NodeIndex> {
        let forward = EdgeFiltered::from_fn(&self.nodes, |edge| *edge.weight() != Edge::Feeds);
        let mut visit = DfsPostOrder::empty(&forward);
        let mut order = Vec::with_capacity(self.nodes.node_count());
        for start in self.nodes.node_indices() {
            visit.move_to(start);
            while let Some(node) = visit.next(&forward) {
                order.push(node);
            }
        }
        order
    }

    /// The cycles that no state breaks, each in the order in which one equation reads the next.
    pub fn cycles(&self) -> Vec<Vec<NodeIndex>> {
        let forward = EdgeFiltered::from_fn(&self.nodes, |edge| *edge.weight() != Edge::Feeds);
        let mut cycles: Vec<Vec<NodeIndex>> = petgraph::algo::kosaraju_scc(&forward)
            .into_iter()
            .filter(|component| component.len() > 1 || self.reads_itself(component[0]))
            .map(|component| self.walk(&component))
            .collect();
        cycles.sort_by_key(|cycle| cycle.iter().map(|node| self.nodes[*node].span).min());
        cycles
    }

    fn reads_itself(&self, node: NodeIndex) -> bool {
        self.nodes.edges_connecting(node, node).any(|edge| *edge.weight() != Edge::Feeds)
    }

    /// One round through a strongly connected component: from its first equation along edges that stay inside.
    fn walk(&self, component: &[NodeIndex]) -> Vec<NodeIndex> {
        let inside: BTreeSet<NodeIndex> = component.iter().copied().collect();
        let first = component.iter().copied().min_by_key(|node| self.nodes[*node].span).unwrap_or_default();
        round(first, |here| {
            let edges = self.nodes.edges(here).filter(|edge| *edge.weight() != Edge::Feeds);
            edges.map(|edge| edge.target()).filter(|target| inside.contains(target)).min()
        })
    }
}

/// Follows `next` from a node until a node comes up a second time, and gives the way from that node to the last: one
/// round.
pub fn round(first: NodeIndex, next: impl Fn(NodeIndex) -> Option<NodeIndex>) -> Vec<NodeIndex> {
    let (mut round, mut here) = (Vec::new(), first);
    loop {
        if let Some(start) = round.iter().position(|node| *node == here) {
            return round.split_off(start);
        }
        round.push(here);
        match next(here) {
            Some(next) => here = next,
            None => return round,
        }
    }
}
