//! Statements, from the grammar's pairs to the tree: which words start one, and in which form each is written.

use super::ast::{BlockParam, CallArg, Entry, Expr, ExprKind, Item, ItemKind, Name};
use super::expr::PairReader;
use super::grammar::Rule;
use crate::diag::{Diagnostic, Span, text};
use pest::iterators::Pair;

/// The block that a statement stands in, which decides what may stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    Top,
    Loop,
    Branch,
    Block,
    Settings,
    /// Something broken, in which nothing is out of place.
    Unknown,
}

/// A word that starts a statement.
struct Word {
    word: &'static str,
    form: &'static str,
    context: Context,
}

const fn word(word: &'static str, form: &'static str, context: Context) -> Word {
    Word { word, form, context }
}

/// Every word that starts a statement. The roles of a branch and the names of settings blocks are looked up later.
const WORDS: &[Word] = &[
    word("model", "model Name", Context::Top),
    word("const", "const name = value", Context::Top),
    word("input", "input name: [channels, height, width]", Context::Top),
    word("weights", "weights name: kind(in -> out, …)", Context::Top),
    word("loop", "loop name(steps: n) { … }", Context::Top),
    word("state", "state name = value", Context::Loop),
    word("branch", "branch name = sum { … }", Context::Top),
    word("penalty", "penalty name = value", Context::Top),
    word("fn", "fn name(a, b) = value", Context::Top),
    word("block", "block name(x, n, m: default) { … }", Context::Top),
    word("yield", "yield value", Context::Block),
    word("output", "output value", Context::Top),
    word("allow", "allow name", Context::Top),
];

/// The words of statements that stand in a block as well as outside.
const IN_BLOCKS: [&str; 4] = ["const", "weights", "loop", "branch"];

/// The form in which a statement that starts with `word` is written; none if no statement does.
pub fn form(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|known| known.word == word).map(|known| known.form)
}

/// The sign that a form has behind its first two words: `=`, `:` or `(`.
pub fn sign(form: &str) -> Option<&str> {
    let (_, rest) = form.split_once(' ')?;
    let rest = rest.trim_start_matches(char::is_alphabetic).trim_start();
    rest.get(..1)
}

/// The words that start a statement in that context.
pub fn words_at(context: Context) -> Vec<&'static str> {
    let fits = |known: &&Word| match context {
        Context::Top | Context::Loop => known.context == context || known.word == "branch",
        Context::Block => known.context == context || IN_BLOCKS.contains(&known.word),
        Context::Unknown => true,
        Context::Branch | Context::Settings => false,
    };
    WORDS.iter().filter(fits).map(|known| known.word).collect()
}

/// What a block is made of: statements, or settings.
#[derive(Debug)]
pub enum ItemOrEntry {
    /// A statement, and the span of the word that it starts with.
    Item(Item, Span),
    Entry(Entry),
}

/// The head of a block: what stands before its brace.
#[derive(Debug)]
pub enum Head {
    Settings(Name),
    Loop { word: Name, name: Name, args: Vec<CallArg> },
    Branch { word: Name, name: Name, how: Name },
    Block { word: Name, name: Name, params: Vec<BlockParam> },
}

impl Head {
    /// The context of what stands in the block.
    pub fn context(&self) -> Context {
        match self {
            Head::Block { .. } => Context::Block,
            Head::Settings(_) => Context::Settings,
            Head::Loop { .. } => Context::Loop,
            Head::Branch { .. } => Context::Branch,
        }
    }

    /// The word that the head starts with.
    pub fn word(&self) -> String {
        match self {
            Head::Settings(word) | Head::Loop { word, .. } | Head::Branch { word, .. } | Head::Block { word, .. } => {
                word.text.clone()
            }
        }
    }

    /// The whole statement, the head with its block; `end` is behind the closing brace.
    pub fn with_body(self, parts: Vec<ItemOrEntry>, end: usize) -> ItemOrEntry {
        let mut items = Vec::new();
        let mut entries = Vec::new();
        for part in parts {
            match part {
                ItemOrEntry::Item(item, _) => items.push(item),
                ItemOrEntry::Entry(entry) => entries.push(entry),
            }
        }
        let (word, kind) = match self {
            Head::Settings(word) => (word.span, ItemKind::Settings { word, entries, close: end.saturating_sub(1) }),
            Head::Loop { word, name, args } => (word.span, ItemKind::Loop { name, args, body: items }),
            Head::Branch { word, name, how } => (word.span, ItemKind::Branch { name, how, arms: items }),
            Head::Block { word, name, params } => (word.span, ItemKind::Block { name, params, body: items }),
        };
        ItemOrEntry::Item(Item { kind, span: Span::new(word.start, end), doc: Vec::new() }, word)
    }
}

impl PairReader<'_> {
    /// Reads the head of a block: `word {`, `loop name(…) {`, `block name(…) {` or `branch name = how {`.
    pub fn head(&mut self, pair: Pair<Rule>, context: Context) -> Option<Head> {
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
            _ => self.refuse(&word, context),
        }
    }

    /// Makes a block's parameter of what is written in its brackets: `x`, or `n: default`.
    fn param(&mut self, arg: CallArg) -> Option<BlockParam> {
        match (arg.name, arg.value) {
            (Some(name), default) => Some(BlockParam { name, default: Some(default) }),
            (None, Expr { kind: ExprKind::Name(text), span }) => {
                Some(BlockParam { name: Name { text, span }, default: None })
            }
            (None, value) => {
                self.report(text::not_a_parameter(value.span));
                None
            }
        }
    }

    /// Reads a statement without a block, or a setting.
    pub fn part(&mut self, pair: Pair<Rule>, context: Context) -> Option<ItemOrEntry> {
        let rule = pair.as_rule();
        let is_primed = pair.clone().into_inner().any(|part| part.as_rule() == Rule::prime);
        if matches!(rule, Rule::definition | Rule::declaration) && context != Context::Branch {
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
            (Rule::entry, _) => return Some(ItemOrEntry::Entry(Entry { key: word, value })),
            (Rule::equation, _) => ItemKind::Equation { name: word, primed: is_primed, value },
            (Rule::definition, Some(name)) => self.definition(word, name, value, context)?,
            (Rule::declaration, Some(name)) => self.declaration(&word, name, value, context)?,
            (Rule::function, Some(name)) if word.text == "fn" => {
                let params = parts.pop()?.into_inner().filter(|part| part.as_rule() == Rule::name);
                ItemKind::Fn { name, params: params.map(|param| self.name(&param)).collect(), body: value }
            }
            (Rule::plain, _) => self.plain(&word, value, context)?,
            _ => return self.refuse(&word, context),
        };
        Some(ItemOrEntry::Item(Item { kind, span, doc: Vec::new() }, start))
    }

    /// Checks that the word of `word name = …` or `word name: …`, if it is known, asks for that sign.
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

    fn definition(&mut self, word: Name, name: Name, value: Expr, context: Context) -> Option<ItemKind> {
        match word.text.as_str() {
            _ if context == Context::Branch => Some(ItemKind::Arm { role: word, name, value }),
            "const" => Some(ItemKind::Const { name, value }),
            "state" => Some(ItemKind::State { name, init: value }),
            "penalty" => Some(ItemKind::Penalty { name, value }),
            known if context == Context::Unknown && form(known).is_none() => {
                Some(ItemKind::Arm { role: word, name, value })
            }
            _ => self.refuse(&word, context),
        }
    }

    fn declaration(&mut self, word: &Name, name: Name, value: Expr, context: Context) -> Option<ItemKind> {
        match (word.text.as_str(), value.kind) {
            ("input", kind) => Some(ItemKind::Input { name, shape: Expr { kind, span: value.span } }),
            ("weights", ExprKind::Call(call)) => Some(ItemKind::Weights { name, call }),
            _ => self.refuse(word, context),
        }
    }

    fn plain(&mut self, word: &Name, value: Expr, context: Context) -> Option<ItemKind> {
        if context == Context::Settings && form(&word.text).is_none() {
            self.report(text::missing_colon(word.span, &word.text, &value.written()));
            return None;
        }
        match (word.text.as_str(), value.kind) {
            ("model", ExprKind::Name(text)) => Some(ItemKind::Model(Name { text, span: value.span })),
            ("allow", kind) => match allowed(Expr { kind, span: value.span }) {
                Some(names) => Some(ItemKind::Allow(names)),
                None => self.refuse(word, context),
            },
            ("output", kind) => Some(ItemKind::Output { value: Expr { kind, span: value.span } }),
            ("yield", kind) => Some(ItemKind::Yield { value: Expr { kind, span: value.span } }),
            _ => self.refuse(word, context),
        }
    }

    /// Reports a statement whose word is unknown, or asks for another form.
    fn refuse<T>(&mut self, word: &Name, context: Context) -> Option<T> {
        self.report(match (context, form(&word.text)) {
            (Context::Branch, _) => text::wrong_form(word.span, &word.text, "role name = value"),
            (Context::Settings, _) => text::not_an_entry(word.span, "", &word.text),
            (_, Some(form)) => text::wrong_form(word.span, &word.text, form),
            (_, None) => text::unknown_word(word.span, &word.text, &words_at(context)),
        });
        None
    }
}

/// The names behind `allow`: one name, or a list of them.
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

/// The problem of a statement or a setting that cannot stand in that context; none if it can. `block` is the word of
/// the block around it.
pub fn misplaced(part: &ItemOrEntry, context: Context, block: &str) -> Option<Diagnostic> {
    let (item, word) = match (part, context) {
        (_, Context::Unknown) | (ItemOrEntry::Entry(_), Context::Settings) => return None,
        (ItemOrEntry::Entry(Entry { key, value }), _) => {
            let sign = Span::new(key.span.end, value.span.start);
            return Some(match form(&key.text) {
                Some(form) => text::word_with_colon(key.span, &key.text, form, sign, &value.written()),
                None => text::lone_entry(key.span, &key.text),
            });
        }
        (ItemOrEntry::Item(item, word), Context::Settings) => {
            return Some(match &item.kind {
                ItemKind::Equation { name, primed: false, value } => {
                    let sign = Span::new(name.span.end, value.span.start);
                    text::setting_by_equals(*word, block, &name.text, sign)
                }
                _ => text::not_an_entry(*word, block, "key"),
            });
        }
        (ItemOrEntry::Item(item, word), _) => (item, word),
    };
    let (what, belongs) = match &item.kind {
        ItemKind::Equation { .. } if context == Context::Branch => {
            ("an equation", "out of the branch, before or behind it")
        }
        ItemKind::State { .. } if context == Context::Top || context == Context::Block => {
            ("a `state`", "into a `loop`")
        }
        ItemKind::Yield { .. } if context != Context::Block => ("a `yield`", "to the end of a `block`"),
        ItemKind::Branch { .. } if context == Context::Branch => ("a `branch`", "out of this branch"),
        ItemKind::Equation { .. }
        | ItemKind::State { .. }
        | ItemKind::Branch { .. }
        | ItemKind::Arm { .. }
        | ItemKind::Yield { .. } => return None,
        ItemKind::Const { .. } | ItemKind::Weights { .. } | ItemKind::Loop { .. } if context == Context::Block => {
            return None;
        }
        _ if context == Context::Top => return None,
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
    let place = match context {
        Context::Top => "outside of a loop",
        Context::Loop => "inside a loop",
        Context::Branch => "inside a branch",
        Context::Block => "inside a block",
        Context::Settings | Context::Unknown => return None,
    };
    Some(text::misplaced(*word, what, place, belongs))
}

const OUT: &str = "to the outermost level, where every statement sees it";
