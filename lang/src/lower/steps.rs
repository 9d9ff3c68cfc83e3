//! The steps of a loop that is closed: `O@2`, `O@all`.

use super::Lowerer;
use super::place::Place;
use super::val::Val;
use crate::diag::{loops, names};
use crate::front::graph::{DefinitionKind, Found};
use crate::front::resolve::ALL;
use crate::ir::{LoopId, Value};
use crate::limits::MAX_STEPS;
use crate::syntax::ast::{Expr, ExprKind, Name};
use crate::vocabulary::{ArgValue, Type};
use petgraph::graph::NodeIndex;
use std::collections::BTreeMap;

/// The type of the number behind `@`.
const STEP: Type = Type::Count { min: 0, max: MAX_STEPS };

/// A closed loop, as its steps are asked for.
pub(super) struct ClosedLoop {
    pub id: LoopId,
    pub steps: usize,
    pub states: BTreeMap<NodeIndex, StateSteps>,
}

/// The values of a state of a closed loop: where it begins, what its body makes, and what is handed on.
#[derive(Clone, Copy)]
pub(super) struct StateSteps {
    pub init: Value,
    pub next: Value,
    pub last: Value,
}

/// The steps that an `@` asks for.
#[derive(Clone, Copy)]
enum Asked {
    One(usize),
    All,
}

impl<'a> Lowerer<'_, 'a, '_> {
    /// Lowers `O@2` or `O@all`: the value of a definition of a loop at a step, or at every step.
    pub(super) fn at(&mut self, name: &'a Name, step: &'a Expr, place: &Place<'_>) -> Val {
        let is_bundle = |name: &str| matches!(self.local(name, place), Some(Val::Weights(_)));
        if is_bundle(&name.text) || matches!(&step.kind, ExprKind::Name(word) if is_bundle(word)) {
            return self.report(names::matrix_product(place.at(name.span.to(step.span))));
        }
        let asked = match &step.kind {
            ExprKind::Name(word) if word == ALL => Asked::All,
            ExprKind::Name(word) if self.is_unknown(step, place) => {
                return self.report(loops::no_step_called(word, step.span));
            }
            _ => match self.binding(place, |binder| binder.value("a step", &STEP, step)) {
                Some(ArgValue::Count(step)) => Asked::One(step),
                _ => return Val::Poison,
            },
        };
        let graph = self.here.graph;
        if place.frame.is_some() {
            let val = self.local(&name.text, place).unwrap_or(Val::Poison);
            return self.of_series(name, val, asked, step);
        }
        let node = match graph.find(&name.text, place.within) {
            Found::Node(node) => node,
            // Reported when names were looked up, if there are several.
            Found::Hidden(_) => match graph.inside_loops(&name.text).as_slice() {
                [node] => *node,
                _ => return Val::Poison,
            },
            Found::Nothing => return Val::Poison,
        };
        match (graph.nodes[node].within, &graph.nodes[node].kind) {
            (Some(within), DefinitionKind::State { .. }) => self.state_at(name, node, within, asked, step),
            (Some(within), _) => self.equation_at(name, node, within, asked, step),
            (None, _) => self.of_series(name, self.here.values[node.index()].clone(), asked, step),
        }
    }

    /// A step, or all steps, of a value for each step that was made behind the loop from others.
    fn of_series(&mut self, name: &Name, val: Val, asked: Asked, step: &Expr) -> Val {
        match (val, asked) {
            (Val::Poison, _) => Val::Poison,
            (Val::Series(values), Asked::All) => Val::Series(values),
            (Val::Series(values), Asked::One(n)) if (1..=values.len()).contains(&n) => Val::Value(values[n - 1]),
            (Val::Series(values), Asked::One(n)) => self.no_such_step(name, n, 1, values.len(), step),
            (Val::Const(_) | Val::Value(_) | Val::Weights(_) | Val::Group(_), _) => {
                self.report(loops::no_steps(&name.text, name.span))
            }
        }
    }

    fn no_such_step(&mut self, name: &Name, found: usize, first: usize, last: usize, step: &Expr) -> Val {
        self.report(loops::no_such_step(&name.text, &found.to_string(), first, last, step.span))
    }

    fn state_at(&mut self, name: &Name, node: NodeIndex, within: NodeIndex, asked: Asked, step: &Expr) -> Val {
        let Some(closed) = self.here.loops.get(&within) else { return Val::Poison };
        let Some(state) = closed.states.get(&node).copied() else { return Val::Poison };
        let (id, steps) = (closed.id, closed.steps);
        match asked {
            Asked::One(0) => Val::Value(state.init),
            Asked::One(n) if n == steps => Val::Value(state.last),
            Asked::One(n) if n < steps => Val::Value(self.tap(name, id, state.next, n)),
            Asked::One(n) => self.no_such_step(name, n, 0, steps, step),
            Asked::All => {
                let before: Vec<Value> = (1..steps).map(|n| self.tap(name, id, state.next, n)).collect();
                Val::Series(before.into_iter().chain([state.last]).collect())
            }
        }
    }

    fn equation_at(&mut self, name: &Name, node: NodeIndex, within: NodeIndex, asked: Asked, step: &Expr) -> Val {
        let Some(closed) = self.here.loops.get(&within) else { return Val::Poison };
        let (id, steps) = (closed.id, closed.steps);
        let value = match &self.here.values[node.index()] {
            Val::Value(value) => *value,
            // The same at every step.
            Val::Const(known) => return Val::Const(known.clone()),
            Val::Series(_) => return self.report(loops::one_step(name.span.to(step.span))),
            Val::Poison | Val::Weights(_) | Val::Group(_) => return Val::Poison,
        };
        match asked {
            Asked::One(n) if (1..=steps).contains(&n) => Val::Value(self.tap(name, id, value, n)),
            Asked::One(n) => self.no_such_step(name, n, 1, steps, step),
            Asked::All => Val::Series((1..=steps).map(|n| self.tap(name, id, value, n)).collect()),
        }
    }

    fn tap(&mut self, name: &Name, id: LoopId, value: Value, step: usize) -> Value {
        self.net.tap(id, value, step, &self.here.name(&format!("{}@{step}", name.text)))
    }
}
