//! Lesions: each against a file of weights that says the same, or a closed form.

use super::{AREAS, INSIDE, LOOP, fine, json, lcnnc, place, refused, with_weights};
use serde_json::Value;
use std::path::Path;

/// The rows of a study.
#[track_caller]
fn rows(folder: &Path, args: &str) -> Vec<Value> {
    json(folder, &format!("eval run {args} --format json"))["rows"].as_array().unwrap().clone()
}

/// What the ordinary way makes of the run called `other`.
fn other(folder: &Path) -> Value {
    let (_, out, err) = lcnnc(folder, "eval other --force --no-fuse --format json");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
}

#[track_caller]
fn are_equal(row: &Value, whole: &Value) {
    assert_eq!(row["accuracy"], whole["accuracy"]);
    near(&row["cross_entropy"], whole["cross_entropy"].as_f64().unwrap());
}

#[track_caller]
fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
}

/// Without lateral weights, `O' = relu(A)` is `A` at every step.
#[test]
fn without_lateral_weights_nothing_is_lateral() {
    let place = place(LOOP);
    let here = place.path();
    let study = rows(here, "--lesion W_L --random-lesions 3");
    let names: Vec<&str> = study.iter().map(|row| row["net"].as_str().unwrap()).collect();
    assert_eq!(names, ["intact", "lesioned", "random", "random", "random", "random mean", "random sd"]);
    let whole = json(here, "eval run --no-fuse --format json");
    are_equal(&study[0], &whole);
    with_weights(here, |name, _, numbers| {
        if name == "W_L.weight" {
            numbers.fill(0.0);
        }
    });
    are_equal(&study[1], &other(here));
    assert_eq!(study[1]["weights"], 36);
    assert_eq!(study[1]["value"], "O");
    // The state is what it begins with.
    fine(here, "activations run --values A --out a.npy");
    let bytes = std::fs::read(here.join("a.npy")).unwrap();
    let end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let a: Vec<f64> =
        bytes[end..].chunks_exact(4).map(|x| f64::from(f32::from_le_bytes(x.try_into().unwrap()))).collect();
    near(&study[1]["mean"], a.iter().sum::<f64>() / a.len() as f64);
    assert_eq!(study[1]["zeros"].as_f64().unwrap(), a.iter().filter(|x| **x == 0.0).count() as f64 / a.len() as f64);
    // Mean and standard deviation of the three.
    for measure in ["accuracy", "cross_entropy", "mean", "zeros"] {
        let each: Vec<f64> = study[2..5].iter().map(|row| row[measure].as_f64().unwrap()).collect();
        let mean = each.iter().sum::<f64>() / 3.0;
        near(&study[5][measure], mean);
        near(&study[6][measure], (each.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2.0).sqrt());
    }
    assert_ne!(study[2]["cross_entropy"], study[3]["cross_entropy"], "each is drawn anew");
    assert_eq!(rows(here, "--lesion W_L --random-lesions 3"), study, "the run's seed fixes them");
    let said = fine(here, "eval run --lesion W_L --random-lesions 2");
    assert!(said.contains("2 random lesions") && said.contains("36 weights"), "{said}");
    // The lesion is of kernels alone: 1 to 2 and 2 to 2 maps by 3 x 3, and 18 numbers to the scores.
    let among = said.lines().last().unwrap();
    assert!(among.starts_with("random lesions among all kernels of the net, "), "{among}");
    let shares = among.split(", ").skip(1).map(|part| part.split_once(" % in `").unwrap());
    let shares: Vec<(f64, &str)> = shares.map(|(share, name)| (share.parse().unwrap(), name)).collect();
    assert!((shares.iter().map(|(share, _)| share).sum::<f64>() - 100.0).abs() < 0.2, "{among}");
    let all: f64 = 36.0 / shares.iter().find(|(_, name)| *name == "W_L`").unwrap().0 * 100.0;
    assert!((all - (18.0 + 36.0 + 18.0 * whole["classes"].as_array().unwrap().len() as f64)).abs() < 0.5, "{among}");
    assert!(!fine(here, "eval run --lesion W_L --random-lesions 0").contains("random lesions among"));
}

/// Random lesions that may lie in one layer alone, and are as large as it, are that layer.
#[test]
fn random_lesions_lie_where_they_are_to() {
    let place = place(LOOP);
    let here = place.path();
    let study = rows(here, "--lesion W_L --random-lesions 2 --random-lesions-among W_L");
    for measure in ["accuracy", "cross_entropy", "mean", "zeros"] {
        assert_eq!(study[1][measure], study[2][measure]);
        assert_eq!(study[1][measure], study[3][measure]);
    }
    // Each draws 18 others of the 36 lateral weights.
    let study = rows(here, "--lesion W_A --random-lesions 2 --random-lesions-among W_L");
    assert_ne!(study[2]["cross_entropy"], study[3]["cross_entropy"]);
    let said = fine(here, "eval run --lesion W_A --random-lesions 2 --random-lesions-among W_L");
    assert_eq!(said.lines().last().unwrap(), "random lesions among all kernels of `W_L`, 100.0 % in `W_L`");
    let said = json(here, "eval run --lesion W_A --random-lesions-among W_L --random-lesions-among W_A --format json");
    let among = said["random_lesions_among"].as_str().unwrap();
    assert_eq!(among, "all kernels of `W_L` and `W_A`, 66.7 % in `W_L`, 33.3 % in `W_A`");
    for (args, with) in [
        (
            "--lesion W_L --random-lesions-among W_A",
            "it has 18 kernels to draw among, and the lesion is of 36: name more",
        ),
        ("--lesion W_L --random-lesions-among W_l", "did you mean `W_L`?"),
        ("--lesion O:0 --random-lesions-among W_L", "are drawn among the channels of the same value"),
        ("--lesion W_L --random-lesions-among O:0", "expected a parameter, an area or a role"),
        ("--lesion logits --random-lesions-among W_L", "0 biases to draw among"),
    ] {
        refused(here, &format!("eval run {args}"), with);
    }
}

/// An area is all parameters whose names begin with its own.
#[test]
fn random_lesions_lie_in_an_area() {
    let place = place(AREAS);
    let here = place.path();
    let said = json(here, "eval run --lesion V1.conv --random-lesions 1 --random-lesions-among V2 --format json");
    let among = said["random_lesions_among"].as_str().unwrap();
    assert!(among.starts_with("all kernels and biases of `V2`, 100.0 % in `V2"), "{among}");
}

/// All scores are zero then: every image is named as the first class, and each class is as probable as any other.
#[test]
fn without_a_classifier_one_class_is_left() {
    let place = place(LOOP);
    let here = place.path();
    let whole = json(here, "eval run --format json");
    let classes = whole["classes"].as_array().unwrap();
    let study = rows(here, "--lesion logits --random-lesions 0");
    assert_eq!(study.len(), 2, "no random ones were asked for");
    near(&study[1]["cross_entropy"], (classes.len() as f64).ln());
    near(&study[1]["accuracy"], classes[0]["images"].as_f64().unwrap() / 60.0);
}

/// A channel of the state that nothing reads any more is one whose weights into the next step and into the scores are zero.
#[test]
fn a_channel_is_zero_at_every_step() {
    let place = place(LOOP);
    let here = place.path();
    let study = rows(here, "--lesion O:0 --random-lesions 2");
    with_weights(here, |name, shape, numbers| match name {
        // [out, in, k, k]
        "W_L.weight" => numbers.chunks_exact_mut(9).step_by(shape[1]).for_each(|kernel| kernel.fill(0.0)),
        // [out, channel and place]: the maps are 3 x 3.
        "logits.weight" => numbers.chunks_exact_mut(shape[1]).for_each(|row| row[..shape[1] / 2].fill(0.0)),
        _ => {}
    });
    are_equal(&study[1], &other(here));
    assert_ne!(study[0]["cross_entropy"], study[1]["cross_entropy"], "the channel does something");
    assert_eq!(study[1]["channels"], 1);
    // Half of the value is zero for certain.
    assert!(study[1]["zeros"].as_f64().unwrap() >= 0.5);
    // Of two channels there is one other, and it is taken once.
    let names: Vec<&str> = study.iter().map(|row| row["net"].as_str().unwrap()).collect();
    assert_eq!(names, ["intact", "lesioned", "random", "random mean"]);
    let said = fine(here, "eval run --lesion O:0 --random-lesions 2");
    assert!(said.contains("there is no more than 1 random lesion of this size"), "{said}");
    let second = rows(here, "--lesion O:1 --random-lesions 0");
    for random in &study[2..4] {
        for measure in ["accuracy", "cross_entropy", "mean", "zeros"] {
            assert_eq!(random[measure], second[1][measure]);
        }
    }
    // Both together leave nothing but the biases.
    let both = rows(here, "--lesion O:0 --lesion O:1 --random-lesions 0");
    assert_eq!((both[1]["zeros"].as_f64(), both[1]["mean"].as_f64().map(f64::abs)), (Some(1.0), Some(0.0)));
}

#[test]
fn a_role_is_all_parameters_that_have_it() {
    let place = place(INSIDE);
    let here = place.path();
    let role = rows(here, "--lesion role:inhibitory --random-lesions 0");
    assert_eq!(role, rows(here, "--lesion W_I --random-lesions 0"));
    assert_eq!(role, rows(here, "--lesion W_I.weight --random-lesions 0"));
    with_weights(here, |name, _, numbers| {
        if name == "W_I.weight" {
            numbers.fill(0.0);
        }
    });
    are_equal(&role[1], &other(here));
}

#[test]
fn what_the_net_does_not_have_is_refused() {
    let place = place(LOOP);
    let here = place.path();
    for (lesion, with) in [
        ("W_l", "did you mean `W_L`?"),
        ("Z", "its parameters are `W_A`, `W_L` or `logits`"),
        ("O:2", "counted from 0 to 1, found `2`"),
        ("O:x", "counted from 0 to 1, found `x`"),
        ("O", "name one of its channels, from `O:0` to `O:1`"),
        ("logit:0", "did you mean `logits:0`?"),
        ("image:0", "the input is no value of the net"),
        ("role:inhibitory", "no parameter of the net is inhibitory"),
        ("role:big", "expected `role:excitatory` or `role:inhibitory`"),
    ] {
        refused(here, &format!("eval run --lesion {lesion}"), with);
    }
}

/// The same part twice is a slip: another one may be meant.
#[test]
fn a_lesion_that_is_given_twice_is_refused() {
    let place = place(LOOP);
    refused(
        place.path(),
        "eval run --lesion O:0 --lesion O:0",
        "`--lesion O:0`: it is given twice: leave one of them out",
    );
}
