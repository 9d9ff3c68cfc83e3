//! The same net with more values that can be read behind its last statement.

use lcnnc_lang::ir::{Loop, Net, Stmt, Tap, Traced, Value, at_steps};

/// A net that means what `net` means and hands the named values of those numbers in [`Net::traced`] out of every loop around them, each
/// at its step; and the value that each of them is behind the last statement.
///
/// # Panics
/// If the net has no value of such a number.
pub fn tapped(net: &Net, numbers: &[usize]) -> (Net, Vec<Value>) {
    let (mut net, traced) = (net.clone(), net.traced());
    let values = numbers.iter().map(|number| tap(&mut net, &traced[*number])).collect();
    (net, values)
}

/// Hands a value out of the loops around it, the innermost first.
fn tap(net: &mut Net, traced: &Traced) -> Value {
    let Net { body, values, .. } = net;
    let around = around(body, traced.value).unwrap_or_default();
    let (mut value, mut around) = (traced.value, around.as_slice());
    while let Some((_, outer)) = around.split_last() {
        let (Some(looped), Some(step)) = (at(body, around), traced.steps.get(outer.len())) else { break };
        let title = at_steps(&traced.name, &traced.steps[outer.len()..]);
        value = handed_out(looped, value, *step, title, values);
        around = outer;
    }
    value
}

/// The value that one of a loop's body at a step is behind the loop.
fn handed_out(looped: &mut Loop, inner: Value, step: usize, name: String, values: &mut usize) -> Value {
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

/// The places of the loops around a value, in the body of the loop before it each, the outermost first.
fn around(body: &[Stmt], value: Value) -> Option<Vec<usize>> {
    for (n, stmt) in body.iter().enumerate() {
        match stmt {
            Stmt::Node(node) if node.value == value => return Some(Vec::new()),
            Stmt::Node(_) => {}
            Stmt::Loop(looped) if looped.makes().any(|made| made == value) => return Some(Vec::new()),
            Stmt::Loop(looped) => {
                let is_state = looped.states.iter().any(|state| state.current == value);
                let inside = if is_state { Some(Vec::new()) } else { around(&looped.body, value) };
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
