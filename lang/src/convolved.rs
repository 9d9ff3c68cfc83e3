//! The spec of a net with shared kernels: every layer without weight sharing written as a convolution.

use crate::diag::Span;
use crate::front::edits::Edits;
use crate::syntax;
use crate::syntax::ast::{Call, CallArg, Expr, ExprKind, Item, ItemKind};

/// The kind without weight sharing, and the one that shares.
const LOCAL: &str = "local";
const CONV: &str = "conv";

/// The argument that `local` alone has.
const BY_PLACE: &str = "bias_by_place";
/// The start that only kernels of their own at each place can have.
const SHARED: &str = "shared";

/// The block of settings that is about layers without weight sharing alone.
const SLEEP: &str = "sleep";

/// The text of a spec with `conv` for every `local`, as a const's word and as an argument too, and without what a convolution
/// cannot have: biases by place, starts that differ from place to place, and the `sleep` block.
///
/// Nothing is looked up: a spec that gives one of these words a meaning of its own becomes one that does not compile.
pub fn convolved(text: &str) -> String {
    let text = syntax::with_line_feeds(text);
    let (ast, _) = syntax::parse(&text);
    let mut edits = Edits::default();
    ast.items.iter().for_each(|item| of_item(item, &text, &mut edits));
    edits.apply(&text)
}

/// What a word stands for in the new text.
pub fn word(word: &str) -> &str {
    if word == LOCAL { CONV } else { word }
}

fn of_item(item: &Item, text: &str, edits: &mut Edits) {
    match &item.kind {
        ItemKind::Const { value, .. }
        | ItemKind::Input { shape: value, .. }
        | ItemKind::Equation { value, .. }
        | ItemKind::State { init: value, .. }
        | ItemKind::Arm { value, .. }
        | ItemKind::Penalty { value, .. }
        | ItemKind::Fn { body: value, .. }
        | ItemKind::Yield { value }
        | ItemKind::Output { value } => of_expr(value, edits),
        ItemKind::Weights { call, .. } => of_call(call, edits),
        ItemKind::Loop { args, body, .. } => {
            args.iter().for_each(|arg| of_expr(&arg.value, edits));
            body.iter().for_each(|item| of_item(item, text, edits));
        }
        ItemKind::Branch { arms, .. } => arms.iter().for_each(|arm| of_item(arm, text, edits)),
        ItemKind::Block { params, body, .. } => {
            params.iter().filter_map(|param| param.default.as_ref()).for_each(|default| of_expr(default, edits));
            body.iter().for_each(|item| of_item(item, text, edits));
        }
        ItemKind::Settings { word, .. } if word.text == SLEEP => {
            // With the blank lines above it.
            let start = text[..item.span.start].trim_end().len();
            edits.replace(Span::new(start, item.span.end), "");
        }
        ItemKind::Settings { .. } | ItemKind::Model(_) | ItemKind::Allow(_) => {}
    }
}

fn of_expr(value: &Expr, edits: &mut Edits) {
    for part in value.parts() {
        match &part.kind {
            ExprKind::Name(name) if name == LOCAL => edits.replace(part.span, CONV),
            ExprKind::Call(call) | ExprKind::Repeat { call, .. } => of_head(call, edits),
            _ => {}
        }
    }
}

/// A call that is no expression, with all that is in it.
fn of_call(call: &Call, edits: &mut Edits) {
    of_head(call, edits);
    call.args.iter().for_each(|arg| of_expr(&arg.value, edits));
}

/// What a call itself is and has, without what is in its arguments.
fn of_head(call: &Call, edits: &mut Edits) {
    if call.callee.text == LOCAL {
        edits.replace(call.callee.span, CONV);
    }
    let is_named = |arg: &CallArg, name: &str| arg.name.as_ref().is_some_and(|known| known.text == name);
    for (n, arg) in call.args.iter().enumerate() {
        match &arg.value.kind {
            _ if is_named(arg, BY_PLACE) => edits.replace(with_comma(&call.args, n), ""),
            ExprKind::Call(start) if is_named(arg, "init") && start.callee.text == SHARED => unwrap(start, edits),
            _ => {}
        }
    }
}

/// Leaves of `shared(he, spread: 0.1)` what one kernel starts with: `he`.
fn unwrap(shared: &Call, edits: &mut Edits) {
    let is_start = |arg: &&CallArg| arg.name.as_ref().is_none_or(|name| name.text == "start");
    if let Some(start) = shared.args.iter().find(is_start) {
        let inside = start.value.span;
        edits.replace(Span::new(shared.span.start, inside.start), "");
        edits.replace(Span::new(inside.end, shared.span.end), "");
    }
}

/// The place of an argument with the comma that goes with it.
fn with_comma(args: &[CallArg], n: usize) -> Span {
    let span = args[n].span();
    match (n.checked_sub(1).map(|before| args[before].span()), args.get(n + 1)) {
        (Some(before), _) => Span::new(before.end, span.end),
        (None, Some(next)) => Span::new(span.start, next.span().start),
        (None, None) => span,
    }
}
