//! The functions that the language is born with; all others are `fn`s, in the prelude or in a spec.

use crate::ir::{Reduce, Unary};

/// A built-in function of one argument.
#[derive(Debug)]
pub struct BuiltIn {
    pub name: &'static str,
    pub about: &'static str,
    pub apply: Apply,
}

/// How a built-in function is applied.
#[derive(Clone, Copy, Debug)]
pub enum Apply {
    /// The function is applied to every entry.
    Entrywise(Unary),
    /// All entries become one number; only where the whole batch may be looked at.
    Reduce(Reduce),
    /// The values of every step of a loop become one.
    Steps(Steps),
}

/// How the values of every step become one, entry by entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    Sum,
    Mean,
}

const fn entrywise(name: &'static str, about: &'static str, f: Unary) -> BuiltIn {
    BuiltIn { name, about, apply: Apply::Entrywise(f) }
}

const fn reduce(name: &'static str, about: &'static str, f: Reduce) -> BuiltIn {
    BuiltIn { name, about, apply: Apply::Reduce(f) }
}

const fn steps(name: &'static str, about: &'static str, how: Steps) -> BuiltIn {
    BuiltIn { name, about, apply: Apply::Steps(how) }
}

/// Every built-in function, in the order of the manual.
pub const FUNCTIONS: &[BuiltIn] = &[
    entrywise("abs", "absolute value of every entry", Unary::Abs),
    entrywise("exp", "exponential of every entry", Unary::Exp),
    entrywise("log", "natural logarithm of every entry", Unary::Log),
    entrywise("sqrt", "square root of every entry", Unary::Sqrt),
    entrywise("square", "square of every entry", Unary::Square),
    reduce("sum", "sum of all entries; in penalties", Reduce::Sum),
    reduce("mean", "mean of all entries; in penalties", Reduce::Mean),
    reduce("min", "smallest entry; in penalties", Reduce::Min),
    reduce("max", "largest entry; in penalties", Reduce::Max),
    steps("step_sum", "sum of the values of every step of a loop, entry by entry: `step_sum(O@all)`", Steps::Sum),
    steps("step_mean", "mean of the values of every step of a loop, entry by entry: `step_mean(O@all)`", Steps::Mean),
];

/// The built-in function of that name, if there is one.
pub fn find(name: &str) -> Option<&'static BuiltIn> {
    FUNCTIONS.iter().find(|function| function.name == name)
}
