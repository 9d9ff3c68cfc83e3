//! `lcnnc export --to onnx`: a net as one graph with its weights.

use super::{Export, may_be_written, name_of};
use crate::cli::values::value_at_steps;
use lcnnc::activity::Asked;
use lcnnc::back::burn::initial;
use lcnnc::back::onnx::{self, Options, file};
use lcnnc::data::sha256;
use lcnnc::train::{TrainError, user_files};
use lcnnc_lang::front::settings::Settings;
use lcnnc_lang::ir::ParamId;
use safetensors::SafeTensors;
use std::io;
use std::path::{Path, PathBuf};

/// What a graph is to be like.
#[derive(Debug, clap::Args)]
pub struct GraphFlags {
    /// With `--to onnx`: the values that the graph gives, as in `O@all,logits` [default: the scores]
    #[arg(long, value_name = "VALUE,…", value_delimiter = ',', value_parser = value_at_steps)]
    outputs: Vec<String>,
    /// With `--to onnx`: the graph takes pictures with pixels from 0 to 1, and transforms them as the spec does in tests
    #[arg(long)]
    with_preprocessing: bool,
    /// With `--to onnx`: keep loops as nodes `Loop`; otherwise every step is written out
    #[arg(long)]
    loops: bool,
}

impl GraphFlags {
    /// One of the flags that is given.
    pub fn given(&self) -> Option<&'static str> {
        let given = [
            ("--outputs", !self.outputs.is_empty()),
            ("--with-preprocessing", self.with_preprocessing),
            ("--loops", self.loops),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(flag, _)| flag)
    }

    /// Writes the net as a graph; gives the files.
    pub fn write(&self, export: &Export, out: &Path) -> Result<Vec<PathBuf>, TrainError> {
        let refused = |reason: String| TrainError::Refused { path: out.to_owned(), reason };
        if out.extension().is_none_or(|ending| ending != "onnx") {
            return Err(refused("a graph of ONNX ends in `.onnx`, as in `net.onnx`".to_owned()));
        }
        let Export { net, about, weights, .. } = export;
        let settings = about.settings.clone().unwrap_or_default();
        let graph = onnx::emit(net, &self.options(export, &settings)?).map_err(|error| refused(error.to_string()))?;
        let known = weights.as_deref().map(SafeTensors::deserialize).transpose();
        let known = known.map_err(|error| refused(error.to_string()))?;
        let seed = settings.train.count("seed") as u64;
        let mut numbers = |id: ParamId| match &known {
            None => Ok(initial(net, seed, id).into_iter().map(|x| x as f32).collect()),
            Some(file) => {
                let tensor = file.tensor(&net.param(id).name).map_err(io::Error::other)?;
                Ok(tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
            }
        };
        let files = graph.files(net, &name_of(out), file::MOST_BYTES);
        let files: Vec<_> = files.into_iter().map(|(name, contents)| (out.with_file_name(name), contents)).collect();
        for (path, contents) in &files {
            may_be_written(path, &mut |out| graph.write(net, contents, &mut numbers, out))?;
        }
        for (path, contents) in files.iter().rev() {
            user_files::write_with(path, &mut |out| graph.write(net, contents, &mut numbers, out))?;
        }
        Ok(files.into_iter().map(|(path, _)| path).collect())
    }

    fn options(&self, export: &Export, settings: &Settings) -> Result<Options, TrainError> {
        let Export { net, about, resolved, .. } = export;
        let mut outputs: Vec<Asked> = Vec::new();
        for text in &self.outputs {
            let value = Asked::of(net, text.trim()).map_err(TrainError::Unasked)?;
            if !outputs.iter().any(|known| known.text == value.text) {
                outputs.push(value);
            }
        }
        let transforms: Vec<String> = settings.test_transforms().iter().map(ToString::to_string).collect();
        let metadata = [
            ("lcnnc.version", env!("CARGO_PKG_VERSION").to_owned()),
            ("lcnnc.spec", resolved.clone()),
            ("lcnnc.spec_sha256", sha256([resolved.as_bytes()])),
            ("lcnnc.classes", serde_json::json!(about.classes).to_string()),
            ("lcnnc.transforms", format!("[{}]", transforms.join(", "))),
            ("lcnnc.weights", weights_of(export)),
        ];
        Ok(Options {
            loops: self.loops,
            outputs,
            pictures: self.with_preprocessing.then(|| settings.test_transforms().to_vec()),
            metadata: metadata.map(|(key, value)| (key.to_owned(), value)).to_vec(),
            doc: about.head.join("\n"),
            ..Options::default()
        })
    }
}

/// Where the weights are from, in words.
fn weights_of(Export { about, weights, .. }: &Export) -> String {
    match weights {
        Some(_) => about.origin.clone(),
        None => format!("the weights that a training of {} begins with", about.origin),
    }
}
