//! `lcnnc export --to brainscore`: a folder that Brain-Score takes as a plug-in.

use super::{Export, is_name, write_all};
use crate::cli::values::assignment;
use lcnnc::exports::brainscore::{Plugin, mapped};
use lcnnc::train::{Console, TrainError};
use std::path::{Path, PathBuf};

/// The flags of this export alone.
#[derive(Debug, clap::Args)]
pub struct PluginFlags {
    /// Of brainscore: how long a step of a loop lasts, in milliseconds [default: 10]
    #[arg(long, value_name = "MS", value_parser = milliseconds, allow_hyphen_values = true)]
    ms_per_step: Option<f64>,
    /// Of brainscore: which value or area stands for which region, as in V1=O,IT=V4.S [default: those that have a region's name]
    #[arg(long, value_name = "REGION=VALUE", value_parser = assignment, value_delimiter = ',')]
    map: Vec<(String, String)>,
}

/// Reads a number of milliseconds. Steps that are shorter would come together where their times are rounded.
fn milliseconds(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok().filter(|ms: &f64| *ms >= 1.0 && *ms <= 1e6);
    number.ok_or_else(|| "expected a number of milliseconds from 1 to 1000000, as in 10".to_owned())
}

impl PluginFlags {
    /// One of the flags that is given.
    pub fn given(&self) -> Option<&'static str> {
        match (self.ms_per_step, self.map.is_empty()) {
            (Some(_), _) => Some("--ms-per-step"),
            (None, false) => Some("--map"),
            (None, true) => None,
        }
    }

    /// Writes the folder, says what is in it, and gives its path.
    pub fn write(&self, source: &Path, out: &Path, export: &Export) -> Result<Vec<PathBuf>, TrainError> {
        let refused = |path: &Path, reason: String| TrainError::Refused { path: path.to_owned(), reason };
        let id = out.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !is_name(id) {
            let reason =
                "the folder's name is that of the model, of letters, digits and `_`: name such a one by `--out`";
            return Err(refused(out, reason.to_owned()));
        }
        let above = out.parent().filter(|folder| !folder.as_os_str().is_empty());
        match above {
            _ if out.exists() && !out.is_dir() => {
                return Err(refused(out, "`--out`: expected a folder, and this is a file".to_owned()));
            }
            Some(folder) if !folder.is_dir() => {
                return Err(refused(out, "`--out`: there is no folder for it".to_owned()));
            }
            _ => {}
        }
        let mapping = mapped(&export.net, &self.map).map_err(|reason| refused(source, reason))?;
        let weights = export.weights.as_deref().unwrap_or_default();
        let plugin = Plugin {
            id,
            net: &export.net,
            about: &export.about,
            mapping: &mapping,
            ms_per_step: self.ms_per_step.unwrap_or(10.0),
            weights,
            history: &export.history,
        };
        let mut files: Vec<(PathBuf, Vec<u8>)> =
            plugin.files().into_iter().map(|(name, bytes)| (out.join(name), bytes)).collect();
        if !plugin.brings_weights() {
            files.push((out.with_extension("safetensors"), weights.to_vec()));
        }
        let files: Vec<(&Path, &[u8])> = files.iter().map(|(path, bytes)| (path.as_path(), bytes.as_slice())).collect();
        write_all(&files)?;
        let console = Console::new();
        plugin.lines().iter().chain([&plugin.memory()]).for_each(|line| console.line(&format!("  {line}")));
        plugin.warnings().iter().for_each(|warning| console.warn(&format!("warning: {warning}")));
        Ok(vec![out.to_owned()])
    }
}
