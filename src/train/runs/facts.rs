//! What a run was made with, as pairs of a name and a text, so that runs can be compared.

use crate::train::recipe::overrides::Target;
use crate::train::runs::inspect::RunFolder;
use lcnnc_lang::front::const_texts::const_texts;
use lcnnc_lang::front::settings::read;
use lcnnc_lang::front::written::written;
use lcnnc_lang::vocabulary::settings::BLOCKS;
use lcnnc_lang::vocabulary::{ArgValue, Type};
use std::path::Path;

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

impl RunFolder {
    /// The model, its file with the first digits of the SHA-256, the data set, the consts of the spec and every setting of the run, in that order. Two runs of one version with
    /// equal facts and an equal spec trained in the same way.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut add = |name: &str, text: String| facts.push(Fact { name: name.to_owned(), text });
        let spec = &self.manifest.spec;
        let checksum = spec.sha256.get(..8).unwrap_or_default();
        let stem = Path::new(&spec.path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // A sweep keeps its specs under names with the checksum.
        let stem = stem.strip_suffix(&format!("-{checksum}")).unwrap_or(&stem);
        add("model", self.manifest.model.clone());
        add("spec", format!("{stem} ({checksum})"));
        add("dataset", self.manifest.data.name.clone());
        for (what, limit) in [("limit", self.overrides.limit), ("limit_test", self.overrides.limit_test)] {
            if let Some(limit) = limit {
                add(what, limit.to_string());
            }
        }
        for (name, text) in const_texts(&self.source.text) {
            add(&name, text);
        }
        for setting in &self.overrides.settings {
            let Target::Key { block, key } = setting.target else { continue };
            for (name, text) in apart(block, key, &setting.text) {
                add(&name, text);
            }
        }
        facts
    }
}

/// A value of a settings block; a call apart, as its name and its arguments.
fn apart(block: &str, key: &'static str, text: &str) -> Vec<(String, String)> {
    let whole = || vec![(key.to_owned(), text.to_owned())];
    let declared = BLOCKS.iter().filter(|it| it.name == block).flat_map(|it| it.keys).find(|it| it.name == key);
    let Some(ty) = declared.map(|arg| &arg.ty).filter(|ty| matches!(ty, Type::Call(_))) else { return whole() };
    let Ok(ArgValue::Call(call)) = read(key, ty, text) else { return whole() };
    let arguments = call.values.iter().map(|(name, value)| ((*name).to_owned(), written(name, value)));
    std::iter::once((key.to_owned(), call.callee.to_owned())).chain(arguments).collect()
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
