//! The same net with more values that can be read behind its last statement.

use super::{Loop, Net, Stmt, Tap, Traced, Value};

impl Net {
    /// A net that means what this one means, and gives the named values of those numbers in [`Net::traced`] behind its last statement; and
    /// the value that each of them is there. What is made in a loop's body is handed out of every loop around it, at its step.
    ///
    /// # Panics
    /// If the net has no value of such a number.
    pub fn tapped(&self, numbers: &[usize]) -> (Net, Vec<Value>) {
        let (mut net, traced) = (self.clone(), self.traced());
        let values = numbers.iter().map(|number| tap(&mut net, &traced[*number])).collect();
        (net, values)
    }
}

/// Hands a value out of the loops around it, the innermost first.
fn tap(net: &mut Net, traced: &Traced) -> Value {
    let Net { body, values, .. } = net;
    let around = around(body, traced.value).unwrap_or_default();
    let (mut value, mut around) = (traced.value, around.as_slice());
    while let Some((_, outer)) = around.split_last() {
        let (Some(looped), Some(step)) = (at(body, around), traced.steps.get(outer.len())) else { break };
        let title = super::at_steps(&traced.name, &traced.steps[outer.len()..]);
        value = tapped(looped, value, *step, title, values);
        around = outer;
    }
    value
}

/// The value behind a loop that a value of its body is there at a step.
fn tapped(looped: &mut Loop, inner: Value, step: usize, name: String, values: &mut usize) -> Value {
    if let Some(state) = looped.states.iter().find(|state| state.next == inner && step == looped.steps) {
        return state.last;
    }
    if let Some(tap) = looped.taps.iter().find(|tap| tap.inner == inner && tap.step == step) {
        return tap.outer;
    }
    let outer = Value(*values);
    *values += 1;
    looped.taps.push(Tap { name, inner, step, outer });
    outer
}

/// The place of the statement in each body that holds a value, the outermost first: one place for each loop around it.
fn around(body: &[Stmt], value: Value) -> Option<Vec<usize>> {
    for (n, stmt) in body.iter().enumerate() {
        match stmt {
            Stmt::Node(node) if node.value == value => return Some(Vec::new()),
            Stmt::Node(_) => {}
            Stmt::Loop(looped) => {
                if looped.makes().any(|made| made == value) {
                    return Some(Vec::new());
                }
                let inside = if looped.states.iter().any(|state| state.current == value) {
                    Some(Vec::new())
                } else {
                    around(&looped.body, value)
                };
                if let Some(inside) = inside {
                    return Some([vec![n], inside].concat());
                }
            }
        }
    }
    None
}

fn at<'a>(body: &'a mut [Stmt], places: &[usize]) -> Option<&'a mut Loop> {
    let (first, rest) = places.split_first()?;
    let Stmt::Loop(looped) = body.get_mut(*first)? else { return None };
    if rest.is_empty() { Some(looped) } else { at(&mut looped.body, rest) }
}
