//! Flags over the settings of a file, where a flag sets a const.
//!
//! A run.yaml holds the values that settings came to. One that the spec calculates from a const which the command line sets is
//! left to the spec again, or it would be that of the const's old value.

use crate::train::recipe::overrides::{Overrides, Setting, Target};
use crate::train::runs::inspection::Inspection;
use crate::train::runs::run_dir::{self, MANIFEST, SPEC};
use crate::train::{TrainError, files};
use lcnnc_lang::front::readers::{Readers, readers};
use std::path::Path;

/// Whether a path is that of the spec in a run's folder.
pub(in crate::train) fn is_a_runs_spec(spec: &Path) -> bool {
    spec.ends_with(SPEC) && run_dir::is_a_runs(spec.parent().unwrap_or(Path::new("")))
}

/// What the flags say, over what a file says, if there is one.
///
/// # Errors
/// If the spec cannot be read, or a flag sets a const that nothing reads in the spec that a run wrote.
pub fn flags_over(
    flags: Overrides,
    config: Option<(&Path, Overrides)>,
    inspection: &Inspection,
) -> Result<Overrides, TrainError> {
    let (file, mut below) = match config {
        Some((file, below)) => (Some(file), below),
        None => (None, Overrides::default()),
    };
    let spec = flags.spec.clone().or_else(|| below.spec.clone());
    let Some(spec) = spec.filter(|spec| !flags.set.is_empty() && (file.is_some() || is_a_runs_spec(spec))) else {
        return Ok(flags.over(below));
    };
    let text = files::source(&spec)?.text;
    let mut consts: Vec<(String, Readers)> = Vec::new();
    for (name, value) in &flags.set {
        // That the spec has no such const is said where it is compiled.
        let Some(readers) = readers(&text, name) else { continue };
        let set = format!("--set {name}={value}");
        if !readers.any && is_a_runs_spec(&spec) {
            return Err(without_effect(&spec, &set, name));
        }
        consts.push((set, readers));
    }
    let settings = std::mem::take(&mut below.settings);
    for setting in settings {
        let by: Vec<&str> =
            consts.iter().filter(|(_, readers)| is_read(&setting, readers)).map(|(set, _)| set.as_str()).collect();
        if by.is_empty() {
            below.settings.push(setting);
        } else if let (Target::Key { key, .. }, Some(file), false) = (setting.target, file, is_given(&flags, &setting))
        {
            let verb = if by.len() == 1 { "replaces" } else { "replace" };
            let (by, text) = (by.join(" and "), &setting.text);
            inspection.say(&format!("note: {by} {verb} `{key}: {text}` of {}", file.display()));
        }
    }
    Ok(flags.over(below))
}

/// Whether the spec's expression for a setting reads a const.
fn is_read(setting: &Setting, readers: &Readers) -> bool {
    let Target::Key { block, key } = setting.target else { return false };
    readers.settings.iter().any(|(of, known)| of == block && known == key)
}

/// Whether a flag gives a whole setting, whatever the spec or a file say of it.
fn is_given(flags: &Overrides, setting: &Setting) -> bool {
    flags.settings.iter().any(|flag| flag.target == setting.target)
}

fn without_effect(spec: &Path, set: &str, name: &str) -> TrainError {
    let reason = format!(
        "`{set}` has no effect on this spec, since nothing in it reads `{name}`: a run writes what it was given or has measured in \
         place of the author's expressions; run the original spec instead, whose path is in {MANIFEST}"
    );
    TrainError::Refused { path: spec.to_owned(), reason }
}
