//! What each sleep has done, as JSON lines: a line a sleep.

use super::{LayerSlept, Observer, ObserverKind, ObserverMemory, RunHome, Slept, Snr, TrainingStart};
use crate::train::{TrainError, files};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

pub const SLEEPS: ObserverKind = ObserverKind {
    keeps: None,
    open: |start, memory| {
        let settings = &start.recipe.settings.sleep;
        if settings.count("every") == 0 {
            return Ok(None);
        }
        let log = Log::open(start.run.folder.join(FILE), memory.lengths.get(LENGTH).copied().unwrap_or(0))?;
        Ok(Some(Box::new(log)))
    },
    hand_on: |memory, from, to| {
        if let Some(length) = memory.lengths.get(LENGTH).copied() {
            let written = copy(from, to, length)?;
            memory.lengths.insert(LENGTH.to_owned(), written);
        }
        Ok(())
    },
};

/// The name of the file.
const FILE: &str = "sleep.jsonl";

/// The name of its length in checkpoints.
const LENGTH: &str = "sleep";

/// Copies as much of the file as is there of its first `length` bytes, and gives how much that was.
fn copy(from: RunHome<'_>, to: RunHome<'_>, length: u64) -> Result<u64, TrainError> {
    let path = from.folder.join(FILE);
    let bytes = if path.is_file() { fs::read(&path).map_err(TrainError::file(&path, "read"))? } else { Vec::new() };
    let kept = &bytes[..bytes.len().min(usize::try_from(length).unwrap_or(usize::MAX))];
    files::replace(&to.folder.join(FILE), kept)?;
    Ok(kept.len() as u64)
}

/// The last sleep of the epoch in whose middle a training goes on; none where it begins with an epoch, or none has come in it yet.
pub(super) fn last(start: &TrainingStart<'_>, memory: &ObserverMemory) -> Option<Slept> {
    let length = usize::try_from(*memory.lengths.get(LENGTH)?).ok()?;
    let bytes = fs::read(start.run.folder.join(FILE)).ok()?;
    let line: Line =
        serde_json::from_slice(bytes[..bytes.len().min(length)].trim_ascii().rsplit(|byte| *byte == b'\n').next()?)
            .ok()?;
    let layer = |(name, Ratios { before, after })| LayerSlept { name, before, after };
    let layers = line.snr.into_iter().map(layer).collect();
    (line.epoch == start.epochs_done + 1).then_some(Slept { step: line.step, seconds: line.seconds, layers })
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    step: usize,
    epoch: usize,
    seconds: f64,
    /// What the sleep has made of each layer, by the layer's name.
    snr: BTreeMap<String, Ratios>,
}

#[derive(Serialize, Deserialize)]
struct Ratios {
    before: Snr,
    after: Snr,
}

/// The file, growing by a line a sleep.
struct Log {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Log {
    /// Begins the file, or goes on behind its first `length` bytes: what lies beyond is of steps that are taken again.
    fn open(path: PathBuf, length: u64) -> Result<Self, TrainError> {
        let open = |path: &Path| {
            let file = OpenOptions::new().append(true).create(true).open(path)?;
            let length = length.min(file.metadata()?.len());
            file.set_len(length)?;
            Ok((file, length))
        };
        let (file, length) = open(&path).map_err(TrainError::file(&path, "written"))?;
        Ok(Self { path, file, length })
    }
}

impl Observer for Log {
    fn sleep_ends(&mut self, epoch: usize, slept: &Slept) -> Result<(), TrainError> {
        let ratios = |layer: &LayerSlept| Ratios { before: layer.before, after: layer.after };
        let snr = slept.layers.iter().map(|layer| (layer.name.clone(), ratios(layer))).collect();
        let line = Line { step: slept.step, epoch, seconds: slept.seconds, snr };
        let line =
            serde_json::to_string(&line).unwrap_or_else(|error| unreachable!("numbers are JSON: {error}")) + "\n";
        self.file.write_all(line.as_bytes()).map_err(TrainError::file(&self.path, "written"))?;
        self.length += line.len() as u64;
        Ok(())
    }

    fn before_checkpoint(&mut self, memory: &mut ObserverMemory) -> Result<(), TrainError> {
        self.file.sync_data().map_err(TrainError::file(&self.path, "written"))?;
        memory.lengths.insert(LENGTH.to_owned(), self.length);
        Ok(())
    }
}
