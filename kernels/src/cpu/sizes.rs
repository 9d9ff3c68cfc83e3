//! What every way of doing a convolution must know of it.

use crate::graph::Bank;

#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub inputs: usize,
    pub outputs: usize,
    pub kernel: usize,
    pub pad: usize,
    /// Height and width of an input plane.
    pub from: [usize; 2],
    /// Height and width of an output plane.
    pub to: [usize; 2],
}

impl Sizes {
    pub fn new(bank: &Bank) -> Self {
        let Bank { inputs, kernel, pad, from, .. } = *bank;
        Self { inputs, outputs: bank.outputs(), kernel, pad, from, to: bank.to() }
    }

    /// The convolution that takes the gradient of the outputs to that of the inputs, by mirrored kernels.
    pub fn back(&self) -> Self {
        let Self { inputs, outputs, kernel, pad, from, to } = *self;
        Self { inputs: outputs, outputs: inputs, kernel, pad: kernel - 1 - pad, from: to, to: from }
    }

    /// Does a kernel's tap, named by its place in the kernel, ever lie on the plane? The gradient of a tap that only sees
    /// padding is exactly zero, which a transform does not give.
    pub fn meets(&self, tap: usize) -> bool {
        let Self { kernel, pad, from, to, .. } = *self;
        let on = |axis: usize, tap: usize| tap < from[axis] + pad && tap + to[axis] > pad;
        on(0, tap / kernel) && on(1, tap % kernel)
    }
}
