//! What of a net is written, and where: which values are computed, which are read, which are written where they are read.

use super::values::Values;
use crate::ir::flow::ends;
use crate::ir::{Loop, Net, Node, Op, State, Stmt, Value, Visit};
use std::collections::{BTreeMap, BTreeSet};

/// The statements and values of a net that Python code has to compute to have some values of the net.
pub struct Wanted {
    /// The values that are computed.
    pub made: BTreeSet<Value>,
    /// The values that something reads.
    pub read: BTreeSet<Value>,
}

impl Wanted {
    /// What a forward pass computes: named values, all that loops carry, and what these values are made of.
    pub fn of_pass(net: &Net, values: &Values, roots: &[Value]) -> Self {
        let mut wanted = Self { made: values.paths.keys().copied().collect(), read: roots.iter().copied().collect() };
        for looped in net.loops() {
            for state in &looped.states {
                wanted.read.extend([state.init]);
                wanted.made.insert(state.next);
            }
        }
        wanted.close(net);
        wanted
    }

    /// All that has to be computed for these values, and nothing else.
    pub fn of(net: &Net, roots: &[Value]) -> Self {
        let mut wanted = Self { made: BTreeSet::new(), read: roots.iter().copied().collect() };
        wanted.close(net);
        wanted
    }

    /// Adds what is read, until nothing is missing.
    fn close(&mut self, net: &Net) {
        loop {
            let before = (self.made.len(), self.read.len());
            self.made.extend(&self.read);
            for visit in net.walk() {
                match visit {
                    Visit::Node(node) if self.made.contains(&node.value) => self.read.extend(node.op.reads()),
                    Visit::Node(_) | Visit::Enter(_) => {}
                    Visit::Leave(looped) => {
                        let taps = looped.taps.iter().filter(|tap| self.read.contains(&tap.outer));
                        let taps: Vec<Value> = taps.map(|tap| tap.inner).collect();
                        self.read.extend(taps);
                    }
                }
            }
            if before == (self.made.len(), self.read.len()) {
                break;
            }
        }
    }

    /// Whether the value of a state stands in a variable.
    pub fn keeps(&self, state: &State) -> bool {
        self.read.contains(&state.current) || self.read.contains(&state.last)
    }
}

/// Whether a value is made of weights and numbers alone.
pub fn of_weights(net: &Net) -> BTreeSet<Value> {
    let mut known: BTreeSet<Value> = BTreeSet::new();
    for stmt in &net.body {
        if let Stmt::Node(node) = stmt
            && !matches!(node.op, Op::Zeros)
            && node.op.reads().iter().all(|read| known.contains(read))
        {
            known.insert(node.value);
        }
    }
    known
}

/// The statements of one body, as they are written.
pub struct Plan<'a> {
    pub stmts: Vec<&'a Stmt>,
    readers: BTreeMap<Value, Vec<usize>>,
    /// The nodes that are written where they are read.
    inline: BTreeSet<Value>,
}

/// The reader of what is read behind a body.
const BEHIND: usize = usize::MAX;

impl<'a> Plan<'a> {
    /// The plan of a body, in a loop or in none.
    pub fn new(stmts: &'a [Stmt], within: Option<&Loop>, values: &Values, wanted: &Wanted) -> Self {
        let is_wanted = |stmt: &&Stmt| match stmt {
            Stmt::Node(node) => wanted.made.contains(&node.value),
            Stmt::Loop(looped) => looped.states.iter().any(|state| wanted.made.contains(&state.next)),
        };
        let stmts: Vec<&Stmt> = stmts.iter().filter(is_wanted).collect();
        let mut readers: BTreeMap<Value, Vec<usize>> = BTreeMap::new();
        for (n, stmt) in stmts.iter().enumerate() {
            ends(stmt).0.into_iter().for_each(|value| readers.entry(value).or_default().push(n));
        }
        let behind = within.into_iter().flat_map(|looped| {
            let own = |state: &&State| !values.nexts.contains_key(&state.next);
            let next = looped.states.iter().filter(own).map(|state| state.next);
            next.chain(looped.taps.iter().filter(|tap| wanted.read.contains(&tap.outer)).map(|tap| tap.inner))
        });
        behind.for_each(|value| readers.entry(value).or_default().push(BEHIND));
        let mut plan = Self { stmts, readers, inline: BTreeSet::new() };
        let inline = plan.stmts.iter().filter_map(|stmt| match stmt {
            Stmt::Node(node) => plan.is_inline(node, values, within.is_some()).then_some(node.value),
            Stmt::Loop(_) => None,
        });
        plan.inline = inline.collect();
        plan
    }

    fn is_inline(&self, node: &Node, values: &Values, in_loop: bool) -> bool {
        if values.paths.contains_key(&node.value) || values.nexts.contains_key(&node.value) {
            return false;
        }
        match self.readers.get(&node.value).map_or(&[] as &[usize], Vec::as_slice) {
            // What is read behind the whole net is read once.
            [] | [BEHIND] => !in_loop,
            [one] => match self.stmts.get(*one) {
                Some(Stmt::Loop(looped)) => looped.states.iter().any(|state| state.init == node.value),
                Some(Stmt::Node(_)) | None => true,
            },
            _ => false,
        }
    }

    /// Whether a value is written where it is read.
    pub fn inlines(&self, value: Value) -> bool {
        self.inline.contains(&value)
    }

    /// The statement in which the statement of that number is written.
    fn written_in(&self, n: usize) -> usize {
        match self.stmts.get(n) {
            Some(Stmt::Node(node)) if self.inline.contains(&node.value) => self
                .readers
                .get(&node.value)
                .and_then(|readers| readers.first())
                .map_or(n, |reader| self.written_in(*reader)),
            _ => n,
        }
    }

    /// Whether a state's next value may take the state's place as soon as it is made: nobody reads the old one behind it.
    pub fn is_at_once(&self, next: Value, current: Value) -> bool {
        let made = self.stmts.iter().position(|stmt| matches!(stmt, Stmt::Node(node) if node.value == next));
        let readers = self.readers.get(&current).map_or(&[] as &[usize], Vec::as_slice);
        made.is_some_and(|made| readers.iter().all(|reader| self.written_in(*reader) <= made))
    }
}
