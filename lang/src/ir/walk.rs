//! Walks over statements, with loops inside loops, so that nobody who looks at every node has to recurse by hand.

use super::{Loop, Net, Node, Stmt, Value};
use std::collections::BTreeMap;

/// One stop of a walk over statements.
#[derive(Clone, Copy, Debug)]
pub enum Visit<'a> {
    /// A node, on its own or in the body of every loop that has been entered and not yet left.
    Node(&'a Node),
    /// The beginning of a loop; the statements of its body follow, once, however many steps it has.
    Enter(&'a Loop),
    /// The end of the loop entered last; what it hands out may be read from here on.
    Leave(&'a Loop),
}

/// Visits every statement in order of execution, and the body of each loop once, between its beginning and its end.
pub fn walk(stmts: &[Stmt]) -> impl Iterator<Item = Visit<'_>> {
    // For each loop that is open, the statements still ahead and the loop itself; the first entry has no loop.
    let mut open: Vec<(std::slice::Iter<'_, Stmt>, Option<&Loop>)> = vec![(stmts.iter(), None)];
    std::iter::from_fn(move || match open.last_mut()?.0.next() {
        Some(Stmt::Node(node)) => Some(Visit::Node(node)),
        Some(Stmt::Loop(looped)) => {
            open.push((looped.body.iter(), Some(looped)));
            Some(Visit::Enter(looped))
        }
        None => open.pop()?.1.map(Visit::Leave),
    })
}

impl Net {
    /// Visits every statement of the net in order of execution; see [`walk`].
    pub fn walk(&self) -> impl Iterator<Item = Visit<'_>> {
        walk(&self.body)
    }

    /// Every node in order of execution, those inside loops once.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.walk().filter_map(|visit| match visit {
            Visit::Node(node) => Some(node),
            Visit::Enter(_) | Visit::Leave(_) => None,
        })
    }

    /// Every loop, each before the loops inside it.
    pub fn loops(&self) -> impl Iterator<Item = &Loop> {
        self.walk().filter_map(|visit| match visit {
            Visit::Enter(looped) => Some(looped),
            Visit::Node(_) | Visit::Leave(_) => None,
        })
    }

    /// The name of every value that has one: the input, equations, and the states and taps of loops. A state has its
    /// name while its loop runs and after the last step.
    pub fn names(&self) -> BTreeMap<Value, &str> {
        let mut names = BTreeMap::from([(Value::INPUT, self.input.0.as_str())]);
        names.extend(self.nodes().filter_map(|node| Some((node.value, node.name.as_deref()?))));
        for looped in self.loops() {
            for state in &looped.states {
                names.extend([state.current, state.last].map(|value| (value, state.name.as_str())));
            }
            names.extend(looped.taps.iter().map(|tap| (tap.outer, tap.name.as_str())));
        }
        names
    }
}
