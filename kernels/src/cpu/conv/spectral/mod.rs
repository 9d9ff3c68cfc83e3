//! Convolution through Fourier transforms of whole planes.
//!
//! A plane of activity is transformed once and then serves every kernel that reads it, at one multiplication for each
//! frequency where the direct sum takes one for each tap.
//!
//! Rows come first: two real rows are the two parts of one complex row, and the frequencies above the middle are not
//! kept, since they mirror those below. Then, one row frequency after the other, come the columns of all channels, the
//! products, and the columns back: that much fits into the second-level cache.
//!
//! `dft` and `fft` are the transforms, `fft_io` is what they read and write, `passes` are the passes over planes,
//! `correlate` multiplies for the gradients of kernels, `kernels` transforms kernels, and `convolve` puts all together.

mod convolve;
mod correlate;
mod dft;
mod fft;
mod fft_io;
mod kernels;
mod passes;

use super::sizes::Sizes;
use crate::cpu::lanes::LANES;
use crate::graph::Bank;
use fft::Fft;

/// The sizes of a convolution, and how its planes are transformed.
#[derive(Debug)]
pub struct Spectral {
    pub sizes: Sizes,
    /// The transform of a row.
    rows: Fft,
    /// The transform of a column.
    columns: Fft,
    /// Frequencies that are kept along a row; the others mirror them.
    half: usize,
    /// Pairs of an input and an output, rounded up to whole cells.
    pairs: usize,
}

impl Spectral {
    /// Chooses the transforms for a bank.
    ///
    /// A product of spectra is a convolution on a circle, on which a kernel that reaches over the edge of the plane
    /// meets its other edge. That must not reach the pixels that are kept. `size + 2 pad` points would keep all zeros
    /// of the padding apart, but one side is enough: what wraps around on the left finds the zeros that were put on the
    /// right. So `size + pad` points do, and no fewer than the kernel has taps. The backward direction needs as many:
    /// its planes are smaller by as much as its padding is larger.
    pub fn new(bank: &Bank) -> Self {
        let sizes = Sizes::new(bank);
        let [columns, rows] = sizes.from.map(|size| Fft::new(Fft::fitting((size + sizes.pad).max(sizes.kernel))));
        let (half, pairs) = (rows.len / 2 + 1, (sizes.inputs * sizes.outputs).next_multiple_of(LANES));
        Self { sizes, rows, columns, half, pairs }
    }

    /// Height and width of the circle that planes are transformed on, in points.
    pub fn size(&self) -> [usize; 2] {
        [self.columns.len, self.rows.len]
    }

    /// Points that are multiplied: those of the half-spectrum of a plane.
    pub fn points(&self) -> usize {
        self.half * self.columns.len
    }

    /// Floats of the spectra of so many planes at one row frequency, `[planes, n, 2]` cells.
    fn column_floats(&self, planes: usize) -> usize {
        planes * self.columns.len * 2 * LANES
    }

    /// Floats of the half-spectra of the rows of so many planes, `[half, planes, height, 2]` cells.
    fn row_floats(&self, planes: usize, height: usize) -> usize {
        self.half * planes * height * 2 * LANES
    }

    /// Floats of the spectra of all kernels, `[half, n, 2, pairs]`; sums of products of spectra have the same shape.
    pub fn kernel_floats(&self) -> usize {
        self.points() * 2 * self.pairs
    }

    /// Floats that the transform of one line works in: two complex lines for the passes between, and two for what is
    /// transformed and for the result.
    fn line_floats(&self) -> usize {
        8 * self.rows.len.max(self.columns.len) * LANES
    }

    /// Floats that a thread needs for planes between two passes, in either direction.
    pub fn scratch_floats(&self) -> usize {
        let Sizes { inputs, outputs, from, to, .. } = self.sizes;
        let (planes, height) = (inputs.max(outputs), from[0].max(to[0]));
        2 * (self.row_floats(planes, height) + self.column_floats(planes)) + self.line_floats()
    }
}
