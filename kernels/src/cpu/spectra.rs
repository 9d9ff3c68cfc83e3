//! The kernels' side of a spectral convolution: weights to spectra, and gradients back.

use super::ends::{Circle, Column, ColumnTo, Pairs};
use super::lanes::LANES;
use super::spectral::{Scratch, Spectral};
use super::stages::{RowPairInverse, RowsForward};
use pulp::{Arch, Simd, WithSimd};

impl Spectral {
    /// Half a kernel's rows or columns lie before the point they are summed into.
    fn around(&self, points: usize, mirrored: bool) -> Circle {
        Circle { points, entries: self.kernel, shift: self.pad, mirrored }
    }

    fn reserve(&self, scratch: &mut Scratch) {
        scratch.taps.reserve(self.kernel * self.kernel * LANES);
        scratch.reserve([self.row_spectra(1, self.kernel), 0], [0, 0], self.line());
    }

    /// What both ends of a convolution share, so that neither needs a scaling of its own.
    fn scale(&self) -> f32 {
        // Each of the two half-spectra is twice too large.
        1.0 / (4 * self.rows.len * self.columns.len) as f32
    }

    /// Spectra of kernels, conjugate and scaled: `[half, n, 2, pairs]`, where pair `input * outputs + output` has the
    /// kernel `weight(output, input)`.
    pub fn kernel_spectra<'w>(
        &self,
        arch: Arch,
        weight: &impl Fn(usize, usize) -> &'w [f32],
        spectra: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let k = self.kernel;
        let pairs = self.inputs * self.outputs;
        self.reserve(scratch);
        for first in (0..pairs).step_by(LANES) {
            let taps = &mut scratch.taps[..k * k * LANES];
            taps.fill(0.0);
            for lane in 0..LANES.min(pairs - first) {
                let kernel = weight((first + lane) % self.outputs, (first + lane) / self.outputs);
                for (tap, w) in kernel.iter().enumerate() {
                    taps[tap * LANES + lane] = self.scale() * w;
                }
            }
            let circle = self.around(self.rows.len, false);
            let (rows, line) = (&mut scratch.rows[0][..self.row_spectra(1, k)], &mut *scratch.line);
            arch.dispatch(RowsForward {
                spectral: self,
                circle,
                height: k,
                from: taps,
                first: 0,
                planes: 1,
                rows,
                line,
            });
            arch.dispatch(ToPairs { spectral: self, first, rows, spectra, line });
        }
    }

    /// Gradients of kernels from the sums of spectra's products, `[half, n, 2, pairs]`, where pair `output * inputs + input`
    /// is that kernel's; `add` takes output, input and the gradient of each tap.
    pub fn kernel_gradients(
        &self,
        arch: Arch,
        sums: &[f32],
        scratch: &mut Scratch,
        mut add: impl FnMut(usize, usize, &mut dyn Iterator<Item = f32>),
    ) {
        let k = self.kernel;
        let pairs = self.inputs * self.outputs;
        self.reserve(scratch);
        for first in (0..pairs).step_by(LANES) {
            let (rows, line) = (&mut scratch.rows[0][..self.row_spectra(1, k)], &mut *scratch.line);
            arch.dispatch(FromPairs { spectral: self, first, sums, rows, line });
            let circle = self.around(self.rows.len, true);
            for (pair, to) in scratch.taps[..k * k * LANES].chunks_mut(2 * k * LANES).enumerate() {
                let (plane, row, planes, height) = (0, 2 * pair, 1, k);
                arch.dispatch(RowPairInverse { spectral: self, circle, plane, row, planes, height, rows, to, line });
            }
            for lane in 0..LANES.min(pairs - first) {
                let taps = scratch.taps[..k * k * LANES].iter().skip(lane).step_by(LANES);
                let (output, input) = ((first + lane) / self.inputs, (first + lane) % self.inputs);
                add(output, input, &mut taps.map(|x| self.scale() * x));
            }
        }
    }
}

/// Half-spectra of the rows of a cell of kernels to their spectra.
struct ToPairs<'a> {
    spectral: &'a Spectral,
    first: usize,
    rows: &'a [f32],
    spectra: &'a mut [f32],
    line: &'a mut [f32],
}

impl WithSimd for ToPairs<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { spectral, first, .. } = self;
        let parts = LANES / S::F32_LANES;
        let (k, n) = (spectral.kernel, spectral.columns.len);
        let (rows, line) = (S::as_simd_f32s(self.rows).0, S::as_mut_simd_f32s(self.line).0);
        let spectra = self.spectra.chunks_exact_mut(n * 2 * spectral.pairs);
        for (from, to) in rows.chunks_exact(k * 2 * parts).zip(spectra) {
            for p in 0..parts {
                let circle = spectral.around(n, false);
                let source = Column { from: &from[p..], circle, parts, exchanged: false };
                let spectra = &mut S::as_mut_simd_f32s(&mut to[first..]).0[p..];
                let mut sink = Pairs { spectra, step: spectral.pairs / S::F32_LANES };
                spectral.columns.run(s, line, &source, &mut sink);
            }
        }
    }
}

/// Sums of the spectra of a cell of kernels to the half-spectra of their rows.
struct FromPairs<'a> {
    spectral: &'a Spectral,
    first: usize,
    sums: &'a [f32],
    rows: &'a mut [f32],
    line: &'a mut [f32],
}

impl WithSimd for FromPairs<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { spectral, first, .. } = self;
        let parts = LANES / S::F32_LANES;
        let (k, n) = (spectral.kernel, spectral.columns.len);
        let (rows, line) = (S::as_mut_simd_f32s(self.rows).0, S::as_mut_simd_f32s(self.line).0);
        let sums = self.sums.chunks_exact(n * 2 * spectral.pairs);
        for (to, from) in rows.chunks_exact_mut(k * 2 * parts).zip(sums) {
            for p in 0..parts {
                let spectra = &S::as_simd_f32s(&from[first..]).0[p..];
                let source = Pairs { spectra, step: spectral.pairs / S::F32_LANES };
                let circle = spectral.around(n, true);
                let mut sink = ColumnTo { to: &mut to[p..], circle, parts, exchanged: true };
                spectral.columns.run(s, line, &source, &mut sink);
            }
        }
    }
}
