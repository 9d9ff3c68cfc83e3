//! From text to tree: the only room that sees pest.
//!
//! The text is scanned into tokens, brackets are paired, and the tokens are cut into statements by the rules for line
//! ends. Each statement is then read on its own by the grammar, so a broken one costs nothing but itself.

pub mod ast;
mod between;
mod brackets;
mod doc;
mod expr;
pub mod format;
mod habits;
mod item;
mod layout;
mod line_ends;
mod names;
mod passed;
mod recover;
mod scan;
mod shift;
mod words;

pub use line_ends::with_line_feeds;
pub use names::defined;
pub use scan::JOINING;

use crate::diag::{Diagnostic, Span, text};
use crate::limits::MAX_SIZE;
use ast::{Ast, Expr, ItemKind};

/// The parser that pest makes of the grammar.
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../../grammar/lcnn.pest"]
    pub struct Grammar;
}

/// Parses any text at all: gives its tree, and what is wrong with it sorted by place, at most one problem a line.
pub fn parse(source: &str) -> (Ast, Vec<Diagnostic>) {
    if source.len() > MAX_SIZE {
        return (Ast::default(), vec![text::too_large(source.len(), MAX_SIZE)]);
    }
    let source = &*with_line_feeds(source);
    let (mut ast, mut problems, passed) = recover::read(source);
    ast.doc = doc::head(source);
    problems.sort_by_key(Diagnostic::place);
    // What is wrong further along a broken line is most often a consequence.
    let line_ends: Vec<usize> = source.match_indices('\n').map(|(at, _)| at).collect();
    problems.dedup_by_key(|problem| line_ends.partition_point(|end| *end < problem.place()));
    passed.report(source, &mut problems);
    (ast, problems)
}

/// The words of a text that may name what is read there, each with the place where it begins: all but those that name an argument
/// or a setting, which a colon follows.
pub fn read_words(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let tokens = scan::tokens(text);
    let words: Vec<Span> = (0..tokens.len())
        .filter(|at| tokens[*at].kind == scan::TokenKind::Word)
        .filter(|at| tokens.get(at + 1).is_none_or(|next| next.kind != scan::TokenKind::Sign(":")))
        .map(|at| tokens[at].span)
        .collect();
    words.into_iter().map(|span| (text.get(span.start..span.end).unwrap_or_default(), span.start))
}

/// Parses one value, as a command line or a file gives the value of a setting. Its spans are those of `text`.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_expr(text: &str) -> Result<Expr, Vec<Diagnostic>> {
    const HEAD: &str = "value = ";
    let (ast, mut problems) = parse(&format!("{HEAD}{text}"));
    let shift = |span: Span| Span::new(span.start.saturating_sub(HEAD.len()), span.end.saturating_sub(HEAD.len()));
    for label in problems.iter_mut().flat_map(|problem| &mut problem.labels) {
        label.span = shift(label.span);
    }
    match ast.items.into_iter().next().map(|item| item.kind) {
        Some(ItemKind::Equation { mut value, .. }) if problems.is_empty() => {
            value.shift(&shift);
            Ok(value)
        }
        _ => Err(problems),
    }
}
