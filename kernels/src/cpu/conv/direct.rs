//! Convolution as the sum that it is defined by, tap by tap: for small kernels and small maps.

use super::sizes::Sizes;
use super::{BackwardReads, GradientSums, Scratch};
use crate::cpu::epilogue::{CellRange, EpilogueRun};
use crate::cpu::lanes::{Aligned, LANES};
use crate::graph::Member;
use pulp::{Arch, Simd, WithSimd};
use std::ops::Range;

/// A convolution tap by tap, in one direction.
#[derive(Clone, Copy, Debug)]
pub struct Direct {
    pub sizes: Sizes,
}

/// The number of columns of a row that are summed at once.
const COLUMNS: usize = 3;

impl Direct {
    /// The convolution that makes the gradient of the input; see [`Sizes::backward`].
    pub fn backward(&self) -> Self {
        Self { sizes: self.sizes.backward() }
    }

    /// Height and width of an input plane together with the zeros around it.
    fn padded(&self) -> [usize; 2] {
        self.sizes.from.map(|size| size + 2 * self.sizes.pad)
    }

    /// Floats of the input planes together with the zeros around them.
    pub fn scratch_floats(&self) -> usize {
        self.sizes.inputs * self.padded().iter().product::<usize>() * LANES
    }

    /// Copies input planes, `[count, height, width]` cells, with zeros around them, to channel `first` and those after
    /// it.
    pub fn pad(&self, first: usize, planes: &[f32], scratch: &mut [f32]) {
        let ([height, width], [_, wide]) = (self.sizes.from, self.padded());
        let (row, line) = (width * LANES, wide * LANES);
        let size = self.padded()[0] * line;
        for (from, to) in planes.chunks_exact(height * row).zip(scratch[first * size..].chunks_exact_mut(size)) {
            to[..self.sizes.pad * line].fill(0.0);
            to[(self.sizes.pad + height) * line..].fill(0.0);
            let lines = to[self.sizes.pad * line..].chunks_exact_mut(line);
            for (from, to) in from.chunks_exact(row).zip(lines) {
                to[..self.sizes.pad * LANES].fill(0.0);
                to[self.sizes.pad * LANES..][..row].copy_from_slice(from);
                to[self.sizes.pad * LANES + row..].fill(0.0);
            }
        }
    }

    /// Makes the rows of some outputs, from planes that [`Self::pad`] has put into the scratch, and hands them to their
    /// epilogue.
    pub fn rows(
        &self,
        arch: Arch,
        weights: &[f32],
        outputs: Range<usize>,
        scratch: &mut Scratch,
        epilogue: &mut EpilogueRun<'_, '_>,
    ) {
        let [height, width] = self.sizes.to;
        scratch.columns[0].reserve(4 * width * LANES);
        let rows = &mut scratch.columns[0];
        for row in 0..height {
            let mut c = 0;
            while c < outputs.len() {
                let some = if outputs.len() - c >= 4 { 4 } else { 1 };
                let (planes, first) = (&*scratch.rows[0], outputs.start + c);
                arch.dispatch(OutputRow { direct: self, weights, planes, first, row, rows, four: some == 4 });
                for m in 0..some {
                    let range = CellRange { channel: c + m, first: ((c + m) * height + row) * width, len: width };
                    epilogue.target(range).copy_from_slice(&rows[m * width * LANES..][..width * LANES]);
                    epilogue.run(arch, range);
                }
                c += some;
            }
        }
    }

    /// Adds to the gradients of the kernels, if any are wanted, and leaves the gradients of the results in the scratch,
    /// as [`Self::rows`] of the backward direction reads them, if the gradient of the input is wanted.
    pub fn gradients(
        &self,
        arch: Arch,
        members: &[Member],
        reads: BackwardReads<'_>,
        sums: Option<&mut GradientSums<'_>>,
        scratch: &mut Scratch,
    ) {
        if let Some(GradientSums { gradients, offsets, wanted, .. }) = sums {
            scratch.rows[0].reserve(self.scratch_floats());
            self.pad(0, reads.x, &mut scratch.rows[0]);
            for (member, dy) in members.iter().zip(reads.dy).filter(|(member, _)| wanted[member.slot]) {
                let len = member.outputs * self.sizes.inputs * self.sizes.kernel * self.sizes.kernel;
                let dw = &mut gradients[offsets[member.slot]..][..len];
                arch.dispatch(TapGradients { direct: self, planes: &scratch.rows[0], dy, dw });
            }
        }
        if reads.to_input {
            let backward = self.backward();
            scratch.rows[0].reserve(backward.scratch_floats());
            let mut first = 0;
            for (member, dy) in members.iter().zip(reads.dy) {
                backward.pad(first, dy, &mut scratch.rows[0]);
                first += member.outputs;
            }
        }
    }

    /// Computes one row of `M` outputs from output `first` on, `[M, width]` cells. `weights` are
    /// `[inputs, kernel, kernel, outputs]`, as [`Self::prepare`] writes them, so that those of several outputs lie
    /// together.
    #[inline(always)]
    fn row<S: Simd, const M: usize>(
        &self,
        s: S,
        weights: &[f32],
        planes: &[f32],
        first: usize,
        row: usize,
        rows: &mut [f32],
    ) {
        let width = self.sizes.to[1];
        let mut column = 0;
        while column < width {
            column += if width - column >= COLUMNS {
                self.tile::<S, M, COLUMNS>(s, weights, planes, TileAt { first, row, column }, rows)
            } else {
                self.tile::<S, M, 1>(s, weights, planes, TileAt { first, row, column }, rows)
            };
        }
    }

    /// Sums `N` pixels next to each other of `M` outputs in registers, and returns `N`: every weight and every pixel
    /// that is read serves several sums.
    #[inline(always)]
    fn tile<S: Simd, const M: usize, const N: usize>(
        &self,
        s: S,
        weights: &[f32],
        planes: &[f32],
        TileAt { first, row, column }: TileAt,
        rows: &mut [f32],
    ) -> usize {
        let parts = LANES / S::F32_LANES;
        let (planes, rows) = (S::as_simd_f32s(planes).0, S::as_mut_simd_f32s(rows).0);
        let ([high, wide], width, k) = (self.padded(), self.sizes.to[1], self.sizes.kernel);
        for p in 0..parts {
            let mut sums = [[s.splat_f32s(0.0); N]; M];
            for c in 0..self.sizes.inputs {
                for i in 0..k {
                    let line = &planes[((c * high + row + i) * wide + column) * parts..][..(N + k - 1) * parts];
                    let weights = &weights[(c * k + i) * k * self.sizes.outputs..][..k * self.sizes.outputs];
                    for j in 0..k {
                        let weights = &weights[j * self.sizes.outputs + first..][..M];
                        for m in 0..M {
                            let w = s.splat_f32s(weights[m]);
                            for n in 0..N {
                                sums[m][n] = s.mul_add_f32s(w, line[(j + n) * parts + p], sums[m][n]);
                            }
                        }
                    }
                }
            }
            for m in 0..M {
                for n in 0..N {
                    rows[(m * width + column + n) * parts + p] = sums[m][n];
                }
            }
        }
        N
    }

    /// Adds to the gradient of some outputs' kernels, `[inputs, kernel, kernel]` each: the sum over pixels and images
    /// of the gradient at each output times what the tap saw. `dy` are those outputs' planes, `planes` those of the
    /// input.
    #[inline(always)]
    fn tap_gradients<S: Simd>(&self, s: S, planes: &[f32], dy: &[f32], dw: &mut [f32]) {
        let (plane, taps) = (
            self.sizes.to.iter().product::<usize>() * LANES,
            self.sizes.inputs * self.sizes.kernel * self.sizes.kernel,
        );
        for (dy, dw) in dy.chunks(4 * plane).zip(dw.chunks_mut(4 * taps)) {
            if dy.len() == 4 * plane {
                self.all_taps::<S, 4>(s, planes, dy, dw);
            } else {
                for (dy, dw) in dy.chunks(plane).zip(dw.chunks_mut(taps)) {
                    self.all_taps::<S, 1>(s, planes, dy, dw);
                }
            }
        }
    }

    /// Adds to the gradients of all taps of `M` outputs.
    #[inline(always)]
    fn all_taps<S: Simd, const M: usize>(&self, s: S, planes: &[f32], dy: &[f32], dw: &mut [f32]) {
        let k = self.sizes.kernel;
        for c in 0..self.sizes.inputs {
            for i in 0..k {
                let mut j = 0;
                while j < k {
                    let tap = TapAt { input: c, row: i, column: j };
                    j += if k - j >= 3 {
                        self.some_taps::<S, M, 3>(s, planes, dy, tap, dw)
                    } else {
                        self.some_taps::<S, M, 1>(s, planes, dy, tap, dw)
                    };
                }
            }
        }
    }

    /// Adds to the gradients of `N` taps next to each other of `M` outputs, and returns `N`.
    #[inline(always)]
    fn some_taps<S: Simd, const M: usize, const N: usize>(
        &self,
        s: S,
        planes: &[f32],
        dy: &[f32],
        TapAt { input: c, row: i, column: j }: TapAt,
        dw: &mut [f32],
    ) -> usize {
        let parts = LANES / S::F32_LANES;
        let (planes, dy) = (S::as_simd_f32s(planes).0, S::as_simd_f32s(dy).0);
        let ([high, wide], [height, width], k) = (self.padded(), self.sizes.to, self.sizes.kernel);
        let mut sums = [[s.splat_f32s(0.0); N]; M];
        for row in 0..height {
            let line = &planes[((c * high + row + i) * wide + j) * parts..][..(width + N - 1) * parts];
            for at in 0..width * parts {
                for m in 0..M {
                    let dy = dy[(m * height + row) * width * parts + at];
                    for n in 0..N {
                        sums[m][n] = s.mul_add_f32s(dy, line[at + n * parts], sums[m][n]);
                    }
                }
            }
        }
        for m in 0..M {
            for n in 0..N {
                dw[((m * self.sizes.inputs + c) * k + i) * k + j + n] += s.reduce_sum_f32s(sums[m][n]);
            }
        }
        N
    }

    /// Writes the kernels of one member, `[outputs, inputs, kernel, kernel]`, as those of output `first` and the ones
    /// after it, in the orders in which [`Self::row`] reads them: `[inputs, kernel, kernel, outputs]` for the forward
    /// direction, and mirrored `[outputs, kernel, kernel, inputs]` for the backward direction.
    pub fn prepare(&self, weight: &[f32], first: usize, [forward, backward]: &mut [Aligned; 2]) {
        let Sizes { inputs, outputs, kernel, .. } = self.sizes;
        let taps = kernel * kernel;
        for (n, kernels) in weight.chunks_exact(inputs * taps).enumerate() {
            let o = first + n;
            for (at, w) in kernels.iter().enumerate() {
                let (c, mirrored) = (at / taps, taps - 1 - at % taps);
                forward[at * outputs + o] = *w;
                backward[(o * taps + mirrored) * inputs + c] = *w;
            }
        }
    }
}

/// The first corner of a tile of sums: output channel `first`, and the pixel at `row` and `column` of the result.
#[derive(Clone, Copy)]
struct TileAt {
    first: usize,
    row: usize,
    column: usize,
}

/// The first of some taps of a kernel: the input channel that it reads, and its row and column in the kernel.
#[derive(Clone, Copy)]
struct TapAt {
    input: usize,
    row: usize,
    column: usize,
}

/// Computes one row of four outputs, or of one: see [`Direct::row`].
struct OutputRow<'a> {
    direct: &'a Direct,
    weights: &'a [f32],
    /// The input planes, with zeros around them.
    planes: &'a [f32],
    /// The first of the outputs.
    first: usize,
    row: usize,
    /// The memory that takes the row of each output channel, `[outputs, width]` cells.
    rows: &'a mut [f32],
    /// True for a row of four output channels, false for a row of one.
    four: bool,
}

impl WithSimd for OutputRow<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { direct, weights, planes, first, row, rows, four } = self;
        if four {
            direct.row::<S, 4>(s, weights, planes, first, row, rows);
        } else {
            direct.row::<S, 1>(s, weights, planes, first, row, rows);
        }
    }
}

/// Adds to the gradients of some outputs' kernels: see [`Direct::tap_gradients`].
struct TapGradients<'a> {
    direct: &'a Direct,
    /// The input planes, with zeros around them.
    planes: &'a [f32],
    /// The gradients of the outputs, `[outputs, height, width]` cells.
    dy: &'a [f32],
    /// The gradients of their kernels, `[outputs, inputs, kernel, kernel]`.
    dw: &'a mut [f32],
}

impl WithSimd for TapGradients<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        self.direct.tap_gradients(s, self.planes, self.dy, self.dw);
    }
}
