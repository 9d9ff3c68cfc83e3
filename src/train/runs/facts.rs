//! What a run was made with, as pairs of a name and a text, so that runs can be compared.

use crate::train::runs::Setup;
use crate::train::runs::elsewhere::TakenFrom;
use crate::train::runs::inspect::RunFolder;
use crate::train::runs::manifest::Manifest;
use crate::train::{Overrides, Setting, Target};
use lcnnc_lang::front::const_texts::const_texts;
use lcnnc_lang::front::settings::read;
use lcnnc_lang::front::written::written;
use lcnnc_lang::vocabulary::ArgValue;
use lcnnc_lang::vocabulary::settings::BLOCKS;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The name of the fact that tells the repetitions of one recipe from one another.
pub const SEED: &str = "seed";

/// One thing that a run was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// A key of a settings block, an argument of its call as in `lr`, a const of the spec, or a word such as `dataset`.
    pub name: String,
    /// Its value as the spec would have it.
    pub text: String,
}

/// All that a run was made with, in a form that needs no other file: `settings` of summary.json and of the file of a study.
///
/// Values are numbers or truth values where their text is one, and else texts as a spec would have them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MadeWith {
    /// The version of lcnnc.
    pub lcnnc: String,
    pub model: String,
    /// The name of the author's file, without its folder and its ending.
    pub spec: String,
    pub spec_sha256: String,
    pub dataset: String,
    pub data_sha256: String,
    /// Most images of the training half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Most images of the test half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_test: Option<usize>,
    /// The weights from elsewhere that training began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights_from: Option<TakenFrom>,
    pub device: String,
    pub threads: usize,
    pub fuse: bool,
    /// Every const of the spec, set or not.
    #[serde(default)]
    pub consts: Map<String, Value>,
    /// The keys of the `train` block; a call stands apart, as its name and its arguments.
    #[serde(default)]
    pub train: Map<String, Value>,
    /// The keys of the `data` block.
    #[serde(default)]
    pub data: Map<String, Value>,
    /// The keys of the `sleep` block; none where the net never sleeps.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub sleep: Map<String, Value>,
}

/// A key of a settings block with its value.
type Entry = (&'static str, &'static str, ArgValue);

impl MadeWith {
    fn new(manifest: &Manifest, overrides: &Overrides, spec: &str, settings: &[Entry]) -> Self {
        let block = |name: &str| -> Map<String, Value> {
            let of_block = settings.iter().filter(|(block, ..)| *block == name);
            of_block.flat_map(|(_, key, value)| apart(key, value)).map(|(name, text)| (name, plain(text))).collect()
        };
        let note = &manifest.spec;
        // The spec in a run's folder is called after what it is, and the run after the author's.
        let name = overrides.name.clone().filter(|_| note.is_unnamed()).unwrap_or_else(|| note.name());
        Self {
            lcnnc: manifest.lcnnc.clone(),
            model: manifest.model.clone(),
            spec: name,
            spec_sha256: note.sha256.clone(),
            dataset: manifest.data.name.clone(),
            data_sha256: manifest.data.checksum.clone(),
            limit: overrides.limit,
            limit_test: overrides.limit_test,
            weights_from: manifest.weights_from.clone(),
            device: manifest.device.clone(),
            threads: manifest.threads,
            fuse: overrides.fuse.unwrap_or(true),
            consts: const_texts(spec).into_iter().map(|(name, text)| (name, plain(text))).collect(),
            train: block("train"),
            data: block("data"),
            sleep: block("sleep"),
        }
    }

    /// The same without the seed, for what several seeds have in common.
    pub(in crate::train) fn without_seed(mut self) -> Self {
        self.train.shift_remove(SEED);
        self
    }

    /// The consts of the spec and every setting, each with the word for where it stands: `const`, or a settings block.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &str, String)> {
        let parts = [
            ("const", &self.consts),
            (BLOCKS[0].name, &self.train),
            (BLOCKS[1].name, &self.data),
            (BLOCKS[2].name, &self.sleep),
        ];
        parts
            .into_iter()
            .flat_map(|(part, values)| values.iter().map(move |(name, value)| (part, name.as_str(), text(value))))
    }

    /// The model, the file of the spec with the first digits of the SHA-256, the data set, the consts of the spec and every setting of
    /// the run, in that order. Two runs of one version with equal facts and an equal spec trained in the same way.
    pub fn facts(&self) -> Vec<Fact> {
        let checksum = self.spec_sha256.get(..8).unwrap_or_default();
        let limit = |limit: Option<usize>| limit.map(|limit| limit.to_string());
        let of_run = [
            ("model", Some(self.model.clone())),
            ("spec", Some(format!("{} ({checksum})", self.spec))),
            ("dataset", Some(self.dataset.clone())),
            ("limit", limit(self.limit)),
            ("limit_test", limit(self.limit_test)),
            ("weights_from", self.weights_from.as_ref().map(TakenFrom::in_words)),
        ];
        let of_run = of_run.into_iter().filter_map(|(name, text)| Some((name, text?)));
        let of_spec = self.parts().map(|(_, name, text)| (name, text));
        of_run.chain(of_spec).map(|(name, text)| Fact { name: name.to_owned(), text }).collect()
    }
}

impl RunFolder {
    /// All that the run was made with.
    pub fn made_with(&self) -> MadeWith {
        let known = self.summary.as_ref().and_then(|summary| summary.settings.clone());
        known.unwrap_or_else(|| made_with(&self.manifest, &self.overrides, &self.source.text))
    }
}

impl Setup {
    /// All that the run of this manifest is made with.
    pub(in crate::train) fn made_with(&self, manifest: &Manifest) -> MadeWith {
        let settings = &self.recipe.settings;
        let blocks = BLOCKS.iter().zip(settings.blocks()).filter(|(block, _)| !settings.may_leave_out(block.name));
        let entries: Vec<Entry> = blocks
            .flat_map(|(block, bound)| bound.values.iter().map(|(key, value)| (block.name, *key, value.clone())))
            .collect();
        MadeWith::new(manifest, &self.overrides, &self.recipe.resolved, &entries)
    }
}

/// All that a run was made with, from the files that it began with.
pub(in crate::train) fn made_with(manifest: &Manifest, overrides: &Overrides, spec: &str) -> MadeWith {
    let entry = |setting: &Setting| {
        let Target::Key { block, key } = setting.target else { return None };
        let keys = BLOCKS.iter().find(|it| it.name == block)?.keys;
        let declared = keys.iter().find(|it| it.name == key)?;
        Some((block, key, read(key, &declared.ty, &setting.text).ok()?))
    };
    let entries: Vec<Entry> = overrides.settings.iter().filter_map(entry).collect();
    MadeWith::new(manifest, overrides, spec, &entries)
}

/// A value of a settings block; a call apart, as its name and its arguments.
fn apart(key: &str, value: &ArgValue) -> Vec<(String, String)> {
    let ArgValue::Call(call) = value else { return vec![(key.to_owned(), written(key, value))] };
    let arguments = call.values.iter().map(|(name, value)| ((*name).to_owned(), written(name, value)));
    std::iter::once((key.to_owned(), call.callee.to_owned())).chain(arguments).collect()
}

/// A text, or the number or the truth value that it is.
fn plain(text: String) -> Value {
    match (text.parse(), text.parse()) {
        (Ok(number), _) => Value::Number(number),
        (_, Ok(truth)) => Value::Bool(truth),
        _ => Value::String(text),
    }
}

/// The text of a value.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The names of facts that not all of some runs share, in the order in which they come up.
pub fn differing(runs: &[Vec<Fact>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for fact in runs.iter().flatten() {
        let text = |facts: &[Fact]| facts.iter().find(|it| it.name == fact.name).map(|it| it.text.clone());
        let differs = runs.iter().any(|facts| text(facts).as_ref() != Some(&fact.text));
        if differs && !names.contains(&fact.name) {
            names.push(fact.name.clone());
        }
    }
    names
}
