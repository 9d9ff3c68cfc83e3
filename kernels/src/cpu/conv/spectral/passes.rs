//! The passes of a spectral convolution over the planes of a block, each a kernel of its own.
//!
//! `parts` is everywhere the number of vectors that make a cell. A complex number is two cells: its real parts in all
//! lanes, then its imaginary parts.

use super::Spectral;
use super::fft_io::{Numbers, RowPair, complex, complex_mut};
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
    /// Height and width of a plane; behind the width there are zeros, as far as the transform goes.
    pub size: [usize; 2],
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
        match LANES / S::F32_LANES {
            1 => self.by::<S, 1>(s),
            2 => self.by::<S, 2>(s),
            4 => self.by::<S, 4>(s),
            8 => self.by::<S, 8>(s),
            _ => self.by::<S, LANES>(s),
        }
    }
}

impl RowsForward<'_> {
    #[inline(always)]
    fn by<S: Simd, const P: usize>(self, s: S) {
        let Self { spectral, size: [height, width], first, planes, .. } = self;
        let n = spectral.rows.len;
        let (from, _) = S::as_simd_f32s(self.from).0.as_chunks::<P>();
        let rows = complex_mut::<S, P>(self.rows);
        let (z, work) = complex_mut::<S, 1>(self.line).split_at_mut(n);
        for (c, plane) in from.chunks_exact(height * width).enumerate() {
            for (pair, both) in plane.chunks(2 * width).enumerate() {
                let (one, two) = both.split_at(width);
                let at = (first + c) * height + 2 * pair;
                for p in 0..P {
                    spectral.rows.run(s, work, RowPair { one, two, p }, Numbers::line(&mut *z));
                    for (k, rows) in rows.chunks_exact_mut(planes * height).take(spectral.half).enumerate() {
                        let ([[ar], [ai]], [[br], [bi]]) = (z[k], z[if k == 0 { 0 } else { n - k }]);
                        let rows = &mut rows[at..];
                        (rows[0][0][p], rows[0][1][p]) = (s.add_f32s(ar, br), s.sub_f32s(ai, bi));
                        if !two.is_empty() {
                            (rows[1][0][p], rows[1][1][p]) = (s.add_f32s(ai, bi), s.sub_f32s(br, ar));
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
    /// Cells of a row that are kept.
    pub width: usize,
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
        match LANES / S::F32_LANES {
            1 => self.by::<S, 1>(s),
            2 => self.by::<S, 2>(s),
            4 => self.by::<S, 4>(s),
            8 => self.by::<S, 8>(s),
            _ => self.by::<S, LANES>(s),
        }
    }
}

impl RowPairInverse<'_> {
    #[inline(always)]
    fn by<S: Simd, const P: usize>(self, s: S) {
        let Self { spectral, width, plane, row, planes, height, .. } = self;
        let n = spectral.rows.len;
        let rows = complex::<S, P>(self.rows);
        let (to, _) = S::as_mut_simd_f32s(self.to).0.as_chunks_mut::<P>();
        let (z, work) = complex_mut::<S, 1>(self.line).split_at_mut(n);
        for p in 0..P {
            // The spectrum of the one complex row, exchanged; points above the middle mirror those below.
            for (k, rows) in rows.chunks_exact(planes * height).take(spectral.half).enumerate() {
                let rows = &rows[plane * height + row..];
                let (ar, ai) = (rows[0][0][p], rows[0][1][p]);
                let zero = s.splat_f32s(0.0);
                let (br, bi) = if row + 1 < height { (rows[1][0][p], rows[1][1][p]) } else { (zero, zero) };
                if k > 0 {
                    z[n - k] = [[s.sub_f32s(br, ai)], [s.add_f32s(ar, bi)]];
                }
                z[k] = [[s.add_f32s(ai, br)], [s.sub_f32s(ar, bi)]];
            }
            let (one, two) = to.split_at_mut(width);
            spectral.rows.run(s, work, Numbers::line(&*z), RowPair { one, two, p });
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
        match LANES / S::F32_LANES {
            1 => self.by::<S, 1>(s),
            2 => self.by::<S, 2>(s),
            4 => self.by::<S, 4>(s),
            8 => self.by::<S, 8>(s),
            _ => self.by::<S, LANES>(s),
        }
    }
}

impl Columns<'_> {
    #[inline(always)]
    fn by<S: Simd, const P: usize>(self, s: S) {
        let Self { spectral, height, inverse: exchanged, .. } = self;
        let n = spectral.columns.len;
        let work = complex_mut::<S, 1>(self.line);
        let [source, sink] = if exchanged { [n, height] } else { [height, n] };
        let from = complex::<S, P>(self.from).chunks_exact(source);
        for (from, to) in from.zip(complex_mut::<S, P>(self.to).chunks_exact_mut(sink)) {
            for p in 0..P {
                let from = Numbers { cells: from, p, exchanged };
                let to = Numbers { cells: &mut *to, p, exchanged };
                spectral.columns.run(s, work, from, to);
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
