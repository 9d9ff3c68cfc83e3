//! What only a finished net shows: what the output and the penalties reach, and how far a penalty can fall.

use crate::diag::{Diagnostic, penalty};
use crate::front::Front;
use crate::front::graph::{Edge, NodeKind};
use crate::ir::{Net, ParamId, bounds, reach};
use crate::syntax::ast::{Call, Expr, ExprKind};
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use std::collections::BTreeSet;

pub(super) fn run(net: &Net, front: &Front<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let behind = reach::params(net, net.output.1);
    let idle = idle(front);
    let mut penalties = net.penalties.iter();
    for index in front.graph.nodes.node_indices() {
        let node = &front.graph.nodes[index];
        match node.kind {
            NodeKind::Weights { .. } => {
                let owner = front.graph.path(index);
                let weight = net.params.iter().position(|param| param.owner() == owner);
                if !idle.contains(&index) && weight.is_some_and(|weight| !behind.contains(&ParamId(weight))) {
                    diagnostics.push(penalty::unreached(node.name, node.span));
                }
            }
            NodeKind::Penalty { value } => {
                let Some(made) = penalties.next() else { continue };
                let reached = reach::params(net, made.value);
                if !reached.iter().any(|id| net.param(*id).trained()) {
                    diagnostics.push(penalty::reaches_nothing(node.name, value.span));
                } else if bounds::below(net, made.value).is_none() {
                    let suggestion = unbounded_gap(value, front).map(saturating);
                    diagnostics.push(penalty::unbounded(node.name, value.span, suggestion.as_deref()));
                }
            }
            _ => {}
        }
    }
}

/// What only unused equations read: the lint on those says it all.
fn idle(front: &Front<'_>) -> BTreeSet<NodeIndex> {
    let (graph, mut idle) = (&front.graph.nodes, BTreeSet::new());
    // Readers come behind what they read, so backwards they come first.
    for node in front.graph.order().into_iter().rev() {
        let arm = matches!(graph[node].kind, NodeKind::Arm { .. });
        let readers = graph.edges_directed(node, Direction::Incoming).filter(|edge| match edge.weight() {
            Edge::Reads => true,
            Edge::Contains => arm,
            Edge::Feeds => false,
        });
        let (mut read, mut in_use) = (false, false);
        for edge in readers {
            read = true;
            in_use |= !idle.contains(&edge.source());
        }
        let unused = !read && matches!(graph[node].kind, NodeKind::Equation { .. } | NodeKind::Branch { .. });
        if unused || (read && !in_use) {
            idle.insert(node);
        }
    }
    idle
}

/// The call of the prelude's unbounded gap, under whatever const's name.
fn unbounded_gap<'e>(expr: &'e Expr, front: &Front<'_>) -> Option<&'e Call> {
    expr.parts().find_map(|part| match &part.kind {
        ExprKind::Call(call) if front.consts.resolve(&call.callee.text) == "abs_gap" => Some(call),
        _ => None,
    })
}

/// The same gap, saturated: the form that the paper found not to hurt.
fn saturating(call: &Call) -> String {
    let names: Vec<&str> = call
        .args
        .iter()
        .map(|arg| match &arg.value.kind {
            ExprKind::Name(name) => name.as_str(),
            _ => "…",
        })
        .collect();
    format!("sat_abs({})", names.join(", "))
}
