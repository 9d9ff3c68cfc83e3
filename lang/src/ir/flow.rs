//! What steps read and make: how the values of a net flow.

use super::{Net, Op, ParamId, Shape, Stmt, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The shape of every value.
pub fn shapes(net: &Net) -> Vec<Shape> {
    let mut shapes = vec![Shape::Scalar; net.values];
    shapes[Value::INPUT.0] = Shape::Map(net.input.1);
    fn walk(steps: &[Stmt], shapes: &mut [Shape]) {
        for step in steps {
            match step {
                Stmt::Node(node) => shapes[node.value.0] = node.shape.clone(),
                Stmt::Loop(looped) => {
                    for state in &looped.states {
                        shapes[state.current.0] = state.shape.clone();
                        shapes[state.last.0] = state.shape.clone();
                    }
                    walk(&looped.body, shapes);
                    for tap in &looped.taps {
                        shapes[tap.outer.0] = shapes[tap.inner.0].clone();
                    }
                }
            }
        }
    }
    walk(&net.body, &mut shapes);
    shapes
}

/// The values a step reads from outside, in order, and those it makes for outside.
pub fn ends(step: &Stmt) -> (Vec<Value>, Vec<Value>) {
    match step {
        Stmt::Node(node) => (node.op.reads(), vec![node.value]),
        Stmt::Loop(looped) => {
            let mut inside: BTreeSet<Value> = looped.states.iter().map(|state| state.current).collect();
            let mut reads: Vec<Value> = looped.states.iter().map(|state| state.init).collect();
            let take = |values: Vec<Value>, inside: &BTreeSet<Value>, reads: &mut Vec<Value>| {
                reads.extend(values.into_iter().filter(|value| !inside.contains(value)));
            };
            for step in &looped.body {
                let (from, makes) = ends(step);
                take(from, &inside, &mut reads);
                inside.extend(makes);
            }
            take(looped.states.iter().map(|state| state.next).collect(), &inside, &mut reads);
            take(looped.taps.iter().map(|tap| tap.inner).collect(), &inside, &mut reads);
            let lasts = looped.states.iter().map(|state| state.last);
            (reads, lasts.chain(looped.taps.iter().map(|tap| tap.outer)).collect())
        }
    }
}

/// Are random numbers drawn in it?
pub fn draws(step: &Stmt) -> bool {
    match step {
        Stmt::Node(node) => matches!(node.op, Op::Dropout { .. }),
        Stmt::Loop(looped) => looped.body.iter().any(draws),
    }
}

/// Which steps read each value; those behind the last have the number of steps.
pub fn readers(steps: &[Stmt], last: &[Value]) -> BTreeMap<Value, Vec<usize>> {
    let mut readers: BTreeMap<Value, Vec<usize>> = BTreeMap::new();
    for (n, step) in steps.iter().enumerate() {
        ends(step).0.into_iter().for_each(|value| readers.entry(value).or_default().push(n));
    }
    last.iter().for_each(|value| readers.entry(*value).or_default().push(steps.len()));
    readers
}

/// Every parameter that steps read, first read first.
pub fn params(steps: &[Stmt]) -> Vec<ParamId> {
    fn walk(steps: &[Stmt], seen: &mut BTreeSet<ParamId>, params: &mut Vec<ParamId>) {
        for step in steps {
            match step {
                Stmt::Node(node) => params.extend(node.op.params().into_iter().filter(|id| seen.insert(*id))),
                Stmt::Loop(looped) => walk(&looped.body, seen, params),
            }
        }
    }
    let mut params = Vec::new();
    walk(steps, &mut BTreeSet::new(), &mut params);
    params
}
