//! Gradients and loops.

use crate::back::nets::{Make, functions, layers, looped, more_layers, penalties, swapping, unrolled};
use crate::back::{Mode, device, gradients, images, largest, model, number, total};
use lcnnc::back::burn::Weight;
use lcnnc_lang::ir::{Net, Padding, Value};

/// Every gradient against central differences, each relative to the largest gradient of its parameter.
fn assert_gradients(net: &Net, mode: Mode) {
    const STEP: f64 = 1e-5;
    let model = model(net, 1);
    let weights = model.weights().unwrap();
    let trained: Vec<&str> =
        net.params.iter().filter(|param| param.trained()).map(|param| param.name.as_str()).collect();
    let found = gradients(&model, mode);
    assert_eq!(found.iter().map(|gradient| gradient.name.as_str()).collect::<Vec<_>>(), trained);
    for gradient in found {
        let place = weights.iter().position(|weight| weight.name == gradient.name).unwrap();
        let at = |n: usize, by: f64| {
            let mut moved = weights.clone();
            moved[place].values[n] += by;
            number(total(&model.clone().with_weights(&moved).unwrap(), mode))
        };
        let differences: Vec<f64> =
            (0..gradient.values.len()).map(|n| (at(n, STEP) - at(n, -STEP)) / (2.0 * STEP)).collect();
        let wrong: Vec<f64> = differences.iter().zip(&gradient.values).map(|(d, g)| d - g).collect();
        let error = largest(&wrong) / largest(&differences).max(1e-3);
        assert!(error < 1e-6, "{}: {:?} is off by {error:e}", net.name, gradient.name);
    }
}

/// Every net whose gradients are held against differences.
pub fn nets() -> [Net; 6] {
    [layers(), more_layers(), functions(), penalties(), looped(3), swapping(3)]
}

#[test]
fn gradients_agree_with_finite_differences() {
    for mode in [Mode::Evaluation, Mode::Training] {
        for net in nets() {
            assert_gradients(&net, mode);
        }
    }
}

#[test]
fn a_loop_is_its_body_so_many_times() {
    for steps in 1..=4 {
        for mode in [Mode::Evaluation, Mode::Training] {
            let (short, long) = (model(&looped(steps), 7), model(&unrolled(steps), 7));
            assert_eq!(number(total(&short, mode)), number(total(&long, mode)), "{steps} steps, {mode:?}");
            assert_eq!(gradients(&short, mode), gradients(&long, mode), "{steps} steps, {mode:?}");
        }
    }
}

/// Running statistics too: each step of a loop mixes in its own batch.
#[test]
fn a_loop_updates_its_statistics_step_by_step() {
    let after = |net: &Net| {
        let model = model(net, 7);
        let (_, statistics) = model.forward_training(images(net, &device()), 0);
        model.absorb(statistics).weights().unwrap()
    };
    assert_eq!(after(&looped(3)), after(&unrolled(3)));
    assert_ne!(after(&looped(3)), after(&looped(2)));
}

#[test]
fn a_loop_without_steps_gives_its_initial_state() {
    let images = images(&looped(0), &device());
    let expected = model(&unrolled(0), 7);
    let weights = expected.weights().unwrap();
    let mut all = model(&looped(0), 7).weights().unwrap();
    for weight in &mut all {
        if let Some(same) = weights.iter().find(|other| other.name == weight.name) {
            *weight = same.clone();
        }
    }
    let found = model(&looped(0), 7).with_weights(&all).unwrap().forward(images.clone()).logits();
    assert_eq!(found.into_data(), expected.forward(images).logits().into_data());
}

/// What a shared weight learns is the sum of what copies of it would learn, one for each step.
#[test]
fn a_shared_weight_learns_from_every_step() {
    let shared = {
        let mut net = Make::new([1, 5, 5]);
        let a = net.conv("A", Value::INPUT, 2, 3, 1, Padding::Same);
        let last = (0..3).fold(a, |o, _| net.conv("L", o, 2, 3, 1, Padding::Same));
        net.finish("shared", last)
    };
    let apart = {
        let mut net = Make::new([1, 5, 5]);
        let a = net.conv("A", Value::INPUT, 2, 3, 1, Padding::Same);
        let last = (0..3).fold(a, |o, n| net.conv(&format!("L{n}"), o, 2, 3, 1, Padding::Same));
        net.finish("apart", last)
    };
    let shared = model(&shared, 2);
    let weights = shared.weights().unwrap();
    let copies = apart.params.iter().map(|param| {
        let owner = if param.owner().starts_with('L') { "L" } else { param.owner() };
        let leaf = param.name.rsplit('.').next().unwrap();
        let original = weights.iter().find(|weight| weight.name == format!("{owner}.{leaf}")).unwrap();
        Weight { name: param.name.clone(), ..original.clone() }
    });
    let apart = model(&apart, 0).with_weights(copies.collect::<Vec<_>>()).unwrap();
    let parts = gradients(&apart, Mode::Evaluation);
    for whole in gradients(&shared, Mode::Evaluation).iter().filter(|gradient| gradient.name.starts_with("L.")) {
        let leaf = whole.name.rsplit('.').next().unwrap();
        let mut sum = vec![0.0; whole.values.len()];
        for part in parts.iter().filter(|p| p.name.starts_with('L') && p.name.ends_with(leaf)) {
            sum.iter_mut().zip(&part.values).for_each(|(sum, x)| *sum += x);
        }
        let wrong: Vec<f64> = sum.iter().zip(&whole.values).map(|(sum, x)| sum - x).collect();
        assert!(largest(&wrong) < 1e-13 * largest(&sum), "{}", whole.name);
    }
}
