//! Lexemes: words, signs and brackets, each with the comments that stand at it.

use super::super::scan::{Bracket, JOINING, Token, TokenKind, tokens};

/// A comment with a line of its own.
#[derive(Clone, Copy, Debug)]
pub struct Comment<'a> {
    pub text: &'a str,
    pub after_blank: bool,
}

/// A token as it is printed. Other than a token of the scanner's, a number is one with its exponent and without its
/// unit.
#[derive(Clone, Debug)]
pub struct Lexeme<'a> {
    pub text: &'a str,
    /// The kind of the token: `Newline` at the end of the text alone, where it holds the comments behind the last
    /// statement.
    pub kind: TokenKind,
    pub start: usize,
    pub line: usize,
    pub after_blank: bool,
    /// Whether the lexeme begins a statement, closes a block or ends the text; [`settle`] says so.
    pub leads: bool,
    /// The comments on lines of their own before the lexeme.
    pub above: Vec<Comment<'a>>,
    /// The comment behind the lexeme, at the end of its line.
    pub behind: Option<&'a str>,
}

impl Lexeme<'_> {
    /// Whether the lexeme may be the last word of a value.
    fn ends_value(&self) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Number | TokenKind::Close(_) | TokenKind::Sign("'" | "%"))
    }

    /// How tightly a sign or word between two values binds, from 0, the loosest; none for anything else.
    pub fn rank(&self) -> Option<usize> {
        match (self.kind, self.text) {
            (TokenKind::Sign("->"), _) => Some(0),
            (TokenKind::Joining, "or") => Some(1),
            (TokenKind::Joining, "and") => Some(2),
            (TokenKind::Sign("==" | "!=" | "<" | "<=" | ">" | ">="), _) => Some(3),
            (TokenKind::Sign("+" | "-"), _) => Some(4),
            (TokenKind::Sign("*" | "/"), _) => Some(5),
            _ => None,
        }
    }
}

/// All comments of the lexemes, in order.
pub fn comments<'a>(lexemes: &[Lexeme<'a>]) -> impl Iterator<Item = &'a str> {
    lexemes.iter().flat_map(|lexeme| lexeme.above.iter().map(|comment| comment.text).chain(lexeme.behind))
}

/// The lexemes of a text that can be read, and one more behind them.
pub fn lexemes(source: &str) -> Vec<Lexeme<'_>> {
    let mut lexer = Lexer { source, found: Vec::new(), above: Vec::new(), line: 0, line_ends: 0, read: 0 };
    for token in tokens(source) {
        if token.kind == TokenKind::Newline {
            lexer.comment(token.span.start);
            lexer.read = token.span.end;
            lexer.line += 1;
            lexer.line_ends += 1;
        } else {
            lexer.token(token);
        }
    }
    lexer.comment(source.len());
    lexer.push(source.len(), source.len(), TokenKind::Newline);
    let mut found = lexer.found;
    for at in (0..found.len()).filter(|at| is_item(&found[*at..])).collect::<Vec<_>>() {
        found[at].kind = TokenKind::Word;
    }
    found
}

/// Whether a `repeat` is an item of a list, as `repeat(4)`, and not the beginning of a chain of blocks: as the grammar
/// tells them apart.
fn is_item(lexemes: &[Lexeme]) -> bool {
    let [word, open, inside @ ..] = lexemes else { return false };
    if word.kind != TokenKind::Joining || word.text != "repeat" || open.kind != TokenKind::Open(Bracket::Round) {
        return false;
    }
    let is_round =
        |lexeme: &Lexeme| matches!(lexeme.kind, TokenKind::Open(Bracket::Round) | TokenKind::Close(Bracket::Round));
    match inside.iter().position(is_round).map(|at| &inside[at..]) {
        Some([close, behind, ..]) => {
            close.kind == TokenKind::Close(Bracket::Round)
                && matches!(behind.kind, TokenKind::Sign(",") | TokenKind::Close(Bracket::Square))
        }
        _ => false,
    }
}

struct Lexer<'a> {
    source: &'a str,
    found: Vec<Lexeme<'a>>,
    /// The comments since the last lexeme.
    above: Vec<Comment<'a>>,
    line: usize,
    /// The number of line ends since the last lexeme or comment.
    line_ends: usize,
    /// The byte up to which the text is read.
    read: usize,
}

impl<'a> Lexer<'a> {
    /// Takes the comment that stands between the last token of a line and the line's end, if there is one.
    fn comment(&mut self, line_end: usize) {
        let rest = self.source.get(self.read..line_end).unwrap_or_default();
        let Some((at, _)) = rest.match_indices("//").next() else { return };
        let text = rest[at..].trim_end();
        match self.found.last_mut().filter(|_| self.line_ends == 0) {
            Some(last) => last.behind = Some(text),
            None => {
                self.above.push(Comment { text, after_blank: self.line_ends > 1 });
                self.line_ends = 0;
            }
        }
    }

    fn token(&mut self, token: Token) {
        let (start, end) = (token.span.start.max(self.read), token.span.end);
        if start >= end {
            return;
        }
        if token.kind != TokenKind::Number {
            return self.push(start, end, token.kind);
        }
        let rest = self.source.get(start..).unwrap_or_default();
        // What an exponent leaves of the token behind its sign is a unit, as in `1e-3batches`.
        let number = if start == token.span.start { number_len(rest) } else { 0 };
        if number > 0 {
            self.push(start, start + number, TokenKind::Number);
        }
        if start + number < end {
            // `2and x` is read as `2 and x`.
            let joins = self.source.get(start + number..end).is_some_and(|word| JOINING.contains(&word));
            self.push(start + number, end, if joins { TokenKind::Joining } else { TokenKind::Word });
        }
    }

    fn push(&mut self, start: usize, end: usize, kind: TokenKind) {
        let text = self.source.get(start..end).unwrap_or_default();
        let above = std::mem::take(&mut self.above);
        let after_blank = self.line_ends > 1;
        self.found.push(Lexeme { text, kind, start, line: self.line, after_blank, leads: false, above, behind: None });
        self.line_ends = 0;
        self.read = end;
    }
}

/// The length of the number that a text starts with, as the grammar reads numbers.
fn number_len(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mantissa = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let rest = text.get(mantissa..).unwrap_or_default();
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else { return mantissa };
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    match digits(unsigned) {
        0 => mantissa,
        count => mantissa + (rest.len() - unsigned.len()) + count,
    }
}

/// Marks what leads, by the starts of all statements, and moves comments to where they can stand, in their order.
/// Commas and the signs between values leave the ends of lines, so a comment behind one is the value's before it; a
/// comma that goes away leaves its comments to its neighbours; and nothing may part `repeat` from its count, which on a
/// line of its own would look like a statement.
pub fn settle(lexemes: &mut [Lexeme], starts: &[usize]) {
    for lexeme in lexemes.iter_mut() {
        let is_end = matches!(lexeme.kind, TokenKind::Newline | TokenKind::Close(Bracket::Curly));
        lexeme.leads = is_end || starts.binary_search(&lexeme.start).is_ok();
    }
    for at in 1..lexemes.len().saturating_sub(1) {
        let [before, this, next] = &mut lexemes[at - 1..=at + 1] else { continue };
        let is_comma = this.kind == TokenKind::Sign(",");
        // `yield -x`: the first word of a statement is no value.
        let is_value = before.ends_value() && !before.leads;
        if is_comma || this.rank().is_some() && is_value {
            if this.above.is_empty() && before.behind.is_none() {
                before.behind = this.behind.take();
            }
            let mut moved = if is_comma { std::mem::take(&mut this.above) } else { Vec::new() };
            moved.extend(own_line(this.behind.take()));
            next.above.splice(0..0, moved);
        } else if this.kind == TokenKind::Joining && this.text == "repeat" {
            let moved = own_line(this.behind.take()).into_iter().chain(std::mem::take(&mut next.above));
            this.above.extend(moved);
        }
    }
}

fn own_line(comment: Option<&str>) -> Option<Comment<'_>> {
    comment.map(|text| Comment { text, after_blank: false })
}

/// Whether a token opens brackets that hold values.
pub fn opens(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Open(Bracket::Round | Bracket::Square))
}
