//! What names are where a grid does not go over them: as all jobs have them, or as the spec says.

use super::plan::{Job, Plan};
use crate::train::files;
use lcnnc_lang::front::const_texts::const_texts;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Looks up values of jobs; each spec is read once.
#[derive(Default)]
pub(super) struct Unswept(BTreeMap<PathBuf, Vec<(String, String)>>);

impl Unswept {
    /// What a name is in a job that does not go over it: what stands behind its flag, or a const's value in the spec; nothing where
    /// neither says it.
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
        let read = |spec: &PathBuf| files::source(spec).map(|it| const_texts(&it.text)).unwrap_or_default();
        let consts = self.0.entry(spec.clone()).or_insert_with(|| read(&spec));
        consts.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }
}
