//! A run's folder, read and compared with what the run left in it.

use crate::data::{sha256, sha256_of, short};
use crate::observe::metrics::{History, LINES, TABLE};
use crate::train::fit::checkpoint;
use crate::train::quoted::quoted;
use crate::train::recipe::yaml;
use crate::train::runs::diverged;
use crate::train::runs::inspection::Inspection;
use crate::train::runs::manifest::{Manifest, Summary};
use crate::train::runs::run_dir::{self, MANIFEST, SETTINGS, SPEC, SUMMARY};
use crate::train::runs::seal::Sealed;
use crate::train::runs::which::Which;
use crate::train::weights::{self, Stored};
use crate::train::{Overrides, TrainError, files};
use lcnnc_lang::Source;
use lcnnc_lang::diag::counted;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A run's folder as it is read.
pub struct RunFolder {
    pub path: PathBuf,
    pub manifest: Manifest,
    pub overrides: Overrides,
    pub source: Source,
    /// How the run ended, if it did.
    pub summary: Option<Summary>,
    /// An older version of lcnnc wrote it, without checksums.
    older: bool,
}

impl RunFolder {
    /// Reads a run's folder.
    ///
    /// # Errors
    /// If a file is missing, cannot be understood, or is not what the run left.
    pub fn open(path: &Path, inspection: &mut Inspection) -> Result<Self, TrainError> {
        run_dir::check(path)?;
        let manifest = manifest(path, inspection)?;
        let older = manifest.files.is_none();
        if older {
            let path = path.display();
            inspection
                .say(&format!("note: {path}: an older version of lcnnc wrote it, without checksums of its files"));
        }
        first_files(path, &manifest, &[SPEC, SETTINGS], inspection)?;
        let overrides = yaml::load(&path.join(SETTINGS))?;
        let source = files::source(&path.join(SPEC))?;
        let summary = summary(path, &manifest, inspection)?;
        Ok(Self { path: path.to_owned(), manifest, overrides, source, summary, older })
    }

    /// The run's weights of that name.
    ///
    /// # Errors
    /// If the run keeps no such weights, the file cannot be read, or it does not hold the weights that the run left.
    pub fn weights(&self, which: Which, inspection: &mut Inspection) -> Result<Stored, TrainError> {
        if let Some(problem) = self.never_kept(which) {
            return Err(problem);
        }
        let path = self.path.join(which.file());
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(self.missing(which, path)),
            read => read.map_err(TrainError::file(&path, "read"))?,
        };
        let checksum = sha256([bytes.as_slice()]);
        let expected = self.checksum(which).filter(|(expected, _)| **expected != checksum);
        let stored = weights::parse(&path, &bytes).map_err(|error| self.unreadable(error, which, expected))?;
        if let Some((expected, of)) = expected {
            inspection.found(TrainError::Altered {
                path,
                expected: format!("the SHA-256 {} of {of}", short(expected)),
                found: format!("{}: {}", short(&checksum), self.describe(&stored, which)),
                way: self.way_back(which, expected),
            })?;
        } else if self.summary.is_none() && which != Which::Initial {
            self.unfinished(&stored, which, path, inspection)?;
        }
        Ok(stored)
    }

    /// The checksum that weights are to have, and the file that says so.
    fn checksum(&self, which: Which) -> Option<(&String, &'static str)> {
        match which {
            Which::Initial => Some((self.manifest.files.as_ref()?.initial.as_ref()?, MANIFEST)),
            _ => Some((self.summary.as_ref()?.weights.of(which)?, SUMMARY)),
        }
    }

    /// The problem that a file of weights is not there.
    fn missing(&self, which: Which, path: PathBuf) -> TrainError {
        let way = match self.checksum(which) {
            Some((checksum, _)) => self.way_back(which, checksum),
            None => match diverged::problem(&self.path) {
                Some(problem) => return problem,
                None => format!("the run is not finished: first `lcnnc resume {}`", quoted(&self.path)),
            },
        };
        TrainError::Refused { path, reason: format!("it is missing; {way}") }
    }

    /// Adds to a problem how the file can be had again.
    fn unreadable(&self, error: TrainError, which: Which, expected: Option<(&String, &str)>) -> TrainError {
        let Some((expected, _)) = expected else { return error };
        let way = self.way_back(which, expected);
        with_way(error, &format!("if these are not weights of yours, {way}"))
    }

    /// A run that is not finished has no summary; its files of weights say themselves whose they are.
    fn unfinished(
        &self,
        stored: &Stored,
        which: Which,
        path: PathBuf,
        inspection: &mut Inspection,
    ) -> Result<(), TrainError> {
        let whose = stored.whose.as_ref();
        if whose.is_none_or(|whose| whose.recipe != self.manifest.fingerprint || whose.weights != which.to_string())
            && !(self.older && stored.damage.is_none())
        {
            return inspection.found(TrainError::Altered {
                path,
                expected: format!("{} of this run", which.words()),
                found: self.describe(stored, which),
                way: match which {
                    // Its epoch may be over for good.
                    Which::Epoch(_) => self.anew(),
                    _ => format!("`lcnnc resume {}` writes it anew", quoted(&self.path)),
                },
            });
        }
        let after = whose.map_or(String::new(), |whose| format!(", those after epoch {}", whose.epoch));
        let state = diverged::problem(&self.path).map_or("the run is not finished".to_owned(), |it| it.finding());
        inspection.say(&match which {
            Which::Epoch(epoch) => format!("note: {state}; these are its weights after epoch {epoch}"),
            _ => format!("note: {state}; these are its {which} weights so far{after}"),
        });
        Ok(())
    }

    /// What a file of weights says of itself, where it is not the one that was expected.
    fn describe(&self, stored: &Stored, which: Which) -> String {
        match (&stored.whose, &stored.damage) {
            (_, Some(damage)) => format!("a damaged file ({damage})"),
            (None, None) => "weights without lcnnc's notes, of another program or an older version".to_owned(),
            (Some(whose), None) if whose.recipe != self.manifest.fingerprint => format!(
                "weights of another run, of `{}` with the fingerprint {}, for the classes {}",
                whose.model,
                short(&whose.recipe),
                whose.classes
            ),
            (Some(whose), None) if whose.weights != which.to_string() => {
                let unknown = |_| format!("the {} weights", whose.weights);
                format!("{} of this run", whose.weights.parse().map_or_else(unknown, Which::words))
            }
            (Some(whose), None) => format!("weights of the same recipe, after {}", epochs(&whose.epoch)),
        }
    }

    /// How weights can be had again.
    pub(super) fn way_back(&self, which: Which, checksum: &str) -> String {
        if let Some(shared) = &self.manifest.shared {
            return format!("put the file back, or share once more with {}", shared.again());
        }
        match checkpoint::kept(&self.path, &which.file(), checksum) {
            Some(_) => format!("`lcnnc resume {}` puts it back from the last checkpoint", quoted(&self.path)),
            None => self.anew(),
        }
    }

    fn anew(&self) -> String {
        let config = quoted(&self.path.join(SETTINGS));
        format!("put the file back, or train the run anew with `lcnnc run --config {config}`")
    }

    /// Checks that the best and the last weights are those that a finished run left, without a look at what is in them.
    ///
    /// # Errors
    /// Which of them is not.
    pub fn whole(&self) -> Result<(), TrainError> {
        for which in self.summary.iter().flat_map(|_| [Which::Best, Which::Last]) {
            let path = self.path.join(which.file());
            let found = match File::open(&path).and_then(|mut file| sha256_of(&mut file)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => "none".to_owned(),
                found => found.map_err(TrainError::file(&path, "read"))?,
            };
            if let Some((checksum, of)) = self.checksum(which).filter(|(checksum, _)| **checksum != found) {
                return Err(TrainError::Altered {
                    path,
                    expected: format!("the SHA-256 {} of {of}", short(checksum)),
                    found: short(&found).to_owned(),
                    way: self.way_back(which, checksum),
                });
            }
        }
        Ok(())
    }

    /// What is wrong with the numbers of a finished run, which no answer depends on: a sentence.
    pub fn metrics_problem(&self) -> Option<String> {
        // Where no training was, there are none.
        let summary = self.summary.as_ref().filter(|_| self.manifest.shared.is_none())?;
        let text = |name: &str| fs::read(self.path.join(name)).unwrap_or_default();
        let lines = String::from_utf8_lossy(&text(LINES)).into_owned();
        let same = summary.metrics_sha256.as_ref().is_none_or(|checksum| *checksum == sha256([lines.as_bytes()]));
        let history = History::of(&lines, summary.epochs);
        let (file, reason) = match history {
            Err(reason) => (LINES, reason),
            Ok(_) if !same => (LINES, format!("its SHA-256 is not the one of {SUMMARY}")),
            Ok(history) if text(TABLE) != history.table().as_bytes() => (TABLE, format!("it is not what {LINES} says")),
            Ok(_) => return None,
        };
        let way = match &summary.metrics_sha256 {
            _ if file == TABLE => format!("`lcnnc resume {}` writes it anew", quoted(&self.path)),
            Some(checksum) => way_of_metrics(&self.path, checksum),
            None => NO_COPY.to_owned(),
        };
        Some(format!("{}: damaged: {reason}; {way}", self.path.join(file).display()))
    }
}

/// What is said of numbers of epochs that are lost.
const NO_COPY: &str = "no checkpoint holds what it was";

/// How the numbers of a run's epochs become again what they were, by their checksum.
pub fn way_of_metrics(run: &Path, checksum: &str) -> String {
    match checkpoint::kept(run, LINES, checksum) {
        Some(_) => format!("`lcnnc resume {}` puts it right", quoted(run)),
        None => NO_COPY.to_owned(),
    }
}

/// Why a run that its folder does not call complete cannot be taken as one.
pub fn unended(folder: &Path) -> TrainError {
    diverged::problem(folder).unwrap_or_else(|| TrainError::Unfinished { path: folder.to_owned() })
}

/// Checks that the settings and the spec in a run's folder are those that the run left there.
///
/// # Errors
/// If they are not, or if that cannot be told.
pub fn settings(folder: &Path, inspection: &mut Inspection) -> Result<(), TrainError> {
    let path = folder.join(MANIFEST);
    match Manifest::read(&path) {
        Ok(sealed) => first_files(folder, &sealed_as_written(path, sealed, inspection)?, &[SPEC, SETTINGS], inspection),
        Err(error) => {
            let found = match error {
                TrainError::Damaged { reason, .. } => format!("a damaged one ({reason})"),
                TrainError::File { source, .. } => format!("none ({source})"),
                error => error.finding(),
            };
            let expected = format!("the manifest of the run in this folder, to check {SETTINGS} with");
            let way = format!("to change settings, copy {SETTINGS} and {SPEC} into a folder of their own");
            inspection.found(TrainError::Altered { path, expected, found, way })
        }
    }
}

pub(super) fn manifest(folder: &Path, inspection: &mut Inspection) -> Result<Manifest, TrainError> {
    let path = folder.join(MANIFEST);
    let way = format!("`lcnnc run --config {} --force` begins the run anew", quoted(&folder.join(SETTINGS)));
    let sealed = Manifest::read(&path).map_err(|error| with_way(error, &way))?;
    sealed_as_written(path, sealed, inspection)
}

fn sealed_as_written(
    path: PathBuf,
    sealed: Sealed<Manifest>,
    inspection: &mut Inspection,
) -> Result<Manifest, TrainError> {
    let Sealed { value, found, expected } = sealed;
    match expected {
        None if value.files.is_none() => {}
        Some(expected) if expected == found => {}
        expected => inspection.found(sealed_otherwise(path, expected.as_deref(), &found, "put the file back"))?,
    }
    Ok(value)
}

/// How many epochs a note in a file of weights names.
fn epochs(note: &str) -> String {
    note.parse::<usize>().map_or_else(|_| format!("{note} epochs"), |epochs| counted(epochs, "epoch"))
}

/// A problem with a file that cannot be understood, and what can be done.
fn with_way(error: TrainError, way: &str) -> TrainError {
    match error {
        TrainError::Damaged { path, reason } => TrainError::Damaged { path, reason: format!("{reason}; {way}") },
        TrainError::NotUtf8 { path, problem } => TrainError::Damaged { path, reason: format!("{problem}; {way}") },
        error => error,
    }
}

fn sealed_otherwise(path: PathBuf, expected: Option<&str>, found: &str, way: &str) -> TrainError {
    let expected = expected
        .map_or("a checksum in it".to_owned(), |checksum| format!("the checksum {}, which it names", short(checksum)));
    TrainError::Altered { path, expected, found: short(found).to_owned(), way: way.to_owned() }
}

/// Checks that files that a run began with are still the same.
///
/// # Errors
/// Which one is not.
pub fn first_files(
    folder: &Path,
    manifest: &Manifest,
    names: &[&str],
    inspection: &mut Inspection,
) -> Result<(), TrainError> {
    let all = manifest.files.iter().flat_map(super::manifest::FirstFiles::named);
    for (name, checksum) in all.filter(|(name, _)| names.contains(name)) {
        let path = folder.join(name);
        let found = sha256([fs::read(&path).map_err(TrainError::file(&path, "read"))?.as_slice()]);
        if found != *checksum {
            let expected = format!("the SHA-256 {} of {MANIFEST}", short(checksum));
            let way = "put the file back".to_owned();
            inspection.found(TrainError::Altered { path, expected, found: short(&found).to_owned(), way })?;
        }
    }
    Ok(())
}

pub(super) fn summary(
    folder: &Path,
    manifest: &Manifest,
    inspection: &mut Inspection,
) -> Result<Option<Summary>, TrainError> {
    let path = folder.join(SUMMARY);
    if !path.is_file() {
        return Ok(None);
    }
    let resume = format!("`lcnnc resume {}`", quoted(folder));
    let way = if checkpoint::any(folder) {
        format!("remove it, and {resume} writes it anew")
    } else {
        format!("put the file back: no checkpoint is there, so that without it {resume} trains all epochs again")
    };
    let Sealed { value, found, expected } = match Summary::read(&path) {
        Ok(sealed) => sealed,
        Err(error) => {
            let force = if inspection.knows_force() { "; `--force` goes on as if it were not there" } else { "" };
            let way = format!("{way}{force}");
            inspection.found(with_way(error, &way))?;
            return Ok(None);
        }
    };
    let run = manifest.seal();
    match (&expected, &value.manifest_seal) {
        (None, None) => {}
        (Some(seal), Some(of)) if *seal == found && *of == run => {}
        (Some(seal), Some(of)) if *seal == found => inspection.found(TrainError::Altered {
            path,
            expected: format!("the summary of the run with the manifest {}", short(&run)),
            found: format!("that of another run, with {}", short(of)),
            way,
        })?,
        (expected, _) => inspection.found(sealed_otherwise(path, expected.as_deref(), &found, &way))?,
    }
    Ok(Some(value))
}
