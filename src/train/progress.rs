//! What a run says while it runs: a bar on a terminal, plain lines elsewhere.

use super::fit::evaluate::Tally;
use super::fit::metrics::Epoch;
use crate::diag::{Report, render};
use crate::schema::real;
use indicatif::{ProgressBar, ProgressStyle};
use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::{Duration, Instant};
use terminal_size::{Width, terminal_size_of};

/// Between two lines within an epoch, where there is no bar.
const PAUSE: Duration = Duration::from_secs(30);

/// Columns of a report: as many as the terminal has, within reason.
const WIDTHS: [usize; 2] = [40, 120];

const BAR: &str = "{prefix} [{bar:24}] {pos}/{len} images, {msg}, {eta} left in this epoch";

/// Where a run's words go: results to standard output, the bar to standard error.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    bars: bool,
}

impl Progress {
    /// With bars where standard error is a terminal.
    pub fn new() -> Self {
        Self { bars: io::stderr().is_terminal() }
    }

    /// A line on standard output. That nobody reads it is no reason to stop training.
    pub fn line(self, text: &str) {
        let _ = writeln!(io::stdout(), "{text}");
    }

    /// Lines on standard output, each with its end.
    pub fn text(self, text: &str) {
        let _ = write!(io::stdout(), "{text}");
    }

    /// A line on standard error.
    pub fn warn(self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Problems of a text on standard error, in colour on a terminal.
    pub fn report(self, report: &Report) {
        let plain = !self.bars || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let width = terminal_size_of(io::stderr()).map(|(Width(columns), _)| usize::from(columns));
        let width = width.map_or(render::WIDTH, |width| width.clamp(WIDTHS[0], WIDTHS[1]));
        let text = if plain { render::plain(report, width) } else { render::coloured(report, width) };
        let _ = write!(io::stderr(), "{text}");
    }

    /// The line of an epoch that is over, the `left` of all epochs behind it.
    pub fn epoch(self, numbers: &Epoch, epochs: usize, left: Duration) {
        let mut line = format!(
            "epoch {}/{epochs}: lr {}, loss {:.4}, accuracy {:.2} %",
            numbers.epoch,
            real(rounded(numbers.lr)),
            numbers.train_loss,
            100.0 * numbers.train_accuracy,
        );
        // Writing to a `String` does not fail.
        if let Some(accuracy) = numbers.validation_accuracy {
            let _ = write!(line, ", validation accuracy {:.2} %", 100.0 * accuracy);
        }
        let _ = write!(line, ", {:.1} s, {:.0} images/s", numbers.seconds, numbers.images_per_second);
        if numbers.epoch < epochs {
            let _ = write!(line, ", {} left", duration(left));
        }
        self.line(&line);
    }

    /// The bar of one epoch over that many images, some of which another process has seen.
    pub(in crate::train) fn bar(self, epoch: usize, epochs: usize, images: usize, before: usize) -> Bar {
        let bar = if self.bars { ProgressBar::new(images as u64) } else { ProgressBar::hidden() };
        // The template is fixed; were it wrong, the plain bar would do.
        if let Ok(style) = ProgressStyle::with_template(BAR) {
            bar.set_style(style);
        }
        bar.set_prefix(format!("epoch {epoch}/{epochs}"));
        let now = Instant::now();
        Bar { progress: self, heading: format!("epoch {epoch}/{epochs}"), images, before, bar, started: now, said: now }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

/// The bar of one epoch, or the lines instead of it.
#[derive(Debug)]
pub(in crate::train) struct Bar {
    progress: Progress,
    heading: String,
    images: usize,
    /// Seen before this process began.
    before: usize,
    bar: ProgressBar,
    started: Instant,
    said: Instant,
}

impl Bar {
    /// Shows what was seen of the epoch so far; `loss` is summed over the images.
    pub fn advance(&mut self, seen: &Tally, loss: f64) {
        let done = seen.images.max(1) as f64;
        let rate =
            (seen.images - self.before).max(1) as f64 / self.started.elapsed().as_secs_f64().max(f64::MIN_POSITIVE);
        let now = || {
            let accuracy = 100.0 * seen.accuracy();
            format!("loss {:.4}, accuracy {accuracy:.1} %, {rate:.0} images/s", loss / done)
        };
        if self.progress.bars {
            self.bar.set_message(now());
            self.bar.set_position(seen.images as u64);
        } else if self.said.elapsed() >= PAUSE {
            let left = duration(Duration::from_secs_f64((self.images as f64 - done).max(0.0) / rate));
            let line =
                format!("{}: {}/{} images, {}, {left} left in this epoch", self.heading, done, self.images, now());
            self.progress.line(&line);
            self.said = Instant::now();
        }
    }

    /// Takes the bar off the terminal; the epoch's line takes its place.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}

/// To four digits, as many as a reader wants.
fn rounded(x: f64) -> f64 {
    format!("{x:.3e}").parse().unwrap_or(x)
}

/// `0.4 s`, `58 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0..10) => format!("{:.1} s", time.as_secs_f64()),
        (0, 0, s) => format!("{s} s"),
        (0, min, s) => format!("{min} min {s} s"),
        (h, min, _) => format!("{h} h {min} min"),
    }
}
