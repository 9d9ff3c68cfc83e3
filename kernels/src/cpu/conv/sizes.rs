//! The sizes of a convolution of stride 1 without groups, which every method that transforms must know.

use crate::graph::Bank;

/// The sizes of a convolution of `[inputs, ...]` planes to `[outputs, ...]` planes, of stride 1 and in one direction.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Planes that are read.
    pub inputs: usize,
    /// Planes that are made, by all members of a bank together.
    pub outputs: usize,
    /// Height, and width, of a kernel in pixels.
    pub kernel: usize,
    /// Zeros around each side of an input plane, in pixels.
    pub pad: usize,
    /// Height and width of an input plane.
    pub from: [usize; 2],
    /// Height and width of an output plane.
    pub to: [usize; 2],
}

impl Sizes {
    /// The sizes of a bank that is plain, in the forward direction.
    pub fn new(bank: &Bank) -> Self {
        let Bank { inputs, kernel, pad, from, .. } = *bank;
        Self { inputs, outputs: bank.outputs(), kernel, pad, from, to: bank.to() }
    }

    /// The sizes of the backward direction: the gradient of the inputs is a convolution of the gradient of the outputs,
    /// by mirrored kernels.
    pub fn backward(&self) -> Self {
        let Self { inputs, outputs, kernel, pad, from, to } = *self;
        Self { inputs: outputs, outputs: inputs, kernel, pad: kernel - 1 - pad, from: to, to: from }
    }

    /// Whether a kernel's tap, counted from 0 row by row, ever lies on a pixel of the plane. The gradient of a tap that
    /// only ever sees padding is exactly zero, which a transform does not give.
    pub fn meets(&self, tap: usize) -> bool {
        let Self { kernel, pad, from, to, .. } = *self;
        let on = |axis: usize, tap: usize| tap < from[axis] + pad && tap + to[axis] > pad;
        on(0, tap / kernel) && on(1, tap % kernel)
    }
}
