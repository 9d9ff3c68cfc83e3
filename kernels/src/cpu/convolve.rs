//! Convolutions of a block, by whichever way is cheaper.

use super::correlate::Correlate;
use super::direct::{Direct, Row, Taps};
use super::ends::Circle;
use super::lanes::{Aligned, LANES};
use super::spectral::{Scratch, Spectral};
use super::stages::{Columns, Mix, RowPairInverse, RowsForward};
use super::tail::TailRun;
use crate::graph::Bank;
use pulp::Arch;

/// A bank of kernels, ready to be used.
#[derive(Debug)]
pub struct Ready {
    pub bank: Bank,
    pub way: Way,
    /// The kernels as the way there and the way back read them.
    kernels: [Aligned; 2],
}

#[derive(Debug)]
pub enum Way {
    Spectral(Spectral),
    Direct(Direct),
}

/// Multiply-adds of cells that a transform of one point costs, as measured beside those of the products; twice as many
/// beside those of a small kernel, whose taps find everything in the first-level cache.
fn transform(kernel: usize) -> usize {
    if kernel > 3 { 55 } else { 110 }
}

/// How many points a plane is transformed at, where transforms cost less than they save.
pub fn points(bank: &Bank) -> Option<[usize; 2]> {
    let (inputs, outputs) = (bank.inputs, bank.outputs());
    let spectral = spectral(bank);
    let through = spectral.points() * (transform(bank.kernel) * (inputs + outputs) + 4 * inputs * outputs);
    let sum = inputs * outputs * bank.to().iter().product::<usize>() * bank.kernel * bank.kernel;
    (through < sum).then(|| spectral.size())
}

fn spectral(bank: &Bank) -> Spectral {
    Spectral::new(bank.inputs, bank.outputs(), bank.kernel, bank.pad, bank.from)
}

impl Ready {
    pub fn new(bank: &Bank) -> Self {
        let Bank { inputs, kernel, pad, from, .. } = *bank;
        let outputs = bank.outputs();
        let way = if bank.spectral() {
            Way::Spectral(spectral(bank))
        } else {
            Way::Direct(Direct { inputs, outputs, kernel, pad, from, to: bank.to() })
        };
        Self { bank: bank.clone(), way, kernels: [Aligned::default(), Aligned::default()] }
    }

    /// Floats of the sums that the kernels' gradients are made of.
    pub fn sums(&self) -> usize {
        match &self.way {
            Way::Spectral(spectral) => spectral.kernels(),
            Way::Direct(_) => 0,
        }
    }

    /// Takes the weights of a step in; `weight` gives each member's.
    pub fn lay<'w>(&mut self, arch: Arch, weights: &[&'w [f32]], scratch: &mut Scratch) {
        match &self.way {
            Way::Spectral(spectral) => {
                let size = self.bank.kernel * self.bank.kernel;
                let kernels = self.bank.members.iter().zip(weights).flat_map(|((_, outputs), weight)| {
                    (0..*outputs).map(|o| &weight[o * self.bank.inputs * size..][..self.bank.inputs * size])
                });
                let kernels: Vec<&'w [f32]> = kernels.collect();
                self.kernels[0].reserve(spectral.kernels());
                let weight = |output: usize, input: usize| &kernels[output][input * size..][..size];
                spectral.kernel_spectra(arch, &weight, &mut self.kernels[0], scratch);
            }
            Way::Direct(direct) => {
                let mut first = 0;
                let len = direct.inputs * direct.outputs * direct.kernel * direct.kernel;
                self.kernels.iter_mut().for_each(|kernels| kernels.reserve(len));
                for ((_, outputs), weight) in self.bank.members.iter().zip(weights) {
                    direct.lay(weight, first, &mut self.kernels[0]);
                    direct.lay_mirrored(weight, first, &mut self.kernels[1]);
                    first += outputs;
                }
            }
        }
    }

    /// The way there up to the point where rows of the result can be made.
    pub fn forward(&self, arch: Arch, x: &[f32], scratch: &mut Scratch) {
        let height = self.bank.from[0];
        match &self.way {
            Way::Spectral(spectral) => {
                let Spectral { inputs, outputs, half, .. } = *spectral;
                let to = self.bank.to()[0];
                let sizes = [spectral.row_spectra(inputs, height), spectral.row_spectra(outputs, to)];
                scratch.reserve(sizes, [spectral.column(inputs), spectral.column(outputs)], spectral.line());
                let [from_rows, to_rows] = &mut scratch.rows;
                let [one, two] = &mut scratch.columns;
                let line = &mut *scratch.line;
                let circle = Circle::line(spectral.rows.len, self.bank.from[1]);
                let from = &x[..inputs * height * self.bank.from[1] * LANES];
                let (first, planes, rows) = (0, inputs, &mut **from_rows);
                arch.dispatch(RowsForward { spectral, circle, height, from, first, planes, rows, line });
                for f in 0..half {
                    let x = &mut one[..spectral.column(inputs)];
                    let from = share(from_rows, f, sizes[0] / half);
                    arch.dispatch(Columns { spectral, height, inverse: false, from, to: x, line });
                    let y = &mut two[..spectral.column(outputs)];
                    let kernels = share(&self.kernels[0], f, spectral.kernels() / half);
                    arch.dispatch(Mix::<false> { spectral, kernels, x, y });
                    let rows = share_mut(to_rows, f, sizes[1] / half);
                    arch.dispatch(Columns { spectral, height: to, inverse: true, from: y, to: rows, line });
                }
            }
            Way::Direct(direct) => {
                scratch.rows[0].reserve(direct.scratch());
                direct.pad(0, &x[..direct.inputs * direct.from[0] * direct.from[1] * LANES], &mut scratch.rows[0]);
            }
        }
    }

    /// Rows of the results `first..first + count`, handed to their tail.
    pub fn forward_rows(
        &self,
        arch: Arch,
        [first, count]: [usize; 2],
        scratch: &mut Scratch,
        tail: &mut TailRun<'_, '_>,
    ) {
        let [height, width] = self.bank.to();
        match &self.way {
            Way::Spectral(spectral) => {
                spectral_rows(arch, spectral, [first, count, spectral.outputs, height, width], scratch, tail);
            }
            Way::Direct(direct) => {
                direct_rows(arch, direct, &self.kernels[0], [first, count], scratch, tail);
            }
        }
    }

    /// The way back: adds to the kernels' sums or gradients, and goes up to the point where rows of the input's gradient
    /// can be made. `x` is the input.
    pub fn back(
        &self,
        arch: Arch,
        x: &[f32],
        gradients: &[&[f32]],
        weights: Option<&mut Sums<'_>>,
        input: bool,
        scratch: &mut Scratch,
    ) {
        match &self.way {
            Way::Spectral(spectral) => self.spectral_back(arch, spectral, x, gradients, weights, input, scratch),
            Way::Direct(direct) => {
                if let Some(Sums { gradients: sums, offsets, wanted, .. }) = weights {
                    scratch.rows[0].reserve(direct.scratch());
                    let len = direct.inputs * direct.from[0] * direct.from[1] * LANES;
                    direct.pad(0, &x[..len], &mut scratch.rows[0]);
                    for ((slot, outputs), dy) in self.bank.members.iter().zip(gradients) {
                        if wanted[*slot] {
                            let dy = &dy[..outputs * direct.to[0] * direct.to[1] * LANES];
                            let len = outputs * direct.inputs * direct.kernel * direct.kernel;
                            let dw = &mut sums[offsets[*slot]..][..len];
                            arch.dispatch(Taps { direct, scratch: &scratch.rows[0], dy, dw });
                        }
                    }
                }
                if input {
                    let back = direct.back();
                    scratch.rows[0].reserve(back.scratch());
                    let mut first = 0;
                    for ((_, outputs), dy) in self.bank.members.iter().zip(gradients) {
                        let dy = &dy[..outputs * direct.to[0] * direct.to[1] * LANES];
                        back.pad(first, dy, &mut scratch.rows[0]);
                        first += outputs;
                    }
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what `back` takes, and the way it is done")]
    fn spectral_back(
        &self,
        arch: Arch,
        spectral: &Spectral,
        x: &[f32],
        gradients: &[&[f32]],
        mut weights: Option<&mut Sums<'_>>,
        input: bool,
        scratch: &mut Scratch,
    ) {
        let Spectral { inputs, outputs, half, .. } = *spectral;
        let ([height, width], from) = (self.bank.to(), self.bank.from[0]);
        let sizes = [spectral.row_spectra(outputs, height), spectral.row_spectra(inputs, from)];
        scratch.reserve(sizes, [spectral.column(outputs), spectral.column(inputs)], spectral.line());
        let [from_rows, to_rows] = &mut scratch.rows;
        let [one, two] = &mut scratch.columns;
        let line = &mut scratch.line;
        if weights.is_some() {
            let [height, width] = self.bank.from;
            let (circle, from) = (Circle::line(spectral.rows.len, width), &x[..inputs * height * width * LANES]);
            let (first, planes, rows) = (0, inputs, &mut **to_rows);
            arch.dispatch(RowsForward { spectral, circle, height, from, first, planes, rows, line });
        }
        let circle = Circle::line(spectral.rows.len, width);
        let mut first = 0;
        for ((_, count), dy) in self.bank.members.iter().zip(gradients) {
            let from = &dy[..count * height * width * LANES];
            let (planes, rows) = (outputs, &mut **from_rows);
            arch.dispatch(RowsForward { spectral, circle, height, from, first, planes, rows, line });
            first += count;
        }
        for f in 0..half {
            let (from_row, dy) = (share(from_rows, f, sizes[0] / half), &mut one[..spectral.column(outputs)]);
            arch.dispatch(Columns { spectral, height, inverse: false, from: from_row, to: dy, line });
            if let Some(sums) = &mut weights {
                let (from_row, x) = (share(to_rows, f, sizes[1] / half), &mut two[..spectral.column(inputs)]);
                arch.dispatch(Columns { spectral, height: from, inverse: false, from: from_row, to: x, line });
                let sums = share_mut(sums.spectra, f, spectral.kernels() / half);
                arch.dispatch(Correlate { spectral, x, dy, sums });
            }
            if input {
                let y = &mut two[..spectral.column(inputs)];
                let kernels = share(&self.kernels[0], f, spectral.kernels() / half);
                arch.dispatch(Mix::<true> { spectral, kernels, x: dy, y });
                let rows = share_mut(to_rows, f, sizes[1] / half);
                arch.dispatch(Columns { spectral, height: from, inverse: true, from: y, to: rows, line });
            }
        }
    }

    /// Rows of the input's gradient, handed to their tail.
    pub fn back_rows(&self, arch: Arch, scratch: &mut Scratch, tail: &mut TailRun<'_, '_>) {
        let [height, width] = self.bank.from;
        let inputs = self.bank.inputs;
        match &self.way {
            Way::Spectral(spectral) => spectral_rows(arch, spectral, [0, inputs, inputs, height, width], scratch, tail),
            Way::Direct(direct) => direct_rows(arch, &direct.back(), &self.kernels[1], [0, inputs], scratch, tail),
        }
    }

    /// Adds what the block's sums come to to the weights' gradients, and clears the sums.
    pub fn settle(&self, arch: Arch, sums: &mut Sums<'_>, scratch: &mut Scratch) {
        let Way::Spectral(spectral) = &self.way else { return };
        let size = self.bank.kernel * self.bank.kernel;
        let places = self.bank.members.iter().flat_map(|(slot, outputs)| (0..*outputs).map(|o| (*slot, o)));
        let places: Vec<(usize, usize)> = places.collect();
        let Sums { spectra, gradients, offsets, wanted } = sums;
        spectral.kernel_gradients(arch, spectra, scratch, |output, input, taps| {
            let (slot, o) = places[output];
            if wanted[slot] {
                let to = &mut gradients[offsets[slot] + (o * spectral.inputs + input) * size..][..size];
                to.iter_mut().zip(taps).for_each(|(sum, tap)| *sum += tap);
            }
        });
        spectra.fill(0.0);
    }
}

/// Where the gradients of a bank's kernels are summed up.
pub struct Sums<'a> {
    /// Of their spectra, over a block.
    pub spectra: &'a mut [f32],
    /// Of all parameters.
    pub gradients: &'a mut [f32],
    pub offsets: &'a [usize],
    pub wanted: &'a [bool],
}

fn spectral_rows(
    arch: Arch,
    spectral: &Spectral,
    [first, count, planes, height, width]: [usize; 5],
    scratch: &mut Scratch,
    tail: &mut TailRun<'_, '_>,
) {
    let rows = &scratch.rows[1];
    let line = &mut scratch.line;
    let circle = Circle::line(spectral.rows.len, width);
    for c in 0..count {
        for row in (0..height).step_by(2) {
            let (at, len) = ((c * height + row) * width, (height - row).min(2) * width);
            let (plane, to) = (first + c, tail.target(at, len));
            arch.dispatch(RowPairInverse { spectral, circle, plane, row, planes, height, rows, to, line });
            tail.run(arch, c, at, len);
        }
    }
}

fn direct_rows(
    arch: Arch,
    direct: &Direct,
    kernels: &[f32],
    [first, count]: [usize; 2],
    scratch: &mut Scratch,
    tail: &mut TailRun<'_, '_>,
) {
    let [height, width] = direct.to;
    scratch.columns[0].reserve(4 * width * LANES);
    let rows = &mut scratch.columns[0];
    for row in 0..height {
        let mut c = 0;
        while c < count {
            let some = if count - c >= 4 { 4 } else { 1 };
            let (weights, scratch, first) = (kernels, &*scratch.rows[0], first + c);
            arch.dispatch(Row { direct, weights, scratch, first, row, rows, four: some == 4 });
            for m in 0..some {
                let at = ((c + m) * height + row) * width;
                tail.target(at, width).copy_from_slice(&rows[m * width * LANES..][..width * LANES]);
                tail.run(arch, c + m, at, width);
            }
            c += some;
        }
    }
}

fn share(all: &[f32], n: usize, size: usize) -> &[f32] {
    &all[n * size..][..size]
}

fn share_mut(all: &mut [f32], n: usize, size: usize) -> &mut [f32] {
    &mut all[n * size..][..size]
}
