//! Runs that begin with weights from elsewhere, as a user meets them.

mod advice;
mod cornet;

use crate::shell::{fine, lcnnc};
use burn::tensor::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SPEC: &str = "\
model Tiny
input image: [1, 12, 12]
weights W_A: conv(1 -> 4, kernel: 3)
A = batch_norm(relu(W_A * image))
logits = dense(max_pool(A, 2), classes)
output logits
train {
    epochs: 2
    batch: 16
}
data {
    transform: [resize(12)]
}
";

const FEW: &str = "--device cpu --threads 1 --limit 48 --limit-test 24";

/// A tensor: its type, shape and bytes.
type Tensor = (Dtype, Vec<usize>, Vec<u8>);

fn tensors(file: &Path) -> BTreeMap<String, Tensor> {
    let bytes = fs::read(file).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |view: TensorView<'_>| (view.dtype(), view.shape().to_vec(), view.data().to_vec());
    file.iter().map(|(name, view)| (name.to_owned(), tensor(view))).collect()
}

fn write(path: &Path, tensors: &BTreeMap<String, Tensor>) {
    let views = tensors
        .iter()
        .map(|(name, (dtype, shape, bytes))| (name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

/// The folder of the only run, or of the newest, that lies under `runs` of a place.
fn run_of(said: &str) -> PathBuf {
    said.lines().find_map(|line| line.strip_prefix("folder     ")).unwrap().into()
}

/// A place with `tiny.lcnn`, a run of it, and `fine.lcnn`, whose first layer is frozen.
fn place() -> (TempDir, String) {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("tiny.lcnn"), SPEC).unwrap();
    fs::write(place.path().join("fine.lcnn"), SPEC.replace("kernel: 3)", "kernel: 3, frozen: true)")).unwrap();
    let run = run_of(&fine(place.path(), &format!("run tiny {FEW} --seed 7")));
    (place, run.display().to_string())
}

/// The row of the table of a run that begins with these words, its columns one space apart.
#[track_caller]
fn row(said: &str, start: &str) -> String {
    let mut rows = said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    rows.find(|row| row.starts_with(start)).unwrap_or_else(|| panic!("no row `{start}` in:\n{said}"))
}

#[test]
fn a_run_begins_with_the_best_weights_of_another_and_frozen_ones_stay_to_the_bit() {
    let (place, run) = place();
    let said = fine(place.path(), &format!("run fine {FEW} --weights-from {run} --weights-except logits.*"));
    assert_eq!(row(&said, "W_A.weight"), "W_A.weight W_A.weight [4, 1, 3, 3] taken, and frozen");
    assert_eq!(row(&said, "A.running_var"), "A.running_var A.running_var [4] taken");
    let excepted = "not taken: `logits.*` is excepted; starts as the spec says";
    assert_eq!(row(&said, "logits.bias"), format!("logits.bias logits.bias [2] {excepted}"));
    let next = place.path().join(run_of(&said));
    let files = ["best", "initial", "last"].map(|name| tensors(&next.join(format!("{name}.safetensors"))));
    let theirs = tensors(&place.path().join(&run).join("best.safetensors"));
    for (name, tensor) in &theirs {
        let begins_so = !name.starts_with("logits");
        assert_eq!(&files[1][name] == tensor, begins_so, "{name} at the start");
        let stays_so = name.starts_with("W_A");
        assert_eq!(&files[0][name] == tensor, stays_so, "{name} of the best weights");
        assert_eq!(&files[2][name] == tensor, stays_so, "{name} at the end");
    }
    // Where nothing is taken, the weights are those of a run without any.
    let without = place.path().join(run_of(&fine(place.path(), &format!("run fine {FEW}"))));
    let without = tensors(&without.join("initial.safetensors"));
    assert_eq!(without["logits.weight"], files[1]["logits.weight"]);
    assert_ne!(without["W_A.weight"], files[1]["W_A.weight"]);
}

#[test]
fn such_a_run_is_repeated_and_gone_on_with_to_the_bit_without_the_file_or_says_what_is_missing() {
    let (place, run) = place();
    let folder = place.path();
    fs::copy(folder.join(&run).join("best.safetensors"), folder.join("w.safetensors")).unwrap();
    let said = fine(folder, &format!("run fine {FEW} --weights-from w.safetensors --weights-only W_A.*"));
    let next = run_of(&said).display().to_string();
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join(&next).join("manifest.json")).unwrap()).unwrap();
    let sum = crate::resume::tools::sha256(&fs::read(folder.join("w.safetensors")).unwrap());
    assert_eq!(manifest["weights_from"]["sha256"], sum.as_str());
    assert_eq!(manifest["weights_from"]["taken"], 2);
    let last = |run: &Path| fs::read(folder.join(run).join("last.safetensors")).unwrap();
    let again = run_of(&fine(folder, &format!("run --config {next}/run.yaml")));
    assert!(last(&again) == last(Path::new(&next)), "`run --config` gives the same weights");
    let compared = fine(folder, &format!("runs compare {run} {next}"));
    assert!(row(&compared, "weights_from").contains(&format!("w.safetensors ({}), 2 of 8", &sum[..8])), "{compared}");

    // Cut before the first checkpoint: what is left is what the run began with.
    let cut = folder.join("cut");
    assert!(std::process::Command::new("cp").arg("-r").args([&folder.join(&next), &cut]).status().unwrap().success());
    for name in ["summary.json", "best.safetensors", "last.safetensors", "metrics.jsonl", "metrics.csv"] {
        fs::remove_file(cut.join(name)).unwrap();
    }
    fs::remove_dir_all(cut.join("checkpoints")).unwrap();
    fs::remove_dir_all(cut.join("tensorboard")).unwrap();
    fs::remove_file(folder.join("w.safetensors")).unwrap();
    fine(folder, "resume cut --force");
    assert!(last(&cut) == last(Path::new(&next)), "`resume` gives the same weights");
    let said = fine(folder, &format!("rerun {next}"));
    assert!(said.contains("the weights are those of the run, bit for bit"), "{said}");

    let (code, _, err) = lcnnc(folder, &format!("run --config {next}/run.yaml"));
    assert_eq!(code, Some(2));
    assert!(err.contains("w.safetensors: the weights that the run is to begin with, of the SHA-256 "), "{err}");
    fs::copy(folder.join(&run).join("last.safetensors"), folder.join("w.safetensors")).unwrap();
    let (code, _, err) = lcnnc(folder, &format!("run --config {next}/run.yaml"));
    assert_eq!(code, Some(2));
    assert!(err.contains(&format!("have the SHA-256 {}, found ", &sum[..12])), "{err}");
    fine(folder, &format!("run --config {next}/run.yaml --weights-from {run}"));
    fs::remove_file(folder.join(&next).join("initial.safetensors")).unwrap();
    let (code, _, err) = lcnnc(folder, &format!("rerun {next}"));
    assert_eq!(code, Some(2));
    assert!(err.contains("initial.safetensors: it is missing"), "{err}");
}

/// How a number is put down in another type, and what of it is left there.
type Rounding = (fn(f32) -> Vec<u8>, fn(f32) -> f32);

#[test]
fn numbers_of_other_widths_are_those_that_single_precision_makes_of_them() {
    let (place, run) = place();
    let folder = place.path();
    let own = tensors(&folder.join(&run).join("best.safetensors"));
    let types: [(Dtype, &str, Rounding); 4] = [
        (Dtype::F64, "module.", (|x| f64::from(x).to_le_bytes().to_vec(), |x| x)),
        (Dtype::F32, "encoder.", (|x| x.to_le_bytes().to_vec(), |x| x)),
        (Dtype::F16, "_orig_mod.", (|x| f16::from_f32(x).to_le_bytes().to_vec(), |x| f16::from_f32(x).to_f32())),
        (Dtype::BF16, "", (|x| bf16::from_f32(x).to_le_bytes().to_vec(), |x| bf16::from_f32(x).to_f32())),
    ];
    for (dtype, prefix, (written, rounded)) in types {
        let each = |bytes: &[u8], of: &dyn Fn(f32) -> Vec<u8>| -> Vec<u8> {
            bytes.as_chunks::<4>().0.iter().flat_map(|bytes| of(f32::from_le_bytes(*bytes))).collect()
        };
        let mut other: BTreeMap<String, Tensor> = own
            .iter()
            .map(|(name, (_, shape, bytes))| (format!("{prefix}{name}"), (dtype, shape.clone(), each(bytes, &written))))
            .collect();
        let counter = (Dtype::I64, Vec::new(), 7_i64.to_le_bytes().to_vec());
        other.insert(format!("{prefix}A.num_batches_tracked"), counter);
        write(&folder.join("other.safetensors"), &other);
        let said = fine(folder, &format!("run tiny {FEW} --epochs 1 --weights-from other.safetensors"));
        assert!(said.contains("weights    8 of 8 taken from "), "{said}");
        let initial = tensors(&folder.join(run_of(&said)).join("initial.safetensors"));
        for (name, (_, _, bytes)) in &own {
            let expected = each(bytes, &|x| rounded(x).to_le_bytes().to_vec());
            assert!(initial[name].2 == expected, "{dtype:?}: {name}");
        }
    }
}

/// A tensor of whole numbers is passed over where the net does not need it or it is excepted; and every process says what was taken.
#[test]
fn whole_numbers_are_no_damage_and_studies_say_what_is_taken() {
    let (place, run) = place();
    let folder = place.path();
    let mut other = tensors(&folder.join(&run).join("best.safetensors"));
    other.insert("index".to_owned(), (Dtype::I64, vec![2], vec![0; 16]));
    write(&folder.join("other.safetensors"), &other);
    let said = fine(folder, &format!("run tiny {FEW} --epochs 1 --weights-from other.safetensors"));
    assert!(said.contains("8 of 8 taken") && row(&said, "index").contains("the net has no `index`"), "{said}");
    let (_, shape, _) = other["W_A.weight"].clone();
    let count = shape.iter().product::<usize>();
    other.insert("W_A.weight".to_owned(), (Dtype::I32, shape, vec![0; 4 * count]));
    write(&folder.join("other.safetensors"), &other);
    let (code, _, err) = lcnnc(folder, &format!("run tiny {FEW} --epochs 1 --weights-from other.safetensors"));
    assert!(code == Some(2) && err.contains("holds numbers of type I32"), "{err}");
    let except = "--weights-from other.safetensors --weights-except W_A.weight";
    let said = fine(folder, &format!("run tiny {FEW} --epochs 1 --seeds 2 --jobs 1 {except}"));
    assert!(said.contains("7 of 8 taken") && said.contains("`W_A.weight` is excepted"), "{said}");
}

#[test]
fn what_does_not_fit_is_named_with_what_to_do_and_leaves_nothing() {
    let (place, run) = place();
    let folder = place.path();
    let sign = SPEC.replace("kernel: 3)", "kernel: 3, sign: nonnegative)");
    fs::write(folder.join("signs.lcnn"), sign).unwrap();
    fs::write(folder.join("wide.lcnn"), SPEC.replace("1 -> 4", "1 -> 5")).unwrap();
    fs::write(folder.join("other.lcnn"), SPEC.replace("W_A", "W_B").replace("A =", "B =").replace("(A,", "(B,"))
        .unwrap();
    fs::write(folder.join("saved.pth"), b"PK\x03\x04 and more").unwrap();
    fs::write(folder.join("empty.safetensors"), b"").unwrap();
    let mut variance = tensors(&folder.join(&run).join("best.safetensors"));
    let (_, _, bytes) = variance.get_mut("A.running_var").unwrap();
    bytes[..4].copy_from_slice(&(-1_f32).to_le_bytes());
    write(&folder.join("variance.safetensors"), &variance);
    let cases: [(&str, &str, &[&str]); 13] = [
        (
            "tiny",
            "--weights-from variance.safetensors",
            &["`A.running_var` of the file has 1 number below zero, and `A.running_var` of the net is a variance"],
        ),
        ("tiny", "--weights-except *", &["`only` and `except` leave nothing of the file to take: its names are `"]),
        (
            "wide",
            "",
            &[
                "`W_A.weight` of the file has the shape [4, 1, 3, 3], and `W_A.weight` of the net [5, 1, 3, 3]",
                "`logits.weight` of the file has the shape ",
                "left out with `--weights-except A.bias ",
                "--weights-except logits.weight`, or with `except` under `weights_from`",
            ],
        ),
        ("signs", "", &["`W_A.weight` of the file has ", " below zero, and `W_A.weight` of the net is nonnegative"]),
        (
            "tiny",
            "--weights-except logit.*",
            &["neither the file nor the net has a name that `logit.*` fits; did you mean `logits.*`?"],
        ),
        ("tiny", "--weights-rename V.*=A.*", &["`rename`: the file has no name that `V.*` fits"]),
        (
            "tiny",
            "--weights-rename W_A.weight=W_Q.weight",
            &["`rename`: `W_A.weight` becomes `W_Q.weight`, which the net does not have; did you mean `W_A.weight`?"],
        ),
        (
            "tiny",
            "--weights-rename A.bias=W_A.bias",
            &["`A.bias` and `W_A.bias` of the file are both `W_A.bias` of the net"],
        ),
        (
            "other",
            "--weights-except logits.*",
            &["nothing of the file is taken", "`A.bias`", "`W_B.weight`", "--weights-rename"],
        ),
        ("tiny", "--weights-from nothing", &["nothing: cannot be read"]),
        (
            "tiny",
            "--weights-from saved.pth",
            &[
                "saved.pth: a file of `torch.save` is a program as well",
                "\n  import torch, safetensors.torch\n  def dicts",
                "\n  saved = torch.load(open(\"saved.pth\", \"rb\")",
                "\"saved.safetensors\")",
            ],
        ),
        ("tiny", "--weights-from empty.safetensors", &["empty.safetensors: damaged: it is empty"]),
        ("tiny", "--weights-from .", &[": not a run folder: "]),
    ];
    for (spec, more, words) in cases {
        let from = if more.contains("--weights-from") { String::new() } else { format!("--weights-from {run}") };
        let (code, _, err) = lcnnc(folder, &format!("run {spec} {FEW} --runs none {from} {more}"));
        assert_eq!(code, Some(2), "{spec} {more}: {err}");
        words.iter().for_each(|word| assert!(err.contains(word), "no `{word}` in: {err}"));
    }
    let (code, _, err) = lcnnc(folder, &format!("run tiny {FEW} --runs none --weights-only W_A.*"));
    assert_eq!(code, Some(2));
    assert!(err.contains("write `--weights-from RUN`"), "{err}");
    assert!(!folder.join("none").exists(), "nothing is left");
}

/// A net that was a part of a part of another module comes along without the names of these.
#[test]
fn names_of_modules_around_a_net_are_left_out() {
    let (place, run) = place();
    let folder = place.path();
    let own = tensors(&folder.join(&run).join("best.safetensors"));
    for around in ["module.", "net.", "net.backbone.", "module.a.b.c.", "model.0."] {
        let named = own.iter().map(|(name, tensor)| (format!("{around}{name}"), tensor.clone())).collect();
        write(&folder.join("around.safetensors"), &named);
        let said = fine(folder, &format!("run tiny {FEW} --epochs 1 --weights-from around.safetensors"));
        assert_eq!(
            row(&said, &format!("{around}W_A.weight")),
            format!("{around}W_A.weight W_A.weight [4, 1, 3, 3] taken")
        );
    }
}

/// A name that another tensor of the file has taken is not what was meant.
#[test]
fn names_that_are_taken_are_not_offered() {
    let (place, run) = place();
    let folder = place.path();
    let mut other = tensors(&folder.join(&run).join("best.safetensors"));
    other.insert("W_B.weight".to_owned(), other["W_A.weight"].clone());
    write(&folder.join("other.safetensors"), &other);
    let from = "--epochs 1 --weights-from other.safetensors";
    let said = fine(folder, &format!("run tiny {FEW} {from}"));
    assert_eq!(row(&said, "W_B.weight"), "W_B.weight - [4, 1, 3, 3] not taken: the net has no `W_B.weight`");
    other.remove("W_A.weight");
    write(&folder.join("other.safetensors"), &other);
    let said = fine(folder, &format!("run tiny {FEW} {from}"));
    assert!(row(&said, "W_B.weight").ends_with("the net has no `W_B.weight`; did you mean `W_A.weight`?"), "{said}");
}

#[test]
fn mistakes_in_run_yaml_are_shown_at_their_place() {
    let (place, _) = place();
    let cases = [
        ("weights_from: {file: w.safetensors, exept: a}", "run.yaml:2:37", "did you mean `except`?"),
        ("weights_from: 3", "run.yaml:2:15", "`weights_from` is a block of keys, not 3"),
        ("weights_from: {file: [w]}", "run.yaml:2:22", "`file` is a text, not a list"),
        ("weights_from: {file: w, only: {a: b}}", "run.yaml:2:31", "`only` is a name or a list of names"),
        ("weights_from: {file: w, rename: {\"a.*\": b}}", "run.yaml:2:41", "`a.*` has 1 `*` and `b` 0"),
        ("weights_form: w", "run.yaml:2:1", "did you mean `weights_from`?"),
        ("epochs: 1", "run.yaml:2:1", "write a line `train:`, and below it, further in, `epochs: …`"),
    ];
    for (line, at, word) in cases {
        fs::write(place.path().join("run.yaml"), format!("spec: tiny.lcnn\n{line}\n")).unwrap();
        let (code, _, err) = lcnnc(place.path(), "run --config run.yaml");
        assert_eq!(code, Some(1), "{line}: {err}");
        assert!(err.contains(at) && err.contains(word), "{line}: {err}");
    }
}
