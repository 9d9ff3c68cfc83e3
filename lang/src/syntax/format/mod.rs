//! One layout for every spec: the same words and comments give the same text, however they were spaced.
//!
//! The scanner's tokens, with the comments hung on them, are cut at the statements of the tree; each statement becomes
//! a small tree of what may be broken, and stands on one line where it fits. What stays the author's: the order of
//! everything, single blank lines, and whether the settings of a block share a line.

mod lexeme;
mod page;
mod print;
mod tree;

use super::ast::{Ast, Item, ItemKind};
use super::scan::{Bracket, TokenKind};
use super::{parse, with_line_feeds};
use crate::diag::{Diagnostic, text};
use crate::limits::MAX_SIZE;
use lexeme::{Lexeme, comments, lexemes, settle};
use page::Page;
use std::ops::Range;
use tree::Fragment;

/// How many columns a line has; comments at the ends of lines may go beyond.
const WIDTH: usize = 100;
/// How many columns a brace indents by, and a line that goes on.
const STEP: usize = 4;

/// Why a text is not formatted.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// The text cannot be read, or could not be with blanks in it: what is wrong, sorted by place.
    Problems(Vec<Diagnostic>),
    /// What came out would not say the same. That is a fault of the formatter, not of the text.
    Unfaithful,
}

/// The text in its one layout. Before it is handed out it is read again: it gives the same tree and holds the same
/// comments in the same order, or there is no text.
///
/// # Errors
/// If the text cannot be read, or if the result would differ from it in more than its layout.
pub fn format(source: &str) -> Result<String, Refusal> {
    let source = &*with_line_feeds(source);
    let (ast, problems) = parse(source);
    if !problems.is_empty() {
        return Err(Refusal::Problems(problems));
    }
    let mut starts = Vec::new();
    statement_starts(&ast.items, &mut starts);
    starts.sort_unstable();
    let mut lexemes = lexemes(source);
    let kept: Vec<&str> = comments(&lexemes).collect();
    settle(&mut lexemes, &starts);
    let laid_out = Layout { lexemes: &lexemes }.text();
    if laid_out.len() > MAX_SIZE {
        // With blanks in it, what could be read is too large to be read again.
        return Err(Refusal::Problems(vec![text::too_large(laid_out.len(), MAX_SIZE)]));
    }
    let is_faithful = is_same(ast, &laid_out) && comments(&lexeme::lexemes(&laid_out)).eq(kept);
    if is_faithful { Ok(laid_out) } else { Err(Refusal::Unfaithful) }
}

fn is_same(ast: Ast, text: &str) -> bool {
    let (again, problems) = parse(text);
    problems.is_empty() && again.without_places() == ast.without_places()
}

/// Where each statement and each setting starts.
fn statement_starts(items: &[Item], starts: &mut Vec<usize>) {
    for item in items {
        starts.push(item.span.start);
        match &item.kind {
            ItemKind::Loop { body, .. } | ItemKind::Block { body, .. } => statement_starts(body, starts),
            ItemKind::Branch { arms, .. } => statement_starts(arms, starts),
            ItemKind::Settings { entries, .. } => starts.extend(entries.iter().map(|entry| entry.key.span.start)),
            _ => {}
        }
    }
}

/// Goes through a text, statement by statement.
struct Layout<'a> {
    lexemes: &'a [Lexeme<'a>],
}

impl Layout<'_> {
    fn text(&self) -> String {
        let mut page = Page::new(self.lexemes);
        let (mut at, mut depth) = (0, 0_usize);
        while let Some(lexeme) = self.lexemes.get(at) {
            for comment in &lexeme.above {
                page.start(depth * STEP, comment.after_blank);
                page.push(comment.text);
            }
            match lexeme.kind {
                // Behind the last statement.
                TokenKind::Newline => break,
                TokenKind::Close(_) => {
                    depth = depth.saturating_sub(1);
                    page.close_block(depth * STEP);
                    page.word(at);
                    at += 1;
                }
                _ => {
                    page.start(depth * STEP, lexeme.after_blank);
                    let end = self.end(at);
                    let whole = self.on_one_line(at, end, depth * STEP);
                    let opens = whole.is_none() && self.is_brace(end - 1);
                    let (node, next) = whole.unwrap_or_else(|| (tree::statement(self.lexemes, at..end), end));
                    page.statement(&node, depth * STEP);
                    if opens {
                        depth += 1;
                        page.open_block();
                    }
                    at = next;
                }
            }
        }
        page.text()
    }

    /// The index behind the statement, or the head of a block, that starts at `at`.
    fn end(&self, at: usize) -> usize {
        let is_end = |at: &usize| self.lexemes[*at].leads || self.is_brace(at - 1);
        (at + 1..self.lexemes.len()).find(is_end).unwrap_or(self.lexemes.len())
    }

    fn is_brace(&self, at: usize) -> bool {
        self.lexemes[at].kind == TokenKind::Open(Bracket::Curly)
    }

    /// The fragment of a block that stays on one line, with the index behind it: of a block that holds nothing, or of
    /// settings whose author wrote them so, if they fit.
    fn on_one_line(&self, at: usize, body: usize, indent: usize) -> Option<(Fragment, usize)> {
        let open = self.lexemes.get(body - 1).filter(|open| open.kind == TokenKind::Open(Bracket::Curly))?;
        let is_settings = body - at == 2;
        let is_close = |at: &usize| self.lexemes[*at].kind == TokenKind::Close(Bracket::Curly);
        // Settings hold no braces; of other blocks only an empty one is looked for.
        let last = if is_settings { self.lexemes.len() } else { body + 1 };
        let close = (body..last).find(is_close)?;
        let is_bare = open.behind.is_none() && self.lexemes[close].above.is_empty();
        let is_short = close == body && is_bare || open.line == self.lexemes[close].line;
        let node = is_short.then(|| tree::block(self.lexemes, at, &self.entries(body..close), close))?;
        (indent + node.size.width <= WIDTH).then_some((node, close + 1))
    }

    fn entries(&self, body: Range<usize>) -> Vec<Range<usize>> {
        let mut entries = Vec::new();
        let mut at = body.start;
        while at < body.end {
            let end = self.end(at);
            entries.push(at..end);
            at = end;
        }
        entries
    }
}
