//! Pooling of a block's maps, forward and backward.

use crate::cpu::lanes::LANES;
use crate::cpu::vectors::select;
use crate::graph::{Dims, Window};
use pulp::{Simd, WithSimd};
use std::ops::Range;

impl Window {
    /// The rows (`axis` 0) or columns (`axis` 1) that a window sees of an input of this size: the window that makes the
    /// result's row or column `place`.
    fn seen(&self, axis: usize, place: usize, size: usize) -> Range<usize> {
        let start = place * self.stride;
        let end = (start + self.kernel[axis]).saturating_sub(self.pad[axis]).min(size);
        start.saturating_sub(self.pad[axis]).min(end)..end
    }
}

/// Pools the cells `x` of the shape `from` to the cells `y` of the shape `to`, both `[channels, height, width]`.
pub struct Pool<'a> {
    pub window: &'a Window,
    pub from: Dims,
    pub to: Dims,
    pub x: &'a [f32],
    pub y: &'a mut [f32],
}

impl WithSimd for Pool<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { window, from, to, x, y } = self;
        let parts = LANES / S::F32_LANES;
        let (x, y) = (S::as_simd_f32s(x).0, S::as_mut_simd_f32s(y).0);
        let ([_, height, width], [channels, rows, columns]) = (from, to);
        for c in 0..channels {
            for row in 0..rows {
                let seen = window.seen(0, row, height);
                for column in 0..columns {
                    let across = window.seen(1, column, width);
                    let count = seen.len() * across.len();
                    for p in 0..parts {
                        let start = if window.largest { f32::NEG_INFINITY } else { 0.0 };
                        let mut sum = s.splat_f32s(start);
                        for i in seen.clone() {
                            for j in across.clone() {
                                let x = x[((c * height + i) * width + j) * parts + p];
                                // NaN wins: comparisons with it are false, and it would go unnoticed.
                                sum = if window.largest {
                                    let larger = select(s, s.greater_than_f32s(x, sum), x, sum);
                                    select(s, s.equal_f32s(x, x), larger, x)
                                } else {
                                    s.add_f32s(sum, x)
                                };
                            }
                        }
                        let mean = s.splat_f32s((count.max(1) as f32).recip());
                        let at = ((c * rows + row) * columns + column) * parts + p;
                        y[at] = if window.largest { sum } else { s.mul_f32s(sum, mean) };
                    }
                }
            }
        }
    }
}

/// Computes `dx`, the gradient of what was pooled, from `dy`, that of the result `y`: the first of the largest numbers
/// in a window gets all of it, or, for a mean, every number an equal share. `x` and `dx` have the shape `from`, `y` and
/// `dy` the shape `to`.
pub struct PoolBackward<'a> {
    pub window: &'a Window,
    pub from: Dims,
    pub to: Dims,
    pub x: &'a [f32],
    pub y: &'a [f32],
    pub dy: &'a [f32],
    pub dx: &'a mut [f32],
}

impl WithSimd for PoolBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { window, from, to, x, y, dy, dx } = self;
        let parts = LANES / S::F32_LANES;
        dx.fill(0.0);
        let (x, y, dy) = (S::as_simd_f32s(x).0, S::as_simd_f32s(y).0, S::as_simd_f32s(dy).0);
        let dx = S::as_mut_simd_f32s(dx).0;
        let ([_, height, width], [channels, rows, columns]) = (from, to);
        for c in 0..channels {
            for row in 0..rows {
                let seen = window.seen(0, row, height);
                for column in 0..columns {
                    let across = window.seen(1, column, width);
                    let share = s.splat_f32s(((seen.len() * across.len()).max(1) as f32).recip());
                    for p in 0..parts {
                        let at = ((c * rows + row) * columns + column) * parts + p;
                        let (y, mut left) = (y[at], dy[at]);
                        let zero = s.splat_f32s(0.0);
                        if !window.largest {
                            left = s.mul_f32s(left, share);
                        }
                        for i in seen.clone() {
                            for j in across.clone() {
                                let at = ((c * height + i) * width + j) * parts + p;
                                if window.largest {
                                    // NaN equals nothing, and yet it is what the window has handed on.
                                    let number = s.equal_f32s(x[at], x[at]);
                                    let hit = s.or_m32s(s.equal_f32s(x[at], y), s.not_m32s(number));
                                    dx[at] = s.add_f32s(dx[at], select(s, hit, left, zero));
                                    left = select(s, hit, zero, left);
                                } else {
                                    dx[at] = s.add_f32s(dx[at], left);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
