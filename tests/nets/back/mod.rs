//! The Burn back end against mathematics: gradients by finite differences, loops by hand, weights in and out.

mod constraints;
mod faults;
pub mod gradients;
mod init;
mod kinds;
mod meaning;
mod models;
mod nets;
pub mod penalties;
mod precision;
mod steps;
mod unrolled;
mod weights;
mod words;

use burn::tensor::{Device, Int, Tensor, TensorData};
use lcnnc::back::burn::{Model, Precision, Weight};
use lcnnc_lang::ir::Net;
use lcnnc_lang::{Options, Source};
use std::sync::Arc;

const CLASSES: usize = 3;
const BATCH: usize = 4;

fn device() -> Device {
    Device::flex().autodiff()
}

/// Numbers without pattern between -1 and 1, the same every time.
fn numbers(len: usize, salt: usize) -> Vec<f64> {
    (0..len).map(|n| ((n * 7919 + salt * 104_729 + 13) as f64 * 0.618_033_988_749_895).fract() * 2.0 - 1.0).collect()
}

fn images(net: &Net, device: &Device) -> Tensor<4> {
    let [c, h, w] = net.input.1;
    let data = TensorData::new(numbers(BATCH * c * h * w, 5), [BATCH, c, h, w]);
    Tensor::from_data(data, (device, Precision::Double.dtype()))
}

fn labels(device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::from([0i64, 2, 1, 2]), device)
}

/// The net of a spec, which may have warnings.
pub fn compiled(text: &str) -> Net {
    let source = Source { name: "test.lcnn".to_owned(), text: text.to_owned() };
    let compiled = lcnnc_lang::compile(&source, &Options { classes: Some(CLASSES), ..Options::default() });
    compiled.net.unwrap_or_else(|| panic!("{}", compiled.report))
}

/// One parameter's numbers.
fn values(model: &Model, name: &str) -> Vec<f64> {
    model.weights().unwrap().into_iter().find(|weight| weight.name == name).unwrap().values
}

fn model(net: &Net, seed: u64) -> Model {
    Model::new(Arc::new(net.clone()), seed, &device(), Precision::Double)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Evaluation,
    Training,
}

fn total(model: &Model, mode: Mode) -> Tensor<1> {
    let images = images(model.net(), &device());
    let forward = match mode {
        Mode::Evaluation => model.forward(images),
        Mode::Training => model.forward_training(images, 3).0,
    };
    forward.total(forward.cross_entropy(labels(&device())))
}

fn number(x: Tensor<1>) -> f64 {
    x.into_scalar()
}

fn largest<'a>(xs: impl IntoIterator<Item = &'a f64>) -> f64 {
    xs.into_iter().fold(0.0, |largest, x| largest.max(x.abs()))
}

fn gradients(model: &Model, mode: Mode) -> Vec<Weight> {
    model.gradients(&model.backward(total(model, mode))).unwrap()
}
