//! What stands between the values of a statement, where a slip or another language has another sign there: commas, colons,
//! semicolons, hyphens and brackets.

use super::habits::{StatementTokens, ends_value};
use super::item::form;
use super::scan::{Bracket, TokenKind};
use crate::diag::foreign::{self, At};
use crate::diag::{Diagnostic, text};
use crate::vocabulary::settings::BLOCKS;
use crate::vocabulary::words;

impl StatementTokens<'_> {
    /// Finds what separates values in brackets wrongly: `conv(x, 8 kernel: 3)`, `conv(x, 8, kernel 3)`, `[resize 48]`.
    pub(super) fn commas(&self) -> Option<Diagnostic> {
        let mut open: Vec<Bracket> = Vec::new();
        let mut gaps: Vec<usize> = Vec::new();
        let mut are_named = true;
        for (at, token) in self.tokens.iter().enumerate() {
            match token.kind {
                TokenKind::Open(bracket) => open.push(bracket),
                TokenKind::Close(_) => drop(open.pop()),
                _ => {}
            }
            if let Some(problem) = self.unjoined(at, open.last().copied()) {
                return Some(problem);
            }
            let is_inside = matches!(open.last(), Some(Bracket::Round | Bracket::Square));
            let is_named = self.is_word(at) && self.kind(at + 1) == Some(TokenKind::Sign(":"));
            let begins = is_named || token.kind == TokenKind::Number;
            let before = self.tokens[..at].iter().rev().find(|token| token.kind != TokenKind::Newline);
            if let (true, Some(before)) = (is_inside && begins, before.filter(|before| ends_value(before.kind))) {
                gaps.push(before.span.end);
                are_named &= is_named;
            }
        }
        if gaps.is_empty() { None } else { Some(text::missing_commas(&gaps, are_named)) }
    }

    /// The problem of an argument without its colon, or of a choice without the brackets around its value; `at` is the
    /// value, and `within` the bracket that it stands in.
    fn unjoined(&self, at: usize, within: Option<Bracket>) -> Option<Diagnostic> {
        let word = at.checked_sub(1).filter(|word| self.is_word(*word))?;
        let is_number = self.kind(at) == Some(TokenKind::Number);
        let is_last = matches!(self.kind(at + 1), Some(TokenKind::Sign(",") | TokenKind::Close(_)) | None);
        let name = self.text(word);
        let (span, begins) = (self.span(word, at), self.before(word));
        let begins_argument = matches!(begins, Some(TokenKind::Open(Bracket::Round) | TokenKind::Sign(",")));
        let begins_choice = matches!(begins, Some(TokenKind::Open(Bracket::Square) | TokenKind::Sign("," | ":")));
        let is_value = is_number || self.is_word(at) && is_last;
        match within {
            Some(Bracket::Round) if is_value && begins_argument && (words::is_argument(name) || name == STEPS) => {
                Some(text::missing_colon(self.span(word, word), name, self.argument_at(at)))
            }
            Some(Bracket::Square) | None if is_number && begins_choice && words::takes_arguments(name) => {
                Some(text::missing_brackets(span, self.slice(span), name, self.text(at)))
            }
            _ => None,
        }
    }

    /// The text of the value that begins at `at`, up to the comma or the bracket behind it.
    fn argument_at(&self, at: usize) -> &str {
        let ends = |kind| matches!(kind, TokenKind::Sign(",") | TokenKind::Close(_) | TokenKind::Newline);
        let end = (at + 1..self.tokens.len()).find(|at| self.kind(*at).is_some_and(ends)).unwrap_or(self.tokens.len());
        self.slice(self.span(at, end - 1))
    }

    /// Finds the head of a block with a sign before its brace: `train: {`, `train = {`.
    pub(super) fn block(&self) -> Option<Diagnostic> {
        let is_sign = matches!(self.kind(1), Some(TokenKind::Sign(":" | "=")));
        if !self.is_word(0) || !is_sign || self.kind(2) != Some(TokenKind::Open(Bracket::Curly)) {
            return None;
        }
        let (word, sign) = (self.text(0), self.text(1));
        let is_settings = BLOCKS.iter().any(|block| block.name == word);
        Some(text::sign_before_block(self.span(1, 1), sign, word, form(word), is_settings))
    }

    /// The problem of semicolons in brackets, of which the first is at `at`.
    pub(super) fn semicolons(&self, at: usize) -> Diagnostic {
        let places = (at..self.tokens.len()).filter(|at| self.text(*at) == ";").map(|at| self.tokens[at].span);
        text::semicolons_in_brackets(&places.collect::<Vec<_>>())
    }

    /// Whether a sign stands between two numbers.
    pub(super) fn is_between_numbers(&self, at: usize) -> bool {
        self.before(at) == Some(TokenKind::Number) && self.kind(at + 1) == Some(TokenKind::Number)
    }

    /// Finds numbers with a comma for their point: `lr: 0,01`, `0,5 * x`.
    pub(super) fn decimal_commas(&self) -> Option<Diagnostic> {
        let mut open: Vec<Bracket> = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            match token.kind {
                TokenKind::Open(bracket) => open.push(bracket),
                TokenKind::Close(_) => drop(open.pop()),
                TokenKind::Number if self.is_fraction(at, open.last().copied()) => {
                    let span = self.span(at, at + 2);
                    return Some(text::decimal_comma(span, self.text(at), self.text(at + 2)));
                }
                _ => {}
            }
        }
        None
    }

    /// Whether the number at `at` goes on behind a comma, as far as that can be told: nothing stands between the two, and
    /// two values are not to be expected there, or would not be written so.
    fn is_fraction(&self, at: usize, within: Option<Bracket>) -> bool {
        let is_whole = |at: usize| {
            self.kind(at) == Some(TokenKind::Number) && self.text(at).chars().all(|digit| digit.is_ascii_digit())
        };
        let is_joined = self.text(at + 1) == "," && self.touches_next(at) && self.touches_next(at + 1);
        if !is_joined || !is_whole(at) || !is_whole(at + 2) {
            return false;
        }
        let behind = self.text(at + 2);
        let is_padded = behind.len() > 1 && behind.starts_with('0');
        let follows_comma = at > 0 && self.text(at - 1) == "," && self.touches_next(at - 1);
        match within {
            None => true,
            Some(Bracket::Round) => {
                let is_named = self.before(at) == Some(TokenKind::Sign(":"));
                is_padded || is_named || self.text(at) == "0" && !follows_comma
            }
            // No list of two begins with a 0: neither shapes, epochs nor ranges, and there are no images of two channels.
            Some(Bracket::Square) => {
                let is_alone = self.before(at) == Some(TokenKind::Open(Bracket::Square)) && self.text(at + 3) == "]";
                is_padded || self.text(at) == "0" && is_alone
            }
            Some(Bracket::Curly) => is_padded,
        }
    }

    /// Finds a name with hyphens where it is given to something: an argument, a setting, or what a statement defines.
    pub(super) fn hyphens(&self) -> Option<Diagnostic> {
        let at = (0..self.tokens.len()).find(|at| self.text(*at) == "-" && self.joins(*at))?;
        let first = at - 1;
        let mut last = at + 1;
        while self.text(last + 1) == "-" && self.joins(last + 1) {
            last += 2;
        }
        let starts = first == 0 || first == 1 && form(self.text(0)).is_some();
        let begins_argument =
            matches!(self.before(first), Some(TokenKind::Open(Bracket::Round) | TokenKind::Sign(",")));
        let place = match self.kind(last + 1) {
            Some(TokenKind::Sign(":")) if first == 0 => At::Setting,
            Some(TokenKind::Sign(":")) if begins_argument => At::Argument,
            Some(TokenKind::Sign("=" | ":" | "'") | TokenKind::Open(Bracket::Curly | Bracket::Round)) if starts => {
                At::Elsewhere
            }
            None if starts && first == 1 && self.text(0) == "model" => At::Elsewhere,
            _ => return None,
        };
        let span = self.span(first, last);
        let meant = self.slice(span).replace('-', "_");
        // A paper's capitals mean nothing in a word of the language.
        let lower = meant.to_lowercase();
        let is_word = place != At::Elsewhere && words::all().any(|word| word == lower);
        let row = foreign::rows(place, &lower).next();
        Some(text::hyphen(span, self.slice(span), if is_word { &lower } else { &meant }, row))
    }

    /// Whether a sign stands right between two words.
    fn joins(&self, at: usize) -> bool {
        at > 0 && self.is_word(at - 1) && self.is_word(at + 1) && self.touches_next(at - 1) && self.touches_next(at)
    }

    /// Finds a list without brackets: a value behind a comma that is no setting of its own, as in `transform:
    /// grayscale, resize(28)`.
    pub(super) fn unlisted(&self) -> Option<Diagnostic> {
        if !self.is_word(0) || self.kind(1) != Some(TokenKind::Sign(":")) {
            return None;
        }
        let mut depth = 0_usize;
        let mut second = None;
        for (at, token) in self.tokens.iter().enumerate() {
            match token.kind {
                TokenKind::Open(_) => depth += 1,
                TokenKind::Close(_) => depth = depth.saturating_sub(1),
                TokenKind::Sign(",") if depth == 0 => {
                    let is_value = matches!(self.kind(at + 1), Some(TokenKind::Word | TokenKind::Number));
                    let is_setting = matches!(self.kind(at + 2), Some(TokenKind::Sign(":" | "=")));
                    if is_setting {
                        break;
                    }
                    second = second.or(is_value.then_some(at + 1));
                }
                _ => {}
            }
        }
        let second = second?;
        let rest = self.tokens.iter().rposition(|token| token.kind != TokenKind::Newline)?;
        Some(text::unlisted(self.tokens[second].span, self.text(0), self.slice(self.span(2, rest))))
    }
}

/// The argument of a loop.
const STEPS: &str = "steps";
