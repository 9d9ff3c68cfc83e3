//! The plan of a sweep: a folder with a line for every job, which any machine that sees the folder can work on.

use super::file::Layout;
use super::lease;
use super::spec_labels::spec_labels;
use super::sweep::{Point, SEED, Sweep};
use super::values;
use crate::data::sha256;
use crate::train::{DATASET, Overrides, TrainError, files};
use lcnnc_lang::diag::counted;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The file of a plan, in the folder of a sweep.
pub const PLAN: &str = "plan.jsonl";
/// What the names of its copies begin with, which clusters work on.
const COPY: &str = "plan-";
/// The folder, in that of a sweep, with a folder for each job.
pub const RUNS: &str = "runs";
/// The folder with the specs as they were when the sweep was planned.
const SPECS: &str = "specs";
/// The file with published values, in the folder of a sweep.
pub const PUBLISHED: &str = "published.csv";
/// Letters of a job's folder before its checksum; file systems take 255.
const LONGEST_LABEL: usize = 100;

/// The first line of a plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The version of lcnnc that planned it.
    pub lcnnc: String,
    /// What the sweep is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Names whose values are chosen by validation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choose: Vec<String>,
    /// How the results are laid out as a table; the file with published values lies in the sweep's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Layout>,
    /// How many jobs follow.
    pub jobs: usize,
    /// The checksum of their lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// A line of a plan: one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number, from 0.
    pub index: usize,
    /// The folder, in `runs`, that its run lies in; the same values have the same folder in every plan.
    pub folder: String,
    /// The rows of tables that it belongs to: grids may share a point, which is trained once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<String>,
    /// The value of every name that the sweep goes over, a spec by its name (with as many of its folders as tell it from others), the data set, and the seed.
    pub values: BTreeMap<String, String>,
    /// What stands behind `lcnnc run`; the spec lies relative to the sweep's folder.
    pub args: Vec<String>,
}

/// A plan and the folder that it lies in.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The folder of the sweep.
    pub folder: PathBuf,
    /// What is common to all jobs.
    pub head: Head,
    /// The jobs.
    pub jobs: Vec<Job>,
}

impl Plan {
    /// The plan of a sweep in a folder; nothing is written yet. Jobs that train the same are one. Of each job there is what it trains.
    ///
    /// # Errors
    /// As [`Sweep::points`], or if a spec cannot be read.
    pub fn new(sweep: &Sweep, folder: &Path) -> Result<(Self, Specs, Vec<Overrides>), TrainError> {
        let (mut specs, mut known, mut jobs) = (Specs::default(), BTreeMap::new(), Vec::<Job>::new());
        let mut trained = Vec::new();
        let points = sweep.points()?;
        for spec in points.iter().filter_map(|point| point.over.spec.as_ref()) {
            specs.add(spec)?;
        }
        let labels = specs.labels();
        for Point { row, values, over } in points {
            let path = over.spec.clone().ok_or(TrainError::NoSpec)?;
            let dataset = over.dataset.clone().unwrap_or_else(|| DATASET.to_owned());
            let args = Overrides { spec: Some(specs.add(&path)?), ..over.clone() }.words();
            let folder = folder_name(&values, &args);
            let at = *known.entry(folder.clone()).or_insert(jobs.len());
            if at == jobs.len() {
                let mut values: BTreeMap<String, String> = values.into_iter().collect();
                values.entry("dataset".to_owned()).or_insert(dataset);
                if let Some(spec) = values.get_mut("spec") {
                    *spec = labels.get(&path).cloned().unwrap_or_default();
                }
                trained.push(over);
                jobs.push(Job { index: at, folder, rows: Vec::new(), values, args });
            }
            if let Some(row) = row.filter(|row| !jobs[at].rows.contains(row)) {
                jobs[at].rows.push(row);
            }
        }
        let published = sweep.table.as_ref().and_then(|table| table.published.as_deref());
        // A mistake in it is found before the first job.
        published.map(super::published::read).transpose()?;
        specs.published = published.map(files::read).transpose()?;
        let table =
            sweep.table.clone().map(|table| Layout { published: table.published.map(|_| PUBLISHED.into()), ..table });
        let head = Head {
            lcnnc: env!("CARGO_PKG_VERSION").to_owned(),
            about: sweep.about.clone(),
            choose: sweep.choose.clone(),
            table,
            jobs: jobs.len(),
            sha256: None,
        };
        Ok((Self { folder: folder.to_owned(), head, jobs }, specs, trained))
    }

    /// What becomes of an earlier plan in the same folder, in a sentence; nothing if there is none, or all of its jobs are in this one.
    ///
    /// # Errors
    /// If jobs of it that this plan does not have are being worked on.
    pub fn replaces(&self) -> Result<Option<String>, TrainError> {
        // A damaged plan is written anew.
        let Ok(before) = Self::read(&self.folder) else { return Ok(None) };
        let kept: BTreeSet<&str> = self.jobs.iter().map(|job| job.folder.as_str()).collect();
        let dropped: Vec<&Job> = before.jobs.iter().filter(|job| !kept.contains(job.folder.as_str())).collect();
        let begun: Vec<PathBuf> = dropped.iter().map(|job| before.of(job)).filter(|folder| folder.exists()).collect();
        if begun.iter().any(|folder| lease::is_held(folder)) {
            let reason = format!(
                "{}: jobs of another sweep are worked on there: wait for them, or name another folder with `--into`",
                self.folder.display()
            );
            return Err(TrainError::Sweep { reason });
        }
        let n = counted(dropped.len(), "job");
        Ok((!dropped.is_empty()).then(|| {
            format!(
                "note: {n} of the plan that was there are not in this one: their folders stay, and no table has them"
            )
        }))
    }

    /// Writes the plan and the specs into its folder.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, specs: &Specs) -> Result<(), TrainError> {
        let into = self.folder.join(SPECS);
        for made in [&into, &self.folder.join(RUNS)] {
            fs::create_dir_all(made).map_err(TrainError::file(made, "made"))?;
        }
        specs.specs.values().try_for_each(|(name, text)| files::replace(&into.join(name), text.as_bytes()))?;
        if let Some(published) = &specs.published {
            files::replace(&self.folder.join(PUBLISHED), published.as_bytes())?;
        }
        self.write_copy(PLAN)
    }

    /// Writes the plan under a name into its folder.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_copy(&self, name: &str) -> Result<(), TrainError> {
        files::replace(&self.folder.join(name), self.text().as_bytes())
    }

    /// The name of a copy, which no other plan has.
    pub fn copy_name(&self) -> String {
        format!("{COPY}{}.jsonl", &sha256([self.text().as_bytes()])[..8])
    }

    fn text(&self) -> String {
        // Texts, numbers and mappings of them can always be written.
        let line = |value: serde_json::Result<String>| value.unwrap_or_default() + "\n";
        let jobs: Vec<String> = self.jobs.iter().map(|job| line(serde_json::to_string(job))).collect();
        let sha256 = Some(checksum(jobs.iter().map(String::as_str)));
        let head = Head { sha256, ..self.head.clone() };
        line(serde_json::to_string(&head)) + &jobs.concat()
    }

    /// Reads the plan of a sweep; a folder or the file in it.
    ///
    /// # Errors
    /// If there is none, or it is damaged.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let file = if path.is_dir() { path.join(PLAN) } else { path.to_owned() };
        if !file.is_file() {
            let reason = format!("there is no sweep: `lcnnc sweep run` writes a `{PLAN}` into its folder");
            return Err(TrainError::Refused { path: path.to_owned(), reason });
        }
        if file.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            let folder = Path::new("sweeps").join(file.file_stem().unwrap_or_default());
            let reason = format!(
                "it says what a sweep is to be, and the sweep lies in a folder: name that one, {} unless `--into` named another",
                folder.display()
            );
            return Err(TrainError::Refused { path: file, reason });
        }
        let text = files::read(&file)?;
        let damaged = |n: usize, error: String| TrainError::Damaged {
            path: file.clone(),
            reason: format!("line {}: {error}; the same `lcnnc sweep run` once more writes it anew", n + 1),
        };
        let mut lines = text.lines();
        let head: Head =
            serde_json::from_str(lines.next().unwrap_or_default()).map_err(|e| damaged(0, e.to_string()))?;
        let known = head.sha256.as_ref();
        if known.is_some_and(|known| *known != checksum(lines.clone())) {
            let reason = "its jobs are not those that were planned: somebody changed a line".to_owned();
            return Err(damaged(0, reason));
        }
        let job = |(n, line): (usize, &str)| -> Result<Job, TrainError> {
            let job: Job = serde_json::from_str(line).map_err(|error| damaged(n + 1, error.to_string()))?;
            match job.index == n && is_plain(&job.folder) {
                true => Ok(job),
                false => Err(damaged(n + 1, "its number or its folder cannot be".to_owned())),
            }
        };
        let jobs = lines.enumerate().map(job).collect::<Result<Vec<_>, _>>()?;
        if jobs.len() != head.jobs {
            return Err(damaged(jobs.len(), format!("it has {} jobs, and is to have {}", jobs.len(), head.jobs)));
        }
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self { folder, head, jobs })
    }

    /// Refuses to write over a file that the sweep cannot do without.
    ///
    /// # Errors
    /// If a path is one.
    pub fn spare(&self, path: &Path) -> Result<(), TrainError> {
        let reason = "the sweep cannot do without it: name another file".to_owned();
        if self.needs(path) { Err(TrainError::Refused { path: path.to_owned(), reason }) } else { Ok(()) }
    }

    fn needs(&self, path: &Path) -> bool {
        let [folder, path] = [&self.folder, path].map(|path| path.canonicalize().ok());
        let below = folder.zip(path).and_then(|(folder, path)| path.strip_prefix(folder).ok().map(Path::to_owned));
        below.is_some_and(|below| {
            below.to_string_lossy().starts_with(COPY)
                || [PLAN, PUBLISHED, SPECS, RUNS].iter().any(|own| below.starts_with(own))
        })
    }

    /// The folder of a job.
    pub fn of(&self, job: &Job) -> PathBuf {
        self.folder.join(RUNS).join(&job.folder)
    }
}

impl Job {
    /// Names and values but for the seed, as in `alpha 0.1, lr 1e-2`.
    pub fn point(&self) -> String {
        let of: Vec<String> = self
            .values
            .iter()
            .filter(|(name, _)| *name != SEED)
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        if of.is_empty() { "the spec as it is".to_owned() } else { of.join(", ") }
    }

    /// The seed, as it is written.
    pub fn seed(&self) -> &str {
        self.values.get(SEED).map_or("0", String::as_str)
    }

    /// The job in words, as in `alpha 0.1, lr 1e-2, seed 0`.
    pub fn title(&self) -> String {
        format!("{}, seed {}", self.point(), self.seed())
    }
}

/// The texts that a plan takes along.
#[derive(Default)]
pub struct Specs {
    /// By path: the name that the spec has in the sweep's folder, and its text.
    specs: BTreeMap<PathBuf, (String, String)>,
    /// Published values.
    published: Option<String>,
}

impl Specs {
    /// Adds a spec, and says where it will lie relative to the sweep's folder.
    fn add(&mut self, spec: &Path) -> Result<PathBuf, TrainError> {
        if !self.specs.contains_key(spec) {
            let text = files::source(spec)?.text;
            let stem = stem(spec);
            let name = format!("{stem}-{}.lcnn", &sha256([text.as_bytes()])[..8]);
            self.specs.insert(spec.to_owned(), (name, text));
        }
        Ok(Path::new(SPECS).join(self.specs.get(spec).map_or("", |(name, _)| name)))
    }

    /// What each spec is called in tables.
    fn labels(&self) -> BTreeMap<PathBuf, String> {
        spec_labels(self.specs.iter().map(|(path, (copy, _))| (path.as_path(), copy.as_str())))
    }
}

/// The checksum of the lines of jobs.
fn checksum<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    sha256(lines.flat_map(|line| [line.trim_end().as_bytes(), b"\n"]))
}

/// Flags that change nothing of what is trained.
const BESIDE: [&str; 3] = ["--data-root", "--threads", "--save-every"];

/// The folder of a job: what distinguishes it, for people, and a checksum of all that is trained.
fn folder_name(values: &[(String, String)], args: &[String]) -> String {
    let mut counted: Vec<String> = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if BESIDE.contains(&word.as_str()) {
            words.next();
        } else {
            let word = match word.split_once('=') {
                Some((name, value)) => format!("{name}={}", values::normal(value)),
                None => word.clone(),
            };
            counted.extend([word, "\0".to_owned()]);
        }
    }
    let checksum = sha256(counted.iter().map(String::as_bytes));
    let plain = |text: &str| -> String {
        let letter =
            |letter: char| if letter.is_ascii_alphanumeric() || "._+-".contains(letter) { letter } else { '_' };
        text.chars().map(letter).collect()
    };
    let word = |(name, value): &(String, String)| match name.as_str() {
        "spec" => plain(&stem(Path::new(value))),
        "dataset" => plain(value),
        _ => format!("{}={}", plain(name), plain(&values::normal(value))),
    };
    let mut label = values.iter().map(word).collect::<Vec<_>>().join(",");
    label.truncate(LONGEST_LABEL);
    format!("{label}-{}", &checksum[..8])
}

/// The name of a file without its folder and its ending.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a text names one folder, and leads nowhere else.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.')
}
