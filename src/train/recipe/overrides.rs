//! What a run is made of, as far as one place says it: run.yaml, or the flags of the command line.
//!
//! A run is made of the spec's own settings blocks, over them run.yaml, over that the flags. What the spec calculates from a const
//! that a flag sets comes before run.yaml, too. What none of them says has its documented default.

use crate::back::burn::DeviceChoice;
use crate::train::TrainError;
use crate::train::weights::wish::WeightsFrom;
use lcnnc_lang::diag::Report;
use lcnnc_lang::front::settings::Settings;
use lcnnc_lang::vocabulary::optimizers;
use lcnnc_lang::vocabulary::settings::{BLOCKS, SettingsBlock};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The wishes of one place; whatever is `None` or empty is left to the place below it.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub spec: Option<PathBuf>,
    /// The name of the folder, under the folder of all runs, that the run's own folder is put into.
    pub name: Option<String>,
    /// The data set, as [`crate::data::load`] takes it: `contours`, `folder:PATH`.
    pub dataset: Option<String>,
    pub data_root: Option<PathBuf>,
    pub device: Option<DeviceChoice>,
    /// Whether every file of a set of files is decoded before the first step.
    pub verify: Option<bool>,
    /// Whether a folder may hold one class alone.
    pub allow_one_class: Option<bool>,
    /// Whether classes of a folder may hold no picture.
    pub allow_empty_classes: Option<bool>,
    /// Whether a published set may have another number of images than it was published with.
    pub allow_other_count: Option<bool>,
    /// How many CPU threads compute.
    pub threads: Option<usize>,
    /// Whether parts of the net run fused where they can.
    pub fuse: Option<bool>,
    /// Whether an event file for TensorBoard is written.
    pub tensorboard: Option<bool>,
    /// The time between two checkpoints.
    pub save_every: Option<Duration>,
    /// How many images of the training half to use at most, validation included.
    pub limit: Option<usize>,
    /// How many images of the test half to test with at most; without a wish all of them, whatever `limit` says.
    pub limit_test: Option<usize>,
    /// Weights from elsewhere that training begins with.
    pub weights_from: WeightsFrom,
    /// Consts of the spec and what they are set to.
    pub set: BTreeMap<String, String>,
    /// Values of settings, in the order in which they are applied.
    pub settings: Vec<Setting>,
}

/// A value for one setting, in the language of the spec.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Where the text is from, as a message about a problem with it says: `--lr`.
    pub origin: String,
    pub target: Target,
    pub text: String,
}

/// The longest name of a folder in bytes; file systems take 255.
const LONGEST_NAME: usize = 200;

/// The setting that a value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A key of a settings block.
    Key { block: &'static str, key: &'static str },
    /// An argument of whatever optimizer was chosen.
    Optimizer(&'static str),
}

impl Target {
    /// The setting of that name: a key of a settings block, or an argument of an optimizer.
    pub fn named(name: &str) -> Option<Self> {
        let of_block = |block: &'static SettingsBlock| {
            let key = block.keys.iter().find(|key| key.name == name)?;
            Some(Self::Key { block: block.name, key: key.name })
        };
        let of_optimizer = || {
            let mut arguments = optimizers::CALLABLES.iter().flat_map(|callable| callable.args);
            arguments.find(|arg| arg.name == name).map(|arg| Self::Optimizer(arg.name))
        };
        BLOCKS.iter().find_map(of_block).or_else(of_optimizer)
    }

    /// The names of all settings.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let arguments = optimizers::CALLABLES.iter().flat_map(|callable| callable.args);
        BLOCKS.iter().flat_map(|block| block.keys).chain(arguments).map(|arg| arg.name)
    }

    /// The name of the setting.
    pub fn name(self) -> &'static str {
        match self {
            Self::Key { key, .. } => key,
            Self::Optimizer(argument) => argument,
        }
    }
}

/// Whether a setting comes from the command line, by its origin.
pub(super) fn is_flag(origin: &str) -> bool {
    origin.starts_with("--")
}

/// Why a text is not the name of one folder, if it is not.
pub(super) fn unfit_for_a_folder(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("is empty"),
        "." | ".." => Some("leads out of that folder"),
        _ if name.contains(['/', '\\']) => Some("is a path, and could lead out of that folder"),
        _ if name.contains(char::is_control) => Some("holds a control character"),
        _ if name.len() > LONGEST_NAME => Some("is longer than 200 bytes"),
        _ => None,
    }
}

impl Overrides {
    /// Puts these overrides on top of those of another place, `below`.
    pub fn over(self, below: Self) -> Self {
        let (mut set, mut settings) = (below.set, below.settings);
        set.extend(self.set);
        settings.retain(|setting| self.settings.iter().all(|own| own.target != setting.target));
        settings.extend(self.settings);
        Self {
            spec: self.spec.or(below.spec),
            name: self.name.or(below.name),
            dataset: self.dataset.or(below.dataset),
            data_root: self.data_root.or(below.data_root),
            device: self.device.or(below.device),
            verify: self.verify.or(below.verify),
            allow_one_class: self.allow_one_class.or(below.allow_one_class),
            allow_empty_classes: self.allow_empty_classes.or(below.allow_empty_classes),
            allow_other_count: self.allow_other_count.or(below.allow_other_count),
            threads: self.threads.or(below.threads),
            fuse: self.fuse.or(below.fuse),
            tensorboard: self.tensorboard.or(below.tensorboard),
            save_every: self.save_every.or(below.save_every),
            limit: self.limit.or(below.limit),
            limit_test: self.limit_test.or(below.limit_test),
            weights_from: self.weights_from.over(below.weights_from),
            set,
            settings,
        }
    }

    /// The folder, under that of all runs, for runs of a spec.
    ///
    /// # Errors
    /// If it would be none, or lie elsewhere.
    pub(in crate::train) fn folder_name(&self, spec: &Path) -> Result<String, TrainError> {
        let of_spec = || spec.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = self.name.clone().unwrap_or_else(of_spec);
        match unfit_for_a_folder(&name) {
            Some(problem) => Err(TrainError::FolderName { name, problem }),
            None => Ok(name),
        }
    }

    /// Changes settings to what is wished.
    ///
    /// # Errors
    /// A report for each text that is not what its setting takes.
    pub fn apply(&self, settings: &mut Settings) -> Result<(), Vec<Report>> {
        let mut reports = Vec::new();
        for setting in &self.settings {
            let of_flag = is_flag(&setting.origin).then(|| format!("`{}`", setting.origin));
            let done = match setting.target {
                Target::Key { block, key } => {
                    let what = of_flag.unwrap_or_else(|| format!("`{key}`"));
                    settings.set_as(&what, block, key, &setting.text)
                }
                Target::Optimizer(argument) => {
                    let what = of_flag.unwrap_or_else(|| format!("`{argument}`"));
                    settings.set_optimizer(&what, argument, &setting.text)
                }
            };
            if let Err(diagnostics) = done {
                reports.push(Report::new(&setting.origin, &setting.text, diagnostics));
            }
        }
        if reports.is_empty() { Ok(()) } else { Err(reports) }
    }
}
