//! Numbers of a block of images, one image a lane.

use std::ops::{Deref, DerefMut};

/// Images in a block, and floats in a cell: one vector of AVX-512, two of AVX2, four of NEON.
///
/// Every kernel works on whole cells, so no shape has an awkward edge, and an image's result does not depend on which
/// vectors the machine has beyond the rounding of its multiply-adds.
pub const LANES: usize = 16;

/// Bytes of a cell, and of a cache line.
const ALIGNMENT: usize = 64;

/// Floats that begin at a cache line: a cell is then never split over two.
#[derive(Debug, Default)]
pub struct Aligned {
    data: Vec<f32>,
    start: usize,
    len: usize,
}

impl Aligned {
    pub fn zeros(len: usize) -> Self {
        let data = vec![0.0; len + ALIGNMENT / size_of::<f32>()];
        let start = data.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT / size_of::<f32>());
        Self { data, start, len }
    }

    /// At least so long; what was in it is lost if it was shorter.
    pub fn reserve(&mut self, len: usize) {
        if self.len < len {
            *self = Self::zeros(len);
        }
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.data[self.start..self.start + self.len]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[self.start..self.start + self.len]
    }
}

/// The contents of the lanes of a block that have no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spare {
    /// The last image once more. Its numbers are finite wherever a function has a finite value and slope for all images of
    /// the block; zeros in its place would not be, behind a root or a logarithm, and would spoil sums over all lanes.
    LastImage,
    /// Zeros, for gradients: the lane then adds nothing to any sum.
    Zeros,
}

/// Images `[count, len]`, at least one, each `step` after the one before, to cells `[len]`.
pub fn gather(images: &[f32], step: usize, count: usize, spare: Spare, cells: &mut [f32]) {
    for (n, cell) in cells.chunks_exact_mut(LANES).enumerate() {
        for (lane, x) in cell.iter_mut().enumerate() {
            *x = match spare {
                Spare::Zeros if lane >= count => 0.0,
                _ => images[lane.min(count - 1) * step + n],
            };
        }
    }
}

/// Cells `[len]` to images `[count, len]`, each `step` after the one before.
pub fn scatter(cells: &[f32], step: usize, count: usize, images: &mut [f32]) {
    for (n, cell) in cells.chunks_exact(LANES).enumerate() {
        for (lane, x) in cell.iter().enumerate().take(count) {
            images[lane * step + n] = *x;
        }
    }
}

/// A square of cells, mirrored: lanes become cells. By small squares, since compilers make shuffles of those and slow
/// gathers of the whole.
#[inline(always)]
pub fn transpose(from: &[f32; LANES * LANES], to: &mut [f32; LANES * LANES]) {
    const SMALL: usize = 4;
    for i in (0..LANES).step_by(SMALL) {
        for j in (0..LANES).step_by(SMALL) {
            let mut square = [[0.0; SMALL]; SMALL];
            for (n, row) in square.iter_mut().enumerate() {
                row.copy_from_slice(&from[(i + n) * LANES + j..][..SMALL]);
            }
            let [a, b, c, d] = square;
            for n in 0..SMALL {
                to[(j + n) * LANES + i..][..SMALL].copy_from_slice(&[a[n], b[n], c[n], d[n]]);
            }
        }
    }
}
