//! Convolution as the sum it is defined by: for small kernels and small maps.

use super::lanes::LANES;
use super::sizes::Sizes;
use super::spectral::Scratch;
use super::tail::TailRun;
use pulp::{Arch, Simd, WithSimd};

/// A convolution tap by tap.
#[derive(Clone, Copy, Debug)]
pub struct Direct {
    pub sizes: Sizes,
}

/// Columns that are worked on at once.
const COLUMNS: usize = 3;

impl Direct {
    /// See [`Sizes::back`].
    pub fn back(&self) -> Self {
        Self { sizes: self.sizes.back() }
    }

    /// Height and width of an input plane with the zeros around it.
    fn padded(&self) -> [usize; 2] {
        self.sizes.from.map(|size| size + 2 * self.sizes.pad)
    }

    /// Floats of the input with the zeros around it.
    pub fn scratch(&self) -> usize {
        self.sizes.inputs * self.padded().iter().product::<usize>() * LANES
    }

    /// Input planes `[inputs, height, width]` from channel `first` on, with zeros around them.
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

    /// Rows of the outputs `first..first + count`, from planes that [`Self::pad`] has put into the scratch, handed to their
    /// tail.
    pub fn rows(
        &self,
        arch: Arch,
        weights: &[f32],
        [first, count]: [usize; 2],
        scratch: &mut Scratch,
        tail: &mut TailRun<'_, '_>,
    ) {
        let [height, width] = self.sizes.to;
        scratch.columns[0].reserve(4 * width * LANES);
        let rows = &mut scratch.columns[0];
        for row in 0..height {
            let mut c = 0;
            while c < count {
                let some = if count - c >= 4 { 4 } else { 1 };
                let (scratch, first) = (&*scratch.rows[0], first + c);
                arch.dispatch(Row { direct: self, weights, scratch, first, row, rows, four: some == 4 });
                for m in 0..some {
                    let at = ((c + m) * height + row) * width;
                    tail.target(at, width).copy_from_slice(&rows[m * width * LANES..][..width * LANES]);
                    tail.run(arch, c + m, at, width);
                }
                c += some;
            }
        }
    }

    /// One row of some outputs, from output `first` on: `rows` is `[M, width]` cells. `weights` are
    /// `[inputs, kernel, kernel, outputs]`.
    #[inline(always)]
    fn row<S: Simd, const M: usize>(
        &self,
        s: S,
        weights: &[f32],
        scratch: &[f32],
        first: usize,
        row: usize,
        rows: &mut [f32],
    ) {
        let width = self.sizes.to[1];
        let mut column = 0;
        while column < width {
            column += if width - column >= COLUMNS {
                self.tile::<S, M, COLUMNS>(s, weights, scratch, [first, row, column], rows)
            } else {
                self.tile::<S, M, 1>(s, weights, scratch, [first, row, column], rows)
            };
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const M: usize, const N: usize>(
        &self,
        s: S,
        weights: &[f32],
        scratch: &[f32],
        [first, row, column]: [usize; 3],
        rows: &mut [f32],
    ) -> usize {
        let parts = LANES / S::F32_LANES;
        let (scratch, rows) = (S::as_simd_f32s(scratch).0, S::as_mut_simd_f32s(rows).0);
        let ([high, wide], width, k) = (self.padded(), self.sizes.to[1], self.sizes.kernel);
        for p in 0..parts {
            let mut sums = [[s.splat_f32s(0.0); N]; M];
            for c in 0..self.sizes.inputs {
                for i in 0..k {
                    let line = &scratch[((c * high + row + i) * wide + column) * parts..][..(N + k - 1) * parts];
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

    /// Adds to the gradient of some outputs' weights, `[inputs, kernel, kernel]` each: the sum over pixels and images
    /// of the gradient at each output times what its tap saw. `dy` are those outputs' planes.
    #[inline(always)]
    fn weights<S: Simd>(&self, s: S, scratch: &[f32], dy: &[f32], dw: &mut [f32]) {
        let (plane, taps) = (
            self.sizes.to.iter().product::<usize>() * LANES,
            self.sizes.inputs * self.sizes.kernel * self.sizes.kernel,
        );
        for (dy, dw) in dy.chunks(4 * plane).zip(dw.chunks_mut(4 * taps)) {
            if dy.len() == 4 * plane {
                self.taps::<S, 4>(s, scratch, dy, dw);
            } else {
                for (dy, dw) in dy.chunks(plane).zip(dw.chunks_mut(taps)) {
                    self.taps::<S, 1>(s, scratch, dy, dw);
                }
            }
        }
    }

    #[inline(always)]
    fn taps<S: Simd, const M: usize>(&self, s: S, scratch: &[f32], dy: &[f32], dw: &mut [f32]) {
        let k = self.sizes.kernel;
        for c in 0..self.sizes.inputs {
            for i in 0..k {
                let mut j = 0;
                while j < k {
                    let place = [c, i, j];
                    j += if k - j >= 3 {
                        self.some_taps::<S, M, 3>(s, scratch, dy, place, dw)
                    } else {
                        self.some_taps::<S, M, 1>(s, scratch, dy, place, dw)
                    };
                }
            }
        }
    }

    #[inline(always)]
    fn some_taps<S: Simd, const M: usize, const N: usize>(
        &self,
        s: S,
        scratch: &[f32],
        dy: &[f32],
        [c, i, j]: [usize; 3],
        dw: &mut [f32],
    ) -> usize {
        let parts = LANES / S::F32_LANES;
        let (scratch, dy) = (S::as_simd_f32s(scratch).0, S::as_simd_f32s(dy).0);
        let ([high, wide], [height, width], k) = (self.padded(), self.sizes.to, self.sizes.kernel);
        let mut sums = [[s.splat_f32s(0.0); N]; M];
        for row in 0..height {
            let line = &scratch[((c * high + row + i) * wide + j) * parts..][..(width + N - 1) * parts];
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

    /// Kernels `[outputs, inputs, k, k]` of one member as [`Self::row`] reads them, from output `first` of all on.
    pub fn lay(&self, weight: &[f32], first: usize, to: &mut [f32]) {
        for (o, kernels) in weight.chunks_exact(self.sizes.inputs * self.sizes.kernel * self.sizes.kernel).enumerate() {
            for (at, w) in kernels.iter().enumerate() {
                to[at * self.sizes.outputs + first + o] = *w;
            }
        }
    }

    /// The same mirrored, as [`Self::back`]'s row reads them: `[outputs, kernel, kernel, inputs]`.
    pub fn lay_mirrored(&self, weight: &[f32], first: usize, to: &mut [f32]) {
        let taps = self.sizes.kernel * self.sizes.kernel;
        for (o, kernels) in weight.chunks_exact(self.sizes.inputs * taps).enumerate() {
            for (at, w) in kernels.iter().enumerate() {
                let (c, tap) = (at / taps, taps - 1 - at % taps);
                to[((first + o) * taps + tap) * self.sizes.inputs + c] = *w;
            }
        }
    }
}

/// One row of four outputs, or of one: see [`Direct::row`].
pub struct Row<'a> {
    pub direct: &'a Direct,
    pub weights: &'a [f32],
    pub scratch: &'a [f32],
    pub first: usize,
    pub row: usize,
    pub rows: &'a mut [f32],
    pub four: bool,
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { direct, weights, scratch, first, row, rows, four } = self;
        if four {
            direct.row::<S, 4>(s, weights, scratch, first, row, rows);
        } else {
            direct.row::<S, 1>(s, weights, scratch, first, row, rows);
        }
    }
}

/// The gradients of some outputs' weights: see [`Direct::weights`].
pub struct Taps<'a> {
    pub direct: &'a Direct,
    pub scratch: &'a [f32],
    pub dy: &'a [f32],
    pub dw: &'a mut [f32],
}

impl WithSimd for Taps<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        self.direct.weights(s, self.scratch, self.dy, self.dw);
    }
}
