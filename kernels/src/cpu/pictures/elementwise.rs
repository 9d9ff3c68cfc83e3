//! Operations that change each number of whole pictures by itself, in place and by all threads.

use crate::Vectors;
use rayon::prelude::*;

/// Numbers that a thread goes through at a time.
const STRETCH: usize = 1 << 14;

/// Sets numbers below 0 to 0; what is no number stays none.
pub fn relu(x: &mut [f32]) {
    let arch = Vectors::Widest.arch();
    x.par_chunks_mut(STRETCH).for_each(|x| {
        arch.dispatch(|| x.iter_mut().for_each(|x| *x = if *x < 0.0 { 0.0 } else { *x }));
    });
}

/// Makes the gradient of a rectified number of that of its result `y`, in place: it is 0 where the result is.
pub fn relu_back(y: &[f32], dy: &mut [f32]) {
    let arch = Vectors::Widest.arch();
    dy.par_chunks_mut(STRETCH).zip(y.par_chunks(STRETCH)).for_each(|(dy, y)| {
        arch.dispatch(|| dy.iter_mut().zip(y).for_each(|(dy, y)| *dy = if *y <= 0.0 { 0.0 } else { *dy }));
    });
}

/// Adds numbers to others, in place.
pub fn add(sums: &mut [f32], x: &[f32]) {
    let arch = Vectors::Widest.arch();
    sums.par_chunks_mut(STRETCH).zip(x.par_chunks(STRETCH)).for_each(|(sums, x)| {
        arch.dispatch(|| sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += x));
    });
}
