//! Runs that are killed, stopped, damaged, short of disk or data, repeated and gone on with: whatever happens, the bits
//! are those of a run left alone.

mod damage;
mod diverged;
mod faults;
mod folder;
mod foreign;
mod kept;
mod kills;
mod longer;
mod memory;
mod older;
mod pictures;
mod published;
mod same;
mod seeds;
pub mod tools;
mod ways;
mod words;

use assert_cmd::cargo::cargo_bin;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Dropout draws random numbers, batch normalisation keeps statistics, Adam remembers, the rate and the patience depend
/// on the epochs before, and two batches make a step: all that a checkpoint has to hold.
const SPEC: &str = include_str!("../../tiny.lcnn");

/// The same with lateral kernels that differ from place to place, and a sleep that draws patterns and noise: how many steps there
/// were is to be held as well.
fn asleep() -> String {
    let own = SPEC.replace("W_L: conv(4", "W_L: local(4");
    format!("{own}sleep {{ every: 3, rule: hebbian(iterations: 3, patterns: 8, eta: 0.01, noise: 0.1) }}\n")
}

const ARGS: &str = "run tiny --device cpu --threads 1 --limit 160";

struct Place(TempDir);

impl Place {
    fn new(spec: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.0.path().join("tiny.lcnn"), spec).unwrap();
        place
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(cargo_bin!("lcnnc"));
        command.current_dir(self.0.path()).env_remove("LCNNC_DATA").env("XDG_CACHE_HOME", self.0.path().join("cache"));
        command.args(args.split_whitespace());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn lcnnc(&self, args: &str) -> Said {
        self.command(args).output().unwrap().into()
    }

    /// Starts a run and waits until its folder is there.
    fn start(&self, args: &str) -> (Child, PathBuf) {
        self.start_in("runs", args)
    }

    fn start_in(&self, runs: &str, args: &str) -> (Child, PathBuf) {
        let mut child = self.command(args).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        while Instant::now() < until {
            let entries = fs::read_dir(self.0.path().join(runs).join("tiny")).into_iter().flatten();
            let mut folders = entries.map(|entry| entry.unwrap().path()).filter(|run| run.join("run.yaml").is_file());
            if let Some(run) = folders.next() {
                return (child, run);
            }
            sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        panic!("the run did not begin: {:?}", child.wait());
    }

    /// A run left alone.
    fn uncut(&self) -> Kept {
        let runs = self.0.path().join("uncut");
        let said = self.lcnnc(&format!("{ARGS} --runs {}", runs.display()));
        assert_eq!(said.code, Some(0), "{}", said.err);
        let run = fs::read_dir(runs.join("tiny")).unwrap().next().unwrap().unwrap().path();
        kept(&run)
    }

    /// Goes on to the end.
    fn resume(&self, run: &Path) -> Said {
        let said = self.lcnnc(&format!("resume {}", run.display()));
        assert_eq!(said.code, Some(0), "{}", said.err);
        said
    }
}

/// What a command said.
struct Said {
    /// None if a signal ended it.
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// What must not depend on interruptions: the weights, and every number but the times.
#[derive(PartialEq)]
struct Kept {
    best: Vec<u8>,
    last: Vec<u8>,
    metrics: Vec<serde_json::Value>,
    table: Vec<String>,
    /// The lines of sleep.jsonl.
    sleeps: Vec<serde_json::Value>,
    summary: serde_json::Value,
    /// Of the file for TensorBoard, whose times differ: its length in bytes.
    events: u64,
}

fn kept(run: &Path) -> Kept {
    let text = |name: &str| fs::read_to_string(run.join(name)).unwrap();
    let timeless = |line: &str| {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        // The sums of files that hold times, too.
        for key in ["seconds", "seconds_asleep", "images_per_second", "metrics", "manifest", "sha256"] {
            value.as_object_mut().unwrap().remove(key);
        }
        // A run with more epochs begins with the spec that the first one wrote.
        if let Some(settings) = value["settings"].as_object_mut() {
            settings.remove("spec_sha256");
        }
        value
    };
    Kept {
        best: fs::read(run.join("best.safetensors")).unwrap(),
        last: fs::read(run.join("last.safetensors")).unwrap(),
        metrics: text("metrics.jsonl").lines().map(timeless).collect(),
        table: text("metrics.csv").lines().map(|line| line.rsplitn(3, ',').last().unwrap().to_owned()).collect(),
        sleeps: fs::read_to_string(run.join("sleep.jsonl")).unwrap_or_default().lines().map(timeless).collect(),
        summary: timeless(&text("summary.json")),
        events: fs::read_dir(run.join("tensorboard")).unwrap().next().unwrap().unwrap().metadata().unwrap().len(),
    }
}

#[track_caller]
fn assert_same(run: &Path, uncut: &Kept) {
    let now = kept(run);
    assert_eq!(now.metrics, uncut.metrics);
    assert_eq!(now.table, uncut.table);
    assert_eq!(now.sleeps, uncut.sleeps);
    assert_eq!(now.summary, uncut.summary);
    assert_eq!(now.events, uncut.events);
    assert!(now.best == uncut.best && now.last == uncut.last, "the weights differ from those of an uncut run");
    assert_eq!(checkpoints(run).len(), 1, "a finished run keeps its last checkpoint");
    assert!(!run.join("checkpoints/.partial").exists(), "nothing half-written stays");
}

/// The checkpoints of a run, oldest first.
fn checkpoints(run: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(run.join("checkpoints")).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.'));
    paths.sort();
    paths
}

/// A run with two checkpoints, stopped.
fn stopped(place: &Place) -> PathBuf {
    // A machine that is busy with other things may let a run come to its end before anyone has looked.
    for _ in 0..100 {
        let (mut child, run) = place.start(&format!("{ARGS} --save-every 0"));
        while checkpoints(&run).len() < 2 && child.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if checkpoints(&run).len() == 2 && !run.join("summary.json").exists() {
            return run;
        }
        fs::remove_dir_all(run).unwrap();
    }
    panic!("every run came to its end");
}
