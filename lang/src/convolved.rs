//! The spec of a net with shared kernels: every layer without weight sharing written as a convolution.

use crate::diag::Span;
use crate::front::edits::Edits;
use crate::syntax;
use crate::syntax::ast::{Call, CallArg, Expr, ExprKind, Item, ItemKind};
use std::collections::BTreeSet;

/// The kind without weight sharing, and the one that shares.
const LOCAL: &str = "local";
const CONV: &str = "conv";

/// The argument that `local` alone has.
const BY_PLACE: &str = "bias_by_place";
/// The start that only kernels of their own at each place can have.
const SHARED: &str = "shared";

/// The block of settings that is about layers without weight sharing alone.
const SLEEP: &str = "sleep";

/// A spec whose layers share their kernels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convolved {
    pub text: String,
    /// The consts that are gone with what alone they were for.
    pub dropped: BTreeSet<String>,
}

/// The text of a spec with `conv` for every `local`, as a const's word and as an argument too, and without what a convolution
/// cannot have: biases by place, starts that differ from place to place, and the `sleep` block with its own consts.
///
/// Arguments are known by their names: where `bias_by_place` is given by its position alone, the new text does not compile.
pub fn convolved(text: &str) -> Convolved {
    let text = syntax::with_line_feeds(text);
    let (ast, _) = syntax::parse(&text);
    let dropped = consts_of_sleep(&ast.items);
    let mut edits = Edits::default();
    for item in &ast.items {
        match &item.kind {
            ItemKind::Const { name, .. } if dropped.contains(name.text.as_str()) => {
                edits.replace(with_line(item.span, &text), "");
            }
            ItemKind::Settings { word, .. } if word.text == SLEEP => {
                // With the blank lines above it.
                edits.replace(Span::new(text[..item.span.start].trim_end().len(), item.span.end), "");
            }
            _ => share(item, &mut edits),
        }
    }
    Convolved { text: edits.apply(&text), dropped: dropped.into_iter().map(str::to_owned).collect() }
}

/// The consts that a `sleep` block reads, by itself or through another const, and nothing else does.
fn consts_of_sleep(items: &[Item]) -> BTreeSet<&str> {
    let mut dropped = BTreeSet::new();
    let is_sleep = |item: &&Item| matches!(&item.kind, ItemKind::Settings { word, .. } if word.text == SLEEP);
    let mut gone: Vec<&Item> = items.iter().filter(is_sleep).collect();
    loop {
        let stays = |item: &&Item| !gone.iter().any(|gone| std::ptr::eq(*gone, *item));
        let (read, still): (BTreeSet<&str>, BTreeSet<&str>) =
            (gone.iter().flat_map(|item| words(item)).collect(), items.iter().filter(stays).flat_map(words).collect());
        let next = items.iter().filter(stays).find_map(|item| match &item.kind {
            ItemKind::Const { name, .. } => {
                let name = name.text.as_str();
                (read.contains(name) && !still.contains(name)).then_some((item, name))
            }
            _ => None,
        });
        let Some((item, name)) = next else { return dropped };
        dropped.insert(name);
        gone.push(item);
    }
}

/// The word that takes the place of a word of the old spec: `conv` for `local`, and each other word itself.
pub fn word(word: &str) -> &str {
    if word == LOCAL { CONV } else { word }
}

/// A part of a statement that may be written in another way in the new spec.
enum Part<'a> {
    Word(&'a str, Span),
    Call(&'a Call),
}

/// Looks at every word and call of a statement and of those inside it.
fn look<'a>(item: &'a Item, at: &mut dyn FnMut(Part<'a>)) {
    match &item.kind {
        ItemKind::Const { value, .. }
        | ItemKind::Input { shape: value, .. }
        | ItemKind::Equation { value, .. }
        | ItemKind::State { init: value, .. }
        | ItemKind::Arm { value, .. }
        | ItemKind::Penalty { value, .. }
        | ItemKind::Fn { body: value, .. }
        | ItemKind::Yield { value }
        | ItemKind::Output { value } => look_into(value, at),
        ItemKind::Weights { call, .. } => {
            at(Part::Call(call));
            call.args.iter().for_each(|arg| look_into(&arg.value, at));
        }
        ItemKind::Loop { args, body, .. } => {
            args.iter().for_each(|arg| look_into(&arg.value, at));
            body.iter().for_each(|item| look(item, at));
        }
        ItemKind::Branch { arms, .. } => arms.iter().for_each(|arm| look(arm, at)),
        ItemKind::Block { params, body, .. } => {
            params.iter().filter_map(|param| param.default.as_ref()).for_each(|default| look_into(default, at));
            body.iter().for_each(|item| look(item, at));
        }
        ItemKind::Settings { entries, .. } => entries.iter().for_each(|entry| look_into(&entry.value, at)),
        ItemKind::Model(_) | ItemKind::Allow(_) => {}
    }
}

fn look_into<'a>(value: &'a Expr, at: &mut dyn FnMut(Part<'a>)) {
    for part in value.parts() {
        match &part.kind {
            ExprKind::Name(name) => at(Part::Word(name, part.span)),
            ExprKind::Call(call) | ExprKind::Repeat { call, .. } => at(Part::Call(call)),
            _ => {}
        }
    }
}

/// Every word that a statement reads or calls.
fn words(item: &Item) -> Vec<&str> {
    let mut words = Vec::new();
    look(item, &mut |part| {
        words.push(match part {
            Part::Word(word, _) => word,
            Part::Call(call) => &call.callee.text,
        });
    });
    words
}

fn share(item: &Item, edits: &mut Edits) {
    look(item, &mut |part| match part {
        Part::Word(LOCAL, span) => edits.replace(span, CONV),
        Part::Word(..) => {}
        Part::Call(call) => of_call(call, edits),
    });
}

/// Rewrites the name and the arguments of a call, and leaves what stands within these arguments.
fn of_call(call: &Call, edits: &mut Edits) {
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

/// The place of a statement with the rest of its line, the comment there, and the line's end.
fn with_line(span: Span, text: &str) -> Span {
    let rest = text[span.end..].find('\n').map_or(text.len(), |end| span.end + end + 1);
    Span::new(span.start, rest)
}
