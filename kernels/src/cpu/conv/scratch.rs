//! The memory that a convolution works in between its passes.

use super::zeros::Zeros;
use crate::cpu::lanes::Aligned;

/// What a convolution keeps between its passes, reused from one convolution to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Half-spectra of rows before the products and after them; or points of a row of tiles before and after; or, in
    /// the first one, planes with zeros around them.
    pub rows: [Aligned; 2],
    /// The columns of one frequency before the products and after them; or, in the first one, rows of a direct result.
    pub columns: [Aligned; 2],
    /// What the transform of one line works in.
    pub line: Aligned,
    /// The taps of sixteen kernels, one in each lane.
    pub taps: Aligned,
    /// How many hands have left half-spectra here, each a piece.
    pub hands: usize,
    /// Which results of the convolution at hand are exactly zero.
    pub zeros: Zeros,
}

impl Scratch {
    /// Makes the buffers at least this long, in floats.
    pub fn reserve(&mut self, rows: [usize; 2], columns: [usize; 2], line: usize) {
        self.rows.iter_mut().zip(rows).for_each(|(buffer, len)| buffer.reserve(len));
        self.columns.iter_mut().zip(columns).for_each(|(buffer, len)| buffer.reserve(len));
        self.line.reserve(line);
    }
}
