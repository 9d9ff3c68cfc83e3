//! `weights_from` of run.yaml: weights from elsewhere.

use super::yaml::{Reader, scalar};
use super::yaml_spans;
use crate::train::weights::wish::{Renamed, WeightsFile, WeightsFrom};
use lcnnc_lang::diag::config;
use serde_yaml::{Mapping, Value};
use std::path::PathBuf;

/// Its keys, each with a line as an example.
const KEYS: [(&str, &str); 5] = [
    ("file", "file: earlier/best.safetensors"),
    ("sha256", "sha256: 9e1e2aa0…"),
    ("only", "only: [\"V1.*\", \"V2.*\"]"),
    ("except", "except: \"decoder.linear.*\""),
    ("rename", "rename: {\"V1.conv1.*\": \"retina.conv.*\"}"),
];
const BLOCK: &str = "weights_from";

/// The block as run.yaml has it; none where nothing is wished.
pub fn written(wish: &WeightsFrom) -> Option<Value> {
    let WeightsFrom { file, only, except, rename } = wish;
    let text = |text: &str| Value::from(text);
    let list =
        |names: &[String]| (!names.is_empty()).then(|| Value::Sequence(names.iter().map(|name| text(name)).collect()));
    let renamed: Mapping = rename.iter().map(|Renamed { theirs, ours }| (text(theirs), text(ours))).collect();
    let values = [
        file.as_ref().map(|file| text(&file.path.to_string_lossy())),
        file.as_ref().and_then(|file| file.sha256.as_deref()).map(text),
        list(only),
        list(except),
        (!renamed.is_empty()).then_some(Value::Mapping(renamed)),
    ];
    let block: Mapping = KEYS.iter().zip(values).filter_map(|((key, _), value)| Some((text(key), value?))).collect();
    (!block.is_empty()).then_some(Value::Mapping(block))
}

impl Reader<'_> {
    /// A file alone, or the whole block.
    pub(super) fn weights_from(&mut self, path: &[String], value: &Value) -> WeightsFrom {
        let mut wish = WeightsFrom::default();
        if let Value::String(file) = value {
            wish.file = Some(WeightsFile { path: PathBuf::from(file), sha256: None });
            return wish;
        }
        let (mut file, mut sha256) = (None, None);
        for (key, value) in self.entries(BLOCK, "weights_from: {file: earlier/best.safetensors}", path, value) {
            let path = [path[0].clone(), key.clone()];
            match key.as_str() {
                "file" => file = self.text_of(&path, value).map(PathBuf::from),
                "sha256" => sha256 = self.text_of(&path, value),
                "only" => wish.only = self.names(&path, value),
                "except" => wish.except = self.names(&path, value),
                "rename" => wish.rename = self.renamed(&path, value),
                _ => self.unknown(&path, BLOCK, KEYS.iter().map(|(key, _)| *key)),
            }
        }
        wish.file = file.map(|path| WeightsFile { path, sha256 });
        wish
    }

    fn misread(&mut self, path: &[String], expected: &str, value: &Value) {
        let key = path.get(1).map_or("", String::as_str);
        let example = KEYS.iter().find(|(known, _)| *known == key).map_or("", |(_, example)| example);
        self.mistyped(key, expected, value, example, path);
    }

    fn text_of(&mut self, path: &[String], value: &Value) -> Option<String> {
        let text = value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        if text.is_none() {
            self.misread(path, "a text", value);
        }
        text
    }

    /// One name, or a list of names.
    fn names(&mut self, path: &[String], value: &Value) -> Vec<String> {
        let values = match value {
            Value::Sequence(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let names: Option<Vec<String>> = values.iter().map(|it| scalar(it).filter(|name| !name.is_empty())).collect();
        if names.is_none() {
            self.misread(path, "a name or a list of names", value);
        }
        names.unwrap_or_default()
    }

    fn renamed(&mut self, path: &[String], value: &Value) -> Vec<Renamed> {
        let mut all = Vec::new();
        for (theirs, ours) in self.entries("rename", KEYS[4].1, path, value) {
            let path: Vec<String> = path.iter().cloned().chain([theirs.clone()]).collect();
            let Some(ours) = scalar(ours) else {
                self.mistyped(&theirs, "a name of the net", ours, KEYS[4].1, &path);
                continue;
            };
            match Renamed::new(&theirs, &ours) {
                Ok(renamed) => all.push(renamed),
                Err(problem) => {
                    let span = yaml_spans::of_value(self.text, &path);
                    self.diagnostics.push(config::wrong_value(&format!("`rename`: {problem}"), span));
                }
            }
        }
        all
    }
}
