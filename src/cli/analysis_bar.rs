//! How far analyses have come: a bar on a terminal, which lines are written above.

use indicatif::{ProgressBar, ProgressFinish};
use lcnnc::train::Console;
use lcnnc_lang::diag::counted;
use std::time::Duration;

/// The bar's template, short enough for a narrow terminal.
const BAR: &str = "analysing  {prefix} ({pos} of {len}){msg}, {elapsed}";
/// The time between two looks of the bar.
const TICK: Duration = Duration::from_millis(200);

/// The bar of the analyses of one run.
pub struct AnalysisBar {
    console: Console,
    bar: ProgressBar,
    /// How many images the net was shown for the analysis that is at work, kept as the place of a bar that nobody sees: both are shared
    /// with the one who counts.
    images: ProgressBar,
}

impl AnalysisBar {
    pub fn new(console: Console) -> Self {
        // An analysis that fails leaves no bar either.
        let bar = console.drawn(BAR, 0).with_finish(ProgressFinish::AndClear);
        Self { console, bar, images: ProgressBar::hidden() }
    }

    /// Whoever is to be told of each batch of images that the net was shown.
    pub fn counter(&self) -> impl Fn(usize) + use<> {
        let (bar, images) = (self.bar.clone(), self.images.clone());
        move |more| {
            images.inc(more as u64);
            let shown = usize::try_from(images.position()).unwrap_or(usize::MAX);
            bar.set_message(format!(", {} shown", counted(shown, "image")));
        }
    }

    /// Says how many analyses there are.
    pub fn begin(&self, analyses: usize) {
        self.bar.set_length(analyses as u64);
        self.bar.enable_steady_tick(TICK);
    }

    /// Says that the next analysis has begun.
    pub fn next(&self, analysis: &'static str) {
        self.images.set_position(0);
        self.bar.set_message("");
        self.bar.set_prefix(analysis);
        self.bar.inc(1);
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// Writes a line to standard output.
    pub fn line(&self, text: &str) {
        self.bar.suspend(|| self.console.line(text));
    }

    /// Writes a line to standard error.
    pub fn warn(&self, text: &str) {
        self.bar.suspend(|| self.console.warn(text));
    }
}
