//! Calls of `fn`s, written out where they stand.
//!
//! A net has no functions: a call is the function's body, lowered in the caller's place with a [`Frame`] that says what
//! the parameters stand for. A body sees its parameters and consts and nothing else, so the frame is all of its scope,
//! and whatever the caller defines cannot change what a function means.

use super::Lowerer;
use super::place::{Frame, Place};
use super::val::Val;
use crate::diag::{counted, names};
use crate::front::graph::Function;
use crate::front::signature::Signature;
use crate::syntax::ast::Call;

impl<'a> Lowerer<'_, 'a, '_> {
    /// Lowers the body of a `fn` in the place of its call; `first` takes the place of the first argument, if it is
    /// there.
    pub(super) fn inline(
        &mut self,
        function: &Function<'a>,
        call: &'a Call,
        mut first: Option<Val>,
        place: &Place<'_>,
    ) -> Val {
        let (name, params, body) = (&function.name.text, function.params, function.body);
        // Every `fn` that is being written out is among the callers, so this finds a circle through several of them
        // too.
        let callers = std::iter::successors(place.frame, |frame| frame.caller);
        if callers.into_iter().any(|frame| frame.name == name) {
            return self.report(names::recursive(name, place.at(call.span)));
        }
        if !self.counts_call(place.at(call.span)) {
            return Val::Poison;
        }
        let takes = counted(params.len(), "argument");
        if !Signature::nameless(name, params.len(), &takes).matched(&call.args, self.diagnostics).is_sound {
            return Val::Poison;
        }
        if call.args.len() < params.len() {
            let params: Vec<&str> = params.iter().map(|param| param.text.as_str()).collect();
            return self.report(names::missing_parameter(name, &params, call.args.len(), place.at(call.span)));
        }
        // Arguments belong to the caller: they are lowered in its place, once each, however often the body names them.
        let inner = place.inner();
        let args: Vec<Val> =
            call.args.iter().map(|arg| first.take().unwrap_or_else(|| self.expr(&arg.value, &inner))).collect();
        let args = params.iter().map(|param| param.text.as_str()).zip(args).collect();
        // The author sees no text of the prelude, so what is wrong in there is reported at the call that led in: the
        // outermost one, where functions of the prelude call each other.
        let outer = place.frame.and_then(|frame| frame.site);
        let site = outer.or_else(|| function.prelude.then_some(call.span));
        let frame = Frame { name, args, site, caller: place.frame };
        self.expr(body, &Place { frame: Some(&frame), ..inner })
    }
}
