//! run.yaml: overrides as a file.
//!
//! The values of the settings blocks are in the language of the spec: `optimizer: "sgd(lr: 0.01)"`. The text is read as
//! plain YAML and then key by key against what is known, so that one reading finds every mistake.

use crate::back::burn::DeviceChoice;
use crate::train::recipe::overrides::{Overrides, Setting, Target, unfit_for_a_folder};
use crate::train::recipe::{yaml_spans, yaml_weights};
use crate::train::runs::threads::MOST_THREADS;
use crate::train::{TrainError, files};
use lcnnc_lang::diag::{Diagnostic, Report, Span, config};
use lcnnc_lang::front::settings::Settings;
use lcnnc_lang::front::written;
use lcnnc_lang::syntax::with_line_feeds;
use lcnnc_lang::vocabulary::settings::{BLOCKS, SettingsBlock};
use lcnnc_lang::vocabulary::{ArgValue, Bound};
use serde_yaml::{Mapping, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The keys at the top, in the order in which they are written, each with a line as an example.
const KEYS: [(&str, &str); 17] = [
    ("spec", "spec: lc_cnn.lcnn"),
    ("name", "name: lc_cnn"),
    ("dataset", "dataset: contours"),
    ("data_root", "data_root: ../data"),
    ("verify", "verify: false"),
    ("allow_one_class", "allow_one_class: true"),
    ("allow_empty_classes", "allow_empty_classes: true"),
    ("allow_other_count", "allow_other_count: true"),
    ("device", "device: auto"),
    ("threads", "threads: 4"),
    ("fuse", "fuse: false"),
    ("tensorboard", "tensorboard: false"),
    ("save_every", "save_every: 60"),
    ("limit", "limit: 1000"),
    ("limit_test", "limit_test: 1000"),
    ("weights_from", "weights_from: {file: earlier/best.safetensors}"),
    ("set", "set: {steps: 5}"),
];

const HEAD: &str = "# The settings of a run. `lcnnc run --config run.yaml` repeats it.\n";

/// The text of a run.yaml: the overrides, and every setting as it was in the end.
pub fn write(overrides: &Overrides, settings: &Settings) -> String {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| Value::from(path.to_string_lossy().into_owned()));
    let set: Mapping =
        overrides.set.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into())).collect();
    let values = [
        path(&overrides.spec),
        overrides.name.clone().map(Value::from),
        overrides.dataset.clone().map(Value::from),
        path(&overrides.data_root),
        overrides.verify.map(Value::from),
        overrides.allow_one_class.map(Value::from),
        overrides.allow_empty_classes.map(Value::from),
        overrides.allow_other_count.map(Value::from),
        overrides.device.map(|device| Value::from(device.to_string())),
        overrides.threads.map(Value::from),
        overrides.fuse.map(Value::from),
        overrides.tensorboard.map(Value::from),
        overrides.save_every.map(|every| Value::from(every.as_secs_f64())),
        overrides.limit.map(Value::from),
        overrides.limit_test.map(Value::from),
        yaml_weights::written(&overrides.weights_from),
        (!set.is_empty()).then_some(Value::Mapping(set)),
    ];
    let mut top: Mapping =
        KEYS.iter().zip(values).filter_map(|((key, _), value)| Some((Value::from(*key), value?))).collect();
    for (block, bound) in BLOCKS.iter().zip(settings.blocks()).filter(|(block, _)| !settings.may_leave_out(block.name))
    {
        top.insert(block.name.into(), Value::Mapping(block_values(bound)));
    }
    // Texts, whole numbers and mappings of them can always be written.
    HEAD.to_owned() + &serde_yaml::to_string(&top).unwrap_or_default()
}

fn block_values(bound: &Bound) -> Mapping {
    let value = |name: &str, value: &ArgValue| match value {
        ArgValue::Count(n) => Value::from(*n),
        other => Value::from(written::written(name, other)),
    };
    bound.values.iter().map(|(name, bound)| (Value::from(*name), value(name, bound))).collect()
}

/// Reads a run.yaml from its file, see [`read`].
///
/// # Errors
/// If the file cannot be read, or everything that is wrong with it.
pub fn load(file: &Path) -> Result<Overrides, TrainError> {
    read(file, &files::read(file)?).map_err(|report| TrainError::Reports(vec![report]))
}

/// Reads the text of a run.yaml. Relative paths in it are relative to its own folder.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(file: &Path, text: &str) -> Result<Overrides, Report> {
    // A byte order mark is no part of the text, and would be taken for the end of a document.
    let text = &*with_line_feeds(text.trim_start_matches('\u{feff}'));
    let name = file.display().to_string();
    let mut reader = Reader { text, origin: name.clone(), overrides: Overrides::default(), diagnostics: Vec::new() };
    match serde_yaml::from_str(text) {
        Ok(top) => reader.top(&top),
        Err(error) => reader.diagnostics.push(syntax(text, &error)),
    }
    if !reader.diagnostics.is_empty() {
        return Err(Report::new(name, text, reader.diagnostics));
    }
    Ok(based(reader.overrides, file.parent().unwrap_or(Path::new(""))))
}

/// What is wrong with the text of a run.yaml that lies nowhere, as an example does.
pub fn report(text: &str) -> Report {
    const NAME: &str = "run.yaml";
    read(Path::new(NAME), text).err().unwrap_or_else(|| Report::new(NAME, text, Vec::new()))
}

/// Why a text is no YAML.
pub(crate) fn syntax(text: &str, error: &serde_yaml::Error) -> Diagnostic {
    let location = error.location();
    let message = error.to_string();
    // The place is shown, so it need not be said as well.
    let reason = message.split(" at line ").next().unwrap_or_default();
    config::not_yaml(reason, yaml_spans::of_error(text, location.as_ref()))
}

fn based(mut overrides: Overrides, folder: &Path) -> Overrides {
    overrides.spec = overrides.spec.map(|spec| folder.join(spec));
    overrides.weights_from = overrides.weights_from.based(folder);
    overrides.data_root = overrides.data_root.map(|root| folder.join(root));
    overrides.dataset = overrides.dataset.map(|dataset| match dataset.split_once(':') {
        Some((set, path)) => format!("{set}:{}", folder.join(path).display()),
        None => dataset,
    });
    overrides
}

pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    origin: String,
    overrides: Overrides,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn top(&mut self, top: &Value) {
        for (key, value) in self.entries("a run", "dataset: contours", &[], top) {
            let path = [key.clone()];
            match key.as_str() {
                "spec" => self.overrides.spec = self.word(&path, value).map(PathBuf::from),
                "name" => self.overrides.name = self.folder_name(&path, value),
                "dataset" => self.overrides.dataset = self.word(&path, value),
                "data_root" => self.overrides.data_root = self.word(&path, value).map(PathBuf::from),
                "verify" => self.overrides.verify = self.switch(&path, value),
                "allow_one_class" => self.overrides.allow_one_class = self.switch(&path, value),
                "allow_empty_classes" => self.overrides.allow_empty_classes = self.switch(&path, value),
                "allow_other_count" => self.overrides.allow_other_count = self.switch(&path, value),
                "device" => self.overrides.device = self.device(&path, value),
                "threads" => self.overrides.threads = self.count_to(MOST_THREADS, &path, value),
                "fuse" => self.overrides.fuse = self.switch(&path, value),
                "tensorboard" => self.overrides.tensorboard = self.switch(&path, value),
                "save_every" => self.overrides.save_every = self.seconds(&path, value),
                "limit" => self.overrides.limit = self.count(&path, value),
                "limit_test" => self.overrides.limit_test = self.count(&path, value),
                "weights_from" => self.overrides.weights_from = self.weights_from(&path, value),
                "set" => self.overrides.set = self.consts(&path, value),
                _ => match BLOCKS.iter().find(|block| block.name == key) {
                    Some(block) => self.block(block, &path, value),
                    None => self.unknown(
                        &path,
                        "",
                        KEYS.iter().map(|(key, _)| *key).chain(BLOCKS.iter().map(|block| block.name)),
                    ),
                },
            }
        }
    }

    pub(super) fn unknown<'k>(&mut self, path: &[String], within: &str, known: impl Iterator<Item = &'k str>) {
        let key = path.last().map_or("", String::as_str);
        let span = yaml_spans::of_key(self.text, path);
        let has_it = |block: &&SettingsBlock| within.is_empty() && block.keys.iter().any(|own| own.name == key);
        self.diagnostics.push(match BLOCKS.iter().find(has_it) {
            Some(block) => config::key_of_block(key, block.name, span),
            None => config::unknown_key(key, within, span, &known.collect::<Vec<_>>()),
        });
    }

    /// The keys and values of a mapping; nothing is an empty one.
    pub(super) fn entries<'v>(
        &mut self,
        what: &str,
        example: &str,
        path: &[String],
        value: &'v Value,
    ) -> Vec<(String, &'v Value)> {
        let mapping = match value {
            Value::Mapping(mapping) => mapping,
            Value::Null => return Vec::new(),
            other => {
                self.mistyped(what, "a block of keys", other, example, path);
                return Vec::new();
            }
        };
        let entry = |(key, value): (&Value, &'v Value)| Some((scalar(key)?, value));
        mapping.iter().filter_map(entry).collect()
    }

    pub(super) fn mistyped(&mut self, key: &str, expected: &str, found: &Value, example: &str, path: &[String]) {
        let span = yaml_spans::of_value(self.text, path);
        self.diagnostics.push(config::wrong_type(key, expected, &kind(found), example, span));
    }

    /// A value of a key at the top that is not what the key takes.
    fn unfit(&mut self, path: &[String], expected: &str, found: &Value) {
        let known = KEYS.into_iter().find(|(key, _)| path.first().is_some_and(|first| first == key));
        let (key, example) = known.unwrap_or_default();
        self.mistyped(key, expected, found, example, path);
    }

    pub(super) fn word(&mut self, path: &[String], value: &Value) -> Option<String> {
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.unfit(path, "a text", value);
        }
        text
    }

    /// A name, not a path: it may not lead out of the folder that the run's is put into.
    fn folder_name(&mut self, path: &[String], value: &Value) -> Option<String> {
        let name = self.word(path, value)?;
        let Some(problem) = unfit_for_a_folder(&name) else { return Some(name) };
        let problem = format!("`name` is the name of one folder under `--runs`, as in `lc_cnn`; this {problem}");
        self.diagnostics.push(config::wrong_value(&problem, yaml_spans::of_value(self.text, path)));
        None
    }

    fn count(&mut self, path: &[String], value: &Value) -> Option<usize> {
        self.count_to(usize::MAX, path, value)
    }

    fn count_to(&mut self, most: usize, path: &[String], value: &Value) -> Option<usize> {
        let count = value.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| (1..=most).contains(n));
        if count.is_none() {
            let expected = match most {
                usize::MAX => "a whole number above 0".to_owned(),
                _ => format!("a whole number from 1 to {most}"),
            };
            self.unfit(path, &expected, value);
        }
        count
    }

    fn seconds(&mut self, path: &[String], value: &Value) -> Option<Duration> {
        let seconds = value.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        if seconds.is_none() {
            self.unfit(path, "a number of seconds", value);
        }
        seconds
    }

    fn switch(&mut self, path: &[String], value: &Value) -> Option<bool> {
        let switch = value.as_bool();
        if switch.is_none() {
            self.unfit(path, "true or false", value);
        }
        switch
    }

    fn device(&mut self, path: &[String], value: &Value) -> Option<DeviceChoice> {
        let word = self.word(path, value)?;
        let device = word.parse();
        device
            .map_err(|error: crate::back::burn::DeviceError| {
                let span = yaml_spans::of_value(self.text, path);
                self.diagnostics.push(config::wrong_value(&error.to_string(), span));
            })
            .ok()
    }

    fn consts(&mut self, path: &[String], value: &Value) -> BTreeMap<String, String> {
        let mut consts = BTreeMap::new();
        for (name, value) in self.entries("set", "set: {steps: 5}", path, value) {
            match scalar(value) {
                Some(text) => drop(consts.insert(name, text)),
                None => {
                    let example = format!("{name}: 5");
                    self.mistyped(&name, "a number or a word", value, &example, &[path[0].clone(), name.clone()]);
                }
            }
        }
        consts
    }

    fn block(&mut self, block: &'static SettingsBlock, path: &[String], value: &Value) {
        for (key, value) in
            self.entries(block.name, &format!("{}: {{{}: …}}", block.name, block.keys[0].name), path, value)
        {
            let path = [path[0].clone(), key.clone()];
            let Some(declared) = block.keys.iter().find(|known| known.name == key) else {
                self.unknown(&path, block.name, block.keys.iter().map(|known| known.name));
                continue;
            };
            let Some(text) = scalar(value) else {
                let Span { start, end } = yaml_spans::of_value(self.text, &path);
                let example = format!("{key}: \"{}\"", &self.text[start..end]);
                self.mistyped(&key, "a text in the language of the spec", value, &example, &path);
                continue;
            };
            self.setting(block.name, declared.name, &path, text);
        }
    }

    /// Tries a setting out, so that what is wrong with it is found here, where its place is known.
    fn setting(&mut self, block: &'static str, key: &'static str, path: &[String], text: String) {
        match Settings::default().set(block, key, &text) {
            Ok(()) => {
                let target = Target::Key { block, key };
                self.overrides.settings.push(Setting { origin: self.origin.clone(), target, text });
            }
            Err(found) => {
                let span = yaml_spans::of_value(self.text, path);
                self.diagnostics.extend(found.into_iter().map(|diagnostic| moved(diagnostic, self.text, span, &text)));
            }
        }
    }
}

/// A diagnostic of a value's text with its places in the file: to the letter where the file has the value as it is, else
/// the whole value.
pub(crate) fn moved(mut diagnostic: Diagnostic, file: &str, span: Span, value: &str) -> Diagnostic {
    // Its changes are those of the value alone.
    diagnostic.fix.clear();
    let inside = file[span.start..span.end].find(value).map(|at| span.start + at);
    for label in &mut diagnostic.labels {
        label.span = match inside {
            Some(start) => Span::new(start + label.span.start, start + label.span.end),
            None => span,
        };
    }
    diagnostic
}

/// A text, a number or a truth value as text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => None,
    }
}

/// A value in the words of a message.
pub(crate) fn kind(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("`{text}`"),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) => "a block of keys".to_owned(),
        Value::Tagged(_) => "a tagged value".to_owned(),
    }
}
