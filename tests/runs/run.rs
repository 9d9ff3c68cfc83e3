//! `lcnnc run`, `eval` and `predict`, as a user meets them: the real program, its folders and its words.

use assert_cmd::Command;
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A loop small enough to train in no time. It names no optimizer.
const TINY: &str = "\
model Tiny
const steps = 2
input image: [1, 12, 12]
weights W_A: conv(1 -> 4, kernel: 3)
weights W_L: conv(4 -> 4, kernel: 3, bias: false)
A = relu(W_A * image)
loop V1(steps: steps) {
    state O = A
    O' = relu(A + W_L * O)
}
logits = dense(max_pool(O, 2), classes)
output logits
penalty sparsity = 1e-3 * l1(weights)
train {
    epochs: 2
    batch: 32
}
data {
    transform: [resize(12)]
    validation: 25%
}
";

/// A place of its own for a test, with a spec in it; commands run there.
struct Place(TempDir);

/// What a command said.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Place {
    fn new(spec: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.path("tiny.lcnn"), spec).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn lcnnc(&self, args: &str) -> Said {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
        command.current_dir(self.0.path()).env_remove("LCNNC_DATA").env("XDG_CACHE_HOME", self.0.path());
        let output = command.args(args.split_whitespace()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Trains on a few images; the folder the run left.
    fn train(&self, args: &str) -> (PathBuf, Said) {
        let before = self.runs();
        let said = self.lcnnc(&format!("run --device cpu --threads 2 --limit 128 {args}"));
        assert_eq!(said.code, 0, "{}", said.err);
        let new: Vec<PathBuf> = self.runs().into_iter().filter(|run| !before.contains(run)).collect();
        assert_eq!(new.len(), 1, "one folder a run: {new:?}");
        (new[0].clone(), said)
    }

    fn runs(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path("runs/tiny")) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&read(path)).unwrap()
}

fn line_with<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no `{start}` in:\n{text}"))
}

fn best(run: &Path) -> Vec<u8> {
    fs::read(run.join("best.safetensors")).unwrap()
}

#[test]
fn a_run_leaves_a_complete_folder() {
    let place = Place::new(TINY);
    let (run, said) = place.train("tiny");
    let mut names: Vec<String> =
        fs::read_dir(&run).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let expected = "best.safetensors checkpoints initial.safetensors last.safetensors manifest.json metrics.csv metrics.jsonl run.yaml spec.lcnn summary.json \
         tensorboard";
    assert_eq!(names.join(" "), expected);
    assert_eq!(fs::read_dir(place.path("runs/tiny")).unwrap().count(), 1, "nothing temporary stays");

    let manifest = json(&run.join("manifest.json"));
    assert_eq!(manifest["lcnnc"], env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest["data"]["classes"], serde_json::json!(["horizontal", "vertical"]));
    let counts = ["training_images", "validation_images", "test_images"].map(|key| manifest["data"][key].as_u64());
    assert_eq!(counts, [Some(96), Some(32), Some(1000)]);
    assert_eq!(manifest["threads"], 2);
    assert_eq!(manifest["spec"]["sha256"].as_str().map(str::len), Some(64));

    let summary = json(&run.join("summary.json"));
    let correct = summary["test"]["correct"].as_u64().unwrap();
    assert_eq!(summary["test"]["accuracy"].as_f64().unwrap(), correct as f64 / 1000.0);
    assert!(line_with(&said.out, "test accuracy").contains(&format!("({correct} of 1000)")));
}

#[test]
fn metrics_have_a_line_an_epoch_and_agree() {
    let place = Place::new(TINY);
    let (run, _) = place.train("tiny --epochs 3 --lr 0.02");
    let csv = read(&run.join("metrics.csv"));
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    let header = "epoch,lr,train_loss,train_cross_entropy,train_accuracy,validation_cross_entropy,\
                  validation_accuracy,seconds,images_per_second";
    assert_eq!(rows[0].join(","), header);
    assert_eq!(rows.len(), 4);
    let lines = read(&run.join("metrics.jsonl"));
    for (row, line) in rows[1..].iter().zip(lines.lines()) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        for (name, cell) in rows[0].iter().zip(row) {
            // serde_json reads a number to the last bit but one.
            let (cell, json) = (cell.parse::<f64>().unwrap(), line[*name].as_f64().unwrap());
            assert!((cell - json).abs() <= 1e-14 * json.abs(), "{name}: {cell} and {json}");
        }
        assert_eq!(line["lr"], 0.02);
        assert!(line["train_loss"].as_f64() > line["train_cross_entropy"].as_f64(), "the penalty is in the loss");
    }
    assert_eq!(lines.lines().count(), 3);
}

#[test]
fn weights_have_pytorchs_names_and_layouts() {
    let place = Place::new(TINY);
    let (run, _) = place.train("tiny --epochs 1");
    for file in ["best.safetensors", "last.safetensors"] {
        let bytes = fs::read(run.join(file)).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let shapes: BTreeMap<&str, Vec<usize>> =
            tensors.iter().map(|(name, view)| (name, view.shape().to_vec())).collect();
        let expected = [
            ("W_A.bias", vec![4]),
            ("W_A.weight", vec![4, 1, 3, 3]),
            ("W_L.weight", vec![4, 4, 3, 3]),
            ("logits.bias", vec![2]),
            ("logits.weight", vec![2, 144]),
        ];
        assert_eq!(shapes, BTreeMap::from(expected));
        assert!(tensors.iter().all(|(_, view)| view.dtype() == Dtype::F32));
    }
}

#[test]
fn eval_repeats_the_test_accuracy_from_the_folder_alone() {
    let place = Place::new(TINY);
    let (run, said) = place.train("tiny --lr 0.05");
    // Neither the author's spec nor the place matters.
    fs::remove_file(place.path("tiny.lcnn")).unwrap();
    fs::rename(&run, place.path("moved")).unwrap();
    let eval = place.lcnnc("eval moved");
    assert_eq!(eval.code, 0, "{}", eval.err);
    assert_eq!(eval.out.trim_end(), line_with(&said.out, "test accuracy"));
    assert_eq!(place.lcnnc("eval moved --weights last").code, 0);
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let place = Place::new(TINY);
    let (first, _) = place.train("tiny --set steps=3 --optimizer adam --lr 0.01 --seed 7");
    let (second, _) = place.train("tiny --set steps=3 --optimizer adam --lr 0.01 --seed 7");
    let (other, _) = place.train("tiny --set steps=3 --optimizer adam --lr 0.01 --seed 8");
    assert_eq!(best(&first), best(&second));
    assert_ne!(best(&first), best(&other));
    fs::write(place.path("one.yaml"), read(&first.join("run.yaml")).replace("threads: 2", "threads: 1")).unwrap();
    fs::copy(first.join("spec.lcnn"), place.path("spec.lcnn")).unwrap();
    place.lcnnc("run --config one.yaml --runs alone");
    let alone = fs::read_dir(place.path("alone/tiny")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(best(&first), best(&alone), "on one thread as on two");

    let config = first.join("run.yaml");
    let (repeated, _) = place.train(&format!("--config {}", config.display()));
    assert_eq!(best(&first), best(&repeated));
    assert_eq!(read(&config), read(&repeated.join("run.yaml")));
    assert_eq!(read(&first.join("spec.lcnn")), read(&repeated.join("spec.lcnn")));

    let (changed, _) = place.train(&format!("--config {} --lr 0.02", config.display()));
    assert!(read(&changed.join("run.yaml")).contains("adam(lr: 0.02"), "flags come before run.yaml");
}

#[test]
fn every_primitive_by_itself_gives_the_same_but_for_rounding() {
    let place = Place::new(TINY);
    let ((fused, _), (plain, _)) = (place.train("tiny"), place.train("tiny --no-fuse"));
    assert!(read(&plain.join("run.yaml")).contains("fuse: false"));
    assert_ne!(best(&fused), best(&plain), "rounding differs");
    let loss = |run: &Path| json(&run.join("summary.json"))["test"]["cross_entropy"].as_f64().unwrap();
    assert!((loss(&fused) - loss(&plain)).abs() < 1e-4, "{} and {}", loss(&fused), loss(&plain));
    let eval = |args: &str| place.lcnnc(&format!("eval {} {args}", fused.display())).out;
    assert!(eval("").contains("test accuracy") && eval("") == eval("--no-fuse"));
}

#[test]
fn runs_started_at_once_have_folders_of_their_own() {
    let place = Place::new(TINY);
    let folder = |_| line_with(&place.lcnnc("run tiny --limit 32 --epochs 1").out, "folder").to_owned();
    let mut folders: Vec<String> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..4).map(|n| scope.spawn(move || folder(n))).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    folders.sort();
    folders.dedup();
    assert_eq!(folders.len(), 4);
}

#[test]
fn without_validation_the_last_epoch_is_the_best() {
    let place = Place::new(&TINY.replace("25%", "0%"));
    let (run, _) = place.train("tiny");
    // The files say which they are; what they hold is the same.
    let tensors = |bytes: &[u8]| -> BTreeMap<String, Vec<u8>> {
        let file = SafeTensors::deserialize(bytes).unwrap();
        file.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect()
    };
    assert_eq!(tensors(&best(&run)), tensors(&fs::read(run.join("last.safetensors")).unwrap()));
    assert_eq!(json(&run.join("summary.json"))["best_epoch"], 2);
    let csv = read(&run.join("metrics.csv"));
    let cells: Vec<&str> = csv.lines().nth(1).unwrap().split(',').collect();
    assert_eq!(cells[5..7], ["", ""]);
}

/// Where nothing is trained there is nothing to go back through.
#[test]
fn a_network_of_frozen_layers_runs_and_stays() {
    let text = "model Tiny\ninput image: [1, 12, 12]\n\
                h = relu(conv(image, 4, kernel: 5, init: gabor, frozen: true))\n\
                logits = dense(batch_norm(h, frozen: true), classes, frozen: true)\noutput logits\n\
                train {\n    epochs: 2\n}\ndata {\n    transform: [resize(12)]\n}\n";
    let place = Place::new(text);
    let (run, said) = place.train("tiny.lcnn");
    assert!(said.err.contains("0 parameters") || said.out.contains("0 parameters"), "{}{}", said.out, said.err);
    let last = fs::read(run.join("last.safetensors")).unwrap();
    let (best, last) = (best(&run), SafeTensors::deserialize(&last).unwrap());
    let best = SafeTensors::deserialize(&best).unwrap();
    for (name, tensor) in last.iter() {
        // Running statistics go on, from the first epoch, which is the best of equals, to the last.
        let same = best.tensor(name).unwrap().data() == tensor.data();
        assert!(same || name.contains("running"), "{name}");
    }
}

/// With a loss over every step, the accuracy of each step is known; that of the last one is the answer's.
#[test]
fn every_step_of_an_output_has_its_accuracy() {
    let spec = TINY.replace("    O' =", "    score = dense(max_pool(O', 2), classes)\n    O' =");
    let spec = spec.replace("logits = dense(max_pool(O, 2), classes)\noutput logits", "output score@all");
    let place = Place::new(&spec);
    let (run, said) = place.train("tiny");
    let summary = json(&run.join("summary.json"));
    let each = summary["test"]["accuracy_by_step"].as_array().unwrap();
    assert_eq!(each.len(), 2);
    assert_eq!(each[1], summary["test"]["accuracy"]);
    let said_again = place.lcnnc(&format!("eval {}", run.display()));
    for said in [&said.out, &said_again.out] {
        let line = line_with(said, "test accuracy");
        let steps = each.iter().map(|share| format!("{:.2}", 100.0 * share.as_f64().unwrap())).collect::<Vec<_>>();
        assert!(
            line.contains(&format!(") at the last step, by step {} %; cross-entropy ", steps.join(", "))),
            "{line}"
        );
        assert!(line.ends_with(", the mean over these steps"), "{line}");
    }
}

#[test]
fn a_folder_of_images_trains_and_predicts() {
    let place = Place::new(&TINY.replace("[resize(12)]", "[grayscale, resize(12)]"));
    for (class, shade) in [("dark", 20u8), ("light", 220)] {
        fs::create_dir_all(place.path("set").join(class)).unwrap();
        for n in 0..24u8 {
            let image = image::RgbImage::from_pixel(9, 7, image::Rgb([shade + n % 8; 3]));
            image.save(place.path("set").join(class).join(format!("{n}.png"))).unwrap();
        }
    }
    let (run, _) = place.train("tiny --dataset folder:set --epochs 30 --lr 0.1 --batch 16");
    fs::rename(&run, place.path("moved")).unwrap();
    fs::write(place.path("broken.png"), "no image").unwrap();
    let said = place.lcnnc("predict moved set/dark/0.png broken.png missing.png set/light/1.png");
    assert_eq!(said.code, 2);
    assert!(line_with(&said.out, "set/dark/0.png").starts_with("set/dark/0.png: dark "), "{}", said.out);
    assert!(line_with(&said.out, "set/light/1.png").starts_with("set/light/1.png: light "), "{}", said.out);
    assert!(said.err.contains("broken.png") && said.err.contains("missing.png"), "{}", said.err);

    let eval = place.lcnnc("eval moved");
    assert!(eval.out.starts_with("test accuracy 100.00 %"), "the data set is found again: {}{}", eval.out, eval.err);
    assert_eq!(place.lcnnc("eval moved --dataset contours").code, 2, "two classes, but others");
    let other = place.lcnnc("eval moved --dataset contours --force");
    assert_eq!(other.code, 0, "two classes and images that can be made grey: {}", other.err);
    assert!(other.out.contains("with --force, although `contours` has other classes"), "{}", other.out);
}

#[test]
fn divergence_says_where_and_has_its_own_exit_code() {
    let place = Place::new(TINY);
    let said = place.lcnnc("run tiny --lr 1e30 --limit 128");
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains("step 2 of epoch 1"), "{}", said.err);
    assert!(said.err.contains("learning rate of 1e30") && said.err.contains("--lr 0.01"), "{}", said.err);
}

#[test]
fn what_cannot_be_run_leaves_nothing_behind() {
    let broken = TINY.replace("W_A * image", "W_B * image");
    let even = TINY.replace("[resize(12)]", "[]");
    let cases: [(&str, &str, i32, &[&str]); 10] = [
        (TINY, "run tiny --dataset contour", 2, &["`contour`", "did you mean `contours`?"]),
        (TINY, "run tiny --dataset mnist --data-root nowhere", 2, &["nowhere", "--data-root"]),
        (TINY, "run tiny --epoch 3", 2, &["--epochs"]),
        (TINY, "run tiny --set steps", 2, &["NAME=VALUE"]),
        (TINY, "run nothing", 2, &["nothing: cannot be read"]),
        (TINY, "run", 2, &["lcnnc run SPEC"]),
        (TINY, "run tiny --lr fast --batch 0", 2, &["[--lr:1:1]", "[--batch:1:1]"]),
        (TINY, "run tiny --set step=5", 1, &["`step`", "`steps`"]),
        (&broken, "run tiny", 1, &["tiny.lcnn:6:", "`W_A`"]),
        (&even, "run tiny", 1, &["[1, 48, 48]", "[1, 12, 12]", "`resize(12)`"]),
    ];
    for (spec, args, code, words) in cases {
        let place = Place::new(spec);
        let said = place.lcnnc(args);
        assert_eq!(said.code, code, "{args}: {}", said.err);
        for word in words {
            assert!(said.err.contains(word), "`{args}` should say `{word}`:\n{}", said.err);
        }
        assert!(!place.path("runs").exists(), "{args}");
    }
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_device_that_is_not_there_has_its_own_exit_code() {
    let said = Place::new(TINY).lcnnc("run tiny --device cuda");
    assert_eq!(said.code, 4);
    assert!(said.err.contains("--features cuda"), "{}", said.err);
}

#[test]
fn what_is_no_run_folder_is_named() {
    let place = Place::new(TINY);
    place.train("tiny --epochs 1");
    let said = place.lcnnc("eval runs");
    assert!(said.code == 2 && said.err.contains("not a run folder"), "{}", said.err);
}

#[test]
fn mistakes_in_run_yaml_are_all_reported_at_their_places() {
    let mistakes = "\
spec: tiny.lcnn
dataset: [contours]   # one only
datset: contours
device: gpu
limit: -3
set: steps=5
train:
  optimizer: \"sgdd(lr: 0.1)\"
  epoch: 3
  batch: 0
data:
  validation: 150%
  transform: [grayscale]
";
    let syntax = "spec: tiny.lcnn\ntrain: {batch: 64\ndata:\n";
    for (name, text) in [("mistakes", mistakes), ("syntax", syntax)] {
        let place = Place::new(TINY);
        fs::write(place.path("run.yaml"), text).unwrap();
        let said = place.lcnnc("run --config run.yaml");
        assert_eq!(said.code, 1, "{}", said.err);
        lcnnc_testing::golden("run_yaml", name, &said.err);
        assert!(!place.path("runs").exists());
    }
}
