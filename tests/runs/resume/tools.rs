//! What tests of damaged folders share.

use super::{Place, Said, checkpoints, stopped};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

/// Changes the bytes of a file.
pub(super) fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    // Not in place: a checkpoint may share the file.
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Changes a sealed file and seals it again, as if the run had written it so.
pub(super) fn reseal(path: &Path, change: impl FnOnce(&mut Map<String, Value>)) {
    let mut fields: Map<String, Value> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(fields.keys().next_back().map(String::as_str), Some("sha256"), "the seal comes last");
    let seal = fields.shift_remove("sha256").unwrap();
    let text = |fields: &Map<String, Value>| serde_json::to_string_pretty(fields).unwrap() + "\n";
    assert_eq!(seal.as_str().unwrap(), sha256(text(&fields).as_bytes()), "the seal is that of the file without it");
    change(&mut fields);
    fields.insert("sha256".to_owned(), sha256(text(&fields).as_bytes()).into());
    fs::write(path, text(&fields)).unwrap();
}

pub(super) fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

pub(super) fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-r").args([from, to]).status().unwrap().success());
}

/// Every file below a folder.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

const FEW: &str = "run tiny --device cpu --threads 1 --limit 48 --limit-test 24 --epochs 2";

/// A finished run of a few images in a folder of that name.
pub(super) fn trained(place: &Place, name: &str, more: &str) -> PathBuf {
    let said = place.lcnnc(&format!("{FEW} --runs all-{name} {more}"));
    assert_eq!(said.code, Some(0), "{}", said.err);
    let run = fs::read_dir(place.0.path().join(format!("all-{name}/tiny"))).unwrap().next().unwrap().unwrap().path();
    let place = place.0.path().join(name);
    copy(&run, &place);
    place
}

/// What a command answered: without where it is and how long it took.
pub(super) fn answer(said: &Said) -> Vec<String> {
    let is_answer = |line: &&str| line.contains("accuracy") && !line.starts_with("epoch") || line.contains(" %");
    said.out.lines().filter(is_answer).map(str::to_owned).collect()
}

/// Checks how a command ended and what it said on the way.
#[track_caller]
pub(super) fn names(said: &Said, code: i32, parts: &[&str]) {
    assert_eq!(said.code, Some(code), "{}{}", said.out, said.err);
    for part in parts {
        assert!(said.err.contains(part), "expected `{part}` in: {}", said.err);
    }
}

/// A stopped run whose checkpoint is behind the first epoch.
pub(super) fn late(place: &Place) -> PathBuf {
    loop {
        let run = stopped(place);
        if checkpoints(&run).iter().all(|path| !path.file_name().unwrap().to_str().unwrap().starts_with("epoch0000001"))
        {
            return run;
        }
        // Not far enough: a process of its own goes on until it is.
        let mut child = place.command(&format!("resume {} --save-every 0", run.display())).spawn().unwrap();
        while child.try_wait().unwrap().is_none()
            && checkpoints(&run).iter().any(|path| path.to_str().unwrap().contains("epoch0000001"))
        {
            sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if !run.join("summary.json").exists() && checkpoints(&run).len() == 2 {
            return run;
        }
        fs::remove_dir_all(run).unwrap();
    }
}
