//! The sums of the gradients of a bank's kernels.

use super::sizes::Sizes;
use crate::graph::Slot;

/// The sums of the gradients of a bank's kernels over a block of images.
///
/// A loop goes through the same kernels at every step. Products of spectra, or of points of tiles, can be summed over
/// all steps as they are, since a transform is linear: so the sums are transformed back to taps only once, at the end of
/// the block.
pub struct GradientSums<'a> {
    /// Sums of products of what the algorithm transforms to; empty for sums tap by tap.
    pub transformed: &'a mut [f32],
    /// The gradients of all parameters in a row.
    pub gradients: &'a mut [f32],
    /// The place of the first number of each parameter in `gradients`.
    pub offsets: &'a [usize],
    /// Which parameters' gradients are wanted.
    pub wanted: &'a [bool],
}

impl GradientSums<'_> {
    /// The gradient of a parameter of this length, if it is wanted.
    pub fn of(&mut self, slot: Slot, len: usize) -> Option<&mut [f32]> {
        self.wanted[slot].then(|| &mut self.gradients[self.offsets[slot]..][..len])
    }

    /// Adds to the gradient of one kernel, `[kernel, kernel]`: the `index`th of a parameter. Taps that only ever see
    /// padding are left out, since their gradient is exactly zero and the transform has made rounding errors of it.
    pub fn add(&mut self, sizes: &Sizes, slot: Slot, index: usize, taps: impl Iterator<Item = f32>) {
        if self.wanted[slot] {
            let size = sizes.kernel * sizes.kernel;
            let to = self.gradients[self.offsets[slot] + index * size..][..size].iter_mut().zip(taps).enumerate();
            to.filter(|(tap, _)| sizes.meets(*tap)).for_each(|(_, (sum, tap))| *sum += tap);
        }
    }
}
