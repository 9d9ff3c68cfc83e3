//! The statements of a forward pass: equations as the spec has them, loops as loops.

use super::layer::Layer;
use super::layout::{Expr, Lines};
use super::modules::Modules;
use super::ops;
use super::plan::{Plan, Wanted};
use super::values::Values;
use crate::ir::flow::shapes;
use crate::ir::{Loop, Net, Node, Op, Shape, State, Stmt, Value, Visit, walk};
use std::collections::BTreeMap;

/// An expression that is longer stands in a variable of its own.
const LONGEST: usize = 240;

/// A pass over statements, and the lines that it has written.
pub struct Body<'a> {
    net: &'a Net,
    modules: &'a Modules,
    values: &'a mut Values,
    wanted: &'a Wanted,
    shapes: Vec<Shape>,
    /// The Python expression that reads each value of the net, by the number of the value; none for a value that no statement has made yet.
    exprs: Vec<Option<Expr>>,
    /// Whether the Python code passes each named value through the module of its name, so that hooks see it.
    calls: bool,
    /// The comment lines that are still to be written above the first statement of a path, by path.
    notes: BTreeMap<String, Vec<String>>,
    /// The variables of the steps of the loops around, the innermost last.
    steps: Vec<String>,
    pub lines: Lines,
}

/// A value of a loop's body that is read behind the loop, at one step or, in a list, at all.
struct Kept {
    inner: Value,
    at: Option<usize>,
    name: String,
}

impl<'a> Body<'a> {
    pub fn new(net: &'a Net, modules: &'a Modules, values: &'a mut Values, wanted: &'a Wanted) -> Self {
        let mut exprs = vec![None; net.values];
        exprs[Value::INPUT.0] = Some(Expr::atom(values.input.clone()));
        Self {
            net,
            modules,
            values,
            wanted,
            shapes: shapes(net),
            exprs,
            calls: true,
            notes: BTreeMap::new(),
            steps: Vec::new(),
            lines: Lines::at(2),
        }
    }

    /// With notes above the first statement of each path.
    pub fn with_notes(mut self, notes: &BTreeMap<String, Vec<String>>) -> Self {
        self.notes.clone_from(notes);
        self
    }

    /// Without calls of the modules of named values.
    pub fn plain(mut self) -> Self {
        self.calls = false;
        self
    }

    /// Writes the statements of the net.
    pub fn write(&mut self) {
        self.stmts(&Plan::new(&self.net.body, None, self.values, self.wanted));
    }

    /// The Python expression that reads a value; `None` for a value that no statement has made yet.
    pub fn read(&self, value: Value) -> Expr {
        self.exprs[value.0].clone().unwrap_or_else(|| Expr::atom("None"))
    }

    /// Writes a statement with the names that are known here.
    pub fn statement(&mut self, head: &str, expr: Expr, note: &str) {
        self.lines.statement(head, expr, note, &self.values.known);
    }

    /// A variable that nothing else is called.
    pub fn fresh(&mut self, word: &str) -> String {
        self.values.fresh(word)
    }

    /// Writes the list of the scores.
    pub fn scores(&mut self, scores: &[String]) {
        let list = scores.first().and_then(|first| first.strip_suffix("[0]"));
        let whole = list.filter(|list| scores.iter().enumerate().all(|(n, score)| *score == format!("{list}[{n}]")));
        match whole {
            Some(list) => self.lines.line(&format!("scores = {list}")),
            None => self.lines.list("scores = ", scores, ["[", "]"]),
        }
    }

    fn stmts(&mut self, plan: &Plan<'_>) {
        for stmt in &plan.stmts {
            match stmt {
                Stmt::Node(node) => self.node(node, plan),
                Stmt::Loop(looped) => self.looped(looped),
            }
        }
    }

    /// The expression of a node.
    fn expr(&self, node: &Node) -> Expr {
        let step = self.steps.last().map(String::as_str);
        if let Op::Param(id) = node.op {
            return self.modules.param(self.net, id, step);
        }
        let reads = node.op.reads();
        if let Some(layer) = reads.first().and_then(|x| Layer::of(self.net, &node.op, &self.shapes[x.0])) {
            return self.modules.applied(self.net, &node.op, &layer, self.read(reads[0]), step);
        }
        let args = reads.iter().map(|value| (self.read(*value), self.shapes[value.0].clone())).collect();
        ops::computed(node, args, &self.values.input).unwrap_or_else(|| Expr::atom("None"))
    }

    fn node(&mut self, node: &Node, plan: &Plan<'_>) {
        let expr = self.expr(node);
        if let Some(current) = self.values.nexts.get(&node.value).copied().filter(|_| self.calls) {
            return self.next(node, expr, current, plan);
        }
        let path = self.values.paths.get(&node.value).filter(|_| self.calls).cloned();
        self.exprs[node.value.0] = Some(match path {
            Some(path) => self.named(node, expr, &path),
            None if matches!(expr, Expr::Number(_) | Expr::Param(_)) => expr,
            None if plan.inlines(node.value) && expr.text().len() <= LONGEST => expr,
            None => {
                let name = self.values.fresh("h");
                self.statement(&format!("{name} = "), expr, &noted(&node.shape));
                Expr::atom(name)
            }
        });
    }

    /// Writes an equation; gives its variable.
    fn named(&mut self, node: &Node, expr: Expr, path: &str) -> Expr {
        self.note(path);
        let name = self.values.variable(path).to_owned();
        let is_whole = self.modules.whole.contains(&node.value);
        let called = if is_whole { expr } else { Expr::call(self.modules.access(path), vec![expr]) };
        let is_read = self.wanted.read.contains(&node.value);
        let head = if is_read { format!("{name} = ") } else { String::new() };
        self.statement(&head, called, &noted(&node.shape));
        Expr::atom(name)
    }

    /// Writes the next value of a state, which takes the state's variable at once where nobody reads the old one any more.
    fn next(&mut self, node: &Node, expr: Expr, current: Value, plan: &Plan<'_>) {
        let path = self.values.paths.get(&current).cloned().unwrap_or_default();
        self.note(&format!("{path}'"));
        let state = self.values.variable(&path).to_owned();
        let name =
            if plan.is_at_once(node.value, current) { state } else { self.values.fresh(&format!("{state}_next")) };
        let is_kept = self.wanted.read.contains(&node.value)
            || self
                .net
                .loops()
                .flat_map(|looped| &looped.states)
                .any(|it| it.current == current && self.wanted.keeps(it));
        let head = if is_kept { format!("{name} = ") } else { String::new() };
        self.statement(&head, Expr::call(self.modules.access(&path), vec![expr]), &noted(&node.shape));
        self.exprs[node.value.0] = Some(Expr::atom(name));
    }

    fn looped(&mut self, looped: &Loop) {
        self.note(&looped.name);
        for state in &looped.states {
            self.start(state);
        }
        let kept = self.kept(looped);
        let step = match self.steps.len() {
            0 => "t".to_owned(),
            depth => self.values.fresh(&format!("t{}", depth + 1)),
        };
        let counts = kept.iter().any(|tap| tap.at.is_some()) || self.has_versions(looped);
        let head = format!("for {} in range(1, {}):", if counts { &step } else { "_" }, looped.steps + 1);
        self.lines.noted(&head, &format!("loop {}", looped.name));
        self.lines.depth += 1;
        self.steps.push(step);
        let before = self.lines.len();
        self.stmts(&Plan::new(&looped.body, Some(looped), self.values, self.wanted));
        self.keep(&kept);
        self.carry(&looped.states);
        if self.lines.len() == before {
            self.lines.line("pass");
        }
        self.steps.pop();
        self.lines.depth -= 1;
        for state in &looped.states {
            self.exprs[state.last.0] = Some(self.variable(state));
        }
        for tap in &looped.taps {
            let known = kept.iter().find(|known| known.inner == tap.inner && known.at.is_none_or(|at| at == tap.step));
            self.exprs[tap.outer.0] = known.map(|known| match known.at {
                Some(_) => Expr::atom(known.name.clone()),
                None => Expr::atom(format!("{}[{}]", known.name, tap.step.saturating_sub(1))),
            });
        }
    }

    fn variable(&self, state: &State) -> Expr {
        let path = self.values.paths.get(&state.current);
        Expr::atom(path.map_or("None", |path| self.values.variable(path)))
    }

    /// Writes the value of a state before the first step.
    fn start(&mut self, state: &State) {
        let path = self.values.paths.get(&state.current).cloned().unwrap_or_default();
        let (name, start) = (self.variable(state), self.read(state.init));
        let head = if self.wanted.keeps(state) { format!("{} = ", name.text()) } else { String::new() };
        self.note(&path);
        self.statement(&head, Expr::call(self.modules.access(&path), vec![start]), &noted(&state.shape));
        self.exprs[state.current.0] = Some(name);
    }

    /// The values of a loop's body that statements behind the loop read. A value that is read at one step is kept in a variable, and one that
    /// is read at several steps in a list.
    fn kept(&mut self, looped: &Loop) -> Vec<Kept> {
        let mut steps: BTreeMap<Value, Vec<usize>> = BTreeMap::new();
        for tap in looped.taps.iter().filter(|tap| self.wanted.read.contains(&tap.outer)) {
            steps.entry(tap.inner).or_default().push(tap.step);
        }
        let mut kept = Vec::new();
        for (inner, steps) in steps {
            let tap = looped.taps.iter().find(|tap| tap.inner == inner);
            let word = tap.map_or("x", |tap| tap.name.rsplit('.').next().unwrap_or("x"));
            let word = word.split('@').next().unwrap_or("x");
            let (at, name) = match steps.as_slice() {
                [one] => (Some(*one), self.values.fresh(&format!("{word}_at_{one}"))),
                _ => (None, self.values.fresh(&format!("{word}_steps"))),
            };
            if at.is_none() {
                self.lines.line(&format!("{name} = []"));
            }
            kept.push(Kept { inner, at, name });
        }
        kept
    }

    fn keep(&mut self, kept: &[Kept]) {
        let step = self.steps.last().cloned().unwrap_or_default();
        for tap in kept {
            let value = self.read(tap.inner).text();
            match tap.at {
                None => self.lines.line(&format!("{}.append({value})", tap.name)),
                Some(at) => {
                    self.lines.line(&format!("if {step} == {at}:"));
                    self.lines.depth += 1;
                    self.lines.line(&format!("{} = {value}", tap.name));
                    self.lines.depth -= 1;
                }
            }
        }
    }

    /// Writes how states take their next values, all at once.
    fn carry(&mut self, states: &[State]) {
        let (mut names, mut nexts) = (Vec::new(), Vec::new());
        for state in states {
            let (name, mut next) = (self.variable(state), self.read(state.next));
            let is_own = self.values.nexts.get(&state.next) == Some(&state.current);
            if !is_own {
                let path = self.values.paths.get(&state.current).map_or("", String::as_str);
                next = Expr::call(self.modules.access(path), vec![next]);
            }
            if !self.wanted.keeps(state) {
                if !is_own {
                    self.statement("", next, "");
                }
            } else if next != name {
                names.push(name.text());
                nexts.push(next);
            }
        }
        match nexts.as_slice() {
            [] => {}
            [next] => self.statement(&format!("{} = ", names[0]), next.clone(), ""),
            _ => {
                // A tuple is too long for a line only where names are: then each next value has a variable first.
                let line = |nexts: &[Expr]| nexts.iter().map(Expr::text).collect::<Vec<_>>().join(", ");
                let whole = format!("{} = {}", names.join(", "), line(&nexts));
                let long = whole.chars().count() > self.lines.room();
                self.lines.line(&if long { format!("{whole}  # fmt: skip") } else { whole });
            }
        }
    }

    /// Whether the body of a loop reads parameters that the loop holds one of for each of its steps (`per_step: true`).
    fn has_versions(&self, looped: &Loop) -> bool {
        let mut depth = 0_usize;
        walk(&looped.body).any(|visit| match visit {
            Visit::Node(node) => depth == 0 && node.op.params().iter().any(|id| self.net.per_step.contains_key(id)),
            Visit::Enter(_) => {
                depth += 1;
                false
            }
            Visit::Leave(_) => {
                depth -= 1;
                false
            }
        })
    }

    /// Writes the notes of a path, and of what is above it, once.
    fn note(&mut self, path: &str) {
        let ends: Vec<usize> = path.match_indices('.').map(|(end, _)| end).chain([path.len()]).collect();
        for end in ends {
            let said = self.notes.remove(&path[..end]).unwrap_or_default();
            said.iter().filter(|line| !line.is_empty()).for_each(|line| self.lines.comment(line));
        }
    }
}

/// A shape as a note.
fn noted(shape: &Shape) -> String {
    match shape {
        Shape::Scalar => String::new(),
        Shape::Map(_) | Shape::Vector(_) | Shape::Weight(_) => shape.to_string(),
    }
}
