//! The kernels of a spectral convolution: from weights to spectra, and from sums of products of spectra to gradients.
//!
//! Sixteen kernels are transformed at once, one in each lane: here a lane is a pair of an input and an output, not an
//! image.

use super::Spectral;
use super::fft_io::{Circle, ColumnFrom, ColumnTo, Pairs};
use super::passes::{RowPairInverse, RowsForward};
use crate::cpu::conv::sizes::Sizes;
use crate::cpu::conv::{GradientSums, Scratch};
use crate::cpu::lanes::LANES;
use crate::graph::Member;
use pulp::{Arch, Simd, WithSimd};

impl Spectral {
    /// How a kernel's rows or columns lie on the circle: those that reach back by the padding lie before point 0.
    fn around(&self, points: usize, mirrored: bool) -> Circle {
        Circle { points, entries: self.sizes.kernel, shift: self.sizes.pad, mirrored }
    }

    fn reserve_for_kernels(&self, scratch: &mut Scratch) {
        let kernel = self.sizes.kernel;
        scratch.taps.reserve(kernel * kernel * LANES);
        scratch.reserve([self.row_floats(1, kernel), 0], [0, 0], self.line_floats());
    }

    /// The factor that makes a convolution of unscaled transforms right. It goes into the kernels' spectra, and again
    /// into the taps of their gradients, so that no plane needs a scaling.
    fn scale(&self) -> f32 {
        // An inverse transform is `n` times too large on each axis, and each of the two half-spectra twice.
        1.0 / (4 * self.rows.len * self.columns.len) as f32
    }

    /// Computes the spectra of kernels, conjugate and scaled: `[half, n, 2, pairs]`, where pair
    /// `input * outputs + output` has the kernel of that input in `kernels[output]`, which is
    /// `[inputs, kernel, kernel]`. Conjugate, because what is called a convolution here is a correlation: its kernels
    /// are not mirrored.
    pub fn kernel_spectra(&self, arch: Arch, kernels: &[&[f32]], spectra: &mut [f32], scratch: &mut Scratch) {
        let Sizes { inputs, outputs, kernel: k, .. } = self.sizes;
        let pairs = inputs * outputs;
        self.reserve_for_kernels(scratch);
        for first in (0..pairs).step_by(LANES) {
            let taps = &mut scratch.taps[..k * k * LANES];
            taps.fill(0.0);
            for lane in 0..LANES.min(pairs - first) {
                let (input, output) = ((first + lane) / outputs, (first + lane) % outputs);
                let kernel = &kernels[output][input * k * k..][..k * k];
                for (tap, w) in kernel.iter().enumerate() {
                    taps[tap * LANES + lane] = self.scale() * w;
                }
            }
            let circle = self.around(self.rows.len, false);
            let (rows, line) = (&mut scratch.rows[0][..self.row_floats(1, k)], &mut *scratch.line);
            {
                let (height, from, first, planes, rows) = (k, &*taps, 0, 1, &mut *rows);
                arch.dispatch(RowsForward { spectral: self, circle, height, from, first, planes, rows, line });
            }
            arch.dispatch(ToPairs { spectral: self, first, rows, spectra, line });
        }
    }

    /// Computes the gradients of kernels from the sums of products of spectra, `[half, n, 2, pairs]`, where pair
    /// `output * inputs + input` is that kernel's, and adds them to those of the members' parameters.
    pub fn kernel_gradients(&self, arch: Arch, members: &[Member], sums: &mut GradientSums<'_>, scratch: &mut Scratch) {
        let Sizes { inputs, outputs, kernel: k, .. } = self.sizes;
        let pairs = inputs * outputs;
        self.reserve_for_kernels(scratch);
        // Pairs come in the order of the kernels in the members' parameters, `[outputs, inputs]` of one after the
        // other.
        let mut kernels = members.iter().flat_map(|of| (0..of.outputs * inputs).map(|index| (of.slot, index)));
        for first in (0..pairs).step_by(LANES) {
            let (rows, line) = (&mut scratch.rows[0][..self.row_floats(1, k)], &mut *scratch.line);
            arch.dispatch(FromPairs { spectral: self, first, sums: sums.transformed, rows, line });
            let circle = self.around(self.rows.len, true);
            for (pair, to) in scratch.taps[..k * k * LANES].chunks_mut(2 * k * LANES).enumerate() {
                let (plane, row, planes, height) = (0, 2 * pair, 1, k);
                arch.dispatch(RowPairInverse { spectral: self, circle, plane, row, planes, height, rows, to, line });
            }
            for (lane, (slot, index)) in kernels.by_ref().take(LANES).enumerate() {
                let taps = scratch.taps[..k * k * LANES].iter().skip(lane).step_by(LANES);
                sums.add(&self.sizes, slot, index, taps.map(|x| self.scale() * x));
            }
        }
    }
}

/// Transforms the columns of sixteen kernels, from the half-spectra of their rows, `[half, kernel]`, to their spectra.
struct ToPairs<'a> {
    spectral: &'a Spectral,
    /// The first of the sixteen pairs.
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
        let (k, n) = (spectral.sizes.kernel, spectral.columns.len);
        let (rows, line) = (S::as_simd_f32s(self.rows).0, S::as_mut_simd_f32s(self.line).0);
        let spectra = self.spectra.chunks_exact_mut(n * 2 * spectral.pairs);
        for (from, to) in rows.chunks_exact(k * 2 * parts).zip(spectra) {
            for p in 0..parts {
                let circle = spectral.around(n, false);
                let source = ColumnFrom { from: &from[p..], circle, parts, exchanged: false };
                let spectra = &mut S::as_mut_simd_f32s(&mut to[first..]).0[p..];
                let mut sink = Pairs { spectra, step: spectral.pairs / S::F32_LANES };
                spectral.columns.run(s, line, &source, &mut sink);
            }
        }
    }
}

/// Transforms the columns of sixteen kernels' sums back, to the half-spectra of their rows, `[half, kernel]`.
struct FromPairs<'a> {
    spectral: &'a Spectral,
    /// The first of the sixteen pairs.
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
        let (k, n) = (spectral.sizes.kernel, spectral.columns.len);
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
