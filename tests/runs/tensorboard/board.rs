//! What a run shows of itself: which series there are, and that the pictures are the net's own maps.

use crate::tensorboard::seen::{Image, Seen, seen};
use crate::tensorboard::{START, at, file, open, run};
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use lcnnc::back::burn::{Model, Precision};
use lcnnc::data::{self, Request};
use lcnnc::observe::{Epoch, tensorboard};
use lcnnc::train::phases::Phases;
use lcnnc::train::{Overrides, Recipe, optimizer};
use lcnnc_lang::ir::Net;
use lcnnc_lang::{Options, Source, compile};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

const TINY: &str = "\
model Tiny
input image: [1, 12, 10]
weights W_A: conv(1 -> 4, kernel: 3)
weights W_L: conv(4 -> 4, kernel: 3, bias: false)
A = relu(W_A * image)
loop V1(steps: 2) {
    state O = A
    drive = A + W_L * O
    O' = relu(dropout(drive, 0.2))
}
half = max_pool(O, 2)
logits = dense(half, classes)
output logits
penalty sparsity = 1e-3 * l1(weights)
penalty quiet = 0.5 * mean(abs(O@all))
data {
    transform: [grayscale, resize(12)]
    validation: 25%
}
";

fn source(text: &str) -> Source {
    Source { name: "tiny.lcnn".to_owned(), text: text.to_owned() }
}

fn net(text: &str) -> Arc<Net> {
    let compiled = compile(&source(text), &Options::default());
    Arc::new(compiled.net.unwrap_or_else(|| panic!("{}", compiled.report)))
}

/// A model as it is after training: fused where it can be, without autodiff.
fn model(text: &str) -> Model {
    Model::new(net(text), 1, &Device::flex(), Precision::Single).fused()
}

/// Numbers without pattern from 0 to 1.
fn images(model: &Model, count: usize, device: &Device) -> Tensor<4> {
    let [c, h, w] = model.net().input.1;
    let pixels: Vec<f32> = (0..count * c * h * w).map(|n| ((n * 7919 + 13) as f32 * 0.618_034).fract()).collect();
    Tensor::from_data(TensorData::new(pixels, [count, c, h, w]), device)
}

fn numbers(epoch: usize) -> Epoch {
    Epoch {
        epoch,
        lr: 0.01,
        train_loss: 2.5,
        train_cross_entropy: 2.25,
        train_accuracy: 0.5,
        validation_cross_entropy: Some(2.125),
        validation_accuracy: Some(0.625),
        validation_top5_accuracy: Some(0.875),
        seconds: 3.0,
        images_per_second: 1000.0,
        snr: BTreeMap::new(),
    }
}

/// What a model's epochs leave in a file.
fn written(model: &Model, epochs: impl IntoIterator<Item = usize>) -> Seen {
    let run = run();
    let mut events = open(run.path(), None).unwrap();
    let images = images(model, 2, &Device::flex());
    for epoch in epochs {
        tensorboard::epoch(&mut events, at(epoch).wall, &numbers(epoch), model, &images).unwrap();
    }
    seen(run.path())
}

fn names(seen: &Seen) -> Vec<&str> {
    seen.images.iter().map(|image| image.tag.as_str()).collect::<BTreeSet<_>>().into_iter().collect()
}

fn picture<'a>(seen: &'a Seen, tag: &str) -> &'a Image {
    seen.images.iter().find(|image| image.tag == tag).unwrap_or_else(|| panic!("no {tag}"))
}

#[test]
fn an_epoch_is_numbers_weights_and_pictures() {
    let model = model(TINY);
    let seen = written(&model, [1]);
    let number = |tag: &str| seen.scalars.iter().find(|scalar| scalar.tag == tag).map(|scalar| scalar.value);
    let kernels: f64 = model
        .weights()
        .unwrap()
        .iter()
        .filter(|w| w.name.ends_with("weight"))
        .flat_map(|w| &w.values)
        .map(|x| x.abs())
        .sum();
    let (forward, trace) = model.trace(images(&model, 2, &Device::flex()));
    let quiet: f32 = forward.penalties[1].clone().into_scalar();
    let expected = [
        ("loss/train", 2.5),
        ("cross_entropy/train", 2.25),
        ("cross_entropy/validation", 2.125),
        ("accuracy/train", 0.5),
        ("accuracy/validation", 0.625),
        ("accuracy/validation_top5", 0.875),
        ("learning_rate", f64::from(0.01_f32)),
        ("images_per_second", 1000.0),
    ];
    for (tag, value) in expected {
        assert_eq!(number(tag), Some(value), "{tag}");
    }
    assert_eq!(seen.scalars.len(), expected.len() + 2);
    let sparsity = number("penalty/sparsity").unwrap();
    assert!((sparsity - 1e-3 * kernels).abs() < 1e-6 * sparsity, "{sparsity}, expected {}", 1e-3 * kernels);
    let found = number("penalty/quiet").unwrap();
    assert!(found > 0.0 && (found - f64::from(quiet)).abs() < 1e-6 * found, "{found}, expected {quiet}");

    let histograms: Vec<&str> = seen.histograms.iter().map(|histogram| histogram.tag.as_str()).collect();
    let weights = [
        "weights/W_A.bias",
        "weights/W_A.weight",
        "weights/W_L.weight",
        "weights/logits.bias",
        "weights/logits.weight",
    ];
    assert_eq!(histograms.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(weights));
    let lateral = seen.histograms.iter().find(|histogram| histogram.tag == "weights/W_L.weight").unwrap();
    assert_eq!(lateral.moments[2], 144.0);

    assert_eq!(
        names(&seen),
        ["A", "O@0", "O@1", "O@2", "drive@1", "drive@2", "half", "image"]
            .map(|name| format!("feature maps/{name}"))
            .iter()
            .map(String::as_str)
            .chain(["kernels/W_A"])
            .collect::<Vec<_>>()
    );
    assert_eq!(trace.iter().filter(|(name, _)| name == "O'").count(), 2);
}

/// Four channels of two images: three columns, and each image begins a row.
#[test]
fn a_picture_is_the_maps_side_by_side() {
    let model = model(TINY);
    let seen = written(&model, [1]);
    let (_, trace) = model.trace(images(&model, 2, &Device::flex()));
    for (tag, name, step, negative) in [("O@2", "O'", 1, false), ("O@0", "O", 0, false), ("drive@2", "drive", 1, true)]
    {
        let picture = picture(&seen, &format!("feature maps/{tag}"));
        let map = trace.iter().filter(|(traced, _)| traced == name).nth(step).unwrap().1.clone();
        let values: Vec<f32> = map.into_data().iter::<f32>().collect();
        assert_eq!(values.iter().any(|x| *x < 0.0), negative, "{tag}");
        // All steps of a value have one scale, so that what fades is seen to.
        let same = trace.iter().filter(|(traced, _)| traced.trim_end_matches('\'') == name.trim_end_matches('\''));
        let all = same.flat_map(|(_, map)| map.clone().into_data().iter::<f32>().collect::<Vec<f32>>());
        let largest = all.fold(0.0_f32, |largest, x| largest.max(x.abs()));
        let [height, width] = [12, 10];
        assert_eq!(picture.size, [4 * (height + 1) - 1, 3 * (width + 1) - 1]);
        let mut expected = vec![255_u8; picture.pixels.len()];
        for (n, x) in values.iter().enumerate() {
            let (image, channel, y, x_at) = (n / 480, n / 120 % 4, n % 120 / 10, n % 10);
            let (row, column) = ((image * 2 + channel / 3) * 13 + y, channel % 3 * 11 + x_at);
            let share = f64::from(*x) / f64::from(largest);
            let shade = if negative { 127.5 + 127.5 * share } else { 255.0 * share };
            expected[row * picture.size[1] as usize + column] = shade.round() as u8;
        }
        assert_eq!(picture.pixels, expected, "{tag}");
    }
}

/// The kernels of three input channels stand side by side, for each output channel.
#[test]
fn kernels_that_belong_together_lie_in_one_row() {
    let model = model(
        "model Colour\ninput image: [3, 8, 8]\nA = conv(image, 4, kernel: 3, bias: false)\nlogits = dense(A, classes)\noutput logits\n",
    );
    let seen = written(&model, [1]);
    let picture = picture(&seen, "kernels/A");
    let weights = &model.weights().unwrap()[0];
    assert_eq!(weights.shape, [4, 3, 3, 3]);
    assert_eq!(picture.size, [15, 11]);
    let largest = weights.values.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    for (n, x) in weights.values.iter().enumerate() {
        let (output, input, y, x_at) = (n / 27, n / 9 % 3, n % 9 / 3, n % 3);
        let shade = (127.5 + 127.5 * x / largest).round() as u8;
        assert_eq!(picture.pixels[(output * 4 + y) * 11 + input * 4 + x_at], shade);
    }
}

/// States that begin with zeros, a loop in a block that is called twice, and a map behind the loops.
#[test]
fn maps_of_loops_are_called_by_their_step() {
    let model = model(
        "\
model Areas
input image: [1, 8, 8]
block Area(x) {
    loop time(steps: 2) {
        state S = zeros(3, 8, 8)
        S' = relu(conv(x, 3, kernel: 3) + conv(S, 3, kernel: 3))
    }
    yield S
}
V1 = Area(image)
V2 = Area(V1)
small = max_pool(V2, 2)
logits = dense(small, classes)
output logits
",
    );
    let seen = written(&model, [1]);
    let (_, trace) = model.trace(images(&model, 2, &Device::flex()));
    let area = |area: &str| [0, 1, 2].map(|step| format!("feature maps/{area}.S@{step}"));
    let mut expected = [area("V1"), area("V2")].concat();
    expected.extend(["feature maps/image", "feature maps/small"].map(str::to_owned));
    let mut found = names(&seen);
    found.retain(|name| name.starts_with("feature maps/"));
    assert_eq!(found, expected, "of {:?}", trace.iter().map(|(name, _)| name).collect::<Vec<_>>());
    assert!(picture(&seen, "feature maps/V2.S@0").pixels.iter().all(|pixel| [0, 255].contains(pixel)));
    assert_ne!(picture(&seen, "feature maps/V2.S@1").pixels, picture(&seen, "feature maps/V2.S@2").pixels);
}

#[test]
fn what_was_not_held_out_is_not_shown() {
    let run = run();
    let mut events = open(run.path(), None).unwrap();
    let model = model(TINY);
    let numbers = Epoch {
        validation_cross_entropy: None,
        validation_accuracy: None,
        validation_top5_accuracy: None,
        ..numbers(1)
    };
    tensorboard::epoch(&mut events, at(1).wall, &numbers, &model, &images(&model, 1, &Device::flex())).unwrap();
    assert!(seen(run.path()).scalars.iter().all(|scalar| !scalar.tag.contains("validation")));
}

#[test]
fn pictures_become_rare() {
    let shown: Vec<usize> = (1..=1000).filter(|epoch| tensorboard::has_pictures(*epoch)).collect();
    assert_eq!(shown, [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000]);
    let seen = written(&model(TINY), [1, 2, 3, 4, 5, 6]);
    let steps = |tag: &str| -> Vec<i64> {
        seen.images.iter().filter(|image| image.tag == tag).map(|image| image.step).collect()
    };
    assert_eq!(steps("feature maps/O@2"), [1, 2, 3, 5]);
    assert_eq!(steps("feature maps/image"), [1]);
    assert_eq!(seen.scalars.iter().filter(|scalar| scalar.tag == "penalty/quiet").count(), 6);
}

/// 300 channels of 100 times 60 pixels at 40 steps.
#[test]
fn pictures_are_bounded() {
    let model = model(
        "\
model Large
input image: [1, 100, 60]
weights W: conv(1 -> 300, kernel: 3)
loop time(steps: 40) {
    state S = W * image
    S' = relu(S)
}
logits = dense(global_avg_pool(S), classes)
output logits
",
    );
    let seen = written(&model, [2]);
    let maps: Vec<&Image> = seen.images.iter().filter(|image| image.tag.starts_with("feature maps/")).collect();
    assert_eq!(maps.len(), 32);
    // 32 channels of two images in 8 columns; 48 pixels high, 28 wide.
    assert!(maps.iter().all(|image| image.size == [8 * 49 - 1, 8 * 29 - 1]), "{:?}", maps[0].size);
    assert_eq!(picture(&seen, "kernels/W").size, [8 * 4 - 1, 8 * 4 - 1]);
}

#[test]
fn two_hundred_epochs_of_lc_cnn_stay_small() {
    let model = model(&fs::read_to_string("specs/lc_cnn.lcnn").unwrap());
    let run = run();
    let mut events = open(run.path(), None).unwrap();
    let images = images(&model, 2, &Device::flex());
    for epoch in 1..=200 {
        tensorboard::epoch(&mut events, at(epoch).wall, &numbers(epoch), &model, &images).unwrap();
    }
    let bytes = fs::metadata(file(run.path())).unwrap().len();
    println!("{bytes} bytes");
    assert!(bytes > 500_000 && bytes < 4_000_000, "{bytes} bytes");
}

/// Dropout draws random numbers and the batch norm keeps statistics: neither may notice that it is looked at.
#[test]
fn training_does_not_notice() {
    let text = TINY.replace("A = relu(W_A * image)", "A = relu(batch_norm(W_A * image))");
    let device = Device::flex().autodiff();
    let trained = |looked_at: bool| {
        let run = run();
        let mut events = open(run.path(), None).unwrap();
        let mut model = Model::new(net(&text), 1, &device, Precision::Single).fused();
        let compiled = compile(&source(&text), &Options::default());
        let mut rule = optimizer::build(compiled.settings.train.call("optimizer"), &Device::flex());
        let mut phases = Phases::new(model.net(), &compiled.settings);
        let batch = images(&model, 2, &device);
        for epoch in 1..=4 {
            let labels = Tensor::<1, Int>::from_data(TensorData::from([3_i64, 7]), &device);
            let (forward, statistics) = model.forward_training(batch.clone(), epoch as u64);
            let gradients = model.backward(forward.total(forward.cross_entropy(labels)));
            model = rule.step(model, gradients, &mut phases).unwrap().absorb(statistics);
            if looked_at {
                let seen = images(&model, 2, &Device::flex());
                tensorboard::epoch(&mut events, at(epoch).wall, &numbers(epoch), &model.valid(), &seen).unwrap();
            }
        }
        model.weights().unwrap()
    };
    assert_eq!(trained(true), trained(false));
}

#[test]
fn the_images_are_the_first_that_are_held_out() {
    let data = data::load("contours", &Request::default()).unwrap();
    let text = TINY.replace("[1, 12, 10]", "[1, 12, 12]");
    for (validation, held_out) in [("25%", true), ("0%", false)] {
        let text = text.replace("25%", validation);
        let recipe = Recipe::new(source(&text), &Overrides::default(), data.classes.len()).unwrap();
        let split = recipe.split(&data, Some(40));
        assert_eq!(split.validation.is_empty(), !held_out);
        let shown = tensorboard::images(&recipe, &data, &split, &Device::flex()).unwrap();
        assert_eq!(shown.dims(), [2, 1, 12, 12]);
        let from = if held_out { &split.validation } else { &split.train };
        let expected = from[..2].iter().flat_map(|index| {
            let image = data.train.image(*index).unwrap();
            recipe.transforms.apply(image, || START.to_string()).unwrap().pixels
        });
        assert_eq!(shown.into_data().iter::<f32>().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}

#[test]
fn the_manual_has_every_series() {
    let page = fs::read_to_string("docs/tensorboard.md").unwrap();
    let seen = written(&model(TINY), [1]);
    assert_eq!(seen.shown.len(), 10 + 5 + 9);
    for tag in seen.shown.keys() {
        let group = tag.split_once('/').map_or(tag.as_str(), |(group, _)| group);
        let kinds = [
            format!("| `{tag}` |"),
            format!("| `{group}/NAME` |"),
            format!("| `{group}/PARAMETER` |"),
            format!("| `{group}/LAYER` |"),
        ];
        assert!(kinds.iter().any(|row| page.contains(row)), "docs/tensorboard.md has no row for `{tag}`");
    }
}
