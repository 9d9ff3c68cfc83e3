//! `lcnnc predict`: a run's net names what is on images.

use super::taken_up::NetArgs;
use lcnnc::data::picture_files;
use lcnnc::train::{Answer, Console, Inspection, Overrides, TrainError, Trained};
use lcnnc_lang::diag::render::visible_name;
use std::path::PathBuf;
use std::process::ExitCode;

/// Classes shown for an image.
const SHOWN: usize = 3;

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Name the classes of images, the most probable first.
///
/// Every image goes through the transforms of the run. One that cannot be read is named, the others are still done, and
/// the exit code is 2; it is 3 where the net's answer is no number, and 8 where an image has no room in memory.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The run's folder
    run: PathBuf,
    /// PNG, JPEG, BMP, WebP, TIFF, PPM or PGM files, and folders, which stand for all pictures in them and below them
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// human: the most probable classes; json: a line for each image with the scores and probabilities of all classes
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    net: NetArgs,
    /// Go on although files of the folder are not what the run left; each of them is named
    #[arg(long)]
    force: bool,
}

impl Args {
    pub fn predict(self) -> Result<ExitCode, TrainError> {
        let over = self.net.machine.with(Overrides::default());
        let console = Console::new();
        let mut inspection = Inspection::new(self.force, console);
        let trained = Trained::open(&self.run, over, self.net.weights, &mut inspection)?;
        let mut code = 0;
        let mut complain = |error: &TrainError| {
            console.warn(&format!("error: {error}"));
            // What is wrong with one image is no reason to say that the spec is.
            let is_own = matches!(error, TrainError::NoNumber { .. } | TrainError::Memory { .. });
            code = code.max(if is_own { error.exit_code() } else { 2 });
        };
        let mut images = Vec::new();
        for path in &self.images {
            match picture_files(path) {
                Ok(files) => images.extend(files),
                Err(error) => complain(&TrainError::Data(error)),
            }
        }
        for image in &images {
            match trained.predict(image) {
                Ok(answers) => {
                    let name = image.to_string_lossy();
                    match self.format {
                        Format::Human => console.line(&format!("{}: {}", visible_name(&name), words(&answers))),
                        Format::Json => console.raw(&format!("{}\n", object(&name, &answers))),
                    }
                }
                Err(error) => complain(&error),
            }
        }
        if self.format == Format::Human {
            super::run::forced(&inspection.notes, console);
        }
        Ok(ExitCode::from(code))
    }
}

/// The answers in words, as in `vertical 91.2 %, horizontal 8.8 %`.
fn words(answers: &[Answer]) -> String {
    let shown = answers.iter().take(SHOWN);
    let words: Vec<String> =
        shown.map(|answer| format!("{} {:.1} %", visible_name(&answer.class), 100.0 * answer.probability)).collect();
    words.join(", ")
}

/// The answers for programs, all of them, the most probable first.
fn object(image: &str, answers: &[Answer]) -> serde_json::Value {
    let answer = |answer: &Answer| {
        let Answer { class, score, probability } = answer;
        serde_json::json!({"class": class, "score": score, "probability": probability})
    };
    serde_json::json!({"image": image, "answers": answers.iter().map(answer).collect::<Vec<_>>()})
}
