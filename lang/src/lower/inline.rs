//! Calls of `fn`s, written out where they stand.

use super::expr::Place;
use super::{Lowerer, Val};
use crate::diag::{Diagnostic, Span, counted, names, text};
use crate::front::graph::Function;
use crate::syntax::ast::Call;

/// Expressions within expressions, functions and blocks written out.
pub(super) const MAX_DEPTH: usize = 1_000;

/// Calls of functions and blocks in all of a spec, those inside of others included.
pub(super) const MAX_CALLS: usize = 100_000;

/// Values of a net: what is written out may be far more than what is written.
const MAX_VALUES: usize = 1_000_000;

/// A `fn` being written out.
pub(super) struct Frame<'p> {
    pub name: &'p str,
    pub args: Vec<(&'p str, Val)>,
    /// For a function that the author cannot see into: the call that stands for every place inside of it.
    pub site: Option<Span>,
    pub caller: Option<&'p Frame<'p>>,
}

impl<'a> Lowerer<'_, 'a, '_> {
    /// Writes a `fn` out in the place of its call; `first` is in the place of its first argument, if it is there.
    pub(super) fn inline(
        &mut self,
        function: &Function<'a>,
        call: &'a Call,
        mut first: Option<Val>,
        place: &Place<'_>,
    ) -> Val {
        let (name, params, body) = (&function.name.text, function.params, function.body);
        let callers = std::iter::successors(place.frame, |frame| frame.caller);
        if callers.into_iter().any(|frame| frame.name == name) {
            return self.report(names::recursive(name, place.at(call.span)));
        }
        if !self.counts_call(place.at(call.span)) {
            return Val::Poison;
        }
        if let Some(given) = call.args.iter().find_map(|arg| arg.name.as_ref()) {
            return self.report(names::unknown_argument(name, &given.text, given.span, &[]));
        }
        if call.args.len() > params.len() {
            let takes = counted(params.len(), "argument");
            return self.report(names::superfluous(name, &takes, call.args[params.len()].value.span));
        }
        if call.args.len() < params.len() {
            let params: Vec<&str> = params.iter().map(|param| param.text.as_str()).collect();
            return self.report(names::missing_parameter(name, &params, call.args.len(), place.at(call.span)));
        }
        let inner = place.inner();
        let args: Vec<Val> =
            call.args.iter().map(|arg| first.take().unwrap_or_else(|| self.expr(&arg.value, &inner))).collect();
        let args = params.iter().map(|param| param.text.as_str()).zip(args).collect();
        let outer = place.frame.and_then(|frame| frame.site);
        let site = outer.or_else(|| function.prelude.then_some(call.span));
        let frame = Frame { name, args, site, caller: place.frame };
        self.expr(body, &Place { frame: Some(&frame), ..inner })
    }

    /// False if the net is as large as one may be.
    pub(super) fn has_room(&mut self, span: Span) -> bool {
        let has_room = self.net.len() < MAX_VALUES;
        if !has_room {
            self.overrun(|| text::too_many_values(span, MAX_VALUES));
        }
        has_room
    }

    /// Says once that functions in functions are too much.
    pub(super) fn overrun(&mut self, problem: impl Fn() -> Diagnostic) -> Val {
        if !std::mem::replace(&mut self.overrun, true) {
            self.diagnostics.push(problem());
        }
        Val::Poison
    }
}
