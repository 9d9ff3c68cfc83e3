//! Scores, the confusion matrix, steps and lesions against numpy (tests/reference/eval.py), for images and weights of a formula.

use super::{LOOP, fine, json, train, with_weights};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Eight images of each of three classes for each half. The brightness of a pixel is a formula of its place, class and image.
fn pictures(folder: &Path) {
    for half in ["train", "test"] {
        for (label, class) in (0..).zip(["a", "b", "c"]) {
            let class = folder.join("pictures").join(half).join(class);
            fs::create_dir_all(&class).unwrap();
            for k in 0..8 {
                let pixel = |j, i| [((37 * i * (label + 1) + 53 * j * (k + 1) + 11 * i * j + 29 * k) % 256) as u8];
                let image = image::GrayImage::from_fn(12, 12, |j, i| image::Luma(pixel(j, i)));
                image.save(class.join(format!("{k}.png"))).unwrap();
            }
        }
    }
}

/// The weights of the formula in a copy of the run, which is then called `other`.
fn of_formula(folder: &Path) {
    with_weights(folder, |name, _, numbers| {
        let scale = match name {
            "W_A.weight" => 20.0,
            "W_L.weight" => 10.0,
            "logits.weight" => 5.0,
            "logits.bias" => return numbers.copy_from_slice(&[0.1, -0.2, 0.3]),
            other => panic!("{other} is no weight of the net"),
        };
        for (n, x) in numbers.iter_mut().enumerate() {
            *x = ((n as i32 * 3 % 13 - 6) as f32) / scale;
        }
    });
}

#[track_caller]
fn near(found: &Value, wanted: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - wanted).abs() <= 1e-5 * wanted.abs().max(1.0), "{found} is not {wanted}");
}

#[track_caller]
fn is_row(row: &Value, right: u32, nats: f64) {
    assert_eq!(row["accuracy"], f64::from(right) / 24.0, "{row}");
    near(&row["cross_entropy"], nats);
}

#[test]
fn answers_are_those_of_numpy() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    pictures(here);
    train(here, LOOP, "--dataset folder:pictures --epochs 1");
    of_formula(here);
    let whole = json(here, "eval other --force --format json");
    assert_eq!(whole["confusion"]["counts"], json!([[7, 1, 0], [3, 3, 2], [5, 1, 2]]));
    is_row(&whole, 12, 3.6037974126963372);
    let lines = fine(here, "eval other --force --per-image --format json");
    let scores = [
        [-0.7536234568627457, 5.2414537984313725, -0.8275183925490175],
        [7.658561014117644, -1.780637423137254, -2.1455129050980384],
        [0.6137004325490221, -5.698742679215688, -2.4102010698039256],
    ];
    for ((n, line), scores) in (0..).zip(lines.lines()).zip(scores) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["label"] == "a" && line["name"].as_str().unwrap().ends_with(&format!("{n}.png")), "{line}");
        for (class, score) in ["a", "b", "c"].into_iter().zip(scores) {
            near(&line["scores"][class], score);
        }
    }
    let steps = json(here, "eval other --force --over steps=1,2,5,9 --format json");
    let numbers = [(9, 1.3302071205309727), (9, 1.501157616789305), (12, 3.6037974126963372), (10, 17.40001444559312)];
    for (row, (right, nats)) in steps["rows"].as_array().unwrap().iter().zip(numbers) {
        is_row(row, right, nats);
    }
    for (lesion, right, nats) in [("W_L", 5, 1.218833883038777), ("O:1", 6, 1.409904608057806)] {
        let study = json(here, &format!("eval other --force --lesion {lesion} --random-lesions 0 --format json"));
        is_row(&study["rows"][0], 12, 3.6037974126963372);
        is_row(&study["rows"][1], right, nats);
    }
}
