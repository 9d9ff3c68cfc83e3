//! Cells: the numbers that sixteen images have at one place, one image in each lane of a vector.

use pulp::{Simd, WithSimd};
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

/// Numbers of a square of sixteen cells.
pub const SQUARE: usize = LANES * LANES;

/// Copies images `[count, len]` into cells `[len]`.
pub struct Gather<'a> {
    pub images: &'a [f32],
    /// How many floats after the one before each image begins.
    pub step: usize,
    /// How many images there are: at least one.
    pub count: usize,
    pub spare: Spare,
    pub cells: &'a mut [f32],
}

impl WithSimd for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { images, step, count, spare, cells } = self;
        let (squares, rest) = cells.as_chunks_mut::<SQUARE>();
        let begin = squares.len() * LANES;
        let mut square = [0.0; SQUARE];
        for (n, cells) in squares.iter_mut().enumerate() {
            for (lane, row) in square.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                match spare {
                    Spare::Zeros if lane >= count => row.fill(0.0),
                    Spare::Zeros | Spare::LastImage => {
                        row.copy_from_slice(&images[lane.min(count - 1) * step + n * LANES..][..LANES]);
                    }
                }
            }
            transpose::<S>(&square, cells);
        }
        for (n, cell) in rest.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            for (lane, x) in cell.iter_mut().enumerate() {
                *x = match spare {
                    Spare::Zeros if lane >= count => 0.0,
                    Spare::Zeros | Spare::LastImage => images[lane.min(count - 1) * step + begin + n],
                };
            }
        }
    }
}

/// Copies cells `[len]` into images `[count, len]`.
pub struct Scatter<'a> {
    pub cells: &'a [f32],
    /// How many floats after the one before each image begins.
    pub step: usize,
    pub count: usize,
    pub images: &'a mut [f32],
}

impl WithSimd for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { cells, step, count, images } = self;
        let (squares, rest) = cells.as_chunks::<SQUARE>();
        let begin = squares.len() * LANES;
        let mut square = [0.0; SQUARE];
        for (n, cells) in squares.iter().enumerate() {
            transpose::<S>(cells, &mut square);
            for (lane, row) in square.as_chunks::<LANES>().0.iter().enumerate().take(count) {
                images[lane * step + n * LANES..][..LANES].copy_from_slice(row);
            }
        }
        for (n, cell) in rest.as_chunks::<LANES>().0.iter().enumerate() {
            for (lane, x) in cell.iter().enumerate().take(count) {
                images[lane * step + begin + n] = *x;
            }
        }
    }
}

/// Transposes a square of sixteen cells, so that lanes become cells and cells become lanes: where there is AVX-512, by shuffles of
/// whole cells. The caller is compiled for the vectors of `S`.
#[inline(always)]
pub fn transpose<S: Simd>(from: &[f32; SQUARE], to: &mut [f32; SQUARE]) {
    #[cfg(target_arch = "x86_64")]
    if S::F32_LANES == LANES
        && let Some(avx) = pulp::core_arch::x86::Avx512f::try_new()
    {
        return transpose_cells(avx, from, to);
    }
    transpose_small_squares(from, to);
}

/// Transposes by shuffles of whole cells: first the squares of four by four numbers in them, then these squares as a whole.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn transpose_cells(avx: pulp::core_arch::x86::Avx512f, from: &[f32; SQUARE], to: &mut [f32; SQUARE]) {
    let mut cells = [avx._mm512_setzero_ps(); LANES];
    for (cell, from) in cells.iter_mut().zip(from.as_chunks::<LANES>().0) {
        *cell = pulp::cast(*from);
    }
    for group in cells.as_chunks_mut::<SMALL>().0 {
        let [a, b, c, d] = *group;
        let [left, left_below] = [avx._mm512_unpacklo_ps(a, b), avx._mm512_unpacklo_ps(c, d)];
        let [right, right_below] = [avx._mm512_unpackhi_ps(a, b), avx._mm512_unpackhi_ps(c, d)];
        let [left, left_below] = [left, left_below].map(|x| avx._mm512_castps_pd(x));
        let [right, right_below] = [right, right_below].map(|x| avx._mm512_castps_pd(x));
        *group = [
            avx._mm512_castpd_ps(avx._mm512_unpacklo_pd(left, left_below)),
            avx._mm512_castpd_ps(avx._mm512_unpackhi_pd(left, left_below)),
            avx._mm512_castpd_ps(avx._mm512_unpacklo_pd(right, right_below)),
            avx._mm512_castpd_ps(avx._mm512_unpackhi_pd(right, right_below)),
        ];
    }
    let (to, _) = to.as_chunks_mut::<LANES>();
    for n in 0..SMALL {
        // Of each of these cells, the squares 0 and 2, or 1 and 3.
        let [a, b, c, d] = [cells[n], cells[SMALL + n], cells[2 * SMALL + n], cells[3 * SMALL + n]];
        let even = [avx._mm512_shuffle_f32x4::<0x88>(a, b), avx._mm512_shuffle_f32x4::<0x88>(c, d)];
        let odd = [avx._mm512_shuffle_f32x4::<0xdd>(a, b), avx._mm512_shuffle_f32x4::<0xdd>(c, d)];
        to[n] = pulp::cast(avx._mm512_shuffle_f32x4::<0x88>(even[0], even[1]));
        to[SMALL + n] = pulp::cast(avx._mm512_shuffle_f32x4::<0x88>(odd[0], odd[1]));
        to[2 * SMALL + n] = pulp::cast(avx._mm512_shuffle_f32x4::<0xdd>(even[0], even[1]));
        to[3 * SMALL + n] = pulp::cast(avx._mm512_shuffle_f32x4::<0xdd>(odd[0], odd[1]));
    }
}

/// Transposes by the squares of four by four numbers in a square of sixteen cells.
#[inline(always)]
fn transpose_small_squares(from: &[f32; SQUARE], to: &mut [f32; SQUARE]) {
    for i in (0..LANES).step_by(SMALL) {
        for j in (0..LANES).step_by(SMALL) {
            let mut square = [[0.0; SMALL]; SMALL];
            for (n, row) in square.iter_mut().enumerate() {
                row.copy_from_slice(&from[(i + n) * LANES + j..][..SMALL]);
            }
            for (n, row) in transpose_small(square).iter().enumerate() {
                to[(j + n) * LANES + i..][..SMALL].copy_from_slice(row);
            }
        }
    }
}

/// Numbers along a side of the small squares that a transposition goes by.
const SMALL: usize = 4;

/// Transposes a small square. Left to itself, a compiler loads every number alone, or gathers them; so the shuffles stand here.
#[inline(always)]
fn transpose_small(square: [[f32; SMALL]; SMALL]) -> [[f32; SMALL]; SMALL] {
    #[cfg(target_arch = "x86_64")]
    if let Some(sse) = pulp::core_arch::x86::Sse::try_new() {
        let [a, b, c, d] = square.map(pulp::cast::<[f32; SMALL], std::arch::x86_64::__m128>);
        let [left, left_below] = [sse._mm_unpacklo_ps(a, b), sse._mm_unpacklo_ps(c, d)];
        let [right, right_below] = [sse._mm_unpackhi_ps(a, b), sse._mm_unpackhi_ps(c, d)];
        let columns = [
            sse._mm_movelh_ps(left, left_below),
            sse._mm_movehl_ps(left_below, left),
            sse._mm_movelh_ps(right, right_below),
            sse._mm_movehl_ps(right_below, right),
        ];
        return columns.map(pulp::cast);
    }
    std::array::from_fn(|n| square.map(|row| row[n]))
}
