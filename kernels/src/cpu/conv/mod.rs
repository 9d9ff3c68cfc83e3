//! Convolutions of a block by a bank of kernels: tap by tap, through Fourier transforms or through Winograd's tiles,
//! whichever takes the fewest operations.
//!
//! A forward pass goes in two steps, so that the members of a bank share the first one: [`PreparedBank::forward`] does
//! what serves all results, then [`PreparedBank::forward_rows`] makes the rows of one member's results and hands them
//! to its epilogue. A backward pass likewise, with [`PreparedBank::backward`] and [`PreparedBank::backward_rows`].

mod direct;
mod gradient_sums;
mod method;
mod scratch;
mod sizes;
mod spectral;
mod winograd;
mod zeros;

pub use gradient_sums::GradientSums;
pub use method::{Method, method};
pub use scratch::Scratch;

use super::epilogue::EpilogueRun;
use super::hands::Hand;
use super::lanes::Aligned;
use crate::graph::Bank;
use direct::Direct;
use pulp::Arch;
use sizes::Sizes;
use spectral::Spectral;
use std::ops::Range;
use winograd::Winograd;

/// A bank of kernels with its weights in the form that the algorithm multiplies by.
#[derive(Debug)]
pub struct PreparedBank {
    pub bank: Bank,
    algorithm: Algorithm,
    backward: bool,
    /// The weights as the forward pass reads them, and as the backward pass does. Where there is none the second is empty,
    /// and so it is for spectra, which are the same for both.
    weights: [Aligned; 2],
}

/// The outputs that kernels sum at once, where there are as many.
const TOGETHER: usize = 4;

/// The outputs next to each other that are summed at once, within a stretch of outputs that see the same channels: the
/// first of them, and how many they are.
fn block(stretch: &Range<usize>, output: usize) -> [usize; 2] {
    let whole = stretch.start + stretch.len() / TOGETHER * TOGETHER;
    if output < whole { [output - (output - stretch.start) % TOGETHER, TOGETHER] } else { [output, 1] }
}

/// A [`Method`] with the sizes of one convolution.
#[derive(Debug)]
enum Algorithm {
    Direct(Direct),
    Spectral(Spectral),
    Winograd(Winograd),
}

/// What the backward pass of a convolution reads, and whether it makes the gradient of its input.
#[derive(Clone, Copy)]
pub struct BackwardReads<'a> {
    /// The planes that the forward pass has read, `[inputs, height, width]` cells.
    pub x: &'a [f32],
    /// For each member, the gradient of its results, `[outputs, height, width]` cells.
    pub dy: &'a [&'a [f32]],
    /// Whether the gradient of the input is wanted.
    pub to_input: bool,
}

/// Some results of a convolution in one direction: a share of the channels of one value.
#[derive(Clone, Debug)]
pub struct Results {
    /// The first channel of the value among those of all members.
    pub first: usize,
    /// The number of channels of the value.
    pub channels: usize,
    /// The channels of the value that are made.
    pub share: Range<usize>,
}

impl Results {
    /// The channels that are made, counted over all members.
    fn of_all(&self) -> Range<usize> {
        self.first + self.share.start..self.first + self.share.end
    }
}

impl PreparedBank {
    /// Chooses the algorithm for a bank, which is to make a forward pass, and a backward pass if `backward` says so; its
    /// weights come with [`Self::prepare`].
    pub fn new(bank: &Bank, backward: bool) -> Self {
        let algorithm = match method(bank) {
            Method::Direct => Algorithm::Direct(Direct::new(bank)),
            Method::Spectral(_) => Algorithm::Spectral(Spectral::new(bank)),
            Method::Winograd => Algorithm::Winograd(Winograd::new(bank)),
        };
        Self { bank: bank.clone(), algorithm, backward, weights: [Aligned::default(), Aligned::default()] }
    }

    /// Floats of the prepared weights, which all threads share.
    pub fn kernel_floats(&self) -> usize {
        let directions = if self.backward { 2 } else { 1 };
        match &self.algorithm {
            Algorithm::Direct(_) => directions * self.bank.weights(),
            Algorithm::Spectral(spectral) => spectral.kernel_floats(),
            Algorithm::Winograd(winograd) => directions * winograd.kernel_floats(),
        }
    }

    /// Floats of the sums that the gradients of the kernels are made of at the end of a block; none for sums tap by
    /// tap, which are gradients as they are.
    pub fn sum_floats(&self) -> usize {
        match &self.algorithm {
            Algorithm::Direct(_) => 0,
            Algorithm::Spectral(spectral) => spectral.kernel_floats(),
            Algorithm::Winograd(winograd) => winograd.sum_floats(),
        }
    }

    /// Floats that a thread needs for planes between two passes, in either direction.
    pub fn scratch_floats(&self) -> usize {
        match &self.algorithm {
            Algorithm::Direct(direct) => direct.scratch_floats(),
            Algorithm::Spectral(spectral) => spectral.scratch_floats(),
            Algorithm::Winograd(winograd) => 2 * winograd.row_floats(self.bank.inputs.max(self.bank.outputs())),
        }
    }

    /// The most cells that go to an epilogue at once, where a row of the result has `width` cells.
    pub fn longest_stretch(&self, width: usize) -> usize {
        match &self.algorithm {
            Algorithm::Direct(_) => width,
            Algorithm::Spectral(_) => 2 * width,
            Algorithm::Winograd(_) => winograd::TILE * width,
        }
    }

    /// The number of a value's channels, `channels` in all, that are made together, so that shares should be multiples of it.
    pub fn unit(&self, channels: usize) -> usize {
        match &self.algorithm {
            Algorithm::Direct(_) if self.bank.groups > 1 => channels / self.bank.groups,
            Algorithm::Direct(_) | Algorithm::Winograd(_) => TOGETHER,
            Algorithm::Spectral(_) => 1,
        }
    }

    /// Brings the weights of a batch into the form that the algorithm multiplies by; `weights` are each
    /// member's kernels.
    pub fn prepare(&mut self, arch: Arch, weights: &[&[f32]], scratch: &mut Scratch) {
        match &self.algorithm {
            Algorithm::Spectral(spectral) => {
                let size = self.bank.inputs * self.bank.kernel * self.bank.kernel;
                let kernels: Vec<&[f32]> = weights.iter().flat_map(|weight| weight.chunks_exact(size)).collect();
                self.weights[0].reserve(spectral.kernel_floats());
                spectral.kernel_spectra(arch, &kernels, &mut self.weights[0], scratch);
            }
            Algorithm::Direct(direct) => {
                let len = self.bank.weights();
                prepare_members(&self.bank, weights, self.backward, len, &mut self.weights, |weight, member, to| {
                    direct.prepare(&self.bank, weight, member, to);
                });
            }
            Algorithm::Winograd(winograd) => {
                let len = winograd.kernel_floats();
                prepare_members(
                    &self.bank,
                    weights,
                    self.backward,
                    len,
                    &mut self.weights,
                    |weight, (first, _), to| {
                        winograd.prepare(arch, weight, first, to);
                    },
                );
            }
        }
    }

    /// Goes through the forward pass up to the point where rows of the results can be made, from the input `x`,
    /// `[inputs, height, width]` cells.
    pub fn forward(&self, arch: Arch, x: &[f32], hands: &mut [Hand], scratch: &mut Scratch) {
        match &self.algorithm {
            Algorithm::Direct(direct) => direct.forward(&self.bank, x, scratch),
            Algorithm::Spectral(spectral) => {
                scratch.zeros.find(arch, &spectral.sizes, &[x]);
                spectral.forward(arch, &self.weights[0], x, hands, scratch);
            }
            Algorithm::Winograd(winograd) => scratch.zeros.find(arch, &winograd.sizes, &[x]),
        }
    }

    /// Makes the rows of some results from the input `x`, and hands them to their epilogue. Of the two scratches, all
    /// hands share the first, and the second is this hand's own.
    pub fn forward_rows(
        &self,
        arch: Arch,
        x: &[f32],
        results: &Results,
        scratch: (&Scratch, &mut Scratch),
        epilogue: &mut EpilogueRun<'_>,
    ) {
        match &self.algorithm {
            Algorithm::Direct(direct) => {
                direct.forward_rows(arch, (&self.bank, &self.weights[0]), x, results, scratch, epilogue);
            }
            Algorithm::Spectral(spectral) => {
                let [height, width] = self.bank.to();
                spectral.rows(arch, results, [spectral.sizes.outputs, height, width], scratch, epilogue);
            }
            Algorithm::Winograd(winograd) => winograd.rows(arch, &self.weights[0], &[x], results, scratch, epilogue),
        }
    }

    /// Goes through the backward pass up to the point where rows of the input's gradient can be made, and adds to the
    /// gradients of the kernels, or to the sums that they are made of, if any are wanted.
    pub fn backward(
        &self,
        arch: Arch,
        reads: BackwardReads<'_>,
        sums: Option<&mut GradientSums<'_>>,
        hands: &mut [Hand],
        scratch: &mut Scratch,
    ) {
        // The gradient of the input is a convolution like any other, and as exactly zero where it sees zeros alone.
        let find_zeros = |sizes: &Sizes, scratch: &mut Scratch| {
            if reads.to_input {
                scratch.zeros.find(arch, &sizes.backward(), reads.dy);
            }
        };
        match &self.algorithm {
            Algorithm::Direct(direct) => direct.gradients(arch, &self.bank, reads, sums, hands, scratch),
            Algorithm::Spectral(spectral) => {
                find_zeros(&spectral.sizes, scratch);
                spectral.backward(
                    arch,
                    &self.weights[0],
                    reads,
                    sums.map(|sums| &mut *sums.transformed),
                    hands,
                    scratch,
                );
            }
            Algorithm::Winograd(winograd) => {
                find_zeros(&winograd.sizes, scratch);
                if let Some(sums) = sums {
                    winograd.sum_up(arch, reads.x, reads.dy, sums.transformed, hands);
                }
            }
        }
    }

    /// Makes the rows of some planes of the input's gradient from `dy`, the gradients of each member's results, and hands them to
    /// their epilogue. Of the two scratches, all hands share the first, and the second is this hand's own.
    pub fn backward_rows(
        &self,
        arch: Arch,
        dy: &[&[f32]],
        results: &Results,
        scratch: (&Scratch, &mut Scratch),
        epilogue: &mut EpilogueRun<'_>,
    ) {
        let (inputs, [height, width]) = (self.bank.inputs, self.bank.from);
        match &self.algorithm {
            Algorithm::Direct(direct) => {
                direct.backward_rows(arch, (&self.bank, &self.weights[1]), dy, results, scratch, epilogue);
            }
            Algorithm::Spectral(spectral) => {
                spectral.rows(arch, results, [inputs, height, width], scratch, epilogue);
            }
            Algorithm::Winograd(winograd) => {
                winograd.backward().rows(arch, &self.weights[1], dy, results, scratch, epilogue);
            }
        }
    }

    /// Adds what the sums of a block come to to the gradients of the kernels, and sets the sums to zero.
    pub fn finish_gradients(&self, arch: Arch, sums: &mut GradientSums<'_>, scratch: &mut Scratch) {
        match &self.algorithm {
            Algorithm::Direct(_) => {}
            Algorithm::Spectral(spectral) => spectral.kernel_gradients(arch, &self.bank.members, sums, scratch),
            Algorithm::Winograd(winograd) => winograd.kernel_gradients(arch, &self.bank.members, sums),
        }
        sums.transformed.fill(0.0);
    }
}

/// Lets `prepare` write each member's weights into `len` floats for either direction that there is, given the first output of that
/// member among those of all, and how many it has.
fn prepare_members(
    bank: &Bank,
    weights: &[&[f32]],
    backward: bool,
    len: usize,
    to: &mut [Aligned; 2],
    prepare: impl Fn(&[f32], (usize, usize), &mut [Aligned; 2]),
) {
    to.iter_mut().take(if backward { 2 } else { 1 }).for_each(|weights| weights.reserve(len));
    let mut first = 0;
    for (member, weight) in bank.members.iter().zip(weights) {
        prepare(weight, (first, member.outputs), to);
        first += member.outputs;
    }
}
