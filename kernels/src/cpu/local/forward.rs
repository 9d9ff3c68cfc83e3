//! The forward pass of one row of places.

use super::BLOCKS;
use super::window::Place;
use crate::cpu::hands::shares;
use crate::cpu::lanes::LANES;
use crate::graph::Local;
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Computes a row of some outputs of all blocks.
pub struct ForwardRow<'a, 'y> {
    pub local: &'a Local,
    pub weight: &'a [f32],
    pub bias: Option<&'a [f32]>,
    /// The planes of each block, `[inputs, height, width]` cells.
    pub x: &'a [&'a [f32]],
    pub row: usize,
    pub outputs: Range<usize>,
    /// The memory that takes the row, `[blocks, outputs]` rows of cells.
    pub y: Vec<&'y mut [f32]>,
    pub scratch: &'a mut Panel,
}

/// A few cells of a window as the sums read them, one tap after the other: they stay in the first-level cache, and no sum has to
/// find them again in the planes.
#[derive(Default)]
pub struct Panel {
    /// The cells, `[groups of blocks, taps, blocks of the group]`.
    cells: Vec<f32>,
    /// The taps whose cells these are, counted over all inputs.
    taps: Vec<usize>,
}

/// Cells of a window that are read at once: as many as stay in a first-level cache of 32 KiB, for all blocks that are summed at
/// once and with the weights beside them, until every output has read them.
const CELLS: usize = 108;

impl WithSimd for ForwardRow<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        let [_, width] = self.local.to();
        let turns = shares(self.local.inputs, (CELLS / self.local.kernel.pow(2)).max(1), usize::MAX);
        self.begin();
        for first in (0..self.x.len()).step_by(BLOCKS) {
            let blocks = first..self.x.len().min(first + BLOCKS);
            for column in 0..width {
                for inputs in &turns {
                    self.place(s, column, blocks.clone(), inputs.clone());
                }
            }
        }
    }
}

/// Where a tile of sums lies.
#[derive(Clone, Copy)]
struct Tile {
    place: Place,
    block: usize,
    /// The first number of its group of blocks in the panel.
    panel: usize,
    /// The output, counted from the first of the row's.
    output: usize,
}

impl ForwardRow<'_, '_> {
    /// Fills the rows with what the sums begin with.
    #[inline(always)]
    fn begin(&mut self) {
        let ([height, width], some) = (self.local.to(), self.outputs.len());
        for (n, y) in self.y.iter_mut().enumerate() {
            match self.bias {
                Some(bias) => {
                    let bias = &bias[((self.outputs.start + n % some) * height + self.row) * width..][..width];
                    y.as_chunks_mut::<LANES>().0.iter_mut().zip(bias).for_each(|(cell, bias)| cell.fill(*bias));
                }
                None => y.fill(0.0),
            }
        }
    }

    /// Adds what a place sees of some inputs to the sums of all outputs, for at most [`BLOCKS`] blocks.
    #[inline(always)]
    fn place<S: Simd>(&mut self, s: S, column: usize, blocks: Range<usize>, inputs: Range<usize>) {
        let (some, place) = (self.outputs.len(), Place { row: self.row, column });
        // Half as many numbers in a vector leave registers for half as many blocks.
        let group = if S::F32_LANES == LANES { BLOCKS } else { BLOCKS / 2 };
        self.pack(place, blocks.clone(), inputs, group);
        let mut output = 0;
        while output < some {
            let (mut block, left) = (blocks.start, some - output);
            // One block alone has as many sums at once as several have.
            let many = match blocks.len() {
                1 if left >= 8 => 8,
                _ if left >= 4 => 4,
                _ => 1,
            };
            while block < blocks.end {
                let panel = (block - blocks.start) * self.scratch.taps.len() * LANES;
                let tile = Tile { place, block, panel, output };
                block += match (many, group.min(blocks.end - block)) {
                    (8, _) => self.tile::<S, 8, 1>(s, tile),
                    (4, 4) => self.tile::<S, 4, 4>(s, tile),
                    (4, 3) => self.tile::<S, 4, 3>(s, tile),
                    (4, 2) => self.tile::<S, 4, 2>(s, tile),
                    (4, _) => self.tile::<S, 4, 1>(s, tile),
                    (_, 4) => self.tile::<S, 1, 4>(s, tile),
                    (_, 3) => self.tile::<S, 1, 3>(s, tile),
                    (_, 2) => self.tile::<S, 1, 2>(s, tile),
                    _ => self.tile::<S, 1, 1>(s, tile),
                };
            }
            output += many;
        }
    }

    /// Brings what a place sees of some inputs into the panel, in groups of so many blocks.
    #[inline(always)]
    fn pack(&mut self, place: Place, blocks: Range<usize>, inputs: Range<usize>, group: usize) {
        let Panel { cells, taps } = &mut *self.scratch;
        cells.clear();
        taps.clear();
        for stretch in place.stretches(self.local, inputs.clone()) {
            taps.extend(stretch.tap..stretch.tap + stretch.len);
        }
        for some in self.x[blocks].chunks(group) {
            for stretch in place.stretches(self.local, inputs.clone()) {
                for cell in stretch.cell..stretch.cell + stretch.len {
                    some.iter().for_each(|planes| cells.extend_from_slice(&planes.as_chunks::<LANES>().0[cell]));
                }
            }
        }
    }

    /// Adds to the sums of `M` outputs of `B` blocks, which are in registers meanwhile, and returns `B`.
    #[inline(always)]
    fn tile<S: Simd, const M: usize, const B: usize>(&mut self, s: S, tile: Tile) -> usize {
        let Tile { place, block, panel, output } = tile;
        let (parts, some, all) = (LANES / S::F32_LANES, self.outputs.len(), self.local.taps());
        let [_, width] = self.local.to();
        let first = (place.row * width + place.column) * self.local.outputs + self.outputs.start + output;
        let kernels: [&[f32]; M] = std::array::from_fn(|m| &self.weight[(first + m) * all..][..all]);
        let cells = S::as_simd_f32s(&self.scratch.cells[panel..][..self.scratch.taps.len() * B * LANES]).0;
        for part in 0..parts {
            let at = place.column * parts + part;
            let mut sums = [[s.splat_f32s(0.0); B]; M];
            for (m, sums) in sums.iter_mut().enumerate() {
                for (b, sum) in sums.iter_mut().enumerate() {
                    *sum = S::as_simd_f32s(&*self.y[(block + b) * some + output + m]).0[at];
                }
            }
            for (tap, x) in self.scratch.taps.iter().zip(cells.chunks_exact(B * parts)) {
                for m in 0..M {
                    let w = s.splat_f32s(kernels[m][*tap]);
                    for b in 0..B {
                        sums[m][b] = s.mul_add_f32s(w, x[b * parts + part], sums[m][b]);
                    }
                }
            }
            for (m, sums) in sums.iter().enumerate() {
                for (b, sum) in sums.iter().enumerate() {
                    S::as_mut_simd_f32s(&mut *self.y[(block + b) * some + output + m]).0[at] = *sum;
                }
            }
        }
        B
    }
}
