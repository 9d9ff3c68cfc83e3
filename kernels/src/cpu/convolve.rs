//! Convolutions of a block, by whichever way is cheaper.

use super::correlate::Correlate;
use super::direct::{Direct, Taps};
use super::ends::Circle;
use super::lanes::{Aligned, LANES};
use super::sizes::Sizes;
use super::spectral::{Scratch, Spectral};
use super::stages::{Columns, Mix, RowPairInverse, RowsForward};
use super::tail::TailRun;
use super::winograd::{self, Winograd};
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
    Direct(Direct),
    Spectral(Spectral),
    Winograd(Winograd),
}

/// How a convolution is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Tap by tap.
    Direct,
    /// Through Fourier transforms of planes at so many points.
    Spectral([usize; 2]),
    /// Through short convolutions of tiles.
    Winograd,
}

/// Whichever takes the fewest operations, counted in multiply-adds of cells; transforms by what they cost beside those of
/// the products, as measured.
pub fn method(bank: &Bank) -> Method {
    /// Of a transform of a tile.
    const A_TILE: usize = 450;
    // Of a transform of a point; more beside a small kernel's sums, whose taps find everything in the first-level cache.
    let a_point = if bank.kernel > 3 { 55 } else { 110 };
    let (inputs, outputs) = (bank.inputs, bank.outputs());
    let (planes, pairs) = (inputs + outputs, inputs * outputs);
    let direct = pairs * bank.to().iter().product::<usize>() * bank.kernel * bank.kernel;
    let spectral = spectral(bank);
    let through = spectral.points() * (a_point * planes + 4 * pairs);
    let mut ways = vec![(direct, Method::Direct), (through, Method::Spectral(spectral.size()))];
    if bank.kernel == winograd::KERNEL {
        let tiles = Winograd::new(bank).tiles().iter().product::<usize>();
        let points = winograd::POINTS * winograd::POINTS;
        ways.push((tiles * (A_TILE * planes + points * pairs), Method::Winograd));
    }
    // The first is always there.
    ways.into_iter().min_by_key(|(operations, _)| *operations).map_or(Method::Direct, |(_, method)| method)
}

fn spectral(bank: &Bank) -> Spectral {
    Spectral::new(bank.inputs, bank.outputs(), bank.kernel, bank.pad, bank.from)
}

impl Ready {
    pub fn new(bank: &Bank) -> Self {
        let way = match method(bank) {
            Method::Direct => Way::Direct(Direct { sizes: Sizes::new(bank) }),
            Method::Spectral(_) => Way::Spectral(spectral(bank)),
            Method::Winograd => Way::Winograd(Winograd::new(bank)),
        };
        Self { bank: bank.clone(), way, kernels: [Aligned::default(), Aligned::default()] }
    }

    /// Floats of the sums that the kernels' gradients are made of.
    pub fn sums(&self) -> usize {
        match &self.way {
            Way::Spectral(spectral) => spectral.kernels(),
            Way::Winograd(winograd) => winograd.sums(),
            Way::Direct(_) => 0,
        }
    }

    /// The most cells that go to a tail at once, where a row of the result has `width`.
    pub fn longest(&self, width: usize) -> usize {
        match &self.way {
            Way::Direct(_) => width,
            Way::Spectral(_) => 2 * width,
            Way::Winograd(_) => winograd::TILE * width,
        }
    }

    /// Takes the weights of a step in; `weight` gives each member's.
    pub fn lay<'w>(&mut self, arch: Arch, weights: &[&'w [f32]], scratch: &mut Scratch) {
        match self.way {
            Way::Spectral(ref spectral) => {
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
                let Sizes { inputs, outputs, kernel, .. } = direct.sizes;
                self.lay_members(inputs * outputs * kernel * kernel, weights, |weight, first, [there, back]| {
                    direct.lay(weight, first, there);
                    direct.lay_mirrored(weight, first, back);
                });
            }
            Way::Winograd(winograd) => {
                self.lay_members(winograd.kernels(), weights, |weight, first, [there, back]| {
                    winograd.lay(weight, first, there);
                    winograd.lay_mirrored(weight, first, back);
                });
            }
        }
    }

    /// Lays each member's weights, from the output on that is its first, into `len` floats for either way.
    fn lay_members(&mut self, len: usize, weights: &[&[f32]], lay: impl Fn(&[f32], usize, &mut [Aligned; 2])) {
        self.kernels.iter_mut().for_each(|kernels| kernels.reserve(len));
        let mut first = 0;
        for ((_, outputs), weight) in self.bank.members.iter().zip(weights) {
            lay(weight, first, &mut self.kernels);
            first += outputs;
        }
    }

    /// The way there up to the point where rows of the result can be made.
    pub fn forward(&self, arch: Arch, x: &[f32], scratch: &mut Scratch) {
        let height = self.bank.from[0];
        if !matches!(self.way, Way::Direct(_)) {
            scratch.zeros.find(arch, &Sizes::new(&self.bank), &[x]);
        }
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
                let (first, planes, rows) = (0, inputs, &mut **from_rows);
                arch.dispatch(RowsForward { spectral, circle, height, from: x, first, planes, rows, line });
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
                direct.pad(0, x, &mut scratch.rows[0]);
            }
            Way::Winograd(_) => {}
        }
    }

    /// Rows of the results `first..first + count` from the input `x`, handed to their tail.
    pub fn forward_rows(
        &self,
        arch: Arch,
        x: &[f32],
        [first, count]: [usize; 2],
        scratch: &mut Scratch,
        tail: &mut TailRun<'_, '_>,
    ) {
        let [height, width] = self.bank.to();
        match &self.way {
            Way::Spectral(spectral) => {
                spectral_rows(arch, spectral, [first, count, spectral.outputs, height, width], scratch, tail);
            }
            Way::Direct(direct) => direct.rows(arch, &self.kernels[0], [first, count], scratch, tail),
            Way::Winograd(winograd) => winograd.rows(arch, &self.kernels[0], &[x], [first, count], scratch, tail),
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
        if input && !matches!(self.way, Way::Direct(_)) {
            scratch.zeros.find(arch, &Sizes::new(&self.bank).back(), gradients);
        }
        match &self.way {
            Way::Spectral(spectral) => self.spectral_back(arch, spectral, x, gradients, weights, input, scratch),
            Way::Direct(direct) => {
                if let Some(Sums { gradients: sums, offsets, wanted, .. }) = weights {
                    scratch.rows[0].reserve(direct.scratch());
                    direct.pad(0, x, &mut scratch.rows[0]);
                    for ((slot, outputs), dy) in self.bank.members.iter().zip(gradients) {
                        if wanted[*slot] {
                            let Sizes { inputs, kernel, .. } = direct.sizes;
                            let dw = &mut sums[offsets[*slot]..][..outputs * inputs * kernel * kernel];
                            arch.dispatch(Taps { direct, scratch: &scratch.rows[0], dy, dw });
                        }
                    }
                }
                if input {
                    let back = direct.back();
                    scratch.rows[0].reserve(back.scratch());
                    let mut first = 0;
                    for ((_, outputs), dy) in self.bank.members.iter().zip(gradients) {
                        back.pad(first, dy, &mut scratch.rows[0]);
                        first += outputs;
                    }
                }
            }
            Way::Winograd(winograd) => {
                if let Some(Sums { transformed, .. }) = weights {
                    winograd.sum_up(arch, x, gradients, transformed, scratch);
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
            let circle = Circle::line(spectral.rows.len, width);
            let (first, planes, rows) = (0, inputs, &mut **to_rows);
            arch.dispatch(RowsForward { spectral, circle, height, from: x, first, planes, rows, line });
        }
        let circle = Circle::line(spectral.rows.len, width);
        let mut first = 0;
        for ((_, count), from) in self.bank.members.iter().zip(gradients) {
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
                let sums = share_mut(sums.transformed, f, spectral.kernels() / half);
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
    pub fn back_rows(&self, arch: Arch, gradients: &[&[f32]], scratch: &mut Scratch, tail: &mut TailRun<'_, '_>) {
        let [height, width] = self.bank.from;
        let inputs = self.bank.inputs;
        match &self.way {
            Way::Spectral(spectral) => spectral_rows(arch, spectral, [0, inputs, inputs, height, width], scratch, tail),
            Way::Direct(direct) => direct.back().rows(arch, &self.kernels[1], [0, inputs], scratch, tail),
            Way::Winograd(winograd) => {
                winograd.back().rows(arch, &self.kernels[1], gradients, [0, inputs], scratch, tail);
            }
        }
    }

    /// Adds what the block's sums come to to the weights' gradients, and clears the sums.
    pub fn settle(&self, arch: Arch, sums: &mut Sums<'_>, scratch: &mut Scratch) {
        let (inputs, size) = (self.bank.inputs, self.bank.kernel * self.bank.kernel);
        let Sums { transformed, gradients, offsets, wanted } = sums;
        let sizes = Sizes::new(&self.bank);
        let mut add = |slot: usize, kernel: usize, taps: &mut dyn Iterator<Item = f32>| {
            if wanted[slot] {
                let to = gradients[offsets[slot] + kernel * size..][..size].iter_mut().zip(taps).enumerate();
                to.filter(|(tap, _)| sizes.meets(*tap)).for_each(|(_, (sum, tap))| *sum += tap);
            }
        };
        match &self.way {
            Way::Direct(_) => return,
            Way::Spectral(spectral) => {
                let places = self.bank.members.iter().flat_map(|(slot, outputs)| (0..*outputs).map(|o| (*slot, o)));
                let places: Vec<(usize, usize)> = places.collect();
                spectral.kernel_gradients(arch, transformed, scratch, |output, input, taps| {
                    let (slot, o) = places[output];
                    add(slot, o * inputs + input, taps);
                });
            }
            Way::Winograd(winograd) => {
                let mut first = 0;
                for (slot, outputs) in &self.bank.members {
                    for kernel in 0..outputs * inputs {
                        let (o, input) = (kernel / inputs, kernel % inputs);
                        let taps = winograd.taps(transformed, [first + o / LANES, o % LANES], input);
                        add(*slot, kernel, &mut taps.into_iter());
                    }
                    first += outputs.div_ceil(LANES);
                }
            }
        }
        transformed.fill(0.0);
    }
}

/// Where the gradients of a bank's kernels are summed up.
pub struct Sums<'a> {
    /// Of their spectra, or of what else products are made of, over a block.
    pub transformed: &'a mut [f32],
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
            scratch.zeros.clear(arch, row * width, tail.target(at, len));
            tail.run(arch, c, at, len);
        }
    }
}

fn share(all: &[f32], n: usize, size: usize) -> &[f32] {
    &all[n * size..][..size]
}

fn share_mut(all: &mut [f32], n: usize, size: usize) -> &mut [f32] {
    &mut all[n * size..][..size]
}
