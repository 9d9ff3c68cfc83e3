//! Images of other sizes in training and in tests, numbers that are measured on the training images and kept with the run,
//! and the five largest scores.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SPEC: &str = "\
model Sized
input image: [3, 8, 8]
logits = dense(relu(conv(image, 4, kernel: 3)), classes)
output logits
train { epochs: 2, batch: 8 }
data {
    augment: [crop(8, of: 10), pad_crop(2, fill: mean), flip]
    transform: [normalise]
    TEST
    validation: SHARE
}
";

const TEST: &str = "test_transform: [resize(10, side: short), centre_crop(8), normalise]";

/// A folder with a spec, and with seven classes of six pictures each, of two sizes.
fn place(test: &str, share: &str) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("sized.lcnn"), SPEC.replace("TEST", test).replace("SHARE", share)).unwrap();
    for class in 0..7_usize {
        let folder = place.path().join(format!("pictures/class{class}"));
        fs::create_dir_all(&folder).unwrap();
        for picture in 0..6_usize {
            let [height, width] = [[12, 15], [13, 11]][picture % 2];
            let mut bytes = format!("P6\n{width} {height}\n255\n").into_bytes();
            bytes.extend(
                (0..3 * height * width).map(|i| ((i * (class + 3) * 7 + picture * 31 + i % 3 * 40) % 251) as u8),
            );
            fs::write(folder.join(format!("{picture}.ppm")), bytes).unwrap();
        }
    }
    place
}

fn lcnnc(place: &Path, args: &str) -> Result<String, (i32, String)> {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    command.current_dir(place).env("XDG_CACHE_HOME", place.join("cache")).args(args.split_whitespace());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    match output.status.code() {
        Some(0) => Ok(text(output.stdout)),
        code => Err((code.unwrap(), text(output.stderr))),
    }
}

const RUN: &str = "run sized --device cpu --no-tensorboard --dataset folder:pictures";

/// The folders of all runs, the oldest first.
fn runs(place: &Path) -> Vec<PathBuf> {
    let mut runs: Vec<PathBuf> =
        fs::read_dir(place.join("runs/sized")).unwrap().map(|entry| entry.unwrap().path()).collect();
    // Beside them lie the means of several seeds.
    runs.retain(|path| path.is_dir());
    runs.sort_by_key(|run| fs::metadata(run.join("manifest.json")).unwrap().modified().unwrap());
    runs
}

fn read(run: &Path, file: &str) -> String {
    fs::read_to_string(run.join(file)).unwrap()
}

fn line<'t>(text: &'t str, key: &str) -> &'t str {
    text.lines().find(|line| line.trim_start().starts_with(key)).unwrap().trim()
}

/// The only change from the author's spec to the run's are the numbers; whoever takes the run up has them.
#[test]
fn what_is_measured_is_kept_with_the_run() {
    let place = place(TEST, "20%");
    let place = place.path();
    lcnnc(place, RUN).unwrap();
    let first = runs(place)[0].clone();
    let spec = read(&first, "spec.lcnn");
    assert!(!spec.contains("training") && !spec.contains("fill: mean"), "{spec}");
    let numbers = |key| line(&spec, key).split_once("normalise(").unwrap().1.to_owned();
    assert_eq!(numbers("transform:"), numbers("test_transform:"), "{spec}");
    let mean = numbers("transform:").split_once("mean: [").unwrap().1.split_once(']').unwrap().0.to_owned();
    assert!(line(&spec, "augment:").contains(&format!("fill: [{mean}]")), "{spec}");
    assert_eq!(
        line(&read(&first, "run.yaml"), "transform:"),
        line(&spec, "transform:").replace("transform: ", "transform: '") + "'"
    );
    let text = lcnnc(place, &format!("rerun {}", first.display())).unwrap();
    assert!(text.contains("same bits") || text.contains("bit for bit"), "{text}");
    assert_eq!(read(&runs(place)[1], "spec.lcnn"), spec);
    let score = |args: &str| lcnnc(place, &format!("eval {} {args}", first.display())).unwrap();
    let summary: Value = serde_json::from_str(&read(&first, "summary.json")).unwrap();
    let expected = format!("top-5 {:.2} %", 100.0 * summary["test"]["top"]["accuracy"].as_f64().unwrap());
    assert!(score("").contains(&expected), "{expected} in {}", score(""));
    lcnnc(place, &format!("predict {} pictures/class0/0.ppm pictures/class0/1.ppm", first.display())).unwrap();
    // Other training images have other numbers.
    lcnnc(place, &format!("{RUN} --seed 1")).unwrap();
    assert_ne!(line(&read(&runs(place)[2], "spec.lcnn"), "transform:"), line(&spec, "transform:"));
    lcnnc(place, &format!("resume {} --epochs 3", first.display())).unwrap();
    assert_eq!(line(&read(&runs(place)[3], "spec.lcnn"), "transform:"), line(&spec, "transform:"));
}

#[test]
fn sizes_that_differ_in_a_test_are_said_with_what_to_write() {
    let place = place("", "20%");
    let (code, message) = lcnnc(place.path(), RUN).unwrap_err();
    assert_eq!(code, 1, "{message}");
    assert_eq!(message.matches("when it reaches").count(), 1, "once for all pictures: {message}");
    assert!(message.contains(&format!("write `{TEST}` in `data`")), "{message}");
    assert!(message.contains("in validation or test"), "{message}");
    let checked = lcnnc(place.path(), "check sized --format short").unwrap_or_else(|(_, message)| message);
    assert!(checked.contains("L0608"), "{checked}");
}

/// With nothing held out the last epoch is the best one, and a longer run goes on from it.
#[test]
fn all_images_train_where_none_is_held_out() {
    let place = place(TEST, "0%");
    let place = place.path();
    let text = lcnnc(place, RUN).unwrap();
    assert!(text.contains(" 0 validation") && text.contains("best epoch 2 of 2\n"), "{text}");
    let first = runs(place)[0].clone();
    let lines: Vec<Value> = read(&first, "metrics.jsonl").lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert!(lines.iter().all(|line| line["validation_accuracy"].is_null()), "{lines:?}");
    assert!(!read(&first, "metrics.csv").contains("top5"));
    lcnnc(place, &format!("{RUN} --epochs 3")).unwrap();
    lcnnc(place, &format!("resume {} --epochs 3", first.display())).unwrap();
    let all = runs(place);
    let [uncut, longer] = [&all[1], &all[2]].map(|run| read(run, "metrics.csv").lines().count());
    assert_eq!([uncut, longer], [4, 4]);
    // Uncut or gone on with, the weights are those of three epochs.
    let weights = |run: &Path| serde_json::from_str::<Value>(&read(run, "summary.json")).unwrap()["weights"].clone();
    assert_eq!(weights(&all[1]), weights(&all[2]));
    assert!(lcnnc(place, &format!("rerun {}", all[2].display())).is_ok());
}

#[test]
fn the_largest_scores_are_counted() {
    let place = place(TEST, "20%");
    let place = place.path();
    let text = lcnnc(place, RUN).unwrap();
    let run = runs(place)[0].clone();
    let table = read(&run, "metrics.csv");
    let head: Vec<&str> = table.lines().next().unwrap().split(',').collect();
    let column = head.iter().position(|name| *name == "validation_top5_accuracy").unwrap();
    for (row, line) in table.lines().skip(1).zip(read(&run, "metrics.jsonl").lines()) {
        let [json, cell] = [
            serde_json::from_str::<Value>(line).unwrap()["validation_top5_accuracy"].to_string(),
            row.split(',').nth(column).unwrap().to_owned(),
        ];
        assert_eq!(json.parse::<f64>().unwrap(), cell.parse::<f64>().unwrap());
    }
    assert!(text.lines().any(|line| line.starts_with("test accuracy") && line.contains(", top-5 ")), "{text}");
    // One of one is the accuracy, and all of all is everything; between them it rises.
    let share = |k: usize| {
        let text = lcnnc(place, &format!("eval {} --top {k}", run.display())).unwrap();
        let text = text.lines().find(|line| line.starts_with("test accuracy")).unwrap().to_owned();
        let number = |start: &str| text.split_once(start).unwrap().1.split_once(' ').unwrap().0.parse::<f64>().unwrap();
        [number("test accuracy "), number(&format!("top-{k} "))]
    };
    let shares: Vec<[f64; 2]> = (1..=7).map(share).collect();
    assert_eq!(shares[0][0], shares[0][1]);
    assert_eq!(shares[6][1], 100.0);
    assert!(shares.windows(2).all(|pair| pair[0][1] <= pair[1][1] && pair[0][0] == pair[1][0]), "{shares:?}");
    let (code, message) = lcnnc(place, &format!("eval {} --top 8", run.display())).unwrap_err();
    assert_eq!(code, 2);
    assert!(message.contains("give at most 7"), "{message}");
}

/// Each seed measures its own training images; the mean of the five largest scores is of all seeds.
#[test]
fn seeds_have_a_mean_of_the_largest_scores() {
    let place = place(TEST, "20%");
    let place = place.path();
    let text = lcnnc(place, &format!("{RUN} --seeds 2 --jobs 1")).unwrap();
    let file = text.trim_end().rsplit_once("see ").unwrap().1;
    let study: Value = serde_json::from_str(&fs::read_to_string(place.join(file)).unwrap()).unwrap();
    let shares = [0, 1].map(|seed| study["seeds"][seed]["top5_accuracy"].as_f64().unwrap());
    assert!((study["top5_mean"].as_f64().unwrap() - (shares[0] + shares[1]) / 2.0).abs() < 1e-12, "{study}");
    let sd = (shares[0] - shares[1]).abs() / 2_f64.sqrt();
    assert!((study["top5_sd"].as_f64().unwrap() - sd).abs() < 1e-12, "{study}");
    assert!(
        text.contains(&format!(", top-5 {:.2} ± {:.2} % (mean", 50.0 * (shares[0] + shares[1]), 100.0 * sd)),
        "{text}"
    );
    let runs = runs(place);
    let [first, second] = [0, 1].map(|run| line(&read(&runs[run], "spec.lcnn"), "transform:").to_owned());
    assert_ne!(first, second);
}
