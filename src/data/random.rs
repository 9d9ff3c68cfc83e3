//! Seeded random numbers whose bits depend on nothing but the seed: ChaCha8 is a published stream, and what turns the
//! stream into choices is written here, so that no library's change of mind can change a split or an image.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of random numbers is for; streams of different use are independent under one seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Split = 1,
    Sample = 2,
    Shuffle = 3,
    TestHalf = 4,
    Contours = 5,
    Augment = 6,
    Lesion = 7,
}

/// A stream of random numbers.
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream that `seed`, its use and a number within that use (an epoch, an image) fix: the ChaCha key is the
    /// three as little-endian 64-bit words, then zeros.
    pub fn new(seed: u64, purpose: Use, number: u64) -> Self {
        Self::part(seed, purpose, number, 0)
    }

    /// A stream such as that of [`Stream::new`], for one part of what the number stands for: it is the key's fourth word.
    pub fn part(seed: u64, purpose: Use, number: u64, part: u64) -> Self {
        let mut key = [0; 32];
        let words = [seed, purpose as u64, number, part];
        key.chunks_exact_mut(8).zip(words).for_each(|(place, word)| place.copy_from_slice(&word.to_le_bytes()));
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number from 0 to just below 1, a multiple of 2^-53, each equally likely.
    pub fn unit(&mut self) -> f64 {
        const BITS: u32 = f64::MANTISSA_DIGITS;
        (self.0.next_u64() >> (u64::BITS - BITS)) as f64 / (1_u64 << BITS) as f64
    }

    /// A number from 0 to `bound - 1`, each equally likely; 0 if `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound.max(1) as u64;
        // Draws from the uneven end of the 64-bit range would favour small numbers.
        let even = u64::MAX - u64::MAX % bound;
        loop {
            let drawn = self.0.next_u64();
            if drawn < even {
                return (drawn % bound) as usize;
            }
        }
    }

    /// A number from `low` to `high`, both included, each equally likely; `low` if `high` is below it.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// Puts `items` into a random order (Fisher and Yates, from the end).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
