//! Random numbers that are functions of where they are drawn: of a seed, a stream and a place in it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers, read from some place of it on.
#[derive(Debug)]
pub struct Draws(ChaCha8Rng);

/// The stream that dropout draws from.
const DROPOUT: u64 = u64::MAX;
/// The stream that sleeps draw from, each with a key of its own.
const SLEEP: u64 = u64::MAX - 1;

impl Draws {
    /// The stream of a seed by its number. Which numbers it holds is part of what a seed means, so that must not change.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut random = ChaCha8Rng::from_seed(key);
        random.set_stream(stream);
        Self(random)
    }

    /// The stream of dropout for a batch: `noise` is another number for each step of a training.
    pub fn of_dropout(noise: u64) -> Self {
        Self::new(noise, DROPOUT)
    }

    /// One of the streams of a sleep, by the three numbers that tell it from the others of the seed.
    pub fn of_sleep(seed: u64, numbers: [usize; 3]) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        for (place, number) in key[8..].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&(number as u64).to_le_bytes());
        }
        let mut random = ChaCha8Rng::from_seed(key);
        random.set_stream(SLEEP);
        Self(random)
    }

    /// The stream from its number `place` on, counted from 0.
    pub fn at(mut self, place: usize) -> Self {
        /// Words of 32 bits that a number takes.
        const WORDS: u128 = 2;
        self.0.set_word_pos(WORDS * place as u128);
        self
    }

    /// The next number, uniform in `[0, 1)`, with all the digits of double precision.
    pub fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 * STEP
    }

    /// The next factor of a dropout: 0 with probability `rate`, and `1 / (1 - rate)` otherwise, so that the mean is 1.
    pub fn factor(&mut self, rate: f64) -> f64 {
        if self.unit() < rate { 0.0 } else { (1.0 - rate).recip() }
    }

    /// The next two numbers of mean 0 and variance 1 (Box & Muller, 1958), which two uniform ones give.
    pub fn two_normal(&mut self) -> [f64; 2] {
        // The logarithm of zero is not to be asked for.
        let length = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.unit()).sin_cos();
        [length * cos, length * sin]
    }

    /// Fills a row with normal numbers of mean 0 and standard deviation `sd`. Of two drawn for its last place, one is lost.
    pub fn fill_normal(&mut self, sd: f64, row: &mut [f64]) {
        for places in row.chunks_mut(2) {
            places.iter_mut().zip(self.two_normal()).for_each(|(place, z)| *place = sd * z);
        }
    }
}
