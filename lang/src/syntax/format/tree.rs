//! The layout tree: a statement as fragments that may be broken over lines, and how wide each is on one line.

use super::super::scan::{Bracket, TokenKind};
use super::lexeme::{Lexeme, opens};
use std::ops::Range;

/// The number of ranks of signs between values: see [`Lexeme::rank`].
const RANKS: usize = 6;

/// How a fragment looks on one line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    pub width: usize,
    /// Whether comments stand above the fragment's first lexeme.
    starts: bool,
    /// Whether a comment stands behind the fragment's last lexeme.
    ends: bool,
    /// Whether a comment stands inside the fragment, which then cannot be on one line.
    pub is_split: bool,
}

impl Size {
    fn of(lexeme: &Lexeme) -> Self {
        let (starts, ends) = (!lexeme.leads && !lexeme.above.is_empty(), lexeme.behind.is_some());
        Self { width: lexeme.text.len(), starts, ends, is_split: false }
    }

    /// The size of two fragments side by side, with `gap` columns between them.
    pub fn then(self, gap: usize, next: Self) -> Self {
        Self {
            width: self.width + gap + next.width,
            starts: self.starts,
            ends: next.ends,
            is_split: self.is_split || next.is_split || self.ends || next.starts,
        }
    }
}

/// A part of a statement that is printed on one line where it fits.
#[derive(Debug)]
pub struct Fragment {
    pub kind: FragmentKind,
    pub size: Size,
}

/// The forms that a fragment can have. Lexemes are given by their index.
#[derive(Debug)]
pub enum FragmentKind {
    /// Words and brackets in a row, which is broken inside its brackets alone: `relu(x)`, `10 batches`, `loop V1(steps:
    /// 3) {`.
    Row(Vec<Bit>),
    /// Values and the signs between them, all of one rank.
    Chain { first: Box<Fragment>, rest: Vec<(usize, Fragment)> },
    /// A choice, `if a then b else c`: the words, and what stands behind each.
    Choice { words: [usize; 3], parts: Box<[Fragment; 3]> },
    /// What is named or declared and its value: `kernel: 7`, `const steps = 3`, `yield x`.
    Led { head: Vec<Bit>, value: Box<Fragment> },
}

/// A word or a bracket in a row.
#[derive(Debug)]
pub struct Bit {
    pub kind: BitKind,
    /// Whether a blank stands before the bit.
    pub is_spaced: bool,
    pub size: Size,
}

/// The forms of what stands in a row.
#[derive(Debug)]
pub enum BitKind {
    Word(usize),
    Bracket { open: usize, items: Vec<Fragment>, close: usize },
}

/// The fragment of a statement, a setting or the head of a block, which these lexemes are.
pub fn statement(lexemes: &[Lexeme], range: Range<usize>) -> Fragment {
    let mut builder = TreeBuilder { lexemes, at: range.start, end: range.end };
    let lexeme = |at: usize| &lexemes[at];
    if lexeme(range.end - 1).kind == TokenKind::Open(Bracket::Curly) {
        return row(builder.head(range.end));
    }
    let mut depth = 0_usize;
    let sign = range.clone().find(|at| {
        match lexeme(*at).kind {
            TokenKind::Open(_) => depth += 1,
            TokenKind::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(lexeme(*at).kind, TokenKind::Sign("=" | ":"))
    });
    builder.led(sign.unwrap_or(range.start) + 1)
}

/// The fragment of a block on one line, from the first word of its head to its closing brace.
pub fn block(lexemes: &[Lexeme], start: usize, entries: &[Range<usize>], close: usize) -> Fragment {
    let body = entries.first().map_or(close, |first| first.start);
    let mut builder = TreeBuilder { lexemes, at: start, end: body };
    let mut head = builder.head(body - 1);
    let items = entries.iter().map(|entry| statement(lexemes, entry.clone())).collect();
    head.push(builder.bracketed(body - 1, items, close, true));
    row(head)
}

struct TreeBuilder<'a> {
    lexemes: &'a [Lexeme<'a>],
    at: usize,
    /// The index behind the statement.
    end: usize,
}

impl TreeBuilder<'_> {
    /// The kind of the next token; a line end where the statement is over.
    fn kind(&self) -> TokenKind {
        self.kind_at(self.at)
    }

    fn kind_at(&self, at: usize) -> TokenKind {
        self.lexemes.get(at).filter(|_| at < self.end).map_or(TokenKind::Newline, |lexeme| lexeme.kind)
    }

    fn is_word(&self, word: &str) -> bool {
        self.kind() == TokenKind::Joining && self.lexemes[self.at].text == word
    }

    fn size(&self, at: usize) -> Size {
        self.lexemes.get(at).map(Size::of).unwrap_or_default()
    }

    fn word(&mut self, is_spaced: bool) -> Bit {
        let bit = Bit { kind: BitKind::Word(self.at), is_spaced, size: self.size(self.at) };
        self.at += 1;
        bit
    }

    /// Takes everything up to `end`, which holds no value but in brackets.
    fn head(&mut self, end: usize) -> Vec<Bit> {
        let mut bits: Vec<Bit> = Vec::new();
        while self.at < end {
            let is_tight = opens(self.kind()) || matches!(self.kind(), TokenKind::Sign("'" | ":"));
            bits.push(self.word_or_bracket(!is_tight && !bits.is_empty()));
        }
        bits
    }

    fn led(&mut self, end: usize) -> Fragment {
        let head = self.head(end);
        let value = Box::new(self.expr());
        Fragment { size: size_of(&head).then(1, value.size), kind: FragmentKind::Led { head, value } }
    }

    fn word_or_bracket(&mut self, is_spaced: bool) -> Bit {
        if !opens(self.kind()) {
            return self.word(is_spaced);
        }
        let open = self.at;
        self.at += 1;
        let mut items = Vec::new();
        while !matches!(self.kind(), TokenKind::Close(_) | TokenKind::Newline) {
            if self.kind() == TokenKind::Sign(",") {
                self.at += 1;
                continue;
            }
            let is_named = self.kind_at(self.at + 1) == TokenKind::Sign(":");
            items.push(if is_named { self.led(self.at + 2) } else { self.expr() });
        }
        let close = self.at;
        self.at += 1;
        self.bracketed(open, items, close, is_spaced)
    }

    fn bracketed(&self, open: usize, items: Vec<Fragment>, close: usize, is_spaced: bool) -> Bit {
        let is_brace = self.lexemes[open].kind == TokenKind::Open(Bracket::Curly);
        let pad = usize::from(is_brace && !items.is_empty());
        let mut size = self.size(open);
        for (n, item) in items.iter().enumerate() {
            size = size.then(if n == 0 { pad } else { ", ".len() }, item.size);
        }
        size = size.then(pad, self.size(close));
        Bit { kind: BitKind::Bracket { open, items, close }, is_spaced, size }
    }

    fn expr(&mut self) -> Fragment {
        if self.is_word("if") { self.choice() } else { self.chain(0) }
    }

    fn choice(&mut self) -> Fragment {
        let mut words = [self.at; 3];
        let parts = [0, 1, 2].map(|n| {
            words[n] = self.at;
            self.at += 1;
            if n == 0 { self.chain(0) } else { self.expr() }
        });
        let mut size = Size::default();
        for (n, (word, part)) in words.iter().zip(&parts).enumerate() {
            let led = self.size(*word).then(1, part.size);
            size = if n == 0 { led } else { size.then(1, led) };
        }
        Fragment { kind: FragmentKind::Choice { words, parts: Box::new(parts) }, size }
    }

    /// Takes values and the signs between them, of that rank and above.
    fn chain(&mut self, rank: usize) -> Fragment {
        if rank == RANKS {
            let mut bits = Vec::new();
            self.operand(&mut bits);
            return row(bits);
        }
        let first = self.chain(rank + 1);
        let mut size = first.size;
        let mut rest = Vec::new();
        while self.rank() == Some(rank) {
            let sign = self.at;
            self.at += 1;
            let value = self.chain(rank + 1);
            size = size.then(1, self.size(sign)).then(1, value.size);
            rest.push((sign, value));
        }
        if rest.is_empty() {
            first
        } else {
            Fragment { kind: FragmentKind::Chain { first: Box::new(first), rest }, size }
        }
    }

    fn rank(&self) -> Option<usize> {
        self.lexemes.get(self.at).filter(|_| self.at < self.end)?.rank()
    }

    /// Takes a value with the signs before it, or a `repeat` with its count and its call.
    fn operand(&mut self, bits: &mut Vec<Bit>) {
        if self.is_word("repeat") {
            bits.push(self.word(false));
            self.signed(bits, true);
            while self.rank().is_some() {
                bits.push(self.word(true));
                self.signed(bits, true);
            }
            self.value(bits, true);
        } else {
            self.signed(bits, false);
        }
    }

    fn signed(&mut self, bits: &mut Vec<Bit>, mut is_spaced: bool) {
        while self.is_word("not") || self.kind() == TokenKind::Sign("-") {
            let is_not = self.kind() == TokenKind::Joining;
            bits.push(self.word(is_spaced));
            is_spaced = is_not;
        }
        self.value(bits, is_spaced);
    }

    fn value(&mut self, bits: &mut Vec<Bit>, is_spaced: bool) {
        let first = self.kind();
        if first == TokenKind::Newline {
            return;
        }
        bits.push(self.word_or_bracket(is_spaced));
        match (first, self.kind()) {
            (TokenKind::Number, TokenKind::Sign("%")) => bits.push(self.word(false)),
            // `repeat 2 f(x)`: what is called is no unit.
            (TokenKind::Number, TokenKind::Word) if !opens(self.kind_at(self.at + 1)) => bits.push(self.word(true)),
            (TokenKind::Word, TokenKind::Sign("'")) => bits.push(self.word(false)),
            (TokenKind::Word, TokenKind::Open(Bracket::Round)) => bits.push(self.word_or_bracket(false)),
            (TokenKind::Word, TokenKind::Sign("@")) => {
                bits.push(self.word(false));
                bits.push(self.word_or_bracket(false));
            }
            _ => {}
        }
    }
}

fn row(bits: Vec<Bit>) -> Fragment {
    Fragment { size: size_of(&bits), kind: FragmentKind::Row(bits) }
}

fn size_of(bits: &[Bit]) -> Size {
    let joined = bits
        .iter()
        .map(|bit| (bit.is_spaced, bit.size))
        .reduce(|(first, all), (is_spaced, size)| (first, all.then(usize::from(is_spaced), size)));
    joined.map(|(_, size)| size).unwrap_or_default()
}
