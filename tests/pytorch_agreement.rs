//! The same networks, weights and batches in PyTorch and here: values, gradients and training.
//!
//! `tests/reference/make.py` made the numbers; its head says what each file holds.

// The references are files.
#![allow(clippy::disallowed_methods)]

use burn::tensor::{Device, Int, Tensor, TensorData};
use lcnnc::back::burn::{Forward, Model, Precision, Statistics, Weight, loss};
use lcnnc::ir::Net;
use lcnnc::schema::{Bound, Value};
use lcnnc::train::optimizer;
use lcnnc::{Options, Source};
use safetensors::{Dtype, SafeTensors};
use std::sync::Arc;

/// Largest difference over largest number, in double precision.
const EXACT: f64 = 1e-10;
/// The same after ten steps of training in single precision.
const TRAINED: f64 = 1e-4;

const F_CNN: &str = "
model FCnn
input image: [1, 12, 12]
weights W_A: conv(1 -> 3, kernel: 7, bias: false)
weights W_L: conv(3 -> 3, kernel: 7, bias: false)
A = relu(W_A * image)
O = relu(W_L * A)
logits = dense(max_pool(O, 2), classes)
output logits
penalty sparsity = 1e-3 * l1(weights)
";

const LC_CNN: &str = "
model LcCnn
const steps = 3
input image: [1, 12, 12]
weights W_A: conv(1 -> 3, kernel: 7, bias: false)
weights W_L: conv(3 -> 3, kernel: 7, bias: false)
A = relu(W_A * image)
loop V1(steps: steps) {
    state O = A
    O' = relu(A + W_L * O)
}
logits = dense(max_pool(O, 2), classes)
output logits
penalty sparsity = 1e-3 * l1(weights)
";

const LCEI: &str = "
model LceiCnn
input image: [1, 12, 12]
weights W_A: conv(1 -> 2, kernel: 7, bias: false)
weights W_E: conv(2 -> 2, kernel: 7, bias: false)
weights W_I: conv(2 -> 2, kernel: 7, bias: false)
A = relu(W_A * image)
branch O = sum {
    exc E = tanh(W_E * A)
    inh N = tanh(W_I * A)
}
logits = dense(max_pool(O, 2), classes)
output logits
penalty sparsity = 1e-3 * l1(weights)
";

const LCEI_LC: &str = "
model LceiLc
input image: [1, 12, 12]
weights W_A: conv(1 -> 2, kernel: 7, bias: false)
weights W_E: conv(2 -> 2, kernel: 7, bias: false)
weights W_I: conv(2 -> 2, kernel: 7, bias: false)
A = relu(W_A * image)
loop V1(steps: 3) {
    state O = A
    branch drive = sum {
        exc E = tanh(W_E * O)
        inh N = tanh(W_I * O)
    }
    O' = relu(A + drive)
}
logits = dense(max_pool(O, 2), classes)
output logits
penalty separation = 0.1 * sat_abs(W_E, W_I)
penalty sparsity = 1e-3 * l1(weights)
";

fn net_of(text: &str, set: &[(&str, &str)], classes: usize) -> Net {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let source = Source { name: "reference.lcnn".to_owned(), text: text.to_owned() };
    let compiled = lcnnc::compile(&source, &Options { set, classes: Some(classes) });
    compiled.net.unwrap_or_else(|| panic!("{}", compiled.report))
}

fn separated(by: &str) -> String {
    format!("{LCEI}penalty separation = 0.1 * {by}(W_E, W_I)\n")
}

/// A network for each file of references.
fn cases() -> Vec<(&'static str, Net)> {
    vec![
        ("f_cnn", net_of(F_CNN, &[], 10)),
        ("lc_cnn_1", net_of(LC_CNN, &[("steps", "1")], 10)),
        ("lc_cnn_3", net_of(LC_CNN, &[], 10)),
        ("lc_cnn_5", net_of(LC_CNN, &[("steps", "5")], 10)),
        ("lcei_none", net_of(LCEI, &[], 10)),
        ("lcei_abs", net_of(&separated("abs_gap"), &[], 10)),
        ("lcei_sat_abs", net_of(&separated("sat_abs"), &[], 10)),
        ("lcei_exp_sat", net_of(&separated("exp_sat"), &[], 10)),
        ("lcei_sat_exp", net_of(&separated("sat_exp"), &[], 10)),
        ("lcei_lc", net_of(LCEI_LC, &[], 10)),
    ]
}

/// One file of references.
struct Reference(Vec<u8>);

impl Reference {
    fn open(name: &str) -> Self {
        let path = format!("{}/tests/reference/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
        Self(std::fs::read(path).unwrap())
    }

    fn find(&self, key: &str) -> Option<(Vec<usize>, Vec<f64>)> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let view = file.tensor(key).ok()?;
        let values = match view.dtype() {
            Dtype::F64 => words(view.data(), f64::from_le_bytes),
            Dtype::F32 => words(view.data(), |word| f64::from(f32::from_le_bytes(word))),
            Dtype::I64 => words(view.data(), |word| i64::from_le_bytes(word) as f64),
            other => panic!("{key} is of {other:?}"),
        };
        Some((view.shape().to_vec(), values))
    }

    fn get(&self, key: &str) -> (Vec<usize>, Vec<f64>) {
        self.find(key).unwrap_or_else(|| panic!("{key} is missing"))
    }

    fn tensor<const D: usize>(&self, key: &str, precision: Precision) -> Tensor<D> {
        let (shape, values) = self.get(key);
        Tensor::from_data(TensorData::new(values, shape), (&device(), precision.dtype()))
    }

    fn labels(&self) -> Tensor<1, Int> {
        let labels: Vec<i64> = self.get("label").1.into_iter().map(|label| label as i64).collect();
        Tensor::from_data(TensorData::from(labels.as_slice()), &device())
    }

    /// The net with the weights that are kept under a prefix, in the net's own shapes.
    fn model(&self, net: &Net, precision: Precision, key: impl Fn(&str) -> String) -> Model {
        let weights = net.params.iter().map(|param| {
            let values = self.get(&key(&param.name)).1;
            Weight { name: param.name.clone(), shape: param.shape.clone(), values }
        });
        let weights: Vec<Weight> = weights.collect();
        Model::new(Arc::new(net.clone()), 0, &device(), precision).with_weights(&weights).unwrap()
    }
}

fn words<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    bytes.chunks_exact(N).map(|word| number(word.try_into().unwrap())).collect()
}

fn device() -> Device {
    Device::flex().autodiff()
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

#[test]
fn values_and_gradients_agree() {
    for (case, net) in cases() {
        let file = Reference::open(case);
        let model = file.model(&net, Precision::Double, |name| format!("param.{name}"));
        let forward = model.forward(file.tensor("image", Precision::Double));
        let near = |key: &str, found: &[f64]| {
            assert_near(&format!("{key} of {case}"), found, &file.get(key).1, EXACT);
        };
        near("logits", &numbers(&forward.logits));
        let cross_entropy = loss(forward.logits.clone(), file.labels());
        near("cross_entropy", &numbers(&cross_entropy));
        let total = forward.total(cross_entropy);
        near("loss", &numbers(&total));
        let gradients = model.gradients(&total.backward());
        assert_eq!(gradients.len(), net.params.len(), "{case}");
        for gradient in gradients {
            near(&format!("grad.{}", gradient.name), &gradient.values);
        }
    }
}

fn call(name: &'static str, values: &[(&'static str, f64)]) -> Bound {
    Bound { callee: name, values: values.iter().map(|(name, x)| (*name, Value::Real(*x))).collect() }
}

#[test]
fn ten_steps_of_training_agree() {
    let rules = [
        call("sgd", &[("lr", 1e-2), ("momentum", 0.9)]),
        call("adam", &[("lr", 1e-3)]),
        call("adamw", &[("lr", 1e-3), ("weight_decay", 1e-2)]),
    ];
    for (case, net) in cases() {
        let file = Reference::open(case);
        for rule in &rules {
            let what = format!("{} on {case}", rule.callee);
            let mut model = file.model(&net, Precision::Single, |name| format!("param.{name}"));
            let mut optimizer = optimizer::build(rule);
            let mut losses = Vec::new();
            for _ in 0..10 {
                let (forward, statistics) = model.forward_training(file.tensor("image", Precision::Single), 0);
                let total = forward.total(loss(forward.logits.clone(), file.labels()));
                losses.extend(numbers(&total));
                model = optimizer.step(model, total.backward()).absorb(statistics);
            }
            let expected = file.get(&format!("{}.losses", rule.callee)).1;
            assert_near(&format!("losses of {what}"), &losses, &expected, TRAINED);
            for weight in model.weights() {
                if let Some((_, expected)) = file.find(&format!("{}.param.{}", rule.callee, weight.name)) {
                    assert_near(&format!("{} of {what}", weight.name), &weight.values, &expected, TRAINED);
                }
            }
        }
    }
}

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
    ("gain_vector", "gain(flatten(image))"),
];

/// A net that gives the values of one equation as its scores; `len` is how many there are.
fn piece_net(equation: &str, [c, h, w]: [usize; 3], len: usize) -> Net {
    let text =
        format!("model Piece\ninput image: [{c}, {h}, {w}]\ny = {equation}\nscores = flatten(y)\noutput scores\n");
    net_of(&text, &[], len)
}

fn run(model: &Model, training: bool, images: Tensor<4>) -> (Forward, Option<Statistics>) {
    if training {
        let (forward, statistics) = model.forward_training(images, 0);
        (forward, Some(statistics))
    } else {
        (model.forward(images), None)
    }
}

#[test]
fn single_operations_agree() {
    let file = Reference::open("pieces");
    for (op, equation) in PIECES {
        let near = |key: &str, found: &[f64]| assert_near(key, found, &file.get(key).1, EXACT);
        let x: Tensor<4> = file.tensor(&format!("{op}.x"), Precision::Double).require_grad();
        let [batch, image @ ..] = x.dims();
        let (_, g) = file.get(&format!("{op}.g"));
        let net = piece_net(equation, image, g.len() / batch);
        let model = file.model(&net, Precision::Double, |name| name.replace("y.", &format!("{op}.")));
        let (forward, statistics) = run(&model, *op == "batch_norm_train", x.clone());
        near(&format!("{op}.y"), &numbers(&forward.logits));
        let g = TensorData::new(g, forward.logits.dims());
        let g = Tensor::from_data(g, (&device(), Precision::Double.dtype()));
        let gradients = (forward.logits * g).sum().backward();
        near(&format!("{op}.grad.x"), &numbers(&x.grad(&gradients).unwrap()));
        for gradient in model.gradients(&gradients) {
            near(&gradient.name.replace("y.", &format!("{op}.grad.")), &gradient.values);
        }
        let Some(statistics) = statistics else { continue };
        for weight in model.absorb(statistics).weights().iter().filter(|weight| weight.name.contains("running")) {
            near(&format!("{}_after", weight.name.replace("y.", &format!("{op}."))), &weight.values);
        }
    }
}

/// The reference has two inputs and a spec has one: unit kernels take them apart.
#[test]
fn concatenation_agrees() {
    let file = Reference::open("pieces");
    let x1: Tensor<4> = file.tensor("concat.x1", Precision::Double).require_grad();
    let x2: Tensor<4> = file.tensor("concat.x2", Precision::Double).require_grad();
    let images = Tensor::cat(vec![x1.clone(), x2.clone()], 1);
    let ([batch, all, height, width], [_, first, ..]) = (images.dims(), x1.dims());
    let text = format!(
        "model Piece
        input image: [{all}, {height}, {width}]
        a = conv(image, {first}, kernel: 1, bias: false)
        b = conv(image, {}, kernel: 1, bias: false)
        scores = flatten(concat(a, b))
        output scores",
        all - first
    );
    let len = all * height * width;
    let unit = |name: &str, from: usize, to: usize| {
        let row = |n| (0..all).map(move |m| f64::from(u8::from(n == m)));
        let shape = vec![to - from, all, 1, 1];
        Weight { name: name.to_owned(), shape, values: (from..to).flat_map(row).collect() }
    };
    let model = Model::new(Arc::new(net_of(&text, &[], len)), 0, &device(), Precision::Double);
    let model = model.with_weights(&[unit("a.weight", 0, first), unit("b.weight", first, all)]).unwrap();
    let logits = model.forward(images).logits;
    assert_near("concat.y", &numbers(&logits), &file.get("concat.y").1, EXACT);
    let g: Tensor<4> = file.tensor("concat.g", Precision::Double);
    let gradients = (logits * g.reshape([batch, len])).sum().backward();
    for (key, x) in [("concat.grad.x1", x1), ("concat.grad.x2", x2)] {
        assert_near(key, &numbers(&x.grad(&gradients).unwrap()), &file.get(key).1, EXACT);
    }
}
