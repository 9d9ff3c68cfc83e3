//! The histogram of many numbers, as TensorBoard shows it.

use super::message::Histogram;

/// How many bins a histogram has: as many as TensorBoard's own writer makes.
const BINS: usize = 30;

/// The histogram of the finite numbers among `values`. Where all of them are equal there is one bin, without a width.
pub fn of(values: &[f64]) -> Histogram {
    // Not gathered: a layer may have millions of weights.
    let finite = || values.iter().copied().filter(|x| x.is_finite());
    let (Some(min), Some(max)) = (finite().reduce(f64::min), finite().reduce(f64::max)) else {
        return Histogram::default();
    };
    let bins = if min < max { BINS } else { 1 };
    // The way from the smallest to the largest may be beyond what is finite, so it is never calculated.
    let width = max / bins as f64 - min / bins as f64;
    let mut bucket = vec![0.0; bins];
    for x in finite() {
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
        num: finite().count() as f64,
        sum: finite().sum(),
        sum_squares: finite().map(|x| x * x).sum(),
        bucket_limit: (1..=bins).map(limit).collect(),
        bucket,
    }
}
