//! How values flow through the statements of a net: which of them a statement reads and makes, and who reads them.

use super::{Net, Op, ParamId, Shape, Stmt, Value, Visit, walk};
use std::collections::{BTreeMap, BTreeSet};

/// The shape of every value of a net, by the value's number.
pub fn shapes(net: &Net) -> Vec<Shape> {
    let mut shapes = vec![Shape::Scalar; net.values];
    shapes[Value::INPUT.0] = Shape::Map(net.input.1);
    for visit in net.walk() {
        match visit {
            Visit::Node(node) => shapes[node.value.0] = node.shape.clone(),
            Visit::Enter(looped) => {
                for state in &looped.states {
                    shapes[state.current.0] = state.shape.clone();
                    shapes[state.last.0] = state.shape.clone();
                }
            }
            Visit::Leave(looped) => {
                for tap in &looped.taps {
                    shapes[tap.outer.0] = shapes[tap.inner.0].clone();
                }
            }
        }
    }
    shapes
}

/// The values that a statement reads from outside itself, in order, and those that it makes for what follows it.
pub fn ends(stmt: &Stmt) -> (Vec<Value>, Vec<Value>) {
    let (mut inside, mut reads): (BTreeSet<Value>, Vec<Value>) = (BTreeSet::new(), Vec::new());
    let take = |values: Vec<Value>, inside: &BTreeSet<Value>, reads: &mut Vec<Value>| {
        reads.extend(values.into_iter().filter(|value| !inside.contains(value)));
    };
    for visit in walk(std::slice::from_ref(stmt)) {
        match visit {
            Visit::Node(node) => {
                take(node.op.reads(), &inside, &mut reads);
                inside.insert(node.value);
            }
            Visit::Enter(looped) => {
                take(looped.states.iter().map(|state| state.init).collect(), &inside, &mut reads);
                inside.extend(looped.states.iter().map(|state| state.current));
            }
            Visit::Leave(looped) => {
                take(looped.states.iter().map(|state| state.next).collect(), &inside, &mut reads);
                take(looped.taps.iter().map(|tap| tap.inner).collect(), &inside, &mut reads);
                inside.extend(looped.makes());
            }
        }
    }
    let makes = match stmt {
        Stmt::Node(node) => vec![node.value],
        Stmt::Loop(looped) => looped.makes().collect(),
    };
    (reads, makes)
}

/// Whether a statement draws random numbers.
pub fn draws(stmt: &Stmt) -> bool {
    let draws = |op: &Op| match op {
        Op::Dropout { .. } => true,
        Op::Param(_)
        | Op::Number(_)
        | Op::Zeros
        | Op::Conv { .. }
        | Op::ConvTranspose { .. }
        | Op::Local { .. }
        | Op::Dense { .. }
        | Op::Pool { .. }
        | Op::Upsample { .. }
        | Op::BatchNorm { .. }
        | Op::GroupNorm { .. }
        | Op::Lrn { .. }
        | Op::Unary { .. }
        | Op::Binary { .. }
        | Op::Reduce { .. }
        | Op::Flatten { .. }
        | Op::Concat { .. } => false,
    };
    walk(std::slice::from_ref(stmt)).any(|visit| matches!(visit, Visit::Node(node) if draws(&node.op)))
}

/// Which of the statements read each value, by their index; what `last` names is read at the index behind the last one.
pub fn readers(stmts: &[Stmt], last: &[Value]) -> BTreeMap<Value, Vec<usize>> {
    let mut readers: BTreeMap<Value, Vec<usize>> = BTreeMap::new();
    for (n, stmt) in stmts.iter().enumerate() {
        ends(stmt).0.into_iter().for_each(|value| readers.entry(value).or_default().push(n));
    }
    last.iter().for_each(|value| readers.entry(*value).or_default().push(stmts.len()));
    readers
}

/// Every parameter that the statements read, in the order in which each is first read.
pub fn params(stmts: &[Stmt]) -> Vec<ParamId> {
    let mut seen = BTreeSet::new();
    let mut params = Vec::new();
    for visit in walk(stmts) {
        if let Visit::Node(node) = visit {
            params.extend(node.op.params().into_iter().filter(|id| seen.insert(*id)));
        }
    }
    params
}
