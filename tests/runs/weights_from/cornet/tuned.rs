//! The sessions of the manual in which a net in the published layout learns other classes.

use super::{SETTINGS, StateDict, place};
use crate::shell::fine;
use crate::weights_from::{run_of, tensors, write};
use safetensors::Dtype;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const PAGE: &str = "docs/weights.md";
/// Feature maps of the first area.
const WIDTH: usize = 4;
/// Orientations of the gratings.
const CLASSES: usize = 12;
const GRATINGS: &str = "gratings(orientations:12,frequencies:6,lowest:0.06,highest:0.3,phases:8,size:32)";

/// What the net in the published layout has become is set over the words for it in the settings of the other test.
fn settings(file: &str) -> String {
    let of_net = SETTINGS
        .replace("limit: 8\nlimit_test: 4\n", "limit: 200\n")
        .replace("width: 2", "width: 4")
        .replace("file: published.safetensors", &format!("file: {file}"));
    of_net.replace("epochs: 1\n  batch: 4", "epochs: 10\n  batch: 10").replace("lr: 1e-3", "lr: 0.02")
}

/// Writes a net that has learnt gratings as a state dict with the published names.
fn publish(folder: &Path) {
    let said = fine(
        folder,
        &format!(
            "run cornet --dataset {GRATINGS} --device cpu --threads 1 --set size=32 --set width={WIDTH} --epochs 12 --lr 0.02 --batch 16 \
             --no-tensorboard --runs learnt"
        ),
    );
    let own = tensors(&folder.join(run_of(&said)).join("best.safetensors"));
    // Which names are which, a run says that begins with any numbers under the published names.
    let StateDict(mut published, _) = StateDict::published(WIDTH, CLASSES);
    write(&folder.join("names.safetensors"), &published);
    fs::write(folder.join("names.yaml"), settings("names.safetensors")).unwrap();
    let said = fine(folder, "run --config names.yaml --epochs 1 --runs named --no-tensorboard");
    let rows =
        said.lines().filter(|line| line.ends_with(" taken")).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut ours: BTreeMap<String, String> = rows.map(|row| (row[0].to_owned(), row[1].to_owned())).collect();
    for part in ["weight", "bias"] {
        ours.insert(format!("module.decoder.linear.{part}"), format!("logits.{part}"));
    }
    for (name, tensor) in published.iter_mut().filter(|(_, tensor)| tensor.0 == Dtype::F32) {
        tensor.clone_from(&own[&ours[name]]);
    }
    assert_eq!(ours.len(), own.len());
    write(&folder.join("cornet_s.safetensors"), &published);
}

/// What a session's commands say, with `head`, `tail` and `grep` as far as the manual has them.
fn said(folder: &Path, shown: &str) -> String {
    let mut out = String::new();
    for command in shown.lines().filter_map(|line| line.strip_prefix("$ lcnnc ")) {
        let (args, filter) = command.split_once(" | ").unwrap_or((command, ""));
        let text = fine(folder, args).replace(&folder.display().to_string(), "/home/ada/nets");
        let lines: Vec<&str> = match filter {
            "grep -v ' taken$'" => text.lines().filter(|line| !line.ends_with(" taken")).collect(),
            "tail -n 2" => text.lines().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect(),
            _ => panic!("{filter}"),
        };
        out += &format!("$ lcnnc {command}\n{}\n", lines.join("\n"));
    }
    out
}

/// A text without its numbers, which are others on other machines, and without the blanks that depend on them.
fn plain(text: &str) -> String {
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let word =
        |word: &str| if is_number(word.trim_start_matches(['(', '['])) { "1".to_owned() } else { word.to_owned() };
    let without_run = |line: &str| line.split("runs/cornet/").next().unwrap_or_default().to_owned();
    let line = |line: &str| without_run(line).split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The share of right answers that a session ends with, in per cent.
fn accuracies(text: &str) -> Vec<f64> {
    let ends = text.lines().filter_map(|line| line.strip_prefix("test accuracy "));
    ends.map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect()
}

/// `UPDATE_DOCS=1` writes down what the session says.
#[test]
fn a_net_in_the_published_layout_learns_other_classes_as_the_manual_says() {
    let place = place();
    let folder = place.path();
    publish(folder);
    let tuned = settings("cornet_s.safetensors");
    fs::write(folder.join("tuned.yaml"), &tuned).unwrap();
    let scratch = |from: &str| -> Option<String> {
        let (before, rest) = from.split_once("weights_from:\n")?;
        Some(format!("{before}train:\n{}", rest.split_once("train:\n")?.1))
    };
    fs::write(folder.join("random.yaml"), scratch(&tuned).unwrap()).unwrap();
    let page = fs::read_to_string(PAGE).unwrap();
    let begin = page.find("$ lcnnc run --config tuned.yaml").unwrap();
    let end = begin + page[begin..].find("```").unwrap();
    let said = said(folder, &page[begin..end]);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PAGE, format!("{}{said}{}", &page[..begin], &page[end..])).unwrap();
    } else {
        assert_eq!(plain(&page[begin..end]), plain(&said), "run it with `UPDATE_DOCS=1`");
    }
    let [with, without] = accuracies(&said)[..] else { panic!("{said}") };
    assert!(with > 70.0 && with > without + 10.0, "{said}");
}
