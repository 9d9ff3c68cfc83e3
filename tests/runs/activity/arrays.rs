//! `lcnnc activations` and the answers of `lcnnc predict`: arrays and lines with a row for each picture.

use super::{npy, npz, place, weights};
use crate::shell::{fine, lcnnc};
use serde_json::Value;
use std::fs;

/// A convolution of planes with zeros around them, tap by tap.
fn convolved(x: &[f64], [from, to]: [usize; 2], side: usize, kernel: &[f64]) -> Vec<f64> {
    let at = |map: usize, row: isize, column: isize| match (usize::try_from(row), usize::try_from(column)) {
        (Ok(row), Ok(column)) if row < side && column < side => x[(map * side + row) * side + column],
        _ => 0.0,
    };
    let mut y = Vec::new();
    for out in 0..to {
        for place in 0..side * side {
            let mut sum = 0.0;
            for map in 0..from {
                for tap in 0..9 {
                    let [row, column] = [place / side + tap / 3, place % side + tap % 3].map(|n| n as isize - 1);
                    sum += kernel[(out * from + map) * 9 + tap] * at(map, row, column);
                }
            }
            y.push(sum);
        }
    }
    y
}

#[test]
fn activations_are_those_of_the_equations() {
    let place = place();
    let here = place.path();
    let said = fine(here, "activations run --values image,A,O@all,O@2,O,logits --out x.npz");
    assert!(
        said.contains(
            "6 values of 40 images (drawn from the 1000 images of the test half of `contours`), see x.npz and x.npz.json"
        ),
        "{said}"
    );
    let x = here.join("x.npz");
    let (shape, images) = npz(&x, "image");
    assert_eq!(shape, [40, 1, 12, 12]);
    let (shape, all) = npz(&x, "O@all");
    assert_eq!(shape, [40, 4, 3, 12, 12]);
    let ((_, afferent), (_, second), (_, last)) = (npz(&x, "A"), npz(&x, "O@2"), npz(&x, "O"));
    let best = here.join("run/best.safetensors");
    let [w_a, w_l] = ["W_A.weight", "W_L.weight"].map(|name| weights(&best, name));
    let (plane, maps) = (144, 3 * 144);
    for image in [0, 17, 39] {
        let a: Vec<f64> =
            convolved(&images[image * plane..][..plane], [1, 3], 12, &w_a).iter().map(|x| x.max(0.0)).collect();
        let mut o = a.clone();
        for step in 0..=3 {
            if step > 0 {
                let lateral = convolved(&o, [3, 3], 12, &w_l);
                o = a.iter().zip(lateral).map(|(a, l)| (a - l).max(0.0)).collect();
            }
            let found = &all[(image * 4 + step) * maps..][..maps];
            for (found, expected) in found.iter().zip(&o) {
                assert!((found - expected).abs() < 1e-5, "image {image}, step {step}: {found} is not {expected}");
            }
        }
        assert_eq!(&afferent[image * maps..][..maps], &all[image * 4 * maps..][..maps]);
        assert_eq!(&second[image * maps..][..maps], &all[(image * 4 + 2) * maps..][..maps]);
        assert_eq!(&last[image * maps..][..maps], &all[(image * 4 + 3) * maps..][..maps]);
    }

    // The scores name as many images right as `eval` does.
    let ((shape, scores), (_, labels)) = (npz(&x, "logits"), npz(&x, "labels"));
    let classes = shape[1];
    let largest = |scores: &[f64]| (0..classes).fold(0, |top, n| if scores[n] > scores[top] { n } else { top });
    let right = scores.chunks_exact(classes).zip(&labels).filter(|(scores, label)| largest(scores) == **label as usize);
    let eval = fine(here, "eval run");
    assert!(eval.contains(&format!("({} of 40", right.count())), "{eval}");

    let about: Value = serde_json::from_str(&fs::read_to_string(here.join("x.npz.json")).unwrap()).unwrap();
    assert_eq!(about["values"][2]["axes"], serde_json::json!(["image", "step", "channel", "row", "column"]));
    assert_eq!(about["values"][2]["steps"], serde_json::json!([[0], [1], [2], [3]]));
    assert_eq!(about["images"].as_array().unwrap().len(), 40);
    assert_eq!(about["images"][5]["label"].as_f64(), Some(labels[5]));
}

#[test]
fn every_format_has_the_same_numbers() {
    let place = place();
    let here = place.path();
    for file in ["x.npz", "x.safetensors", "x.npy"] {
        fine(here, &format!("activations run --values O@1 --out {file} --limit 7"));
    }
    let (shape, numbers) = npz(&here.join("x.npz"), "O@1");
    assert_eq!(npy(&fs::read(here.join("x.npy")).unwrap()), (shape, numbers.clone()));
    assert_eq!(weights(&here.join("x.safetensors"), "O@1"), numbers);
    // The last step has a word, as in analyses.
    fine(here, "activations run --values O@last,O@3,O --out last.npz --limit 7");
    let [last, third, bare] = ["O@last", "O@3", "O"].map(|name| npz(&here.join("last.npz"), name));
    assert!(last == third && last == bare);
    // The same run gives the same bytes.
    for file in ["x.npz", "x.safetensors"] {
        let before = fs::read(here.join(file)).unwrap();
        fine(here, &format!("activations run --values O@1 --out {file} --limit 7"));
        assert_eq!(fs::read(here.join(file)).unwrap(), before, "{file}");
    }
    // Arrays of an earlier call are replaced, and no other file: neither in the place of the arrays nor beside them.
    fs::write(here.join("theirs.npz.json"), "{\"lab\": 3}").unwrap();
    fs::write(here.join("theirs.npy"), "numbers").unwrap();
    fs::copy(here.join("run/best.safetensors"), here.join("theirs.safetensors")).unwrap();
    for file in ["theirs.npz", "theirs.npy", "theirs.safetensors"] {
        let there = || ["", ".json"].map(|more| fs::read(here.join(format!("{file}{more}"))).ok());
        let before = there();
        let (code, _, err) = lcnnc(here, &format!("activations run --values O@1 --out {file} --limit 7"));
        assert!(code == Some(2) && err.contains("there is such a file already"), "{file}: {err}");
        assert_eq!(there(), before, "{file}");
    }
    // Nor does a table.
    for args in ["analyse run weights --out theirs.safetensors", "eval run --format csv --out net.lcnn"] {
        fs::write(here.join("net.lcnn"), "model Mine").unwrap();
        let (code, _, err) = lcnnc(here, args);
        assert!(code == Some(2) && err.contains("its name is that of another kind of file"), "{args}: {err}");
    }
}

#[test]
fn picture_files_are_shown_in_order() {
    let place = place();
    let here = place.path();
    fs::create_dir(here.join("pictures")).unwrap();
    for (n, name) in ["b.png", "a.png"].into_iter().enumerate() {
        let picture = image::GrayImage::from_pixel(12, 12, image::Luma([51 * (n as u8 + 1)]));
        picture.save(here.join("pictures").join(name)).unwrap();
    }
    fine(here, "activations run --values image --out x.npy --images pictures pictures/b.png");
    let (shape, numbers) = npy(&fs::read(here.join("x.npy")).unwrap());
    assert_eq!(shape, [3, 1, 12, 12]);
    for (image, expected) in [0.4, 0.2, 0.2].into_iter().enumerate() {
        assert!((numbers[image * 144] - expected).abs() < 1e-6, "image {image}: {}", numbers[image * 144]);
    }
    // `predict` takes folders, too; each bad picture is named, and the others are answered.
    let said = fine(here, "predict run pictures");
    assert_eq!(
        said.lines().map(|line| line.split(": ").next().unwrap()).collect::<Vec<_>>(),
        ["pictures/a.png", "pictures/b.png"]
    );
    fs::create_dir(here.join("pictures/below")).unwrap();
    fs::write(here.join("pictures/below/c.png"), "none").unwrap();
    fs::write(here.join("pictures/d.png"), "none").unwrap();
    let (code, out, err) = lcnnc(here, "predict run pictures");
    assert!(code == Some(2) && out.lines().count() == 2 && err.matches("cannot be decoded").count() == 2, "{out}{err}");
    // Arrays have a row for each picture, so all are to be whole.
    let (code, _, err) = lcnnc(here, "activations run --values image --out y.npy --images pictures");
    assert!(code == Some(2) && err.contains("2 of 4 image files: these cannot be shown to the net"), "{err}");
    assert!(err.contains("pictures/below/c.png: ") && err.contains("pictures/d.png: "), "{err}");
    fs::create_dir(here.join("empty")).unwrap();
    let (code, _, err) = lcnnc(here, "predict run empty");
    assert!(code == Some(2) && err.contains("there is no picture in the folder"), "{err}");
    let (code, _, err) = lcnnc(here, "activations run --values image --out y.npy --images empty");
    assert!(code == Some(2) && err.contains("there is no picture in the folder"), "{err}");
    assert!(!here.join("y.npy").exists() && !here.join("y.npy.json").exists());
}

#[test]
fn what_cannot_be_had_is_said() {
    let place = place();
    let here = place.path();
    for (args, message) in [
        ("--values Q --out y.npy", "the net has no value `Q`; its values are "),
        ("--values logit --out y.npy", "did you mean `logits`?"),
        (
            "--values O@9 --out y.npy",
            "its steps go from `O@0` to `O@3`; `@last` is the last one, and `@all` stands for all of them",
        ),
        ("--values O@x --out y.npy", "expected a value of the net, as in `A`, `O@3`, `O@last` or `O@all`"),
        ("--values A@1 --out y.npy", "`A` is outside of loops and has no steps: write `A`"),
        ("--values image@1 --out y.npy", "the input has no steps: write `image`"),
        ("--values A,O --out y.npy", "a .npy file holds one array"),
        ("--values A --out y.txt", "expected a file that ends in .npy, .npz or .safetensors"),
        ("--values A --out run/best.safetensors", "it belongs to the run `"),
        ("--out y.npy", "--values"),
    ] {
        let (code, _, err) = lcnnc(here, &format!("activations run {args}"));
        assert!(code == Some(2) && err.contains(message), "{args}: {err}");
    }
    let left = fs::read_dir(here)
        .unwrap()
        .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with('y'));
    assert_eq!(left.count(), 0, "nothing half-written");
}

#[test]
fn answers_for_programs_have_every_class() {
    let place = place();
    let here = place.path();
    image::GrayImage::from_fn(12, 12, |x, _| image::Luma([20 * x as u8])).save(here.join("x.png")).unwrap();
    fine(here, "activations run --values logits --out x.npy --images x.png");
    let (_, scores) = npy(&fs::read(here.join("x.npy")).unwrap());
    let said = fine(here, "predict run x.png x.png --format json");
    assert_eq!(said.lines().count(), 2, "a line for each image: {said}");
    let line: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(line["image"], "x.png");
    let answers = line["answers"].as_array().unwrap();
    let all: f64 = scores.iter().map(|score| score.exp()).sum();
    let mut found: Vec<f64> = answers.iter().map(|answer| answer["score"].as_f64().unwrap()).collect();
    for answer in answers {
        let [score, probability] = ["score", "probability"].map(|key| answer[key].as_f64().unwrap());
        assert!((score.exp() / all - probability).abs() < 1e-5, "{line}");
    }
    assert!(found.is_sorted_by(|a, b| a >= b), "the most probable first: {line}");
    let mut expected = scores.clone();
    [&mut found, &mut expected].into_iter().for_each(|of| of.sort_by(f64::total_cmp));
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");
}
