//! `lcnnc run`: trains a spec.

use super::values::{assignment, count, dataset, datasets, file, folder, once, seconds, spec};
use lcnnc::back::burn::DeviceChoice;
use lcnnc::train::{
    self, Console, Done, Inspection, MOST_THREADS, Occasion, Overrides, SeedResult, Setting, Study, Target, TrainError,
    duration,
};
use lcnnc_lang::diag::counted;
use std::collections::BTreeMap;
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
    /// The spec, `.lcnn` may be left out; not needed with --config
    #[arg(value_parser = spec())]
    spec: Option<PathBuf>,
    #[arg(long, value_name = "SET", value_parser = dataset, help = datasets())]
    dataset: Option<String>,
    /// Where data sets lie [default: $LCNNC_DATA, ./data or the user's cache]
    #[arg(long, value_name = "DIR", value_parser = folder())]
    data_root: Option<PathBuf>,
    /// Do not decode every file of a set of files before the first step
    #[arg(long)]
    no_verify: bool,
    /// Take a folder that holds one class alone
    #[arg(long)]
    allow_one_class: bool,
    /// Take a folder with classes that hold no picture
    #[arg(long)]
    allow_empty_classes: bool,
    /// Take a published set with another number of images than it was published with
    #[arg(long)]
    allow_other_count: bool,
    /// auto, cpu, cuda[:n] or wgpu [default: auto]
    #[arg(long)]
    device: Option<DeviceChoice>,
    /// Passes over the training images
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    epochs: Option<String>,
    /// Images in a batch
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    batch: Option<String>,
    /// Learning rate
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    lr: Option<String>,
    /// Weight decay, as the optimizer defines it
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    weight_decay: Option<String>,
    /// The optimizer, as in 'adam(lr: 1e-3)'
    #[arg(long, value_name = "CALL")]
    optimizer: Option<String>,
    /// How the learning rate changes, as in 'steps(at: [100, 150], factor: 0.25)'
    #[arg(long, value_name = "CALL")]
    schedule: Option<String>,
    /// Epochs over which the learning rate rises to its full value
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    warmup: Option<String>,
    /// Stop after so many epochs without a better validation accuracy
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    patience: Option<String>,
    /// Keep the weights after every so many epochs, beside the best and the last ones
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    keep: Option<String>,
    /// What every random choice starts from
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    seed: Option<String>,
    /// Train so many seeds, from --seed on and at most 1000, and give the mean of their test accuracies
    #[arg(long, value_name = "N", value_parser = count(MOST_SEEDS), allow_hyphen_values = true)]
    seeds: Option<usize>,
    /// With --seeds: how many at once [default: one a core, as far as there is memory]
    #[arg(long, value_name = "N", requires = "seeds", value_parser = count(MOST_SEEDS), allow_hyphen_values = true)]
    jobs: Option<usize>,
    /// Most images of the training half to use, validation included; the test half stays whole
    #[arg(long, value_name = "N", value_parser = count(usize::MAX), allow_hyphen_values = true)]
    limit: Option<usize>,
    /// Most images of the test half to test with, a sample fixed by the seed [default: all]
    #[arg(long, value_name = "N", value_parser = count(usize::MAX), allow_hyphen_values = true)]
    limit_test: Option<usize>,
    /// Change a const of the spec; may be given once for each const
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// Settings as a run folder's run.yaml has them
    #[arg(long, value_name = "FILE", value_parser = file())]
    config: Option<PathBuf>,
    /// Where run folders go, each into DIR/<spec>/
    #[arg(long, value_name = "DIR", default_value = "runs", value_parser = folder())]
    runs: PathBuf,
    /// CPU threads [default: all cores]; the same number, the same bits
    #[arg(long, value_name = "N", value_parser = count(MOST_THREADS), allow_hyphen_values = true)]
    threads: Option<usize>,
    /// Write no event file for TensorBoard
    #[arg(long)]
    no_tensorboard: bool,
    /// Seconds between two checkpoints; 0 saves after every step [default: 10, and more where saving is slow]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_hyphen_values = true)]
    save_every: Option<Duration>,
    /// Run every primitive by itself, for comparison
    #[arg(long)]
    no_fuse: bool,
    /// Never sleep, whatever the spec's `sleep` block says
    #[arg(long)]
    no_sleep: bool,
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
        once(&self.set)?;
        let console = Console::of_run();
        let mut inspection = Inspection::new(self.force, console);
        let config = self.config.as_deref().map(|config| train::config(config, &mut inspection));
        let below = config.transpose()?;
        let file = self.config.clone();
        let runs = self.runs.clone();
        let (seeds, jobs) = (self.seeds, self.jobs);
        let config = file.as_deref().zip(below);
        let overrides = train::flags_over(self.overrides(), config, &inspection)?;
        let occasion = Occasion { command: words(), notes: inspection.notes, ..Occasion::default() };
        match seeds {
            Some(count) => means(&train::seeds(overrides, (count, jobs), &runs, &occasion, &console)?, console),
            None => said(&train::run(overrides, &runs, occasion, &console)?, console),
        }
        Ok(ExitCode::SUCCESS)
    }

    fn overrides(self) -> Overrides {
        let spec = self.spec.as_deref().map(super::spec_path);
        let key = |block, key| Target::Key { block, key };
        // The optimizer first: the flags behind it change its arguments.
        let texts = [
            ("--optimizer", key("train", "optimizer"), self.optimizer),
            ("--schedule", key("train", "schedule"), self.schedule),
            ("--warmup", key("train", "warmup"), self.warmup),
            ("--epochs", key("train", "epochs"), self.epochs),
            ("--patience", key("train", "patience"), self.patience),
            ("--keep", key("train", "keep"), self.keep),
            ("--batch", key("train", "batch"), self.batch),
            ("--seed", key("train", "seed"), self.seed),
            ("--lr", Target::Optimizer("lr"), self.lr),
            ("--weight-decay", Target::Optimizer("weight_decay"), self.weight_decay),
            ("--no-sleep", key("sleep", "every"), self.no_sleep.then(|| "0".to_owned())),
        ];
        let setting = |(flag, target, text): (&str, Target, Option<String>)| {
            text.map(|text| Setting { origin: flag.to_owned(), target, text })
        };
        Overrides {
            name: spec.as_ref().and_then(|spec| Some(spec.file_stem()?.to_string_lossy().into_owned())),
            spec,
            dataset: self.dataset,
            data_root: self.data_root,
            device: self.device,
            verify: self.no_verify.then_some(false),
            allow_one_class: self.allow_one_class.then_some(true),
            allow_empty_classes: self.allow_empty_classes.then_some(true),
            allow_other_count: self.allow_other_count.then_some(true),
            threads: self.threads,
            fuse: self.no_fuse.then_some(false),
            tensorboard: self.no_tensorboard.then_some(false),
            save_every: self.save_every,
            limit: self.limit,
            limit_test: self.limit_test,
            set: self.set.into_iter().collect::<BTreeMap<_, _>>(),
            settings: texts.into_iter().filter_map(setting).collect(),
        }
    }
}
