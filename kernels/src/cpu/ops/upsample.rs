//! Larger maps from smaller ones, forward and backward.

use crate::cpu::lanes::LANES;
use crate::graph::{Dims, Upsampling};
use pulp::{Simd, WithSimd};

/// The rows, or columns, of the smaller map that one of the larger map is a mean of, one or two, and the share of each.
struct Sources {
    places: [usize; 2],
    shares: [f32; 2],
    /// How many there are: one or two.
    count: usize,
}

impl Upsampling {
    /// The sources of each row, or column, of a larger map of so many, where the smaller map has `size` of them.
    ///
    /// A row becomes `factor` rows. The centre of the `n`th of them lies `(n + 1/2) / factor - 1/2` behind its own
    /// centre, and so far on the way to the row after it or before it; rows at the edge are neighbours of themselves.
    fn sources(&self, count: usize, size: usize) -> Vec<Sources> {
        let source = |place: usize| {
            let own = place / self.factor;
            if !self.bilinear {
                return Sources { places: [own, own], shares: [1.0, 0.0], count: 1 };
            }
            let off = ((place % self.factor) as f32 + 0.5) / self.factor as f32 - 0.5;
            let neighbour = if off < 0.0 { own.saturating_sub(1) } else { (own + 1).min(size - 1) };
            Sources { places: [own, neighbour], shares: [1.0 - off.abs(), off.abs()], count: 2 }
        };
        (0..count).map(source).collect()
    }
}

/// Makes the cells `y` of the shape `to` from the cells `x` of the shape `from`, both `[channels, height, width]`.
pub struct Upsample<'a> {
    pub upsampling: Upsampling,
    pub from: Dims,
    pub to: Dims,
    pub x: &'a [f32],
    pub y: &'a mut [f32],
}

impl WithSimd for Upsample<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { upsampling, from: [channels, height, width], to: [_, rows, columns], x, y } = self;
        let parts = LANES / S::F32_LANES;
        let (x, y) = (S::as_simd_f32s(x).0, S::as_mut_simd_f32s(y).0);
        let (down, across) = (upsampling.sources(rows, height), upsampling.sources(columns, width));
        for c in 0..channels {
            for (row, down) in down.iter().enumerate() {
                for (column, across) in across.iter().enumerate() {
                    let to = ((c * rows + row) * columns + column) * parts;
                    for p in 0..parts {
                        let mut sum = s.splat_f32s(0.0);
                        for i in 0..down.count {
                            for j in 0..across.count {
                                let share = s.splat_f32s(down.shares[i] * across.shares[j]);
                                let at = ((c * height + down.places[i]) * width + across.places[j]) * parts + p;
                                sum = s.mul_add_f32s(share, x[at], sum);
                            }
                        }
                        y[to + p] = sum;
                    }
                }
            }
        }
    }
}

/// Computes `dx`, the gradient of what became larger, from `dy`, that of the result: the shares of a source add up.
pub struct UpsampleBackward<'a> {
    pub upsampling: Upsampling,
    pub from: Dims,
    pub to: Dims,
    pub dy: &'a [f32],
    pub dx: &'a mut [f32],
}

impl WithSimd for UpsampleBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { upsampling, from: [channels, height, width], to: [_, rows, columns], dy, dx } = self;
        let parts = LANES / S::F32_LANES;
        dx.fill(0.0);
        let (dy, dx) = (S::as_simd_f32s(dy).0, S::as_mut_simd_f32s(dx).0);
        let (down, across) = (upsampling.sources(rows, height), upsampling.sources(columns, width));
        for c in 0..channels {
            for (row, down) in down.iter().enumerate() {
                for (column, across) in across.iter().enumerate() {
                    let from = ((c * rows + row) * columns + column) * parts;
                    for i in 0..down.count {
                        for j in 0..across.count {
                            let share = s.splat_f32s(down.shares[i] * across.shares[j]);
                            let at = ((c * height + down.places[i]) * width + across.places[j]) * parts;
                            for p in 0..parts {
                                dx[at + p] = s.mul_add_f32s(share, dy[from + p], dx[at + p]);
                            }
                        }
                    }
                }
            }
        }
    }
}
