//! The functions that the language is born with; all others are `fn`s, in the prelude or in a spec.

use crate::ir::{Reduce, Unary};

/// A built-in function of one argument.
#[derive(Debug)]
pub struct Function {
    pub name: &'static str,
    pub about: &'static str,
    pub apply: Apply,
}

#[derive(Clone, Copy, Debug)]
pub enum Apply {
    /// To every entry.
    Entrywise(Unary),
    /// To one number; only where the whole batch may be looked at.
    Reduce(Reduce),
}

pub const FUNCTIONS: &[Function] = &[
    Function { name: "abs", about: "absolute value of every entry", apply: Apply::Entrywise(Unary::Abs) },
    Function { name: "exp", about: "exponential of every entry", apply: Apply::Entrywise(Unary::Exp) },
    Function { name: "log", about: "natural logarithm of every entry", apply: Apply::Entrywise(Unary::Log) },
    Function { name: "sqrt", about: "square root of every entry", apply: Apply::Entrywise(Unary::Sqrt) },
    Function { name: "square", about: "square of every entry", apply: Apply::Entrywise(Unary::Square) },
    Function { name: "sum", about: "sum of all entries", apply: Apply::Reduce(Reduce::Sum) },
    Function { name: "mean", about: "mean of all entries", apply: Apply::Reduce(Reduce::Mean) },
    Function { name: "min", about: "smallest entry", apply: Apply::Reduce(Reduce::Min) },
    Function { name: "max", about: "largest entry", apply: Apply::Reduce(Reduce::Max) },
];

pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}
