//! Loops: cycles, states and steps.

use super::{Code, Diagnostic, Span};
use crate::ir::Shape;

pub const CODES: &[&Code] = &[&CYCLE, &NEVER_UPDATED, &NEXT_SHAPE, &PRIMED];

const CYCLE: Code = Code::error("L0301", "A value that depends on itself has no beginning; a state gives it one.");
const NEVER_UPDATED: Code =
    Code::error("L0302", "A state without a next value stays what it was, and the loop does nothing.");
const NEXT_SHAPE: Code =
    Code::error("L0303", "What a state becomes takes its place at the next step, so it needs its shape.");
const PRIMED: Code = Code::error(
    "L0304",
    "Inside a loop `O'` is the value of state `O` at this step and `O` that of the step before; elsewhere there are no steps.",
);

/// The equations of the cycle, in the order in which each reads the next; `primed` is the state, if one of its next
/// values is among them.
pub fn cycle(names: &[(String, Span)], primed: Option<&str>) -> Diagnostic {
    const SHOWN: usize = 6;
    let mut round: Vec<&str> = names.iter().chain(names.first()).map(|(name, _)| name.as_str()).collect();
    if round.len() > 2 * SHOWN {
        round.splice(SHOWN..round.len() - 1, ["…"]);
    }
    let mut diagnostic = Diagnostic::new(&CYCLE, format!("a cycle without a state: {}", round.join(" reads ")));
    for ((name, span), (next, _)) in names.iter().zip(names.iter().cycle().skip(1)).take(SHOWN) {
        diagnostic = diagnostic.label(*span, format!("`{name}` reads `{next}`"));
    }
    match primed {
        Some(state) => diagnostic.help(format!("read `{state}`, the value of the step before, in place of `{state}'`")),
        None => {
            diagnostic.help("put the equations into a `loop` and let one of them be a state: `state O = …`, `O' = …`")
        }
    }
}

pub fn never_updated(state: &str, declared: Span, within: &str) -> Diagnostic {
    Diagnostic::new(&NEVER_UPDATED, format!("state `{state}` is never updated"))
        .label(declared, "starts here and never changes")
        .help(format!("add `{state}' = …` to loop `{within}`"))
}

pub fn next_shape(state: &str, shape: &Shape, next: &Shape, at: Span, declared: Span) -> Diagnostic {
    Diagnostic::new(&NEXT_SHAPE, format!("state `{state}` is {shape}, but its next value is {next}"))
        .label(at, format!("this is {next}"))
        .label(declared, format!("`{state}` starts as {shape}"))
        .help(format!("bring the next value to {shape}"))
}

pub fn primed_outside(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&PRIMED, format!("`{name}'` stands outside of a loop"))
        .label(span, "no step to be at")
        .help(format!("write `{name}` for the value after the last step"))
}

/// `O = …` in a loop whose state `O` is.
pub fn unprimed(state: &str, declared: Span, span: Span) -> Diagnostic {
    Diagnostic::new(&PRIMED, format!("state `{state}` is given again without a prime"))
        .label(span, "without a prime")
        .label(declared, "the state")
        .help(format!("write `{state}' = …` for its value at the next step"))
}

pub fn primed_stateless(name: &str, span: Span, within: &str) -> Diagnostic {
    Diagnostic::new(&PRIMED, format!("`{name}` is not a state of loop `{within}`"))
        .label(span, "only a state has a next value")
        .help(format!("add `state {name} = …` to the loop, or write `{name}` without the prime"))
}
