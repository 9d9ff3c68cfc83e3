//! Values known before the run: consts, `classes`, and arithmetic on them.

use crate::diag::{Diagnostic, Span, names};
use crate::schema::real;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Name};
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
    fn is(&self) -> &'static str {
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
            _ => self.eval(value, diagnostics),
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

    /// The place of the const that an expression names.
    pub fn declared(&self, expr: &Expr) -> Option<Span> {
        let ExprKind::Name(name) = &expr.kind else { return None };
        self.entries.get(name).map(|entry| entry.declared)
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

    /// The value of an expression that must be known before the run; says what stands in the way.
    pub fn eval(&self, expr: &Expr, diagnostics: &mut Vec<Diagnostic>) -> Option<Const> {
        match &expr.kind {
            ExprKind::Number { value, unit: None } => Some(Const::Number(*value)),
            ExprKind::Number { unit: Some(unit), .. } => {
                let allowed = "without a unit";
                diagnostics.push(crate::diag::settings::wrong_unit("this number", &unit.text, unit.span, allowed));
                None
            }
            ExprKind::Bool(b) => Some(Const::Bool(*b)),
            ExprKind::Name(name) if name == CLASSES => Some(Const::Number(self.classes as f64)),
            ExprKind::Name(name) => match self.get(name) {
                Some(value) => value.cloned(),
                None if self.is_broken(name) => None,
                None => {
                    let mut known: Vec<&str> = self.names().collect();
                    known.push(CLASSES);
                    diagnostics.push(names::unknown_name(name, expr.span, &known));
                    None
                }
            },
            ExprKind::Negate(x) => {
                let x = self.number(x, diagnostics)?;
                Some(Const::Number(-x))
            }
            ExprKind::Binary { op, left, right } => {
                let (left, right) = (self.number(left, diagnostics), self.number(right, diagnostics));
                let (left, right) = (left?, right?);
                Some(Const::Number(match op {
                    BinaryOp::Add => left + right,
                    BinaryOp::Sub => left - right,
                    BinaryOp::Mul => left * right,
                    BinaryOp::Div => left / right,
                }))
            }
            ExprKind::Primed(_) | ExprKind::List(_) | ExprKind::Call(_) | ExprKind::Map { .. } => {
                let help = "only numbers, consts and `+ - * /` are known before the run";
                diagnostics.push(names::misused(
                    "this",
                    describe(expr),
                    "a value known before the run",
                    expr.span,
                    help,
                ));
                None
            }
        }
    }

    /// The same, where only a finite number will do.
    pub fn number(&self, expr: &Expr, diagnostics: &mut Vec<Diagnostic>) -> Option<f64> {
        match self.eval(expr, diagnostics)? {
            Const::Number(x) if x.is_finite() => Some(x),
            Const::Number(x) => {
                diagnostics.push(names::out_of_range("this", "a finite number", &x.to_string(), expr.span));
                None
            }
            other => {
                let found = format!("`{other}`");
                diagnostics.push(names::wrong_type("this", "a number", &found, expr.span, "write a number".to_owned()));
                None
            }
        }
    }
}

/// What an expression is, in words.
pub fn describe(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::Number { .. } => "a number",
        ExprKind::Bool(_) => "`true` or `false`",
        ExprKind::Name(_) => "a word",
        ExprKind::Primed(_) => "the value of a step",
        ExprKind::List(_) => "a list",
        ExprKind::Call(_) => "a call",
        ExprKind::Negate(_) | ExprKind::Binary { .. } => "a calculation",
        ExprKind::Map { .. } => "a mapping `in -> out`",
    }
}
