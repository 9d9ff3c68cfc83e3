//! The scanner: a text as a flat run of tokens, enough to see lines, brackets and the starts of statements.

use super::passed::Passed;
use crate::diag::Span;

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Word,
    /// A word that joins values, as `then` does: it never starts a statement.
    Joining,
    Number,
    /// A sign, `+ * / % - ->` and the rest of the punctuation that is no bracket.
    Sign(&'static str),
    Open(Bracket),
    Close(Bracket),
    Newline,
    /// A character, or a whole word with such characters, that no spec is made of.
    Foreign,
}

/// The kinds of brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bracket {
    Round,
    Square,
    Curly,
}

impl Bracket {
    /// The sign that opens such a bracket.
    pub fn open(self) -> &'static str {
        match self {
            Bracket::Round => "(",
            Bracket::Square => "[",
            Bracket::Curly => "{",
        }
    }

    /// The sign that closes such a bracket.
    pub fn close(self) -> &'static str {
        match self {
            Bracket::Round => ")",
            Bracket::Square => "]",
            Bracket::Curly => "}",
        }
    }
}

/// A token of a text.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
    /// By how much the line that the token stands on is indented, in bytes.
    pub indent: usize,
}

/// All signs, longer ones first.
const SIGNS: [&str; 17] = ["->", "==", "!=", "<=", ">=", "<", ">", "=", ":", ",", "'", "@", "%", "+", "-", "*", "/"];

/// The words that the grammar knows inside of expressions; nothing can be called so.
pub const JOINING: [&str; 7] = ["if", "then", "else", "repeat", "and", "or", "not"];

/// All tokens of the text; comments, white space and a byte order mark leave none.
pub fn tokens(text: &str) -> Vec<Token> {
    scan(text).0
}

/// The tokens of a text, and what was passed over because it can only be what another language writes.
pub fn scan(text: &str) -> (Vec<Token>, Passed) {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut scanner = Scanner {
        text,
        at: start,
        line_start: start,
        indent: None,
        depth: 0,
        tokens: Vec::new(),
        passed: Passed::new(),
    };
    while let Some(rest) = text.get(scanner.at..).filter(|rest| !rest.is_empty()) {
        if !scanner.skips(rest) {
            let (kind, len) = token(rest);
            scanner.push(kind, len);
        }
    }
    (scanner.tokens, scanner.passed)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    line_start: usize,
    indent: Option<usize>,
    /// The number of round and square brackets that are open.
    depth: usize,
    tokens: Vec<Token>,
    passed: Passed,
}

impl Scanner<'_> {
    fn push(&mut self, kind: TokenKind, len: usize) {
        let indent = *self.indent.get_or_insert(self.at - self.line_start);
        self.tokens.push(Token { kind, span: Span::new(self.at, self.at + len), indent });
        self.at += len;
        match kind {
            TokenKind::Newline => (self.line_start, self.indent) = (self.at, None),
            TokenKind::Open(Bracket::Round | Bracket::Square) => self.depth += 1,
            TokenKind::Close(Bracket::Round | Bracket::Square) => self.depth = self.depth.saturating_sub(1),
            TokenKind::Open(Bracket::Curly) | TokenKind::Close(Bracket::Curly) => self.depth = 0,
            _ => {}
        }
    }

    /// Passes over the beginning of `rest` if it leaves no token.
    fn skips(&mut self, rest: &str) -> bool {
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        let line = || rest.find('\n').unwrap_or(rest.len());
        if blank > 0 {
            self.at += blank;
        } else if rest.starts_with("//") {
            let len = line();
            if self.ends_value() && is_divisor(&rest[2..len], self.depth > 0) {
                self.passed.divisions.push(Span::new(self.at, self.at + 2));
            }
            self.at += len;
        } else if rest.starts_with('#') || rest.starts_with('%') && self.depth == 0 && !self.ends_number() {
            self.line_comment(rest, line());
        } else if rest.starts_with("/*") && self.passed.can_close(self.text, self.at) {
            self.block_comment(rest);
        } else if rest.starts_with(';') && self.depth == 0 {
            self.semicolon(&rest[1..]);
        } else {
            return false;
        }
        true
    }

    /// Passes over a comment that ends with its line; `len` is its length.
    fn line_comment(&mut self, rest: &str, len: usize) {
        let marks = rest.len() - rest.trim_start_matches(['#', '%']).len();
        let span = Span::new(self.at, self.at + marks);
        let is_divisor = self.ends_value() && is_divisor(&rest[marks..len], self.depth > 0);
        if is_divisor && rest.starts_with('%') {
            self.passed.remainders.push(span);
        } else {
            self.passed.comments.push(span);
        }
        if is_divisor {
            self.passed.ambiguous.insert(self.at);
        }
        self.at += len;
    }

    /// Whether a `%` here may be that of a share, `15%`.
    fn ends_number(&self) -> bool {
        self.tokens.last().is_some_and(|last| last.kind == TokenKind::Number)
    }

    /// Whether the last token is one that a value may end with.
    fn ends_value(&self) -> bool {
        let ends = |kind| {
            matches!(
                kind,
                TokenKind::Word | TokenKind::Number | TokenKind::Close(Bracket::Round) | TokenKind::Sign("'")
            )
        };
        self.tokens.last().is_some_and(|last| ends(last.kind))
    }

    /// Passes over a comment that ends at its own sign; the lines in it end a statement, as any line does.
    fn block_comment(&mut self, rest: &str) {
        let len = rest[2..].find("*/").map_or(rest.len(), |end| end + 4);
        self.passed.blocks.push(Span::new(self.at, self.at + len));
        let first = rest[2..len].trim_end_matches("*/").lines().next().unwrap_or_default();
        if self.ends_value() && is_divisor(first, self.depth > 0) {
            self.passed.ambiguous.insert(self.at);
        }
        match rest[..len].rfind('\n') {
            Some(end) => {
                self.at += end;
                self.push(TokenKind::Newline, 1);
                self.at += len - end - 1;
            }
            None => self.at += len,
        }
    }

    /// Passes over a semicolon, which ends its statement; at the end of a line or of a block that is no news.
    fn semicolon(&mut self, behind: &str) {
        let behind = behind.trim_start_matches([' ', '\t', '\r']);
        let ends = behind.is_empty() || ["\n", "//", "#", "}", ";"].iter().any(|end| behind.starts_with(end));
        self.passed.semicolons.push((self.at, ends));
        if ends { self.at += 1 } else { self.push(TokenKind::Newline, 1) }
    }
}

/// Whether the text of a comment reads like what a value is divided by: a number, with no more than signs behind it, or
/// in brackets with what goes on there.
fn is_divisor(comment: &str, in_brackets: bool) -> bool {
    let comment = comment.trim();
    let number = comment.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let goes_on = number.trim_start().starts_with([',', ')', ']']);
    let is_number = comment.starts_with(|c: char| c.is_ascii_digit()) && comment.len() > number.len();
    is_number && (in_brackets && goes_on || number.chars().all(|c| c.is_ascii_digit() || " .+-*/()".contains(c)))
}

/// The kind and the length of the token that `rest`, which is not empty, starts with.
fn token(rest: &str) -> (TokenKind, usize) {
    let first = rest.chars().next().unwrap_or('\n');
    let fixed = match first {
        '\n' => Some(TokenKind::Newline),
        '(' => Some(TokenKind::Open(Bracket::Round)),
        '[' => Some(TokenKind::Open(Bracket::Square)),
        '{' => Some(TokenKind::Open(Bracket::Curly)),
        ')' => Some(TokenKind::Close(Bracket::Round)),
        ']' => Some(TokenKind::Close(Bracket::Square)),
        '}' => Some(TokenKind::Close(Bracket::Curly)),
        _ => None,
    };
    if let Some(kind) = fixed {
        return (kind, 1);
    }
    if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        return (TokenKind::Sign(sign), sign.len());
    }
    let is_point = first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit());
    if first.is_ascii_digit() || is_point {
        let len = run(rest, |c| c.is_alphanumeric() || c == '_' || c == '.');
        return (if rest[..len].is_ascii() { TokenKind::Number } else { TokenKind::Foreign }, len);
    }
    if first.is_alphabetic() || first == '_' {
        let len = run(rest, |c| c.is_alphanumeric() || c == '_');
        let kind = match &rest[..len] {
            word if JOINING.contains(&word) => TokenKind::Joining,
            word if word.is_ascii() => TokenKind::Word,
            _ => TokenKind::Foreign,
        };
        return (kind, len);
    }
    (TokenKind::Foreign, first.len_utf8())
}

/// The number of bytes of `rest` that are filled by characters which belong.
fn run(rest: &str, belongs: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !belongs(c)).unwrap_or(rest.len())
}

/// Whether the line at `at` can only be the start of a statement: `word word`, `word =`, `word' =` or `word {`.
pub fn starts_statement(tokens: &[Token], at: usize) -> bool {
    let kind = |n: usize| tokens.get(at + n).map(|token| token.kind);
    kind(0) == Some(TokenKind::Word)
        && match kind(1) {
            Some(TokenKind::Word | TokenKind::Sign("=") | TokenKind::Open(Bracket::Curly)) => true,
            Some(TokenKind::Sign("'")) => kind(2) == Some(TokenKind::Sign("=")),
            _ => false,
        }
}
