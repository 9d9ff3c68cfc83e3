//! The gradients of kernels, tap by tap.

use crate::cpu::lanes::LANES;
use pulp::{Simd, WithSimd};

/// Adds to the gradients of some kernels the sum over pixels and images of the number that each window has times what
/// the tap saw there. One of the two is an activity and the other a gradient, whichever way the kernels are applied.
pub struct TapGradients<'a> {
    pub taps: SeenByTaps<'a>,
    /// Planes that have a pixel for each window, `[channels, height, width]` cells.
    pub windows: &'a [f32],
    /// The gradients of the kernels, `[channels, taps]`.
    pub dw: &'a mut [f32],
}

/// The cells that the taps of a convolution's windows see, told by offsets.
#[derive(Clone, Copy)]
pub struct SeenByTaps<'a> {
    /// For each tap, the offset in cells of what it sees from the corner of the window.
    pub offsets: &'a [usize],
    /// The planes that windows lie on, from the corner of the first window on.
    pub planes: &'a [f32],
    /// Cells from what the windows of a row see to what those of the next row see.
    pub row_step: usize,
    /// Rows of windows, and windows in a row.
    pub size: [usize; 2],
}

impl WithSimd for TapGradients<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { taps, windows, dw } = self;
        let (plane, count) = (taps.size[0] * taps.size[1] * LANES, taps.offsets.len());
        for (windows, dw) in windows.chunks(4 * plane).zip(dw.chunks_mut(4 * count)) {
            if windows.len() == 4 * plane {
                taps.of_four(s, windows, dw);
            } else {
                for (windows, dw) in windows.chunks(plane).zip(dw.chunks_mut(count)) {
                    taps.of_one(s, windows, dw);
                }
            }
        }
    }
}

impl SeenByTaps<'_> {
    /// Adds to the gradients of all taps of four channels: as many at once as there are registers for, of which there
    /// are twice as many of the widest vectors.
    #[inline(always)]
    fn of_four<S: Simd>(&self, s: S, windows: &[f32], dw: &mut [f32]) {
        let mut tap = 0;
        while tap < self.offsets.len() {
            tap += match self.offsets.len() - tap {
                4 | 5 | 8 | 10.. if S::F32_LANES == LANES => self.some::<S, 4, 4>(s, windows, tap, dw),
                3.. => self.some::<S, 4, 3>(s, windows, tap, dw),
                _ => self.some::<S, 4, 1>(s, windows, tap, dw),
            };
        }
    }

    /// Adds to the gradients of all taps of one channel: nine at once, which are all of a small kernel.
    #[inline(always)]
    fn of_one<S: Simd>(&self, s: S, windows: &[f32], dw: &mut [f32]) {
        let mut tap = 0;
        while tap < self.offsets.len() {
            tap += match self.offsets.len() - tap {
                9.. => self.some::<S, 1, 9>(s, windows, tap, dw),
                3.. => self.some::<S, 1, 3>(s, windows, tap, dw),
                _ => self.some::<S, 1, 1>(s, windows, tap, dw),
            };
        }
    }

    /// Adds to the gradients of `N` taps, from `first` on, of `M` channels, and returns `N`.
    #[inline(always)]
    fn some<S: Simd, const M: usize, const N: usize>(
        &self,
        s: S,
        windows: &[f32],
        first: usize,
        dw: &mut [f32],
    ) -> usize {
        let parts = LANES / S::F32_LANES;
        let (planes, windows) = (S::as_simd_f32s(self.planes).0, S::as_simd_f32s(windows).0);
        let ([height, width], count) = (self.size, self.offsets.len());
        let len = width * parts;
        let mut sums = [[s.splat_f32s(0.0); N]; M];
        let (mut lines, mut rows) = ([planes; N], [windows; M]);
        for row in 0..height {
            for n in 0..N {
                lines[n] = &planes[(row * self.row_step + self.offsets[first + n]) * parts..][..len];
            }
            for m in 0..M {
                rows[m] = &windows[(m * height + row) * len..][..len];
            }
            for at in 0..len {
                for m in 0..M {
                    let number = rows[m][at];
                    for n in 0..N {
                        sums[m][n] = s.mul_add_f32s(number, lines[n][at], sums[m][n]);
                    }
                }
            }
        }
        for m in 0..M {
            for n in 0..N {
                dw[m * count + first + n] += s.reduce_sum_f32s(sums[m][n]);
            }
        }
        N
    }
}
