//! How far a training has come: a bar within an epoch on a terminal, a line now and then elsewhere, and a line an epoch.

use super::{Ahead, Epoch, LayerSlept, Observer, ObserverKind, Slept, Snr, SoFar, nothing_to_hand_on, sleep};
use crate::train::{Console, TrainError, duration};
use indicatif::ProgressBar;
use lcnnc_lang::vocabulary::real;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

pub const PROGRESS: ObserverKind = ObserverKind {
    keeps: None,
    open: |start, memory| {
        let (console, epochs) = (start.console, start.recipe.epochs());
        Ok(Some(Box::new(ProgressLines { console, epochs, bar: None, slept: sleep::last(start, memory) })))
    },
    hand_on: nothing_to_hand_on,
};

/// The time between two lines within an epoch, where there is no bar.
const PAUSE: Duration = Duration::from_secs(30);

/// The template of the bar on a wide terminal.
const BAR: &str = "{prefix} [{bar:24}] {pos}/{len} images, {msg}, {eta} left in this epoch";
/// The columns that the bar takes with large numbers; a narrower terminal has no room for it.
const BAR_WIDTH: usize = 130;
/// The template of what takes the bar's place on a narrow terminal.
const NO_BAR: &str = "{prefix}: {pos}/{len} images, {eta} left, {wide_msg}";

/// Tells a terminal, or whoever reads standard output, how far the training is.
struct ProgressLines {
    console: Console,
    /// Epochs of the whole run.
    epochs: usize,
    /// The bar of the epoch that runs.
    bar: Option<Bar>,
    /// The last sleep of the epoch that runs.
    slept: Option<Slept>,
}

impl Observer for ProgressLines {
    fn epoch_begins(&mut self, ahead: Ahead) -> Result<(), TrainError> {
        self.bar = Some(Bar::new(self.console, format!("epoch {}/{}", ahead.epoch, self.epochs), ahead));
        Ok(())
    }

    fn step_ends(&mut self, so_far: SoFar) -> Result<(), TrainError> {
        if let Some(bar) = &mut self.bar {
            bar.advance(so_far);
        }
        Ok(())
    }

    fn sleep_ends(&mut self, _: usize, slept: &Slept) -> Result<(), TrainError> {
        self.slept = Some(slept.clone());
        Ok(())
    }

    /// The bar goes off the terminal; the epoch's line takes its place.
    fn steps_end(&mut self) -> Result<(), TrainError> {
        if let Some(bar) = self.bar.take() {
            bar.bar.finish_and_clear();
        }
        Ok(())
    }

    fn epoch_is_kept(&mut self, numbers: &Epoch, left: Duration) -> Result<(), TrainError> {
        let epochs = self.epochs;
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
        let slept = self.slept.take();
        if !numbers.snr.is_empty() {
            let _ = write!(line, ", SNR {}", ratios(slept.as_ref(), &numbers.snr));
        }
        let _ = write!(line, ", {:.1} s, {:.0} images/s", numbers.seconds, numbers.images_per_second);
        if numbers.epoch < epochs {
            let _ = write!(line, ", {} left", duration(left));
        }
        self.console.line(&line);
        Ok(())
    }

    fn ends_early(&mut self, why: &str) -> Result<(), TrainError> {
        self.console.line(&format!("stopped: {why}"));
        Ok(())
    }
}

/// Weight signal-to-noise ratios over all places and within modules, of the middle one of the layers: before the last sleep of an
/// epoch and after it, or those at the epoch's end where none has slept.
fn ratios(slept: Option<&Slept>, now: &BTreeMap<String, Snr>) -> String {
    let middle = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::INFINITY)
    };
    let shown = |x: f64| match x {
        f64::INFINITY => "∞".to_owned(),
        x if x.is_finite() => real(rounded(x)),
        _ => "NaN".to_owned(),
    };
    let over = |of: fn(Snr) -> f64| match slept {
        Some(slept) => {
            let [before, after] = [|layer: &LayerSlept| layer.before, |layer: &LayerSlept| layer.after]
                .map(|when| middle(slept.layers.iter().map(|layer| of(when(layer))).collect()));
            format!("{} -> {}", shown(before), shown(after))
        }
        None => shown(middle(now.values().map(|snr| of(*snr)).collect())),
    };
    format!("{} over places, {} in modules", over(|snr| snr.places), over(|snr| snr.modules))
}

/// The bar of one epoch, or the lines instead of it.
struct Bar {
    console: Console,
    heading: String,
    ahead: Ahead,
    bar: ProgressBar,
    started: Instant,
    /// When a line was said last.
    said: Instant,
}

impl Bar {
    fn new(console: Console, heading: String, ahead: Ahead) -> Self {
        let is_wide = Console::warning_width().is_none_or(|width| width >= BAR_WIDTH);
        let bar = console.drawn(if is_wide { BAR } else { NO_BAR }, ahead.images);
        bar.set_prefix(heading.clone());
        let now = Instant::now();
        Self { console, heading, ahead, bar, started: now, said: now }
    }

    /// Shows what was seen of the epoch so far.
    fn advance(&mut self, so_far: SoFar) {
        let (seen, images) = (so_far.images, self.ahead.images);
        let done = seen.max(1) as f64;
        let elapsed = self.started.elapsed().as_secs_f64().max(f64::MIN_POSITIVE);
        let rate = (seen - self.ahead.seen).max(1) as f64 / elapsed;
        let now = || {
            let accuracy = 100.0 * so_far.accuracy;
            format!("loss {:.4}, accuracy {accuracy:.1} %, {rate:.0} images/s", so_far.loss / done)
        };
        if self.console.draws() {
            self.bar.set_message(now());
            self.bar.set_position(seen as u64);
        } else if self.said.elapsed() >= PAUSE {
            let left = duration(Duration::from_secs_f64((images as f64 - done).max(0.0) / rate));
            let line = format!("{}: {done}/{images} images, {}, {left} left in this epoch", self.heading, now());
            self.console.line(&line);
            self.said = Instant::now();
        }
    }
}

/// A number to four digits, as many as a reader wants.
fn rounded(x: f64) -> f64 {
    format!("{x:.3e}").parse().unwrap_or(x)
}
