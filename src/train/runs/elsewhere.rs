//! Weights from elsewhere that a run begins with: an earlier run's, or those of a state dict.

use crate::back::burn::{Model, Weight};
use crate::data::{sha256, short};
use crate::text_table::aligned;
use crate::train::console::Console;
use crate::train::fit::BEST;
use crate::train::quoted::quoted;
use crate::train::recipe::overrides::Overrides;
use crate::train::runs::Setup;
use crate::train::runs::inspect::RunFolder;
use crate::train::runs::inspection::Inspection;
use crate::train::runs::which::Which;
use crate::train::weights::taken::{self, Chosen};
use crate::train::weights::wish::{Renamed, WeightsFile, WeightsFrom};
use crate::train::weights::{self, formats};
use crate::train::{Recipe, TrainError};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf, absolute};

/// Where the weights that a run began with are from, as its manifest has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenFrom {
    pub file: PathBuf,
    pub sha256: String,
    /// How many parameters and running statistics of the net were taken from it.
    pub taken: usize,
    /// How many the net has.
    pub of: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// What names of the file are called in the net.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub rename: Map<String, Value>,
}

impl TakenFrom {
    /// The file with the first digits of its SHA-256, and how much of the net is from there.
    pub fn in_words(&self) -> String {
        let Self { file, sha256, taken, of, .. } = self;
        format!("{} ({}), {taken} of {of}", file.display(), sha256.get(..8).unwrap_or_default())
    }
}

/// The weights that a net takes.
#[derive(Debug)]
pub(in crate::train) struct Taken {
    /// Under the names of the net; those that are not among them start as the spec says.
    weights: Vec<Weight>,
    /// What became of each name, where that is known.
    rows: Vec<[String; 4]>,
    pub from: TakenFrom,
}

const HEAD: [&str; 4] = ["in the file", "in the net", "shape", ""];

impl Taken {
    /// Reads what the overrides wish for, if they do, and notes in them which file it was and what it holds.
    ///
    /// # Errors
    /// If the file cannot be read, is not the one that is meant, or does not fit.
    pub fn read(overrides: &mut Overrides, recipe: &Recipe) -> Result<Option<Self>, TrainError> {
        let wish = &mut overrides.weights_from;
        let Some(WeightsFile { path, sha256: expected }) = wish.file.take() else { return Ok(None) };
        let path = file_of(&path)?;
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, expected.as_deref(), error))?;
        let found = sha256([bytes.as_slice()]);
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            let reason = format!(
                "the weights that the run is to begin with have the SHA-256 {}, found {}; put that file back, or take others with \
                 `--weights-from FILE`",
                short(&expected),
                short(&found)
            );
            return Err(TrainError::Refused { path, reason });
        }
        let stored =
            weights::parse_any(&path, &bytes).map_err(|error| formats::refused(&path, &bytes).unwrap_or(error))?;
        drop(bytes);
        if let Some(reason) = stored.damage {
            return Err(TrainError::Damaged { path, reason });
        }
        let net = &recipe.net;
        let Chosen { weights, rows } = taken::choose(wish, (stored.weights, &stored.others), net)
            .map_err(|problems| TrainError::Untaken { path: path.clone(), problems })?;
        // Only a path that is empty has no absolute form.
        let path = absolute(&path).unwrap_or(path);
        wish.file = Some(WeightsFile { path: path.clone(), sha256: Some(found.clone()) });
        let WeightsFrom { only, except, rename, .. } = wish.clone();
        let rename = rename.into_iter().map(|Renamed { theirs, ours }| (theirs, ours.into())).collect();
        let from =
            TakenFrom { file: path, sha256: found, taken: weights.len(), of: net.params.len(), only, except, rename };
        Ok(Some(Self { weights, rows, from }))
    }

    /// What a run began with before, from its own folder.
    ///
    /// # Errors
    /// If the folder does not hold it any more.
    pub fn again(run: &RunFolder, inspection: &mut Inspection) -> Result<Option<Self>, TrainError> {
        let Some(from) = run.manifest.weights_from.clone() else { return Ok(None) };
        let weights = run.weights(Which::Initial, inspection)?.weights;
        Ok(Some(Self { weights, rows: Vec::new(), from }))
    }

    /// Says what was taken, what was not, and why.
    pub fn announce(&self, console: &Console) {
        let TakenFrom { file, sha256, taken, of, .. } = &self.from;
        console.line(&format!("weights    {taken} of {of} taken from {}, SHA-256 {}", file.display(), short(sha256)));
        if self.rows.is_empty() {
            return;
        }
        let rows =
            std::iter::once(&HEAD.map(str::to_owned)).chain(&self.rows).map(|row| row.to_vec()).collect::<Vec<_>>();
        aligned(&rows).lines().for_each(|line| console.text(&format!("           {line}\n")));
    }
}

impl Setup {
    /// The net with the weights that training begins with, some of which may be from elsewhere.
    ///
    /// # Errors
    /// If the device failed.
    pub fn initial(&self, device: &Device) -> Result<Model, TrainError> {
        let model = self.recipe.initial(device);
        let Some(taken) = &self.taken else { return Ok(model) };
        let mut weights = model.weights()?;
        for weight in &mut weights {
            if let Some(other) = taken.weights.iter().find(|other| other.name == weight.name) {
                weight.values.clone_from(&other.values);
            }
        }
        let unfit = |source| TrainError::Weights { path: taken.from.file.clone(), source };
        model.with_weights(weights).map_err(unfit)
    }
}

/// Checks that the weights that are wished for are there, without a look at what is in them.
///
/// # Errors
/// If they are not, or nobody said where they are.
pub(in crate::train) fn check(wish: &WeightsFrom) -> Result<(), TrainError> {
    match &wish.file {
        None if wish.is_empty() => Ok(()),
        None => Err(TrainError::NoWeights),
        Some(WeightsFile { path, sha256 }) => {
            path.metadata().map(drop).map_err(|error| unreadable(path, sha256.as_deref(), error))
        }
    }
}

/// The file that is meant: of a run's folder, that of its best weights, as the run left it.
fn file_of(path: &Path) -> Result<PathBuf, TrainError> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let file = path.join(BEST);
    // A `--force` of `lcnnc run` is about the settings of `--config`.
    let mut inspection = Inspection::without_force(Console::of_run());
    let read = RunFolder::open(path, &mut inspection).and_then(|run| run.weights(Which::Best, &mut inspection));
    match read {
        Ok(_) => Ok(file),
        Err(error) if is_whole(&file) => {
            Err(error.or(&format!("begin with the weights as they are: `--weights-from {}`", quoted(&file))))
        }
        Err(error) => Err(error),
    }
}

/// Whether a file holds weights, whosesoever they are.
fn is_whole(file: &Path) -> bool {
    let read = |bytes: Vec<u8>| weights::parse_any(file, &bytes).is_ok_and(|stored| stored.damage.is_none());
    fs::read(file).is_ok_and(read)
}

fn unreadable(path: &Path, expected: Option<&str>, error: std::io::Error) -> TrainError {
    let Some(expected) = expected else { return TrainError::file(path, "read")(error) };
    TrainError::Refused {
        path: path.to_owned(),
        reason: format!(
            "the weights that the run is to begin with, of the SHA-256 {}, cannot be read: {error}; put the file back, or say \
             where it lies now with `--weights-from FILE`",
            short(expected)
        ),
    }
}
