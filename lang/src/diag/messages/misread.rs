//! Numbers in the order of another tool, which tells a layer how much flows into it before what it makes.

use super::names::SUPERFLUOUS;
use crate::diag::{Code, Diagnostic, Span};

/// Numbers that another tool's order would give another meaning, though both compile.
pub(super) const TWO_ORDERS: Code = Code::warning(
    "L0118",
    "two_orders",
    "Numbers without names go by their order. PyTorch begins with the channels that flow in, and this language with those that a \
     layer makes: where the first number is what flows in and the others fit both orders, names say which one is meant.",
);

/// A number that a layer was given in front of its own arguments.
#[derive(Clone, Copy, Debug)]
pub struct InputsGiven<'a> {
    pub callee: &'a str,
    pub flows_in: usize,
    /// The place of that number.
    pub at: Span,
    /// The byte where the next argument begins.
    pub next: usize,
    /// How the call is written without that number.
    pub call: &'a str,
    /// How the call is written with names, if that number is not what flows in.
    pub as_it_stands: &'a str,
}

/// A layer that is given the channels that flow into it, in front of those that it makes.
pub fn inputs_given(given: &InputsGiven<'_>) -> Diagnostic {
    let InputsGiven { callee, flows_in, at, next, call, .. } = *given;
    Diagnostic::new(&SUPERFLUOUS, format!("`{callee}` is not told how much flows into it"))
        .label(at, format!("{flows_in} flow in"))
        .help(format!("what flows in says that itself: write `{call}`"))
        .edit(Span::new(at.start, next), format!("{flows_in},"), "")
}

/// The same problem of a call that is wrong, where the number may be one of the layer's own arguments as well.
pub fn either_order(given: &InputsGiven<'_>) -> Diagnostic {
    Diagnostic::new(&SUPERFLUOUS, format!("`{}` is not told how much flows into it", given.callee))
        .label(given.at, format!("{} flow in", given.flows_in))
        .help(ways(given))
}

/// A call that compiles, and whose numbers may be meant in the order of another tool.
pub fn two_orders(given: &InputsGiven<'_>) -> Diagnostic {
    Diagnostic::new(&TWO_ORDERS, format!("the numbers of `{}` can be read in two orders", given.callee))
        .label(given.at, format!("what the layer makes; {} flow in as well", given.flows_in))
        .help(ways(given))
}

fn ways(given: &InputsGiven<'_>) -> String {
    let InputsGiven { flows_in, call, as_it_stands, .. } = given;
    format!("if {flows_in} is what flows in, write `{call}`; if the layer makes as many, write `{as_it_stands}`")
}
