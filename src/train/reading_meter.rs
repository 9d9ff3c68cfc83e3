//! How far the reading of a data set's files has come: a bar on a terminal, plain lines elsewhere.

use super::Console;
use crate::data::Meter;
use indicatif::ProgressBar;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time between two lines, where there is no bar; nothing is said of a set that is read in less.
const PAUSE: Duration = Duration::from_secs(30);

/// The bar's template, short enough for a narrow terminal.
const BAR: &str = "data       {pos}/{len} {msg}, {eta} left";

/// The bar of one reading, or the lines instead of it.
pub struct ReadingMeter {
    console: Console,
    /// What is counted, and what is done to it: `files read`.
    what: &'static str,
    bar: ProgressBar,
    /// When something was said last.
    said: Mutex<Instant>,
}

impl ReadingMeter {
    pub fn new(console: Console) -> Self {
        Self::of(console, "files read")
    }

    /// The meter of what is measured on training images.
    pub fn measuring() -> Self {
        Self::of(Console::new(), "training images measured")
    }

    fn of(console: Console, what: &'static str) -> Self {
        let bar = console.drawn(BAR, 0);
        bar.set_message(what);
        Self { console, what, bar, said: Mutex::new(Instant::now()) }
    }
}

impl Meter for ReadingMeter {
    fn begin(&self, files: usize) {
        self.bar.set_length(files as u64);
    }

    fn advance(&self) {
        self.bar.inc(1);
        if self.console.draws() {
            return;
        }
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.elapsed() >= PAUSE {
            let (done, files) = (self.bar.position(), self.bar.length().unwrap_or_default());
            self.console.line(&format!("data       {done}/{files} {}", self.what));
            *said = Instant::now();
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
