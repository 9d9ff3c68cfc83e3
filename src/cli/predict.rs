//! `lcnnc predict`: a run's net names what is on images.

use lcnnc::back::burn::DeviceChoice;
use lcnnc::train::{Answer, Layer, Progress, TrainError, Trained, Which};
use std::path::PathBuf;
use std::process::ExitCode;

/// Classes shown for an image.
const SHOWN: usize = 3;

/// Name the classes of images, the most probable first.
///
/// Every image goes through the transforms of the run. One that cannot be read is named, the others are still done, and
/// the exit code is 2.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The run's folder
    run: PathBuf,
    /// PNG, JPEG, BMP, WebP, TIFF, PPM or PGM files
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// auto, cpu, cuda[:n] or wgpu [default: as for the run]
    #[arg(long)]
    device: Option<DeviceChoice>,
    /// best (of the best validation accuracy) or last
    #[arg(long, value_name = "WHICH", default_value_t)]
    weights: Which,
}

impl Args {
    pub fn predict(self) -> Result<ExitCode, TrainError> {
        let over = Layer { device: self.device, ..Layer::default() };
        let trained = Trained::open(&self.run, over, self.weights)?;
        let progress = Progress::new();
        let mut code = ExitCode::SUCCESS;
        for image in &self.images {
            match trained.predict(image) {
                Ok(answers) => progress.line(&format!("{}: {}", image.display(), words(&answers))),
                Err(error) => {
                    progress.warn(&format!("error: {error}"));
                    code = ExitCode::from(2);
                }
            }
        }
        Ok(code)
    }
}

/// As in `vertical 91.2 %, horizontal 8.8 %`.
fn words(answers: &[Answer]) -> String {
    let shown = answers.iter().take(SHOWN);
    let words: Vec<String> =
        shown.map(|answer| format!("{} {:.1} %", answer.class, 100.0 * answer.probability)).collect();
    words.join(", ")
}
