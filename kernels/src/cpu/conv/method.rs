//! The methods of doing a convolution, and which of them takes the fewest operations.

use super::sizes::Sizes;
use super::spectral::Spectral;
use super::winograd::{self, Winograd};
use crate::graph::Bank;

/// How a convolution is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Computes the sum that a convolution is defined by, tap by tap.
    Direct,
    /// Multiplies the Fourier transforms of whole planes, on a circle of so many points down and across.
    Spectral([usize; 2]),
    /// Computes short convolutions of tiles, by Winograd's algorithm.
    Winograd,
}

/// Chooses the method that takes the fewest operations for a bank of kernels, counted in multiply-adds of cells.
/// Transforms count what they cost beside the products, as measured. Strides, groups and transposed convolutions are
/// done tap by tap: a transform would make all results, of which strides leave most out, and would serve fewer
/// products.
pub fn method(bank: &Bank) -> Method {
    if !bank.is_plain() {
        return Method::Direct;
    }
    /// What the transforms of a plane's tile cost, in multiply-adds.
    const A_TILE: usize = 450;
    /// The most floats of spectra that stay in a cache from one block to the next.
    const CACHED: usize = 1 << 22;
    // What the transforms of a plane's point cost; more beside the sums of a small kernel, whose taps find everything
    // in the first-level cache.
    let a_point = if bank.kernel > 3 { 55 } else { 110 };
    let sizes = Sizes::new(bank);
    let (planes, pairs) = (sizes.inputs + sizes.outputs, sizes.inputs * sizes.outputs);
    let direct = pairs * sizes.to.iter().product::<usize>() * sizes.kernel * sizes.kernel;
    let spectral = Spectral::new(bank);
    // Each number of a kernel's spectrum serves one product in a block, and takes as long to read where it is in no cache.
    let a_product = if spectral.kernel_floats() > CACHED { 8 } else { 4 };
    let through = spectral.points() * (a_point * planes + a_product * pairs);
    let mut methods = vec![(direct, Method::Direct), (through, Method::Spectral(spectral.size()))];
    if bank.kernel == winograd::KERNEL {
        let tiles = Winograd::new(bank).tiles().iter().product::<usize>();
        let points = winograd::POINTS * winograd::POINTS;
        methods.push((tiles * (A_TILE * planes + points * pairs), Method::Winograd));
    }
    // The first is always there.
    methods.into_iter().min_by_key(|(operations, _)| *operations).map_or(Method::Direct, |(_, method)| method)
}
