//! Loops whose steps change nothing.

use super::Front;
use super::graph::{DefinitionKind, Edge, Found, Graph};
use crate::diag::{Diagnostic, loops};
use crate::syntax::ast::{Call, Expr, ExprKind};
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

/// Warns of states that stay what they are, and of loops in which nothing reads a state. Of a choice, `if … then … else`,
/// each side counts, whichever is taken.
pub(super) fn check(front: &Front<'_>, graph: &Graph<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (index, node) in graph.nodes.node_indices().zip(graph.nodes.node_weights()) {
        match &node.kind {
            DefinitionKind::Next { state, value } if value.is_named(graph.nodes[*state].name) => {
                diagnostics.push(loops::stays(graph.nodes[*state].name, node.span));
            }
            DefinitionKind::Loop { states, .. }
                if !reads_a_state(graph, index, states) && !differs(front, graph, index) =>
            {
                if let Some(state) = states.first() {
                    diagnostics.push(loops::same_steps(node.name, graph.nodes[*state].name, node.span));
                }
            }
            _ => {}
        }
    }
}

/// Whether something in a loop reads one of its states.
fn reads_a_state(graph: &Graph<'_>, looped: NodeIndex, states: &[NodeIndex]) -> bool {
    states.iter().any(|state| {
        let mut readers = graph.nodes.edges_directed(*state, petgraph::Direction::Incoming);
        readers.any(|edge| *edge.weight() == Edge::Reads && graph.is_inside(graph.nodes[edge.source()].within, looped))
    })
}

/// Whether the steps of a loop may differ though nothing in it reads a state: at random, or through parameters of their
/// own, which some bundle or layer of the spec has. What is called may hold either where it is a block, or is handed
/// over.
fn differs(front: &Front<'_>, graph: &Graph<'_>, looped: NodeIndex) -> bool {
    let is_own =
        |call: &Call| call.args.iter().any(|arg| arg.name.as_ref().is_some_and(|name| name.text == "per_step"));
    let varies = |part: &Expr, within: Option<NodeIndex>| match &part.kind {
        ExprKind::Call(call) => {
            let callee = front.consts.resolve(&call.callee.text);
            let is_bundle = matches!(graph.find(callee, within), Found::Node(found)
                if matches!(graph.nodes[found].kind, DefinitionKind::Weights { .. }));
            is_own(call)
                || callee == "dropout"
                || front.blocks.contains_key(callee)
                || !(is_bundle || front.is_callable(callee))
        }
        _ => false,
    };
    let graphs = front.blocks.values().map(|block| &block.graph).chain([&front.graph]);
    let bundles = graphs.flat_map(|graph| graph.nodes.node_weights());
    bundles
        .filter_map(|node| if let DefinitionKind::Weights { call } = &node.kind { Some(call) } else { None })
        .any(|call| is_own(call))
        || graph
            .nodes
            .node_weights()
            .filter(|node| graph.is_inside(node.within, looped))
            .any(|node| node.kind.value().is_some_and(|value| value.parts().any(|part| varies(part, node.within))))
}
