//! Statements, from the grammar's pairs to the tree: which words start one, and the form each is written in.

use super::ast::{Arg, Entry, Expr, ExprKind, Item, ItemKind, Name, Param};
use super::expr::Reader;
use super::grammar::Rule;
use crate::diag::{Diagnostic, Span, text};
use pest::iterators::Pair;

/// Where a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Top,
    Loop,
    Branch,
    Block,
    Settings,
    /// Within something broken: nothing is out of place there.
    Unknown,
}

/// A word that starts a statement.
struct Word {
    word: &'static str,
    form: &'static str,
    place: Place,
}

const fn word(word: &'static str, form: &'static str, place: Place) -> Word {
    Word { word, form, place }
}

/// Every word that starts a statement. The roles of a branch and the names of settings blocks are looked up later.
const WORDS: &[Word] = &[
    word("model", "model Name", Place::Top),
    word("const", "const name = value", Place::Top),
    word("input", "input name: [channels, height, width]", Place::Top),
    word("weights", "weights name: kind(in -> out, …)", Place::Top),
    word("loop", "loop name(steps: n) { … }", Place::Top),
    word("state", "state name = value", Place::Loop),
    word("branch", "branch name = sum { … }", Place::Top),
    word("penalty", "penalty name = value", Place::Top),
    word("fn", "fn name(a, b) = value", Place::Top),
    word("block", "block name(x, n, m: default) { … }", Place::Top),
    word("yield", "yield value", Place::Block),
    word("output", "output value", Place::Top),
    word("allow", "allow name", Place::Top),
];

/// What stands in a block as it stands outside of all.
const IN_BLOCKS: [&str; 4] = ["const", "weights", "loop", "branch"];

/// The form in which a statement that starts with this word is written.
pub fn form(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|known| known.word == word).map(|known| known.form)
}

/// The sign that the form has behind its first two words, `=`, `:` or `(`.
pub fn sign(form: &str) -> Option<&str> {
    let (_, rest) = form.split_once(' ')?;
    let rest = rest.trim_start_matches(char::is_alphabetic).trim_start();
    rest.get(..1)
}

/// The words that start a statement at that place.
pub fn words_at(place: Place) -> Vec<&'static str> {
    let fits = |known: &&Word| match place {
        Place::Top | Place::Loop => known.place == place || known.word == "branch",
        Place::Block => known.place == place || IN_BLOCKS.contains(&known.word),
        Place::Unknown => true,
        Place::Branch | Place::Settings => false,
    };
    WORDS.iter().filter(fits).map(|known| known.word).collect()
}

/// What stands in a block.
#[derive(Debug)]
pub enum Part {
    /// A statement, and the place of the word it starts with.
    Item(Item, Span),
    Entry(Entry),
}

/// What stands before a block's brace.
#[derive(Debug)]
pub enum Head {
    Settings(Name),
    Loop { word: Name, name: Name, args: Vec<Arg> },
    Branch { word: Name, name: Name, how: Name },
    Block { word: Name, name: Name, params: Vec<Param> },
}

impl Head {
    pub fn place(&self) -> Place {
        match self {
            Head::Block { .. } => Place::Block,
            Head::Settings(_) => Place::Settings,
            Head::Loop { .. } => Place::Loop,
            Head::Branch { .. } => Place::Branch,
        }
    }

    pub fn word(&self) -> String {
        match self {
            Head::Settings(word) | Head::Loop { word, .. } | Head::Branch { word, .. } | Head::Block { word, .. } => {
                word.text.clone()
            }
        }
    }

    /// The whole statement, with its block; `end` is behind the closing brace.
    pub fn with_body(self, parts: Vec<Part>, end: usize) -> Part {
        let mut items = Vec::new();
        let mut entries = Vec::new();
        for part in parts {
            match part {
                Part::Item(item, _) => items.push(item),
                Part::Entry(entry) => entries.push(entry),
            }
        }
        let (word, kind) = match self {
            Head::Settings(word) => (word.span, ItemKind::Settings { word, entries, close: end.saturating_sub(1) }),
            Head::Loop { word, name, args } => (word.span, ItemKind::Loop { name, args, body: items }),
            Head::Branch { word, name, how } => (word.span, ItemKind::Branch { name, how, arms: items }),
            Head::Block { word, name, params } => (word.span, ItemKind::Block { name, params, body: items }),
        };
        Part::Item(Item { kind, span: Span::new(word.start, end), doc: Vec::new() }, word)
    }
}

impl Reader<'_> {
    /// `word {`, `loop name(…) {`, `block name(…) {` or `branch name = how {`.
    pub fn head(&mut self, pair: Pair<Rule>, place: Place) -> Option<Head> {
        let parts: Vec<Pair<Rule>> =
            pair.into_inner().filter(|part| matches!(part.as_rule(), Rule::name | Rule::args)).collect();
        let word = self.name(parts.first()?);
        let name = parts.get(1).map(|name| self.name(name));
        let last = parts.get(2);
        let how = last.filter(|last| last.as_rule() == Rule::name);
        match (word.text.as_str(), name, how) {
            ("loop", Some(name), None) => {
                let args = last.map_or(Some(Vec::new()), |args| self.args(args.clone()))?;
                Some(Head::Loop { word, name, args })
            }
            ("block", Some(name), None) => {
                let args = last.map_or(Some(Vec::new()), |args| self.args(args.clone()))?;
                let params = args.into_iter().map(|arg| self.param(arg)).collect::<Option<_>>()?;
                Some(Head::Block { word, name, params })
            }
            ("branch", Some(name), Some(how)) => Some(Head::Branch { name, how: self.name(how), word }),
            (_, None, _) if form(&word.text).is_none() => Some(Head::Settings(word)),
            _ => self.refuse(&word, place),
        }
    }

    /// `x`, or `n: default`.
    fn param(&mut self, arg: Arg) -> Option<Param> {
        match (arg.name, arg.value) {
            (Some(name), default) => Some(Param { name, default: Some(default) }),
            (None, Expr { kind: ExprKind::Name(text), span }) => {
                Some(Param { name: Name { text, span }, default: None })
            }
            (None, value) => {
                self.report(text::not_a_parameter(value.span));
                None
            }
        }
    }

    /// A statement without a block, or a setting.
    pub fn part(&mut self, pair: Pair<Rule>, place: Place) -> Option<Part> {
        let rule = pair.as_rule();
        let is_primed = pair.clone().into_inner().any(|part| part.as_rule() == Rule::prime);
        if matches!(rule, Rule::definition | Rule::declaration) && place != Place::Branch {
            self.check_sign(&pair)?;
        }
        let mut parts: Vec<Pair<Rule>> =
            pair.into_inner().filter(|part| matches!(part.as_rule(), Rule::name | Rule::params | Rule::expr)).collect();
        let value = self.value(parts.pop()?)?;
        let word = self.name(parts.first()?);
        let second = parts.get(1).map(|name| self.name(name));
        let start = word.span;
        let span = start.to(value.span);
        let kind = match (rule, second) {
            (Rule::entry, _) => return Some(Part::Entry(Entry { key: word, value })),
            (Rule::equation, _) => ItemKind::Equation { name: word, primed: is_primed, value },
            (Rule::definition, Some(name)) => self.definition(word, name, value, place)?,
            (Rule::declaration, Some(name)) => self.declaration(&word, name, value, place)?,
            (Rule::function, Some(name)) if word.text == "fn" => {
                let params = parts.pop()?.into_inner().filter(|part| part.as_rule() == Rule::name);
                ItemKind::Fn { name, params: params.map(|param| self.name(&param)).collect(), body: value }
            }
            (Rule::plain, _) => self.plain(&word, value, place)?,
            _ => return self.refuse(&word, place),
        };
        Some(Part::Item(Item { kind, span, doc: Vec::new() }, start))
    }

    /// Whether the word of `word name = …` or `word name: …`, if it is known, asks for that sign.
    fn check_sign(&mut self, pair: &Pair<Rule>) -> Option<()> {
        let mut parts = pair.clone().into_inner();
        let (word, name, found) = (parts.next()?, parts.next()?, parts.next()?);
        let Some(form) = form(word.as_str()) else { return Some(()) };
        match sign(form) {
            Some(expected) if expected != found.as_str() => {
                let lead = format!("{} {}", word.as_str(), name.as_str());
                self.report(text::wrong_sign(self.span(&found), found.as_str(), expected, &lead, form));
                None
            }
            _ => Some(()),
        }
    }

    fn definition(&mut self, word: Name, name: Name, value: Expr, place: Place) -> Option<ItemKind> {
        match word.text.as_str() {
            _ if place == Place::Branch => Some(ItemKind::Arm { role: word, name, value }),
            "const" => Some(ItemKind::Const { name, value }),
            "state" => Some(ItemKind::State { name, init: value }),
            "penalty" => Some(ItemKind::Penalty { name, value }),
            known if place == Place::Unknown && form(known).is_none() => {
                Some(ItemKind::Arm { role: word, name, value })
            }
            _ => self.refuse(&word, place),
        }
    }

    fn declaration(&mut self, word: &Name, name: Name, value: Expr, place: Place) -> Option<ItemKind> {
        match (word.text.as_str(), value.kind) {
            ("input", kind) => Some(ItemKind::Input { name, shape: Expr { kind, span: value.span } }),
            ("weights", ExprKind::Call(call)) => Some(ItemKind::Weights { name, call }),
            _ => self.refuse(word, place),
        }
    }

    fn plain(&mut self, word: &Name, value: Expr, place: Place) -> Option<ItemKind> {
        match (word.text.as_str(), value.kind) {
            ("model", ExprKind::Name(text)) => Some(ItemKind::Model(Name { text, span: value.span })),
            ("allow", kind) => match allowed(Expr { kind, span: value.span }) {
                Some(names) => Some(ItemKind::Allow(names)),
                None => self.refuse(word, place),
            },
            ("output", kind) => Some(ItemKind::Output { value: Expr { kind, span: value.span } }),
            ("yield", kind) => Some(ItemKind::Yield { value: Expr { kind, span: value.span } }),
            _ => self.refuse(word, place),
        }
    }

    /// Reports a statement whose word is unknown, or asks for another form.
    fn refuse<T>(&mut self, word: &Name, place: Place) -> Option<T> {
        self.report(match (place, form(&word.text)) {
            (Place::Branch, _) => text::wrong_form(word.span, &word.text, "role name = value"),
            (Place::Settings, _) => text::not_an_entry(word.span, "", &word.text),
            (_, Some(form)) => text::wrong_form(word.span, &word.text, form),
            (_, None) => text::unknown_word(word.span, &word.text, &words_at(place)),
        });
        None
    }
}

/// One name, or a list of them.
fn allowed(value: Expr) -> Option<Vec<Name>> {
    match value.kind {
        ExprKind::Name(text) => Some(vec![Name { text, span: value.span }]),
        ExprKind::List(values) => {
            let names = values.into_iter().map(|value| match value.kind {
                ExprKind::Name(text) => Some(Name { text, span: value.span }),
                _ => None,
            });
            names.collect()
        }
        _ => None,
    }
}

/// What is wrong with a part that cannot stand at that place, if anything is.
pub fn misplaced(part: &Part, place: Place, block: &str) -> Option<Diagnostic> {
    let (item, word) = match (part, place) {
        (_, Place::Unknown) | (Part::Entry(_), Place::Settings) => return None,
        (Part::Entry(entry), _) => return Some(text::lone_entry(entry.key.span, &entry.key.text)),
        (Part::Item(item, word), Place::Settings) => {
            return Some(match &item.kind {
                ItemKind::Equation { name, primed: false, value } => {
                    let sign = Span::new(name.span.end, value.span.start);
                    text::setting_by_equals(*word, block, &name.text, sign)
                }
                _ => text::not_an_entry(*word, block, "key"),
            });
        }
        (Part::Item(item, word), _) => (item, word),
    };
    let (what, belongs) = match &item.kind {
        ItemKind::Equation { .. } if place == Place::Branch => {
            ("an equation", "out of the branch, before or behind it")
        }
        ItemKind::State { .. } if place == Place::Top || place == Place::Block => ("a `state`", "into a `loop`"),
        ItemKind::Yield { .. } if place != Place::Block => ("a `yield`", "to the end of a `block`"),
        ItemKind::Branch { .. } if place == Place::Branch => ("a `branch`", "out of this branch"),
        ItemKind::Equation { .. }
        | ItemKind::State { .. }
        | ItemKind::Branch { .. }
        | ItemKind::Arm { .. }
        | ItemKind::Yield { .. } => return None,
        ItemKind::Const { .. } | ItemKind::Weights { .. } | ItemKind::Loop { .. } if place == Place::Block => {
            return None;
        }
        _ if place == Place::Top => return None,
        ItemKind::Block { .. } => ("a `block`", OUT),
        ItemKind::Model(_) => ("`model`", OUT),
        ItemKind::Const { .. } => ("a `const`", OUT),
        ItemKind::Input { .. } => ("an `input`", OUT),
        ItemKind::Weights { .. } => ("`weights`", OUT),
        ItemKind::Loop { .. } => ("a `loop`", OUT),
        ItemKind::Penalty { .. } => ("a `penalty`", OUT),
        ItemKind::Fn { .. } => ("a `fn`", OUT),
        ItemKind::Allow(_) => ("`allow`", OUT),
        ItemKind::Output { .. } => ("`output`", OUT),
        ItemKind::Settings { .. } => ("a settings block", OUT),
    };
    let place = match place {
        Place::Top => "outside of a loop",
        Place::Loop => "inside a loop",
        Place::Branch => "inside a branch",
        Place::Block => "inside a block",
        Place::Settings | Place::Unknown => return None,
    };
    Some(text::misplaced(*word, what, place, belongs))
}

const OUT: &str = "to the outermost level, where every statement sees it";
