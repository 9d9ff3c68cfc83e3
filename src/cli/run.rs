//! `lcnnc run`: trains a spec.

use super::recipe::RecipeArgs;
use super::values::{count, file, folder};
use lcnnc::train::{self, Console, Done, Inspection, Occasion, SeedResult, Study, TrainError, duration};
use lcnnc_lang::diag::counted;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Seeds of one command: each has a folder of its own.
const MOST_SEEDS: usize = 1000;

/// Train a spec and leave a folder with its weights, numbers and settings.
///
/// Settings come from the spec's own `train`, `data` and `sleep` blocks, over them --config, over that the flags; what the
/// spec calculates from a const of --set comes before --config, too. Values are written as in a spec.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    #[command(flatten)]
    recipe: RecipeArgs,
    /// Train so many seeds, from --seed on and at most 1000, and give the mean of their test accuracies
    #[arg(long, value_name = "N", value_parser = count(MOST_SEEDS), allow_hyphen_values = true)]
    seeds: Option<usize>,
    /// With --seeds: how many at once [default: one a core, as far as there is memory]
    #[arg(long, value_name = "N", requires = "seeds", value_parser = count(MOST_SEEDS), allow_hyphen_values = true)]
    jobs: Option<usize>,
    /// Settings as a run folder's run.yaml has them
    #[arg(long, value_name = "FILE", value_parser = file())]
    config: Option<PathBuf>,
    /// Where run folders go, each into DIR/<spec>/
    #[arg(long, value_name = "DIR", default_value = "runs", value_parser = folder())]
    runs: PathBuf,
    /// With --config: go on although the run.yaml or spec.lcnn of a run's folder was changed; the new run notes it
    #[arg(long, requires = "config")]
    force: bool,
}

/// The words of the command line, for a manifest.
pub fn words() -> Vec<String> {
    std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// Says beside a result what was passed over for it.
pub fn forced(notes: &[String], console: Console) {
    notes.iter().for_each(|note| console.line(&format!("with --force, although {note}")));
}

/// Says how a run ended.
pub fn said(done: &Done, console: Console) {
    let summary = &done.summary;
    forced(&summary.notes, console);
    let validation = summary.validation_accuracy;
    let validation = validation.map_or(String::new(), |share| format!(", validation accuracy {:.2} %", 100.0 * share));
    console.line(&format!("best epoch {} of {}{validation}", summary.best_epoch, summary.epochs));
    console.line(&format!("test accuracy {}", summary.test));
    let took = duration(Duration::from_secs_f64(summary.seconds));
    let asleep = summary.asleep.map_or(String::new(), |seconds| format!(", {seconds:.1} s of it asleep"));
    console.line(&format!("took {took}{asleep}, see {}", done.folder.display()));
}

/// Says what several seeds reached.
fn means(study: &Study, console: Console) {
    for SeedResult { seed, accuracy, folder, .. } in &study.seeds {
        console.line(&format!("seed {seed}: test accuracy {:.2} %, {}", 100.0 * accuracy, folder.display()));
    }
    let (mean, sd, count) = (100.0 * study.mean, 100.0 * study.sd, study.seeds.len());
    let top5 = study.top5_mean.zip(study.top5_sd);
    let top5 = top5.map(|(mean, sd)| format!(", top-5 {:.2} ± {:.2} %", 100.0 * mean, 100.0 * sd));
    console.line(&format!(
        "test accuracy {mean:.2} ± {sd:.2} %{} (mean ± sd of {}), see {}",
        top5.unwrap_or_default(),
        counted(count, "seed"),
        study.file.display()
    ));
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::of_run();
        let mut inspection = Inspection::new(self.force, console);
        let config = self.config.as_deref().map(|config| train::config(config, &mut inspection));
        let below = config.transpose()?;
        let file = self.config.clone();
        let runs = self.runs.clone();
        let (seeds, jobs) = (self.seeds, self.jobs);
        let config = file.as_deref().zip(below);
        let overrides = train::flags_over(self.recipe.overrides()?, config, &inspection)?;
        let occasion = Occasion { command: words(), notes: inspection.notes, ..Occasion::default() };
        match seeds {
            Some(count) => means(&train::seeds(overrides, (count, jobs), &runs, &occasion, &console)?, console),
            None => said(&train::run(overrides, &runs, occasion, &console)?, console),
        }
        Ok(ExitCode::SUCCESS)
    }
}
