//! How much of a spec is written out already. Blocks, functions and copies may be far more than what is written, so all
//! that grows is counted, and the first thing that is too much is reported, once.

use super::Lowerer;
use super::place::Place;
use super::val::Val;
use crate::diag::{Diagnostic, Span, text};
use crate::limits::{MAX_CALLS, MAX_DEFINITIONS, MAX_DEPTH, MAX_VALUES};
use crate::syntax::ast::Expr;
use petgraph::graph::NodeIndex;

/// What is counted while a spec is written out.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// Expressions around the one that is being lowered.
    depth: usize,
    /// Calls of functions and blocks so far.
    calls: usize,
    /// Definitions so far.
    definitions: usize,
    /// Whether one of them was too much, which is reported.
    pub is_overrun: bool,
}

impl<'a> Lowerer<'_, 'a, '_> {
    /// Lowers an expression, one level deeper than what it stands in. The parser bounds how deep one statement is, but
    /// not how deep functions and blocks call each other.
    pub(super) fn expr(&mut self, expr: &'a Expr, place: &Place<'_>) -> Val {
        if self.budget.depth == MAX_DEPTH {
            return self.overrun(|| text::calls_too_deep(place.at(expr.span), MAX_DEPTH));
        }
        if !self.has_room(place.at(expr.span)) {
            return Val::Poison;
        }
        self.budget.depth += 1;
        let val = self.expr_within(expr, place);
        self.budget.depth -= 1;
        val
    }

    /// Counts one more call of a function or block. False if there are too many already.
    pub(super) fn counts_call(&mut self, span: Span) -> bool {
        if self.budget.calls == MAX_CALLS {
            self.overrun(|| text::too_many_calls(span, MAX_CALLS));
            return false;
        }
        self.budget.calls += 1;
        true
    }

    /// Counts one more definition. False if there are too many already.
    pub(super) fn counts_definition(&mut self, node: NodeIndex) -> bool {
        if self.budget.definitions == MAX_DEFINITIONS {
            let span = self.here.graph.nodes[node].span;
            self.overrun(|| text::too_many_definitions(span, MAX_DEFINITIONS));
            return false;
        }
        self.budget.definitions += 1;
        true
    }

    /// Whether the net may still grow; if not, that is reported at `span`.
    pub(super) fn has_room(&mut self, span: Span) -> bool {
        let has_room = self.net.len() < MAX_VALUES;
        if !has_room {
            self.overrun(|| text::too_many_values(span, MAX_VALUES));
        }
        has_room
    }

    /// Reports that something is too much, unless that was reported before: what is beyond a limit is beyond it many
    /// times.
    pub(super) fn overrun(&mut self, problem: impl Fn() -> Diagnostic) -> Val {
        if !std::mem::replace(&mut self.budget.is_overrun, true) {
            self.diagnostics.push(problem());
        }
        Val::Poison
    }
}
