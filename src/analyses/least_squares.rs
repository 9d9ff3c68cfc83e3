//! Least squares of what is not linear, by the method of Levenberg and Marquardt. The crate `levenberg-marquardt` needs another
//! version of nalgebra than ours.

use nalgebra::{DMatrix, DVector};

/// Rounds at most.
const ROUNDS: usize = 200;
/// A step that lowers the sum by less than this share of it is the last one.
const LEAST: f64 = 1e-13;
/// How far a parameter is moved to see what changes.
const NUDGE: f64 = 1e-6;

/// Parameters near `start` with the least sum of squares of the residuals, and that sum.
pub fn least_squares(start: &[f64], residuals: &dyn Fn(&[f64]) -> Vec<f64>) -> (Vec<f64>, f64) {
    let square = |r: &[f64]| r.iter().map(|x| x * x).sum::<f64>();
    let (mut at, mut damping) = (start.to_vec(), 1e-3);
    let mut r = residuals(&at);
    let mut sum = square(&r);
    for _ in 0..ROUNDS {
        let mut jacobian = DMatrix::zeros(r.len(), at.len());
        for n in 0..at.len() {
            // Differences on both sides are right to the square of the nudge.
            let side = |by: f64| {
                let mut moved = at.clone();
                moved[n] += by;
                residuals(&moved)
            };
            let change = side(NUDGE).into_iter().zip(side(-NUDGE)).map(|(up, down)| (up - down) / (2.0 * NUDGE));
            jacobian.column_mut(n).iter_mut().zip(change).for_each(|(place, x)| *place = x);
        }
        let (square_of, slope) =
            (jacobian.transpose() * &jacobian, jacobian.transpose() * DVector::from_vec(r.clone()));
        let mut lowered = None;
        while damping < 1e12 && lowered.is_none() {
            let mut damped = square_of.clone();
            for n in 0..at.len() {
                damped[(n, n)] += damping * square_of[(n, n)].max(1e-12);
            }
            if let Some(step) = damped.cholesky().map(|it| it.solve(&slope)) {
                let moved: Vec<f64> = at.iter().zip(step.iter()).map(|(x, by)| x - by).collect();
                let r = residuals(&moved);
                lowered = Some((moved, square(&r), r)).filter(|(_, new, _)| *new < sum);
            }
            damping *= if lowered.is_some() { 0.2 } else { 5.0 };
        }
        let Some((moved, new, new_r)) = lowered else { break };
        let gained = sum - new;
        (at, r, sum) = (moved, new_r, new);
        if gained <= LEAST * sum || sum == 0.0 {
            break;
        }
    }
    (at, sum)
}

/// Weights of a few curves with which their sum comes nearest to values, and what is left of these; weights of 0 where the curves
/// are one.
pub fn linear<const N: usize>(curves: [&[f64]; N], values: &[f64]) -> ([f64; N], Vec<f64>) {
    let matrix = DMatrix::from_fn(values.len(), N, |row, n| curves[n][row]);
    let (square, along) = (matrix.transpose() * &matrix, matrix.transpose() * DVector::from_column_slice(values));
    let solved = square.cholesky().map_or(DVector::zeros(N), |it| it.solve(&along));
    let weights = std::array::from_fn(|n| solved[n]);
    let left = values.iter().enumerate().map(|(row, value)| {
        value - weights.iter().zip(&curves).map(|(weight, curve)| weight * curve[row]).sum::<f64>()
    });
    (weights, left.collect())
}

/// The share of the variance of values that is explained; none of values that are all equal.
pub fn explained(values: &[f64], left: f64) -> Option<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let all: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (all > 0.0).then(|| 1.0 - left / all)
}

/// A number between two ends, for one that may be any: so that a fit stays within them.
pub fn between([low, high]: [f64; 2], x: f64) -> f64 {
    low + (high - low) / (1.0 + (-x).exp())
}

/// The number for which [`between`] gives `y`.
pub fn unbound([low, high]: [f64; 2], y: f64) -> f64 {
    let share = ((y - low) / (high - low)).clamp(1e-6, 1.0 - 1e-6);
    (share / (1.0 - share)).ln()
}
