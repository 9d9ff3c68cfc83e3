//! The times at which a training saves a checkpoint.

use std::time::{Duration, Instant};

/// The time between two checkpoints: seldom enough that a fast run hardly notices.
const PAUSE: Duration = Duration::from_secs(10);
/// Training takes at least so many times as long as saving.
const SHARE: u32 = 50;

/// Tells when a checkpoint is due: after the time that was asked for, or else every ten seconds, and never so often that
/// saving takes more than a fiftieth of the time.
#[derive(Debug)]
pub struct Saver {
    every: Option<Duration>,
    last: Instant,
    /// How long it took to bring the last checkpoint together and to write it.
    took: Duration,
}

impl Saver {
    pub fn new(every: Option<Duration>) -> Self {
        Self { every, last: Instant::now(), took: Duration::ZERO }
    }

    pub fn is_due(&self) -> bool {
        self.last.elapsed() >= self.every.unwrap_or(PAUSE.max(self.took * SHARE))
    }

    /// Takes note of a checkpoint that was begun at this time and is written now.
    pub fn saved(&mut self, begun: Instant) {
        (self.last, self.took) = (Instant::now(), begun.elapsed());
    }
}
