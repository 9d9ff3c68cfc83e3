//! Names with hyphens, which papers have and the language has not: `alpha * SAT-ABS(W_E, W_I)` is read as differences.

use super::{Resolver, Viewpoint};
use crate::diag::foreign::{self, At};
use crate::diag::{Span, names};
use crate::front::graph::Found;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};

/// The words before a minus that may be the beginning of a name with hyphens.
#[derive(Debug)]
pub struct Hyphenated<'e> {
    /// The words in front of the last one, in order.
    pub words: Vec<&'e str>,
    /// What stands in front of the name, and is no part of it.
    pub rest: Option<&'e Expr>,
    /// The name that is meant.
    pub meant: String,
    start: usize,
}

impl Hyphenated<'_> {
    /// Whether another tool calls something by the name that is meant: `mean-pool(x)`.
    pub fn is_foreign(&self) -> bool {
        foreign::is_known(At::Call, &self.meant)
    }
}

/// Every name that a difference may be meant to be, longer ones first; `left` and `right` stand around the minus.
pub fn hyphenated<'e>(left: &'e Expr, right: &'e Expr) -> Vec<Hyphenated<'e>> {
    let last = match &right.kind {
        ExprKind::Call(call) => &call.callee.text,
        ExprKind::Name(name) => name,
        _ => return Vec::new(),
    };
    let (mut names, mut words, mut behind) = (Vec::new(), Vec::new(), Some(left));
    while let Some(expr) = behind {
        let (word, rest, goes_on) = match &expr.kind {
            ExprKind::Binary { op, left, right } => (&**right, Some(&**left), *op == BinaryOp::Sub),
            ExprKind::Negate(x) => (&**x, None, false),
            _ => (expr, None, false),
        };
        let ExprKind::Name(name) = &word.kind else { break };
        words.insert(0, name.as_str());
        let meant = format!("{}_{last}", words.join("_")).to_lowercase();
        names.push(Hyphenated { words: words.clone(), rest, meant, start: word.span.start });
        behind = rest.filter(|_| goes_on);
    }
    names.reverse();
    names
}

impl<'a> Resolver<'a, '_, '_> {
    /// Whether a difference is the name of something to call with hyphens in it; if so, that is reported.
    pub(super) fn has_hyphen(&mut self, left: &'a Expr, right: &'a Expr, viewpoint: Viewpoint<'_>) -> bool {
        let is_meant = |found: &Hyphenated<'a>| {
            found.words.iter().all(|word| !self.is_something(word, viewpoint))
                && (self.look.callables.has(&found.meant) || found.is_foreign())
        };
        let Some(found) = hyphenated(left, right).into_iter().find(is_meant) else { return false };
        let (last, end) = match &right.kind {
            ExprKind::Call(call) => (call.callee.text.as_str(), call.callee.span.end),
            ExprKind::Name(name) if !self.is_something(name, viewpoint) => (name.as_str(), right.span.end),
            _ => return false,
        };
        let written = format!("{}-{last}", found.words.join("-"));
        self.diagnostics.push(names::hyphen(&written, &found.meant, Span::new(found.start, end)));
        if let ExprKind::Call(call) = &right.kind {
            call.args.iter().for_each(|arg| self.expr(&arg.value, viewpoint));
        }
        found.rest.into_iter().for_each(|rest| self.expr(rest, viewpoint));
        true
    }

    /// Whether the spec calls something by that name: the bare names of kinds and functions are no values.
    fn is_something(&self, name: &str, viewpoint: Viewpoint<'_>) -> bool {
        self.graph.find(name, viewpoint.within) != Found::Nothing
            || self.look.consts.get(name).is_some()
            || self.look.lost.contains(name)
            || super::is_reserved(name)
            || self.look.callables.own().contains(&name)
            || viewpoint.params.iter().any(|param| param.text == name)
    }
}
