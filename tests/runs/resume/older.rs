//! Folders of older versions, and states that no version wrote.

use super::tools::{answer, copy, edit, json, late, names, reseal, sha256, trained};
use super::{Place, SPEC, assert_same, checkpoints, stopped};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Changes a file of a checkpoint, and its sum with it.
fn edit_within(checkpoint: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let sum = |path: &Path| sha256(&fs::read(path).unwrap());
    let file = checkpoint.join(name);
    let before = sum(&file);
    edit(&file, change);
    let sums = fs::read_to_string(checkpoint.join("SHA256SUMS")).unwrap();
    fs::write(checkpoint.join("SHA256SUMS"), sums.replace(&before, &sum(&file))).unwrap();
}

#[test]
fn states_that_cannot_be_are_damage() {
    let place = Place::new(SPEC);
    let run = stopped(&place);
    let saved = place.0.path().join("saved");
    copy(&run, &saved);
    let cases: [(&str, Value, &str); 10] = [
        ("/epoch", 0.into(), "`epoch` is 0, expected 1 to 9"),
        ("/epoch", 4_000_000_000_u64.into(), "`epoch` is 4000000000, expected 1 to 9"),
        ("/batches", 1_000_000.into(), "`batches` is 1000000, expected 0 to "),
        ("/seconds", (-5.0).into(), "`seconds` is -5, expected a number from 0 to 1e10"),
        ("/seconds", 1e300.into(), "`seconds` is 1"),
        ("/epoch_seconds", 1e19.into(), "`epoch_seconds` is 1"),
        ("/loss", Value::Null, "state.json: "),
        ("/seen/correct", 4_000_000.into(), "`seen.correct` is 4000000"),
        ("/phases/schedule/scale", (-1.0).into(), "`schedule.scale` is -1"),
        ("/files/events", (-1).into(), "state.json: "),
    ];
    for (pointer, value, reason) in cases {
        copy(&saved, &run);
        let newest = checkpoints(&run).pop().unwrap();
        edit_within(&newest, "state.json", |bytes| {
            let mut state: Value = serde_json::from_slice(bytes).unwrap();
            *state.pointer_mut(pointer).unwrap() = value.clone();
            *bytes = serde_json::to_vec(&state).unwrap();
        });
        let said = place.resume(&run);
        let name = newest.file_name().unwrap().to_str().unwrap();
        assert!(said.err.contains(name) && said.err.contains(reason), "{pointer} {value}: {}", said.err);
        assert!(said.err.contains("the checkpoint before it is used"), "{}", said.err);
    }
    // A finished run whose summary says what cannot be.
    for (key, value) in
        [("seconds", Value::from(-1.0)), ("seconds", 1e300.into()), ("epochs", 0.into()), ("best_epoch", 99.into())]
    {
        let whole = fs::read(run.join("summary.json")).unwrap();
        reseal(&run.join("summary.json"), |summary| summary[key] = value.clone());
        let said = place.lcnnc(&format!("resume {}", run.display()));
        names(&said, 2, &["summary.json: damaged: ", &format!("`{key}` is ")]);
        fs::write(run.join("summary.json"), whole).unwrap();
    }
}

/// As the version before wrote it: no seals, no marks, no lines in the checkpoints, weights without notes.
#[test]
fn a_folder_of_an_older_version_opens_with_a_note() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    let run = late(&place);
    age(&run);
    let said = place.resume(&run);
    assert!(said.err.contains("note: ") && said.err.contains("an older version of lcnnc wrote it"), "{}", said.err);
    assert_same(&run, &uncut);

    let run = trained(&place, "run", "");
    let expected = answer(&place.lcnnc("eval run"));
    age(&run);
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    let said = place.lcnnc("eval run");
    names(&said, 0, &["note: run: an older version of lcnnc wrote it, without checksums of its files"]);
    assert_eq!(answer(&said), expected);
    edit(&run.join("best.safetensors"), |bytes| *bytes.last_mut().unwrap() ^= 1);
    names(&place.lcnnc("eval run"), 2, &["best.safetensors: expected the SHA-256 "]);
    edit(&run.join("best.safetensors"), |bytes| *bytes.last_mut().unwrap() ^= 1);
    fs::create_dir_all(place.0.path().join("runs/tiny")).unwrap();
    let old = place.0.path().join("runs/tiny/old");
    copy(&run, &old);
    let said = place.lcnnc("rerun runs/tiny/old");
    assert!(said.out.contains("the weights are those of the run, bit for bit"), "{}{}", said.out, said.err);
}

/// Takes from a folder what older versions did not write.
fn age(run: &Path) {
    let strip = |path: &Path, keys: &[&str]| {
        let mut value = json(path);
        keys.iter().for_each(|key| drop(value.as_object_mut().unwrap().shift_remove(*key)));
        fs::remove_file(path).unwrap();
        fs::write(path, serde_json::to_string_pretty(&value).unwrap() + "\n").unwrap();
    };
    let plain = |path: &Path| {
        edit(path, |bytes| {
            let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
            *bytes = safetensors::serialize(file.iter(), None).unwrap();
        });
    };
    strip(&run.join("manifest.json"), &["files", "notes", "parent", "sha256"]);
    ["best.safetensors", "last.safetensors"].iter().for_each(|name| plain(&run.join(name)));
    if run.join("summary.json").exists() {
        let sums = ["best", "last"].map(|name| sha256(&fs::read(run.join(format!("{name}.safetensors"))).unwrap()));
        strip(&run.join("summary.json"), &["metrics", "manifest", "notes", "sha256"]);
        let mut summary = json(&run.join("summary.json"));
        (summary["weights"]["best"], summary["weights"]["last"]) = (sums[0].as_str().into(), sums[1].as_str().into());
        fs::write(run.join("summary.json"), serde_json::to_string_pretty(&summary).unwrap()).unwrap();
    }
    for checkpoint in checkpoints(run) {
        let lengths = [("lines", "metrics.jsonl"), ("table", "metrics.csv")]
            .map(|(key, name)| (key, fs::metadata(run.join(name)).unwrap().len()));
        strip(&checkpoint.join("state.json"), &["run", "notes"]);
        let mut state = json(&checkpoint.join("state.json"));
        let memories = state.as_object_mut().unwrap().shift_remove("phases").unwrap();
        state["schedule"] = memories["schedule"].clone();
        lengths.iter().for_each(|(key, length)| state["files"][key] = (*length).into());
        fs::write(checkpoint.join("state.json"), serde_json::to_string_pretty(&state).unwrap()).unwrap();
        plain(&checkpoint.join("weights.safetensors"));
        let _ = fs::remove_file(checkpoint.join("metrics.jsonl"));
        let mut sums = String::new();
        for name in ["state.json", "weights.safetensors", "optimizer.burnpack", "best.safetensors"] {
            let path = checkpoint.join(name);
            if path.exists() {
                if name == "best.safetensors" {
                    plain(&path);
                }
                sums += &format!("{}  {name}\n", sha256(&fs::read(&path).unwrap()));
            }
        }
        fs::write(checkpoint.join("SHA256SUMS"), sums).unwrap();
    }
}
