//! An optimizer's update as one pass over a parameter, its gradient and what is remembered of it, and the length of a gradient:
//! memory is read and written once, by all threads.

use super::vectors::Vectors;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

/// The numbers of a step of Adam (Kingma & Ba, 2015), or of AdamW (Loshchilov & Hutter, 2019).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    pub lr: f32,
    /// How much of the mean of the gradients, and of that of their squares, is kept from step to step.
    pub betas: [f32; 2],
    pub epsilon: f32,
    /// The weight decay of Adam: so many times the weight is added to the gradient.
    pub l2: f32,
    /// The factor by which a weight is multiplied before it moves: below 1 it is the weight decay of AdamW.
    pub keep: f32,
    /// The number of the step, from 1.
    pub time: i32,
}

/// The numbers of a parameter that a step of Adam reads and moves.
#[derive(Debug)]
pub struct AdamNumbers<'a> {
    pub weights: &'a mut [f32],
    pub gradient: &'a [f32],
    /// The mean of the gradients so far.
    pub mean: &'a mut [f32],
    /// The mean of their squares so far.
    pub squares: &'a mut [f32],
}

/// The numbers of a step of stochastic gradient descent, as PyTorch takes it without dampening.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SgdStep {
    pub lr: f32,
    /// How much of its last movement a weight keeps; of no effect where no movement is remembered.
    pub momentum: f32,
    /// The weight decay: so many times the weight is added to the gradient.
    pub l2: f32,
}

/// Numbers that a thread moves at a time.
const STRETCH: usize = 1 << 14;

/// Takes a step of Adam. Every number moves by itself, so the bits do not depend on threads or vectors.
pub fn adam(step: AdamStep, numbers: AdamNumbers<'_>) {
    let arch = Vectors::Widest.arch();
    let AdamNumbers { weights, gradient, mean, squares } = numbers;
    let stretches = weights.par_chunks_mut(STRETCH).zip(gradient.par_chunks(STRETCH));
    let stretches = stretches.zip(mean.par_chunks_mut(STRETCH).zip(squares.par_chunks_mut(STRETCH)));
    stretches.for_each(|((weights, gradient), (mean, squares))| {
        arch.dispatch(AdamStretch { step, numbers: AdamNumbers { weights, gradient, mean, squares } });
    });
}

/// Takes a step of stochastic gradient descent. `movement` is what a weight's last movement was, over the learning rate: zeros at
/// the first step, and none without momentum. Every number moves by itself, so the bits do not depend on threads or vectors.
pub fn sgd(step: SgdStep, weights: &mut [f32], gradient: &[f32], movement: Option<&mut [f32]>) {
    let arch = Vectors::Widest.arch();
    let stretches = weights.par_chunks_mut(STRETCH).zip(gradient.par_chunks(STRETCH));
    match movement {
        None => stretches.for_each(|(weights, gradient)| arch.dispatch(|| descend(step, weights, gradient))),
        Some(movement) => {
            stretches.zip(movement.par_chunks_mut(STRETCH)).for_each(|((weights, gradient), movement)| {
                arch.dispatch(|| descend_on(step, weights, gradient, movement));
            });
        }
    }
}

#[inline(always)]
fn descend(SgdStep { lr, l2, .. }: SgdStep, weights: &mut [f32], gradient: &[f32]) {
    weights.iter_mut().zip(gradient).for_each(|(w, g)| *w -= (*w * l2 + g) * lr);
}

#[inline(always)]
fn descend_on(SgdStep { lr, momentum, l2 }: SgdStep, weights: &mut [f32], gradient: &[f32], movement: &mut [f32]) {
    for ((w, g), v) in weights.iter_mut().zip(gradient).zip(movement) {
        *v = *v * momentum + (*w * l2 + g);
        *w -= *v * lr;
    }
}

/// The sum of the squares of all numbers, in double precision. Its bits do not depend on the number of threads.
pub fn squares(numbers: &[f32]) -> f64 {
    /// Numbers that are summed beside each other.
    const BESIDE: usize = 16;
    let stretch = |numbers: &[f32]| {
        let mut sums = [0.0; BESIDE];
        let (some, rest) = numbers.as_chunks::<BESIDE>();
        for numbers in some {
            sums.iter_mut().zip(numbers).for_each(|(sum, x)| *sum += f64::from(*x) * f64::from(*x));
        }
        sums.iter().sum::<f64>() + rest.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>()
    };
    numbers.par_chunks(STRETCH).map(stretch).collect::<Vec<f64>>().iter().sum()
}

struct AdamStretch<'a> {
    step: AdamStep,
    numbers: AdamNumbers<'a>,
}

impl WithSimd for AdamStretch<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { step, numbers: AdamNumbers { weights, gradient, mean, squares } } = self;
        let [correct_mean, correct_squares] = step.betas.map(|beta| 1.0 - beta.powi(step.time));
        let (some, rest) = S::as_simd_f32s(gradient);
        let (weights, weights_rest) = S::as_mut_simd_f32s(weights);
        let (mean, mean_rest) = S::as_mut_simd_f32s(mean);
        let (squares, squares_rest) = S::as_mut_simd_f32s(squares);
        let number = |x: f32| s.splat_f32s(x);
        for (((w, g), m), v) in weights.iter_mut().zip(some).zip(mean).zip(squares) {
            let g = s.add_f32s(s.mul_f32s(*w, number(step.l2)), *g);
            let [keep_mean, keep_squares] = step.betas.map(number);
            let [take_mean, take_squares] = step.betas.map(|beta| number(1.0 - beta));
            *m = s.add_f32s(s.mul_f32s(*m, keep_mean), s.mul_f32s(g, take_mean));
            *v = s.add_f32s(s.mul_f32s(*v, keep_squares), s.mul_f32s(s.mul_f32s(g, g), take_squares));
            let deviation = s.sqrt_f32s(s.div_f32s(*v, number(correct_squares)));
            let by = s.div_f32s(s.div_f32s(*m, number(correct_mean)), s.add_f32s(deviation, number(step.epsilon)));
            *w = s.sub_f32s(s.mul_f32s(*w, number(step.keep)), s.mul_f32s(by, number(step.lr)));
        }
        for (((w, g), m), v) in weights_rest.iter_mut().zip(rest).zip(mean_rest).zip(squares_rest) {
            let g = *w * step.l2 + g;
            let [keep_mean, keep_squares] = step.betas;
            *m = *m * keep_mean + g * (1.0 - keep_mean);
            *v = *v * keep_squares + g * g * (1.0 - keep_squares);
            let deviation = (*v / correct_squares).sqrt();
            *w = *w * step.keep - *m / correct_mean / (deviation + step.epsilon) * step.lr;
        }
    }
}
