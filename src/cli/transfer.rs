//! What is said while a file is fetched: a bar on a terminal, plain lines elsewhere.

use indicatif::{DecimalBytes, ProgressBar, ProgressStyle};
use lcnnc::data::fetch::FetchWatcher;
use lcnnc::train::Console;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

/// The time between two lines about one file, where there is no bar.
const PAUSE: Duration = Duration::from_secs(10);

const BAR: &str = "{prefix} [{bar:24}] {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";

pub struct Transfer {
    bars: bool,
    bar: ProgressBar,
    file: String,
    size: u64,
    said: Instant,
}

impl Transfer {
    /// Makes the display of one command: a bar where standard error is a terminal, lines elsewhere.
    pub fn new() -> Self {
        let bars = io::stderr().is_terminal();
        Self { bars, bar: ProgressBar::hidden(), file: String::new(), size: 0, said: Instant::now() }
    }

    fn line(&mut self, done: u64) {
        self.said = Instant::now();
        Console::new().warn(&format!("{}: {} of {}", self.file, DecimalBytes(done), DecimalBytes(self.size)));
    }
}

impl FetchWatcher for Transfer {
    fn begin(&mut self, file: &str, done: u64, size: u64) {
        (self.file, self.size) = (file.to_owned(), size);
        if !self.bars {
            return self.line(done);
        }
        self.bar = ProgressBar::new(size).with_prefix(self.file.clone()).with_position(done);
        // The template is fixed; were it wrong, the plain bar would do.
        if let Ok(style) = ProgressStyle::with_template(BAR) {
            self.bar.set_style(style);
        }
        // What was there before was not fetched just now.
        self.bar.reset_eta();
    }

    fn at(&mut self, done: u64) {
        self.bar.set_position(done);
        if !self.bars && (self.said.elapsed() >= PAUSE || done == self.size) {
            self.line(done);
        }
    }

    fn end(&mut self) {
        self.bar.finish_and_clear();
    }

    fn note(&mut self, text: &str) {
        self.bar.suspend(|| Console::new().warn(text));
    }
}
