//! What `lcnnc export --to pytorch` writes, run by PyTorch itself: scores, losses, gradients and named values in double precision.
//!
//! `cargo test --test nets exported -- --ignored --nocapture` writes files into a folder and has `tests/reference/exported.py` run
//! them with the Python that `PYTHON` names, `python3` if it names none.

use crate::agreement::{device, models, net_of, numbers, run};
use burn::tensor::{Device, Int, Tensor, TensorData};
use lcnnc::back::burn::{Model, Precision};
use lcnnc_lang::back::pytorch::{self, About};
use lcnnc_lang::ir::{Net, Op};
use lcnnc_testing::random::{passage, penalties, written};
use lcnnc_testing::{compile_as, specs};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use safetensors::tensor::{Dtype, TensorView};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const BATCH: usize = 3;
/// Random specs that are tried; about a quarter of them are right.
const RANDOM: usize = 800;

/// Numbers between 0 and 1, of no pattern that a net would see.
fn pixels(count: usize) -> Vec<f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| next()).collect()
}

/// Writes the file of a net, and beside it what it must come to.
fn write(folder: &Path, name: &str, net: &Net) {
    std::fs::write(folder.join(format!("{name}.py")), pytorch::emit(net, &About::default())).unwrap();
    let model = Model::new(Arc::new(net.clone()), 0, &device(), Precision::Double);
    let [c, h, w] = net.input.1;
    let image = pixels(BATCH * c * h * w);
    let images = || Tensor::<4>::from_data(TensorData::new(image.clone(), [BATCH, c, h, w]), (&device(), Precision::Double.dtype()));
    let draws = |op: &Op| matches!(op, Op::Dropout { rate, .. } if *rate > 0.0);
    let trains = !net.nodes().any(|node| draws(&node.op));
    let (forward, _) = run(&model, trains, images());
    let labels: Vec<i64> = (0..BATCH as i64).collect();
    let labels: Tensor<1, Int> = Tensor::from_data(TensorData::from(labels.as_slice()), &Device::flex().autodiff());
    let loss = forward.total(forward.cross_entropy(labels));
    let gradients = model.gradients(&loss.backward()).unwrap();
    let mut tensors: Vec<(String, Vec<usize>, Vec<f64>)> = vec![
        ("image".to_owned(), vec![BATCH, c, h, w], image.clone()),
        ("trains".to_owned(), vec![1], vec![f64::from(u8::from(trains))]),
        ("logits".to_owned(), vec![BATCH, net.classes], numbers(&forward.logits())),
        ("loss".to_owned(), vec![1], numbers(&loss)),
    ];
    let named = |prefix: &str, weight: lcnnc::back::burn::Weight| (format!("{prefix}.{}", weight.name), weight.shape, weight.values);
    tensors.extend(model.weights().unwrap().into_iter().map(|weight| named("param", weight)));
    tensors.extend(gradients.into_iter().map(|gradient| named("grad", gradient)));
    if !trains || !net.params.iter().any(|param| !param.trained()) {
        // Of each named value the last, and how often it is made.
        let (_, values) = model.trace(images());
        let mut counts: std::collections::BTreeMap<String, (usize, Vec<f64>)> = std::collections::BTreeMap::new();
        for (name, value) in values {
            let entry = counts.entry(name).or_default();
            *entry = (entry.0 + 1, numbers(&value));
        }
        for (name, (count, numbers)) in counts {
            tensors.push((format!("count.{name}"), vec![1], vec![count as f64]));
            tensors.push((format!("value.{name}"), vec![numbers.len()], numbers));
        }
    }
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, shape, values)| (name, shape, values.iter().flat_map(|x| x.to_le_bytes()).collect()))
        .collect();
    let views = bytes
        .iter()
        .map(|(name, shape, bytes)| (name.as_str(), TensorView::new(Dtype::F64, shape.clone(), bytes).unwrap()));
    let file = safetensors::serialize(views, None).unwrap();
    std::fs::write(folder.join(format!("{name}.safetensors")), file).unwrap();
}

#[test]
#[ignore = "needs Python with torch, numpy and safetensors"]
fn exported_nets_are_the_same_nets_in_pytorch() {
    let folder = std::env::temp_dir().join(format!("lcnnc-exported-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, net) in models::cases() {
        write(&folder, &format!("small_{name}"), &net);
    }
    // The largest ones are among the small ones.
    for (name, text) in specs() {
        let net = net_of(&text, &[], 10);
        if net.params.iter().map(lcnnc_lang::ir::Param::len).sum::<usize>() < 3_000_000 {
            write(&folder, &name, &net);
        }
    }
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for n in 0..RANDOM {
        let passages = prop::collection::vec(passage(), 0..6).new_tree(&mut runner).unwrap().current();
        let penalties = penalties().new_tree(&mut runner).unwrap().current();
        if let Some(net) = compile_as("any.lcnn", &written(&passages, &penalties), &[]).net {
            write(&folder, &format!("random_{n}"), &net);
        }
    }
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = lcnnc_testing::project("tests/reference/exported.py");
    let done = Command::new(python).arg(script).arg(&folder).status().unwrap();
    assert!(done.success(), "see above; the files are in {}", folder.display());
    std::fs::remove_dir_all(&folder).unwrap();
}
