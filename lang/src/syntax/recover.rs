//! Recovery: the file is read statement by statement, each alone, and a broken one is reported and passed over.
//!
//! A parser of the whole file would stop at the first mistake, or go on from a guess and report what follows from it.
//! Read alone, a statement can break nothing but itself, and valid and broken text take the same path. What a broken
//! one may have meant to say is kept as far as it can be told: the names that it would have defined ([`Ast::broken`]),
//! whether there may be others ([`Ast::nameless`]), and whether something may stand where it is missed
//! ([`Ast::whole`]). Later stages ask for these before they report anything, so one mistake is one message.

use super::ast::{Ast, Item, ItemKind, Name};
use super::brackets::{Brackets, brackets};
use super::expr::PairReader;
use super::grammar::{Grammar, Rule};
use super::item::{Context, Head, ItemOrEntry, form, misplaced, sign, words_at};
use super::layout::{Piece, piece};
use super::passed::Passed;
use super::scan::{Bracket, JOINING, Token, TokenKind, scan};
use super::{doc, habits, words};
use crate::diag::text::{self, FoundText};
use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::limits::MAX_NESTING;
use pest::Parser;
use pest::error::{Error, ErrorVariant, InputLocation};
use std::ops::Range;

/// Words that stand behind a number of a setting.
const UNITS: [&str; 5] = ["batches", "batch", "epochs", "epoch", "ms"];

/// The items of a text of bounded size, every problem, in no order, and what was passed over.
pub fn read(source: &str) -> (Ast, Vec<Diagnostic>, Passed) {
    let (tokens, passed) = scan(source);
    let mut brackets = brackets(&tokens);
    let problems = std::mem::take(&mut brackets.unclosed_braces);
    let strays = std::mem::take(&mut brackets.stray_braces);
    let nameless = !strays.is_empty();
    let mut file = StatementReader {
        source,
        tokens,
        brackets,
        problems,
        broken: Vec::new(),
        nameless,
        headless: Vec::new(),
        broken_at: 0,
    };
    // A closing brace too many means that some head before it could not be told from a statement. Where its block began
    // nobody knows, so nothing before the last such brace is called misplaced; behind it, all is as usual.
    let end = file.tokens.len();
    let loose = strays.last().map_or(0, |(at, _)| *at);
    let mut parts = file.parts(0..loose, Context::Unknown, "", 0);
    parts.extend(file.parts(loose..end, Context::Top, "", 0));
    file.strays(strays);
    let items = parts.into_iter().filter_map(|part| match part {
        ItemOrEntry::Item(item, _) => Some(item),
        ItemOrEntry::Entry(_) => None,
    });
    let whole = file.problems.is_empty();
    let (broken, nameless) = (file.broken, file.nameless);
    (Ast { doc: Vec::new(), items: items.collect(), broken, whole, nameless }, file.problems, passed)
}

struct StatementReader<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    brackets: Brackets,
    problems: Vec<Diagnostic>,
    broken: Vec<Name>,
    nameless: bool,
    /// The first tokens of statements that cannot be read and have no block, though they were to have one.
    headless: Vec<usize>,
    /// The index behind the last statement that cannot be read.
    broken_at: usize,
}

impl StatementReader<'_> {
    /// Reports closing braces that close nothing, but for those whose opening brace is missed already.
    fn strays(&mut self, strays: Vec<(usize, Diagnostic)>) {
        for (at, problem) in strays {
            match self.headless.iter().position(|head| *head < at) {
                Some(head) => drop(self.headless.remove(head)),
                None => self.problems.push(problem),
            }
        }
    }

    /// Reads the statements and settings among these tokens, which are those of the file or of the block of that word.
    fn parts(&mut self, range: Range<usize>, context: Context, block: &str, depth: usize) -> Vec<ItemOrEntry> {
        let mut parts = Vec::new();
        let mut at = range.start;
        let before = self.headless.len();
        while let Some(piece) = piece(&self.tokens, &self.brackets, at, range.end) {
            let piece = self.with_its_lines(piece, range.end);
            at = piece.next;
            // Behind a head that has lost its brace stands what may belong into its block: a `state` there is not
            // misplaced, and a message on it would be a second one for the same mistake.
            let context = if self.headless.len() > before { Context::Unknown } else { context };
            for part in self.piece(&piece, context, depth) {
                match misplaced(&part, context, block) {
                    None => parts.push(part),
                    Some(problem) => {
                        self.problems.push(problem);
                        self.mourn(part);
                    }
                }
            }
        }
        parts
    }

    fn piece(&mut self, piece: &Piece, context: Context, depth: usize) -> Vec<ItemOrEntry> {
        let (mut parts, head) = match self.flaw(piece, context) {
            None => self.grammar(piece, context),
            Some(problem) => {
                self.give_up(piece, problem);
                (Vec::new(), None)
            }
        };
        let Some(body) = piece.body.clone().filter(|_| depth < MAX_NESTING) else { return parts };
        // Where a block ends that is never closed is a guess from indentation, so what stands in it may well belong
        // behind it: it is read, but not held against the block's rules.
        let is_closed = self.brackets.extents.get(&(body.start - 1)).is_some_and(|extent| extent.closed);
        let inside = head.as_ref().map_or(Context::Unknown, Head::context);
        let block = head.as_ref().map_or_else(String::new, Head::word);
        let held = self.parts(body.clone(), if is_closed { inside } else { Context::Unknown }, &block, depth + 1);
        match head {
            Some(head) => {
                let end = self.tokens.get(piece.next - 1).map_or(self.source.len(), |last| last.span.end);
                parts.push(self.documented(head.with_body(held, end)));
            }
            // Without its head a block has no place in the tree. What it defines is known all the same.
            None => held.into_iter().for_each(|part| self.mourn(part)),
        }
        parts
    }

    /// Takes the deeper lines behind a statement of another language that heads them, as `for t in range(3):` does,
    /// with that statement.
    fn with_its_lines(&self, piece: Piece, end: usize) -> Piece {
        let Some(head) = habits::head(self.source, &self.tokens[piece.tokens.clone()]) else { return piece };
        let mut next = piece.next;
        while let Some(line) = (next..end).find(|at| self.tokens[*at].kind != TokenKind::Newline) {
            let is_deeper = self.tokens[line].indent > head.indent;
            if !is_deeper && !habits::goes_on(self.text(self.tokens[line].span)) {
                break;
            }
            next = line;
            while next < end && self.tokens[next].kind != TokenKind::Newline {
                next = self.brackets.extents.get(&next).map_or(next + 1, |extent| extent.end.max(next + 1));
            }
            next = next.min(end);
        }
        Piece { tokens: piece.tokens.start..next, body: None, next }
    }

    /// What is wrong with a piece before the grammar is asked: what another language writes, brackets that do not
    /// match, characters of no spec, and choices inside choices, which the grammar would follow as deep.
    fn flaw(&self, piece: &Piece, context: Context) -> Option<Diagnostic> {
        let bracket = self.brackets.problems.range(piece.tokens.clone()).next().map(|(_, problem)| problem.clone());
        let tokens = &self.tokens[piece.tokens.clone()];
        bracket.or_else(|| habits::habit(self.source, tokens, context)).or_else(|| {
            let mut choices = tokens.iter().filter(|t| t.kind == TokenKind::Joining && self.text(t.span) == "if");
            choices.nth(MAX_NESTING).map(|choice| text::too_many_choices(choice.span, MAX_NESTING))
        })
    }

    /// Reads a piece by the grammar: the statements and settings that it gives, and the head of the block at its end.
    fn grammar(&mut self, piece: &Piece, context: Context) -> (Vec<ItemOrEntry>, Option<Head>) {
        let tokens = &self.tokens[piece.tokens.clone()];
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return (Vec::new(), None) };
        let span = first.span.to(last.span);
        let source = self.source;
        let rule = if context == Context::Top { Rule::outer } else { Rule::inner };
        let pairs = match Grammar::parse(rule, source.get(span.start..span.end).unwrap_or_default()) {
            Ok(pairs) => pairs,
            Err(error) => {
                let problem = self.explain(piece, context, span.start, &error);
                self.give_up(piece, problem);
                return (Vec::new(), None);
            }
        };
        let mut parts = Vec::new();
        let mut head = None;
        let mut problems = Vec::new();
        let mut reader = PairReader::new(span.start, &mut problems);
        for pair in pairs {
            match pair.as_rule() {
                Rule::EOI | Rule::comma => {}
                Rule::opening => head = reader.head(pair, context),
                _ => parts.extend(reader.part(pair, context)),
            }
        }
        if !problems.is_empty() {
            // Some of what stands before the brace was not understood, and that may have been the block's true head:
            // under a wrong one, everything in the block would be misplaced.
            head = None;
        }
        for problem in problems {
            self.give_up(piece, problem);
        }
        (parts.into_iter().map(|part| self.documented(part)).collect(), head)
    }

    fn documented(&self, part: ItemOrEntry) -> ItemOrEntry {
        match part {
            ItemOrEntry::Item(item, word) => {
                ItemOrEntry::Item(Item { doc: doc::above(self.source, item.span.start), ..item }, word)
            }
            entry @ ItemOrEntry::Entry(_) => entry,
        }
    }

    /// The problem that says why the grammar stopped.
    fn explain(&self, piece: &Piece, context: Context, base: usize, error: &Error<Rule>) -> Diagnostic {
        let tokens = &self.tokens[piece.tokens.clone()];
        let at = base
            + match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
        let word = tokens.first().filter(|first| first.kind == TokenKind::Word).map(|first| first.span);
        let known = word.and_then(|word| form(self.text(word)));
        let is_statement = tokens.get(1).is_some_and(|second| second.kind == TokenKind::Word);
        if let (Some(word), None, true, false) = (word, known, is_statement, context == Context::Branch) {
            return text::unknown_word(word, self.text(word), &words_at(context));
        }
        let positives = match &error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
            ErrorVariant::CustomError { .. } => &[],
        };
        let behind = tokens.partition_point(|token| token.span.end <= at);
        if let Some(token) = tokens.get(behind).filter(|token| token.kind == TokenKind::Joining)
            && let word @ ("if" | "repeat") = self.text(token.span)
        {
            return text::needs_brackets(token.span, word);
        }
        let last = tokens[..behind].last().map_or(Span::new(base, base), |token| token.span);
        let found = match tokens.get(behind) {
            Some(token) => FoundText::Text(token.span, self.text(token.span)),
            None => FoundText::End(last),
        };
        let help = self.slip(&tokens[..behind], tokens.get(behind)).or(known.map(|form| format!("write `{form}`")));
        if context == Context::Settings
            && let [.., name, unit] = &tokens[..behind]
            && UNITS.contains(&self.text(unit.span))
            && name.kind == TokenKind::Word
        {
            return text::unit_of_name(unit.span, self.text(unit.span), self.text(name.span));
        }
        let expected = match tokens[..behind].iter().map(|token| token.kind).collect::<Vec<_>>().as_slice() {
            [TokenKind::Word] => behind_word(known, context).to_owned(),
            [TokenKind::Word, TokenKind::Word] if known.is_some() => behind_name(known),
            _ => words::expected(positives),
        };
        text::unexpected(found, &expected, self.lead(&tokens[..behind]), help)
    }

    /// The help where a choice or a `repeat` is likely misspelt.
    fn slip(&self, before: &[Token], found: Option<&Token>) -> Option<String> {
        let in_condition = before.iter().rev().find(|token| token.kind == TokenKind::Joining);
        if found?.kind == TokenKind::Sign("=") && in_condition.is_some_and(|word| self.text(word.span) == "if") {
            return Some("write `==` to compare".to_owned());
        }
        let last = before.last().filter(|token| token.kind == TokenKind::Word)?;
        // The shorter ones are near to too many names.
        let near = did_you_mean(self.text(last.span), JOINING.into_iter().filter(|word| word.len() > 3))?;
        Some(format!("did you mean `{near}`?"))
    }

    /// The end of the statement up to the place where it broke, as far as it fits into a message.
    fn lead(&self, tokens: &[Token]) -> &str {
        const SHORT: usize = 32;
        let Some(last) = tokens.last() else { return "" };
        let fits = |token: &&Token| last.span.end - token.span.start <= SHORT && token.kind != TokenKind::Newline;
        let first = tokens.iter().rev().take_while(fits).last().unwrap_or(last);
        self.text(first.span.to(last.span))
    }

    fn text(&self, span: Span) -> &str {
        self.source.get(span.start..span.end).unwrap_or_default()
    }

    /// Reports a piece that cannot be read, and keeps the names that it may have been to give: the second word, the
    /// first unless it starts statements, and whatever stands before a `=`.
    fn give_up(&mut self, piece: &Piece, problem: Diagnostic) {
        if !self.is_rest(piece) {
            self.problems.push(problem);
        }
        self.broken_at = piece.next;
        let tokens = &self.tokens[piece.tokens.clone()];
        let leading = tokens.iter().take(2).take_while(|token| token.kind == TokenKind::Word);
        let names = leading.chain(tokens.windows(3).filter_map(|next| match (next[1].kind, next[2].kind) {
            (TokenKind::Sign("="), _) | (TokenKind::Sign("'"), TokenKind::Sign("=")) => Some(&next[0]),
            // Where a line end is lost, the next statement.
            (TokenKind::Word, _) if form(self.text(next[0].span)).is_some() => Some(&next[1]),
            _ => None,
        }));
        let is_name =
            |span: &Span| self.text(*span).starts_with(char::is_alphabetic) && form(self.text(*span)).is_none();
        let names = names.map(|token| token.span).filter(is_name);
        let names: Vec<Name> = names.map(|span| Name { text: self.text(span).to_owned(), span }).collect();
        // A statement without a word that could be a name may have defined any.
        self.nameless |= names.is_empty();
        if piece.body.is_none() && self.is_head(tokens) {
            self.headless.push(piece.tokens.start);
            self.nameless = true;
        }
        self.broken.extend(names);
    }

    /// Whether a piece is a call that follows a statement which cannot be read. Calls start no statement, so it was the
    /// rest of that one.
    fn is_rest(&self, piece: &Piece) -> bool {
        let between = self.tokens.get(self.broken_at..piece.tokens.start).unwrap_or_default();
        let [first, second, ..] = &self.tokens[piece.tokens.clone()] else { return false };
        // A line that was broken in two, as by a comma in front of a line end, leaves a call behind that means nothing.
        self.broken_at > 0
            && between.iter().all(|token| token.kind == TokenKind::Newline)
            && (first.kind, second.kind) == (TokenKind::Word, TokenKind::Open(Bracket::Round))
    }

    /// Whether tokens begin with `loop …`, `branch …`, `block …` or a settings block's word, as far as the first word
    /// tells.
    fn is_head(&self, tokens: &[Token]) -> bool {
        match tokens {
            [word] => word.kind == TokenKind::Word,
            [word, ..] => form(self.text(word.span)).is_some_and(|form| form.ends_with('}')),
            [] => false,
        }
    }

    /// Keeps the names of a statement that has no place in the tree, as names that are broken.
    fn mourn(&mut self, part: ItemOrEntry) {
        let item = match part {
            ItemOrEntry::Item(item, _) => item,
            ItemOrEntry::Entry(entry) => {
                self.nameless |= form(&entry.key.text).is_some();
                return self.broken.push(entry.key);
            }
        };
        match item.kind {
            ItemKind::Const { name, .. }
            | ItemKind::Input { name, .. }
            | ItemKind::Weights { name, .. }
            | ItemKind::Equation { name, .. }
            | ItemKind::State { name, .. }
            | ItemKind::Arm { name, .. }
            | ItemKind::Penalty { name, .. }
            | ItemKind::Fn { name, .. }
            | ItemKind::Block { name, .. } => self.broken.push(name),
            ItemKind::Loop { name, body, .. } | ItemKind::Branch { name, arms: body, .. } => {
                self.broken.push(name);
                body.into_iter().for_each(|item| self.mourn(ItemOrEntry::Item(item, Span::default())));
            }
            ItemKind::Model(_)
            | ItemKind::Allow(_)
            | ItemKind::Output { .. }
            | ItemKind::Yield { .. }
            | ItemKind::Settings { .. } => {}
        }
    }
}

/// What should have followed the first word of a statement, in words; `form` is that of the word, if it is known.
fn behind_word(form: Option<&str>, context: Context) -> &'static str {
    match (context, form) {
        (Context::Settings, _) => "`:`",
        (Context::Branch, _) => "a name",
        (_, Some(form)) if form.ends_with(" value") && sign(form).is_none() => "a value",
        (_, Some(_)) => "a name",
        (_, None) => "`=` or `{`",
    }
}

/// What should have followed the first two words of a statement of that form, in words.
fn behind_name(form: Option<&str>) -> String {
    form.and_then(sign).map_or_else(|| "the end of the line".to_owned(), |sign| format!("`{sign}`"))
}
