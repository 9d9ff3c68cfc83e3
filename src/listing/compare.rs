//! Two runs held against each other: what they came to, what they were made with, and how they went.

use super::curves::{Curve, drawn};
use super::row::{Row, Value};
use crate::data::short;
use crate::observe::Epoch;
use crate::text_table::aligned;
use crate::train::{Glance, TrainError};
use similar::TextDiff;

/// What the runs came to.
const RESULTS: [&str; 7] = ["state", "epochs", "best_epoch", "validation", "test", "top5", "time"];
/// What is told of them in other places, or lies in the nature of two runs.
const BESIDE: [&str; 13] = [
    "run",
    "reason",
    "started",
    "dataset",
    "data_sha256",
    "spec",
    "spec_sha256",
    "lcnnc",
    "device",
    "threads",
    "model",
    "parameters",
    "seed",
];

/// What differs between two runs, and the curves of both, at most `columns` wide.
///
/// # Errors
/// If the spec of a run cannot be read, or the numbers of its epochs are not what it left.
pub fn compared(runs: [&Glance; 2], columns: usize) -> Result<String, TrainError> {
    let rows = runs.map(Row::of);
    let mut text = String::new();
    for (name, run) in ["A", "B"].iter().zip(runs) {
        text += &format!("{name}  {}\n", run.path.display());
    }
    if runs[0].manifest.fingerprint == runs[1].manifest.fingerprint {
        text += "both are of one recipe: spec, settings and data are the same\n";
    }
    text += &section("results", &results(&rows));
    text += &section("settings", &differing(&rows));
    text += &section("data", &data(runs));
    text += &section("versions", &versions(runs));
    let specs = [runs[0].spec()?, runs[1].spec()?];
    if specs[0] == specs[1] {
        text += "\nspec: the same\n";
    } else {
        let [a, b] = runs.map(|run| run.path.join("spec.lcnn").display().to_string());
        let diff = TextDiff::from_lines(&specs[0], &specs[1]);
        text += &format!("\nspec\n{}", diff.unified_diff().context_radius(1).header(&a, &b));
    }
    let epochs = [runs[0].epochs()?, runs[1].epochs()?];
    let curve = |of: &dyn Fn(&Epoch) -> Option<f64>| -> [Curve; 2] {
        [&epochs[0], &epochs[1]].map(|epochs| epochs.iter().filter_map(|it| Some((it.epoch, of(it)?))).collect())
    };
    let losses = curve(&|epoch| Some(epoch.train_loss));
    let accuracies = curve(&|epoch| epoch.validation_accuracy.map(|share| 100.0 * share));
    let mut add = |title: &str, [a, b]: [&Curve; 2]| match drawn(title, [a, b], columns) {
        Some(drawing) => text += &format!("\n{drawing}"),
        None => text += &format!("\n{title}: neither run has numbers of it\n"),
    };
    add("training loss, nats an image with penalties (A, B; * where both are)", [&losses[0], &losses[1]]);
    add("validation accuracy, per cent (A, B; * where both are)", [&accuracies[0], &accuracies[1]]);
    Ok(text)
}

/// A part of the text; one line where nothing differs.
fn section(title: &str, lines: &[[String; 4]]) -> String {
    if lines.is_empty() {
        return format!("\n{title}: the same\n");
    }
    let has_difference = lines.iter().any(|line| !line[3].is_empty());
    let head = [title, "A", "B", "B - A"].map(str::to_owned);
    let kept = if has_difference { 4 } else { 3 };
    let rows: Vec<Vec<String>> = std::iter::once(&head).chain(lines).map(|line| line[..kept].to_vec()).collect();
    format!("\n{}", aligned(&rows))
}

fn line(name: &str, [a, b]: [Option<String>; 2], difference: String) -> [String; 4] {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [name.to_owned(), or_none(a), or_none(b), difference]
}

fn results(rows: &[Row; 2]) -> Vec<[String; 4]> {
    let of = |name: &&str| {
        let values = [rows[0].get(name), rows[1].get(name)];
        if values == [None, None] {
            return None;
        }
        let difference = match values {
            [Some(Value::PerCent(a)), Some(Value::PerCent(b))] => format!("{:+.2} points", b - a),
            [Some(Value::Seconds(a)), Some(Value::Seconds(b))] => format!("{:+.1} s", b - a),
            [Some(Value::Count(a)), Some(Value::Count(b))] if a == b => "0".to_owned(),
            [Some(Value::Count(a)), Some(Value::Count(b))] => format!("{:+}", *b as i64 - *a as i64),
            _ => String::new(),
        };
        Some(line(&name.replace('_', " "), values.map(|value| value.map(Value::shown)), difference))
    };
    RESULTS.iter().filter_map(of).collect()
}

/// Consts, settings and limits in which the runs differ, and their seeds.
fn differing(rows: &[Row; 2]) -> Vec<[String; 4]> {
    let mut names: Vec<&str> = vec!["seed"];
    for (name, _) in rows.iter().flat_map(|row| &row.values) {
        let is_told = RESULTS.contains(&name.as_str()) || BESIDE.contains(&name.as_str());
        if !is_told && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let pairs = names.into_iter().map(|name| (name, [rows[0].get(name), rows[1].get(name)]));
    let differ = pairs.filter(|(_, [a, b])| a != b);
    differ.map(|(name, values)| line(name, values.map(|value| value.map(Value::shown)), String::new())).collect()
}

/// The rows that tell of two runs which data set each has and the checksum of it.
fn data(runs: [&Glance; 2]) -> Vec<[String; 4]> {
    let of = runs.map(|run| &run.manifest.data);
    let images = |of: [usize; 2]| of.map(|n| n.to_string());
    let all = [
        ("data set", of.map(|data| data.name.clone())),
        ("SHA-256", of.map(|data| short(&data.checksum).to_owned())),
        ("classes", images(of.map(|data| data.classes.len()))),
        ("training images", images(of.map(|data| data.training_images))),
        ("validation images", images(of.map(|data| data.validation_images))),
        ("test images", images(of.map(|data| data.test_images))),
    ];
    unlike(all)
}

/// What differs in program and machine.
fn versions(runs: [&Glance; 2]) -> Vec<[String; 4]> {
    let of = runs.map(|run| &run.manifest);
    let all = [
        ("lcnnc", of.map(|it| it.lcnnc.clone())),
        ("device", of.map(|it| it.device.clone())),
        ("system", of.map(|it| it.machine.system.clone())),
        ("architecture", of.map(|it| it.machine.architecture.clone())),
        ("vectors", of.map(|it| it.machine.vectors.clone())),
        ("threads", of.map(|it| it.threads.to_string())),
    ];
    unlike(all)
}

fn unlike<const N: usize>(all: [(&str, [String; 2]); N]) -> Vec<[String; 4]> {
    let differ = all.into_iter().filter(|(_, [a, b])| a != b);
    differ.map(|(name, values)| line(name, values.map(Some), String::new())).collect()
}
