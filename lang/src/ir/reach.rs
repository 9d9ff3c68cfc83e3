//! Reachability: which parameters a value depends on.

use super::{Net, ParamId, Value};
use std::collections::BTreeSet;

/// Every parameter that a value depends on, through any step of any loop.
pub fn params(net: &Net, value: Value) -> BTreeSet<ParamId> {
    of_any(net, &[value])
}

/// Every parameter that one of several values depends on.
pub fn of_any(net: &Net, values: &[Value]) -> BTreeSet<ParamId> {
    let mut reads: Vec<Vec<Value>> = vec![Vec::new(); net.values];
    let mut owned: Vec<Vec<ParamId>> = vec![Vec::new(); net.values];
    for node in net.nodes() {
        reads[node.value.0] = node.op.reads();
        owned[node.value.0] = node.op.params().into_iter().flat_map(|id| net.versions(id)).collect();
    }
    for looped in net.loops() {
        for state in &looped.states {
            reads[state.current.0] = vec![state.init, state.next];
            reads[state.last.0] = vec![state.init, state.next];
        }
        for tap in &looped.taps {
            reads[tap.outer.0] = vec![tap.inner];
        }
    }
    let (mut seen, mut pending, mut found) = (vec![false; net.values], values.to_vec(), BTreeSet::new());
    while let Some(value) = pending.pop() {
        if !std::mem::replace(&mut seen[value.0], true) {
            pending.extend(&reads[value.0]);
            found.extend(&owned[value.0]);
        }
    }
    found
}
