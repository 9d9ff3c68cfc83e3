//! The backward pass to the input.

use super::BLOCKS;
use super::window::Place;
use crate::cpu::lanes::LANES;
use crate::graph::Local;
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Computes the gradient of some planes of the input, for some blocks.
pub struct ToInput<'a, 'x> {
    pub local: &'a Local,
    pub weight: &'a [f32],
    /// The gradient of the result in each block, `[outputs, height, width]` cells.
    pub dy: &'a [&'a [f32]],
    pub inputs: Range<usize>,
    /// The memory that takes the gradient of each block, `[inputs, height, width]` cells.
    pub dx: Vec<&'x mut [f32]>,
    pub scratch: &'a mut Scratch,
}

/// What one place after the other is brought into.
#[derive(Default)]
pub struct Scratch {
    /// The taps of the window, each with the cell of the planes that it reads, counted from the first of the planes that are made.
    taps: Vec<(usize, usize)>,
    /// The gradients that the place has in a few blocks, `[outputs, blocks]` cells.
    dy: Vec<f32>,
}

/// Taps that are summed at once.
const TOGETHER: usize = 4;

impl WithSimd for ToInput<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        let [height, width] = self.local.to();
        self.dx.iter_mut().for_each(|dx| dx.fill(0.0));
        for row in 0..height {
            for column in 0..width {
                self.read_taps(Place { row, column });
                for first in (0..self.dy.len()).step_by(BLOCKS) {
                    let blocks = first..self.dy.len().min(first + BLOCKS);
                    self.read_gradients(row * width + column, blocks.clone());
                    self.place(s, row * width + column, blocks);
                }
            }
        }
    }
}

impl ToInput<'_, '_> {
    /// Brings the taps of a place into the scratch.
    #[inline(always)]
    fn read_taps(&mut self, place: Place) {
        let [down, across] = self.local.from;
        let (taps, before) = (&mut self.scratch.taps, self.inputs.start * down * across);
        taps.clear();
        for stretch in place.stretches(self.local, self.inputs.clone()) {
            taps.extend((0..stretch.len).map(|n| (stretch.tap + n, stretch.cell + n - before)));
        }
    }

    /// Brings the gradients that a place has in some blocks into the scratch.
    #[inline(always)]
    fn read_gradients(&mut self, place: usize, blocks: Range<usize>) {
        let [height, width] = self.local.to();
        self.scratch.dy.resize(self.local.outputs * blocks.len() * LANES, 0.0);
        for (n, dy) in self.dy[blocks.clone()].iter().enumerate() {
            let cells = dy.as_chunks::<LANES>().0[place..].iter().step_by(height * width);
            let to = self.scratch.dy.as_chunks_mut::<LANES>().0[n..].iter_mut().step_by(blocks.len());
            to.zip(cells).for_each(|(to, cell)| *to = *cell);
        }
    }

    /// Adds what comes of a place, in at most [`BLOCKS`] blocks.
    #[inline(always)]
    fn place<S: Simd>(&mut self, s: S, place: usize, blocks: Range<usize>) {
        let (mut first, taps) = (0, self.scratch.taps.len());
        while first < taps {
            let (mut block, many) = (blocks.start, if taps - first >= TOGETHER { TOGETHER } else { 1 });
            while block < blocks.end {
                let tile = Tile { place, first, block, within: block - blocks.start, blocks: blocks.len() };
                block += match (many, blocks.end - block) {
                    (TOGETHER, 4..) if S::F32_LANES == LANES => self.tile::<S, TOGETHER, 4>(s, tile),
                    (TOGETHER, 3) if S::F32_LANES == LANES => self.tile::<S, TOGETHER, 3>(s, tile),
                    (TOGETHER, 2..) => self.tile::<S, TOGETHER, 2>(s, tile),
                    (TOGETHER, _) => self.tile::<S, TOGETHER, 1>(s, tile),
                    (_, 2..) => self.tile::<S, 1, 2>(s, tile),
                    _ => self.tile::<S, 1, 1>(s, tile),
                };
            }
            first += many;
        }
    }

    /// Adds the sums over all outputs to the gradients that `M` taps have in `B` blocks, and returns `B`.
    #[inline(always)]
    fn tile<S: Simd, const M: usize, const B: usize>(&mut self, s: S, tile: Tile) -> usize {
        let Tile { place, first, block, within, blocks } = tile;
        let parts = LANES / S::F32_LANES;
        let (Scratch { taps, dy }, outputs, all) = (&*self.scratch, self.local.outputs, self.local.taps());
        let kernels = &self.weight[place * outputs * all..][..outputs * all];
        let (mut own, mut cells) = ([0; M], [0; M]);
        for (m, (tap, cell)) in taps[first..first + M].iter().enumerate() {
            (own[m], cells[m]) = (*tap, cell * parts);
        }
        for part in 0..parts {
            let mut sums = [[s.splat_f32s(0.0); B]; M];
            for (sums, cell) in sums.iter_mut().zip(cells) {
                for (sum, dx) in sums.iter_mut().zip(&self.dx[block..block + B]) {
                    *sum = S::as_simd_f32s(dx).0[cell + part];
                }
            }
            let dy = S::as_simd_f32s(dy).0.chunks_exact(blocks * parts);
            for (kernel, dy) in kernels.chunks_exact(all).zip(dy) {
                let dy = &dy[within * parts..(within + B) * parts];
                for m in 0..M {
                    let w = s.splat_f32s(kernel[own[m]]);
                    for b in 0..B {
                        sums[m][b] = s.mul_add_f32s(w, dy[b * parts + part], sums[m][b]);
                    }
                }
            }
            for (sums, cell) in sums.iter().zip(cells) {
                for (sum, dx) in sums.iter().zip(&mut self.dx[block..block + B]) {
                    S::as_mut_simd_f32s(dx).0[cell + part] = *sum;
                }
            }
        }
        B
    }
}

/// Where a tile of sums lies.
#[derive(Clone, Copy)]
struct Tile {
    place: usize,
    /// The first of its taps, as the scratch has them.
    first: usize,
    /// The first of its blocks, and the same counted from the first that the scratch has gradients of.
    block: usize,
    within: usize,
    /// The number of blocks that the scratch has gradients of.
    blocks: usize,
}
