//! What names are where a grid does not go over them: as all jobs have them, as the spec says, or as they are without a word.

use super::plan::{Job, Plan};
use crate::train::{Overrides, Setting, Target, files};
use lcnnc_lang::front::const_texts::const_texts;
use lcnnc_lang::front::settings::Settings;
use lcnnc_lang::{Options, Source, compile};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The settings of a spec with consts that are set.
type Known = BTreeMap<(PathBuf, Vec<(String, String)>), Settings>;

/// Looks up values of jobs; each spec is read once, and compiled once for each choice of its consts.
#[derive(Default)]
pub(super) struct Unswept {
    texts: BTreeMap<PathBuf, String>,
    settings: Known,
}

impl Unswept {
    /// What a name is in a job that does not go over it: what stands behind its flag, a const's or a setting's value in the
    /// spec, or a setting's default; nothing where there is none.
    pub(super) fn value(&mut self, plan: &Plan, job: &Job, name: &str) -> Option<String> {
        let flag = match name {
            "limit" => Some("--limit"),
            "limit_test" => Some("--limit-test"),
            _ => None,
        };
        let said = |pair: &[String]| match (pair[0].as_str(), pair[1].split_once('=')) {
            ("--set" | "--setting", Some((known, value))) if known == name => Some(value.to_owned()),
            (known, _) if Some(known) == flag => Some(pair[1].clone()),
            _ => None,
        };
        if let Some(value) = job.args.windows(2).find_map(said) {
            return Some(value);
        }
        let spec = plan.folder.join(job.args.first()?);
        if name == "spec" {
            let stem = spec.file_stem()?.to_string_lossy().into_owned();
            // The copy's name ends in its checksum.
            return Some(stem.rsplit_once('-').map_or(stem.as_str(), |(name, _)| name).to_owned());
        }
        let text = self
            .texts
            .entry(spec.clone())
            .or_insert_with_key(|spec| files::source(spec).map(|it| it.text).unwrap_or_default());
        let consts = const_texts(text);
        let of_spec = consts.into_iter().find(|(known, _)| known == name).map(|(_, value)| value);
        of_spec.or_else(|| in_force((&spec, text), job, name, &mut self.settings))
    }
}

/// The value of a setting that is in force in a job which does not set it: that of the spec's own block, or the default; an argument of
/// the optimizer is that of the one that the job has.
fn in_force((path, spec): (&Path, &str), job: &Job, name: &str, known: &mut Known) -> Option<String> {
    let target = Target::named(name)?;
    let pairs = |flag: &str| -> Vec<(String, String)> {
        let of = |pair: &[String]| {
            let (name, value) = pair[1].split_once('=').filter(|_| pair[0] == flag)?;
            Some((name.to_owned(), value.to_owned()))
        };
        job.args.windows(2).filter_map(of).collect()
    };
    let set = pairs("--set");
    let compiled = || {
        let source = Source { name: String::new(), text: spec.to_owned() };
        compile(&source, &Options { set: set.clone(), classes: None }).settings
    };
    let mut settings = known.entry((path.to_owned(), set.clone())).or_insert_with(compiled).clone();
    let setting =
        |(name, text): (String, String)| Some(Setting { origin: name.clone(), target: Target::named(&name)?, text });
    let settings_of_job = pairs("--setting").into_iter().filter_map(setting).collect();
    // What is wrong with one was told before the first job.
    drop(Overrides { settings: settings_of_job, ..Overrides::default() }.apply(&mut settings));
    let value = match target {
        Target::Key { block, key } => settings.blocks().into_iter().find(|bound| bound.callee == block)?.get(key),
        Target::Optimizer(argument) => settings.train.call("optimizer").get(argument),
    };
    value.map(ToString::to_string)
}
