//! What can be known of a net before it runs: when each value is read for the last time.
//!
//! A tensor that is handed on instead of copied is free to be overwritten, which saves a buffer for every activation.

use crate::ir::{Net, Op, Step, Value};

#[derive(Debug)]
pub(super) struct Plan {
    /// How often each value is read after it is made and before it is made anew.
    pub reads: Vec<usize>,
    /// The literal numbers: made where they are needed and never kept.
    pub numbers: Vec<Option<f64>>,
}

impl Plan {
    pub fn of(net: &Net) -> Self {
        let (made, reads, numbers) = (vec![1; net.values], vec![0; net.values], vec![None; net.values]);
        let mut walk = Walk { made, plan: Plan { reads, numbers } };
        walk.steps(&net.body, 1);
        net.output.logits.iter().for_each(|logits| walk.read(*logits, 1));
        for penalty in &net.penalties {
            walk.read(penalty.value, 1);
        }
        walk.plan
    }
}

struct Walk {
    /// How often the body that makes each value runs.
    made: Vec<usize>,
    plan: Plan,
}

impl Walk {
    fn read(&mut self, value: Value, times: usize) {
        self.plan.reads[value.0] += times.checked_div(self.made[value.0]).unwrap_or(0);
    }

    fn steps(&mut self, steps: &[Step], times: usize) {
        for step in steps {
            match step {
                Step::Node(node) => {
                    node.op.reads().into_iter().for_each(|value| self.read(value, times));
                    self.made[node.value.0] = times;
                    if let Op::Number(x) = node.op {
                        self.plan.numbers[node.value.0] = Some(x);
                    }
                }
                Step::Loop(region) => {
                    let inside = times.saturating_mul(region.steps);
                    for state in &region.states {
                        self.read(state.init, times);
                        self.made[state.current.0] = inside;
                        self.made[state.last.0] = times;
                    }
                    region.taps.iter().for_each(|tap| self.made[tap.outer.0] = times);
                    self.steps(&region.body, inside);
                    // At any step it may be the last time: what a step leaves over, the next one makes anew.
                    region.taps.iter().for_each(|tap| self.read(tap.inner, inside));
                    region.states.iter().for_each(|state| self.read(state.next, inside));
                }
            }
        }
    }
}
