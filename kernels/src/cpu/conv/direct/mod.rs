//! Convolution as the sum that it is defined by, tap by tap: for small kernels and small maps, and for all strides,
//! groups and transposed convolutions.
//!
//! Windows lie on the planes of one side, and the planes of the other side have a pixel for each window. A pass sums
//! over windows or spreads over them: a convolution sums in its forward pass and spreads in its backward pass, a
//! transposed one the other way around. `planes` is how planes are laid out for that, `pass` are the passes, and
//! `tap_gradients` sums the gradients of kernels.

mod pass;
mod planes;
mod tap_gradients;

use super::{BackwardReads, GradientSums, Results, Scratch, TOGETHER};
use crate::cpu::epilogue::EpilogueRun;
use crate::cpu::hands::{self, Hand, shares, split};
use crate::cpu::lanes::{Aligned, LANES};
use crate::graph::{Bank, Direction, Member};
use pass::Pass;
use planes::Planes;
use pulp::Arch;
use std::ops::Range;
use tap_gradients::{SeenByTaps, TapGradients};

/// A convolution tap by tap, one group of channels after the other.
#[derive(Debug)]
pub struct Direct {
    forward: Pass,
    backward: Pass,
}

/// How windows lie on planes.
#[derive(Clone, Copy, Debug)]
struct Windows {
    /// Height, and width, of a window in pixels.
    kernel: usize,
    /// Pixels from one window to the next.
    stride: usize,
    /// Zeros around each side of the planes that windows lie on.
    pad: usize,
    /// Height and width of the planes that windows lie on.
    on: [usize; 2],
    /// Rows of windows, and windows in a row.
    of: [usize; 2],
}

impl Direct {
    /// The passes of a bank in both directions.
    pub fn new(bank: &Bank) -> Self {
        let Bank { kernel, stride, pad, groups, from, .. } = *bank;
        let (inputs, outputs) = (bank.inputs / groups, bank.outputs() / groups);
        let windows = |on, of| Windows { kernel, stride, pad, on, of };
        match bank.direction {
            Direction::Gather => {
                let windows = windows(from, bank.to());
                Self { forward: Pass::gather(&windows, inputs), backward: Pass::spread(&windows, outputs) }
            }
            Direction::Spread { to } => {
                let windows = windows(to, from);
                Self { forward: Pass::spread(&windows, inputs), backward: Pass::gather(&windows, outputs) }
            }
        }
    }

    /// Floats of the planes that a pass reads, zeros around them included, in whichever direction they are more.
    pub fn scratch_floats(&self) -> usize {
        self.forward.planes.floats().max(self.backward.planes.floats())
    }

    /// Writes the kernels of one member, as those of output `first` and the ones after it, in the orders in which the
    /// passes read them; see [`Pass::weight`].
    pub fn prepare(
        &self,
        bank: &Bank,
        weight: &[f32],
        (first, outputs): (usize, usize),
        [forward, backward]: &mut [Aligned; 2],
    ) {
        let (inputs, len) = (bank.inputs / bank.groups, outputs / bank.groups);
        for (n, kernel) in weight.chunks_exact(bank.kernel * bank.kernel).enumerate() {
            let (output, input) = match bank.direction {
                Direction::Gather => (n / inputs, n % inputs),
                Direction::Spread { .. } => (n % outputs, n / outputs),
            };
            let group = output / len;
            let made = first + group * len..first + (group + 1) * len;
            let seen = group * inputs..(group + 1) * inputs;
            for (tap, w) in kernel.iter().enumerate() {
                forward[self.forward.weight(&made, first + output, input, tap)] = *w;
                if !backward.is_empty() {
                    let made = first / bank.groups + output % len;
                    backward[self.backward.weight(&seen, seen.start + input, made, tap)] = *w;
                }
            }
        }
    }

    /// Puts the input of a forward pass into the scratch, for all members; groups are put there one at a time, when
    /// their rows are made, so that they are still in the cache.
    pub fn forward(&self, bank: &Bank, x: &[f32], scratch: &mut Scratch) {
        if bank.groups == 1 {
            fill(&self.forward.planes, x, scratch);
        }
    }

    /// Makes the rows of some outputs of the forward pass from the input `x`, and hands them to their epilogue.
    pub fn forward_rows(
        &self,
        arch: Arch,
        (bank, weights): (&Bank, &[f32]),
        x: &[f32],
        results: &Results,
        (shared, scratch): (&Scratch, &mut Scratch),
        epilogue: &mut EpilogueRun<'_>,
    ) {
        if bank.groups == 1 {
            let (planes, rows) = (&shared.rows[0], &mut scratch.columns[0]);
            return self.forward.rows(arch, weights, results, planes, rows, epilogue);
        }
        let size = x.len() / bank.groups;
        for (group, results) in groups(bank, results) {
            fill(&self.forward.planes, &x[group * size..][..size], scratch);
            let Scratch { rows: [planes, _], columns: [rows, _], .. } = &mut *scratch;
            self.forward.rows(arch, weights, &results, planes, rows, epilogue);
        }
    }

    /// Adds to the gradients of the kernels, if any are wanted, and leaves the gradients of the results in the scratch,
    /// if the gradient of the input is wanted and there are no groups.
    pub fn gradients(
        &self,
        arch: Arch,
        bank: &Bank,
        reads: BackwardReads<'_>,
        sums: Option<&mut GradientSums<'_>>,
        hands: &mut [Hand],
        scratch: &mut Scratch,
    ) {
        match bank.direction {
            Direction::Gather => {
                if let Some(sums) = sums {
                    for (group, x) in reads.x.chunks_exact(reads.x.len() / bank.groups).enumerate() {
                        fill(&self.forward.planes, x, scratch);
                        let taps = seen(&self.forward, 0, self.forward.offsets().len(), bank.to(), scratch);
                        for (member, dy) in bank.members.iter().zip(reads.dy) {
                            of_windows(arch, (bank, *member, group), taps, dy, sums, hands);
                        }
                    }
                }
                if reads.to_input && bank.groups == 1 {
                    self.fill_members(bank, 0, reads.dy, scratch);
                }
            }
            Direction::Spread { .. } => {
                self.fill_members(bank, 0, reads.dy, scratch);
                if let Some(sums) = sums {
                    self.of_pixels(arch, bank, reads.x, sums, hands, scratch);
                }
            }
        }
    }

    /// Adds to the gradients of all kernels that spread the pixels `x`.
    fn of_pixels(
        &self,
        arch: Arch,
        bank: &Bank,
        x: &[f32],
        sums: &mut GradientSums<'_>,
        hands: &mut [Hand],
        scratch: &Scratch,
    ) {
        let mut first = 0;
        for member in &bank.members {
            let taps = member.outputs * bank.kernel * bank.kernel;
            if let Some(dw) = sums.of(member.slot, bank.inputs * taps) {
                tap_gradients(arch, seen(&self.backward, first, taps, bank.from, scratch), x, dw, hands);
            }
            first += member.outputs;
        }
    }

    /// Makes the rows of some planes of the gradient of the input from `dy`, the gradients of each member's results, and hands
    /// them to their epilogue.
    pub fn backward_rows(
        &self,
        arch: Arch,
        (bank, weights): (&Bank, &[f32]),
        dy: &[&[f32]],
        results: &Results,
        (shared, scratch): (&Scratch, &mut Scratch),
        epilogue: &mut EpilogueRun<'_>,
    ) {
        if bank.groups == 1 {
            let (planes, rows) = (&shared.rows[0], &mut scratch.columns[0]);
            return self.backward.rows(arch, weights, results, planes, rows, epilogue);
        }
        for (group, results) in groups(bank, results) {
            self.fill_members(bank, group, dy, scratch);
            let Scratch { rows: [planes, _], columns: [rows, _], .. } = &mut *scratch;
            self.backward.rows(arch, weights, &results, planes, rows, epilogue);
        }
    }

    /// Puts the gradients of one group of all members' results into the scratch.
    fn fill_members(&self, bank: &Bank, group: usize, dy: &[&[f32]], scratch: &mut Scratch) {
        let planes = &self.backward.planes;
        scratch.rows[0].reserve(planes.floats());
        let mut first = 0;
        for (member, dy) in bank.members.iter().zip(dy) {
            let len = dy.len() / bank.groups;
            planes.fill(first, &dy[group * len..][..len], &mut scratch.rows[0]);
            first += member.outputs / bank.groups;
        }
    }
}

/// Puts planes, `[channels, height, width]` cells, into the scratch.
fn fill(planes: &Planes, cells: &[f32], scratch: &mut Scratch) {
    scratch.rows[0].reserve(planes.floats());
    planes.fill(0, cells, &mut scratch.rows[0]);
}

/// The cells that so many taps see in the planes of channel `first` and those after it, which lie in the scratch.
fn seen<'a>(pass: &'a Pass, first: usize, taps: usize, size: [usize; 2], scratch: &'a Scratch) -> SeenByTaps<'a> {
    let planes = &scratch.rows[0][first * pass.planes.pitch() * LANES..];
    SeenByTaps { offsets: &pass.offsets()[..taps], planes, row_step: pass.planes.row_step(), size }
}

/// The groups that results are of, each with those of them that are its own.
fn groups(bank: &Bank, results: &Results) -> impl Iterator<Item = (usize, Results)> {
    let Results { first, channels, share } = results.clone();
    let size = channels / bank.groups;
    (share.start / size..share.end.div_ceil(size)).map(move |group| {
        let own = group * size..(group + 1) * size;
        (group, Results { first, channels, share: own.start.max(share.start)..own.end.min(share.end) })
    })
}

/// Adds to the gradients of a member's kernels that sum over windows of one group, in which they have seen these taps.
fn of_windows(
    arch: Arch,
    (bank, member, group): (&Bank, Member, usize),
    taps: SeenByTaps<'_>,
    dy: &[f32],
    sums: &mut GradientSums<'_>,
    hands: &mut [Hand],
) {
    let (count, channels) = (taps.offsets.len(), member.outputs / bank.groups);
    let Some(dw) = sums.of(member.slot, member.outputs * count) else { return };
    let (dw, len) = (&mut dw[group * channels * count..][..channels * count], dy.len() / bank.groups);
    tap_gradients(arch, taps, &dy[group * len..][..len], dw, hands);
}

/// Adds to the gradients `dw`, `[channels, taps]`, of what the windows of these channels have seen; the hands share the
/// channels.
fn tap_gradients(arch: Arch, taps: SeenByTaps<'_>, windows: &[f32], dw: &mut [f32], hands: &mut [Hand]) {
    let (plane, count) = (taps.size.iter().product::<usize>() * LANES, taps.offsets.len());
    let shares = shares(windows.len() / plane, TOGETHER, hands.len());
    let own = shares.iter().cloned().zip(split(dw, &shares, count)).collect();
    hands::work(hands, own, |_, (share, dw): (Range<usize>, &mut [f32])| {
        arch.dispatch(TapGradients { taps, windows: &windows[share.start * plane..share.end * plane], dw });
    });
}
