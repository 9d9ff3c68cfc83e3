//! `lcnnc eval`: what a run's net answers to the images of a test half.

use super::evaluated::{Format, Out};
use super::taken_up::{AllowArgs, DataArgs, NetArgs, Tested};
use super::values::{count, index, output};
use indicatif::ProgressBar;
use lcnnc::evaluation::{self, Lesion, Line, OtherSteps, Over, PerImage};
use lcnnc::train::{Console, Inspection, Overrides, Shown, TrainError, Trained};
use lcnnc_lang::diag::counted;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Most random lesions.
const MOST_LESIONS: usize = 10_000;

/// Test the weights of a run, from the files of its folder alone.
///
/// It gives the accuracy: of all images, by class (--confusion, --format) or of each image (--per-image); with other numbers of
/// steps (--over); or with parts of the net set to zero, beside the intact net and random lesions of the same size (--lesion).
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The run's folder
    run: PathBuf,
    /// text, json or csv [default: text; with --per-image csv]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Where to write JSON or CSV; a file that is there is replaced, and `-` is standard output [default: -]
    #[arg(long, value_name = "FILE", value_parser = output())]
    out: Option<PathBuf>,
    /// Print the confusion matrix too: the true class in rows, the named one in columns
    #[arg(long, conflicts_with_all = ["per_image", "over", "lesion"])]
    confusion: bool,
    /// Write a line for each image: its class, the named one, probabilities, the rank of its class and all scores
    #[arg(long, conflicts_with_all = ["over", "lesion", "top"])]
    per_image: bool,
    /// Run the weights with other numbers of steps than they were trained with, as in steps=1..10, steps=1,3,5, or V1.steps=1..10 for one loop
    #[arg(long, value_name = "STEPS", value_parser = Over::parse, conflicts_with = "lesion")]
    over: Option<Over>,
    /// Set to zero a parameter (W_L), a channel of a value, counted from 0 (O:3), or all parameters of a role (role:inhibitory); all that are given together
    #[arg(long, value_name = "WHAT", value_parser = wanted, conflicts_with = "top")]
    lesion: Vec<String>,
    /// Random lesions of the same size beside the one that is asked for; 0 for none
    #[arg(long, value_name = "N", value_parser = index(MOST_LESIONS), default_value_t = 5, requires = "lesion", allow_hyphen_values = true)]
    random_lesions: usize,
    /// Draw random lesions of weights among these in place of all of the net: a parameter (W_A), an area (V4) or a role (role:excitatory); may be given several times
    #[arg(long, value_name = "WHAT", value_parser = wanted, requires = "lesion")]
    random_lesions_among: Vec<String>,
    #[command(flatten)]
    data: DataArgs<Tested>,
    #[command(flatten)]
    allow: AllowArgs,
    #[command(flatten)]
    net: NetArgs,
    /// Run every primitive by itself, as lesions always do
    #[arg(long)]
    no_fuse: bool,
    /// Most images of the test half to test with, a sample fixed by the run's seed [default: as for the run, else all]
    #[arg(long, value_name = "N", value_parser = count(usize::MAX), allow_hyphen_values = true)]
    limit_test: Option<usize>,
    /// Count how often the class is among the N largest scores [default: 5 where there are more classes]
    #[arg(long, value_name = "N", value_parser = count(usize::MAX), allow_hyphen_values = true)]
    top: Option<usize>,
    /// Go on although files of the folder are not what the run left, or the classes are others; each of them is named
    #[arg(long)]
    force: bool,
}

/// Reads what a lesion is of; whether the net has it is seen later.
fn wanted(text: &str) -> Result<String, String> {
    let (head, tail) = text.trim().split_once(':').unwrap_or((text.trim(), "0"));
    match head.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && !tail.trim().is_empty() {
        true => Ok(text.trim().to_owned()),
        false => Err("expected a parameter, a channel or a role, as in `W_L`, `O:3` or `role:inhibitory`".to_owned()),
    }
}

impl Args {
    pub fn eval(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let format = self.format.unwrap_or(if self.per_image { Format::Csv } else { Format::Text });
        let out = Out::of(format, self.out.clone(), self.per_image, console)?;
        let mut inspection = Inspection::new(self.force, console);
        let trained = Trained::open(&self.run, self.overrides(), self.net.weights, &mut inspection)?;
        trained.has_classes(self.top)?;
        // What the net does not have is said before its data are read.
        let net = trained.model().net();
        let lesion = (!self.lesion.is_empty())
            .then(|| Lesion::of(net, &self.lesion)?.among(net, &self.random_lesions_among))
            .transpose()?;
        let steps = self.over.as_ref().map(|over| over.of(&trained)).transpose()?;
        let shown = trained.test_set(&mut inspection)?;
        match (lesion, steps) {
            (Some(lesion), _) => self.lesioned(&trained, &shown, lesion, &out)?,
            (None, Some(steps)) => self.over_steps(&trained, &shown, steps, &out)?,
            (None, None) if self.per_image => {
                let line = if format == Format::Json { Line::Json } else { Line::Csv };
                out.streamed(&mut |write| {
                    PerImage { trained: &trained, shown: &shown, line }.lines(write).map(|score| score.images)
                })?;
            }
            (None, None) => self.report(&trained, &shown, &out)?,
        }
        if out.is_spoken() {
            super::run::forced(&inspection.notes, console);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn overrides(&self) -> Overrides {
        let own = Overrides {
            // Plain primitives keep what is exactly zero so.
            fuse: (self.no_fuse || !self.lesion.is_empty()).then_some(false),
            limit_test: self.limit_test,
            ..Overrides::default()
        };
        self.net.machine.with(self.data.with(self.allow.with(own)))
    }

    /// Of what a result is, for programs.
    fn about(&self, trained: &Trained, shown: &Shown) -> serde_json::Value {
        let manifest = trained.manifest();
        json!({
            "lcnnc": env!("CARGO_PKG_VERSION"),
            "model": manifest.model,
            "run": self.run.display().to_string(),
            "seed": manifest.seed,
            "weights": {"which": self.net.weights.to_string(), "file": trained.file().display().to_string()},
            "data": shown.about.replace('`', ""),
        })
    }

    fn report(&self, trained: &Trained, shown: &Shown, out: &Out) -> Result<(), TrainError> {
        if out.format == Format::Text && !self.confusion {
            let score = trained.judge(shown, self.top, &mut |_| Ok(()))?;
            out.console.line(&format!("test accuracy {score}"));
            return Ok(());
        }
        let report = evaluation::report(trained, shown, self.top)?;
        match out.format {
            Format::Text => {
                out.console.line(&format!("test accuracy {}", report.score));
                out.console.text(&format!("\n{}", report.matrix()));
                Ok(())
            }
            Format::Csv => out.whole(&report.rows().csv()),
            Format::Json => out.whole(&format!("{:#}\n", report.json(self.about(trained, shown)))),
        }
    }

    fn over_steps(&self, trained: &Trained, shown: &Shown, steps: OtherSteps, out: &Out) -> Result<(), TrainError> {
        let bar = nets(out, steps.count());
        let found = steps.judged(trained, shown, self.top, &mut || bar.inc(1))?;
        bar.finish_and_clear();
        let about = || self.about(trained, shown);
        out.table(&found.rows(), about, || format!("{}{}, {}\n", found.text(), images(shown), found.caption()))
    }

    fn lesioned(&self, trained: &Trained, shown: &Shown, lesion: Lesion, out: &Out) -> Result<(), TrainError> {
        let bar = nets(out, 2 + self.random_lesions);
        let study = evaluation::study(trained, shown, lesion, self.random_lesions, &mut || bar.inc(1))?;
        bar.finish_and_clear();
        let about = || {
            let mut about = self.about(trained, shown);
            about["lesion"] = json!(self.lesion);
            about["random_lesions_among"] = json!(study.lesion.drawn_among(trained.model().net()));
            about
        };
        out.table(&study.rows(), about, || {
            let (what, size, watched) = (self.lesion.join(", "), &study.lesion, &study.watched);
            let about = format!("set to zero: {what} ({size}); `{watched}` at its last step; {}", images(shown));
            let among = study.lesion.drawn_among(trained.model().net());
            let among =
                if self.random_lesions == 0 { String::new() } else { format!("random lesions among {among}\n") };
            format!("{}{about}\n{among}", study.text())
        })
    }
}

/// A bar of so many nets.
fn nets(out: &Out, count: usize) -> ProgressBar {
    out.console.drawn("{prefix} [{bar:24}] {pos} of {len}", count).with_prefix("nets")
}

/// What a net is shown, in words.
fn images(shown: &Shown) -> String {
    format!("{} ({})", counted(shown.order.len(), "image"), shown.about)
}
