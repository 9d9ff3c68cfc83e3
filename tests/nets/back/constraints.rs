//! What training may not do to weights: change their sign, move what is frozen, move faster than it is told.

use crate::back::{Mode, compiled, device, gradients, images, model, total, values};
use burn::module::Module;
use burn::tensor::Device;
use lcnnc::back::burn::{Model, Weight};
use lcnnc::train::optimizer::{self, Optimizer};
use lcnnc::train::phases::{Phases, signs::projected};
use lcnnc_lang::front::settings::Settings;

fn optimizer(call: &str) -> Optimizer {
    let mut settings = Settings::default();
    settings.set("train", "optimizer", call).unwrap();
    optimizer::build(settings.train.call("optimizer"), &Device::flex())
}

/// What a net asks of every step; clipping is not asked for.
fn phases(model: &Model) -> Phases {
    Phases::new(model.net(), &Settings::default())
}

/// Steps down the loss of the fixed batch.
fn trained(mut model: Model, call: &str, steps: usize) -> Model {
    let (mut optimizer, mut phases) = (optimizer(call), phases(&model));
    for _ in 0..steps {
        let loss = total(&model, Mode::Training);
        let gradients = model.backward(loss);
        model = optimizer.step(model, gradients, &mut phases).unwrap();
    }
    model
}

/// Steps down the first penalty alone.
fn penalised(mut model: Model, call: &str, steps: usize) -> Model {
    let (mut optimizer, mut phases) = (optimizer(call), phases(&model));
    for _ in 0..steps {
        let mut forward = model.forward(images(model.net(), &device()));
        let gradients = model.backward(forward.penalties.remove(0));
        model = optimizer.step(model, gradients, &mut phases).unwrap();
    }
    model
}

const SIGNED: &str = "\
model Signed
input image: [1, 8, 8]
weights P: conv(1 -> 4, kernel: 3, init: normal(0.3), sign: nonnegative)
weights N: conv(4 -> 4, kernel: 3, init: glorot, sign: nonpositive)
h = tanh(gain(P * image, start: -0.05, sign: nonnegative) + N * tanh(P * image))
logits = dense(h, classes, sign: nonpositive)
output logits
";

const CONES: [(&str, f64); 4] =
    [("P.weight", 1.0), ("N.weight", -1.0), ("h.gain.weight", 1.0), ("logits.weight", -1.0)];

#[test]
fn signed_weights_keep_their_sign_under_every_optimizer() {
    let net = compiled(SIGNED);
    let bias = values(&model(&net, 2), "P.bias");
    assert!(bias.iter().any(|x| *x < 0.0), "a bias is free: {bias:?}");
    for call in ["sgd(0.5)", "adam(0.1)", "adamw(0.1, weight_decay: 0.1)"] {
        let mut crossed = [false; CONES.len()];
        let (mut model, mut optimizer) = (model(&net, 2), optimizer(call));
        let mut phases = phases(&model);
        for step in 0..=6 {
            for ((name, side), crossed) in CONES.into_iter().zip(&mut crossed) {
                let found = values(&model, name);
                assert!(found.iter().all(|x| x * side >= 0.0), "{call}, step {step}: {name} {found:?}");
                assert!(step > 0 || found.iter().all(|x| *x != 0.0), "{name} is folded, not cut");
                *crossed |= found.contains(&0.0);
            }
            let loss = total(&model, Mode::Training);
            let gradients = model.backward(loss);
            model = optimizer.step(model, gradients, &mut phases).unwrap();
        }
        assert_eq!(crossed, [true; CONES.len()], "{call} would not have crossed zero anyway");
    }
}

#[test]
fn the_projection_is_a_clamp_of_the_plain_update() {
    let net = compiled(SIGNED);
    let before = model(&net, 2);
    let gradients = gradients(&before, Mode::Training);
    let after = trained(before.clone(), "sgd(2, momentum: 0)", 1);
    for gradient in gradients {
        let side = CONES.into_iter().find(|(name, _)| *name == gradient.name).map(|(_, side)| side);
        let start = values(&before, &gradient.name);
        for ((w, g), found) in start.iter().zip(&gradient.values).zip(values(&after, &gradient.name)) {
            let moved = w - 2.0 * g;
            let expected = side.map_or(moved, |side| side * (side * moved).max(0.0));
            assert!((found - expected).abs() < 1e-12, "{}: {found}, not {expected}", gradient.name);
        }
    }
}

/// Cut to zero, a weight that is no number would hide that the run diverged.
#[test]
fn what_is_no_number_is_not_projected() {
    let net = compiled(SIGNED);
    let spoilt = |weight: Weight| Weight { values: vec![f64::NAN; weight.values.len()], ..weight };
    let weights: Vec<Weight> = model(&net, 2).weights().unwrap().into_iter().map(spoilt).collect();
    let projected = projected(model(&net, 2).with_weights(&weights).unwrap());
    assert!(projected.weights().unwrap().iter().flat_map(|weight| &weight.values).all(|x| x.is_nan()));
}

#[test]
fn a_projected_model_still_trains_and_stays_in_order() {
    let model = model(&compiled(SIGNED), 2);
    let brought_back = projected(model.clone());
    assert_eq!(brought_back.weights().unwrap(), model.weights().unwrap(), "inside the cone nothing moves");
    assert_eq!(gradients(&brought_back, Mode::Training), gradients(&model, Mode::Training));
    let valid = projected(model.valid());
    assert_eq!(valid.weights().unwrap(), model.weights().unwrap(), "nor without autodiff");
}

fn frozen(suffix: &str) -> String {
    format!(
        "model Frozen\ninput image: [1, 8, 8]\nweights W: conv(1 -> 3, kernel: 3{suffix})\n\
         h = batch_norm(W * image{suffix})\ny = gain(tanh(h){suffix})\nlogits = dense(y, classes)\noutput logits\n\
         penalty size = 0.1 * l2(weights)\n"
    )
}

#[test]
fn frozen_layers_do_not_move_and_their_statistics_do() {
    let (net, free) = (compiled(&frozen(", frozen: true")), compiled(&frozen("")));
    let still = |name: &str| !name.starts_with("logits") && !name.contains("running");
    for call in ["sgd(0.5, weight_decay: 0.1)", "adam(0.1)", "adamw(0.1)"] {
        let before = model(&net, 1);
        let after = trained(before.clone(), call, 3);
        for (before, after) in before.weights().unwrap().iter().zip(after.weights().unwrap()) {
            let stays = still(&before.name) || before.name.contains("running");
            assert_eq!(before.values == after.values, stays, "{call}: {}", before.name);
        }
        let (_, statistics) = before.forward_training(images(&net, &device()), 0);
        let absorbed = before.clone().absorb(statistics);
        assert_ne!(values(&absorbed, "h.running_mean"), values(&before, "h.running_mean"));
    }
    // What is not frozen learns as if nothing were.
    let all = gradients(&model(&free, 1), Mode::Training);
    let left: Vec<Weight> = all.into_iter().filter(|gradient| !still(&gradient.name)).collect();
    assert_eq!(gradients(&model(&net, 1), Mode::Training), left);
    assert_eq!(total(&model(&net, 1), Mode::Training).into_data(), total(&model(&free, 1), Mode::Training).into_data());
}

#[test]
fn gradients_pass_through_what_is_frozen() {
    let text = "model Through\ninput image: [1, 8, 8]\nweights W: conv(1 -> 2, kernel: 3)\n\
                h = batch_norm(conv(W * image, 3, kernel: 3@)@)\nlogits = dense(tanh(h), classes@)\noutput logits\n";
    let with = |suffix: &str| gradients(&model(&compiled(&text.replace('@', suffix)), 1), Mode::Training);
    let (frozen, free) = (with(", frozen: true"), with(""));
    assert_eq!(frozen.iter().map(|gradient| gradient.name.as_str()).collect::<Vec<_>>(), ["W.weight", "W.bias"]);
    assert_eq!(frozen, free[..2]);
}

/// Each bundle by its own length, so that neither moves the other.
fn paced(lr: &str) -> Model {
    let net = compiled(&format!(
        "model Paced\ninput image: [1, 8, 8]\nweights W: conv(1 -> 3, kernel: 3{lr})\nweights V: conv(3 -> 3, kernel: 3)\n\
         logits = dense(V * tanh(W * image), classes)\noutput logits\npenalty size = l2(W) + l2(V)\n"
    ));
    model(&net, 1)
}

#[test]
fn a_tenth_of_the_rate_is_a_tenth_of_the_way() {
    let (before, after) = (paced(", lr: 0.1"), trained(paced(", lr: 0.1"), "sgd(0.1, momentum: 0)", 1));
    for gradient in gradients(&before, Mode::Training) {
        let factor = if gradient.name.starts_with('W') { 0.1 } else { 1.0 };
        let start = values(&before, &gradient.name);
        for ((w, g), found) in start.iter().zip(&gradient.values).zip(values(&after, &gradient.name)) {
            let expected = w - 0.1 * factor * g;
            assert!((found - expected).abs() < 1e-14, "{}: {found}, not {expected}", gradient.name);
        }
    }
}

/// The factor is the rate's, and everything else that an optimizer remembers stays as it was.
#[test]
fn a_factor_is_an_optimizer_of_its_own() {
    for (all, tenth) in [
        ("adam(0.01)", "adam(1e-3)"),
        ("adamw(0.01, weight_decay: 0.5)", "adamw(1e-3, weight_decay: 0.5)"),
        ("sgd(0.01, weight_decay: 0.5)", "sgd(1e-3, weight_decay: 0.5)"),
    ] {
        let mixed = penalised(paced(", lr: 0.1"), all, 8);
        let (fast, slow) = (penalised(paced(""), all, 8), penalised(paced(""), tenth, 8));
        for (name, alone, other) in [("V.weight", &fast, &slow), ("W.weight", &slow, &fast)] {
            let wrong = |alone: &Model| {
                let pairs = values(&mixed, name).into_iter().zip(values(alone, name));
                pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
            };
            assert!(wrong(alone) < 1e-12, "{all}: {name} is off by {:e}", wrong(alone));
            assert!(wrong(other) > 1e-4, "{all}: {name} tells the two apart");
        }
    }
}

#[test]
fn what_is_asked_of_weights_is_shown() {
    let net = compiled(
        "model Shown\ninput image: [1, 8, 8]\n\
         weights W: conv(1 -> 4, kernel: 3, init: normal(0.25), sign: nonnegative, frozen: true, lr: 0.1)\n\
         branch O = sum {\n    exc E = W * image\n    inh N = gain(E, sign: nonpositive, lr: 2)\n}\n\
         logits = dense(O, classes, frozen: false)\noutput logits\n",
    );
    let shown = |name: &str| net.params.iter().find(|param| param.name == name).unwrap().to_string();
    assert_eq!(shown("W.weight"), "kernel, excitatory, nonnegative, frozen, lr x0.1, normal ±0.2500");
    assert_eq!(shown("W.bias"), "bias, excitatory, frozen, lr x0.1, uniform ±0.3333");
    assert_eq!(shown("N.weight"), "norm, inhibitory, nonpositive, lr x2, 1");
    assert_eq!(shown("logits.weight"), "kernel, uniform ±0.0625");
    assert!(net.to_string().contains("parameters: 775, and 40 frozen"), "{net}");
}
