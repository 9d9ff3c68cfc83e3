//! `lcnnc eval`: class by class, image by image, and with other numbers of steps, against numbers that are had another way.

mod lesions;
mod witness;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A loop over two channels; its scores are made behind it.
const LOOP: &str = "\
model Loop
input image: [1, 12, 12]
weights W_A: conv(1 -> 2, kernel: 3, bias: false)
weights W_L: conv(2 -> 2, kernel: 3, bias: false, init: normal(mean: 0.02, sd: 0.05))
A = relu(W_A * image)
loop V1(steps: 5) {
    state O = A
    O' = relu(A - W_L * O)
}
logits = dense(max_pool(O, 4), classes)
output logits
data { transform: [resize(12)] }
";

/// A loop with roles, parameters of its own at each step, and scores at each step, of which the last ones are judged.
const INSIDE: &str = "\
model Inside
input image: [1, 12, 12]
weights W_A: conv(1 -> 2, kernel: 3, bias: false)
weights W_E: conv(2 -> 2, kernel: 3, bias: false)
weights W_I: conv(2 -> 2, kernel: 3, bias: false)
weights R: dense(2 -> classes)
A = relu(W_A * image)
loop V1(steps: 3) {
    state O = A
    branch drive = sum {
        exc E = tanh(W_E * O)
        inh N = tanh(W_I * O)
    }
    O' = relu(gain(A, per_step: true) + drive)
    logits = R * global_avg_pool(O')
}
output logits@3
data { transform: [resize(12)] }
";

/// Two areas without a loop.
const AREAS: &str = "\
model Areas
input image: [1, 12, 12]
V1 = relu(conv(image, 2, kernel: 3))
V2 = relu(conv(V1, 4, kernel: 3))
logits = dense(max_pool(V2, 4), classes)
output logits
data { transform: [resize(12)] }
";

/// A finished run of a spec in the folder `run`, which has learnt something.
fn place(spec: &str) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    train(place.path(), spec, "--limit 200 --limit-test 60 --epochs 3 --lr 0.01");
    place
}

fn train(folder: &Path, spec: &str, flags: &str) {
    fs::write(folder.join("spec.lcnn"), spec).unwrap();
    fine(folder, &format!("run spec --device cpu --threads 1 --batch 16 {flags}"));
    let run = fs::read_dir(folder.join("runs/spec")).unwrap().next().unwrap().unwrap().path();
    fs::rename(run, folder.join("run")).unwrap();
}

fn lcnnc(folder: &Path, args: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    command.current_dir(folder).env_remove("LCNNC_DATA").env("XDG_CACHE_HOME", folder.join("cache"));
    let output = command.args(args.split_whitespace()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[track_caller]
fn fine(folder: &Path, args: &str) -> String {
    let (code, out, err) = lcnnc(folder, args);
    assert_eq!(code, Some(0), "{out}{err}");
    out
}

#[track_caller]
fn json(folder: &Path, args: &str) -> Value {
    let out = fine(folder, args);
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

#[track_caller]
fn refused(folder: &Path, args: &str, with: &str) {
    let (code, out, err) = lcnnc(folder, args);
    assert!(code == Some(2) && out.is_empty() && err.contains(with), "{args}: {code:?}: {out}{err}");
}

/// Changes the weights of a copy of the run, which is then called `other`.
fn with_weights(folder: &Path, change: impl Fn(&str, &[usize], &mut [f32])) {
    let (run, other) = (folder.join("run"), folder.join("other"));
    fs::create_dir(&other).unwrap();
    for entry in fs::read_dir(&run).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        fs::copy(&entry, other.join(entry.file_name().unwrap())).unwrap();
    }
    let bytes = fs::read(run.join("best.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let changed: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .tensors()
        .into_iter()
        .map(|(name, tensor)| {
            let numbers = tensor.data().chunks_exact(4).map(|x| f32::from_le_bytes(x.try_into().unwrap()));
            let mut numbers: Vec<f32> = numbers.collect();
            change(&name, tensor.shape(), &mut numbers);
            (name, tensor.shape().to_vec(), numbers.iter().flat_map(|x| x.to_le_bytes()).collect())
        })
        .collect();
    let views = changed
        .iter()
        .map(|(name, shape, data)| (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
    fs::write(other.join("best.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
}

fn sum(row: &Value) -> u64 {
    row.as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum()
}

#[test]
fn the_confusion_matrix_counts_every_image_once() {
    let place = place(LOOP);
    let here = place.path();
    let all = json(here, "eval run --format json");
    let (classes, rows) = (all["classes"].as_array().unwrap(), all["confusion"]["counts"].as_array().unwrap());
    assert_eq!(all["images"], 60);
    assert_eq!(rows.iter().map(sum).sum::<u64>(), 60);
    let mut right = 0;
    for (n, (class, row)) in classes.iter().zip(rows).enumerate() {
        assert_eq!(class["images"].as_u64().unwrap(), sum(row));
        assert_eq!(class["correct"], row[n]);
        right += row[n].as_u64().unwrap();
    }
    assert_eq!(all["accuracy"].as_f64().unwrap(), right as f64 / 60.0);
    assert!(all["accuracy_by_step"].is_null(), "the scores are made once");
    assert!(all["no_accuracy_by_step"].as_str().unwrap().contains("--over steps=1..5"), "{all}");
    assert_eq!((&all["model"], &all["weights"]["which"]), (&Value::from("Loop"), &Value::from("best")));
    // The same in words, and as a table.
    let said = fine(here, "eval run");
    assert!(said.contains(&format!("({right} of 60,")), "{said}");
    let matrix = fine(here, "eval run --confusion");
    let name = classes[0]["class"].as_str().unwrap();
    let line = matrix.lines().find(|line| line.starts_with(name)).unwrap();
    let counts: Vec<String> = rows[0].as_array().unwrap().iter().map(Value::to_string).collect();
    let shown: Vec<&str> = line[name.len()..].split_whitespace().collect();
    assert_eq!(shown[..counts.len()], counts, "{matrix}");
    let table = fine(here, "eval run --format csv");
    let first: Vec<&str> = table.lines().nth(1).unwrap().split(',').collect();
    assert_eq!(first[4..], counts, "{table}");
    // To a file, with the file named on standard output.
    let said = fine(here, "eval run --format csv --out classes.csv");
    assert!(said.contains("see classes.csv"), "{said}");
    assert_eq!(fs::read_to_string(here.join("classes.csv")).unwrap(), table);
    refused(here, "eval run --out x.txt", "`--format json` or `--format csv`");
    refused(here, "eval run --per-image --format text", "`--format csv` or `--format json`");
    refused(here, "eval run --format csv --out run/best.safetensors", "it belongs to the run");
}

#[test]
fn the_mean_over_images_is_the_accuracy() {
    let place = place(LOOP);
    let here = place.path();
    let all = json(here, "eval run --format json");
    let lines = fine(here, "eval run --per-image --format json");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 60);
    let right = lines.iter().filter(|line| line["correct"] == true).count();
    assert_eq!(all["accuracy"].as_f64().unwrap(), right as f64 / 60.0);
    let mut nats = 0.0;
    for line in &lines {
        let scores: Vec<(&String, f64)> =
            line["scores"].as_object().unwrap().iter().map(|(class, score)| (class, score.as_f64().unwrap())).collect();
        let of = |class: &Value| scores.iter().find(|(name, _)| class == name.as_str()).unwrap().1;
        let (own, named) = (of(&line["label"]), of(&line["predicted"]));
        let sum: f64 = scores.iter().map(|(_, score)| score.exp()).sum();
        for (found, score) in [("p_label", own), ("p_predicted", named)] {
            assert!((line[found].as_f64().unwrap() - score.exp() / sum).abs() < 1e-12, "{line}");
        }
        assert!(scores.iter().all(|(_, score)| *score <= named), "{line}");
        let ahead = scores.iter().filter(|(_, score)| *score > own).count();
        assert_eq!(line["rank"].as_u64().unwrap() as usize, ahead + 1, "{line}");
        assert_eq!(line["correct"] == true, line["label"] == line["predicted"]);
        nats -= (own.exp() / sum).ln();
    }
    assert!((all["cross_entropy"].as_f64().unwrap() - nats / 60.0).abs() < 1e-5);
    let table = fine(here, "eval run --per-image");
    assert!(table.starts_with("image,name,label,predicted,correct,rank,p_label,p_predicted,score "), "{table}");
    assert_eq!(table.lines().count(), 61);
    let said = fine(here, "eval run --per-image --out images.csv");
    assert!(said.contains("a line for each of 60 images"), "{said}");
    assert_eq!(fs::read_to_string(here.join("images.csv")).unwrap(), table);
}

/// With a number of steps written into the spec, and with the same number asked for.
#[test]
fn other_numbers_of_steps_are_those_of_a_spec_with_so_many() {
    let place = place(LOOP);
    let here = place.path();
    let own = json(here, "eval run --format json");
    let table = json(here, "eval run --over steps=1..3,5 --format json");
    let rows = table["rows"].as_array().unwrap();
    let steps: Vec<u64> = rows.iter().map(|row| row["steps"].as_u64().unwrap()).collect();
    assert_eq!(steps, [1, 2, 3, 5]);
    let trained: Vec<u64> = rows.iter().map(|row| row["trained"].as_u64().unwrap()).collect();
    assert_eq!(trained, [0, 0, 0, 1]);
    for measure in ["accuracy", "cross_entropy"] {
        assert_eq!(rows[3][measure], own[measure], "the trained number of steps gives the same bits");
    }
    with_weights(here, |_, _, _| {});
    let spec = fs::read_to_string(here.join("other/spec.lcnn")).unwrap();
    for row in &rows[..3] {
        let written = spec.replace("steps: 5", &format!("steps: {}", row["steps"]));
        assert_ne!(written, spec);
        fs::write(here.join("other/spec.lcnn"), written).unwrap();
        let (_, out, err) = lcnnc(here, "eval other --force --format json");
        let other: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
        for measure in ["accuracy", "cross_entropy"] {
            assert_eq!(row[measure], other[measure], "{row}");
        }
    }
    assert_ne!(rows[0]["cross_entropy"], rows[2]["cross_entropy"], "steps change something");
    let alone = json(here, "eval run --over V1.steps=2 --format json");
    assert_eq!(alone["rows"][0], rows[1]);
    let said = fine(here, "eval run --over steps=4,5");
    let marked: Vec<&str> = said.lines().filter(|line| line.contains("<- trained")).collect();
    assert!(marked.len() == 1 && marked[0].starts_with('5'), "{said}");
    refused(here, "eval run --over v1.steps=2", "did you mean `V1.steps`?");
    for (other, with) in [
        ("steps=2 --lesion W_L", "cannot be used with"),
        ("steps=0..3", "expected numbers of steps from 1 to 10000, found 0"),
        ("steps=1..10001", "expected numbers of steps from 1 to 10000, found 10001"),
        ("steps=3..1", "expected the smaller number first, as in `1..3`"),
        ("V1=2", "as in `steps=1..10`"),
        (".steps=2", "as in `steps=1..10`"),
    ] {
        refused(here, &format!("eval run --over {other}"), with);
    }
}

#[test]
fn steps_that_a_net_cannot_have_are_refused() {
    let place = place(INSIDE);
    let here = place.path();
    refused(here, "eval run --over steps=4", "has parameters of its own at each of its 3 steps (`per_step: true`)");
    // The spec reads step 3, and a loop of 2 steps has none.
    refused(here, "eval run --over steps=2", "the net cannot run with 2 steps");
    let own = json(here, "eval run --format json");
    let same = json(here, "eval run --over steps=3 --format json");
    assert_eq!(same["rows"][0]["cross_entropy"], own["cross_entropy"]);
    // Though the last scores alone are judged, those of every step are there.
    let steps = own["accuracy_by_step"].as_array().unwrap();
    let numbers: Vec<u64> = steps.iter().map(|step| step["step"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(steps[2]["accuracy"], own["accuracy"]);
    assert!(own["no_accuracy_by_step"].is_null());
}

/// Scores that are no numbers end every way of asking, and leave no file.
#[test]
fn scores_that_are_no_numbers_are_no_answer() {
    let place = place(LOOP);
    let here = place.path();
    with_weights(here, |name, _, numbers| {
        if name == "W_L.weight" {
            numbers[0] = f32::NAN;
        }
    });
    for way in
        ["", "--confusion", "--format json --out x", "--per-image --out x", "--over steps=1..2", "--lesion logits:0"]
    {
        let (code, out, err) = lcnnc(here, &format!("eval other --force {way}"));
        assert!(code == Some(3) && out.is_empty(), "{way}: {code:?}: {out}{err}");
        assert!(!here.join("x").exists(), "{way}");
    }
}

#[test]
fn what_cannot_be_tested_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    let spec = "model Plain\ninput image: [1, 12, 12]\nlogits = dense(image, classes)\noutput logits\ndata { transform: [resize(12)] }\n";
    train(here, spec, "--limit 60 --limit-test 20 --epochs 1");
    fs::create_dir_all(here.join("empty")).unwrap();
    let classes = json(here, "eval run --format json")["classes"].as_array().unwrap().len();
    refused(here, "eval run --over steps=1..3", "the net has no loop, so it has no steps");
    refused(here, "eval run --lesion role:inhibitory", "no parameter of the net is inhibitory");
    refused(here, "eval run --dataset folder:empty", "empty");
    refused(here, &format!("eval run --top {}", classes + 1), &format!("more classes than the {classes}"));
    refused(here, "eval run --weights epoch:7", "epoch");
    for weights in ["initial", "best", "last"] {
        let all = json(here, &format!("eval run --weights {weights} --format json"));
        assert_eq!(all["weights"]["which"], weights);
    }
    assert_eq!(json(here, "eval run --format json")["no_accuracy_by_step"], "the net has no loop");
}
