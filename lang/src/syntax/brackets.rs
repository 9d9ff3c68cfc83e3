//! Brackets: which one closes which, and where a bracket that nothing closes ends all the same.

use super::scan::{Bracket, Token, TokenKind, starts_statement};
use crate::diag::{Diagnostic, text};
use crate::limits::MAX_NESTING;
use std::collections::BTreeMap;

/// Where the inside of a bracket ends.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// The index of the token behind the bracket's inside and its closing bracket.
    pub end: usize,
    pub closed: bool,
}

/// The brackets of a text: where each ends, and what is wrong.
#[derive(Default)]
pub struct Brackets {
    /// The extent of each bracket, by the index of the token that opens it.
    pub extents: BTreeMap<usize, Extent>,
    /// What is wrong with brackets, by the index of the token to blame; the statement that the token belongs to is not
    /// read.
    pub problems: BTreeMap<usize, Diagnostic>,
    /// The problems of braces that nothing closes: the statements around them are read all the same.
    pub unclosed_braces: Vec<Diagnostic>,
    /// The problems of closing braces that close nothing, each with the index of its token: before it, something has
    /// lost what opened it.
    pub stray_braces: Vec<(usize, Diagnostic)>,
}

struct Opened {
    token: usize,
    bracket: Bracket,
    /// Whether some line behind the brace is indented deeper than the brace's own.
    has_deeper_line: bool,
}

struct Matcher<'a> {
    tokens: &'a [Token],
    /// The brackets that are open, at most `MAX_NESTING` of them, outermost first.
    stack: Vec<Opened>,
    /// How many brackets are open beyond those that the stack may hold.
    beyond: usize,
    found: Brackets,
    /// Whether some brace is never closed, so that indentation is asked where it should have been.
    trusts_indent: bool,
}

/// Pairs all brackets of a text, in one pass.
pub fn brackets(tokens: &[Token]) -> Brackets {
    let trusts_indent = lacks_closing_brace(tokens);
    let mut matcher = Matcher { tokens, stack: Vec::new(), beyond: 0, found: Brackets::default(), trusts_indent };
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Open(bracket) => matcher.open(at, bracket),
            TokenKind::Close(bracket) => matcher.close(at, bracket),
            TokenKind::Newline => matcher.line(at + 1),
            _ => {}
        }
    }
    matcher.drop_unclosed(tokens.len());
    while matcher.stack.last().is_some() {
        matcher.drop_brace(tokens.len());
        matcher.drop_unclosed(tokens.len());
    }
    matcher.found
}

fn lacks_closing_brace(tokens: &[Token]) -> bool {
    let open = tokens.iter().fold(0_usize, |open, token| match token.kind {
        TokenKind::Open(Bracket::Curly) => open + 1,
        TokenKind::Close(Bracket::Curly) => open.saturating_sub(1),
        _ => open,
    });
    open > 0
}

impl Matcher<'_> {
    fn open(&mut self, at: usize, bracket: Bracket) {
        if bracket == Bracket::Curly {
            // No expression holds a brace, so what is still open was to be closed before it.
            self.drop_unclosed(at);
        }
        if self.stack.len() == MAX_NESTING {
            self.found.problems.insert(at, text::too_deep(self.tokens[at].span, MAX_NESTING));
            self.beyond += 1;
            return;
        }
        self.stack.push(Opened { token: at, bracket, has_deeper_line: false });
    }

    fn close(&mut self, at: usize, bracket: Bracket) {
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        if bracket == Bracket::Curly && self.stack.iter().any(|open| open.bracket == Bracket::Curly) {
            self.drop_unclosed(at);
        } else if bracket == Bracket::Round && self.closes_over_square() {
            self.drop_top(at);
        }
        let Some(top) = self.stack.last().filter(|top| bracket == top.bracket || top.bracket != Bracket::Curly) else {
            return self.stray(at, bracket);
        };
        let (token, expected) = (top.token, top.bracket);
        self.stack.pop();
        self.found.extents.insert(token, Extent { end: at + 1, closed: true });
        if expected != bracket {
            let (open, here) = (self.tokens[token].span, self.tokens[at].span);
            self.found.problems.insert(at, text::wrong_bracket(open, expected.close(), here, bracket.close()));
        }
    }

    /// Whether a `)` closes over a `[`, as in `([ )`: then the square bracket is the one that is not closed.
    fn closes_over_square(&self) -> bool {
        matches!(self.stack.as_slice(), [.., below, top]
            if below.bracket == Bracket::Round && top.bracket == Bracket::Square)
    }

    fn stray(&mut self, at: usize, bracket: Bracket) {
        let problem = text::stray(self.tokens[at].span, bracket.close());
        if bracket == Bracket::Curly {
            self.found.stray_braces.push((at, problem));
        } else {
            self.found.problems.insert(at, problem);
        }
    }

    /// Looks at the first token of a line, which may show that something before it should have been closed.
    fn line(&mut self, at: usize) {
        let Some(token) = self.tokens.get(at).filter(|token| token.kind != TokenKind::Newline) else { return };
        if self.stack.last().is_some_and(|top| top.bracket != Bracket::Curly) && self.leaves_brackets(at) {
            self.drop_unclosed(at);
        }
        let closes = token.kind == TokenKind::Close(Bracket::Curly);
        while self.trusts_indent
            && let Some(top) = self.stack.last_mut().filter(|top| top.bracket == Bracket::Curly)
        {
            let outer = self.tokens[top.token].indent;
            top.has_deeper_line |= token.indent > outer;
            let leaves = if closes { token.indent < outer } else { top.has_deeper_line && token.indent <= outer };
            if !leaves || (closes && self.stack.len() < 2) {
                break;
            }
            self.drop_brace(at);
        }
    }

    /// Whether the line at `at`, inside round or square brackets, can only be the next statement or setting.
    fn leaves_brackets(&self, at: usize) -> bool {
        let is_key = self.tokens[at].kind == TokenKind::Word
            && self.tokens.get(at + 1).is_some_and(|next| next.kind == TokenKind::Sign(":"))
            && self.ends_value(at.saturating_sub(2))
            && (self.in_settings() || self.stack.last().is_some_and(|top| top.bracket == Bracket::Square));
        is_key || starts_statement(self.tokens, at)
    }

    /// Whether no comma or operator stands at the end of the line before.
    fn ends_value(&self, last: usize) -> bool {
        self.tokens.get(last).is_some_and(|token| {
            matches!(token.kind, TokenKind::Word | TokenKind::Number | TokenKind::Close(_) | TokenKind::Sign("'" | "%"))
        })
    }

    /// Whether the innermost open brace is that of a settings block, `word {`.
    fn in_settings(&self) -> bool {
        let brace = self.stack.iter().rfind(|open| open.bracket == Bracket::Curly).map(|open| open.token);
        let Some(word) = brace.and_then(|brace| brace.checked_sub(1)) else { return false };
        let before = word.checked_sub(1).map_or(TokenKind::Newline, |before| self.tokens[before].kind);
        self.tokens[word].kind == TokenKind::Word && before == TokenKind::Newline
    }

    /// Ends every round and square bracket inside the innermost brace at `end`; the innermost of them is reported.
    fn drop_unclosed(&mut self, end: usize) {
        // Where brackets were nested too deeply, that is what is wrong with them.
        let mut is_first = std::mem::take(&mut self.beyond) == 0;
        while let Some(top) = self.stack.pop_if(|top| top.bracket != Bracket::Curly) {
            if is_first {
                let problem = text::unclosed(self.tokens[top.token].span, top.bracket.open(), top.bracket.close());
                self.found.problems.entry(top.token).or_insert(problem);
            }
            is_first = false;
            self.found.extents.insert(top.token, Extent { end, closed: false });
        }
    }

    fn drop_top(&mut self, end: usize) {
        if let Some(top) = self.stack.pop() {
            let problem = text::unclosed(self.tokens[top.token].span, top.bracket.open(), top.bracket.close());
            self.found.problems.insert(top.token, problem);
            self.found.extents.insert(top.token, Extent { end, closed: false });
        }
    }

    fn drop_brace(&mut self, end: usize) {
        if let Some(top) = self.stack.pop() {
            self.found.unclosed_braces.push(text::unclosed(self.tokens[top.token].span, "{", "}"));
            self.found.extents.insert(top.token, Extent { end, closed: false });
        }
    }
}
