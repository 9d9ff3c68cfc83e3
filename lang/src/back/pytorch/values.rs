//! Named values: which module each of them is called through, and which variable it stands in.

use super::names::variable;
use crate::ir::{Loop, Net, Op, State, Stmt, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The dotted path of the module of every named value, and the variable that it is kept in.
pub struct Values {
    /// By the number of an equation's value, and of a state as its loop reads it.
    pub paths: BTreeMap<Value, String>,
    /// The paths of states.
    pub states: BTreeSet<String>,
    /// Next values that are made by an equation of the state's own.
    pub nexts: BTreeMap<Value, Value>,
    variables: BTreeMap<String, String>,
    /// Every variable, and the words that none may be.
    pub known: BTreeSet<String>,
    /// The variable of the image.
    pub input: String,
}

impl Values {
    pub fn of(net: &Net) -> Self {
        let input = variable(&net.input.0, &BTreeSet::new());
        let mut values = Self {
            paths: BTreeMap::new(),
            states: BTreeSet::new(),
            nexts: BTreeMap::new(),
            variables: BTreeMap::new(),
            known: BTreeSet::from([input.clone()]),
            input,
        };
        values.body(&net.body, "");
        values.name();
        values
    }

    /// Finds the values of a body in a loop of that path, or in none.
    fn body(&mut self, body: &[Stmt], within: &str) {
        let starts: BTreeSet<(Value, &str)> =
            body.iter().flat_map(states).map(|it| (it.init, it.name.as_str())).collect();
        for stmt in body {
            match stmt {
                Stmt::Node(node) => {
                    let Some(name) = node.name.as_deref().filter(|_| !matches!(node.op, Op::Number(_))) else {
                        continue;
                    };
                    let is_start = starts.contains(&(node.value, name));
                    if !is_start && !self.nexts.contains_key(&node.value) {
                        self.paths.insert(node.value, path(within, name.trim_end_matches('\'')));
                    }
                }
                Stmt::Loop(looped) => {
                    for state in &looped.states {
                        let path = path(&looped.name, &state.name);
                        self.states.insert(path.clone());
                        self.paths.insert(state.current, path);
                        if is_own(looped, state) {
                            self.nexts.insert(state.next, state.current);
                        }
                    }
                    self.body(&looped.body, &looped.name);
                }
            }
        }
    }

    /// Gives each path the shortest end of it that no other one has.
    fn name(&mut self) {
        let paths: BTreeSet<String> = self.paths.values().cloned().collect();
        let mut ends: BTreeMap<String, usize> = BTreeMap::new();
        for path in &paths {
            suffixes(path).for_each(|end| *ends.entry(end.to_owned()).or_default() += 1);
        }
        for path in paths {
            let own = |end: &&str| ends[*end] == 1 && !end.starts_with(|c: char| c.is_ascii_digit());
            let end = suffixes(&path).find(own).unwrap_or(&path).replace('.', "_");
            let name = variable(&end, &self.known);
            self.known.insert(name.clone());
            self.variables.insert(path, name);
        }
    }

    /// The variable of the value of a module.
    pub fn variable(&self, path: &str) -> &str {
        self.variables.get(path).map_or("x", String::as_str)
    }

    /// A variable that nothing else is called, after a word.
    pub fn fresh(&mut self, word: &str) -> String {
        let name = variable(word, &self.known);
        self.known.insert(name.clone());
        name
    }
}

/// The ends of a dotted path, the shortest first.
fn suffixes(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('.').map(|(at, _)| &path[at + 1..]).chain([path])
}

fn states(stmt: &Stmt) -> &[State] {
    match stmt {
        Stmt::Loop(looped) => &looped.states,
        Stmt::Node(_) => &[],
    }
}

/// Whether a state's next value is made by an equation of its own in the loop's body.
fn is_own(looped: &Loop, state: &State) -> bool {
    looped.body.iter().any(|stmt| match stmt {
        Stmt::Node(node) => {
            node.value == state.next
                && node.name.as_deref().and_then(|name| name.strip_suffix('\'')) == Some(state.name.as_str())
        }
        Stmt::Loop(_) => false,
    })
}

/// The path of a name in a loop: the loop's path takes the place of that of the block around it, as in the names of weights.
fn path(within: &str, name: &str) -> String {
    if within.is_empty() || name.strip_prefix(within).is_some_and(|rest| rest.starts_with('.')) {
        return name.to_owned();
    }
    let block = within.rsplit_once('.').map_or("", |(block, _)| block);
    let rest = name.strip_prefix(block).map_or(name, |rest| rest.strip_prefix('.').unwrap_or(rest));
    format!("{within}.{}", if block.is_empty() { name } else { rest })
}
