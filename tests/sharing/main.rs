//! The rules that make kernels alike, against where they must end and against sums by hand.

// Tests read and write files.
#![allow(clippy::disallowed_methods)]

mod circuit;
mod hebbian;
mod simulations;
mod snr;

use lcnnc_kernels::draws::Draws;

/// Normal numbers of a stream.
fn normal(stream: u64, count: usize, mean: f64) -> Vec<f64> {
    let mut row = vec![0.0; count];
    Draws::new(7, stream).fill_normal(1.0, &mut row);
    row.iter_mut().for_each(|x| *x += mean);
    row
}

/// The largest difference between two rows of numbers.
#[track_caller]
fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
