//! Convolution by kernels of 3 x 3 in tiles of 4 x 4 pixels of the result, each from 6 x 6 of the input: Winograd's
//! F(4 x 4, 3 x 3), 36 multiplications for 16 pixels where the sum takes 144.
//!
//! A row of 4 results is the product of two polynomials, the kernel's and the input's, found from their values at 6
//! points. The points are 0, infinity and +-[`P`], +-[`Q`]: with `P Q = 1`, numbers neither grow nor shrink much on the way
//! there and back, and rounding errors stay near those of the sum.

use super::lanes::LANES;
use super::sizes::Sizes;
use super::spectral::Scratch;
use super::tail::TailRun;
use super::tiles::{Accumulate, FromPoints, Gradients, Multiply, ToPoints};
use crate::graph::Bank;
use pulp::{Arch, Simd};
use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

/// Pixels of a tile of the result, along an axis.
pub const TILE: usize = 4;
/// Points along an axis, and pixels of the input that a tile of the result needs.
pub const POINTS: usize = TILE + KERNEL - 1;
pub const KERNEL: usize = 3;

const P: f32 = FRAC_1_SQRT_2;
const Q: f32 = SQRT_2;

/// A kernel's values at the points, each divided by the product of that point's distances from the others.
const OF_KERNEL: [[f32; KERNEL]; POINTS] = [
    [1.0, 0.0, 0.0],
    [-2.0 / 3.0, -2.0 / 3.0 * P, -1.0 / 3.0],
    [-2.0 / 3.0, 2.0 / 3.0 * P, -1.0 / 3.0],
    [1.0 / 6.0, Q / 6.0, 1.0 / 3.0],
    [1.0 / 6.0, -Q / 6.0, 1.0 / 3.0],
    [0.0, 0.0, 1.0],
];

/// A convolution in tiles.
#[derive(Clone, Copy, Debug)]
pub struct Winograd {
    pub sizes: Sizes,
    /// Cells that the outputs of all members fill when they are lanes, each member beginning a new one.
    pub groups: usize,
}

impl Winograd {
    pub fn new(bank: &Bank) -> Self {
        let groups = bank.members.iter().map(|(_, outputs)| outputs.div_ceil(LANES)).sum();
        Self { sizes: Sizes::new(bank), groups }
    }

    /// See [`Sizes::back`].
    pub fn back(&self) -> Self {
        Self { sizes: self.sizes.back(), ..*self }
    }

    /// Tiles down and across.
    pub fn tiles(&self) -> [usize; 2] {
        self.sizes.to.map(|size| size.div_ceil(TILE))
    }

    /// Cells from one point of a row of tiles to the next. Odd: at a power of two, all points of a tile would fall to the
    /// same few places of the first-level cache.
    pub fn step(&self, planes: usize) -> usize {
        (planes * self.tiles()[1]) | 1
    }

    /// Floats of a row of tiles of that many planes.
    pub fn row(&self, planes: usize) -> usize {
        POINTS * POINTS * self.step(planes) * LANES
    }

    /// Room for the points of a row's columns, and a row of zeros.
    fn line(&self) -> usize {
        ((self.tiles()[1] + 1) * TILE * POINTS + self.sizes.from[1]) * LANES
    }

    /// Floats of all kernels.
    pub fn kernels(&self) -> usize {
        POINTS * POINTS * self.sizes.inputs * self.sizes.outputs
    }

    /// Floats of the sums that the kernels' gradients are made of.
    pub fn sums(&self) -> usize {
        POINTS * POINTS * self.sizes.inputs * self.groups * LANES
    }

    /// Some outputs, `first..first + count`, from all input planes, some to a slice; handed to their tail.
    pub fn rows(
        &self,
        arch: Arch,
        kernels: &[f32],
        x: &[&[f32]],
        [first, count]: [usize; 2],
        scratch: &mut Scratch,
        tail: &mut TailRun<'_, '_>,
    ) {
        let (Sizes { inputs, to: [height, width], .. }, [down, _]) = (self.sizes, self.tiles());
        scratch.reserve([self.row(inputs), self.row(count)], [0, 0], self.line());
        for row in 0..down {
            self.points(arch, row, x, scratch);
            let [x, y] = &mut scratch.rows;
            arch.dispatch(Multiply { winograd: self, kernels, first, count, x, y });
            let lines = TILE.min(height - row * TILE);
            for plane in 0..count {
                let (at, len) = ((plane * height + row * TILE) * width, lines * width);
                let (planes, from) = (count, &**y);
                arch.dispatch(FromPoints { winograd: self, plane, planes, from, to: tail.target(at, len) });
                scratch.zeros.clear(arch, row * TILE * width, tail.target(at, len));
                tail.run(arch, plane, at, len);
            }
        }
    }

    fn points(&self, arch: Arch, row: usize, x: &[&[f32]], scratch: &mut Scratch) {
        let mut first = 0;
        for from in x {
            let (to, line) = (&mut *scratch.rows[0], &mut *scratch.line);
            arch.dispatch(ToPoints { winograd: self, row, first, from, to, line });
            first += from.len() / (self.sizes.from.iter().product::<usize>() * LANES);
        }
    }

    /// Adds to the sums that the kernels' gradients are made of; `gradients` are those of each member's outputs.
    pub fn sum_up(&self, arch: Arch, x: &[f32], gradients: &[&[f32]], sums: &mut [f32], scratch: &mut Scratch) {
        let [down, across] = self.tiles();
        let cell = POINTS * POINTS * across * LANES * LANES;
        scratch.reserve([self.row(self.sizes.inputs), cell], [0, 0], self.line());
        for row in 0..down {
            self.points(arch, row, &[x], scratch);
            let [x, dy] = &mut scratch.rows;
            let planes = LANES * self.sizes.to.iter().product::<usize>() * LANES;
            let cells = gradients.iter().flat_map(|gradients| gradients.chunks(planes));
            for (group, from) in cells.enumerate() {
                arch.dispatch(Gradients { winograd: self, row, from, to: dy });
                arch.dispatch(Accumulate { winograd: self, group, x, dy, sums });
            }
        }
    }

    /// Kernels `[outputs, inputs, 3, 3]` of one member as products read them, `[points, inputs, outputs]`, from output
    /// `first` of all on.
    pub fn lay(&self, weight: &[f32], first: usize, to: &mut [f32]) {
        let Sizes { inputs, outputs, .. } = self.sizes;
        for (n, kernel) in weight.chunks_exact(KERNEL * KERNEL).enumerate() {
            let (o, c) = (first + n / inputs, n % inputs);
            for (point, value) in values(|i, j| kernel[i * KERNEL + j]).into_iter().enumerate() {
                to[(point * inputs + c) * outputs + o] = value;
            }
        }
    }

    /// The same mirrored, as the way back reads them: `[points, outputs, inputs]`.
    pub fn lay_mirrored(&self, weight: &[f32], first: usize, to: &mut [f32]) {
        let Sizes { inputs, outputs, .. } = self.sizes;
        for (n, kernel) in weight.chunks_exact(KERNEL * KERNEL).enumerate() {
            let (o, c) = (first + n / inputs, n % inputs);
            let mirrored = values(|i, j| kernel[(KERNEL - 1 - i) * KERNEL + KERNEL - 1 - j]);
            for (point, value) in mirrored.into_iter().enumerate() {
                to[(point * outputs + o) * inputs + c] = value;
            }
        }
    }

    /// The gradients of a kernel's taps, from the sums `[points, inputs, groups, lanes]`.
    pub fn taps(&self, sums: &[f32], [group, lane]: [usize; 2], input: usize) -> [f32; KERNEL * KERNEL] {
        let at = |point: usize| sums[((point * self.sizes.inputs + input) * self.groups + group) * LANES + lane];
        let mut taps = [0.0; KERNEL * KERNEL];
        for (i, down) in OF_KERNEL.iter().enumerate() {
            for b in 0..KERNEL {
                let across = (0..POINTS).map(|j| OF_KERNEL[j][b] * at(i * POINTS + j)).sum::<f32>();
                for (a, value) in down.iter().enumerate() {
                    taps[a * KERNEL + b] += value * across;
                }
            }
        }
        taps
    }
}

/// A kernel's values at all points.
fn values(tap: impl Fn(usize, usize) -> f32) -> [f32; POINTS * POINTS] {
    let mut values = [0.0; POINTS * POINTS];
    for (j, across) in OF_KERNEL.iter().enumerate() {
        for a in 0..KERNEL {
            let row = (0..KERNEL).map(|b| across[b] * tap(a, b)).sum::<f32>();
            for (i, down) in OF_KERNEL.iter().enumerate() {
                values[i * POINTS + j] += down[a] * row;
            }
        }
    }
    values
}

/// Pixels to points: row `i` has the coefficients of the product of `x - a` over all points `a` but the `i`th.
#[inline(always)]
pub fn to_points<S: Simd>(s: S, x: [S::f32s; POINTS]) -> [S::f32s; POINTS] {
    let (p, q) = (s.splat_f32s(P), s.splat_f32s(Q));
    let (two, half, middle) = (s.splat_f32s(-2.0), s.splat_f32s(-0.5), s.splat_f32s(-2.5));
    let (even_p, odd_p) = (s.mul_add_f32s(two, x[2], x[4]), s.mul_add_f32s(two, x[1], x[3]));
    let (even_q, odd_q) = (s.mul_add_f32s(half, x[2], x[4]), s.mul_add_f32s(half, x[1], x[3]));
    [
        s.mul_add_f32s(middle, x[2], s.add_f32s(x[0], x[4])),
        s.mul_add_f32s(p, odd_p, even_p),
        s.negate_mul_add_f32s(p, odd_p, even_p),
        s.mul_add_f32s(q, odd_q, even_q),
        s.negate_mul_add_f32s(q, odd_q, even_q),
        s.mul_add_f32s(middle, x[3], s.add_f32s(x[1], x[5])),
    ]
}

/// Values at the points to results: row `i` has the points' `i`th powers.
#[inline(always)]
pub fn from_points<S: Simd>(s: S, x: [S::f32s; POINTS]) -> [S::f32s; TILE] {
    let (p, q, two, half) = (s.splat_f32s(P), s.splat_f32s(Q), s.splat_f32s(2.0), s.splat_f32s(0.5));
    let (even_p, odd_p) = (s.add_f32s(x[1], x[2]), s.mul_f32s(p, s.sub_f32s(x[1], x[2])));
    let (even_q, odd_q) = (s.add_f32s(x[3], x[4]), s.mul_f32s(q, s.sub_f32s(x[3], x[4])));
    [
        s.add_f32s(x[0], s.add_f32s(even_p, even_q)),
        s.add_f32s(odd_p, odd_q),
        s.mul_add_f32s(two, even_q, s.mul_f32s(half, even_p)),
        s.mul_add_f32s(two, odd_q, s.mul_add_f32s(half, odd_p, x[5])),
    ]
}

/// The way back of [`from_points`]: gradients of results to those of values at the points.
#[inline(always)]
pub fn to_points_back<S: Simd>(s: S, y: [S::f32s; TILE]) -> [S::f32s; POINTS] {
    let (p, q, two, half) = (s.splat_f32s(P), s.splat_f32s(Q), s.splat_f32s(2.0), s.splat_f32s(0.5));
    let (even_p, odd_p) = (s.mul_add_f32s(half, y[2], y[0]), s.mul_add_f32s(half, y[3], y[1]));
    let (even_q, odd_q) = (s.mul_add_f32s(two, y[2], y[0]), s.mul_add_f32s(two, y[3], y[1]));
    [
        y[0],
        s.mul_add_f32s(p, odd_p, even_p),
        s.negate_mul_add_f32s(p, odd_p, even_p),
        s.mul_add_f32s(q, odd_q, even_q),
        s.negate_mul_add_f32s(q, odd_q, even_q),
        y[3],
    ]
}
