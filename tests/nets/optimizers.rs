//! Each optimizer against its definition as PyTorch documents it, written out here in double precision.

use burn::tensor::{Device, Tensor, TensorData};
use lcnnc::back::burn::{DeviceChoice, Gradients, Model, Precision, Weight};
use lcnnc::train::optimizer;
use lcnnc::train::phases::Phases;
use lcnnc_lang::front::settings::Settings;
use lcnnc_lang::vocabulary::{Bound, optimizers, real};
use lcnnc_lang::{Options, Source, compile};
use std::sync::Arc;

const SPEC: &str = "\
model Small
input image: [1, 6, 6]
weights W: conv(1 -> 2, kernel: 3, bias: false)
h = relu(batch_norm(W * image))
logits = dense(h, classes)
output logits
";

const STEPS: i32 = 10;

fn model() -> Model {
    let source = Source { name: "small.lcnn".to_owned(), text: SPEC.to_owned() };
    let compiled = compile(&source, &Options { set: Vec::new(), classes: Some(3) });
    let net = compiled.net.unwrap_or_else(|| panic!("{}", compiled.report));
    Model::new(Arc::new(net), 1, &DeviceChoice::Cpu.open().unwrap().device.autodiff(), Precision::Single)
}

/// The loss of a fixed batch and its gradients.
fn gradients(model: &Model) -> (Gradients, Vec<Weight>) {
    let device = DeviceChoice::Cpu.open().unwrap().device.autodiff();
    let pixels: Vec<f32> = (0..4 * 36).map(|n| (n * 37 % 101) as f32 / 100.0).collect();
    let images = Tensor::<4>::from_data(TensorData::new(pixels, [4, 1, 6, 6]), &device);
    let labels = Tensor::from_data(TensorData::new(vec![0i64, 1, 2, 1], [4]), &device);
    let (forward, _) = model.forward_training(images, 0);
    let gradients = model.backward(forward.cross_entropy(labels));
    let named = model.gradients(&gradients).unwrap();
    (gradients, named)
}

/// One step of plain SGD is as long as its gradients: with `clip`, as long as that at most, in the same direction.
#[test]
fn clipped_gradients_keep_their_direction() {
    let mut settings = Settings::default();
    settings.set("train", "optimizer", "sgd(lr: 1, momentum: 0)").unwrap();
    let mut moved = |most: f64| {
        settings.set("train", "clip", &real(most)).unwrap();
        let mut optimizer = optimizer::build(settings.train.call("optimizer"), &Device::flex());
        let model = model();
        let mut phases = Phases::new(model.net(), &settings);
        let before = model.weights().unwrap();
        let (all, named) = gradients(&model);
        let after = optimizer.step(model, all, &mut phases).unwrap().weights().unwrap();
        let mut step = Vec::new();
        for gradient in &named {
            let of =
                |weights: &[Weight]| weights.iter().find(|weight| weight.name == gradient.name).unwrap().values.clone();
            step.extend(of(&before).into_iter().zip(of(&after)).map(|(old, new)| old - new));
        }
        let gradient: Vec<f64> = named.iter().flat_map(|gradient| gradient.values.clone()).collect();
        (step, gradient)
    };
    let length = |xs: &[f64]| xs.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (step, gradient) = moved(0.0);
    let whole = length(&gradient);
    assert!((length(&step) - whole).abs() < 1e-5 * whole);
    let (unmoved, _) = moved(2.0 * whole);
    assert_eq!(unmoved, step, "what is short enough stays as it is");
    let (short, _) = moved(whole / 4.0);
    let wanted = gradient.iter().map(|g| g / 4.0);
    assert!(short.iter().zip(wanted).all(|(x, y)| (x - y).abs() < 1e-5 * whole), "{short:?}");
}

/// One number's definition: weight, gradient, its memory of two numbers and the step from 1 to the next weight.
type Rule = fn(f64, f64, &mut [f64; 2], i32) -> f64;

/// Trains with an optimizer as a spec names it, and beside it by the rule; the largest difference of a weight in the end.
fn difference(call: &str, rule: Rule) -> f64 {
    let mut settings = Settings::default();
    settings.set("train", "optimizer", call).unwrap();
    let mut optimizer = optimizer::build(settings.train.call("optimizer"), &Device::flex());
    let mut model = model();
    let start = model.weights().unwrap();
    let mut expected = start.clone();
    let mut memory: Vec<Vec<[f64; 2]>> = start.iter().map(|weight| vec![[0.0; 2]; weight.values.len()]).collect();
    for step in 1..=STEPS {
        let (all, named) = gradients(&model);
        for (weight, memory) in expected.iter_mut().zip(&mut memory) {
            let Some(gradient) = named.iter().find(|gradient| gradient.name == weight.name) else { continue };
            for ((w, g), m) in weight.values.iter_mut().zip(&gradient.values).zip(memory) {
                *w = rule(*w, *g, m, step);
            }
        }
        model = optimizer.step(model, all, &mut Phases::default()).unwrap();
    }
    let actual = model.weights().unwrap();
    for (before, after) in start.iter().zip(&actual) {
        let statistic = before.name.contains("running");
        assert_eq!(statistic, before == after, "`{}`: weights move, running statistics do not", before.name);
    }
    let pairs = expected.iter().zip(&actual).flat_map(|(a, b)| a.values.iter().zip(&b.values));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Adam's update for a gradient, without the learning rate.
fn adam(g: f64, [m, v]: &mut [f64; 2], step: i32, [beta1, beta2, epsilon]: [f64; 3]) -> f64 {
    *m = beta1 * *m + (1.0 - beta1) * g;
    *v = beta2 * *v + (1.0 - beta2) * g * g;
    let (m, v) = (*m / (1.0 - beta1.powi(step)), *v / (1.0 - beta2.powi(step)));
    m / (v.sqrt() + epsilon)
}

#[track_caller]
fn agree(call: &str, rule: Rule) {
    let difference = difference(call, rule);
    assert!(difference < 2e-5, "{call}: {difference:e}");
}

#[test]
fn sgd_is_plain_momentum_without_dampening() {
    agree("sgd(lr: 0.1, momentum: 0.9, weight_decay: 0.02)", |w, g, m, _| {
        m[0] = 0.9 * m[0] + g + 0.02 * w;
        w - 0.1 * m[0]
    });
    agree("sgd(0.1, momentum: 0)", |w, g, _, _| w - 0.1 * g);
    agree("sgd", |w, g, m, _| {
        m[0] = 0.9 * m[0] + g;
        w - 0.01 * m[0]
    });
}

// A gradient of a few rounding errors becomes a whole step in Adam, so the others take an epsilon above any.
#[test]
fn adam_adds_weight_decay_to_the_gradient() {
    agree("adam(lr: 0.01, epsilon: 1e-3, weight_decay: 0.1)", |w, g, m, step| {
        w - 0.01 * adam(g + 0.1 * w, m, step, [0.9, 0.999, 1e-3])
    });
    agree("adam(lr: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-3)", |w, g, m, step| {
        w - 0.01 * adam(g, m, step, [0.8, 0.95, 1e-3])
    });
}

#[test]
fn adamw_takes_weight_decay_off_the_weight() {
    agree("adamw(lr: 0.01, epsilon: 1e-3, weight_decay: 0.1)", |w, g, m, step| {
        w * (1.0 - 0.01 * 0.1) - 0.01 * adam(g, m, step, [0.9, 0.999, 1e-3])
    });
    agree("adamw", |w, g, m, step| w * (1.0 - 1e-3 * 1e-2) - 1e-3 * adam(g, m, step, [0.9, 0.999, 1e-8]));
    agree("adamw(epsilon: 1e-3)", |w, g, m, step| {
        w * (1.0 - 1e-3 * 1e-2) - 1e-3 * adam(g, m, step, [0.9, 0.999, 1e-3])
    });
}

#[test]
fn defaults_are_pytorchs_where_it_has_one() {
    let text = |name: &'static str| optimizers::complete(&Bound { callee: name, values: Vec::new() }).to_string();
    assert_eq!(text("sgd"), "sgd(lr: 0.01, momentum: 0.9, weight_decay: 0)");
    assert_eq!(text("adam"), "adam(lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0)");
    assert_eq!(text("adamw"), "adamw(lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01)");
}
