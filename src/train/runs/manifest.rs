//! manifest.json: where a run comes from; summary.json: where it got to.

use crate::back::burn::Opened;
use crate::data::sha256;
use crate::train::TrainError;
use crate::train::fit::evaluate::Score;
use crate::train::fit::kept::KeptChecksums;
use crate::train::quoted::quoted;
use crate::train::runs::elsewhere::TakenFrom;
use crate::train::runs::facts::MadeWith;
use crate::train::runs::run_dir::{MANIFEST, SETTINGS, SPEC};
use crate::train::runs::seal::{self, Sealed};
use crate::train::runs::which::Which;
use jiff::Timestamp;
use lcnnc_kernels::Vectors;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The contents of manifest.json, which is written when a run starts and never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of lcnnc.
    pub lcnnc: String,
    pub model: String,
    /// How many numbers are trained.
    pub parameters: usize,
    pub spec: SpecNote,
    pub data: DataNote,
    /// See [`crate::train::Recipe::fingerprint`]: equal ones make equal results.
    pub fingerprint: String,
    /// What the device was in the end, whatever was asked for.
    pub device: String,
    pub machine: Machine,
    /// How many CPU threads the run computes in.
    pub threads: usize,
    pub seed: u64,
    pub command: Vec<String>,
    /// When the run began: whole seconds, UTC, as in `2026-11-24T09:30:00Z`.
    pub started: Timestamp,
    /// The run that this one goes on with, for more epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// How `lcnnc share` made the run's weights, if it did; no training did then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<Sharing>,
    /// The weights from elsewhere that it began with, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights_from: Option<TakenFrom>,
    /// What was found wrong before the run began and passed over with `--force`, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The checksums of the other files that a run begins with; versions that did not seal their files wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<FirstFiles>,
}

/// A finished run that another one goes on with, or whose weights another one has shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    pub folder: PathBuf,
    /// The fingerprint of its recipe.
    pub fingerprint: String,
    /// How many epochs it had trained.
    pub epochs: usize,
}

/// What weights with shared kernels were made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sharing {
    /// The run whose weights they are the means of.
    pub of: Parent,
    /// The places that share: `whole` or `grid`, as `modules` of a `sleep` block has it.
    pub modules: String,
    /// Whether each `local` layer has become a `conv`.
    pub as_conv: bool,
}

impl Sharing {
    /// The fingerprint of a run that shares, made of that of its recipe: a run that is trained by that recipe is another one.
    pub fn fingerprint(&self, recipe: &str) -> String {
        let parts = [recipe, "\0shared\0", &self.modules, "\0", &self.of.fingerprint];
        sha256(parts.map(str::as_bytes))
    }

    /// The command that shares once more, from its root.
    pub fn again(&self) -> String {
        let form = if self.as_conv { " --as conv" } else { "" };
        format!("`lcnnc share {} --modules {}{form}`", quoted(&self.of.folder), self.modules)
    }
}

/// The SHA-256 of the files that a run begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstFiles {
    #[serde(rename = "spec.lcnn")]
    pub spec: String,
    #[serde(rename = "run.yaml")]
    pub settings: String,
    /// Of the weights that training begins with; where no training follows there are none, and versions that did not keep them
    /// wrote none.
    #[serde(rename = "initial.safetensors", default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<String>,
}

impl FirstFiles {
    /// The name and the checksum of each file that holds a text.
    pub fn named(&self) -> [(&'static str, &String); 2] {
        [(SPEC, &self.spec), (SETTINGS, &self.settings)]
    }
}

/// The author's file; the run folder's spec.lcnn has defaults and overrides written in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpecNote {
    pub path: String,
    pub sha256: String,
    /// The name of the author's file, where the path is that of another run's spec, which does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl SpecNote {
    /// Notes a spec, which another run may have left.
    pub(in crate::train) fn new(path: &Path, text: &str) -> Self {
        let other = path.ends_with(SPEC).then(|| Manifest::read(&path.with_file_name(MANIFEST)).ok()).flatten();
        let name = other.map(|other| other.value.spec).filter(|spec| !spec.is_unnamed()).map(|spec| spec.name());
        Self { path: path.display().to_string(), sha256: sha256([text.as_bytes()]), name }
    }

    /// Whether nothing tells the name of the author's file.
    pub fn is_unnamed(&self) -> bool {
        self.name.is_none() && Path::new(&self.path).ends_with(SPEC)
    }

    /// The name of the author's file, without its folder and its ending.
    pub fn name(&self) -> String {
        let stem = || Path::new(&self.path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = self.name.clone().unwrap_or_else(stem);
        // A sweep keeps its specs under names with the checksum.
        let checksum = self.sha256.get(..8).unwrap_or_default();
        name.strip_suffix(&format!("-{checksum}")).unwrap_or(&name).to_owned()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataNote {
    pub name: String,
    pub checksum: String,
    /// Whether every file was decoded before the first step; absent for a set that is no set of files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// What of a folder was left out, and what else there was to say of it, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The names of the classes, in the order of the net's scores.
    pub classes: Vec<String>,
    pub training_images: usize,
    pub validation_images: usize,
    pub test_images: usize,
}

/// The properties of a machine that the last bits of a result may depend on, beside the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// `linux`, `macos`, `windows`.
    pub system: String,
    /// `x86_64`, `aarch64`.
    pub architecture: String,
    /// The vectors that kernels on the CPU use: `AVX-512`.
    pub vectors: String,
}

impl Machine {
    /// The machine that this program runs on.
    pub fn here() -> Self {
        let (system, architecture) = (std::env::consts::OS.to_owned(), std::env::consts::ARCH.to_owned());
        Self { system, architecture, vectors: Vectors::default().name().to_owned() }
    }
}

/// The SHA-256 of the files with a run's weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightsChecksums {
    pub best: String,
    pub last: String,
    /// Of those that were kept after some epochs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub epochs: KeptChecksums,
}

impl WeightsChecksums {
    /// The checksum of a file that training left, if it did.
    pub fn of(&self, which: Which) -> Option<&String> {
        match which {
            Which::Initial => None,
            Which::Best => Some(&self.best),
            Which::Last => Some(&self.last),
            Which::Epoch(epoch) => self.epochs.get(&epoch),
        }
    }
}

/// The contents of summary.json, which is written when a run is over: a run's folder without it was cut short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub epochs: usize,
    pub best_epoch: usize,
    /// The validation accuracy of the best epoch, from 0 to 1.
    pub validation_accuracy: Option<f64>,
    /// The score of the best weights on the test half.
    pub test: Score,
    /// Seconds of the training, the validations and the test, without loading the data.
    pub seconds: f64,
    /// Seconds of these that the net was asleep; none where it never is.
    #[serde(rename = "seconds_asleep", default, skip_serializing_if = "Option::is_none")]
    pub asleep: Option<f64>,
    pub weights: WeightsChecksums,
    /// All that the run was made with; versions that left it to the other files wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<MadeWith>,
    /// What is odd about the trained weights, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What was found wrong on the way and passed over with `--force`, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The SHA-256 of metrics.jsonl.
    #[serde(rename = "metrics", default, skip_serializing_if = "Option::is_none")]
    pub metrics_sha256: Option<String>,
    /// The seal of the run's manifest.json.
    #[serde(rename = "manifest", default, skip_serializing_if = "Option::is_none")]
    pub manifest_seal: Option<String>,
}

impl Manifest {
    /// Reads the manifest of a run.
    ///
    /// # Errors
    /// If the file cannot be read or is not a manifest.
    pub fn read(path: &Path) -> Result<Sealed<Self>, TrainError> {
        let sealed: Sealed<Self> = seal::read(path)?;
        let manifest = &sealed.value;
        let absurd = match () {
            () if manifest.data.classes.is_empty() => Some("`classes` is empty".to_owned()),
            () if manifest.threads == 0 => Some("`threads` is 0, expected at least 1".to_owned()),
            () => None,
        };
        sound(path, absurd)?;
        Ok(sealed)
    }

    /// The checksum that its file is sealed with, which tells it from any other run's.
    pub fn seal(&self) -> String {
        seal::of(self)
    }

    /// Checks that a training made the run's weights, which can be gone on with or repeated.
    ///
    /// # Errors
    /// If `lcnnc share` made them.
    pub fn trained_in(&self, folder: &Path) -> Result<(), TrainError> {
        let Some(shared) = &self.shared else { return Ok(()) };
        let reason = format!(
            "no training made its weights: they are those of {} with shared kernels; {} makes them anew, and `lcnnc run \
             --config {}` trains this spec from its start",
            shared.of.folder.display(),
            shared.again(),
            quoted(&folder.join(SETTINGS))
        );
        Err(TrainError::Refused { path: folder.to_owned(), reason })
    }

    /// How this program and this device differ from the run's, where the last bits of a result may depend on it.
    pub fn differences(&self, opened: &Opened) -> Vec<String> {
        let here = Machine::here();
        let all = [
            ("lcnnc", self.lcnnc.as_str(), env!("CARGO_PKG_VERSION")),
            ("the device", &self.device, &opened.name),
            ("the system", &self.machine.system, &here.system),
            ("the architecture", &self.machine.architecture, &here.architecture),
            ("the kind of vectors", &self.machine.vectors, &here.vectors),
        ];
        let differ = all.into_iter().filter(|(_, then, now)| then != now);
        differ.map(|(what, then, now)| format!("{what} was {then} and is {now}")).collect()
    }
}

impl Summary {
    /// Reads the summary of a run.
    ///
    /// # Errors
    /// If the file cannot be read, is not a summary or says what cannot be.
    pub fn read(path: &Path) -> Result<Sealed<Self>, TrainError> {
        let sealed: Sealed<Self> = seal::read(path)?;
        sound(path, sealed.value.absurd())?;
        Ok(sealed)
    }

    /// What no run could have written.
    fn absurd(&self) -> Option<String> {
        let Self { epochs, best_epoch, seconds, test, .. } = self;
        match () {
            () if *epochs == 0 => Some("`epochs` is 0, expected at least 1".to_owned()),
            () if !(1..=*epochs).contains(best_epoch) => {
                Some(format!("`best_epoch` is {best_epoch}, expected 1 to {epochs}, the number of epochs"))
            }
            () if !is_time(*seconds) => Some(format!("`seconds` is {seconds}, expected {A_TIME}")),
            () if test.images == 0 || test.correct > test.images || !(0.0..=1.0).contains(&test.accuracy) => {
                let (correct, images, accuracy) = (test.correct, test.images, test.accuracy);
                Some(format!("{correct} of {images} images cannot be right, with an accuracy of {accuracy}"))
            }
            () => None,
        }
    }
}

/// Seconds that a run may have taken, in words.
pub const A_TIME: &str = "a number from 0 to 1e10";

/// Whether a run may have taken so many seconds: three hundred years are the most.
pub fn is_time(seconds: f64) -> bool {
    (0.0..=1e10).contains(&seconds)
}

fn sound(path: &Path, absurd: Option<String>) -> Result<(), TrainError> {
    absurd.map_or(Ok(()), |reason| Err(TrainError::Damaged { path: path.to_owned(), reason }))
}

/// Writes a value as indented JSON, with a line break at its end.
pub(in crate::train) fn json(value: &impl Serialize) -> String {
    // Texts, numbers and lists of them can always be written.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
