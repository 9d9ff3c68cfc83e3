//! Which values have to be computed to have some of them.

use lcnnc_lang::ir::{Net, State, Value, Visit};
use std::collections::BTreeSet;

/// The values of a net that are computed, and the states that are carried, so that some values can be had.
pub struct Needed(BTreeSet<Value>);

impl Needed {
    pub fn of(net: &Net, roots: &[Value]) -> Self {
        let visits: Vec<Visit<'_>> = net.walk().collect();
        let mut needed = Self(roots.iter().copied().collect());
        // From the end to the beginning, once more for each loop that hands something back to its own beginning.
        loop {
            let before = needed.0.len();
            for visit in visits.iter().rev() {
                match visit {
                    Visit::Node(node) if needed.has(node.value) => needed.0.extend(node.op.reads()),
                    Visit::Node(_) => {}
                    Visit::Enter(looped) | Visit::Leave(looped) => {
                        for state in &looped.states {
                            if needed.carries(state) {
                                needed.0.extend([state.init, state.next]);
                            }
                        }
                        for tap in &looped.taps {
                            if needed.has(tap.outer) {
                                needed.0.insert(tap.inner);
                            }
                        }
                    }
                }
            }
            if needed.0.len() == before {
                return needed;
            }
        }
    }

    pub fn has(&self, value: Value) -> bool {
        self.0.contains(&value)
    }

    /// Whether a state is read by anything.
    pub fn carries(&self, state: &State) -> bool {
        self.has(state.current) || self.has(state.last)
    }
}
