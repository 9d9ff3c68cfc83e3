//! Loops: states begin outside, the body is lowered once, and next values close the circle.

use super::Lowerer;
use super::place::Place;
use super::steps::{ClosedLoop, StateSteps};
use super::val::Val;
use crate::diag::{Diagnostic, loops, shape};
use crate::front::bind::CallSite;
use crate::front::graph::DefinitionKind;
use crate::ir::{Shape, Value};
use crate::limits::MAX_STEPS;
use crate::syntax::ast;
use crate::vocabulary::{Arg, Type};
use petgraph::graph::NodeIndex;
use std::collections::BTreeMap;

/// The arguments that `loop name(…)` takes.
pub const ARGS: &[Arg] =
    &[Arg::required("steps", Type::Count { min: 1, max: MAX_STEPS }, "how many times the loop's equations run")];

impl<'a> Lowerer<'_, 'a, '_> {
    /// Lowers a loop: its states' first values, its body once, and its states' next values.
    pub(super) fn looped(&mut self, node: NodeIndex, args: &'a [ast::CallArg], states: &[NodeIndex]) {
        let graph = self.here.graph;
        let (name, span) = (graph.nodes[node].name, graph.nodes[node].span);
        let place = Place::of(graph, node);
        let site = CallSite { span, close: None };
        let bound = self.binding(&place, |binder| binder.call("loop", ARGS, args, site));
        let inits: Vec<Option<Value>> = states.iter().map(|state| self.init(*state)).collect();
        // The body is lowered even if a state is broken, for what else is wrong in it.
        let (known, start): (Vec<NodeIndex>, Vec<(String, Value)>) = states
            .iter()
            .zip(&inits)
            .filter_map(|(state, init)| Some((*state, (self.here.name(graph.nodes[*state].name), (*init)?))))
            .unzip();
        let name = self.here.name(name);
        let other = self.steps.filter(|steps| steps.of.as_ref().is_none_or(|of| *of == name)).map(|steps| steps.count);
        let steps = other.unwrap_or(bound.as_ref().map_or(1, |bound| bound.count("steps")));
        let inits: Vec<Value> = start.iter().map(|(_, init)| *init).collect();
        let (open, current) = self.net.begin_loop(&name, steps, start);
        for (state, value) in known.iter().zip(&current) {
            self.here.values[state.index()] = Val::Value(*value);
        }
        self.scope(Some(node));
        let next: Option<Vec<Value>> = known.iter().map(|state| self.next(*state)).collect();
        let complete = bound.is_some() && known.len() == states.len();
        let Some(next) = next.filter(|_| complete) else {
            self.net.drop_loop(open);
            return self.poison(states);
        };
        match self.net.end_loop(open, &next) {
            Ok((id, last)) => {
                let mut closed = ClosedLoop { id, steps, states: BTreeMap::new() };
                for (n, state) in known.iter().enumerate() {
                    let (init, next, last) = (inits[n], next[n], last[n]);
                    closed.states.insert(*state, StateSteps { init, next, last });
                    self.nexts.insert(next, (graph.nodes[*state].name, graph.next_span(*state)));
                    self.here.values[state.index()] = Val::Value(last);
                }
                self.here.loops.insert(node, closed);
            }
            Err((n, _)) => {
                let shape = self.net.shape(current[n]).clone();
                let problem = self.next_mismatch(known[n], next[n], &shape);
                self.diagnostics.push(problem);
                self.poison(states);
            }
        }
    }

    fn poison(&mut self, states: &[NodeIndex]) {
        for state in states {
            self.here.values[state.index()] = Val::Poison;
        }
    }

    /// The value that a state starts from, made in the scope around the loop.
    fn init(&mut self, state: NodeIndex) -> Option<Value> {
        let graph = self.here.graph;
        let DefinitionKind::State { init, .. } = graph.nodes[state].kind else { return None };
        let within = graph.nodes[state].within.and_then(|within| graph.nodes[within].within);
        let place = Place { within, ..Place::of(graph, state) };
        let val = self.expr(init, &place);
        let help = "start it from a feature map, such as `A`, or from `zeros(channels, height, width)`";
        let value = self.feature_map(val, init.span, help, &place)?;
        let found = self.net.shape(value).clone();
        if !found.per_image() {
            self.diagnostics.push(shape::wrong_form("state", "a feature map or a vector", &found, init.span));
            return None;
        }
        // A layer written into the state itself has no other name.
        self.net.name(value, &self.here.name(graph.nodes[state].name));
        Some(value)
    }

    fn next(&mut self, state: NodeIndex) -> Option<Value> {
        let graph = self.here.graph;
        let DefinitionKind::State { next: Some(next), .. } = graph.nodes[state].kind else { return None };
        let DefinitionKind::Next { value, .. } = graph.nodes[next].kind else { return None };
        let (val, place) = (self.here.values[next.index()].clone(), Place::of(graph, next));
        self.feature_map(val, value.span, "a state becomes a feature map or a vector of its own shape", &place)
    }

    /// The problem of a next value that does not have the shape of its state.
    fn next_mismatch(&mut self, state: NodeIndex, next: Value, shape: &Shape) -> Diagnostic {
        let graph = self.here.graph;
        let (name, declared) = (graph.nodes[state].name, graph.nodes[state].span);
        let at = graph.next_span(state);
        match self.here.laterals.get(&next).filter(|lateral| lateral.state == state) {
            Some(lateral) => self.lateral_problem(lateral, shape, Some(self.net.shape(next)), at),
            None => loops::next_shape(name, shape, self.net.shape(next), at, declared),
        }
    }
}
