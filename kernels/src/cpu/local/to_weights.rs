//! The gradient of the weights of one place.
//!
//! The sum goes over images, which are lanes. So the gradients of sixteen outputs are transposed, and then images come one
//! after the other while outputs are lanes; what is read of the window is one number at a time.

use super::window::Place;
use crate::cpu::lanes::{LANES, SQUARE, transpose};
use crate::graph::Local;
use pulp::{Simd, WithSimd};

/// Adds to the gradient of the kernels of at most sixteen outputs at one place.
pub struct ToWeights<'a> {
    pub local: &'a Local,
    pub place: Place,
    /// The first of these outputs.
    pub first: usize,
    /// The planes of each block, `[inputs, height, width]` cells.
    pub x: &'a [&'a [f32]],
    /// The gradient of the result in each block, `[outputs, height, width]` cells.
    pub dy: &'a [&'a [f32]],
    /// The gradient of the kernels, `[outputs, inputs, kernel, kernel]`.
    pub gradient: &'a mut [f32],
    /// The memory for the gradients of the place.
    pub scratch: &'a mut Vec<f32>,
}

impl WithSimd for ToWeights<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        let wide = S::F32_LANES == LANES;
        self.transpose_gradients::<S>();
        let taps = self.local.taps();
        let Self { local, place, .. } = self;
        // The cells of the window, sixteen taps at a time; taps outside the planes are skipped.
        let (mut cells, mut first, mut end) = ([None; LANES], 0, 0);
        for stretch in place.stretches(local, 0..local.inputs) {
            for n in 0..stretch.len {
                let tap = stretch.tap + n;
                while tap >= first + LANES {
                    self.sixteen::<S>(s, wide, first, &cells);
                    (cells, first) = ([None; LANES], first + LANES);
                }
                cells[tap - first] = Some(stretch.cell + n);
                end = tap + 1;
            }
        }
        if end > first && first < taps {
            self.sixteen::<S>(s, wide, first, &cells);
        }
    }
}

impl ToWeights<'_> {
    /// Brings the gradients of the place into the scratch, `[blocks, lanes, outputs]`; there are zeros for outputs that the layer
    /// does not have.
    #[inline(always)]
    fn transpose_gradients<S: Simd>(&mut self) {
        let [height, width] = self.local.to();
        self.scratch.resize(self.dy.len() * SQUARE, 0.0);
        let mut square = [0.0; SQUARE];
        let at = self.place.row * width + self.place.column;
        for (dy, to) in self.dy.iter().zip(self.scratch.as_chunks_mut::<SQUARE>().0) {
            let cells = dy.as_chunks::<LANES>().0[self.first * height * width + at..].iter().step_by(height * width);
            square.as_chunks_mut::<LANES>().0.iter_mut().zip(cells).for_each(|(to, cell)| *to = *cell);
            transpose::<S>(&square, to);
        }
    }

    /// Adds to the gradient of sixteen taps, of which each reads a cell of the planes, or nothing.
    #[inline(always)]
    fn sixteen<S: Simd>(&mut self, s: S, wide: bool, first: usize, cells: &[Option<usize>; LANES]) {
        let mut sums = [0.0; SQUARE];
        if wide {
            self.sum::<S, LANES>(s, cells, 0, &mut sums);
        } else {
            self.sum::<S, { LANES / 2 }>(s, cells, 0, &mut sums);
            self.sum::<S, { LANES / 2 }>(s, cells, LANES / 2, &mut sums);
        }
        let (mut of_outputs, taps) = ([0.0; SQUARE], self.local.taps());
        transpose::<S>(&sums, &mut of_outputs);
        let some = LANES.min(taps - first);
        for (kernel, sums) in self.gradient.chunks_exact_mut(taps).zip(of_outputs.chunks_exact(LANES)) {
            kernel[first..first + some].iter_mut().zip(sums).for_each(|(sum, more)| *sum += more);
        }
    }

    /// Sums the gradients of `N` taps, `[taps, outputs]`, of which `skip` come before.
    #[inline(always)]
    fn sum<S: Simd, const N: usize>(&self, s: S, cells: &[Option<usize>; LANES], skip: usize, to: &mut [f32; SQUARE]) {
        const ZEROS: [f32; LANES] = [0.0; LANES];
        let (parts, to) = (LANES / S::F32_LANES, S::as_mut_simd_f32s(to).0);
        for part in 0..parts {
            let mut sums = [s.splat_f32s(0.0); N];
            for (x, dy) in self.x.iter().zip(self.scratch.chunks_exact(SQUARE)) {
                let (planes, dy) = (x.as_chunks::<LANES>().0, S::as_simd_f32s(dy).0);
                let mut read = [&ZEROS; N];
                for n in 0..N {
                    if let Some(cell) = cells[skip + n] {
                        read[n] = &planes[cell];
                    }
                }
                for lane in 0..LANES {
                    let dy = dy[lane * parts + part];
                    for n in 0..N {
                        sums[n] = s.mul_add_f32s(s.splat_f32s(read[n][lane]), dy, sums[n]);
                    }
                }
            }
            for n in 0..N {
                to[(skip + n) * parts + part] = sums[n];
            }
        }
    }
}
