//! Which bundles are taken to be lateral, and which to drive the same feature maps from below: of nets of one area and of several.

use crate::shell::{fine, rows};
use crate::tuning::{change, place};
use lcnnc::analyses::lateral::all;
use lcnnc_lang::{Options, Source, compile};
use std::fs;

/// Each lateral bundle, the afferent one, and the value that it leads from.
fn found(text: String) -> Vec<[String; 3]> {
    let compiled = compile(&Source { name: "shown.lcnn".to_owned(), text }, &Options::default());
    let net = compiled.net.unwrap_or_else(|| panic!("{}", compiled.report));
    let row = |it: lcnnc::analyses::lateral::Lateral| {
        let afferent = it.afferent.map_or("none", |param| param.owner());
        [it.bundle.owner(), afferent, it.value.as_deref().unwrap_or("none")].map(str::to_owned)
    };
    all(&net).into_iter().map(row).collect()
}

fn of_spec(name: &str, (from, to): (&str, &str)) -> Vec<[String; 3]> {
    let text = fs::read_to_string(format!("specs/{name}.lcnn")).unwrap();
    assert!(text.contains(from), "{name}: {from}");
    found(text.replace(from, to))
}

/// In two areas with top-down weights, neither these nor the bottom-up weights of the second area are lateral.
#[test]
fn lateral_weights_lead_from_a_state_into_its_next_value() {
    let same = ("", "");
    let blt = [["L1", "B1", "V1"], ["L2", "B2", "V2"]];
    for (name, change, expected) in [
        ("blt", same, &blt[..]),
        // An area that reads the other one of the step before is above it all the same.
        ("blt", ("max_pool(V1', 2) + (if", "max_pool(V1, 2) + (if"), &blt),
        // The order of the summands is not what tells them apart.
        (
            "blt",
            (
                "B1 * image + (if lateral then L1 * V1 else 0) + (if top_down then T1 * V2 else 0)",
                "(T1 * V2 + L1 * V1) + B1 * image",
            ),
            &blt,
        ),
        ("blt", ("const lateral = true ", "const lateral = false"), &[]),
        ("blt", ("const top_down = true ", "const top_down = false"), &blt),
        ("lc_cnn", same, &[["W_L", "W_A", "O"]]),
        ("lc_cnn", ("const sum_inside = false", "const sum_inside = true "), &[["W_L", "W_A", "O"]]),
        ("lc_lateral", same, &[["W_L", "W_A", "O"]]),
        ("lcei_cnn", same, &[["W_E", "W_A", "A"], ["W_I", "W_A", "A"]]),
        ("lcei_lc_cnn", same, &[["W_E", "W_A", "O"], ["W_I", "W_A", "O"]]),
        // What goes round in CORnet-S is a chain of three bundles, none of which leads from a state into its next value.
        ("cornet_s", same, &[]),
        // Gates are of 1 x 1 pixels there; that larger ones open and close no lateral connection.
        ("hgru", same, &[["W", "X.conv", "H"]]),
        (
            "hgru",
            ("weights U2: conv(width -> width, kernel: 1)", "weights U2: conv(width -> width, kernel: 3)"),
            &[["W", "X.conv", "H"]],
        ),
        (
            "rcnn",
            same,
            &[
                ["layer2.recurrent.W_R", "layer2.recurrent.W_F", "layer2.recurrent.X"],
                ["layer3.recurrent.W_R", "layer3.recurrent.W_F", "layer3.recurrent.X"],
                ["layer4.recurrent.W_R", "layer4.recurrent.W_F", "layer4.recurrent.X"],
                ["layer5.W_R", "layer5.W_F", "layer5.X"],
            ],
        ),
        ("dale", same, &[]),
        ("resnet20", same, &[]),
        ("f_cnn", same, &[]),
    ] {
        assert_eq!(of_spec(name, change), expected, "{name}, {change:?}");
    }
}

/// The image may come with the initial value alone, and a second layer of inhibition stands between a state and itself.
#[test]
fn what_a_loop_makes_of_its_state_is_of_the_same_area() {
    let spec = |loop_body: &str| {
        format!(
            "model Shown\ninput image: [1, 8, 8]\nweights F: conv(1 -> 4, kernel: 5)\nweights W_E: conv(4 -> 4, kernel: 3)\n\
             weights W_I: conv(4 -> 4, kernel: 3)\nA = relu(F * image)\nloop V1(steps: 2) {{\n{loop_body}}}\n\
             logits = dense(global_avg_pool(O), classes)\noutput logits\n"
        )
    };
    let seeded = spec("state O = A\ninhibition = relu(W_I * O)\nO' = relu(O - W_E * inhibition)\n");
    assert_eq!(found(seeded), [["W_E", "F", "O"]], "W_I leads to the inhibition, and W_E from it into the state");
    let per_step =
        spec("state O = A\nI = relu(conv(O, 4, kernel: 3, per_step: true))\nO' = relu(A - W_E * O + W_I * I)\n");
    let owners: Vec<String> = found(per_step).into_iter().map(|[bundle, ..]| bundle).collect();
    assert_eq!(owners, ["W_E", "W_I"]);
}

/// Gratings of four orientations drive eight maps. One has no afferent kernel, and one has no lateral kernel that comes from it.
#[test]
fn dead_maps_are_left_out() {
    let place = place();
    let here = place.path();
    let pairs = |csv: &str| {
        let of = |row: &std::collections::BTreeMap<String, String>| [row["p"].clone(), row["q"].clone()];
        rows(csv).iter().filter(|row| row["weights"] == "best").map(of).collect::<Vec<_>>()
    };
    assert_eq!(pairs(&fine(here, "analyse run similarity")).len(), 28);
    let best = here.join("run/best.safetensors");
    let afferent: Vec<f32> = (0..8 * 49).map(|n| if n / 49 == 2 { 0.0 } else { 0.1 * (n % 5) as f32 }).collect();
    change(&best, "W_A.weight", &afferent);
    let lateral: Vec<f32> = (0..8 * 8 * 9).map(|n| if n / 9 % 8 == 5 { 0.0 } else { 0.01 * (n % 7) as f32 }).collect();
    change(&best, "W_L.weight", &lateral);
    let said = fine(here, "analyse run similarity(of:W_L,afferent:W_A) --force --out x.csv");
    assert!(said.contains("`W_L`, best weights: 2 of 8 feature maps left out as dead (2, 5)"), "{said}");
    let left = pairs(&fs::read_to_string(here.join("x.csv")).unwrap());
    assert_eq!(left.len(), 15);
    assert!(left.iter().flatten().all(|map| !["2", "5"].contains(&map.as_str())), "{left:?}");
}

/// Two of eight maps keep a ten thousandth of their kernels, as training with a penalty leaves such maps. They stay in the table and in
/// the line through all pairs; the line without them is told too, and they do not count among the channels that answer.
#[test]
fn faint_maps_are_told_of() {
    let place = place();
    let here = place.path();
    let best = here.join("run/best.safetensors");
    let dim = |map: usize, faint: usize, w: usize| if map == faint { 1e-5 * w as f32 } else { 0.1 * w as f32 };
    change(&best, "W_A.weight", &(0..8 * 49).map(|n| dim(n / 49, 2, n * 7 % 11)).collect::<Vec<f32>>());
    change(&best, "W_L.weight", &(0..8 * 8 * 9).map(|n| dim(n / 9 % 8, 5, n * n % 13)).collect::<Vec<f32>>());
    let said = fine(here, "analyse run similarity --force --out x.csv");
    let table = rows(&fs::read_to_string(here.join("x.csv")).unwrap());
    let best_rows: Vec<_> = table.iter().filter(|row| row["weights"] == "best").collect();
    let is_of_faint = |row: &&&std::collections::BTreeMap<String, String>| {
        ["p", "q"].iter().any(|end| ["2", "5"].contains(&row[*end].as_str()))
    };
    assert!(best_rows.iter().all(|row| (row["faint"] == "1") == is_of_faint(&row)), "{best_rows:?}");
    // Pearson's correlation over the pairs of the other six maps.
    let clear: Vec<[f64; 2]> = best_rows
        .iter()
        .filter(|row| row["faint"] == "0")
        .map(|row| ["d_afferent", "d_lateral"].map(|name| row[name].parse().unwrap()))
        .collect();
    let mean = |n: usize| clear.iter().map(|point| point[n]).sum::<f64>() / clear.len() as f64;
    let centre = [mean(0), mean(1)];
    let sum = |a: usize, b: usize| clear.iter().map(|x| (x[a] - centre[a]) * (x[b] - centre[b])).sum::<f64>();
    let r = sum(0, 1) / (sum(0, 0) * sum(1, 1)).sqrt();
    let told = format!(
        "`W_L`, best weights: 2 of 8 feature maps are faint (2, 5), with kernels shorter than a hundredth of the longest; without them r = {r:.3} over 15 pairs"
    );
    assert!(best_rows.len() == 28 && said.contains("over 28 pairs") && said.contains(&told), "{told}: {said}");
    assert!(!said.contains("initial weights: 1 of"), "before training all maps are alike in length: {said}");

    // The second map of the afferent kernels is faint to gratings too.
    let said = fine(here, "analyse run orientation(of:A) size_tuning(of:A) tuning_weights --force --into x");
    assert!(said.contains("1 of 8 channels does not answer"), "{said}");
    assert!(said.contains("1 channel left out, which gratings change hardly or not at all"), "{said}");
    assert!(said.contains("over 42 ordered pairs of channels that answer"), "{said}");
    let figure = fs::read_to_string(here.join("x/size_tuning.svg")).unwrap();
    assert!(figure.contains("A (mean over 7 channels)"), "{figure}");
}

/// Several values are looked at, each at all of its steps or at those that are named, and each row says whose weights the net had.
#[test]
fn several_values_are_tuned() {
    let place = place();
    let here = place.path();
    for analysis in ["orientation", "size_tuning"] {
        let call = format!("{analysis}(of:[A,O@last],orientations:2,frequencies:1,lowest:0.2,highest:0.2)");
        let table = rows(&fine(here, &format!("analyse run {call} --weights last")));
        let mut seen: Vec<[&str; 3]> =
            table.iter().map(|row| ["value", "step", "weights"].map(|name| row[name].as_str())).collect();
        seen.dedup();
        assert_eq!(seen, [["A", "", "last"], ["O", "1", "last"]], "{analysis}");
    }
}
