//! Analyses and arrays of nets and weights that are unlike most: states that begin at zero, weights that are no numbers, the images
//! themselves as a value.

use crate::shell::{fine, lcnnc, rows, spoil};
use std::fs;
use tempfile::TempDir;

/// A state that begins at zero, and a value of the loop's body beside it.
const SPEC: &str = "\
model Zero
input image: [1, 12, 12]
weights W_A: conv(1 -> 3, kernel: 3, bias: false)
weights W_L: conv(3 -> 3, kernel: 3, bias: false)
loop V1(steps: 2) {
    state O = zeros(3, 12, 12)
    drive = W_A * image + W_L * O
    O' = relu(drive)
}
logits = dense(global_avg_pool(O), classes)
output logits
data { transform: [resize(12)] }
";

/// A finished run in the folder `run`.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("zero.lcnn"), SPEC).unwrap();
    fine(
        place.path(),
        "run zero --device cpu --threads 1 --limit 40 --limit-test 12 --epochs 1 --batch 16 --no-tensorboard",
    );
    let run = fs::read_dir(place.path().join("runs/zero")).unwrap().next().unwrap().unwrap().path();
    fs::rename(run, place.path().join("run")).unwrap();
    place
}

#[test]
fn a_state_that_begins_at_zero_has_all_of_its_steps() {
    let place = place();
    let here = place.path();
    let steps = |csv: &str, value: &str| {
        let of_value = rows(csv).into_iter().filter(|row| row["value"] == value);
        of_value.map(|row| row["step"].clone()).collect::<Vec<_>>()
    };
    let csv = fine(here, "analyse run sparsity");
    assert_eq!(steps(&csv, "O"), ["0", "1", "2"]);
    assert_eq!(steps(&csv, "drive"), ["1", "2"]);
    let start = rows(&csv).into_iter().find(|row| row["value"] == "O" && row["step"] == "0").unwrap();
    assert_eq!((start["zeros"].as_str(), start["kurtosis"].as_str()), ("1", ""));
    fine(here, "activations run --values O@all,O@0,O --out x.npz");
    let said = fine(here, "analyse run");
    assert!(said.contains("all of it on one page"), "{said}");
}

#[test]
fn the_images_are_a_value_like_any_other() {
    let place = place();
    let row = &rows(&fine(place.path(), "analyse run sparsity(of:image)"))[0];
    let number = |name: &str| row[name].parse::<f64>().unwrap();
    assert_eq!((row["value"].as_str(), number("images")), ("image", 12.0));
    assert!(number("kurtosis") > 1.0 && (0.0..=1.0).contains(&number("zeros")));
}

#[test]
fn one_image_has_no_deviation() {
    let place = place();
    let csv = fine(place.path(), "analyse run sparsity --limit 1");
    assert!(rows(&csv).iter().all(|row| row["zeros_sd"].is_empty() && row["kurtosis_sd"].is_empty()), "{csv}");
}

#[test]
fn maps_say_which_images_they_are_of() {
    let place = place();
    let here = place.path();
    let csv = fine(here, "analyse run maps(of:O,images:1)");
    let mut lines = csv.lines();
    assert_eq!(lines.next().unwrap(), "value,image,which,class,step,channel,mean,minimum,maximum,zeros,weights");
    assert!(lines.all(|line| line.starts_with("O,0,\"image ") && line.contains(" of contours, test half\",")), "{csv}");
    let (code, _, err) = lcnnc(here, "analyse run maps(of:logits)");
    assert_eq!(code, Some(2));
    assert!(err.contains("`logits` is no feature map"), "{err}");
}

/// Weights one of which is no number end in words and with the exit code for that, not in a search without an end.
#[test]
fn weights_that_are_no_numbers_are_said_to_be() {
    let place = place();
    let here = place.path();
    spoil(&here.join("run/best.safetensors"), "W_L.weight");
    for (args, expected) in [("analyse run sparsity --force", 3), ("activations run --values O --out x.npy --force", 3)]
    {
        let (code, _, err) = lcnnc(here, args);
        assert_eq!(code, Some(expected), "{err}");
        assert!(err.contains("the scores are no longer numbers"), "{err}");
    }
    assert!(!here.join("x.npy").exists() && !here.join("x.npy.json").exists());
    let said = fine(here, "analyse run spectrum(side:4,random:0) --force --into seen");
    assert!(said.contains("some are no numbers, so there is no spectrum"), "{said}");
}

#[test]
fn what_cannot_be_described_is_not_written() {
    let place = place();
    let here = place.path();
    fs::create_dir(here.join("x.npy.json")).unwrap();
    let (code, _, err) = lcnnc(here, "activations run --values O --out x.npy");
    assert_eq!(code, Some(2));
    assert!(err.contains("x.npy.json") && !here.join("x.npy").exists(), "{err}");
}

/// Two commands that write into one folder at once both end well, and leave whole files.
#[test]
fn two_commands_at_once_do_not_disturb_one_another() {
    let place = place();
    let here = place.path();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fine(here, "analyse run weights histograms --into both"));
        }
    });
    let names: Vec<String> = fs::read_dir(here.join("both"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(names.iter().all(|name| !name.contains("partial")), "{names:?}");
    assert!(fs::read_to_string(here.join("both/weights.csv")).unwrap().ends_with('\n'));
}
