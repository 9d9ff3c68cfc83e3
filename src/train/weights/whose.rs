//! Whose weights a file holds: what a reader needs to use them without the run's folder, and a run to know its own.

use crate::train::{Manifest, Recipe};
use lcnnc_lang::front::written;
use lcnnc_lang::vocabulary::ArgValue;
use serde_json::Map;

/// The run that weights are of, and when in it. Two runs of one recipe have the same: nothing of the place or the time
/// of day is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whose {
    /// The version of lcnnc.
    pub lcnnc: String,
    pub model: String,
    /// SHA-256 of the run folder's spec.lcnn.
    pub spec: String,
    /// See [`Recipe::fingerprint`].
    pub recipe: String,
    /// The names of the classes as a JSON list, in the order of the net's scores.
    pub classes: String,
    /// The input's channels, height and width: `[1, 48, 48]`.
    pub input: String,
    /// The transforms that turn an image into the net's input, as a spec says them: `[resize(48)]`.
    pub transform: String,
    /// `initial`, `best`, `last`, or `epoch:5` of weights that were kept.
    pub weights: String,
    /// How many epochs the weights were trained.
    pub epoch: String,
}

impl Whose {
    /// The notes that all weights of a run have in common.
    pub fn run(recipe: &Recipe, manifest: &Manifest) -> Self {
        let data = &recipe.settings.data;
        let transform = data.get("test_transform").or_else(|| data.get("transform"));
        Self {
            lcnnc: env!("CARGO_PKG_VERSION").to_owned(),
            model: recipe.net.name.clone(),
            spec: crate::data::sha256([recipe.resolved.as_bytes()]),
            recipe: manifest.fingerprint.clone(),
            classes: serde_json::json!(manifest.data.classes).to_string(),
            input: format!("{:?}", recipe.net.input.1),
            transform: transform.map_or(String::new(), |value: &ArgValue| written::written("transform", value)),
            ..Self::default()
        }
    }

    /// Adds what the `initial`, `best`, `last` or kept weights have after so many epochs.
    pub fn at(&self, weights: &str, epoch: usize) -> Self {
        Self { weights: weights.to_owned(), epoch: epoch.to_string(), ..self.clone() }
    }

    /// The notes for a safetensors file. `format` is for other programs: these are PyTorch's names and layouts.
    pub fn notes(&self) -> Vec<(&'static str, String)> {
        let own = Self::KEYS.into_iter().zip(self.values()).map(|(key, value)| (key, value.clone()));
        std::iter::once(("format", "pt".to_owned())).chain(own).collect()
    }

    /// Reads the notes of a file; what they do not say is empty.
    pub fn of(notes: &Map<String, serde_json::Value>) -> Self {
        let text = |key: &str| notes.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let [lcnnc, model, spec, recipe, classes, input, transform, weights, epoch] = Self::KEYS.map(text);
        Self { lcnnc, model, spec, recipe, classes, input, transform, weights, epoch }
    }

    const KEYS: [&str; 9] =
        ["lcnnc", "model", "spec.sha256", "recipe", "classes", "input", "transform", "weights", "epoch"];

    fn values(&self) -> [&String; 9] {
        let Self { lcnnc, model, spec, recipe, classes, input, transform, weights, epoch } = self;
        [lcnnc, model, spec, recipe, classes, input, transform, weights, epoch]
    }
}
