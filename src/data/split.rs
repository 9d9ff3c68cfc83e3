//! Which images train, which validate, and in which order: index lists fixed by a seed, the same on every machine.
//!
//! The test half never enters here.

use super::random::{Stream, Use};

/// The training half, divided. Both lists ascend, share no index and together hold every index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub train: Vec<usize>,
    pub validation: Vec<usize>,
}

/// Sets a random `share` (0 to 1) of `indices` aside for validation.
///
/// The share is rounded to whole images. Whatever the share, one image is left to train with if there is any, and a
/// share above zero sets at least one aside if there are two.
pub fn split(indices: &[usize], share: f64, seed: u64) -> Split {
    divide(indices, share, &mut Stream::new(seed, Use::Split, 0))
}

/// Splits as [`split`] does, with the random numbers of `stream`.
pub(super) fn divide(indices: &[usize], share: f64, stream: &mut Stream) -> Split {
    let aside = set_aside(indices.len(), share);
    let mut order = indices.to_vec();
    stream.shuffle(&mut order);
    let mut train = order.split_off(aside);
    train.sort_unstable();
    order.sort_unstable();
    Split { train, validation: order }
}

/// How many of so many images a share holds out: one at least, and never all.
pub fn set_aside(len: usize, share: f64) -> usize {
    let most = len.saturating_sub(1);
    // A share that is no number becomes 0.
    let wanted = (len as f64 * share.clamp(0.0, 1.0)).round() as usize;
    let least = usize::from(share > 0.0);
    wanted.max(least).min(most)
}

/// A random `limit` of the first `len` indices, ascending; all of them if there are no more.
pub fn sample(len: usize, limit: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    if limit < len {
        Stream::new(seed, Use::Sample, 0).shuffle(&mut order);
        order.truncate(limit);
        order.sort_unstable();
    }
    order
}

/// `indices` in the random order of one epoch; every epoch has its own.
pub fn shuffled(indices: &[usize], seed: u64, epoch: u64) -> Vec<usize> {
    let mut order = indices.to_vec();
    Stream::new(seed, Use::Shuffle, epoch).shuffle(&mut order);
    order
}
