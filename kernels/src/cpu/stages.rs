//! The stages of a spectral convolution, each a kernel of its own.

use super::dft::Complex;
use super::ends::{Circle, Column, ColumnTo, Mirrored, PlaneRows, RowPair};
use super::fft::{Line, get};
use super::lanes::LANES;
use super::spectral::Spectral;
use pulp::{Simd, WithSimd};

/// Rows of planes `[count, height, entries]` to their half-spectra, twice too large: `[half, planes, height]`, of which
/// these are the planes from `first` on.
pub struct RowsForward<'a> {
    pub spectral: &'a Spectral,
    pub circle: Circle,
    pub height: usize,
    pub from: &'a [f32],
    pub first: usize,
    pub planes: usize,
    pub rows: &'a mut [f32],
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

/// Half-spectra of rows `[half, planes, height]` back to one pair of rows of a plane, from row `row` on; the last of an
/// odd number of rows is alone.
pub struct RowPairInverse<'a> {
    pub spectral: &'a Spectral,
    pub circle: Circle,
    pub plane: usize,
    pub row: usize,
    pub planes: usize,
    pub height: usize,
    pub rows: &'a [f32],
    pub to: &'a mut [f32],
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
            let source = Mirrored { rows, step: planes * height * 2 * parts, points: spectral.rows.len, parts, both };
            spectral.rows.run(s, line, &source, &mut PlaneRows { to: &mut to[p..], circle, parts, both });
        }
    }
}

/// One frequency's columns, `[planes, height]`, to spectra `[planes, n]`; or back, by the inverse.
pub struct Columns<'a> {
    pub spectral: &'a Spectral,
    pub height: usize,
    pub inverse: bool,
    pub from: &'a [f32],
    pub to: &'a mut [f32],
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
                let source = Column { from: &from[p..], circle: source, parts, exchanged };
                let mut sink = ColumnTo { to: &mut to[p..], circle: sink, parts, exchanged };
                spectral.columns.run(s, line, &source, &mut sink);
            }
        }
    }
}

/// One frequency: spectra `[inputs, n]` through those of the kernels to `[outputs, n]`; with `BACK` the other way,
/// through their conjugates.
pub struct Mix<'a, const BACK: bool> {
    pub spectral: &'a Spectral,
    pub kernels: &'a [f32],
    pub x: &'a [f32],
    pub y: &'a mut [f32],
}

impl<const BACK: bool> WithSimd for Mix<'_, BACK> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        let to = if BACK { self.spectral.inputs } else { self.spectral.outputs };
        let mut first = 0;
        while first < to {
            first += match to - first {
                8.. => self.some::<S, 8>(s, first),
                4.. => self.some::<S, 4>(s, first),
                2.. => self.some::<S, 2>(s, first),
                _ => self.some::<S, 1>(s, first),
            };
        }
    }
}

impl<const BACK: bool> Mix<'_, BACK> {
    /// `M` results from `first` on.
    #[inline(always)]
    fn some<S: Simd, const M: usize>(&mut self, s: S, first: usize) -> usize {
        let parts = LANES / S::F32_LANES;
        let Spectral { inputs, outputs, pairs, .. } = *self.spectral;
        let n = self.spectral.columns.len;
        let (from, step, skip) = if BACK { (outputs, 1, outputs) } else { (inputs, outputs, 1) };
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
                        if BACK {
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
