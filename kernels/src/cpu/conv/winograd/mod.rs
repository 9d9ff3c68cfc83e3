//! Convolution by kernels of 3 x 3 in tiles of 4 x 4 pixels of the result, each from 6 x 6 pixels of the input:
//! Winograd's F(4 x 4, 3 x 3), which takes 36 multiplications for 16 pixels where the sum takes 144 (Lavin & Gray,
//! 2016).
//!
//! `points` are the transforms of one tile, `passes` are the passes over the planes of a block, and `weights` is what is
//! done to the kernels.

mod passes;
mod points;
mod weights;

pub use points::{KERNEL, POINTS, TILE};

use super::sizes::Sizes;
use super::{Results, Scratch, TOGETHER};
use crate::cpu::epilogue::{CellRange, EpilogueRun};
use crate::cpu::hands::{self, Hand, shares, split};
use crate::cpu::lanes::LANES;
use crate::graph::Bank;
use passes::{Accumulate, FromPoints, Gradients, Multiply, ToPoints};
use pulp::Arch;
use std::ops::Range;

/// A convolution in tiles, in one direction.
#[derive(Clone, Copy, Debug)]
pub struct Winograd {
    pub sizes: Sizes,
    /// The number of groups of up to sixteen outputs in which the gradients of kernels are summed, with an output in
    /// each lane; each member begins a new group.
    groups: usize,
}

impl Winograd {
    /// The tiles of a bank, in the forward direction.
    pub fn new(bank: &Bank) -> Self {
        let groups = bank.members.iter().map(|member| member.outputs.div_ceil(LANES)).sum();
        Self { sizes: Sizes::new(bank), groups }
    }

    /// The convolution that makes the gradient of the input; see [`Sizes::backward`].
    pub fn backward(&self) -> Self {
        Self { sizes: self.sizes.backward(), ..*self }
    }

    /// The number of tiles down and across a plane of the result.
    pub fn tiles(&self) -> [usize; 2] {
        self.sizes.to.map(|size| size.div_ceil(TILE))
    }

    /// The number of cells from one point of a row of tiles to the next, for so many planes. It is odd: at a power of
    /// two, all points of a tile would fall into the same few sets of the first-level cache.
    fn step(&self, planes: usize) -> usize {
        (planes * self.tiles()[1]) | 1
    }

    /// Floats of the points of a row of tiles, of so many planes.
    pub fn row_floats(&self, planes: usize) -> usize {
        POINTS * POINTS * self.step(planes) * LANES
    }

    /// Floats for the points of each column of pixels of a row of tiles, and for a row of zeros.
    fn line_floats(&self) -> usize {
        ((self.tiles()[1] + 1) * TILE * POINTS + self.sizes.from[1]) * LANES
    }

    /// Floats of all kernels at the points, `[points, inputs, outputs]`.
    pub fn kernel_floats(&self) -> usize {
        POINTS * POINTS * self.sizes.inputs * self.sizes.outputs
    }

    /// Floats of the sums that the gradients of the kernels are made of, `[inputs, groups, points, lanes]`.
    pub fn sum_floats(&self) -> usize {
        POINTS * POINTS * self.sizes.inputs * self.groups * LANES
    }

    /// Makes the rows of some outputs from all input planes, which come in one slice or in several, and hands them to
    /// their epilogue. It goes one row of tiles at a time: its points in all channels fit into the second-level cache.
    pub fn rows(
        &self,
        arch: Arch,
        kernels: &[f32],
        x: &[&[f32]],
        results: &Results,
        (shared, scratch): (&Scratch, &mut Scratch),
        epilogue: &mut EpilogueRun<'_>,
    ) {
        let (Sizes { inputs, to: [height, width], .. }, [down, _]) = (self.sizes, self.tiles());
        let (first, count) = (results.of_all().start, results.share.len());
        scratch.reserve([self.row_floats(inputs), self.row_floats(count)], [0, 0], self.line_floats());
        for row in 0..down {
            self.row_to_points(arch, row, x, scratch);
            let [x, y] = &mut scratch.rows;
            arch.dispatch(Multiply { winograd: self, kernels, first, count, x, y });
            let lines = TILE.min(height - row * TILE);
            for (plane, channel) in results.share.clone().enumerate() {
                let first = (channel * height + row * TILE) * width;
                let range = CellRange { channel, first, len: lines * width };
                let (planes, from) = (count, &**y);
                arch.dispatch(FromPoints { winograd: self, plane, planes, from, to: epilogue.target(range) });
                shared.zeros.clear(arch, row * TILE * width, epilogue.target(range));
                epilogue.run(arch, range);
            }
        }
    }

    /// Transforms a row of tiles of all input planes to points, into the scratch.
    fn row_to_points(&self, arch: Arch, row: usize, x: &[&[f32]], scratch: &mut Scratch) {
        let mut first = 0;
        for from in x {
            let (to, line) = (&mut *scratch.rows[0], &mut *scratch.line);
            arch.dispatch(ToPoints { winograd: self, row, first, from, to, line });
            first += from.len() / (self.sizes.from.iter().product::<usize>() * LANES);
        }
    }

    /// Adds to the sums that the gradients of the kernels are made of: the products, at each point, of the input `x`
    /// with the gradients `dy` of each member's results. The hands share the inputs.
    pub fn sum_up(&self, arch: Arch, x: &[f32], dy: &[&[f32]], sums: &mut [f32], hands: &mut [Hand]) {
        let inputs = self.sizes.inputs;
        let shares = shares(inputs, TOGETHER, hands.len());
        let sums = split(sums, &shares, self.sum_floats() / inputs);
        let own: Vec<(Range<usize>, &mut [f32])> = shares.into_iter().zip(sums).collect();
        hands::work(hands, own, |Hand { scratch, .. }, (share, sums)| {
            let plane = x.len() / inputs;
            let sizes = Sizes { inputs: share.len(), ..self.sizes };
            Self { sizes, ..*self }.sum_up_alone(arch, &x[share.start * plane..share.end * plane], dy, sums, scratch);
        });
    }

    /// Does the work of [`Self::sum_up`] for all inputs of these sizes.
    fn sum_up_alone(&self, arch: Arch, x: &[f32], dy: &[&[f32]], sums: &mut [f32], scratch: &mut Scratch) {
        let [down, across] = self.tiles();
        let group_floats = POINTS * POINTS * across * LANES * LANES;
        scratch.reserve([self.row_floats(self.sizes.inputs), group_floats], [0, 0], self.line_floats());
        for row in 0..down {
            self.row_to_points(arch, row, &[x], scratch);
            let [x, dy_points] = &mut scratch.rows;
            let planes = LANES * self.sizes.to.iter().product::<usize>() * LANES;
            let groups = dy.iter().flat_map(|dy| dy.chunks(planes));
            for (group, from) in groups.enumerate() {
                arch.dispatch(Gradients { winograd: self, row, from, to: dy_points });
                arch.dispatch(Accumulate { winograd: self, group, x, dy: dy_points, sums });
            }
        }
    }
}
