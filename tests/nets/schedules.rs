//! Schedules of the learning rate against PyTorch's, whose numbers these are (torch 2.15: MultiStepLR, CosineAnnealingLR,
//! ReduceLROnPlateau), and warm-ups.

use assert_cmd::Command;
use lcnnc::observe::Epoch;
use lcnnc::train::phases::{Course, Phases, absurd};
use lcnnc::train::schedule::Schedule;
use lcnnc_lang::front::settings::Settings;
use lcnnc_lang::{Options, Source, compile};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

fn schedule(call: &str, epochs: usize, warmup: usize) -> Schedule {
    let mut settings = Settings::default();
    settings.set("train", "schedule", call).unwrap();
    Schedule::new(settings.train.call("schedule"), epochs, warmup)
}

/// The factors of so many epochs, each over.
fn factors(schedule: &Schedule, epochs: usize) -> Vec<f64> {
    (1..=epochs).map(|epoch| schedule.factor(epoch, 1.0)).collect()
}

fn close(found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len());
    assert!(found.iter().zip(wanted).all(|(x, y)| (x - y).abs() < 1e-12), "{found:?}, not {wanted:?}");
}

#[test]
fn a_constant_stays() {
    close(&factors(&schedule("constant", 4, 0), 4), &[1.0; 4]);
}

#[test]
fn steps_are_those_of_pytorch() {
    let steps = schedule("steps(at: [2, 4], factor: 0.25)", 6, 0);
    close(&factors(&steps, 6), &[1.0, 1.0, 0.25, 0.25, 0.0625, 0.0625]);
}

#[test]
fn a_cosine_is_that_of_pytorch() {
    let wanted = [1.0, 0.9397114317029974, 0.775, 0.55, 0.3250000000000002, 0.1602885682970026];
    close(&factors(&schedule("cosine(to: 0.1)", 6, 0), 6), &wanted);
}

#[test]
fn a_plateau_is_that_of_pytorch() {
    let seen = [1.0, 0.9, 0.9, 0.89999, 0.95, 0.5, 0.6, 0.6, 0.6, 0.7];
    let mut plateau = schedule("plateau(factor: 0.5, patience: 1)", seen.len(), 0);
    let mut found = Vec::new();
    for (n, nats) in seen.into_iter().enumerate() {
        found.push(plateau.factor(n + 1, 0.5));
        plateau.note(nats);
    }
    close(&found, &[1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]);
}

/// An epoch with that cross-entropy.
fn epoch(epoch: usize, nats: f64) -> Epoch {
    Epoch {
        epoch,
        lr: 1.0,
        train_loss: nats,
        train_cross_entropy: nats,
        train_accuracy: 0.5,
        validation_cross_entropy: None,
        validation_accuracy: None,
        validation_top5_accuracy: None,
        seconds: 1.0,
        images_per_second: 1.0,
        snr: BTreeMap::new(),
    }
}

#[test]
fn what_phases_remember_goes_on_where_it_was() {
    let source = Source { name: "tiny.lcnn".to_owned(), text: TINY.to_owned() };
    let net = compile(&source, &Options::default()).net.unwrap();
    let mut settings = Settings::default();
    let plain = Phases::new(&net, &settings);
    assert!(plain.memory().is_empty(), "a constant rate has nothing to remember");
    settings.set("train", "schedule", "plateau(factor: 0.5, patience: 0)").unwrap();
    settings.set("train", "patience", "2").unwrap();
    let new = || Phases::new(&net, &settings);
    let (mut uncut, mut resumed) = (new(), new());
    for (n, nats) in [1.0, 1.0 / 3.0, 0.4, 0.3, 0.5, 0.6].into_iter().enumerate() {
        uncut.after_epoch(&epoch(n + 1, nats));
        resumed.after_epoch(&epoch(n + 1, nats));
        assert_eq!(resumed.rate(n + 2, 0.5), uncut.rate(n + 2, 0.5));
        // As a checkpoint has it.
        let text = serde_json::to_string(&resumed.memory()).unwrap();
        resumed = new();
        resumed.remember(&serde_json::from_str(&text).unwrap()).unwrap();
    }
    assert_eq!(resumed.rate(9, 0.5), 0.125);
    let lost = new().remember(&plain.memory()).unwrap_err();
    assert!(lost.contains("the memory of `schedule` is missing"), "{lost}");
    // What no phase wrote.
    let memories = |memory: Value| [("schedule".to_owned(), memory)].into_iter().collect();
    for (memory, reason) in [
        (serde_json::json!({"scale": 2.0, "lowest": null, "waited": 0}), "`schedule.scale` is 2, expected"),
        (serde_json::json!({"scale": 0.5}), "`schedule` is no memory of one: "),
        (serde_json::json!(7), "`schedule` is no memory of one: "),
    ] {
        let problem = absurd(&memories(memory.clone())).unwrap();
        assert!(problem.contains(reason), "{memory}: {problem}");
    }
    assert_eq!(absurd(&resumed.memory()), None);
    // Patience needs no memory: where the best epoch is, every checkpoint says.
    let over = |done, best| resumed.over(Course { done, best });
    assert_eq!([over(0, None), over(3, Some(2))], [None, None]);
    assert_eq!(over(4, Some(2)).unwrap(), "the validation accuracy was no better for 2 epochs");
}

#[test]
fn a_warm_up_rises_step_by_step_and_the_schedule_comes_behind_it() {
    let cosine = schedule("cosine", 6, 2);
    let at = |epoch, done| cosine.factor(epoch, done);
    close(&[at(1, 0.25), at(1, 1.0), at(2, 0.5), at(2, 1.0)], &[0.125, 0.5, 0.75, 1.0]);
    // Four epochs are left for the half cosine.
    close(&[at(3, 0.1), at(5, 0.1)], &[1.0, 0.5]);
    let longer = schedule("constant", 2, 10);
    close(&[longer.factor(2, 1.0)], &[0.2]);
}

const TINY: &str = "model Tiny\ninput image: [1, 12, 12]\nlogits = dense(relu(conv(image, 2, kernel: 3)), classes)\n\
                    output logits\ndata {\n    transform: [resize(12)]\n}\n";

/// What `lcnnc run` with those flags says, and the JSON lines and the summary of its folder.
fn run(flags: &[&str]) -> (String, Vec<Value>, Value) {
    run_of(TINY, flags)
}

fn run_of(spec: &str, flags: &[&str]) -> (String, Vec<Value>, Value) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tiny.lcnn"), spec).unwrap();
    let mut lcnnc = Command::cargo_bin("lcnnc").unwrap();
    let args = ["run", "tiny", "--limit", "64", "--seed", "1", "--device", "cpu"];
    let output = lcnnc.current_dir(folder.path()).args(args).args(flags).output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    assert!(output.status.success(), "{said}");
    let run = fs::read_dir(folder.path().join("runs/tiny")).unwrap().next().unwrap().unwrap().path();
    let json = |text: &str| serde_json::from_str(text).unwrap();
    let lines = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let summary = fs::read_to_string(run.join("summary.json")).unwrap();
    (said, lines.lines().map(json).collect(), json(&summary))
}

#[test]
fn a_run_follows_its_schedule() {
    let flags = ["--epochs", "4", "--lr", "0.02", "--schedule", "steps(at: [2], factor: 0.5)", "--warmup", "1"];
    let (said, epochs, _) = run(&flags);
    let rates: Vec<f64> = epochs.iter().map(|epoch| epoch["lr"].as_f64().unwrap()).collect();
    close(&rates, &[0.02, 0.02, 0.01, 0.01]);
    assert!(said.contains("schedule   steps(at: [2], factor: 0.5), warm-up over 1 epoch\n"), "{said}");
    assert!(said.contains("           `steps` counts the epochs of the warm-up in\n"), "{said}");
}

/// Fewer epochs than the spec has, as one tries a run: what its schedule does not come to is said.
#[test]
fn epochs_that_a_run_does_not_come_to_are_told() {
    let spec = format!("{TINY}train {{\n    epochs: 90\n    schedule: steps(at: [1, 60])\n}}\n");
    let told = "warning[L0604]: no epoch comes behind epoch 60: `epochs` is 2";
    let (said, ..) = run_of(&spec, &["--epochs", "2"]);
    assert_eq!(said.matches("L0604").count(), 1, "{said}");
    assert!(said.contains(told), "{said}");
    let (said, ..) = run_of(&spec.replace("epochs: 90", "epochs: 60"), &["--epochs", "2", "--patience", "1"]);
    assert_eq!((said.matches("L0604").count(), said.matches(told).count()), (1, 1), "{said}");
    let (said, ..) = run_of(&format!("allow off_epoch\n{spec}"), &["--epochs", "2"]);
    assert!(!said.contains("L0604"), "{said}");
}

#[test]
fn a_run_without_progress_stops_when_patience_is_over() {
    // At a rate of 0 nothing ever gets better.
    let (said, epochs, summary) = run(&["--epochs", "9", "--lr", "0", "--patience", "3"]);
    assert_eq!((epochs.len(), &summary["epochs"], &summary["best_epoch"]), (4, &Value::from(4), &Value::from(1)));
    assert!(said.contains("stopped: the validation accuracy was no better for 3 epochs\n"), "{said}");
    let (said, epochs, _) = run(&["--epochs", "3", "--lr", "0"]);
    assert!(epochs.len() == 3 && !said.contains("stopped"), "{said}");
}

#[test]
fn patience_without_a_validation_says_that_it_never_ends() {
    let spec = TINY.replace("data {", "data {\n    validation: 0%");
    let (said, epochs, _) = run_of(&spec, &["--epochs", "3", "--lr", "0", "--patience", "1"]);
    assert!(epochs.len() == 3 && said.contains("warning: `patience` never ends"), "{said}");
    assert!(!run_of(&spec, &["--epochs", "1"]).0.contains("warning"));
}

#[test]
fn several_batches_make_the_step_of_one_that_is_as_large() {
    // 54 images: of the second step's two batches, the last one is smaller.
    let spec = TINY.replace("output logits\n", "output logits\npenalty decay = 1e-2 * l2(weights)\n");
    let (_, large, one) = run_of(&spec, &["--epochs", "3", "--lr", "0.1", "--batch", "32"]);
    let several = spec.clone() + "train { accumulate: 2 }\n";
    let (_, small, two) = run_of(&several, &["--epochs", "3", "--lr", "0.1", "--batch", "16"]);
    for (large, small) in large.iter().zip(&small) {
        for key in ["train_loss", "validation_cross_entropy"] {
            let [large, small] = [large, small].map(|epoch| epoch[key].as_f64().unwrap());
            assert!((large - small).abs() < 1e-5 * large, "{key}: {large} and {small}");
        }
    }
    assert_ne!(one["weights"], Value::Null);
    assert_eq!(one["test"]["correct"], two["test"]["correct"]);
    let (_, apart, _) = run_of(&spec, &["--epochs", "3", "--lr", "0.1", "--batch", "16"]);
    let last = |epochs: &[Value]| epochs[2]["train_loss"].as_f64().unwrap();
    assert!((last(&apart) - last(&large)).abs() > 1e-4, "steps of 16 images are others");
}

#[test]
fn a_run_with_products_of_16_bits_learns_and_is_tested_as_it_was_trained() {
    let flags = ["--epochs", "3", "--lr", "0.1"];
    let (_, single, _) = run(&flags);
    let (said, mixed, summary) = run_of(&(TINY.to_owned() + "train { precision: bf16 }\n"), &flags);
    let losses =
        |epochs: &[Value]| epochs.iter().map(|epoch| epoch["train_loss"].as_f64().unwrap()).collect::<Vec<_>>();
    // Where the two curves cross, they are the same for a moment.
    let apart = losses(&single).iter().zip(losses(&mixed)).fold(0.0_f64, |most, (x, y)| most.max((x - y).abs() / x));
    assert!((1e-6..2e-2).contains(&apart), "{apart:e}");
    assert!(said.contains(&format!("{} of 1000", summary["test"]["correct"])), "{said}");
}
