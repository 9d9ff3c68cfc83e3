//! Consts: what the spec declares, what `--set` makes of it, and `classes`.

use super::const_eval::{Const, Meaning, Meanings, eval, is_callable, is_word};
use super::graph::round;
use crate::diag::misnamed::Misnamed;
use crate::diag::{Diagnostic, Span, names};
use crate::ir::Shape;
use crate::syntax::ast::{Expr, ExprKind, Name};
use petgraph::graph::{DiGraph, NodeIndex};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// One const of the spec, any override already applied.
#[derive(Debug)]
struct ConstEntry {
    value: Option<Const>,
    declared: Span,
    used: Cell<bool>,
    /// For a const that stands for a word, where that word comes from.
    word: Option<Rc<WordOrigin>>,
}

/// The origin of a const's word: its own text, `--set`, or another const.
#[derive(Debug)]
struct WordOrigin {
    of: String,
    written: Option<Span>,
    is_told: Cell<bool>,
}

/// A const as it is written: its name and the expression of its value.
pub type Written<'a> = (&'a Name, &'a Expr);

/// The next consts to be evaluated.
#[derive(Debug)]
pub enum Next<'a> {
    /// A const that can be evaluated: it names no const but those before it.
    One(Written<'a>),
    /// Consts that name each other: `round` is one way round, each the next and the last the first; `all` are those
    /// that have no value for that reason.
    Cycle { round: Vec<&'a Name>, all: Vec<&'a Name> },
}

/// The consts of a spec in an order in which each comes behind those that it names, wherever in the text they stand.
pub fn in_order<'a>(written: &[Written<'a>]) -> Vec<Next<'a>> {
    let mut graph: DiGraph<Written<'a>, ()> = DiGraph::new();
    let by_name: BTreeMap<&str, NodeIndex> =
        written.iter().map(|(name, value)| (name.text.as_str(), graph.add_node((name, value)))).collect();
    for node in graph.node_indices() {
        let (_, value) = graph[node];
        let named = value.parts().filter_map(|part| match &part.kind {
            ExprKind::Name(word) => Some(word),
            _ => None,
        });
        for word in named {
            if let Some(read) = by_name.get(word.as_str()) {
                graph.update_edge(node, *read, ());
            }
        }
    }
    // Behind all that they reach: the components of a graph come in that order.
    let components = petgraph::algo::kosaraju_scc(&graph);
    let next = |component: &Vec<NodeIndex>| {
        let first = component.iter().copied().min().unwrap_or_default();
        if component.len() == 1 && !graph.contains_edge(first, first) {
            return Next::One(graph[first]);
        }
        let inside: BTreeSet<NodeIndex> = component.iter().copied().collect();
        let round = round(first, |node| graph.neighbors(node).filter(|read| inside.contains(read)).min());
        let name = |node: &NodeIndex| graph[*node].0;
        Next::Cycle { round: round.iter().map(name).collect(), all: component.iter().map(name).collect() }
    };
    components.iter().map(next).collect()
}

/// Every const of a spec.
#[derive(Debug)]
pub struct Consts {
    entries: BTreeMap<String, ConstEntry>,
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

    /// Notes names whose definitions could not be read: whoever asks for one of them gets no value and reports nothing.
    pub fn set_broken(&mut self, names: impl Iterator<Item = String>) {
        self.broken = names.collect();
    }

    /// Notes one more such name.
    pub fn lose(&mut self, name: &str) {
        self.broken.insert(name.to_owned());
    }

    /// Whether the definition of that name could not be read.
    pub fn is_broken(&self, name: &str) -> bool {
        self.broken.contains(name)
    }

    /// Evaluates a const and adds it; `given` is what `--set` says of it. Gives the text of the override, if there is
    /// one.
    pub fn define(
        &mut self,
        name: &Name,
        value: &Expr,
        given: Option<&str>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<String> {
        let declared = match &value.kind {
            // A bare word that is no const is a word: a kind, a function, a choice.
            ExprKind::Name(word) if word != CLASSES && !self.has(word) => Some(Const::Word(word.clone())),
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
        let written = set.is_none().then_some(value.span);
        let word = match &value.kind {
            ExprKind::Name(other) if written.is_some() && self.has(other) => {
                self.entries.get(other).and_then(|other| other.word.clone())
            }
            _ => Some(Rc::new(WordOrigin { of: name.text.clone(), written, is_told: Cell::new(false) })),
        };
        let entry = ConstEntry { value: set.or(declared), declared: name.span, used: Cell::new(false), word };
        self.entries.insert(name.text.clone(), entry);
        text
    }

    /// Adds a const whose value is broken, which is reported.
    pub fn define_broken(&mut self, name: &Name) {
        let entry = ConstEntry { value: None, declared: name.span, used: Cell::new(true), word: None };
        self.entries.insert(name.text.clone(), entry);
    }

    /// Whether that is a const, or the name of something that could not be read and may be one.
    fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name) || self.is_broken(name)
    }

    /// The names of all consts.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The value of a const: `None` if there is no such const, `Some(None)` if its value is broken and reported.
    pub fn get(&self, name: &str) -> Option<Option<&Const>> {
        self.entries.get(name).map(|entry| {
            entry.used.set(true);
            entry.value.as_ref()
        })
    }

    /// The consts that nothing reads, each with the place where it is declared.
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

impl Meanings for Consts {
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

    fn misnamed(&self, name: &str) -> Option<Misnamed> {
        let entry = self.entries.get(name)?;
        let (Some(Const::Word(word)), Some(source)) = (&entry.value, &entry.word) else { return None };
        if is_word(word) || is_callable(word) {
            return None;
        }
        let is_told = source.is_told.replace(true);
        Some(Misnamed { word: word.clone(), of: source.of.clone(), written: source.written, is_told })
    }

    fn names(&self) -> Vec<&str> {
        Consts::names(self).chain([CLASSES]).collect()
    }
}
