//! What `lcnnc export --to pytorch` writes, run by PyTorch itself: scores, losses, gradients and named values in double precision.
//!
//! `cargo test --test nets exported -- --ignored --nocapture` writes files into a folder and has `tests/reference/exported.py` run
//! them with the Python that `PYTHON` names, `python3` if it names none.

use super::exported_asleep;
use crate::agreement::{device, exported_onnx, models, net_of, numbers, run};
use burn::tensor::{Device, Int, Tensor, TensorData};
use lcnnc::back::burn::{Model, Precision};
use lcnnc::data::Image;
use lcnnc::data::transform::Transforms;
use lcnnc_lang::back::pytorch::{self, About};
use lcnnc_lang::ir::{Net, Op, ParamClass};
use lcnnc_lang::kinds::KINDS;
use lcnnc_testing::nests::NESTS;
use lcnnc_testing::random::{passage, penalties, written};
use lcnnc_testing::{compile_as, specs};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const BATCH: usize = 3;
/// Random specs that are tried; about a quarter of them are right.
const RANDOM: usize = 800;

/// Numbers between 0 and 1, of no pattern that a net would see.
pub fn pixels(count: usize) -> Vec<f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| next()).collect()
}

/// Next values that are layers and nothing else, of which a state's module is none: weights stand in it, and a function applies them.
const ODD: &[&str] = &[
    "conv(S, 4, kernel: 3)",
    "depthwise(S, kernel: 3)",
    "local(S, 4, kernel: 3, bias_by_place: true)",
    "conv_transpose(S, 4, kernel: 3)",
    "batch_norm(S, momentum: 0.2, epsilon: 1e-3)",
    "batch_norm(S, per_step: true)",
    "group_norm(S, groups: 2, epsilon: 1e-3)",
    "conv(S, 4, kernel: 3, per_step: true, init: normal(sd: 0.1), sign: nonpositive, lr: 0.5)",
    "avg_pool(S, 3, stride: 1, padding: same) + W(S, padding: same) + softplus(S) / gelu(S + 3)",
    "sigmoid(S) * S - log(S + 2) * tanh(2 * S) + exp(2) * sqrt(abs(S) + 1)",
];

/// Layers with arguments that are none of the defaults.
const FORMS: &[&str] = &[
    "conv(image, 6, kernel: 5, stride: 2, bias: false)",
    "conv(image, 6, kernel: 4, stride: 3, padding: valid)",
    "depthwise(image, 8, kernel: 3, stride: 2)",
    "conv_transpose(image, 3, kernel: 5, stride: 3)",
    "conv_transpose(image, 3, kernel: 4, stride: 2, padding: valid)",
    "local(image, 3, kernel: 4, stride: 2, padding: valid)",
    "local(image, 3, kernel: 5, stride: 2, bias_by_place: true)",
    "local(image, 3, kernel: 3, bias: false)",
    "avg_pool(image, 3, stride: 2, padding: same)",
    "avg_pool(image, 5, stride: 1, padding: same)",
    "max_pool(image - 9, 3, stride: 2, padding: same)",
    "max_pool(image, 4, stride: 3)",
    "upsample(image, factor: 3)",
    "upsample(image, factor: 2, mode: bilinear)",
    "upsample(image, factor: 5, mode: bilinear)",
    "lrn(image, size: 3, alpha: 2, beta: 0.6, k: 0.5)",
    "batch_norm(image, epsilon: 0.1)",
    "group_norm(image, groups: 2, epsilon: 0.1)",
    "layer_norm(image, epsilon: 0.1)",
    "shift(gain(image, start: 2), start: -1) / (1 + square(image))",
    "concat(image, conv(image, 2, kernel: 1), -image)",
    "gelu(3 * image - 1) + softplus(image) - sqrt(image) + log(1 + exp(-abs(image)))",
];

/// A name, a shape and numbers.
type Named = (String, Vec<usize>, Vec<f64>);

fn labels() -> Tensor<1, Int> {
    let labels: Vec<i64> = (0..BATCH as i64).collect();
    Tensor::from_data(TensorData::from(labels.as_slice()), &Device::flex().autodiff())
}

/// Of each named value the last one, `value.A`, and how often its module is called, `count.A`: a state's for its start as well.
fn values(net: &Net, model: &Model, images: Tensor<4>) -> Vec<Named> {
    let (_, values) = model.trace(images);
    let last: BTreeMap<String, Vec<f64>> = values.iter().map(|(name, value)| (name.clone(), numbers(value))).collect();
    let starts =
        |name: &str| net.traced().iter().filter(|value| value.name == name && value.steps.last() == Some(&0)).count();
    let mut named: Vec<Named> = Vec::new();
    for (name, numbers) in &last {
        if last.contains_key(&format!("{name}'")) {
            continue;
        }
        let state = name.trim_end_matches('\'');
        let count = values.iter().filter(|(own, _)| own == name).count();
        let count = if state == name { count } else { count + starts(state) };
        named.push((format!("count.{state}"), vec![1], vec![count as f64]));
        named.push((format!("value.{state}"), vec![numbers.len()], numbers.clone()));
    }
    named
}

/// Writes the file of a net, and beside it what it must come to.
fn write(folder: &Path, name: &str, net: &Net) {
    std::fs::write(folder.join(format!("{name}.py")), pytorch::emit(net, &About::default())).unwrap();
    let model = Model::new(Arc::new(net.clone()), 0, &device(), Precision::Double);
    let [c, h, w] = net.input.1;
    let image = pixels(BATCH * c * h * w);
    let images = || {
        Tensor::<4>::from_data(TensorData::new(image.clone(), [BATCH, c, h, w]), (&device(), Precision::Double.dtype()))
    };
    exported_onnx::write(folder, name, net, images);
    let mut tensors: Vec<Named> = vec![("image".to_owned(), vec![BATCH, c, h, w], image.clone())];
    tensors.extend(
        model
            .weights()
            .unwrap()
            .into_iter()
            .map(|weight| (format!("param.{}", weight.name), weight.shape, weight.values)),
    );
    let draws = |op: &Op| matches!(op, Op::Dropout { rate, .. } if *rate > 0.0);
    let has_statistics = net.params.iter().any(|param| param.class == ParamClass::Statistic);
    let trains = has_statistics && !net.nodes().any(|node| draws(&node.op));
    for training in [false, true].into_iter().filter(|training| trains || !training) {
        let mode = if training { "train" } else { "eval" };
        let (forward, _) = run(&model, training, images());
        let loss = forward.total(forward.cross_entropy(labels()));
        tensors.push((format!("{mode}.logits"), vec![BATCH, net.classes], numbers(&forward.logits())));
        tensors.push((format!("{mode}.loss"), vec![1], numbers(&loss)));
        let gradients = model.gradients(&model.backward(loss)).unwrap();
        tensors.extend(gradients.into_iter().map(|it| (format!("{mode}.grad.{}", it.name), it.shape, it.values)));
    }
    tensors.extend(values(net, &model, images()));
    let bytes = |values: Vec<f64>| values.into_iter().flat_map(f64::to_le_bytes).collect();
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> =
        tensors.into_iter().map(|(name, shape, values)| (name, shape, bytes(values))).collect();
    let views = bytes
        .iter()
        .map(|(name, shape, bytes)| (name.as_str(), TensorView::new(Dtype::F64, shape.clone(), bytes).unwrap()));
    let file = safetensors::serialize(views, None).unwrap();
    std::fs::write(folder.join(format!("{name}.safetensors")), file).unwrap();
}

/// Writes what pictures become for the tests of a net, beside a file that is to make the same of them.
fn write_preprocess(folder: &Path, name: &str, transforms: &str) {
    let text = format!(
        "model Seen\ninput image: [3, 16, 16]\nlogits = dense(image, classes)\noutput logits\ndata {{\n    transform: [{transforms}]\n}}\n"
    );
    let compiled = lcnnc_testing::clean(&text, &[]);
    let about = compiled.about(&compiled.settings);
    std::fs::write(folder.join(format!("{name}.py")), pytorch::emit(compiled.net.as_ref().unwrap(), &about)).unwrap();
    let calls = compiled.settings.test_transforms();
    exported_onnx::write_pictures(folder, name, compiled.net.as_ref().unwrap(), calls);
    let transforms = Transforms::new(calls);
    let single = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let mut tensors = Vec::new();
    for [channels, height, width] in [[3, 37, 53], [1, 40, 23], [3, 16, 16], [3, 9, 12]] {
        let raw: Vec<f32> = pixels(channels * height * width).into_iter().map(|x| x as f32).collect();
        let image = Image { channels, height, width, pixels: raw.clone() };
        // What a transform does not take is nobody's question.
        let Ok(seen) = transforms.apply(image, || name.to_owned()) else { continue };
        let key = format!("{channels}x{height}x{width}");
        tensors.push((format!("raw.{key}"), vec![1, channels, height, width], single(&raw)));
        tensors.push((format!("seen.{key}"), vec![1, seen.channels, seen.height, seen.width], single(&seen.pixels)));
    }
    let views =
        tensors.iter().map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    std::fs::write(folder.join(format!("{name}.safetensors")), safetensors::serialize(views, None).unwrap()).unwrap();
}

#[test]
#[ignore = "needs Python with torch, numpy, safetensors, onnx and onnxruntime"]
fn exported_nets_are_the_same_nets_in_pytorch() {
    let folder = std::env::temp_dir().join(format!("lcnnc-exported-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, net) in models::cases() {
        write(&folder, &format!("small_{name}"), &net);
    }
    for kind in KINDS {
        let text = format!(
            "model Kind\ninput image: [3, 8, 8]\n{}\nlogits = dense(y, classes)\noutput logits\n",
            kind.example
        );
        write(&folder, &format!("kind_{}", kind.name), &net_of(&text, &[], 10));
    }
    for (n, layer) in ODD.iter().enumerate() {
        let text = format!(
            "model Odd\ninput image: [4, 9, 9]\nweights W: conv(4 -> 4, kernel: 3)\nloop L(steps: 2) {{\n    state S = image\n    \
             S' = {layer}\n}}\nlogits = dense(S, classes)\noutput logits\n"
        );
        write(&folder, &format!("odd_{n}"), &net_of(&text, &[], 10));
    }
    for (n, layer) in FORMS.iter().enumerate() {
        let text = format!(
            "model Form\ninput image: [4, 9, 9]\ny = {layer}\nlogits = dense(flatten(y), classes)\noutput logits\n"
        );
        write(&folder, &format!("form_{n}"), &net_of(&text, &[], 10));
    }
    for (name, text) in NESTS {
        write(&folder, name, &net_of(text, &[], 10));
    }
    let half = lcnnc_testing::spec("lc_resnet18_half").replace("[3, 224, 224]", "[3, 64, 64]");
    write(&folder, "small_lc_resnet18_half", &net_of(&half.replace("224", "64"), &[("width", "2")], 10));
    // The largest ones are among the small ones.
    for (name, text) in specs() {
        let net = net_of(&text, &[], 10);
        if net.params.iter().map(lcnnc_lang::ir::Param::len).sum::<usize>() < 10_000_000 {
            write(&folder, &name, &net);
        }
    }
    for (name, transforms) in [
        ("seen_square", "colour, resize(16)"),
        ("seen_short", "colour, resize(16, side: short), centre_crop(16), normalise(imagenet)"),
        ("seen_gray", "grayscale, resize(16), colour, normalise(mean: 0.3, sd: 0.2)"),
        ("seen_cut", "colour, centre_crop(8), resize(16)"),
    ] {
        write_preprocess(&folder, name, transforms);
    }
    exported_asleep::write(&folder);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut random, mut normed) = (0, 0);
    for n in 0..RANDOM {
        let passages = prop::collection::vec(passage(), 0..6).new_tree(&mut runner).unwrap().current();
        let penalties = penalties().new_tree(&mut runner).unwrap().current();
        if let Some(net) = compile_as("any.lcnn", &written(&passages, &penalties), &[]).net {
            write(&folder, &format!("random_{n}"), &net);
            random += 1;
            // A norm for each step, in the loop of a block's copy.
            normed += usize::from(net.params.iter().any(|param| param.name.ends_with(".t.I.batch_norm.1.weight")));
        }
    }
    println!("{random} random nets, {normed} of them with a norm for each step in a block's loop");
    assert!(normed > 4, "{normed} of {random}");
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    for script in ["exported.py", "exported_onnx.py"] {
        let script = lcnnc_testing::project(&format!("tests/reference/{script}"));
        let done = Command::new(&python).arg(script).arg(&folder).status().unwrap();
        assert!(done.success(), "see above; the files are in {}", folder.display());
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
