//! The passes of a spectral convolution over the planes of a block, each a kernel of its own.
//!
//! `parts` is everywhere the number of vectors that make a cell. A complex number is two cells: its real parts in all
//! lanes, then its imaginary parts.

use super::Spectral;
use super::dft::Complex;
use super::fft::{Line, get};
use super::fft_io::{Circle, ColumnFrom, ColumnTo, HalfSpectra, PlaneRows, RowPair};
use crate::cpu::conv::sizes::Sizes;
use crate::cpu::lanes::LANES;
use pulp::{Simd, WithSimd};

/// Transforms the rows of planes `[count, height, entries]` to half-spectra `[half, planes, height]`, of which these
/// are the planes from `first` on. They come out twice too large.
///
/// Two real rows `a` and `b` are transformed as one complex row `a + ib`. With `Z` its spectrum and `Z'` the conjugate
/// of the mirrored one, that of `a` is `(Z + Z') / 2` and that of `b` is `(Z - Z') / 2i`; the halves are left to the
/// kernels' scale.
pub struct RowsForward<'a> {
    pub spectral: &'a Spectral,
    /// How a row lies on its circle.
    pub circle: Circle,
    /// Rows of a plane.
    pub height: usize,
    /// The planes, in cells.
    pub from: &'a [f32],
    /// The first of these planes, among all that the half-spectra are of.
    pub first: usize,
    /// The number of all planes that the half-spectra are of.
    pub planes: usize,
    /// Where the half-spectra go.
    pub rows: &'a mut [f32],
    /// What the transform of a line works in: see [`Spectral::line_floats`].
    pub line: &'a mut [f32],
}

impl WithSimd for RowsForward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { spectral, circle, height, first, planes, .. } = self;
        let parts = LANES / S::F32_LANES;
        let (width, n) = (circle.entries * parts, spectral.rows.len);
        let (from, rows) = (S::as_simd_f32s(self.from).0, S::as_mut_simd_f32s(self.rows).0);
        let (z, line) = S::as_mut_simd_f32s(self.line).0.split_at_mut(2 * n);
        for (c, plane) in from.chunks_exact(height * width).enumerate() {
            for (pair, both) in plane.chunks(2 * width).enumerate() {
                let (one, two) = both.split_at(width);
                for p in 0..parts {
                    let source = RowPair { one: &one[p..], two: two.get(p..).unwrap_or(&[]), circle, parts };
                    spectral.rows.run(s, line, &source, &mut Line(&mut *z));
                    for k in 0..spectral.half {
                        let a: Complex<S> = get(z, k);
                        let b: Complex<S> = get(z, if k == 0 { 0 } else { n - k });
                        let at = ((k * planes + first + c) * height + 2 * pair) * 2 * parts + p;
                        rows[at] = s.add_f32s(a.re, b.re);
                        rows[at + parts] = s.sub_f32s(a.im, b.im);
                        if !two.is_empty() {
                            rows[at + 2 * parts] = s.add_f32s(a.im, b.im);
                            rows[at + 3 * parts] = s.sub_f32s(b.re, a.re);
                        }
                    }
                }
            }
        }
    }
}

/// Transforms half-spectra of rows, `[half, planes, height]`, back to one pair of rows of one plane, from row `row` on;
/// the last of an odd number of rows is alone.
pub struct RowPairInverse<'a> {
    pub spectral: &'a Spectral,
    /// How a row lies on its circle.
    pub circle: Circle,
    /// The plane that the rows belong to.
    pub plane: usize,
    /// The first of the two rows.
    pub row: usize,
    /// The number of all planes that the half-spectra are of.
    pub planes: usize,
    /// Rows of a plane.
    pub height: usize,
    /// The half-spectra of all rows.
    pub rows: &'a [f32],
    /// Where the one or two rows go, in cells.
    pub to: &'a mut [f32],
    /// What the transform of a line works in: see [`Spectral::line_floats`].
    pub line: &'a mut [f32],
}

impl WithSimd for RowPairInverse<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { spectral, circle, plane, row, planes, height, .. } = self;
        let parts = LANES / S::F32_LANES;
        let both = row + 1 < height;
        let rows = S::as_simd_f32s(self.rows).0;
        let (to, line) = (S::as_mut_simd_f32s(self.to).0, S::as_mut_simd_f32s(self.line).0);
        for p in 0..parts {
            let rows = &rows[(plane * height + row) * 2 * parts + p..];
            let source =
                HalfSpectra { rows, step: planes * height * 2 * parts, points: spectral.rows.len, parts, both };
            spectral.rows.run(s, line, &source, &mut PlaneRows { to: &mut to[p..], circle, parts, both });
        }
    }
}

/// Transforms the columns of one row frequency, `[planes, height]`, to spectra `[planes, n]`; or, as the inverse, back.
pub struct Columns<'a> {
    pub spectral: &'a Spectral,
    /// Rows of a plane.
    pub height: usize,
    /// Whether this goes from spectra back to columns.
    pub inverse: bool,
    pub from: &'a [f32],
    pub to: &'a mut [f32],
    /// What the transform of a line works in: see [`Spectral::line_floats`].
    pub line: &'a mut [f32],
}

impl WithSimd for Columns<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { spectral, height, inverse: exchanged, .. } = self;
        let parts = LANES / S::F32_LANES;
        let n = spectral.columns.len;
        let (from, to) = (S::as_simd_f32s(self.from).0, S::as_mut_simd_f32s(self.to).0);
        let line = S::as_mut_simd_f32s(self.line).0;
        let (short, long) = (Circle::line(n, height), Circle::line(n, n));
        let (source, sink) = if exchanged { (long, short) } else { (short, long) };
        let sizes = [source, sink].map(|circle| circle.entries * 2 * parts);
        for (from, to) in from.chunks_exact(sizes[0]).zip(to.chunks_exact_mut(sizes[1])) {
            for p in 0..parts {
                let source = ColumnFrom { from: &from[p..], circle: source, parts, exchanged };
                let mut sink = ColumnTo { to: &mut to[p..], circle: sink, parts, exchanged };
                spectral.columns.run(s, line, &source, &mut sink);
            }
        }
    }
}

/// Multiplies, at one row frequency, the spectra `x` of the inputs, `[inputs, n]`, by those of the kernels,
/// `[n, 2, pairs]`, and sums the products to the spectra `y` of the outputs, `[outputs, n]`. With `BACKWARD` it goes
/// from the outputs' spectra to the inputs', by the conjugates of the kernels' spectra.
pub struct Mix<'a, const BACKWARD: bool> {
    pub spectral: &'a Spectral,
    pub kernels: &'a [f32],
    pub x: &'a [f32],
    pub y: &'a mut [f32],
}

impl<const BACKWARD: bool> WithSimd for Mix<'_, BACKWARD> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        let Sizes { inputs, outputs, .. } = self.spectral.sizes;
        let to = if BACKWARD { inputs } else { outputs };
        let mut first = 0;
        while first < to {
            first += match to - first {
                8.. => self.some_results::<S, 8>(s, first),
                4.. => self.some_results::<S, 4>(s, first),
                2.. => self.some_results::<S, 2>(s, first),
                _ => self.some_results::<S, 1>(s, first),
            };
        }
    }
}

impl<const BACKWARD: bool> Mix<'_, BACKWARD> {
    /// Computes `M` results from `first` on, and returns `M`: a cell of `x` that has been read serves them all.
    #[inline(always)]
    fn some_results<S: Simd, const M: usize>(&mut self, s: S, first: usize) -> usize {
        let parts = LANES / S::F32_LANES;
        let (Sizes { inputs, outputs, .. }, pairs) = (self.spectral.sizes, self.spectral.pairs);
        let n = self.spectral.columns.len;
        let (from, step, skip) = if BACKWARD { (outputs, 1, outputs) } else { (inputs, outputs, 1) };
        let (x, y) = (S::as_simd_f32s(self.x).0, S::as_mut_simd_f32s(self.y).0);
        for (f, kernels) in self.kernels.chunks_exact(2 * pairs).enumerate() {
            let (real, imaginary) = kernels.split_at(pairs);
            for p in 0..parts {
                let mut re = [s.splat_f32s(0.0); M];
                let mut im = [s.splat_f32s(0.0); M];
                for c in 0..from {
                    let at = (c * n + f) * 2 * parts + p;
                    let (xr, xi) = (x[at], x[at + parts]);
                    for m in 0..M {
                        let pair = c * step + (first + m) * skip;
                        let (a, b) = (s.splat_f32s(real[pair]), s.splat_f32s(imaginary[pair]));
                        re[m] = s.mul_add_f32s(xr, a, re[m]);
                        im[m] = s.mul_add_f32s(xi, a, im[m]);
                        if BACKWARD {
                            re[m] = s.mul_add_f32s(xi, b, re[m]);
                            im[m] = s.negate_mul_add_f32s(xr, b, im[m]);
                        } else {
                            re[m] = s.negate_mul_add_f32s(xi, b, re[m]);
                            im[m] = s.mul_add_f32s(xr, b, im[m]);
                        }
                    }
                }
                for m in 0..M {
                    let at = ((first + m) * n + f) * 2 * parts + p;
                    (y[at], y[at + parts]) = (re[m], im[m]);
                }
            }
        }
        M
    }
}
