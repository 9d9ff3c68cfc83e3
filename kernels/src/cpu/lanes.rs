//! Cells: the numbers that sixteen images have at one place, one image in each lane of a vector.

use std::ops::{Deref, DerefMut};

/// The number of images in a block, and of floats in a cell: one vector of AVX-512, two of AVX2, four of NEON.
///
/// Every kernel works on whole cells, so no shape has an awkward edge, and an image's result does not depend on which
/// vectors the machine has beyond the rounding of its multiply-adds.
pub const LANES: usize = 16;

/// The size of a cell in bytes, which is that of a cache line.
const ALIGNMENT: usize = 64;

/// A vector of floats that begins at a cache line, so that no cell is split over two lines.
#[derive(Debug, Default)]
pub struct Aligned {
    data: Vec<f32>,
    start: usize,
    len: usize,
}

impl Aligned {
    /// Makes a vector of `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let data = vec![0.0; len + ALIGNMENT / size_of::<f32>()];
        let start = data.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT / size_of::<f32>());
        Self { data, start, len }
    }

    /// Makes the vector at least `len` floats long; if it was shorter, what was in it is lost.
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

/// What fills the lanes that have no image, in the last block of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spare {
    /// The last image once more. Where a function has a finite value and slope for all images of the block, it has one
    /// for this copy too; for zeros a root or a logarithm would not, and NaN would spoil sums over all lanes.
    LastImage,
    /// Zeros, for gradients: the lane then adds nothing to any sum.
    Zeros,
}

/// Copies images `[count, len]` into cells `[len]`. There is at least one image, and each begins `step` floats after
/// the one before.
pub fn gather(images: &[f32], step: usize, count: usize, spare: Spare, cells: &mut [f32]) {
    for (n, cell) in cells.chunks_exact_mut(LANES).enumerate() {
        for (lane, x) in cell.iter_mut().enumerate() {
            *x = match spare {
                Spare::Zeros if lane >= count => 0.0,
                Spare::Zeros | Spare::LastImage => images[lane.min(count - 1) * step + n],
            };
        }
    }
}

/// Copies cells `[len]` into images `[count, len]`, each of which begins `step` floats after the one before.
pub fn scatter(cells: &[f32], step: usize, count: usize, images: &mut [f32]) {
    for (n, cell) in cells.chunks_exact(LANES).enumerate() {
        for (lane, x) in cell.iter().enumerate().take(count) {
            images[lane * step + n] = *x;
        }
    }
}

/// Transposes a square of sixteen cells, so that lanes become cells and cells become lanes. It goes by small squares,
/// since compilers make shuffles of those and slow gathers of the whole.
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
