//! A spectral convolution put together from its passes, forward and backward.

use super::Spectral;
use super::correlate::Correlate;
use super::fft_io::Circle;
use super::passes::{Columns, Mix, RowPairInverse, RowsForward};
use crate::cpu::conv::sizes::Sizes;
use crate::cpu::conv::{BackwardReads, Scratch};
use crate::cpu::epilogue::{CellRange, EpilogueRun};
use crate::cpu::lanes::LANES;
use crate::graph::Dims;
use pulp::Arch;
use std::ops::Range;

impl Spectral {
    /// Transforms the input `x`, `[inputs, height, width]` cells, multiplies it by the spectra of the kernels, and
    /// transforms the columns of the results back; [`Self::rows`] does the rows.
    pub fn forward(&self, arch: Arch, kernels: &[f32], x: &[f32], scratch: &mut Scratch) {
        let Sizes { inputs, outputs, from: [height, width], to: [to_height, _], .. } = self.sizes;
        let lens = [self.row_floats(inputs, height), self.row_floats(outputs, to_height)];
        scratch.reserve(lens, [inputs, outputs].map(|planes| self.column_floats(planes)), self.line_floats());
        let [from_rows, to_rows] = &mut scratch.rows;
        let [x_column, y_column] = &mut scratch.columns;
        let line = &mut *scratch.line;
        let circle = Circle::line(self.rows.len, width);
        let (first, planes, rows) = (0, inputs, &mut **from_rows);
        arch.dispatch(RowsForward { spectral: self, circle, height, from: x, first, planes, rows, line });
        for f in 0..self.half {
            let x = &mut x_column[..self.column_floats(inputs)];
            let from = self.at_frequency(from_rows, f, lens[0]);
            arch.dispatch(Columns { spectral: self, height, inverse: false, from, to: x, line });
            let y = &mut y_column[..self.column_floats(outputs)];
            let kernels = self.at_frequency(kernels, f, self.kernel_floats());
            arch.dispatch(Mix::<false> { spectral: self, kernels, x, y });
            let rows = self.at_frequency_mut(to_rows, f, lens[1]);
            arch.dispatch(Columns { spectral: self, height: to_height, inverse: true, from: y, to: rows, line });
        }
    }

    /// Transforms the gradients of the results; adds their products with the transform of `x` to `sums`, if there are
    /// any, and multiplies them by the spectra of the kernels to the gradient of the input, if that is wanted;
    /// transforms the columns of the latter back, and leaves the rows to [`Self::rows`].
    ///
    /// Both are done one row frequency at a time, so that the spectra of the gradients are read from the second-level
    /// cache for both. The input is transformed again: its spectra from the forward pass are too large to be kept for
    /// every step of a loop. Its rows lie in the buffer that the rows of its own gradient go to. That is safe, since at
    /// each frequency the product with `x` comes before the gradient is written, and both have the same shape,
    /// `[half, inputs, height]`.
    pub fn backward(
        &self,
        arch: Arch,
        kernels: &[f32],
        reads: BackwardReads<'_>,
        mut sums: Option<&mut [f32]>,
        scratch: &mut Scratch,
    ) {
        let Sizes { inputs, outputs, from: [x_height, x_width], to: [height, width], .. } = self.sizes;
        let lens = [self.row_floats(outputs, height), self.row_floats(inputs, x_height)];
        scratch.reserve(lens, [outputs, inputs].map(|planes| self.column_floats(planes)), self.line_floats());
        let [dy_rows, x_rows] = &mut scratch.rows;
        let [dy_column, x_column] = &mut scratch.columns;
        let line = &mut *scratch.line;
        if sums.is_some() {
            let circle = Circle::line(self.rows.len, x_width);
            let (height, from, first, planes, rows) = (x_height, reads.x, 0, inputs, &mut **x_rows);
            arch.dispatch(RowsForward { spectral: self, circle, height, from, first, planes, rows, line });
        }
        let circle = Circle::line(self.rows.len, width);
        let mut first = 0;
        for from in reads.dy {
            let (planes, rows) = (outputs, &mut **dy_rows);
            arch.dispatch(RowsForward { spectral: self, circle, height, from, first, planes, rows, line });
            first += from.len() / (height * width * LANES);
        }
        for f in 0..self.half {
            let (from, dy) = (self.at_frequency(dy_rows, f, lens[0]), &mut dy_column[..self.column_floats(outputs)]);
            arch.dispatch(Columns { spectral: self, height, inverse: false, from, to: dy, line });
            let column = &mut x_column[..self.column_floats(inputs)];
            if let Some(sums) = &mut sums {
                let from = self.at_frequency(x_rows, f, lens[1]);
                arch.dispatch(Columns { spectral: self, height: x_height, inverse: false, from, to: column, line });
                let sums = self.at_frequency_mut(sums, f, self.kernel_floats());
                arch.dispatch(Correlate { spectral: self, x: column, dy, sums });
            }
            if reads.to_input {
                let kernels = self.at_frequency(kernels, f, self.kernel_floats());
                arch.dispatch(Mix::<true> { spectral: self, kernels, x: dy, y: column });
                let rows = self.at_frequency_mut(x_rows, f, lens[1]);
                arch.dispatch(Columns {
                    spectral: self,
                    height: x_height,
                    inverse: true,
                    from: column,
                    to: rows,
                    line,
                });
            }
        }
    }

    /// Transforms the rows of some planes back, of all planes of the shape `[planes, height, width]` whose columns are
    /// back already, and hands them to their epilogue two at a time.
    pub fn rows(
        &self,
        arch: Arch,
        some: Range<usize>,
        [planes, height, width]: Dims,
        scratch: &mut Scratch,
        epilogue: &mut EpilogueRun<'_, '_>,
    ) {
        let rows = &scratch.rows[1];
        let line = &mut scratch.line;
        let circle = Circle::line(self.rows.len, width);
        for (channel, plane) in some.enumerate() {
            for row in (0..height).step_by(2) {
                let first = (channel * height + row) * width;
                let range = CellRange { channel, first, len: (height - row).min(2) * width };
                let to = epilogue.target(range);
                arch.dispatch(RowPairInverse { spectral: self, circle, plane, row, planes, height, rows, to, line });
                scratch.zeros.clear(arch, row * width, epilogue.target(range));
                epilogue.run(arch, range);
            }
        }
    }

    /// The part of `all` that belongs to one row frequency: `len` floats of an array `[half, ...]`.
    fn at_frequency<'f>(&self, all: &'f [f32], frequency: usize, len: usize) -> &'f [f32] {
        let size = len / self.half;
        &all[frequency * size..][..size]
    }

    fn at_frequency_mut<'f>(&self, all: &'f mut [f32], frequency: usize, len: usize) -> &'f mut [f32] {
        let size = len / self.half;
        &mut all[frequency * size..][..size]
    }
}
