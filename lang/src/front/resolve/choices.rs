//! Words of choices: what `padding: same` says is no name, even if something in the spec is called `same`.

use super::{Resolver, Viewpoint};
use crate::front::graph::Found;
use crate::front::signature::parameter;
use crate::kinds::{self, KINDS, Kind};
use crate::syntax::ast::{Call, CallArg, Expr, ExprKind};
use crate::vocabulary::{self, Callable, Type};

impl<'a> Resolver<'a, '_, '_> {
    /// Looks through an argument that must be known before the run; the words of a choice are no names.
    pub(super) fn argument(&mut self, ty: Option<&'static Type>, arg: &'a CallArg, viewpoint: Viewpoint<'_>) {
        named(ty, &arg.value).into_iter().for_each(|part| self.known(part, viewpoint));
    }

    /// Resolves the declaration `kind(in -> out, …)`, where the mapping takes the place of the first declared argument.
    pub(super) fn bundle(&mut self, call: &'a Call, viewpoint: Viewpoint<'_>) {
        let is_named = matches!(self.graph.find(&call.callee.text, viewpoint.within), Found::Node(_));
        let kind = kinds::find(self.look.consts.resolve(&call.callee.text)).filter(|_| !is_named);
        for (n, arg) in call.args.iter().enumerate() {
            let ty = kind.map_or_else(|| self.of_unknown(arg), |kind| of_kind(kind, n, arg));
            self.argument(ty, arg, viewpoint);
        }
    }

    /// The type of an argument of something that is known only when it is called: a choice that some kind has under
    /// that name, if no block of the spec has a parameter of that name.
    pub(super) fn of_unknown(&self, arg: &CallArg) -> Option<&'static Type> {
        let name = &arg.name.as_ref()?.text;
        of_some_kind(arg).filter(|_| !self.look.callables.params.contains(name.as_str()))
    }
}

/// The parts of an argument that may hold names: all of it, but for the words of the choices that its type has.
pub fn named<'e>(ty: Option<&'static Type>, expr: &'e Expr) -> Vec<&'e Expr> {
    match ty {
        Some(Type::Word(words) | Type::RealsOr(words)) => {
            let is_word = matches!(&expr.kind, ExprKind::Name(name) if words.contains(&name.as_str()));
            if is_word { Vec::new() } else { vec![expr] }
        }
        Some(Type::Call(choices)) => of_choice(choices, expr),
        Some(Type::Calls(choices)) => match &expr.kind {
            ExprKind::List(items) => items.iter().flat_map(|item| of_choice(choices, item)).collect(),
            _ => of_choice(choices, expr),
        },
        // Equations and bundles, which are looked for where the whole net is known.
        Some(Type::Names) => Vec::new(),
        Some(
            Type::Count { .. }
            | Type::Real { .. }
            | Type::Share
            | Type::Batches { .. }
            | Type::Epochs { .. }
            | Type::Milliseconds { .. }
            | Type::Bool
            | Type::Reals
            | Type::Range { .. },
        )
        | None => vec![expr],
    }
}

fn of_choice<'e>(choices: &'static [Callable], expr: &'e Expr) -> Vec<&'e Expr> {
    let find = |name: &str| choices.iter().find(|choice| choice.name == name);
    match &expr.kind {
        ExprKind::Name(name) if find(name).is_some() => Vec::new(),
        ExprKind::Call(call) => match find(&call.callee.text) {
            Some(choice) => {
                let args = call.args.iter().enumerate();
                args.flat_map(|(n, arg)| named(declared(choice.args, &[], n, arg), &arg.value)).collect()
            }
            None => vec![expr],
        },
        _ => vec![expr],
    }
}

/// The type of an argument of a kind; `position` counts from the first argument behind the kind's inputs.
pub fn of_kind(kind: &'static Kind, position: usize, arg: &CallArg) -> Option<&'static Type> {
    declared(kind.args, kind.weights, position, arg)
}

/// The type of a named argument in whatever kind has it as a choice of a few words.
pub fn of_some_kind(arg: &CallArg) -> Option<&'static Type> {
    let is_choice = |ty: &Type| matches!(ty, Type::Word(_) | Type::RealsOr(_) | Type::Call(_) | Type::Calls(_));
    KINDS.iter().filter_map(|kind| of_kind(kind, usize::MAX, arg)).find(|ty| is_choice(ty))
}

/// The type of the declared argument that `arg`, which stands at `position`, is a value of.
fn declared(
    args: &'static [vocabulary::Arg],
    shared: &'static [vocabulary::Arg],
    position: usize,
    arg: &CallArg,
) -> Option<&'static Type> {
    let names = args.iter().chain(shared).map(|declared| declared.name);
    let found = parameter(names, args.len(), position, arg)?;
    args.iter().chain(shared).nth(found).map(|declared| &declared.ty)
}
