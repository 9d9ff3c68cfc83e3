//! Power laws: how one is fitted to the tail of a sample, what else could have made that tail, and where the law meets a normal
//! distribution (Clauset, Shalizi & Newman, 2009; Park, Zhang & Choe, 2025).

use super::rivals::{Exponential, Lognormal, Verdict};
use rayon::prelude::*;
use std::f64::consts::TAU;

/// A tail of fewer numbers says nothing about a law.
pub const LEAST_TAIL: usize = 50;
/// Up to so many numbers every one of them is tried as the beginning of the tail.
const TRIED_ALL: usize = 2000;
/// How many are tried at once of a larger sample.
const TRIED: usize = 200;

/// Around so many of the best of these it is looked more closely.
const NEAR: usize = 5;

/// A law `density ~ x^-exponent` of the numbers from `x_min` on.
#[derive(Clone, Debug, PartialEq)]
pub struct PowerLaw {
    /// Where the tail begins.
    pub x_min: f64,
    /// The exponent of the density, by maximum likelihood.
    pub exponent: f64,
    /// The largest distance of the cumulative distributions of the tail and of the law.
    pub distance: f64,
    /// How many numbers the tail has.
    pub tail: usize,
}

/// Numbers in rising order, with their logarithms.
pub struct Sorted<'x> {
    numbers: &'x [f64],
    logs: Vec<f64>,
    /// The sum of the logarithms from each number on.
    sums: Vec<f64>,
}

impl<'x> Sorted<'x> {
    /// Takes positive numbers in rising order.
    pub fn new(numbers: &'x [f64]) -> Self {
        let logs: Vec<f64> = numbers.iter().map(|x| x.ln()).collect();
        let mut sums = logs.clone();
        for at in (1..sums.len()).rev() {
            sums[at - 1] += sums[at];
        }
        Self { numbers, logs, sums }
    }

    /// The law of the tail that the law fits best, if there is a tail that is long enough.
    pub fn law(&self) -> Option<PowerLaw> {
        let last = self.numbers.len().checked_sub(LEAST_TAIL)?;
        if last < TRIED_ALL {
            return self.best((0..=last).collect());
        }
        // The lengths of the tails that are tried are in a geometric row: a part of a tail matters, not a number of it.
        let (longest, shortest) = (self.numbers.len() as f64, LEAST_TAIL as f64);
        let length = |n: usize| (longest * (shortest / longest).powf(n as f64 / TRIED as f64)).round() as usize;
        let rough: Vec<usize> = (0..=TRIED).map(|n| self.numbers.len() - length(n)).collect();
        let mut laws = self.laws(rough.clone());
        // The distance goes up and down: the best place may lie near another one than the best of these.
        laws.sort_by(|a, b| a.distance.total_cmp(&b.distance));
        let near = |law: &PowerLaw| {
            let at = self.numbers.len() - law.tail;
            let around = rough.iter().position(|n| *n >= at).unwrap_or(0);
            let [from, to] = [rough[around.saturating_sub(1)], rough[(around + 1).min(TRIED)]];
            (from..=to).step_by(((to - from) / TRIED).max(1)).chain([at])
        };
        self.best(laws.iter().take(NEAR).flat_map(near).collect())
    }

    /// The best law of the tails that begin at these places; of equal ones the longest.
    fn best(&self, places: Vec<usize>) -> Option<PowerLaw> {
        self.laws(places).into_iter().reduce(|best, law| if law.distance < best.distance { law } else { best })
    }

    /// The laws of the tails that begin at these places, the longest first.
    fn laws(&self, mut places: Vec<usize>) -> Vec<PowerLaw> {
        places.sort_unstable();
        places.dedup();
        // Of equal numbers a tail has all.
        places.retain(|at| *at == 0 || self.numbers[at - 1] < self.numbers[*at]);
        places.into_par_iter().filter_map(|at| self.law_from(at)).collect()
    }

    /// The law of all numbers from `x_min` on, if they are not all equal.
    pub fn law_above(&self, x_min: f64) -> Option<PowerLaw> {
        let at = self.numbers.partition_point(|x| *x < x_min);
        if at < self.numbers.len() { self.law_from(at) } else { None }
    }

    fn law_from(&self, at: usize) -> Option<PowerLaw> {
        let (logs, tail) = (&self.logs[at..], self.numbers.len() - at);
        let (n, first) = (tail as f64, logs[0]);
        let exponent = 1.0 + n / (self.sums[at] - n * first);
        if self.logs[self.numbers.len() - 1] <= first || !exponent.is_finite() {
            return None;
        }
        let mut distance = 0.0_f64;
        for (below, log) in logs.iter().enumerate() {
            let law = 1.0 - ((1.0 - exponent) * (log - first)).exp();
            // Both sides of the step that the distribution of the tail makes here.
            distance = distance.max(law - below as f64 / n).max((below + 1) as f64 / n - law);
        }
        Some(PowerLaw { x_min: self.numbers[at], exponent, distance, tail })
    }

    /// How the law compares with a lognormal distribution of the same tail, and with an exponential one. There is no verdict on
    /// a lognormal distribution that comes to the law itself.
    pub fn verdicts(&self, law: &PowerLaw) -> [Option<Verdict>; 2] {
        let at = self.numbers.len() - law.tail;
        let (numbers, logs) = (&self.numbers[at..], &self.logs[at..]);
        let first = law.x_min.ln();
        let own = (law.exponent - 1.0).ln() - first;
        let likelihood = |log: f64| own - law.exponent * (log - first);
        let lognormal = Lognormal::of(logs, first)
            .and_then(|it| Verdict::of(logs.iter().map(|log| likelihood(*log) - it.log_density(*log))));
        let exponential = Exponential::of(numbers, law.x_min)
            .and_then(|it| Verdict::of(numbers.iter().zip(logs).map(|(x, log)| likelihood(*log) - it.log_density(*x))));
        [lognormal, exponential]
    }
}

impl PowerLaw {
    /// The standard error of the exponent, `(exponent - 1) / sqrt(tail)`.
    pub fn error(&self) -> f64 {
        (self.exponent - 1.0) / (self.tail as f64).sqrt()
    }

    /// The logarithm of `c`, for which `c x^-exponent` is the density where the tail is this share of all numbers.
    pub fn log_factor(&self, share: f64) -> f64 {
        share.ln() + (self.exponent - 1.0).ln() + (self.exponent - 1.0) * self.x_min.ln()
    }

    /// Where the law has the density of a normal distribution around 0, the smaller number first; nothing where the two do not
    /// meet. `share` is the share of the tail among all numbers.
    ///
    /// With `u = -x^2 / (exponent sd^2)` that is where `u exp(u)` is a number, so that `u` is the Lambert W function of it.
    pub fn meets_normal(&self, share: f64, sd: f64) -> Option<[f64; 2]> {
        let a = self.exponent;
        // The powers themselves may be beyond all numbers.
        let log = 2.0 / a * (self.log_factor(share) + sd.ln() + TAU.ln() / 2.0) - a.ln() - 2.0 * sd.ln();
        let number = -log.exp();
        let at = |w: f64| (-a * sd * sd * w).sqrt();
        let both = [at(lambert_w::lambert_w0(number)), at(lambert_w::lambert_wm1(number))];
        both.iter().all(|x| x.is_finite() && *x > 0.0).then_some(both)
    }
}
