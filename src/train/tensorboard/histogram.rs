//! How numbers are spread.

use super::message::Histogram;

/// As many as TensorBoard's own writer makes.
const BINS: usize = 30;

/// The histogram of the finite ones among some numbers. Where all are the same there is one bin, without a width.
pub fn of(values: &[f64]) -> Histogram {
    let finite: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
    let (min, max) = finite.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), &x| (min.min(x), max.max(x)));
    if finite.is_empty() {
        return Histogram::default();
    }
    let bins = if min < max { BINS } else { 1 };
    // The way from the smallest to the largest may be beyond what is finite, so it is never calculated.
    let width = max / bins as f64 - min / bins as f64;
    let mut bucket = vec![0.0; bins];
    for x in &finite {
        // The largest would be at the beginning of a bin behind the last.
        bucket[((x / width - min / width) as usize).min(bins - 1)] += 1.0;
    }
    let limit = |bin: usize| {
        let part = bin as f64 / bins as f64;
        min * (1.0 - part) + max * part
    };
    Histogram {
        min,
        max,
        num: finite.len() as f64,
        sum: finite.iter().sum(),
        sum_squares: finite.iter().map(|x| x * x).sum(),
        bucket_limit: (1..=bins).map(limit).collect(),
        bucket,
    }
}
