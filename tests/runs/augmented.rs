//! Augmentations in a run: they vary what is trained on and nothing else, and a seed fixes them.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;

/// Frozen, so that the numbers of an epoch tell of its images alone.
const FROZEN: &str = "\
model Frozen
input image: [1, 12, 12]
A = relu(conv(image, 4, kernel: 3, frozen: true))
logits = dense(max_pool(A, 2), classes, frozen: true)
output logits
train {
    epochs: 2
    batch: 32
}
data {
    augment: AUGMENT
    transform: [resize(12)]
    validation: 25%
}
";

/// The lines of metrics.jsonl and the test's score in summary.json; or the exit code and the message of a failure.
fn run(augment: &str, args: &str) -> Result<(Vec<Value>, Value), (i32, String)> {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("frozen.lcnn"), FROZEN.replace("AUGMENT", augment)).unwrap();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    command.current_dir(place.path()).args(["run", "frozen", "--device", "cpu", "--limit", "128"]);
    let output = command.args(args.split_whitespace()).output().unwrap();
    let runs = place.path().join("runs/frozen");
    if !output.status.success() {
        assert!(!runs.exists(), "a run that cannot begin leaves nothing");
        return Err((output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap()));
    }
    let folder = fs::read_dir(runs).unwrap().next().unwrap().unwrap().path();
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let lines = read("metrics.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary: Value = serde_json::from_str(&read("summary.json")).unwrap();
    Ok((lines, summary["test"].clone()))
}

fn column(lines: &[Value], name: &str) -> Vec<f64> {
    lines.iter().map(|line| line[name].as_f64().unwrap()).collect()
}

#[test]
fn only_training_images_are_augmented_and_a_seed_fixes_how() {
    let (plain, plain_test) = run("[]", "").unwrap();
    let (varied, varied_test) = run("[pad_crop(4), flip, rotate(15), repeat(2)]", "").unwrap();
    let training = |lines: &[Value]| column(lines, "train_cross_entropy");
    // The same images in another order sum up to almost the same; a shift of the images is more than that.
    assert!((training(&plain)[0] - training(&plain)[1]).abs() < 1e-5, "{plain:?}");
    assert!((training(&varied)[0] - training(&varied)[1]).abs() > 1e-4, "each epoch has views of its own: {varied:?}");
    assert!((training(&plain)[0] - training(&varied)[0]).abs() > 1e-4, "{plain:?} {varied:?}");
    let held_out = |lines: &[Value]| [column(lines, "validation_cross_entropy"), column(lines, "validation_accuracy")];
    assert_eq!(held_out(&plain), held_out(&varied));
    assert_eq!(plain_test, varied_test);
    let (again, _) = run("[pad_crop(4), flip, rotate(15), repeat(2)]", "--threads 1").unwrap();
    assert_eq!(training(&again), training(&varied));
    let (other, _) = run("[pad_crop(4), flip, rotate(15), repeat(2)]", "--seed 1").unwrap();
    assert_ne!(training(&other), training(&varied));
}

#[test]
fn what_no_picture_can_take_is_said_before_the_run() {
    let (code, message) = run("[flip, pad_crop(48)]", "").unwrap_err();
    assert_eq!(code, 1, "{message}");
    let expected =
        "an image of `contours`: augmentation `pad_crop`: expected a border narrower than the image, 48 x 48";
    assert!(message.contains(expected), "{message}");
    let (code, message) = run("[flop]", "").unwrap_err();
    assert_eq!(code, 1, "{message}");
    assert!(message.contains("did you mean `flip`"), "{message}");
}
