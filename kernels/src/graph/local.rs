//! Convolutions whose kernels differ from place to place.

use super::Slot;

/// A convolution without weight sharing: each place of the result has kernels of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Local {
    /// The parameter that holds the kernels, `[height, width, outputs, inputs, kernel, kernel]`; height and width are those of
    /// the result.
    pub weight: Slot,
    /// The parameter that holds a number for each place of each result, `[outputs, height, width]`, which is added to it; none
    /// if nothing is added.
    pub bias: Option<Slot>,
    /// Channels of the input.
    pub inputs: usize,
    /// Channels of the result.
    pub outputs: usize,
    /// Height, and width, of a kernel in pixels.
    pub kernel: usize,
    /// Pixels from one window to the next, on both axes.
    pub stride: usize,
    /// Zeros around each side of the input's planes, in pixels.
    pub pad: usize,
    /// Height and width of an input plane.
    pub from: [usize; 2],
}

impl Local {
    /// Height and width of the result's planes.
    pub fn to(&self) -> [usize; 2] {
        self.from.map(|size| (size + 2 * self.pad - self.kernel) / self.stride + 1)
    }

    /// Pixels in all planes of the result.
    pub fn places(&self) -> usize {
        self.to().iter().product()
    }

    /// Weights that one number of the result has: those of a window of all inputs.
    pub fn taps(&self) -> usize {
        self.inputs * self.kernel * self.kernel
    }

    /// Weights in all kernels of all places.
    pub fn weights(&self) -> usize {
        self.places() * self.outputs * self.taps()
    }
}
