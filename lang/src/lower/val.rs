//! What expressions come to.

use crate::front::const_eval::Const;
use crate::ir::Value;

/// A bundle of the spec or of any copy of a block, by its number in order of declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BundleId(pub usize);

/// What an expression comes to.
#[derive(Clone, Debug)]
pub(super) enum Val {
    /// Something broken, already reported: whatever reads it stays silent, so that one mistake is one message.
    Poison,
    /// A number, a word, true or false: known before the run.
    Const(Const),
    /// A value of the net.
    Value(Value),
    /// A bundle, to be applied, or to be looked at by a penalty.
    Weights(BundleId),
    /// Many weights: `weights` and `parameters`.
    Group(Vec<Value>),
    /// A value for each step of a loop, in order.
    Series(Vec<Value>),
}

impl Val {
    /// A number that is known before the run.
    pub fn number(x: f64) -> Self {
        Val::Const(Const::Number(x))
    }
}
