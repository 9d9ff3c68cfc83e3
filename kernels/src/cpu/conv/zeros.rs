//! Results of a convolution that are exactly zero, since every number that they are summed from is zero.
//!
//! A sum tap by tap gives exact zeros by itself. A transform gives rounding errors of the numbers around them instead,
//! and half of those are positive, so a rectifier would keep them: a silent part of a map would come to life. So the
//! algorithms that transform look which cells of the input are zero in all channels, and set the results that see no
//! other cells to zero.
//!
//! Each image has its own zeros, so a cell has a mask: a `u16` with one bit for each of the sixteen lanes, set where
//! the image has a number other than zero. Masks of a window are joined by `or`, first along rows and then along
//! columns, which takes `2 * kernel` steps for each cell instead of `kernel * kernel`. Padding has the mask 0.

use super::sizes::Sizes;
use crate::cpu::lanes::{Aligned, LANES};
use crate::cpu::vectors::select;
use pulp::{Arch, Simd, WithSimd};

/// For each lane, the bit that stands for it in a mask.
const BITS: [u32; LANES] = {
    let mut bits = [1; LANES];
    let mut lane = 1;
    while lane < LANES {
        bits[lane] = 2 * bits[lane - 1];
        lane += 1;
    }
    bits
};

/// The numbers of [`BITS`] as floats, of which every sum is exact: vectors can be added up across lanes, not masks.
const SUMMANDS: [f32; LANES] = {
    let mut summands = [1.0; LANES];
    let mut lane = 1;
    while lane < LANES {
        summands[lane] = 2.0 * summands[lane - 1];
        lane += 1;
    }
    summands
};

/// The masks of one convolution of a block: where its results can be other than zero.
#[derive(Debug, Default)]
pub struct Zeros {
    /// For each cell of an input plane with the padding around it, the lanes in which some channel has a number other
    /// than zero there.
    cells: Vec<u16>,
    /// The bits that are set in some channel's number, for each lane of the cells of a row.
    bits: Aligned,
    /// For each row of the input and each column of the results, the lanes in which the kernel sees such a number in
    /// that row.
    lines: Vec<u16>,
    /// For each cell of the results, the lanes in which the kernel sees such a number at all.
    seen: Vec<u16>,
}

impl Zeros {
    /// Computes the masks for the input planes of a block, `[inputs, height, width]` cells in one slice or in several.
    pub fn find(&mut self, arch: Arch, sizes: &Sizes, planes: &[&[f32]]) {
        let Sizes { kernel, pad, from: [height, width], to: [down, across], .. } = *sizes;
        let [high, wide] = [height, width].map(|size| size + 2 * pad);
        clear(&mut self.cells, high * wide);
        clear(&mut self.lines, high * across);
        clear(&mut self.seen, down * across);
        self.bits.reserve(width * LANES);
        let bits = &mut self.bits[..width * LANES];
        for (row, cells) in self.cells[pad * wide..].chunks_exact_mut(wide).take(height).enumerate() {
            let cells = &mut cells[pad..][..width];
            arch.dispatch(Alive { planes, size: height * width, first: row * width, bits, cells });
        }
        for (line, cells) in self.lines.chunks_exact_mut(across).zip(self.cells.chunks_exact(wide)) {
            (0..kernel).for_each(|tap| join(line, &cells[tap..]));
        }
        for (row, seen) in self.seen.chunks_exact_mut(across).enumerate() {
            (row..row + kernel).for_each(|line| join(seen, &self.lines[line * across..]));
        }
    }

    /// Sets what is exactly zero to zero in some cells of a plane of the results, of which the first is cell `first`.
    pub fn clear(&self, arch: Arch, first: usize, cells: &mut [f32]) {
        // Most often every lane sees something, and nothing is to be done.
        let seen = &self.seen[first..][..cells.len() / LANES];
        if seen.iter().any(|lanes| *lanes != u16::MAX) {
            arch.dispatch(Clear { seen, cells });
        }
    }
}

/// Makes `len` masks that are all 0.
fn clear(lanes: &mut Vec<u16>, len: usize) {
    lanes.clear();
    lanes.resize(len, 0);
}

/// Adds the lanes of some masks to others, one by one.
fn join(to: &mut [u16], from: &[u16]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to |= from);
}

/// Computes the masks of the cells of a row, which begins `first` cells into each plane of `size` cells.
struct Alive<'a> {
    planes: &'a [&'a [f32]],
    size: usize,
    first: usize,
    bits: &'a mut [f32],
    cells: &'a mut [u16],
}

/// So many channels are read before the next look whether any lane is zero in all of them. Without a rectifier one is enough to
/// know, behind one it takes about ten.
const AT_ONCE: usize = 4;

impl WithSimd for Alive<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { planes, size, first, bits, cells } = self;
        let parts = LANES / S::F32_LANES;
        let (zero, summands) = (s.splat_f32s(0.0), S::as_simd_f32s(&SUMMANDS).0);
        let bits = S::as_mut_simd_f32s(bits).0;
        bits.fill(zero);
        let rows = planes.iter().flat_map(|planes| S::as_simd_f32s(planes).0.chunks_exact(size * parts));
        for (n, plane) in rows.enumerate() {
            if n > 0 && n % AT_ONCE == 0 && !bits.iter().any(|bits| has_dead(s, *bits)) {
                cells.fill(u16::MAX);
                return;
            }
            // A bit is set if it is set in any channel's number. What has the bit of the sign alone is -0, which
            // compares as zero; so does 0. Anything else, NaN included, does not.
            for (bits, x) in bits.iter_mut().zip(&plane[first * parts..]) {
                *bits = s.or_f32s(*bits, *x);
            }
        }
        for (cell, bits) in cells.iter_mut().zip(bits.chunks_exact(parts)) {
            let mut sum = 0.0;
            for (bits, summand) in bits.iter().zip(summands) {
                sum += s.reduce_sum_f32s(select(s, s.equal_f32s(*bits, zero), zero, *summand));
            }
            *cell = sum as u16;
        }
    }
}

/// Tells whether a number is zero in some lane.
#[inline(always)]
fn has_dead<S: Simd>(s: S, bits: S::f32s) -> bool {
    s.first_true_m32s(s.equal_f32s(bits, s.splat_f32s(0.0))) < S::F32_LANES
}

/// Sets cells to zero in the lanes that are missing in their masks, `seen`.
struct Clear<'a> {
    seen: &'a [u16],
    cells: &'a mut [f32],
}

impl WithSimd for Clear<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let parts = LANES / S::F32_LANES;
        let (none, bits) = (s.splat_u32s(0), S::as_simd_u32s(&BITS).0);
        let cells = S::as_mut_simd_f32s(self.cells).0.chunks_exact_mut(parts);
        for (seen, cell) in self.seen.iter().zip(cells) {
            if *seen == u16::MAX {
                continue;
            }
            let seen = s.splat_u32s(u32::from(*seen));
            for (x, bit) in cell.iter_mut().zip(bits) {
                let dead = s.equal_u32s(s.and_u32s(seen, *bit), none);
                // A difference and not a zero: a weight that is NaN or infinite makes NaN of `0 * w`, as it does of the
                // sum.
                *x = select(s, dead, s.sub_f32s(*x, *x), *x);
            }
        }
    }
}
