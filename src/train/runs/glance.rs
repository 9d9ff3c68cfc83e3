//! A run's folder at a glance: what a list of many runs says of it. No weights are read.

use crate::data::sha256;
use crate::observe::Epoch;
use crate::observe::metrics::{self, LINES};
use crate::train::fit::{BEST, LAST};
use crate::train::recipe::yaml;
use crate::train::runs::diverged;
use crate::train::runs::facts::{MadeWith, made_with};
use crate::train::runs::inspect;
use crate::train::runs::inspection::Inspection;
use crate::train::runs::manifest::{Manifest, Summary};
use crate::train::runs::run_dir::{self, MANIFEST, SETTINGS, SPEC, SUMMARY};
use crate::train::{TrainError, files};
use std::fs;
use std::path::{Path, PathBuf};

/// The files by which a run's folder is known: two of them are enough, whatever else is missing.
const KNOWN_BY: [&str; 4] = [SPEC, SETTINGS, MANIFEST, SUMMARY];

/// What a list says of a run.
#[derive(Clone, Debug)]
pub struct Glance {
    pub path: PathBuf,
    pub manifest: Manifest,
    pub made_with: MadeWith,
    /// How it ended, if it came to its end.
    pub summary: Option<Summary>,
    /// What was not finite, of a run that diverged.
    pub diverged: Option<String>,
}

impl Glance {
    /// Looks at a run's folder.
    ///
    /// # Errors
    /// If a file is missing, cannot be understood, or is not what the run left.
    pub fn at(path: &Path) -> Result<Self, TrainError> {
        run_dir::check(path)?;
        let inspection = &mut Inspection::quiet();
        let manifest = inspect::manifest(path, inspection)?;
        inspect::first_files(path, &manifest, &[SPEC, SETTINGS], inspection)?;
        let summary = inspect::summary(path, &manifest, inspection)?;
        if summary.is_some() {
            has_weights(path)?;
        }
        let known = summary.as_ref().and_then(|summary| summary.settings.clone());
        let made_with = match known {
            Some(known) => known,
            None => made_with(&manifest, &yaml::load(&path.join(SETTINGS))?, &files::source(&path.join(SPEC))?.text),
        };
        let diverged = summary.is_none().then(|| diverged::reason(path)).flatten();
        Ok(Self { path: path.to_owned(), manifest, made_with, summary, diverged })
    }

    /// The numbers of the run's epochs, as far as they are whole.
    ///
    /// # Errors
    /// If they are not those that the run left when it came to its end.
    pub fn epochs(&self) -> Result<Vec<Epoch>, TrainError> {
        let path = self.path.join(LINES);
        let text = fs::read(&path).unwrap_or_default();
        let known = self.summary.as_ref().and_then(|summary| summary.metrics_sha256.as_ref());
        if let Some(known) = known.filter(|known| **known != sha256([text.as_slice()])) {
            let way = inspect::way_of_metrics(&self.path, known);
            return Err(TrainError::Damaged {
                path,
                reason: format!("its SHA-256 is not the one of {SUMMARY}; {way}"),
            });
        }
        Ok(metrics::epochs(&String::from_utf8_lossy(&text)))
    }

    /// Whether a process trains in the folder, as far as can be told.
    pub fn is_busy(&self) -> bool {
        matches!(run_dir::lock(&self.path), Err(TrainError::Busy { .. }))
    }

    /// The text of the run's own spec.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn spec(&self) -> Result<String, TrainError> {
        Ok(files::source(&self.path.join(SPEC))?.text)
    }
}

/// Checks that the folder of a finished run has its weights, without reading them.
///
/// # Errors
/// If the best or the last ones are missing.
pub fn has_weights(path: &Path) -> Result<(), TrainError> {
    match [BEST, LAST].into_iter().find(|name| !path.join(name).is_file()) {
        Some(lost) => Err(TrainError::Damaged { path: path.join(lost), reason: "it is missing".to_owned() }),
        None => Ok(()),
    }
}

/// Whether a folder is a run's, even one that has lost some of its files.
pub fn is_run(folder: &Path) -> bool {
    KNOWN_BY.iter().filter(|name| folder.join(name).is_file()).count() > 1
}
