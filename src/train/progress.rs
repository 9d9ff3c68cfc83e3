//! What a run says while it runs: a bar on a terminal, plain lines elsewhere.

use super::fit::evaluate::Tally;
use super::fit::metrics::Epoch;
use super::output::{self, Lost};
use indicatif::{ProgressBar, ProgressStyle};
use lcnnc_lang::diag::Report;
use lcnnc_lang::diag::render::{self, fold, visible};
use lcnnc_lang::vocabulary::real;
use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::{Duration, Instant};
use terminal_size::{Height, Width, terminal_size_of};

/// Between two lines within an epoch, where there is no bar.
const PAUSE: Duration = Duration::from_secs(30);

/// Columns of a report: as many as the terminal has, within reason.
const WIDTHS: [usize; 2] = [40, 120];

const BAR: &str = "{prefix} [{bar:24}] {pos}/{len} images, {msg}, {eta} left in this epoch";
/// Columns that this takes with large numbers; a narrower terminal has no room for the bar.
const BAR_WIDTH: usize = 130;
const NO_BAR: &str = "{prefix}: {pos}/{len} images, {eta} left, {wide_msg}";

/// Where a run's words go: results to standard output, the bar to standard error. Characters that would steer a terminal
/// are shown, not obeyed, and on a terminal lines are broken between words.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    bars: bool,
    /// Whether the work goes on where its words can no longer be written.
    trains: bool,
}

impl Progress {
    /// With bars where standard error is a terminal.
    pub fn new() -> Self {
        Self { bars: io::stderr().is_terminal(), trains: false }
    }

    /// The same for a run, whose weights are worth more than its words: that these are lost is said when it happens.
    pub fn of_run() -> Self {
        Self { trains: true, ..Self::new() }
    }

    /// A line on standard output.
    pub fn line(self, text: &str) {
        let text = visible(text);
        self.write(&match self.width() {
            Some(width) => format!("{}\n", fold(&text, width)),
            None => format!("{text}\n"),
        });
    }

    /// Columns of the terminal that standard output is shown on, if it is.
    pub fn width(self) -> Option<usize> {
        columns(terminal_size_of(io::stdout()))
    }

    /// Lines on standard output that are never broken, each with its end: code, or a table.
    pub fn text(self, text: &str) {
        self.write(&visible(text));
    }

    /// A text on standard output for another program, as it is; on a terminal, as [`Progress::text`].
    pub fn raw(self, text: &str) {
        if output::is_terminal() { self.text(text) } else { self.write(text) }
    }

    fn write(self, text: &str) {
        if let (Some(Lost::Failed(reason)), true) = (output::write(text), self.trains) {
            self.warn(&format!(
                "warning: standard output cannot be written: {reason}; the training goes on, its numbers are kept in the \
                 run's folder, and the exit code will be 2"
            ));
        }
    }

    /// A line on standard error.
    pub fn warn(self, text: &str) {
        let text = visible(text);
        let _ = match columns(terminal_size_of(io::stderr())) {
            Some(width) => writeln!(io::stderr(), "{}", fold(&text, width)),
            None => writeln!(io::stderr(), "{text}"),
        };
    }

    /// Problems of a text on standard error, in colour on a terminal.
    pub fn report(self, report: &Report) {
        let plain = !self.bars || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let width =
            columns(terminal_size_of(io::stderr())).map_or(render::WIDTH, |width| width.clamp(WIDTHS[0], WIDTHS[1]));
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

    /// A bar of so many steps, seen only on a terminal.
    pub(in crate::train) fn drawn(self, template: &str, steps: usize) -> ProgressBar {
        let bar = if self.bars { ProgressBar::new(steps as u64) } else { ProgressBar::hidden() };
        // The templates are fixed; were one wrong, the plain bar would do.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    }

    /// Whether bars are seen.
    pub(in crate::train) fn draws(self) -> bool {
        self.bars
    }

    /// The bar of one epoch over that many images, some of which another process has seen.
    pub(in crate::train) fn bar(self, epoch: usize, epochs: usize, images: usize, before: usize) -> Bar {
        let is_wide = columns(terminal_size_of(io::stderr())).is_none_or(|width| width >= BAR_WIDTH);
        let bar = self.drawn(if is_wide { BAR } else { NO_BAR }, images);
        bar.set_prefix(format!("epoch {epoch}/{epochs}"));
        let now = Instant::now();
        Bar { progress: self, heading: format!("epoch {epoch}/{epochs}"), images, before, bar, started: now, said: now }
    }
}

/// How many columns a terminal of that size has, if there is one.
fn columns(size: Option<(Width, Height)>) -> Option<usize> {
    size.map(|(Width(columns), _)| usize::from(columns)).filter(|columns| *columns > 0)
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
