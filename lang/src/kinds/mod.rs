//! The layer kinds, one file each, which declares a kind's arguments and says how it becomes primitives.
//!
//! A kind says nothing of shapes: the builder checks and computes them as the kind appends. Grammar, checks, back ends,
//! docs and tests come along, because they walk [`KINDS`].

mod activations;
mod avg_pool;
mod batch_norm;
mod concat;
mod conv;
mod conv_transpose;
mod dense;
mod depthwise;
mod dropout;
mod flatten;
mod gain;
mod global_avg_pool;
mod group_norm;
mod kernel;
mod layer_norm;
mod local;
mod lrn;
mod max_pool;
mod norm;
mod pool;
mod shift;
mod upsample;
pub mod weights;
mod zeros;

use crate::ir::{Binary, Builder, Fault, Init, Param, ParamClass, ParamId, Shape, Value};
use crate::vocabulary::{Arg, Bound};
pub use weights::Traits;

/// Every layer kind, in the order of the manual.
pub const KINDS: &[&Kind] = &[
    &conv::KIND,
    &conv_transpose::KIND,
    &local::KIND,
    &depthwise::KIND,
    &dense::KIND,
    &max_pool::KIND,
    &avg_pool::KIND,
    &global_avg_pool::KIND,
    &upsample::KIND,
    &batch_norm::KIND,
    &group_norm::KIND,
    &layer_norm::KIND,
    &lrn::KIND,
    &dropout::KIND,
    &activations::RELU,
    &activations::TANH,
    &activations::SIGMOID,
    &activations::SOFTPLUS,
    &activations::GELU,
    &flatten::KIND,
    &concat::KIND,
    &gain::KIND,
    &shift::KIND,
    &zeros::KIND,
];

/// A layer kind, as a spec calls it and as a bundle may be declared for it.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    /// One line on what the layer does, for the manual.
    pub about: &'static str,
    pub inputs: Inputs,
    /// The arguments of its own, in the order in which they may be given without their names.
    pub args: &'static [Arg],
    /// The arguments that it takes because it owns weights, always by name: one of the lists in [`weights`], or
    /// nothing.
    pub weights: &'static [Arg],
    /// For a kind that bundles are declared for: how much of an input `in` of `kind(in -> out)` counts, as channels or
    /// all entries; none for a kind that is only called.
    pub bundle: Option<fn(&Shape) -> usize>,
    /// An equation that uses the kind on `image: [3, 8, 8]`.
    pub example: &'static str,
    pub lower: fn(&mut Site<'_>, &Bound, &[Value]) -> Result<Value, Fault>,
}

/// How many values a kind is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inputs {
    None,
    One,
    Several,
}

/// The place where a kind is applied: the net that it appends to, and the name that its parameters go by.
#[derive(Debug)]
pub struct Site<'a> {
    pub net: &'a mut Builder,
    pub owner: &'a str,
    /// What the layer's author asks of its weights.
    pub traits: Traits<'a>,
}

impl Site<'_> {
    /// A parameter of this layer, shared with every other application of the same bundle. A kernel begins with `init`
    /// only where the author asks for nothing else. Where each step has a parameter of its own, this is the first
    /// step's.
    pub fn param(&mut self, leaf: &str, shape: &[usize], init: Init, class: ParamClass) -> Result<ParamId, Fault> {
        let traits = self.traits;
        let named = |name: String| traits.given_to(Param::new(&name, shape, init, class));
        if !traits.per_step {
            return self.net.own(named(format!("{}.{leaf}", self.owner))?);
        }
        let steps = self.net.steps().ok_or(Fault::Stepless)?;
        let each = (1..=steps).map(|step| self.net.own(named(format!("{}.{step}.{leaf}", self.owner))?));
        let each = each.collect::<Result<Vec<_>, _>>()?;
        self.net.vary(each)
    }

    /// A bias of that shape, if the layer's arguments ask for one.
    fn bias(&mut self, args: &Bound, shape: &[usize], init: Init) -> Result<Option<ParamId>, Fault> {
        if args.bool("bias") { self.param("bias", shape, init, ParamClass::Bias).map(Some) } else { Ok(None) }
    }
}

/// The kind of that name, if there is one.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name).copied()
}

/// A learned number for each channel, which begins at `start` and goes with all of the channel's entries.
fn channelwise(site: &mut Site<'_>, f: Binary, args: &Bound, x: Value) -> Result<Value, Fault> {
    let found = site.net.shape(x).clone();
    if !found.per_image() {
        return Err(Fault::Wanted { wanted: "a feature map or a vector", found });
    }
    let init = Init::Constant(args.real("start"));
    let learned = site.param("weight", &[found.channels()], init, ParamClass::Norm)?;
    let learned = site.net.read(learned);
    site.net.binary(f, x, learned)
}
