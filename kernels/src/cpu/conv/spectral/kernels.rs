//! The kernels of a spectral convolution: from weights to spectra, and from sums of products of spectra to gradients.
//!
//! Sixteen kernels are transformed at once, one in each lane: here a lane is a pair of an input and an output, not an
//! image.

use super::Spectral;
use super::fft_io::{Numbers, complex_mut};
use super::passes::{RowPairInverse, RowsForward};
use crate::cpu::conv::sizes::Sizes;
use crate::cpu::conv::{GradientSums, Scratch};
use crate::cpu::lanes::LANES;
use crate::cpu::vectors::neg;
use crate::graph::Member;
use pulp::{Arch, Simd, WithSimd};

impl Spectral {
    /// The point of the circle at which a row or a column of taps stands: those that reach back by the padding stand before point 0.
    fn point(&self, tap: usize, points: usize) -> usize {
        (tap + points - self.sizes.pad) % points
    }

    /// Where the gradient of a tap stands, which runs around the circle against the points.
    fn mirrored(&self, tap: usize, points: usize) -> usize {
        (points - self.point(tap, points)) % points
    }

    fn reserve_for_kernels(&self, scratch: &mut Scratch) {
        let kernel = self.sizes.kernel;
        scratch.taps.reserve(kernel * self.rows.len * LANES);
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
        let (pairs, width) = (inputs * outputs, self.rows.len);
        self.reserve_for_kernels(scratch);
        for first in (0..pairs).step_by(LANES) {
            let taps = &mut scratch.taps[..k * width * LANES];
            taps.fill(0.0);
            for lane in 0..LANES.min(pairs - first) {
                let (input, output) = ((first + lane) / outputs, (first + lane) % outputs);
                let kernel = &kernels[output][input * k * k..][..k * k];
                for (tap, w) in kernel.iter().enumerate() {
                    let cell = tap / k * width + self.point(tap % k, width);
                    taps[cell * LANES + lane] = self.scale() * w;
                }
            }
            let (rows, line) = (&mut scratch.rows[0][..self.row_floats(1, k)], &mut *scratch.line);
            {
                let (size, from, first, planes, rows) = ([k, width], &*taps, 0, 1, &mut *rows);
                arch.dispatch(RowsForward { spectral: self, size, from, first, planes, rows, line });
            }
            arch.dispatch(ToPairs { spectral: self, first, rows, spectra, line });
        }
    }

    /// Computes the gradients of kernels from the sums of products of spectra, `[half, n, 2, pairs]`, where pair
    /// `output * inputs + input` is that kernel's, and adds them to those of the members' parameters.
    pub fn kernel_gradients(&self, arch: Arch, members: &[Member], sums: &mut GradientSums<'_>, scratch: &mut Scratch) {
        let Sizes { inputs, outputs, kernel: k, .. } = self.sizes;
        let (pairs, width) = (inputs * outputs, self.rows.len);
        self.reserve_for_kernels(scratch);
        // Pairs come in the order of the kernels in the members' parameters, `[outputs, inputs]` of one after the
        // other.
        let mut kernels = members.iter().flat_map(|of| (0..of.outputs * inputs).map(|index| (of.slot, index)));
        for first in (0..pairs).step_by(LANES) {
            let (rows, line) = (&mut scratch.rows[0][..self.row_floats(1, k)], &mut *scratch.line);
            arch.dispatch(FromPairs { spectral: self, first, sums: sums.transformed, rows, line });
            for (pair, to) in scratch.taps[..k * width * LANES].chunks_mut(2 * width * LANES).enumerate() {
                let (plane, row, planes, height) = (0, 2 * pair, 1, k);
                arch.dispatch(RowPairInverse { spectral: self, width, plane, row, planes, height, rows, to, line });
            }
            for (lane, (slot, index)) in kernels.by_ref().take(LANES).enumerate() {
                let cells = (0..k * k).map(|tap| tap / k * width + self.mirrored(tap % k, width));
                let taps = cells.map(|cell| self.scale() * scratch.taps[cell * LANES + lane]);
                sums.add(&self.sizes, slot, index, taps);
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
        let (z, work) = complex_mut::<S, 1>(self.line).split_at_mut(2 * n);
        let (source, back) = z.split_at_mut(n);
        let step = spectral.pairs / S::F32_LANES;
        let spectra = self.spectra.chunks_exact_mut(n * 2 * spectral.pairs);
        for (from, to) in S::as_simd_f32s(self.rows).0.chunks_exact(k * 2 * parts).zip(spectra) {
            for p in 0..parts {
                source.fill([[s.splat_f32s(0.0)]; 2]);
                for (tap, cells) in from.chunks_exact(2 * parts).enumerate() {
                    source[spectral.point(tap, n)] = [[cells[p]], [cells[parts + p]]];
                }
                spectral.columns.run(s, work, Numbers::line(&*source), Numbers::line(&mut *back));
                let spectra = &mut S::as_mut_simd_f32s(&mut to[first..]).0[p..];
                for (point, [[re], [im]]) in back.iter().enumerate() {
                    spectra[2 * point * step] = *re;
                    spectra[(2 * point + 1) * step] = neg(s, *im);
                }
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
        let (z, work) = complex_mut::<S, 1>(self.line).split_at_mut(2 * n);
        let (source, back) = z.split_at_mut(n);
        let step = spectral.pairs / S::F32_LANES;
        let sums = self.sums.chunks_exact(n * 2 * spectral.pairs);
        for (to, from) in S::as_mut_simd_f32s(self.rows).0.chunks_exact_mut(k * 2 * parts).zip(sums) {
            for p in 0..parts {
                let spectra = &S::as_simd_f32s(&from[first..]).0[p..];
                // With real and imaginary parts exchanged, for the inverse.
                for (point, to) in source.iter_mut().enumerate() {
                    *to = [[spectra[(2 * point + 1) * step]], [spectra[2 * point * step]]];
                }
                spectral.columns.run(s, work, Numbers::line(&*source), Numbers::line(&mut *back));
                for (tap, cells) in to.chunks_exact_mut(2 * parts).enumerate() {
                    let [[im], [re]] = back[spectral.mirrored(tap, n)];
                    (cells[p], cells[parts + p]) = (re, im);
                }
            }
        }
    }
}
