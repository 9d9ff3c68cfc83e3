//! What else than a power law could have made a tail: a lognormal and an exponential distribution, both of the numbers from the
//! beginning of the tail on, and which of two distributions the tail speaks for (Vuong, 1989).

use std::f64::consts::{FRAC_PI_2, TAU};

/// Which of two distributions a sample speaks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The sum of the log likelihood ratios over their standard deviation and the root of their number: positive where the first
    /// distribution is favoured.
    pub ratio: f64,
    /// How probable it is that a ratio of that size is chance.
    pub p: f64,
}

impl Verdict {
    /// The verdict of log likelihood ratios, one for each number of a sample; nothing where all are equal.
    pub fn of(ratios: impl Iterator<Item = f64>) -> Option<Self> {
        let ratios: Vec<f64> = ratios.collect();
        let n = ratios.len() as f64;
        let mean = ratios.iter().sum::<f64>() / n;
        let variance = ratios.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let ratio = mean * n.sqrt() / variance.sqrt();
        let beyond = mills(ratio.abs()) * (-ratio * ratio / 2.0).exp() / TAU.sqrt();
        ratio.is_finite().then_some(Self { ratio, p: 2.0 * beyond })
    }
}

/// `1 - cdf` over the density of the standard normal distribution.
pub fn mills(z: f64) -> f64 {
    if z >= 2.0 {
        // A continued fraction, which here has converged after so many terms.
        return 1.0 / (1..=200).rev().fold(z, |below, n| z + f64::from(n) / below);
    }
    if z < -2.0 {
        return (z * z / 2.0).exp() * TAU.sqrt() - mills(-z);
    }
    let (mut sum, mut term, mut n) = (0.0, z, 1.0);
    while n < 60.0 {
        sum += term;
        n += 2.0;
        term *= z * z / n;
    }
    (z * z / 2.0).exp() * FRAC_PI_2.sqrt() - sum
}

/// The lognormal distribution of numbers from a smallest one on.
#[derive(Clone, Debug)]
pub struct Lognormal {
    first: f64,
    /// The standard deviation of the logarithms, were none cut off.
    pub sigma: f64,
    /// By how many of them the smallest logarithm is above the mean.
    z: f64,
    constant: f64,
}

impl Lognormal {
    /// The beginning of the tail, in standard deviations, between which the likelihood is looked through.
    const WITHIN: [f64; 2] = [-37.0, 1000.0];

    /// The likeliest one for these logarithms, none of them below `first`; nothing where none is likelier than a power law.
    ///
    /// It is the one whose first two moments are those of the tail. By how much the mean square is above the square of the mean
    /// depends on `z` alone and rises with it, up to twice for a power law.
    pub fn of(logs: &[f64], first: f64) -> Option<Self> {
        let n = logs.len() as f64;
        let mean = logs.iter().map(|log| log - first).sum::<f64>() / n;
        let square = logs.iter().map(|log| (log - first).powi(2)).sum::<f64>() / n;
        let wanted = square / (mean * mean);
        let moments = |z: f64| {
            let mean = 1.0 / mills(z) - z;
            (mean, (1.0 - z * mean) / (mean * mean))
        };
        let [mut low, mut high] = Self::WITHIN;
        if !(wanted > moments(low).1 && wanted < moments(high).1) {
            return None;
        }
        for _ in 0..100 {
            let middle = (low + high) / 2.0;
            *(if moments(middle).1 < wanted { &mut low } else { &mut high }) = middle;
        }
        let (z, sigma) = (low, mean / moments(low).0);
        Some(Self { first, sigma, z, constant: -sigma.ln() - mills(z).ln() })
    }

    /// The mean of the logarithms, were none cut off.
    pub fn mu(&self) -> f64 {
        self.first - self.z * self.sigma
    }

    /// The logarithm of the density at a number with this logarithm.
    pub fn log_density(&self, log: f64) -> f64 {
        let above = (log - self.first) / self.sigma;
        self.constant - log - above * (above / 2.0 + self.z)
    }
}

/// The exponential distribution of numbers from a smallest one on.
#[derive(Clone, Debug)]
pub struct Exponential {
    first: f64,
    rate: f64,
}

impl Exponential {
    /// The likeliest one for these numbers, none of them below `first`.
    pub fn of(numbers: &[f64], first: f64) -> Option<Self> {
        let mean = numbers.iter().map(|x| x - first).sum::<f64>() / numbers.len() as f64;
        (mean > 0.0).then_some(Self { first, rate: 1.0 / mean })
    }

    /// The logarithm of the density at a number.
    pub fn log_density(&self, x: f64) -> f64 {
        self.rate.ln() - self.rate * (x - self.first)
    }
}
