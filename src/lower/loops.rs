//! Loops: states begin outside, the body is lowered once, and next values close the circle.

use super::expr::Place;
use super::{Lowerer, Val};
use crate::diag::{names, shape};
use crate::front::bind::{Binder, Site};
use crate::front::graph::NodeKind;
use crate::ir::{Shape, Value};
use crate::schema::{Arg, Type};
use crate::syntax::ast;
use petgraph::graph::NodeIndex;

/// What `loop name(…)` takes.
pub const ARGS: &[Arg] =
    &[Arg::required("steps", Type::Count { min: 1, max: 10_000 }, "how many times the loop's equations run")];

impl<'a> Lowerer<'_, 'a, '_> {
    pub(super) fn region(&mut self, node: NodeIndex, args: &'a [ast::Arg], states: &[NodeIndex]) {
        let graph = &self.front.graph;
        let (name, span) = (graph.nodes[node].name, graph.nodes[node].span);
        let mut binder =
            Binder { consts: &self.front.consts, diagnostics: &mut *self.diagnostics, edits: &mut *self.edits };
        let bound = binder.call("loop", ARGS, args, Site { span, close: None });
        let inits: Vec<Option<Value>> = states.iter().map(|state| self.init(*state)).collect();
        // The body is lowered even if a state is broken, for what else is wrong in it.
        let (known, start): (Vec<NodeIndex>, Vec<(String, Value)>) = states
            .iter()
            .zip(&inits)
            .filter_map(|(state, init)| Some((*state, (graph.nodes[*state].name.to_owned(), (*init)?))))
            .unzip();
        let steps = bound.as_ref().map_or(1, |bound| bound.count("steps"));
        let (open, current) = self.net.begin_loop(name, steps, start);
        for (state, value) in known.iter().zip(current) {
            self.values[state.index()] = Val::Value(value);
        }
        self.scope(Some(node));
        let next: Option<Vec<Value>> = known.iter().map(|state| self.next(*state)).collect();
        let complete = bound.is_some() && known.len() == states.len();
        match next.filter(|_| complete) {
            None => {
                self.net.drop_loop(open);
                self.poison(states);
            }
            Some(next) => match self.net.end_loop(open, &next) {
                Ok(last) => {
                    for (state, value) in known.iter().zip(last) {
                        self.values[state.index()] = Val::Value(value);
                    }
                }
                Err((n, _)) => {
                    if let Val::Value(current) = self.values[known[n].index()] {
                        let shape = self.net.shape(current).clone();
                        let problem = self.next_mismatch(known[n], next[n], &shape);
                        self.diagnostics.push(problem);
                    }
                    self.poison(states);
                }
            },
        }
    }

    fn poison(&mut self, states: &[NodeIndex]) {
        for state in states {
            self.values[state.index()] = Val::Poison;
        }
    }

    /// What a state starts from, made in the scope around the loop.
    fn init(&mut self, state: NodeIndex) -> Option<Value> {
        let graph = &self.front.graph;
        let NodeKind::State { init, .. } = graph.nodes[state].kind else { return None };
        let within = graph.nodes[state].within.and_then(|within| graph.nodes[within].within);
        let place = Place { within, ..Place::of(self.front, state) };
        let val = self.expr(init, &place);
        if let Val::Number(_) = val {
            let help = "start it from a feature map, such as `A`; `0 * A` is zeros in its shape";
            self.diagnostics.push(names::misused("this", "a number", "a feature map", init.span, help));
            return None;
        }
        let value = self.value(val, init.span, &place)?;
        let found = self.net.shape(value).clone();
        if !matches!(found, Shape::Map(_) | Shape::Vector(_)) {
            self.diagnostics.push(shape::wrong_form("state", "a feature map or a vector", &found, init.span));
            return None;
        }
        // A layer written into the state itself has no other name.
        self.net.name(value, graph.nodes[state].name);
        Some(value)
    }

    fn next(&mut self, state: NodeIndex) -> Option<Value> {
        let NodeKind::State { next: Some(next), .. } = self.front.graph.nodes[state].kind else { return None };
        match self.values[next.index()] {
            Val::Value(value) => Some(value),
            _ => None,
        }
    }
}
