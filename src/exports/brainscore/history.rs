//! What the weights of a plug-in went through, as far as their run tells.

use crate::train::{Manifest, TakenFrom, Which};
use lcnnc_lang::diag::counted;
use serde_json::{Map, Value, json};
use std::path::Path;

/// How long a name may be in a list of Brain-Score's schema, less a checksum and the words around it.
const LONGEST: usize = 100;

/// The data that weights were trained with, and the weights that the training began with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The training; none for the weights before the first step.
    pub training: Option<Training>,
    /// The weights that the run took over, with words for what became of them.
    pub base: Option<Base>,
}

/// A training on a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    pub data: String,
    /// The number of images that trained, and of those that validated.
    pub images: [usize; 2],
    /// The most images of the training half that the run was to take.
    pub limit: Option<usize>,
}

/// Weights that a run began with, or that it shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Base {
    /// A file with its SHA-256, or a run.
    pub name: String,
    /// Whether it is not known what they were trained with.
    pub is_foreign: bool,
}

impl History {
    /// The history of weights of a run.
    pub fn of(manifest: &Manifest, limit: Option<usize>, which: Which) -> Self {
        let data = &manifest.data;
        let images = [data.training_images, data.validation_images];
        let training = Training { data: data.name.clone(), images, limit };
        let taken = manifest.weights_from.as_ref().map(|from| Base { name: named(from), is_foreign: true });
        let shared = manifest.shared.as_ref().map(|shared| {
            let run = shared.of.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Base { name: format!("the run {run}, whose kernels were made alike"), is_foreign: false }
        });
        Self { training: (which != Which::Initial).then_some(training), base: taken.or(shared) }
    }

    /// The fields of Brain-Score's schema about data.
    pub fn data(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        if let Some(Base { name, is_foreign: true }) = &self.base {
            let text = format!("What the weights of {name} were trained with, lcnnc does not know.");
            fields.insert("summary".to_owned(), text.into());
        }
        if let Some(training) = &self.training {
            let role = if self.base.as_ref().is_some_and(|base| base.is_foreign) { "fine_tuning" } else { "training" };
            let set = json!({ "name": training.data, "role": role, "description": training.in_words() });
            fields.insert("training_datasets".to_owned(), json!([set]));
        }
        fields
    }

    /// The models that these weights are made from.
    pub fn bases(&self) -> Vec<Value> {
        let is_tuned = self.training.is_some();
        let base = |base: &Base| {
            let relationship = if is_tuned && base.is_foreign { "fine_tuned_from" } else { "derived_from" };
            json!({ "name": base.name, "relationship": relationship })
        };
        self.base.iter().map(base).collect()
    }
}

impl Training {
    fn in_words(&self) -> String {
        let [trained, validated] = self.images;
        let images = format!("{} to train with, {validated} to validate with", counted(trained, "image"));
        match self.limit {
            Some(limit) => format!("{images}: not the whole set, `--limit {limit}` was given"),
            None => images,
        }
    }
}

/// A file of weights by its name and its checksum: the folder that it lay in is nobody's business.
fn named(from: &TakenFrom) -> String {
    let part = |path: Option<&Path>| {
        path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let own = part(Some(&from.file));
    // The weights of a run have one name in all runs.
    let name = if own == "best.safetensors" { format!("{}/{own}", part(from.file.parent())) } else { own };
    let name: String = name.chars().take(LONGEST).collect();
    format!("{name}, SHA-256 {}", from.sha256)
}
