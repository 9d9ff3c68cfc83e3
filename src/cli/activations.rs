//! `lcnnc activations`: what a run's net makes of images, as arrays.

use super::shown::ShownArgs;
use super::values::{arrays, value_at_steps};
use lcnnc::activity::{self, ArrayFormat, Asked};
use lcnnc::train::{Console, Inspection, TrainError, Trained};
use lcnnc_lang::diag::counted;
use lcnnc_lang::ir::cost;
use std::path::PathBuf;
use std::process::ExitCode;

/// Bytes of arrays that are spoken of before they are written.
const LARGE: usize = 1 << 30;

/// Write any named values of a run's net, at any step, for any images, into a file that numpy reads.
///
/// A value is named as in the spec: `A` (in a loop: its last step, as `O@last`), `O@3` at step 3, `O@all` at all steps, from the initial value
/// `O@0` on; the input by its name too. Each is an array `[images, …]` of single precision; `O@all` is `[images, steps, …]`. Beside
/// the file lies another one, `x.npz.json`: the axes, steps and units of the arrays, and the images in order.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The run's folder
    run: PathBuf,
    /// The values, as in `A,O@all,O@3,logits`
    #[arg(long, value_name = "VALUE,…", required = true, value_delimiter = ',', value_parser = value_at_steps)]
    values: Vec<String>,
    /// Where to write: x.npz, x.safetensors, or x.npy for one value; no other file than arrays of an earlier call is written over
    #[arg(long, value_name = "FILE", value_parser = arrays())]
    out: PathBuf,
    #[command(flatten)]
    shown: ShownArgs,
    /// Go on although files of the folder are not what the run left, or the classes are others; each of them is named
    #[arg(long)]
    force: bool,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let refused = |reason: String| TrainError::Refused { path: self.out.clone(), reason };
        let format = ArrayFormat::of(&self.out).map_err(refused)?;
        if format == ArrayFormat::Npy && self.values.len() > 1 {
            let reason = "a .npy file holds one array; name an .npz or .safetensors file for several values".to_owned();
            return Err(refused(reason));
        }
        let mut inspection = Inspection::new(self.force, console);
        let trained = Trained::open(&self.run, self.shown.over(), self.shown.net.weights, &mut inspection)?;
        let mut asked: Vec<Asked> = Vec::new();
        for text in &self.values {
            let value = Asked::of(trained.model().net(), text.trim()).map_err(TrainError::Unasked)?;
            if !asked.iter().any(|known| known.text == value.text) {
                asked.push(value);
            }
        }
        let shown = match self.shown.images.as_slice() {
            [] => trained.any_set(&mut inspection)?,
            paths => trained.pictures(paths)?,
        };
        let (images, size) = (shown.order.len(), activity::bytes(&asked, shown.order.len()));
        if size >= LARGE {
            let size = cost::bytes(size as u128);
            console.warn(&format!(
                "note: {size} of arrays are written for {}; `--limit` takes fewer",
                counted(images, "image")
            ));
        }
        let bar = console.drawn("{prefix} [{bar:24}] {percent} %, {eta} left", shown.order.len()).with_prefix("images");
        let exported = activity::export(&trained, &shown, &asked, &self.out, &mut |images| bar.inc(images as u64))?;
        bar.finish_and_clear();
        for value in &exported.dead {
            console.warn(&format!("warning: `{value}` is 0 in every channel and place, for every image"));
        }
        console.line(&format!(
            "{} of {} ({}), see {} and {}",
            counted(asked.len(), "value"),
            counted(exported.images, "image"),
            shown.about,
            self.out.display(),
            exported.about.display()
        ));
        super::run::forced(&inspection.notes, console);
        Ok(ExitCode::SUCCESS)
    }
}
