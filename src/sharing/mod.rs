//! What lateral connections do to kernels that nothing else makes alike: the sleep phase of Pogodin, Mehta, Lillicrap &
//! Latham (2021, NeurIPS, arXiv 2106.13031).
//!
//! A *group* is the neurons of one output channel at all places of one module: they see the same input when the input
//! repeats, and each has a kernel of its own. Everything here is a function of the numbers that it is given, in double
//! precision: nothing reads files or clocks, and random numbers come from streams of the caller's.

pub mod circuit;
pub mod hebbian;
pub mod snr;

pub use circuit::Circuit;
pub use hebbian::{Hebbian, Relaxation};
pub use snr::{snr, snr_of_groups};

use nalgebra::{DMatrixView, DMatrixViewMut};

/// The kernels of one group, and those that it had when its sleep began.
#[derive(Debug)]
pub struct Group<'a> {
    /// The kernels as they are, `[neurons, inputs]`.
    pub weights: &'a mut [f64],
    /// The kernels as they were when the sleep began.
    start: Vec<f64>,
    inputs: usize,
    room: Room,
}

/// Memory that every iteration of a rule writes anew.
#[derive(Debug, Default)]
struct Room {
    /// What the rule is about to take from the weights, `[neurons, inputs]`.
    pull: Vec<f64>,
    /// What each neuron sees where there is noise, `[neurons, inputs]`.
    seen: Vec<f64>,
}

impl<'a> Group<'a> {
    /// Takes the kernels `[neurons, inputs]` of a group whose sleep begins now.
    pub fn new(weights: &'a mut [f64], inputs: usize) -> Self {
        assert!(inputs > 0 && weights.len().is_multiple_of(inputs), "every kernel has {inputs} weights");
        let start = weights.to_vec();
        Self { weights, start, inputs, room: Room::default() }
    }

    /// The number of kernels.
    pub fn neurons(&self) -> usize {
        self.weights.len() / self.inputs
    }

    /// The number of weights of a kernel.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
}

/// The mean kernel of a group `[neurons, inputs]`.
pub fn mean_kernel(weights: &[f64], inputs: usize) -> Vec<f64> {
    let mut mean = vec![0.0; inputs];
    for kernel in weights.chunks_exact(inputs) {
        mean.iter_mut().zip(kernel).for_each(|(sum, w)| *sum += w);
    }
    let neurons = (weights.len() / inputs).max(1) as f64;
    mean.iter_mut().for_each(|sum| *sum /= neurons);
    mean
}

/// The second moments `C = mean(x x^T)` of patterns `[patterns, inputs]`, `[inputs, inputs]`.
pub fn second_moments(patterns: &[f64], inputs: usize) -> Vec<f64> {
    let patterns = columns(patterns, inputs);
    let moments = patterns * patterns.transpose() / patterns.ncols() as f64;
    moments.data.into()
}

/// Rows of so many numbers as the columns of a matrix.
fn columns(rows: &[f64], inputs: usize) -> DMatrixView<'_, f64> {
    assert!(rows.len().is_multiple_of(inputs), "every row has {inputs} numbers");
    DMatrixView::from_slice(rows, inputs, rows.len() / inputs)
}

/// The same, to be written to.
fn columns_mut(rows: &mut [f64], inputs: usize) -> DMatrixViewMut<'_, f64> {
    assert!(rows.len().is_multiple_of(inputs), "every row has {inputs} numbers");
    let count = rows.len() / inputs;
    DMatrixViewMut::from_slice(rows, inputs, count)
}

/// The sum of the products of two rows of numbers.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
