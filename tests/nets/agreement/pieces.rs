//! Single operations: values, gradients and running statistics.

use crate::agreement::reference::Reference;
use crate::agreement::{device, net_of, numbers, run};
use burn::tensor::{Tensor, TensorData};
use lcnnc::back::burn::{Gradients, Model, Precision, Weight};
use lcnnc_lang::ir::Net;
use std::sync::Arc;

/// The single operations of the reference: the name there, and the equation that says the same.
const PIECES: &[(&str, &str)] = &[
    ("conv_stride", "conv(image, 2, kernel: 3, stride: 2)"),
    ("conv_stride_7", "conv(image, 2, kernel: 7, stride: 2)"),
    ("conv_valid", "conv(image, 3, kernel: 5, padding: valid, bias: false)"),
    ("max_pool_2", "max_pool(image, 2)"),
    ("max_pool_3_2", "max_pool(image, 3, stride: 2)"),
    ("avg_pool_2", "avg_pool(image, 2)"),
    ("global_avg_pool", "global_avg_pool(image)"),
    ("batch_norm_train", "batch_norm(image)"),
    ("batch_norm_eval", "batch_norm(image)"),
    ("softplus", "softplus(image)"),
    ("sigmoid", "sigmoid(image)"),
    ("tanh", "tanh(image)"),
    ("relu", "relu(image)"),
    ("gain", "gain(image)"),
    ("conv_transpose_same", "conv_transpose(image, 2, kernel: 3, stride: 2)"),
    ("conv_transpose_valid", "conv_transpose(image, 2, kernel: 3, stride: 2, padding: valid)"),
    ("depthwise", "depthwise(image, 6, kernel: 3, stride: 2)"),
    ("max_pool_same", "max_pool(image, 3, stride: 2, padding: same)"),
    ("avg_pool_same", "avg_pool(image, 3, stride: 2, padding: same)"),
    ("group_norm", "group_norm(image, groups: 3)"),
    ("layer_norm", "layer_norm(image)"),
    ("layer_norm_vector", "layer_norm(flatten(image))"),
    ("lrn", "lrn(image, alpha: 0.5, k: 2)"),
    ("gelu", "gelu(image)"),
    ("upsample_nearest", "upsample(image, factor: 3)"),
    ("upsample_bilinear", "upsample(image, factor: 3, mode: bilinear)"),
    ("shift", "shift(image)"),
    ("local", "local(image, 3, kernel: 3)"),
    ("local_stride", "local(image, 3, kernel: 3, stride: 2)"),
    ("gain_vector", "gain(flatten(image))"),
];

/// A net that gives the values of one equation as its scores; `len` is how many there are.
fn piece_net(equation: &str, [c, h, w]: [usize; 3], len: usize) -> Net {
    let text =
        format!("model Piece\ninput image: [{c}, {h}, {w}]\ny = {equation}\nscores = flatten(y)\noutput scores\n");
    net_of(&text, &[], len)
}

/// The net of each single operation, for images of the reference's shape; by the name there.
fn cases(file: &Reference) -> impl Iterator<Item = (&'static str, Net)> {
    PIECES.iter().map(|(op, equation)| {
        let x: Tensor<4> = file.tensor(&format!("{op}.x"), Precision::Double);
        let [batch, image @ ..] = x.dims();
        (*op, piece_net(equation, image, file.get(&format!("{op}.g")).1.len() / batch))
    })
}

/// Every net that is compared here.
pub fn nets() -> Vec<Net> {
    cases(&Reference::open("pieces")).map(|(_, net)| net).chain([concatenated([5, 3, 4], 3)]).collect()
}

#[test]
fn single_operations_agree() {
    let file = Reference::open("pieces");
    for (op, net) in cases(&file) {
        let x: Tensor<4> = file.tensor(&format!("{op}.x"), Precision::Double).require_grad();
        let (_, g) = file.get(&format!("{op}.g"));
        let model = file.model(&net, Precision::Double, |name| name.replace("y.", &format!("{op}.")));
        let (forward, statistics) = run(&model, op == "batch_norm_train", x.clone());
        file.near(&format!("{op}.y"), &numbers(&forward.logits()));
        let g = TensorData::new(g, forward.logits().dims());
        let g = Tensor::from_data(g, (&device(), Precision::Double.dtype()));
        let found = (forward.logits() * g).sum().backward();
        file.near(&format!("{op}.grad.x"), &numbers(&x.grad(&found).unwrap()));
        for gradient in model.gradients(&Gradients::of(&model, found)).unwrap() {
            file.near(&gradient.name.replace("y.", &format!("{op}.grad.")), &gradient.values);
        }
        let Some(statistics) = statistics else { continue };
        for weight in
            model.absorb(statistics).weights().unwrap().iter().filter(|weight| weight.name.contains("running"))
        {
            file.near(&format!("{}_after", weight.name.replace("y.", &format!("{op}."))), &weight.values);
        }
    }
}

/// A net that takes an image apart after `first` channels, and concatenates the parts.
fn concatenated([all, height, width]: [usize; 3], first: usize) -> Net {
    let text = format!(
        "model Piece
        input image: [{all}, {height}, {width}]
        a = conv(image, {first}, kernel: 1, bias: false)
        b = conv(image, {}, kernel: 1, bias: false)
        scores = flatten(concat(a, b))
        output scores",
        all - first
    );
    net_of(&text, &[], all * height * width)
}

/// The reference has two inputs and a spec has one: unit kernels take them apart.
#[test]
fn concatenation_agrees() {
    let file = Reference::open("pieces");
    let x1: Tensor<4> = file.tensor("concat.x1", Precision::Double).require_grad();
    let x2: Tensor<4> = file.tensor("concat.x2", Precision::Double).require_grad();
    let images = Tensor::cat(vec![x1.clone(), x2.clone()], 1);
    let ([batch, all, height, width], [_, first, ..]) = (images.dims(), x1.dims());
    let len = all * height * width;
    let unit = |name: &str, from: usize, to: usize| {
        let row = |n| (0..all).map(move |m| f64::from(u8::from(n == m)));
        let shape = vec![to - from, all, 1, 1];
        Weight { name: name.to_owned(), shape, values: (from..to).flat_map(row).collect() }
    };
    let model = Model::new(Arc::new(concatenated([all, height, width], first)), 0, &device(), Precision::Double);
    let model = model.with_weights(&[unit("a.weight", 0, first), unit("b.weight", first, all)]).unwrap();
    let logits = model.forward(images).logits();
    file.near("concat.y", &numbers(&logits));
    let g: Tensor<4> = file.tensor("concat.g", Precision::Double);
    let gradients = (logits * g.reshape([batch, len])).sum().backward();
    for (key, x) in [("concat.grad.x1", x1), ("concat.grad.x2", x2)] {
        file.near(key, &numbers(&x.grad(&gradients).unwrap()));
    }
}
