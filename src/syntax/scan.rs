//! The text as a flat run of tokens: enough to see lines, brackets and the starts of statements.

use crate::diag::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Word,
    /// A word that joins values, as `then` does: it never starts a statement.
    Joining,
    Number,
    /// `+ * / % - ->` and the rest of the punctuation that is no bracket.
    Sign(&'static str),
    Open(Bracket),
    Close(Bracket),
    Newline,
    /// A character, or a whole word with such characters, that no spec is made of.
    Foreign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bracket {
    Round,
    Square,
    Curly,
}

impl Bracket {
    pub fn open(self) -> &'static str {
        match self {
            Bracket::Round => "(",
            Bracket::Square => "[",
            Bracket::Curly => "{",
        }
    }

    pub fn close(self) -> &'static str {
        match self {
            Bracket::Round => ")",
            Bracket::Square => "]",
            Bracket::Curly => "}",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Kind,
    pub span: Span,
    /// How far the line that the token stands on is indented.
    pub indent: usize,
}

/// Longer signs first.
const SIGNS: [&str; 17] = ["->", "==", "!=", "<=", ">=", "<", ">", "=", ":", ",", "'", "@", "%", "+", "-", "*", "/"];

/// The words that the grammar knows inside of expressions; nothing can be called so.
pub const JOINING: [&str; 7] = ["if", "then", "else", "repeat", "and", "or", "not"];

/// All tokens of the text; comments, white space and a byte order mark leave none.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut line_start = at;
    let mut indent = None;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        if blank > 0 {
            at += blank;
            continue;
        }
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let (kind, len) = token(rest);
        let indent_here = *indent.get_or_insert(at - line_start);
        tokens.push(Token { kind, span: Span::new(at, at + len), indent: indent_here });
        at += len;
        if kind == Kind::Newline {
            (line_start, indent) = (at, None);
        }
    }
    tokens
}

/// The token that `rest`, which is not empty, starts with, and its length.
fn token(rest: &str) -> (Kind, usize) {
    let first = rest.chars().next().unwrap_or('\n');
    let fixed = match first {
        '\n' => Some(Kind::Newline),
        '(' => Some(Kind::Open(Bracket::Round)),
        '[' => Some(Kind::Open(Bracket::Square)),
        '{' => Some(Kind::Open(Bracket::Curly)),
        ')' => Some(Kind::Close(Bracket::Round)),
        ']' => Some(Kind::Close(Bracket::Square)),
        '}' => Some(Kind::Close(Bracket::Curly)),
        _ => None,
    };
    if let Some(kind) = fixed {
        return (kind, 1);
    }
    if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        return (Kind::Sign(sign), sign.len());
    }
    let is_point = first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit());
    if first.is_ascii_digit() || is_point {
        let len = run(rest, |c| c.is_alphanumeric() || c == '_' || c == '.');
        return (if rest[..len].is_ascii() { Kind::Number } else { Kind::Foreign }, len);
    }
    if first.is_alphabetic() || first == '_' {
        let len = run(rest, |c| c.is_alphanumeric() || c == '_');
        let kind = match &rest[..len] {
            word if JOINING.contains(&word) => Kind::Joining,
            word if word.is_ascii() => Kind::Word,
            _ => Kind::Foreign,
        };
        return (kind, len);
    }
    (Kind::Foreign, first.len_utf8())
}

/// How many bytes of `rest` the characters of a kind fill.
fn run(rest: &str, belongs: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !belongs(c)).unwrap_or(rest.len())
}
