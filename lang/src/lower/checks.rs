//! Checks of a finished net: what the output and the penalties reach, how far a penalty can fall, when the image
//! arrives, what the net costs.

use super::bundles::Bundle;
use crate::diag::{Diagnostic, Span, loops, penalty, shape, weights};
use crate::front::Front;
use crate::front::graph::{DefinitionKind, Edge, Graph};
use crate::ir::cost::{self, Cost};
use crate::ir::timing::{Timing, TooShort, When};
use crate::ir::{Net, Op, Param, ParamId, Unary, Value, bounds, reach, timing};
use crate::syntax::ast::{Call, Expr, ExprKind};
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use std::collections::{BTreeMap, BTreeSet};

/// Checks what the output and the penalties reach, and how far a penalty can fall.
pub(super) fn run(net: &Net, front: &Front<'_>, bundles: &[Bundle<'_, '_>], diagnostics: &mut Vec<Diagnostic>) {
    let behind = reach::of_any(net, &net.output.logits);
    let owned: BTreeMap<&str, ParamId> = (0..net.params.len()).map(|n| (net.owner(ParamId(n)), ParamId(n))).collect();
    let mut reported: Vec<Span> = Vec::new();
    for bundle in bundles {
        // One that is never applied has no weights.
        let is_behind = owned.get(bundle.path.as_str()).is_none_or(|weight| behind.contains(weight));
        let span = bundle.graph.nodes[bundle.node].span;
        // Of several copies of a block, one says it.
        if !is_behind && !reported.contains(&span) && !idle(bundle.graph).contains(&bundle.node) {
            reported.push(span);
            diagnostics.push(penalty::unreached(bundle.name, span));
        }
    }
    if !behind.iter().any(|id| net.param(*id).trained()) {
        let frozen = behind.iter().any(|id| net.param(*id).frozen);
        diagnostics.push(weights::untrained(frozen, output_span(front).unwrap_or_default()));
    }
    let logits = net.origin(net.output.answer());
    if let Some(node) = net.nodes().find(|node| node.value == logits)
        && belongs_between_layers(&node.op)
    {
        diagnostics.push(shape::activated(node.op.word(), output_span(front).unwrap_or_default()));
    }
    // Where nothing is trained, no penalty reaches anything.
    if !net.params.iter().any(Param::trained) {
        return;
    }
    let mut penalties = net.penalties.iter();
    for node in front.graph.nodes.node_weights() {
        let DefinitionKind::Penalty { value } = node.kind else { continue };
        let Some(made) = penalties.next() else { continue };
        let reached = reach::params(net, made.value);
        if !reached.iter().any(|id| net.param(*id).trained()) {
            diagnostics.push(penalty::reaches_nothing(node.name, value.span));
        } else if bounds::below(net, made.value).is_none() {
            let suggestion = unbounded_gap(value, front).map(saturating);
            let falls = bounds::falls_for_ever(net, made.value);
            diagnostics.push(penalty::unbounded(node.name, value.span, falls, suggestion.as_deref()));
        }
    }
}

/// Whether a primitive belongs between layers, so that it is a mistake behind the scores: activations and dropout. Other
/// calculations with scores, such as their negative, may be meant.
fn belongs_between_layers(op: &Op) -> bool {
    match op {
        Op::Dropout { .. } => true,
        Op::Unary { f, .. } => match f {
            Unary::Relu | Unary::Tanh | Unary::Sigmoid | Unary::Softplus | Unary::Gelu => true,
            Unary::Negate | Unary::Abs | Unary::Exp | Unary::Log | Unary::Sqrt | Unary::Square => false,
        },
        Op::Param(_)
        | Op::Number(_)
        | Op::Zeros
        | Op::Conv { .. }
        | Op::ConvTranspose { .. }
        | Op::Local { .. }
        | Op::Dense { .. }
        | Op::Pool { .. }
        | Op::Upsample { .. }
        | Op::BatchNorm { .. }
        | Op::GroupNorm { .. }
        | Op::Lrn { .. }
        | Op::Binary { .. }
        | Op::Reduce { .. }
        | Op::Flatten { .. }
        | Op::Concat { .. } => false,
    }
}

/// Reports a net that costs more than almost any is meant to.
pub(super) fn cost(net: &Net, front: &Front<'_>, diagnostics: &mut Vec<Diagnostic>) {
    const PARAMETERS: u128 = 1_000_000_000;
    const ACTIVATION: u128 = 8 << 30;
    const MULTIPLY_ADDS: u128 = 10_000_000_000_000;
    const WEIGHTS: u128 = 8 << 30;
    let weights = cost::weights_in_training(net, front.settings.train.call("optimizer"));
    let Cost { parameters, multiply_adds, activation } = Cost::sum(&cost::table(net));
    let found = if parameters > PARAMETERS {
        (format!("{} parameters", cost::scaled(parameters)), cost::scaled(PARAMETERS))
    } else if activation > ACTIVATION {
        (format!("{} of activity an image", cost::bytes(activation)), cost::bytes(ACTIVATION))
    } else if multiply_adds > MULTIPLY_ADDS {
        (format!("{} multiply-adds an image", cost::scaled(multiply_adds)), cost::scaled(MULTIPLY_ADDS))
    } else if weights > WEIGHTS {
        (format!("{} of weights in training", cost::bytes(weights)), cost::bytes(WEIGHTS))
    } else {
        return;
    };
    diagnostics.push(shape::costly(&found.0, &found.1, output_span(front).unwrap_or_default()));
}

fn output_span(front: &Front<'_>) -> Option<Span> {
    front.graph.nodes.node_weights().find_map(|node| match node.kind {
        DefinitionKind::Output { value } => Some(value.span),
        _ => None,
    })
}

/// Reports states that the image reaches only behind the last step or never, and outputs at steps that it has not
/// reached. Of the states of one loop, the last one says how long it takes. What follows from another loop's steps is
/// reported there.
pub(super) fn timing(
    net: &Net,
    front: &Front<'_>,
    nexts: &BTreeMap<Value, (&str, Span)>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let table = timing::table(net);
    let late: Vec<Late<'_>> = table.iter().filter_map(|timing| Late::of(timing, nexts)).collect();
    let names: BTreeSet<&str> = late.iter().map(|late| late.timing.name.as_str()).collect();
    let short: Vec<&Timing> = late.iter().filter(|late| late.is_short()).map(|late| late.timing).collect();
    let around: BTreeSet<&str> =
        short.iter().flat_map(|timing| &timing.around).map(|around| around.name.as_str()).collect();
    let short: BTreeSet<&str> = short.iter().map(|timing| timing.name.as_str()).collect();
    for late in &late {
        let is_told = match late.too_short {
            Some(looped) => !late.is_short() && short.contains(looped.name),
            None => {
                let within = late.timing.around.iter().any(|around| names.contains(around.name.as_str()));
                within || around.contains(late.timing.name.as_str())
            }
        };
        if !is_told {
            let outer = late.too_short.filter(|_| !late.is_short());
            diagnostics.push(loops::late(late.state, late.step, late.timing.steps, outer, late.span));
        }
    }
    let output = output_span(front);
    let blank = timing::blank(net);
    // A state that is late says why the output is blank.
    if let (Some(span), Some(last), true) = (output, blank.last(), late.is_empty()) {
        diagnostics.push(loops::blank(&net.output.name, *last, net.output.logits.len(), span));
    }
}

/// The last of a loop's states that the image reaches too late.
struct Late<'t> {
    timing: &'t Timing,
    state: &'t str,
    span: Span,
    /// The step at which the image reaches it; none if it never does.
    step: Option<usize>,
    /// The loop that has too few steps, this one or one around it.
    too_short: Option<TooShort<'t>>,
}

impl<'t> Late<'t> {
    fn of(timing: &'t Timing, nexts: &BTreeMap<Value, (&'t str, Span)>) -> Option<Self> {
        let is_late = |(next, when): &&(Value, Option<When>)| match when {
            Some(when) => !when.is_run,
            None => !timing.moves.contains(next),
        };
        let late = timing.states.iter().filter(is_late);
        let (next, when) = late.max_by_key(|(_, when)| (when.is_none(), when))?;
        let (state, span) = *nexts.get(next)?;
        let too_short = when.as_ref().and_then(|when| timing.too_short(when));
        Some(Self { timing, state, span, step: when.as_ref().map(When::step), too_short })
    }

    /// Whether the loop itself has too few steps, and not one around it.
    fn is_short(&self) -> bool {
        self.too_short.is_some_and(|looped| looped.name == self.timing.name)
    }
}

/// Definitions that nothing or only unused equations read: the lint on unused ones says it all.
fn idle(of: &Graph<'_>) -> BTreeSet<NodeIndex> {
    let (graph, mut idle) = (&of.nodes, BTreeSet::new());
    // Readers come behind what they read, so backwards they come first.
    for node in of.order().into_iter().rev() {
        if graph[node].within.is_some_and(|within| idle.contains(&within)) {
            idle.insert(node);
            continue;
        }
        let arm = matches!(graph[node].kind, DefinitionKind::Arm { .. });
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
        let unused = !read
            && matches!(
                graph[node].kind,
                DefinitionKind::Equation { .. } | DefinitionKind::Branch { .. } | DefinitionKind::Loop { .. }
            );
        if unused || (read && !in_use) {
            idle.insert(node);
        }
    }
    idle
}

/// The call of the prelude's unbounded gap in an expression, under whatever const's name.
fn unbounded_gap<'e>(expr: &'e Expr, front: &Front<'_>) -> Option<&'e Call> {
    expr.parts().find_map(|part| match &part.kind {
        ExprKind::Call(call) if front.consts.resolve(&call.callee.text) == "abs_gap" => Some(call),
        _ => None,
    })
}

/// The call of the saturated form of a gap, which the paper found not to hurt.
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
