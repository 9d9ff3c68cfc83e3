//! Kernels to points, and sums at the points to the gradients of kernels' taps: sixteen kernels at once, one in each lane.

use super::Winograd;
use super::points::{KERNEL, POINTS, taps_from_points, taps_to_points};
use crate::cpu::conv::sizes::Sizes;
use crate::cpu::conv::{GradientSums, block};
use crate::cpu::lanes::{Aligned, LANES};
use crate::graph::Member;
use pulp::{Arch, Simd, WithSimd};
use std::ops::Range;

/// The number of taps of a kernel.
const TAPS: usize = KERNEL * KERNEL;

/// The taps of sixteen kernels, `[taps, kernels]`.
type Taps = [f32; TAPS * LANES];
/// The values of sixteen kernels at the points, `[points, kernels]`.
type Points = [f32; POINTS * POINTS * LANES];

impl Winograd {
    /// Transforms the kernels of one member, `[outputs, inputs, 3, 3]`, as those of output `first` and the ones after it,
    /// to what the products read: `[points]` matrices for the forward direction, and those of the mirrored kernels, from
    /// outputs to inputs, for the backward direction. A matrix is in blocks of outputs that are summed at once, each
    /// `[inputs, outputs]`.
    pub fn prepare(&self, arch: Arch, weight: &[f32], first: usize, [forward, backward]: &mut [Aligned; 2]) {
        let Sizes { inputs, outputs, .. } = self.sizes;
        let (count, size) = (weight.len() / (inputs * TAPS), inputs * outputs);
        let kernel = |o: usize, c: usize| &weight[(o * inputs + c) * TAPS..][..TAPS];
        let place = |stretch: &Range<usize>, from: usize, (input, output): (usize, usize)| {
            let [first, some] = block(stretch, output);
            first * from + input * some + output - first
        };
        let [made, seen] = [first..first + count, 0..inputs];
        for o in (0..count).step_by(LANES) {
            for c in 0..inputs {
                let lanes = (o..count.min(o + LANES)).map(|o| (kernel(o, c), place(&made, inputs, (c, first + o))));
                to_points(arch, lanes, false, forward, size);
            }
        }
        for o in 0..if backward.is_empty() { 0 } else { count } {
            for c in (0..inputs).step_by(LANES) {
                let lanes = (c..inputs.min(c + LANES)).map(|c| (kernel(o, c), place(&seen, outputs, (first + o, c))));
                to_points(arch, lanes, true, backward, size);
            }
        }
    }

    /// Computes the gradients of the kernels from the sums of a block, `[inputs, groups, points, lanes]`, and adds them to
    /// those of the members' parameters.
    pub fn kernel_gradients(&self, arch: Arch, members: &[Member], sums: &mut GradientSums<'_>) {
        let inputs = self.sizes.inputs;
        let (mut group, mut taps) = (0, [0.0; TAPS * LANES]);
        for member in members {
            for first in (0..member.outputs).step_by(LANES) {
                for c in 0..inputs {
                    let size = POINTS * POINTS * LANES;
                    let points = &sums.transformed[(c * self.groups + group) * size..][..size];
                    arch.dispatch(PointsToTaps { points, taps: &mut taps });
                    for (lane, o) in (first..member.outputs.min(first + LANES)).enumerate() {
                        let kernel = taps.iter().skip(lane).step_by(LANES).copied();
                        sums.add(&self.sizes, member.slot, o * inputs + c, kernel);
                    }
                }
                group += 1;
            }
        }
    }
}

/// Writes the values of up to sixteen kernels at the points, of each kernel to its place in the matrix of every point; matrices
/// have `size` numbers.
fn to_points<'a>(
    arch: Arch,
    kernels: impl Iterator<Item = (&'a [f32], usize)>,
    mirrored: bool,
    to: &mut [f32],
    size: usize,
) {
    let (mut taps, mut points) = ([0.0; TAPS * LANES], [0.0; POINTS * POINTS * LANES]);
    let (mut places, mut count) = ([0; LANES], 0);
    for (lane, (kernel, place)) in kernels.enumerate() {
        for (tap, value) in kernel.iter().enumerate() {
            taps[if mirrored { TAPS - 1 - tap } else { tap } * LANES + lane] = *value;
        }
        (places[lane], count) = (place, lane + 1);
    }
    arch.dispatch(TapsToPoints { taps: &taps, points: &mut points });
    for (to, values) in to.chunks_exact_mut(size).zip(points.chunks_exact(LANES)) {
        for (place, value) in places[..count].iter().zip(values) {
            to[*place] = *value;
        }
    }
}

/// Makes the values at the points of the taps.
struct TapsToPoints<'a> {
    taps: &'a Taps,
    points: &'a mut Points,
}

impl WithSimd for TapsToPoints<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let parts = LANES / S::F32_LANES;
        let (taps, points) = (S::as_simd_f32s(self.taps).0, S::as_mut_simd_f32s(self.points).0);
        for p in 0..parts {
            let mut half = [[s.splat_f32s(0.0); POINTS]; KERNEL];
            for b in 0..KERNEL {
                let mut column = [s.splat_f32s(0.0); KERNEL];
                for a in 0..KERNEL {
                    column[a] = taps[(a * KERNEL + b) * parts + p];
                }
                half[b] = taps_to_points(s, column);
            }
            for i in 0..POINTS {
                let values = taps_to_points(s, [half[0][i], half[1][i], half[2][i]]);
                for j in 0..POINTS {
                    points[(i * POINTS + j) * parts + p] = values[j];
                }
            }
        }
    }
}

/// Makes the gradients of the taps of those of the values at the points: the backward pass of [`TapsToPoints`].
struct PointsToTaps<'a> {
    /// The gradients of the values at the points.
    points: &'a [f32],
    taps: &'a mut Taps,
}

impl WithSimd for PointsToTaps<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let parts = LANES / S::F32_LANES;
        let (points, taps) = (S::as_simd_f32s(self.points).0, S::as_mut_simd_f32s(self.taps).0);
        for p in 0..parts {
            let mut half = [[s.splat_f32s(0.0); KERNEL]; POINTS];
            for i in 0..POINTS {
                let mut row = [s.splat_f32s(0.0); POINTS];
                for j in 0..POINTS {
                    row[j] = points[(i * POINTS + j) * parts + p];
                }
                half[i] = taps_from_points(s, row);
            }
            for b in 0..KERNEL {
                let mut column = [s.splat_f32s(0.0); POINTS];
                for i in 0..POINTS {
                    column[i] = half[i][b];
                }
                let values = taps_from_points(s, column);
                for a in 0..KERNEL {
                    taps[(a * KERNEL + b) * parts + p] = values[a];
                }
            }
        }
    }
}
