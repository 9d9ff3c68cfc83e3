//! A spectral convolution put together from its passes, forward and backward.
//!
//! The hands first share the planes whose rows are transformed, then the frequencies of the rows, and then the planes of the
//! result. So the half-spectra of rows lie in *pieces*: one after the other those of each hand's planes,
//! `[half, planes of the piece, height, 2]` cells.

use super::Spectral;
use super::correlate::Correlate;
use super::passes::{Columns, Mix, RowPairInverse, RowsForward};
use crate::cpu::conv::sizes::Sizes;
use crate::cpu::conv::{BackwardReads, Results, Scratch};
use crate::cpu::epilogue::{CellRange, EpilogueRun};
use crate::cpu::hands::{self, Hand, share_size, shares, split};
use crate::cpu::lanes::LANES;
use crate::graph::Dims;
use pulp::Arch;
use std::ops::Range;

/// How the half-spectra of the rows of some planes lie in pieces.
struct Pieces {
    /// The planes of each piece.
    shares: Vec<Range<usize>>,
    /// Rows of a plane.
    height: usize,
    /// Row frequencies.
    half: usize,
}

impl Pieces {
    /// The number of floats that the planes of a share have at one frequency.
    fn size(&self, share: &Range<usize>) -> usize {
        share.len() * self.height * 2 * LANES
    }

    /// The pieces of half-spectra.
    fn of<'r>(&self, rows: &'r [f32]) -> Vec<&'r [f32]> {
        let start = |share: &Range<usize>| share.start * self.height * 2 * LANES * self.half;
        self.shares.iter().map(|share| &rows[start(share)..][..self.size(share) * self.half]).collect()
    }

    fn of_mut<'r>(&self, rows: &'r mut [f32]) -> Vec<&'r mut [f32]> {
        split(rows, &self.shares, self.height * 2 * LANES * self.half)
    }

    /// For each of these ranges of frequencies, its stretch of every piece.
    fn by_frequency<'r>(&self, rows: &'r mut [f32], frequencies: &[Range<usize>]) -> Vec<Vec<&'r mut [f32]>> {
        let mut stretches: Vec<Vec<&mut [f32]>> = frequencies.iter().map(|_| Vec::new()).collect();
        for (share, piece) in self.shares.iter().zip(self.of_mut(rows)) {
            let own = split(piece, frequencies, self.size(share));
            stretches.iter_mut().zip(own).for_each(|(stretches, own)| stretches.push(own));
        }
        stretches
    }
}

impl Spectral {
    fn pieces(&self, planes: usize, height: usize, hands: &[Hand]) -> Pieces {
        Pieces { shares: shares(planes, 1, hands.len()), height, half: self.half }
    }

    /// Transforms the rows of planes, `[planes, height, width]` cells in one slice or in several, into pieces.
    fn rows_forward(
        &self,
        arch: Arch,
        pieces: &Pieces,
        (width, from): (usize, &[&[f32]]),
        rows: &mut [f32],
        hands: &mut [Hand],
    ) {
        let size = [pieces.height, width];
        let plane = pieces.height * width * LANES;
        let own: Vec<(Range<usize>, &mut [f32])> = pieces.shares.iter().cloned().zip(pieces.of_mut(rows)).collect();
        hands::work(hands, own, |Hand { scratch, .. }, (share, rows)| {
            scratch.line.reserve(self.line_floats());
            let mut before = 0;
            for from in from {
                // The planes of the share that are in this slice.
                let (planes, count) = (share.len(), from.len() / plane);
                let [start, end] = [share.start, share.end].map(|n| n.clamp(before, before + count));
                if start < end {
                    let from = &from[(start - before) * plane..(end - before) * plane];
                    let (first, rows, line) = (start - share.start, &mut *rows, &mut *scratch.line);
                    arch.dispatch(RowsForward { spectral: self, size, from, first, planes, rows, line });
                }
                before += count;
            }
        });
    }

    /// Transforms the columns of all planes at one row frequency, of which each piece has a stretch, to spectra.
    fn columns_forward<'r>(
        &self,
        arch: Arch,
        height: usize,
        from: impl Iterator<Item = &'r [f32]>,
        to: &mut [f32],
        line: &mut [f32],
    ) {
        let mut rest = to;
        for from in from {
            let planes = from.len() / (height * 2 * LANES);
            let (to, behind) = rest.split_at_mut(self.column_floats(planes));
            arch.dispatch(Columns { spectral: self, height, inverse: false, from, to, line });
            rest = behind;
        }
    }

    /// Transforms spectra at one row frequency back to columns, of which each piece has a stretch.
    fn columns_inverse<'r>(
        &self,
        arch: Arch,
        height: usize,
        from: &[f32],
        to: impl Iterator<Item = &'r mut [f32]>,
        line: &mut [f32],
    ) {
        let mut rest = from;
        for to in to {
            let (from, behind) = rest.split_at(self.column_floats(to.len() / (height * 2 * LANES)));
            arch.dispatch(Columns { spectral: self, height, inverse: true, from, to, line });
            rest = behind;
        }
    }

    /// Transforms the input `x`, `[inputs, height, width]` cells, multiplies it by the spectra of the kernels, and
    /// transforms the columns of the results back; [`Self::rows`] does the rows.
    pub fn forward(&self, arch: Arch, kernels: &[f32], x: &[f32], hands: &mut [Hand], scratch: &mut Scratch) {
        let Sizes { inputs, outputs, from: [height, width], to: [to_height, _], .. } = self.sizes;
        // Where the spectra of the input and of the results are of one shape, they share one buffer: at each frequency the input
        // is read before a result is written. Two of them would not fit into the second-level cache.
        let in_place = inputs == outputs && height == to_height;
        let x_floats = if in_place { 0 } else { self.row_floats(inputs, height) };
        scratch.reserve([x_floats, self.row_floats(outputs, to_height)], [0, 0], 0);
        let kernels = &kernels[..self.kernel_floats()];
        let [x_pieces, y_pieces] =
            [(inputs, height), (outputs, to_height)].map(|(planes, height)| self.pieces(planes, height, hands));
        let [x_rows, y_rows] = &mut scratch.rows;
        self.rows_forward(arch, &x_pieces, (width, &[x]), if in_place { y_rows } else { x_rows }, hands);
        let frequencies = shares(self.half, 1, hands.len());
        let own = frequencies.iter().cloned().zip(y_pieces.by_frequency(y_rows, &frequencies)).collect();
        let apart = (!in_place).then(|| x_pieces.of(x_rows));
        hands::work(hands, own, |Hand { scratch, .. }, (share, mut y_rows): (Range<usize>, Vec<&mut [f32]>)| {
            let columns = [inputs, outputs].map(|planes| self.column_floats(planes));
            scratch.reserve([0, 0], columns, self.line_floats());
            let ([x_column, y_column], line) = (&mut scratch.columns, &mut *scratch.line);
            let (x, y) = (&mut x_column[..columns[0]], &mut y_column[..columns[1]]);
            for (n, f) in share.clone().enumerate() {
                match &apart {
                    Some(rows) => {
                        let from = rows.iter().map(|piece| stretch(piece, f, self.half));
                        self.columns_forward(arch, height, from, x, line);
                    }
                    None => {
                        let from = y_rows.iter().map(|piece| stretch(piece, n, share.len()));
                        self.columns_forward(arch, height, from, x, line);
                    }
                }
                let kernels = stretch(kernels, f, self.half);
                arch.dispatch(Mix::<false> { spectral: self, kernels, x, y });
                let to = y_rows.iter_mut().map(|piece| stretch_mut(piece, n, share.len()));
                self.columns_inverse(arch, to_height, y, to, line);
            }
        });
        scratch.hands = hands.len();
    }

    /// Transforms the gradients of the results; adds their products with the transform of `x` to `sums`, if there are
    /// any, and multiplies them by the spectra of the kernels to the gradient of the input, if that is wanted;
    /// transforms the columns of the latter back, and leaves the rows to [`Self::rows`].
    ///
    /// Both are done one row frequency at a time, so that the spectra of the gradients are read from the second-level
    /// cache for both. The input is transformed again: its spectra from the forward pass are too large to be kept for
    /// every step of a loop. Its rows lie in the buffer that the rows of its own gradient go to. That is safe, since at
    /// each frequency the product with `x` comes before the gradient is written, and both lie in the same pieces.
    pub fn backward(
        &self,
        arch: Arch,
        kernels: &[f32],
        reads: BackwardReads<'_>,
        sums: Option<&mut [f32]>,
        hands: &mut [Hand],
        scratch: &mut Scratch,
    ) {
        let Sizes { inputs, outputs, from: [x_height, x_width], to: [height, width], .. } = self.sizes;
        let lens = [self.row_floats(outputs, height), self.row_floats(inputs, x_height)];
        scratch.reserve(lens, [0, 0], 0);
        let kernels = &kernels[..self.kernel_floats()];
        let [dy_pieces, x_pieces] =
            [(outputs, height), (inputs, x_height)].map(|(planes, height)| self.pieces(planes, height, hands));
        let [dy_rows, x_rows] = &mut scratch.rows;
        if sums.is_some() {
            self.rows_forward(arch, &x_pieces, (x_width, &[reads.x]), x_rows, hands);
        }
        self.rows_forward(arch, &dy_pieces, (width, reads.dy), dy_rows, hands);
        let frequencies = shares(self.half, 1, hands.len());
        let sums: Vec<Option<&mut [f32]>> = match sums {
            Some(sums) => split(sums, &frequencies, self.kernel_floats() / self.half).into_iter().map(Some).collect(),
            None => frequencies.iter().map(|_| None).collect(),
        };
        let x_rows = x_pieces.by_frequency(x_rows, &frequencies);
        let own = frequencies.into_iter().zip(x_rows).zip(sums).collect();
        let dy_rows = dy_pieces.of(dy_rows);
        hands::work(hands, own, |Hand { scratch, .. }, ((share, mut x_rows), mut sums): Frequencies<'_>| {
            let columns = [outputs, inputs].map(|planes| self.column_floats(planes));
            scratch.reserve([0, 0], columns, self.line_floats());
            let ([dy_column, x_column], line) = (&mut scratch.columns, &mut *scratch.line);
            let (dy, column) = (&mut dy_column[..columns[0]], &mut x_column[..columns[1]]);
            for (n, f) in share.clone().enumerate() {
                let from = dy_rows.iter().map(|piece| stretch(piece, f, self.half));
                self.columns_forward(arch, height, from, dy, line);
                if let Some(sums) = &mut sums {
                    let from = x_rows.iter().map(|piece| stretch(piece, n, share.len()));
                    self.columns_forward(arch, x_height, from, column, line);
                    let sums = stretch_mut(sums, n, share.len());
                    arch.dispatch(Correlate { spectral: self, x: column, dy, sums });
                }
                if reads.to_input {
                    let kernels = stretch(kernels, f, self.half);
                    arch.dispatch(Mix::<true> { spectral: self, kernels, x: dy, y: column });
                    let to = x_rows.iter_mut().map(|piece| stretch_mut(piece, n, share.len()));
                    self.columns_inverse(arch, x_height, column, to, line);
                }
            }
        });
        scratch.hands = hands.len();
    }

    /// Transforms the rows of some planes back, of all planes of the shape `[planes, height, width]` whose columns are
    /// back already, and hands them to their epilogue two at a time.
    pub fn rows(
        &self,
        arch: Arch,
        results: &Results,
        [planes, height, width]: Dims,
        (shared, scratch): (&Scratch, &mut Scratch),
        epilogue: &mut EpilogueRun<'_>,
    ) {
        scratch.line.reserve(self.line_floats());
        let line = &mut scratch.line;
        let size = share_size(planes, 1, shared.hands);
        for (plane, channel) in results.of_all().zip(results.share.clone()) {
            let (start, plane) = (plane / size * size, plane % size);
            let planes = size.min(planes - start);
            let rows = &shared.rows[1][start * height * 2 * LANES * self.half..];
            for row in (0..height).step_by(2) {
                let first = (channel * height + row) * width;
                let range = CellRange { channel, first, len: (height - row).min(2) * width };
                let to = epilogue.target(range);
                arch.dispatch(RowPairInverse { spectral: self, width, plane, row, planes, height, rows, to, line });
                shared.zeros.clear(arch, row * width, epilogue.target(range));
                epilogue.run(arch, range);
            }
        }
    }
}

/// The frequencies of a hand in the backward pass, with their stretches of the pieces of `x` and of the sums.
type Frequencies<'r> = ((Range<usize>, Vec<&'r mut [f32]>), Option<&'r mut [f32]>);

/// The part of `all` that belongs to the `n`th of `count` things of equal size.
fn stretch(all: &[f32], n: usize, count: usize) -> &[f32] {
    let size = all.len() / count;
    &all[n * size..][..size]
}

fn stretch_mut(all: &mut [f32], n: usize, count: usize) -> &mut [f32] {
    let size = all.len() / count;
    &mut all[n * size..][..size]
}
