//! How words reach those who run the program: on a terminal, in a file, or not at all.

use super::output::{self, Lost};
use indicatif::{ProgressBar, ProgressStyle};
use lcnnc_lang::diag::Report;
use lcnnc_lang::diag::render::{self, fold, visible};
use std::env;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;
use terminal_size::{Height, Width, terminal_size_of};

/// Columns of a report: as many as the terminal has, within reason.
const WIDTHS: [usize; 2] = [40, 120];

/// Where a run's words go: results to standard output, the bar to standard error. Characters that would steer a terminal
/// are shown, not obeyed, and on a terminal lines are broken between words.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    bars: bool,
    /// Whether the work goes on where its words can no longer be written.
    trains: bool,
}

impl Console {
    /// A way out for words, with bars where standard error is a terminal.
    pub fn new() -> Self {
        Self { bars: io::stderr().is_terminal(), trains: false }
    }

    /// A way out for the words of a run, whose weights are worth more than its words: that words are lost is said when it
    /// happens, and the run goes on.
    pub fn of_run() -> Self {
        Self { trains: true, ..Self::new() }
    }

    /// Writes a line to standard output.
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

    /// Columns of the terminal that standard error is shown on, if it is.
    pub(crate) fn warning_width() -> Option<usize> {
        columns(terminal_size_of(io::stderr()))
    }

    /// Writes lines to standard output that are never broken, each with its end: code, or a table.
    pub fn text(self, text: &str) {
        self.write(&visible(text));
    }

    /// Writes a text for another program to standard output, as it is; on a terminal, as [`Console::text`] does.
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

    /// Writes a line to standard error.
    pub fn warn(self, text: &str) {
        let text = visible(text);
        let _ = match Self::warning_width() {
            Some(width) => writeln!(io::stderr(), "{}", fold(&text, width)),
            None => writeln!(io::stderr(), "{text}"),
        };
    }

    /// Writes the problems of a text to standard error, in colour on a terminal.
    pub fn report(self, report: &Report) {
        let plain = !self.bars || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let width = Self::warning_width().map_or(render::WIDTH, |width| width.clamp(WIDTHS[0], WIDTHS[1]));
        let text = if plain { render::plain(report, width) } else { render::coloured(report, width) };
        let _ = write!(io::stderr(), "{text}");
    }

    /// A bar of so many steps, seen only on a terminal.
    pub fn drawn(self, template: &str, steps: usize) -> ProgressBar {
        let bar = if self.bars { ProgressBar::new(steps as u64) } else { ProgressBar::hidden() };
        // The templates are fixed; were one wrong, the plain bar would do.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    }

    /// Whether bars are seen.
    pub(crate) fn draws(self) -> bool {
        self.bars
    }
}

/// How many columns a terminal of that size has, if there is one.
fn columns(size: Option<(Width, Height)>) -> Option<usize> {
    size.map(|(Width(columns), _)| usize::from(columns)).filter(|columns| *columns > 0)
}

impl Default for Console {
    fn default() -> Self {
        Self::new()
    }
}

/// A time in words: `0.4 s`, `58 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0..10) => format!("{:.1} s", time.as_secs_f64()),
        (0, 0, s) => format!("{s} s"),
        (0, min, s) => format!("{min} min {s} s"),
        (h, min, _) => format!("{h} h {min} min"),
    }
}
