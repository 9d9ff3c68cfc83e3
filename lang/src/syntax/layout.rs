//! The rules for line ends: where each statement starts and ends.
//!
//! A statement ends with its line, except inside brackets, behind a sign that wants something to follow, and before a
//! line that starts with an operator. A line that can only be the start of a statement is one, whatever stands above
//! it.

use super::brackets::Brackets;
use super::scan::{Bracket, Token, TokenKind, starts_statement};
use std::ops::Range;

/// A run of tokens that is read on its own: a statement, or what stands on one line inside braces.
pub struct Piece {
    /// The tokens of the piece, up to and with the `{` if it has a block.
    pub tokens: Range<usize>,
    /// The tokens between the braces of its block.
    pub body: Option<Range<usize>>,
    /// The index of the token to go on from.
    pub next: usize,
}

/// The piece that starts at or behind `from` and has no token at or behind `end`; none if nothing is left.
pub fn piece(tokens: &[Token], brackets: &Brackets, from: usize, end: usize) -> Option<Piece> {
    let skipped = |at: &usize| !matches!(tokens[*at].kind, TokenKind::Newline | TokenKind::Close(Bracket::Curly));
    let start = (from..end).find(skipped)?;
    let mut at = start;
    while at < end {
        match tokens[at].kind {
            TokenKind::Open(bracket) => {
                let extent = brackets.extents.get(&at);
                let next = extent.map_or(end, |extent| extent.end).min(end);
                if bracket == Bracket::Curly {
                    let body_end = if extent.is_some_and(|extent| extent.closed) { next - 1 } else { next };
                    return Some(Piece { tokens: start..at + 1, body: Some(at + 1..body_end), next });
                }
                at = next;
                // Where a missing bracket was noticed by the next statement, this one ends.
                if extent.is_some_and(|extent| !extent.closed) && tokens[next - 1].kind == TokenKind::Newline {
                    break;
                }
            }
            TokenKind::Close(Bracket::Curly) => break,
            TokenKind::Newline => match goes_on(tokens, at, end) {
                Some(next) => at = next,
                None => break,
            },
            _ => at += 1,
        }
    }
    Some(Piece { tokens: start..last_of(tokens, start, at) + 1, body: None, next: at })
}

/// The index of the last token before `end` that is no line end.
fn last_of(tokens: &[Token], start: usize, end: usize) -> usize {
    (start..end).rfind(|at| tokens[*at].kind != TokenKind::Newline).unwrap_or(start)
}

/// The index of the token with which the statement goes on behind the line end at `at`; none if it ends there.
fn goes_on(tokens: &[Token], at: usize, end: usize) -> Option<usize> {
    let next = (at..end).find(|at| tokens[*at].kind != TokenKind::Newline)?;
    let adds = is_operator(tokens, next);
    let is_asked_for = is_operator(tokens, at - 1) || matches!(tokens[at - 1].kind, TokenKind::Sign("=" | ":" | ","));
    let starts_entry = tokens[next].kind == TokenKind::Word
        && tokens.get(next + 1).is_some_and(|colon| colon.kind == TokenKind::Sign(":"));
    let starts_anew = starts_entry || starts_statement(tokens, next);
    (adds || is_asked_for && !starts_anew).then_some(next)
}

/// Whether a token is a sign or a word between two values.
fn is_operator(tokens: &[Token], at: usize) -> bool {
    let sign = matches!(
        tokens[at].kind,
        TokenKind::Sign("->" | "+" | "-" | "*" | "/" | "==" | "!=" | "<" | "<=" | ">" | ">=")
    );
    sign || tokens[at].kind == TokenKind::Joining
}
