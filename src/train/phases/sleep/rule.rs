//! The rules by which kernels come to be alike, on the weights of a layer.

use super::layer::Layer;
use lcnnc_lang::vocabulary::{Bound, sharing};

/// A rule with its numbers.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    Mean,
}

impl Rule {
    /// The rule that a call names.
    ///
    /// # Panics
    /// If the call was not bound against [`sharing::CALLABLES`]; no spec can bring that about.
    pub fn new(call: &Bound) -> Self {
        let _ = sharing::CALLABLES;
        match call.callee {
            "mean" => Rule::Mean,
            other => unreachable!("no rule is called `{other}`"),
        }
    }

    /// Lets the kernels of a layer come to be alike. `stream` is the seed, the number of the sleep and that of the layer, from which
    /// random numbers are drawn.
    pub fn relax(&self, layer: &Layer, weights: &mut [f32], _stream: [u64; 3]) {
        match self {
            Rule::Mean => layer.share(weights),
        }
    }
}
