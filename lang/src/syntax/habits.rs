//! Habits: statements as other languages write them, answered from the table of what people write there.
//!
//! Nothing here is ever part of a statement that can be read: where a habit is found, the grammar need not be asked.

use super::item::{Context, form};
use super::scan::{Bracket, Token, TokenKind};
use crate::diag::foreign::{self, At};
use crate::diag::{Diagnostic, Span, text};
use crate::{functions, kinds};

/// Names of libraries, which functions stand behind in other languages.
const LIBRARIES: [&str; 18] = [
    "nn",
    "torch",
    "F",
    "tf",
    "np",
    "numpy",
    "jnp",
    "jax",
    "keras",
    "layers",
    "functional",
    "math",
    "self",
    "optim",
    "lax",
    "flax",
    "K",
    "transforms",
];

/// The token of a piece that heads the deeper lines behind it, as `for` does in `for t in range(3):`; the piece ends
/// with a `:`.
pub fn head<'t>(source: &str, tokens: &'t [Token]) -> Option<&'t Token> {
    let word = |token: &Token| source.get(token.span.start..token.span.end).unwrap_or_default();
    let [first, _, .., last] = tokens else { return None };
    if last.kind != TokenKind::Sign(":") {
        return None;
    }
    let is_if = |pair: &&[Token]| pair[0].kind == TokenKind::Newline && word(&pair[1]) == "if";
    match word(first) {
        "if" => Some(first),
        name if first.kind == TokenKind::Word && foreign::is_known(At::Statement, name) => Some(first),
        _ => tokens.windows(2).rev().find(is_if).map(|pair| &pair[1]),
    }
}

/// Whether a line that starts with this word goes on with what the lines above it began.
pub fn goes_on(word: &str) -> bool {
    ["else", "elif", "except", "finally"].contains(&word)
}

/// The problem of a statement that is written as another language has it, where it is one.
pub fn habit(source: &str, tokens: &[Token], context: Context) -> Option<Diagnostic> {
    let line = StatementTokens { source, tokens };
    let word = if context == Context::Branch { None } else { line.statement() };
    word.or_else(|| line.choice())
        .or_else(|| line.block())
        .or_else(|| line.hyphens())
        .or_else(|| line.decimal_commas())
        .or_else(|| (0..tokens.len()).find_map(|at| line.sign(at)))
        .or_else(|| line.arguments())
        .or_else(|| line.commas())
        .or_else(|| if context == Context::Settings { line.unlisted() } else { None })
}

/// How many tokens of an index are shown at most: of a longer one, no more than its bracket.
const LONGEST: usize = 16;

/// The tokens of a statement.
pub(super) struct StatementTokens<'a> {
    source: &'a str,
    pub(super) tokens: &'a [Token],
}

impl<'a> StatementTokens<'a> {
    pub(super) fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| self.slice(token.span))
    }

    pub(super) fn slice(&self, span: Span) -> &'a str {
        self.source.get(span.start..span.end).unwrap_or_default()
    }

    pub(super) fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    pub(super) fn is_word(&self, at: usize) -> bool {
        self.kind(at) == Some(TokenKind::Word)
    }

    /// The kind of the token before one; line ends within a statement do not count.
    pub(super) fn before(&self, at: usize) -> Option<TokenKind> {
        let before = self.tokens.get(..at)?.iter().rev();
        before.map(|token| token.kind).find(|kind| *kind != TokenKind::Newline)
    }

    /// Whether nothing stands between a token and the next one.
    pub(super) fn touches_next(&self, at: usize) -> bool {
        matches!(self.tokens.get(at..at + 2), Some([this, next]) if this.span.end == next.span.start)
    }

    pub(super) fn span(&self, first: usize, last: usize) -> Span {
        match (self.tokens.get(first), self.tokens.get(last)) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::default(),
        }
    }

    /// Finds a word that starts statements elsewhere, unless this is an equation, a setting or a block of that name.
    fn statement(&self) -> Option<Diagnostic> {
        let word = self.text(0);
        let is_name = matches!(self.kind(1), Some(TokenKind::Sign("=" | ":" | "'") | TokenKind::Open(Bracket::Curly)));
        let is_foreign = self.is_word(0) && !is_name && form(word).is_none();
        foreign::find(At::Statement, word, &[]).filter(|_| is_foreign)?;
        Some(text::unknown_word(self.tokens[0].span, word, &[]))
    }

    /// Finds a choice of another language: `if c:`, or `a if c else b`.
    fn choice(&self) -> Option<Diagnostic> {
        let joining = |word: &'static str| {
            move |token: &Token| token.kind == TokenKind::Joining && self.slice(token.span) == word
        };
        let at = self.tokens.iter().position(joining("if"))?;
        // Words that join values let the line above go on, so an `if` that begins a line may stand behind that.
        let begins_line = at == 0 || self.kind(at - 1) == Some(TokenKind::Newline);
        let heads_lines = begins_line && self.tokens.iter().any(|token| token.kind == TokenKind::Sign(":"));
        let is_behind = at > 0 && self.before(at).is_some_and(ends_value) && self.tokens.iter().any(joining("else"));
        let is_foreign = (heads_lines || is_behind) && !self.tokens.iter().any(joining("then"));
        is_foreign.then(|| text::foreign_choice(self.tokens[at].span))
    }

    /// Finds a sign of another language that begins at a token.
    fn sign(&self, at: usize) -> Option<Diagnostic> {
        let next = if self.touches_next(at) { self.text(at + 1) } else { "" };
        let joined = match (self.text(at), next) {
            ("*", "*") | (":" | "+" | "-" | "*" | "/", "=") | ("|", "|") | ("&", "&") => 2,
            (".", "*" | "/" | "^") | ("/", "*") => 2,
            ("<", "-") if at == 1 || at == 2 && self.text(1) == "'" => 2,
            ("|", ">") => 2,
            ("%", _) if self.is_between_numbers(at) => return Some(text::remainder(&[self.span(at, at)])),
            (";", _) => return Some(self.semicolons(at)),
            ("'", _) if at > 0 && self.text(at - 1) == "'" && self.touches_next(at - 1) => {
                let span = self.span(at - 1, at);
                return Some(text::foreign(span, self.slice(span)));
            }
            ("==", _) if at == 1 && self.is_word(0) => 1,
            ("'", _) if self.before(at) != Some(TokenKind::Word) => return self.quotes(at),
            ("\"" | "“" | "”", _) => return self.quotes(at),
            (".", _) if self.joins_words(at) => return Some(self.member(at)),
            _ if self.is_numbered(at) && self.is_shared(at) => return Some(self.member(at)),
            ("[", _) => return self.index(at),
            ("(", _) if self.calls_a_call(at) => return Some(self.called_twice(at)),
            ("(", _) if self.is_pair(at) => {
                let span = self.span(at, at + 4);
                return Some(text::pair(span, self.slice(span)));
            }
            _ if self.kind(at) == Some(TokenKind::Foreign) => 1,
            _ => return None,
        };
        let span = self.span(at, at + joined - 1);
        Some(text::foreign(span, self.slice(span)))
    }

    /// Whether a point stands right between a value and a word.
    fn joins_words(&self, at: usize) -> bool {
        let is_value =
            matches!(self.before(at), Some(TokenKind::Word | TokenKind::Close(Bracket::Round | Bracket::Square)));
        is_value && self.is_word(at + 1) && self.touches_next(at)
    }

    /// Whether a number such as `.0` stands right behind a word, as in the name of a layer in a copy of a block: `stage.0`. What
    /// follows it, as in `stage.0.h`, is read as a part of the number.
    fn is_numbered(&self, at: usize) -> bool {
        let is_behind = at > 0 && self.is_word(at - 1) && self.touches_next(at - 1);
        is_behind && self.kind(at) == Some(TokenKind::Number) && self.text(at).starts_with('.')
    }

    /// Whether a token stands in the value of `share`, wherever in its block that stands.
    fn is_shared(&self, at: usize) -> bool {
        let colon = (1..at).rev().find(|colon| self.kind(*colon) == Some(TokenKind::Sign(":")));
        colon.is_some_and(|colon| self.text(colon - 1) == "share")
    }

    /// Whether `(3, 3)` stands where one value must stand.
    fn is_pair(&self, at: usize) -> bool {
        let kinds: Vec<Option<TokenKind>> = (at + 1..at + 5).map(|at| self.kind(at)).collect();
        let is_value = matches!(self.before(at), Some(TokenKind::Sign(_) | TokenKind::Open(_)));
        let pair = [TokenKind::Number, TokenKind::Sign(","), TokenKind::Number, TokenKind::Close(Bracket::Round)];
        is_value && kinds.into_iter().eq(pair.map(Some))
    }

    /// The problem of a name with a point: `nn.Conv2d`, `W.mean`, `x.shape`, `stage.0`. The point is at `at`.
    fn member(&self, at: usize) -> Diagnostic {
        let mut last = if self.is_numbered(at) { at } else { at + 1 };
        loop {
            last += match self.text(last + 1) {
                "." if self.is_word(last + 2) => 2,
                _ if self.is_numbered(last + 1) => 1,
                _ => break,
            };
        }
        let first = at - 1;
        let (owner, name) = (self.text(first), self.text(last));
        let span = self.span(first, last);
        let problem = text::point(span, self.slice(span));
        let is_library = LIBRARIES.contains(&owner);
        let row = match is_library {
            true => foreign::find(At::Call, name, &[name]).or_else(|| foreign::find(At::Choice, name, &[name])),
            false => foreign::find(At::Member, name, &[]),
        };
        let is_call = self.kind(last + 1) == Some(TokenKind::Open(Bracket::Round)) || is_function(name);
        let row = row.or_else(|| foreign::rows(if is_library { At::Call } else { At::Member }, name).next());
        if self.is_shared(first) {
            // Names of layers in blocks are printed with points.
            return problem.help(format!("a name stands for every layer in what it is given to: write `{owner}`"));
        }
        if !is_library {
            let value = if self.is_word(first) { owner } else { "…" };
            let plain = match is_call {
                true => format!("a function is called with what it is applied to: `{name}({value})`"),
                false => format!(
                    "what a loop or a block makes has no name with a point; behind a loop its states are seen by their own names: `{name}`"
                ),
            };
            return problem.help(row.map_or(plain, |row| row.say.to_owned()));
        }
        let prefix = Span::new(span.start, self.tokens[last].span.start);
        let alone = format!("layers and functions stand without the name of a library: `{name}`");
        let help = row.map_or(alone, |row| row.say.to_owned());
        match row.and_then(|row| row.new) {
            Some(new) => problem.help(help).edit(span, self.slice(span), new),
            None => problem.help(help).edit(prefix, self.slice(prefix), ""),
        }
    }

    /// The problem of an index: `O[t+1]`, `h[0:4]`. The bracket is at `at`.
    fn index(&self, at: usize) -> Option<Diagnostic> {
        let first = at.checked_sub(1).filter(|first| self.is_word(*first) && self.touches_next(*first))?;
        // `allow[unused]` is a statement.
        if form(self.text(first)).is_some() {
            return None;
        }
        let ends = |at: &usize| self.kind(*at) == Some(TokenKind::Close(Bracket::Square));
        let close = (at..at + LONGEST).find(ends).unwrap_or(at);
        let inside: Vec<&str> = (at + 1..close).map(|at| self.text(at)).collect();
        let sign = match inside.as_slice() {
            [step, "+", "1"] if is_step(step) => "[t+1]",
            [step] | [step, "-", "1"] if is_step(step) => "[t]",
            ["-", "1"] => "[t]",
            _ => "[",
        };
        let span = self.span(first, close);
        Some(text::index(span, self.slice(span), sign))
    }

    /// The problem of words in quotes, of which the first opens at `at`.
    fn quotes(&self, at: usize) -> Option<Diagnostic> {
        let is_quote = |at: &usize| matches!(self.text(*at), "'" | "\"" | "“" | "”");
        let quoted = (at..self.tokens.len()).filter(|open| {
            is_quote(open)
                && self.before(*open) != Some(TokenKind::Word)
                && self.is_word(open + 1)
                && is_quote(&(open + 2))
        });
        let quoted: Vec<(Span, &str)> = quoted.map(|open| (self.span(open, open + 2), self.text(open + 1))).collect();
        Some(match quoted.first() {
            Some((first, _)) if first.start == self.tokens[at].span.start => text::in_quotes(&quoted, self.source),
            _ => text::foreign(self.tokens[at].span, self.text(at)),
        })
    }

    /// Finds arguments that are given by `=`: `kernel=7` in round brackets.
    fn arguments(&self) -> Option<Diagnostic> {
        let mut open: Vec<Bracket> = Vec::new();
        let mut given: Vec<(&str, Span)> = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            match token.kind {
                TokenKind::Open(bracket) => open.push(bracket),
                TokenKind::Close(_) => drop(open.pop()),
                TokenKind::Sign("=") if open.last() == Some(&Bracket::Round) => given.extend(self.argument(at)),
                _ => {}
            }
        }
        if given.is_empty() { None } else { Some(text::given_by_equals(&given)) }
    }

    /// Whether a bracket opens right behind one that ends a call.
    fn calls_a_call(&self, at: usize) -> bool {
        at > 0 && self.kind(at - 1) == Some(TokenKind::Close(Bracket::Round)) && self.touches_next(at - 1)
    }

    /// The problem of a call of what a call gives, as `MaxPool2d(2)(x)`; the second bracket is at `at`.
    fn called_twice(&self, at: usize) -> Diagnostic {
        let mut depth = 0_usize;
        let mut first = at;
        for before in (0..at).rev() {
            match self.kind(before) {
                Some(TokenKind::Close(_)) => depth += 1,
                Some(TokenKind::Open(_)) => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                first = before.saturating_sub(1);
                break;
            }
        }
        let span = self.span(first, at);
        text::called_twice(span, self.slice(span), self.text(first))
    }

    /// The name before the `=` at `at`, if an argument could begin with it, and the span between the name and the
    /// value.
    fn argument(&self, at: usize) -> Option<(&'a str, Span)> {
        let name = at.checked_sub(1).filter(|name| self.is_word(*name))?;
        let begins = matches!(self.before(name), Some(TokenKind::Open(Bracket::Round) | TokenKind::Sign(",")));
        let end = self.tokens.get(at + 1).map_or(self.tokens[at].span.end, |value| value.span.start);
        begins.then(|| (self.text(name), Span::new(self.tokens[name].span.end, end)))
    }
}

/// Whether a name is that of a layer or a function.
fn is_function(name: &str) -> bool {
    kinds::find(name).is_some() || functions::find(name).is_some()
}

/// Whether a name is one that counts steps, rather than channels.
fn is_step(name: &str) -> bool {
    name.starts_with(char::is_alphabetic)
}

/// Whether a value may end with a token.
pub(super) fn ends_value(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Word | TokenKind::Number | TokenKind::Close(_) | TokenKind::Sign("'"))
}
