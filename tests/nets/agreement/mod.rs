//! The same nets, weights and batches in PyTorch and here: values, gradients, running statistics and training.
//!
//! `tests/reference/make.py` and `models.py` made the numbers; their heads say what each file holds.

mod asleep;
mod exported;
mod exported_onnx;
pub mod models;
pub mod networks;
pub mod pieces;
mod reference;

use burn::tensor::{Device, Tensor};
use lcnnc::back::burn::{Forward, Model, Statistics};
use lcnnc_lang::ir::Net;
use lcnnc_lang::{Options, Source};

/// Largest difference over largest number, in double precision.
const EXACT: f64 = 1e-10;
/// The same after ten steps of training in single precision.
const TRAINED: f64 = 1e-4;

fn device() -> Device {
    Device::flex().autodiff()
}

fn net_of(text: &str, set: &[(&str, &str)], classes: usize) -> Net {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let source = Source { name: "reference.lcnn".to_owned(), text: text.to_owned() };
    let compiled = lcnnc_lang::compile(&source, &Options { set, classes: Some(classes) });
    compiled.net.unwrap_or_else(|| panic!("{}", compiled.report))
}

/// Runs a net as it is trained, which gives running statistics too, or as it is used.
fn run(model: &Model, training: bool, images: Tensor<4>) -> (Forward, Option<Statistics>) {
    if training {
        let (forward, statistics) = model.forward_training(images, 0);
        (forward, Some(statistics))
    } else {
        (model.forward(images), None)
    }
}

fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.to_data().iter::<f64>().collect()
}

/// Asserts that the largest difference is within `tolerance` of the largest reference; `--nocapture` shows each.
fn assert_near(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    let wrong = found.iter().zip(expected).fold(0.0, |largest: f64, (a, b)| largest.max((a - b).abs()));
    println!("{:8.1e}  {what}", wrong / largest);
    // Not `wrong > ...`, which a NaN would pass.
    assert!(wrong <= tolerance * largest, "{what}: {wrong:e} off, the largest number is {largest:e}");
}
