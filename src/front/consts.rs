//! Consts: what the spec declares, what `--set` makes of it, and `classes`.

use super::known::{Known, Meaning, eval, is_callable};
use crate::diag::{Diagnostic, Span, names};
use crate::ir::Shape;
use crate::schema::real;
use crate::syntax::ast::{Expr, ExprKind, Name};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a const may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    Number(f64),
    Bool(bool),
    /// A word that stands for a kind, a function or a choice.
    Word(String),
}

impl Const {
    pub fn is(&self) -> &'static str {
        match self {
            Const::Number(_) => "a number",
            Const::Bool(_) => "`true` or `false`",
            Const::Word(_) => "a word",
        }
    }

    /// Reads what stands behind `--set name=`.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text {
            "true" => return Some(Const::Bool(true)),
            "false" => return Some(Const::Bool(false)),
            _ => {}
        }
        if let Ok(x) = text.parse::<f64>()
            && x.is_finite()
        {
            return Some(Const::Number(x));
        }
        let word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        word.then(|| Const::Word(text.to_owned()))
    }
}

impl fmt::Display for Const {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Const::Number(x) => f.write_str(&real(*x)),
            Const::Bool(b) => write!(f, "{b}"),
            Const::Word(word) => f.write_str(word),
        }
    }
}

/// One const of the spec, with any override already in it.
#[derive(Debug)]
struct Entry {
    value: Option<Const>,
    declared: Span,
    used: Cell<bool>,
}

/// Every const of a spec.
#[derive(Debug)]
pub struct Consts {
    entries: BTreeMap<String, Entry>,
    classes: usize,
    /// Names whose definitions could not be read; they may be consts.
    broken: BTreeSet<String>,
}

/// The name that stands for the data set's number of classes.
pub const CLASSES: &str = "classes";

impl Consts {
    pub fn new(classes: usize) -> Self {
        Self { entries: BTreeMap::new(), classes, broken: BTreeSet::new() }
    }

    /// Names that are reported where they stand: whoever asks for one gets no value and says nothing.
    pub fn set_broken(&mut self, names: impl Iterator<Item = String>) {
        self.broken = names.collect();
    }

    pub fn is_broken(&self, name: &str) -> bool {
        self.broken.contains(name)
    }

    /// Adds a const; `given` is what `--set` says of it. Gives the text that stands for an override.
    pub fn define(
        &mut self,
        name: &Name,
        value: &Expr,
        given: Option<&str>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<String> {
        let declared = match &value.kind {
            // A bare word that is no const is a word: a kind, a function, a choice.
            ExprKind::Name(word) if word != CLASSES && !self.entries.contains_key(word) => {
                Some(Const::Word(word.clone()))
            }
            _ => eval(value, self, diagnostics),
        };
        let set = given.and_then(|text| {
            let parsed = Const::parse(text);
            match (&parsed, &declared) {
                (Some(new), Some(old)) if std::mem::discriminant(new) == std::mem::discriminant(old) => parsed,
                (_, Some(old)) => {
                    diagnostics.push(names::override_type(&name.text, text, old.is(), name.span.to(value.span)));
                    None
                }
                _ => None,
            }
        });
        let text = set.as_ref().map(Const::to_string);
        let entry = Entry { value: set.or(declared), declared: name.span, used: Cell::new(false) };
        self.entries.insert(name.text.clone(), entry);
        text
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// What a const is worth: `None` if there is no such const, `Some(None)` if its value is broken and reported.
    pub fn get(&self, name: &str) -> Option<Option<&Const>> {
        self.entries.get(name).map(|entry| {
            entry.used.set(true);
            entry.value.as_ref()
        })
    }

    pub fn unused(&self) -> impl Iterator<Item = (&str, Span)> {
        self.entries.iter().filter(|(_, entry)| !entry.used.get()).map(|(name, entry)| (name.as_str(), entry.declared))
    }

    /// The name that a call means: a const that holds a word stands for that word.
    pub fn resolve<'a>(&'a self, callee: &'a str) -> &'a str {
        match self.get(callee) {
            Some(Some(Const::Word(word))) => word,
            _ => callee,
        }
    }
}

impl Known for Consts {
    fn name(&self, name: &str) -> Meaning {
        match self.get(name) {
            Some(Some(value)) => Meaning::Const(value.clone()),
            Some(None) => Meaning::Broken,
            None if name == CLASSES => Meaning::Const(Const::Number(self.classes as f64)),
            None if self.is_broken(name) => Meaning::Broken,
            // To be compared with: `if connect == conv`.
            None if is_callable(name) => Meaning::Const(Const::Word(name.to_owned())),
            None => Meaning::Unknown,
        }
    }

    fn shape(&self, _name: &str) -> Option<Option<Shape>> {
        None
    }

    fn declared(&self, name: &str) -> Option<Span> {
        self.entries.get(name).map(|entry| entry.declared)
    }

    fn names(&self) -> Vec<&str> {
        Consts::names(self).chain([CLASSES]).collect()
    }
}
