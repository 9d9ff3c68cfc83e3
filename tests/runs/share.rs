//! `lcnnc share`, as a user meets it: what a trained net without weight sharing loses when it shares, and the same net written
//! with convolutions.

use assert_cmd::Command;
use safetensors::SafeTensors;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Layers without weight sharing in an equation, in a bundle inside a loop, with a stride, and frozen.
const TINY: &str = "\
model Tiny
const connect = local                               // or conv
const naps = 3                                      // updates from one sleep to the next
input image: [1, 12, 12]
weights W_L: local(4 -> 4, kernel: 3, bias: false, init: shared(he(fan: out), spread: 0.5))
A = relu(connect(image, 4, kernel: 3))
F = relu(local(A, 4, kernel: 3, frozen: true))
loop V1(steps: 2) {
    state O = F
    O' = relu(batch_norm(F + W_L * O))
}
S = local(O, 3, kernel: 3, stride: 2)
logits = dense(S, classes)
output logits
train {
    epochs: 2
    batch: 32
}
sleep {
    every: naps
    share: [A, W_L]
}
data {
    transform: [resize(12)]
    validation: 25%
}
";

/// The kernels of the layers, each with the side of the map of its places.
const KERNELS: [(&str, usize); 4] =
    [("A.local.weight", 12), ("F.local.weight", 12), ("S.weight", 6), ("W_L.weight", 12)];

struct Place(TempDir);

impl Place {
    fn new(spec: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.0.path().join("tiny.lcnn"), spec).unwrap();
        place
    }

    /// What a command says, and its exit code.
    fn lcnnc(&self, args: &str) -> (i32, String) {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
        command.current_dir(self.0.path()).env_remove("LCNNC_DATA").env("XDG_CACHE_HOME", self.0.path());
        let output = command.args(args.split_whitespace()).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), text)
    }

    fn fine(&self, args: &str) -> String {
        let (code, text) = self.lcnnc(args);
        assert_eq!(code, 0, "{args}: {text}");
        text
    }

    fn refused(&self, args: &str) -> String {
        let before = self.runs();
        let (code, text) = self.lcnnc(args);
        assert_eq!(code, 2, "{args}: {text}");
        assert_eq!(self.runs(), before, "nothing is left behind: {text}");
        text
    }

    /// All that lies beside the runs, hidden or not.
    fn runs(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.0.path().join("runs/tiny")) else { return Vec::new() };
        let mut runs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        runs.sort();
        runs
    }

    /// The folder of the run that a command leaves, and what it says.
    fn leaves(&self, args: &str) -> (String, String) {
        let before = self.runs();
        let text = self.fine(args);
        let mut new = self.runs();
        new.retain(|run| !before.contains(run));
        assert_eq!(new.len(), 1, "{args}: {text}");
        (new[0].display().to_string(), text)
    }

    fn train(&self, args: &str) -> String {
        self.leaves(&format!("run tiny --device cpu --threads 2 --limit 128 --limit-test 64 --no-tensorboard {args}")).0
    }
}

/// What stands behind the first word of the line that begins with it.
fn line<'t>(text: &'t str, start: &str) -> &'t str {
    let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {text}"));
    line[start.len()..].trim()
}

fn json(run: &str, file: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(Path::new(run).join(file)).unwrap()).unwrap()
}

/// The numbers of a file of weights, by name.
fn weights(run: &str, file: &str) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let bytes = fs::read(Path::new(run).join(file)).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let floats = |data: &[u8]| data.chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect();
    let tensors = file.iter().map(|(name, view)| (name.to_owned(), (view.shape().to_vec(), floats(view.data()))));
    tensors.collect()
}

/// The mean of each weight over those places of a map that have the same remainders of row and column as a place, by `period`.
fn mean_of_module(kernels: &[f32], side: usize, place: usize, period: usize) -> Vec<f32> {
    let len = kernels.len() / (side * side);
    let alike = |other: &usize| {
        (other / side) % period == (place / side) % period && (other % side) % period == (place % side) % period
    };
    let module: Vec<usize> = (0..side * side).filter(alike).collect();
    let sum = |n: usize| module.iter().map(|place| f64::from(kernels[place * len + n])).sum::<f64>();
    (0..len).map(|n| (sum(n) / module.len() as f64) as f32).collect()
}

#[test]
fn every_kernel_becomes_the_mean_of_its_module_and_nothing_else_changes() {
    let place = Place::new(TINY);
    let run = place.train("");
    let before = place.fine(&format!("eval {run}"));
    for (modules, period) in [("whole", 1), ("grid", 3)] {
        let (shared, said) = place.leaves(&format!("share {run} --modules {modules}"));
        assert_eq!(line(&said, "shared"), format!("A.local, F.local, W_L, S ({modules})"));
        assert_eq!(line(&said, "before"), before.trim());
        assert_eq!(line(&said, "after"), place.fine(&format!("eval {shared}")).trim());
        for file in ["best.safetensors", "last.safetensors"] {
            let (old, new) = (weights(&run, file), weights(&shared, file));
            assert_eq!(old.keys().collect::<Vec<_>>(), new.keys().collect::<Vec<_>>());
            for (name, (shape, values)) in &new {
                let Some((_, side)) = KERNELS.iter().find(|(kernel, _)| kernel == name) else {
                    assert_eq!((shape, values), (&old[name].0, &old[name].1), "{name}");
                    continue;
                };
                let len = values.len() / (side * side);
                for place in 0..side * side {
                    let mean = mean_of_module(&old[name].1, *side, place, period);
                    assert_eq!(values[place * len..][..len], mean, "{name} at {place}");
                }
            }
        }
        // All that reads a run reads this one.
        assert!(place.fine(&format!("analyse {shared} weights")).contains("W_L.weight"));
        let summary = json(&shared, "summary.json");
        assert!(
            summary["validation_accuracy"].is_null()
                && summary["best_epoch"] == json(&run, "summary.json")["best_epoch"]
        );
        let of = json(&shared, "manifest.json")["shared"].clone();
        assert_eq!((&of["modules"], &of["as_conv"]), (&Value::from(modules), &Value::from(false)), "{of}");
        assert_eq!(of["of"]["fingerprint"], json(&run, "manifest.json")["fingerprint"]);
    }
}

#[test]
fn what_is_shared_already_stays_as_it_is_bit_for_bit() {
    let place = Place::new(TINY);
    let run = place.train("");
    let (once, _) = place.leaves(&format!("share {run} --modules whole"));
    for modules in ["whole", "grid"] {
        let (twice, said) = place.leaves(&format!("share {once} --modules {modules}"));
        assert_eq!(line(&said, "before"), line(&said, "after"));
        let bits = |run: &str| {
            let each = weights(run, "best.safetensors").into_values();
            each.flat_map(|(_, values)| values).map(f32::to_bits).collect::<Vec<_>>()
        };
        assert_eq!(bits(&once), bits(&twice), "{modules}");
    }
}

/// The spec of the convolutions is one that an author could have written, and its net does what the shared one does.
#[test]
fn as_conv_gives_the_scores_of_the_shared_net() {
    let place = Place::new(TINY);
    let run = place.train("");
    let (whole, _) = place.leaves(&format!("share {run} --modules whole"));
    let (conv, said) = place.leaves(&format!("share {run} --modules whole --as conv"));
    let [expected, found] = [&whole, &conv].map(|run| json(run, "summary.json")["test"].clone());
    assert_eq!(expected["correct"], found["correct"], "{said}");
    let entropy = |test: &Value| test["cross_entropy"].as_f64().unwrap();
    assert!((entropy(&expected) - entropy(&found)).abs() < 1e-6 * entropy(&expected), "{expected} {found}");
    assert_eq!(line(&said, "after"), place.fine(&format!("eval {conv}")).trim());
    let spec = fs::read_to_string(Path::new(&conv).join("spec.lcnn")).unwrap();
    for gone in ["local", "shared(", "sleep", "naps"] {
        assert!(!spec.contains(gone), "{gone}: {spec}");
    }
    assert!(spec.contains("const connect = conv  "), "{spec}");
    let checked = place.fine(&format!("check {conv}/spec.lcnn"));
    assert!(!checked.contains("warning"), "{checked}");
    let (old, new) = (weights(&whole, "best.safetensors"), weights(&conv, "best.safetensors"));
    for (name, of_conv) in [("W_L.weight", "W_L.weight"), ("A.local.weight", "A.conv.weight")] {
        let (shape, values) = &new[of_conv];
        assert_eq!(shape[..], old[name].0[2..], "{name}");
        assert_eq!(values[..], old[name].1[..values.len()], "{name}");
    }
    // An image of the test: a bright bar on black.
    let pixels: String = (0..48 * 48).map(|i| if (20..24).contains(&(i / 48)) { "255 " } else { "0 " }).collect();
    fs::write(place.0.path().join("bar.pgm"), format!("P2\n48 48\n255\n{pixels}\n")).unwrap();
    let predicted = |run: &str| place.fine(&format!("predict {run} bar.pgm"));
    assert_eq!(predicted(&whole), predicted(&conv));
}

/// A bias by place has one number a channel in a convolution, which is said; a const that `--set` has made `local` is `conv`.
#[test]
fn a_bias_by_place_becomes_its_mean_in_a_convolution() {
    let spec =
        TINY.replace("connect = local", "connect = conv").replace("stride: 2)", "stride: 2, bias_by_place: true)");
    let place = Place::new(&spec);
    let run = place.train("--set connect=local");
    let (whole, said) = place.leaves(&format!("share {run} --modules whole"));
    assert!(!said.contains("mean "), "{said}");
    assert_eq!(weights(&run, "best.safetensors")["S.bias"], weights(&whole, "best.safetensors")["S.bias"]);
    let (conv, said) = place.leaves(&format!("share {run} --modules whole --as conv"));
    assert_eq!(line(&said, "mean"), "S.bias: a `conv` has one number a channel for all places");
    let (old, new) = (weights(&run, "best.safetensors"), weights(&conv, "best.safetensors"));
    let mean = |values: &[f32]| (values.iter().map(|x| f64::from(*x)).sum::<f64>() / values.len() as f64) as f32;
    assert_eq!(new["S.bias"], (vec![3], old["S.bias"].1.chunks(36).map(mean).collect()));
    place.fine(&format!("eval {conv}"));
    let settings = fs::read_to_string(Path::new(&conv).join("run.yaml")).unwrap();
    assert!(settings.contains("connect: conv") && !settings.contains("sleep"), "{settings}");
}

#[test]
fn no_training_is_taken_for_the_one_that_there_was_not() {
    let place = Place::new(TINY);
    let run = place.train("");
    let (shared, _) = place.leaves(&format!("share {run} --modules whole"));
    for verb in ["resume", "rerun"] {
        let said = place.refused(&format!("{verb} {shared}"));
        assert!(said.contains("no training made its weights") && said.contains(&run), "{said}");
    }
    assert!(place.refused(&format!("resume {shared} --epochs 3")).contains("no training made its weights"));
    for which in ["initial", "epoch:1"] {
        let said = place.refused(&format!("eval {shared} --weights {which}"));
        assert!(
            said.contains("it has neither initial ones nor some of an epoch: ask for those of ") && said.contains(&run),
            "{said}"
        );
    }
    // The same recipe with seeds takes the run that was trained.
    let seeds = "run tiny --device cpu --threads 2 --limit 128 --limit-test 64 --no-tensorboard --seeds 1";
    let said = place.fine(seeds);
    let [of_run, of_shared] = [&run, &shared].map(|run| Path::new(run).file_name().unwrap().to_str().unwrap());
    assert!(said.contains("seed 0 finished before") && said.contains(of_run) && !said.contains(of_shared), "{said}");
    // Its settings are those of a run from the start.
    place.leaves(&format!("run --config {shared}/run.yaml"));
    fs::remove_file(Path::new(&shared).join("best.safetensors")).unwrap();
    let said = place.refused(&format!("eval {shared}"));
    assert!(said.contains(&format!("share once more with `lcnnc share {run} --modules whole`")), "{said}");
}

#[test]
fn what_cannot_be_shared_is_refused() {
    let place = Place::new(TINY);
    let run = place.train("");
    let said = place.refused(&format!("share {run} --modules grid --as conv"));
    assert!(said.contains("give `--modules whole`"), "{said}");
    let all_conv = TINY.replace("local", "conv").replace("init: shared(he(fan: out), spread: 0.5)", "init: he");
    let all_conv = all_conv.split_once("sleep {").unwrap().0.to_owned() + "data {\n    transform: [resize(12)]\n}\n";
    fs::write(place.0.path().join("tiny.lcnn"), all_conv.replace("const naps = 3", "//")).unwrap();
    let conv = place.train("");
    let said = place.refused(&format!("share {conv} --modules whole"));
    assert!(said.contains("its net has no `local` layer: all kernels are shared already"), "{said}");
    fs::remove_file(Path::new(&run).join("summary.json")).unwrap();
    assert!(place.refused(&format!("share {run} --modules whole")).contains("lcnnc resume"), "an unfinished run");
    // Which argument of a call is which is known by its name alone.
    let own = TINY.replace("local(O, 3, kernel: 3, stride: 2)", "local(O, 3, 3, 2, same, true, true)");
    fs::write(place.0.path().join("tiny.lcnn"), own).unwrap();
    let run = place.train("");
    let said = place.refused(&format!("share {run} --modules whole --as conv"));
    assert!(said.contains("it cannot be written with `conv` for each `local`: "), "{said}");
    place.fine(&format!("share {run} --modules whole"));
}
