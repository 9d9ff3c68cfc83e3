//! What flags take, read with words for those who typed them.

use clap::builder::{PathBufValueParser, TypedValueParser};
use lcnnc::data::{SETS, Set};
use lcnnc::train::files::spec_path;
use lcnnc::train::{DATASET, TrainError, is_run, user_files};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Reads a whole number from 1 to `most`.
pub fn count(most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync + 'static {
    move |text| whole(text, 1..=most, 100)
}

/// Reads a whole number from 0 to `most`.
pub fn index(most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync + 'static {
    move |text| whole(text, 0..=most, 3)
}

fn whole(text: &str, range: RangeInclusive<usize>, such_as: usize) -> Result<usize, String> {
    let (least, most) = (*range.start(), *range.end());
    let number = text.trim().parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| match most {
        usize::MAX => format!("expected a whole number from {least} on, as in {such_as}"),
        _ => format!("expected a whole number from {least} to {most}"),
    })
}

/// Takes the path of a folder, or of one that is still to be made.
pub fn folder() -> impl TypedValueParser<Value = PathBuf> {
    let is_file = |path: &PathBuf| path.exists() && !path.is_dir();
    let checked =
        move |path: PathBuf| if is_file(&path) { Err("expected a folder, and this is none") } else { Ok(path) };
    PathBufValueParser::new().try_map(checked)
}

/// Takes the path of a file that is there.
pub fn file() -> impl TypedValueParser<Value = PathBuf> {
    let checked = |path: PathBuf| match path.is_dir() {
        _ if path.is_file() => Ok(path),
        true => Err("expected a file, and this is a folder; a run's settings are in its `run.yaml`"),
        false => Err("there is no such file"),
    };
    PathBufValueParser::new().try_map(checked)
}

/// Takes the path of a file or of a folder that is there.
pub fn there() -> impl TypedValueParser<Value = PathBuf> {
    const MISSING: &str =
        "there is no such file or folder; the flag takes all words behind it, so that other words come before it";
    let checked = |path: PathBuf| if path.exists() { Ok(path) } else { Err(MISSING) };
    PathBufValueParser::new().try_map(checked)
}

/// Reads the name of a value and its steps; whether a net has it is seen later.
pub fn value_at_steps(text: &str) -> Result<String, String> {
    let (name, steps) = text.trim().split_once('@').unwrap_or((text.trim(), "all"));
    let is_number = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    let is_step = ["all", "last"].contains(&steps) || steps.split('@').all(is_number);
    match name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && is_step {
        true => Ok(text.trim().to_owned()),
        false => Err("expected a value of the net, as in `A`, `O@3`, `O@last` or `O@all`".to_owned()),
    }
}

/// Takes the path of a file of arrays to write, in a folder that is there.
pub fn arrays() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path: PathBuf| may_be_made(&path).map(|()| path))
}

/// The endings of files that are no tables and no drawings, and that none of them replaces.
const KEPT: [&str; 13] =
    ["lcnn", "yaml", "yml", "toml", "py", "ipynb", "safetensors", "pth", "pt", "npz", "npy", "onnx", "h5"];

const KEPT_ALREADY: &str =
    "there is such a file already, and its name is that of another kind of file: name another one";

/// Takes the path of a file with a text to write, in a folder that is there.
pub fn output() -> impl TypedValueParser<Value = PathBuf> {
    let is_kept = |path: &Path| path.extension().is_some_and(|ending| KEPT.iter().any(|kept| ending == *kept));
    let checked = move |path: PathBuf| match path.is_file() && is_kept(&path) {
        true => Err(match user_files::spare(&path) {
            Err(error) => error.to_string(),
            Ok(()) => KEPT_ALREADY.to_owned(),
        }),
        false => may_be_made(&path).map(|()| path).map_err(str::to_owned),
    };
    PathBufValueParser::new().try_map(checked)
}

/// Whether a file may be written at a path, as far as can be seen.
pub fn may_be_made(path: &Path) -> Result<(), &'static str> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        _ if path.is_dir() => Err("expected a file, and this is a folder"),
        Some(folder) if !folder.is_dir() => Err("there is no folder for it"),
        _ => Ok(()),
    }
}

/// Takes the path of a spec, of which the ending may be left out.
pub fn spec() -> impl TypedValueParser<Value = PathBuf> {
    let checked = |path: PathBuf| match spec_path(&path).is_dir() {
        true => Err("expected a spec, and this is a folder; name the file in it, as in `lc_cnn.lcnn`"),
        false => Ok(path),
    };
    PathBufValueParser::new().try_map(checked)
}

/// Takes the path of a run's folder or of a spec, whose ending may be left out: beside a folder that is no run's and has the spec's
/// name, as a plug-in of Brain-Score has, the spec is meant.
pub fn run_or_spec() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|path: PathBuf| if is_run(&path) { path } else { spec_path(&path) })
}

/// Reads a number of seconds.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "expected a number of seconds from 0 on, as in 60".to_owned())
}

/// Reads `name=value`.
pub fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("expected NAME=VALUE, as in `steps=5`".to_owned()),
    }
}

/// Refuses assignments that give one name twice.
///
/// # Errors
/// The name with both of its values.
pub fn once(set: &[(String, String)]) -> Result<(), TrainError> {
    for (n, (name, second)) in set.iter().enumerate() {
        if let Some((_, first)) = set[..n].iter().find(|(known, _)| known == name) {
            let [name, first, second] = [name, first, second].map(String::clone);
            return Err(TrainError::SetTwice { name, first, second });
        }
    }
    Ok(())
}

/// Reads the name of a data set; whether it is there is seen later.
pub fn dataset(text: &str) -> Result<String, String> {
    lcnnc::data::named(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

/// The data sets there are, as a flag's help names them.
pub fn datasets() -> String {
    let name = |set: &Set| match set.name {
        DATASET => format!("{DATASET} (built in, the default)"),
        _ => set.spelling(),
    };
    let names: Vec<String> = SETS.iter().map(name).collect();
    match names.split_last() {
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
