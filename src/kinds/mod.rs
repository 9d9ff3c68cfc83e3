//! The layer kinds: one file each, which declares its arguments and says how it becomes primitives.
//!
//! A kind says nothing of shapes: the builder checks and computes them as the kind appends. Grammar, checks, back ends,
//! docs and tests come along, because they walk [`KINDS`].

mod activations;
mod avg_pool;
mod batch_norm;
mod concat;
mod conv;
mod dense;
mod dropout;
mod flatten;
mod gain;
mod global_avg_pool;
mod max_pool;
mod pool;
pub mod weights;

use crate::ir::{Builder, Fault, Init, Param, ParamClass, ParamId, Shape, Value};
use crate::schema::{Arg, Bound};
pub use weights::Traits;

/// Every layer kind, in the order of the manual.
pub const KINDS: &[&Kind] = &[
    &conv::KIND,
    &dense::KIND,
    &max_pool::KIND,
    &avg_pool::KIND,
    &global_avg_pool::KIND,
    &batch_norm::KIND,
    &dropout::KIND,
    &activations::RELU,
    &activations::TANH,
    &activations::SIGMOID,
    &activations::SOFTPLUS,
    &flatten::KIND,
    &concat::KIND,
    &gain::KIND,
];

/// A layer kind.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    /// One line, for the manual.
    pub about: &'static str,
    pub inputs: Inputs,
    /// In the order in which they may be given without their names.
    pub args: &'static [Arg],
    /// What it takes besides, always by name, because it owns weights: one of the lists in [`weights`], or nothing.
    pub weights: &'static [Arg],
    /// How much of its input `in` of a declared bundle `kind(in -> out)` counts; none for a kind that is only called.
    pub bundle: Option<fn(&Shape) -> usize>,
    /// An equation that uses it on `image: [3, 8, 8]`.
    pub example: &'static str,
    pub lower: fn(&mut Site<'_>, &Bound, &[Value]) -> Result<Value, Fault>,
}

/// How many values a kind is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inputs {
    One,
    Several,
}

/// The place where a kind is applied: the net it appends to and the name its parameters go by.
#[derive(Debug)]
pub struct Site<'a> {
    pub net: &'a mut Builder,
    pub owner: &'a str,
    /// What its author asks of its weights.
    pub traits: Traits<'a>,
}

impl Site<'_> {
    /// A parameter of this layer, shared with every other application of the same bundle. A kernel begins with `init`
    /// only where its author asks for nothing else.
    pub fn param(&mut self, leaf: &str, shape: &[usize], init: Init, class: ParamClass) -> Result<ParamId, Fault> {
        let param = Param::new(&format!("{}.{leaf}", self.owner), shape, init, class);
        self.net.own(self.traits.given_to(param)?)
    }
}

/// The kind of that name.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name).copied()
}
