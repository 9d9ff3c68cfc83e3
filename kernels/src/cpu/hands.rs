//! The threads that work on one block together, where a batch has fewer chunks than there are threads.
//!
//! They share each task by the channels that it makes, or by frequencies. Nothing is summed from one channel to the next, so
//! the bits of a result do not depend on how many hands have made it.

use super::conv::Scratch;
use super::lanes::Aligned;
use rayon::prelude::*;
use std::ops::Range;

/// The memory of one of the threads that work on a block.
#[derive(Debug, Default)]
pub struct Hand {
    /// The temporary rows of an epilogue.
    pub temporaries: Vec<Aligned>,
    pub scratch: Scratch,
}

/// Cuts `len` things in a row into a share for each hand: of equal size but for the last one, in multiples of `unit`,
/// and none of them empty.
pub fn shares(len: usize, unit: usize, hands: usize) -> Vec<Range<usize>> {
    let size = share_size(len, unit, hands);
    (0..len).step_by(size).map(|start| start..len.min(start + size)).collect()
}

/// The size of the shares that [`shares`] makes, the last one excepted.
pub fn share_size(len: usize, unit: usize, hands: usize) -> usize {
    (len.div_ceil(unit).div_ceil(hands.max(1)) * unit).max(1)
}

/// Cuts a slice into shares that follow one another from its beginning, where a thing is `size` numbers long.
pub fn split<'s>(slice: &'s mut [f32], shares: &[Range<usize>], size: usize) -> Vec<&'s mut [f32]> {
    let mut rest = slice;
    let own = |share: &Range<usize>| {
        let (own, behind) = std::mem::take(&mut rest).split_at_mut(share.len() * size);
        rest = behind;
        own
    };
    shares.iter().map(own).collect()
}

/// Does the work on all shares at once, each with a hand and something of its own, and returns what comes of it in the order of
/// the shares.
pub fn work<T: Send, R: Send>(hands: &mut [Hand], own: Vec<T>, each: impl Fn(&mut Hand, T) -> R + Sync) -> Vec<R> {
    hands.par_iter_mut().zip(own).map(|(hand, own)| each(hand, own)).collect()
}
