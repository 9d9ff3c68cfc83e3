//! The flags that say what a run is made of, for every verb that trains.

use super::taken_up::AllowArgs;
use super::values::{assignment, count, dataset, datasets, folder, once, seconds, spec};
use super::weights_from::WeightsArgs;
use lcnnc::back::burn::DeviceChoice;
use lcnnc::train::{MOST_THREADS, Overrides, Setting, Target, TrainError, files};
use lcnnc_lang::diag::did_you_mean;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Clone, Debug, clap::Args)]
pub struct RecipeArgs {
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
    #[command(flatten)]
    allow: AllowArgs,
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
    /// Change a setting that has no flag of its own, as in `label_smoothing=10%`: a key of the `train`, `data` or `sleep` block, or an argument of the optimizer
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    setting: Vec<(Target, String)>,
    /// Most images of the training half to use, validation included; the test half stays whole
    #[arg(long, value_name = "N", value_parser = count(usize::MAX), allow_hyphen_values = true)]
    limit: Option<usize>,
    /// Most images of the test half to test with, a sample fixed by the seed [default: all]
    #[arg(long, value_name = "N", value_parser = count(usize::MAX), allow_hyphen_values = true)]
    limit_test: Option<usize>,
    /// Change a const of the spec; may be given once for each const
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    #[command(flatten)]
    weights: WeightsArgs,
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
}

impl RecipeArgs {
    /// The settings of a run that these flags give.
    ///
    /// # Errors
    /// If a const or a setting is given two values.
    pub fn overrides(self) -> Result<Overrides, TrainError> {
        once(&self.set)?;
        let spec = self.spec.as_deref().map(files::spec_path);
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
        let more = self.setting.into_iter().map(|(target, text)| Setting {
            origin: format!("--setting {}", target.name()),
            target,
            text,
        });
        let mut settings: Vec<Setting> = texts.into_iter().filter_map(setting).chain(more).collect();
        twice(&settings)?;
        // A flag of an argument changes the optimizer that another one chose.
        settings.sort_by_key(|setting| matches!(setting.target, Target::Optimizer(_)));
        Ok(self.allow.with(Overrides {
            name: spec.as_ref().and_then(|spec| Some(spec.file_stem()?.to_string_lossy().into_owned())),
            spec,
            dataset: self.dataset,
            data_root: self.data_root,
            device: self.device,
            verify: self.no_verify.then_some(false),
            threads: self.threads,
            fuse: self.no_fuse.then_some(false),
            tensorboard: self.no_tensorboard.then_some(false),
            save_every: self.save_every,
            limit: self.limit,
            limit_test: self.limit_test,
            weights_from: self.weights.wish(),
            set: self.set.into_iter().collect::<BTreeMap<_, _>>(),
            settings,
            ..Overrides::default()
        }))
    }
}

/// Refuses settings that are given twice, as by `--lr` and by `--setting lr`.
fn twice(settings: &[Setting]) -> Result<(), TrainError> {
    for (n, second) in settings.iter().enumerate() {
        if let Some(first) = settings[..n].iter().find(|first| first.target == second.target) {
            return Err(TrainError::SettingTwice {
                first: format!("{}={}", first.origin, first.text),
                second: format!("{}={}", second.origin, second.text),
            });
        }
    }
    Ok(())
}

/// Reads `key=value` of a setting.
fn setting(text: &str) -> Result<(Target, String), String> {
    let (key, value) = assignment(text).map_err(|_| "expected KEY=VALUE, as in `label_smoothing=10%`".to_owned())?;
    let target = Target::named(&key).ok_or_else(|| {
        let near = did_you_mean(&key, Target::names());
        format!(
            "no setting is called `{key}`{}",
            near.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
        )
    })?;
    Ok((target, value))
}
