//! Where weights come from and where they go.

use crate::back::nets::{layers, looped};
use crate::back::{Mode, device, images, model, number, total};
use burn::module::Module;
use burn::tensor::Device;
use lcnnc::back::burn::{Model, Precision, Weight, WeightProblem};
use std::sync::Arc;

#[test]
fn the_same_seed_gives_the_same_weights() {
    let net = layers();
    assert_eq!(model(&net, 4).weights().unwrap(), model(&net, 4).weights().unwrap());
    assert_ne!(model(&net, 4).weights().unwrap(), model(&net, 5).weights().unwrap());
    let on = |device: &Device| Model::new(Arc::new(net.clone()), 4, device, Precision::Single).weights().unwrap();
    assert_eq!(on(&Device::flex()), on(&device()));
}

/// What a seed means must not change from one version to the next. The numbers were made from ChaCha8's definition.
#[test]
fn a_seed_means_these_weights() {
    let weights = model(&looped(1), 1).weights().unwrap();
    assert_eq!(weights[0].name, "A.weight");
    assert_eq!(weights[0].values[..3], [-0.142_212_704_114_086_76, -0.246_087_209_061_990_1, 0.357_905_096_857_915_05]);
    assert_eq!(weights[1].values[..2], [-0.475_760_233_621_509, 0.381_589_960_029_254_9]);
}

#[test]
fn initial_weights_fill_their_range_and_differ_from_each_other() {
    let weights = model(&layers(), 1).weights().unwrap();
    let logits = weights.iter().find(|weight| weight.name == "logits.weight").unwrap();
    let largest = crate::back::largest(&logits.values);
    assert!((0.5..=0.6).contains(&largest), "{largest}");
    let mean = logits.values.iter().sum::<f64>() / logits.values.len() as f64;
    assert!(mean.abs() < 0.1, "{mean}");
    assert_ne!(weights[0].values[..5], weights[2].values[..5]);
}

#[test]
fn single_precision_is_double_precision_rounded() {
    let net = Arc::new(layers());
    let single = Model::new(net.clone(), 4, &device(), Precision::Single).weights().unwrap();
    let double = Model::new(net, 4, &device(), Precision::Double).weights().unwrap();
    for (single, double) in single.iter().zip(&double) {
        let rounded: Vec<f64> = double.values.iter().map(|x| f64::from(*x as f32)).collect();
        assert_eq!(single.values, rounded);
    }
}

#[test]
fn weights_come_out_as_they_went_in() {
    let (from, to) = (model(&layers(), 1), model(&layers(), 2));
    let mut weights = from.weights().unwrap();
    weights.reverse();
    let to = to.with_weights(&weights).unwrap();
    assert_eq!(to.weights().unwrap(), from.weights().unwrap());
    assert_eq!(number(total(&to, Mode::Training)), number(total(&from, Mode::Training)));
    let statistics = to.weights().unwrap().iter().filter(|weight| weight.name.contains("running")).count();
    assert_eq!(crate::back::gradients(&to, Mode::Training).len() + statistics, weights.len());
}

#[test]
fn weights_that_do_not_fit_are_all_named() {
    let model = model(&looped(1), 1);
    let mut weights = model.weights().unwrap();
    let first = weights.remove(0);
    weights[0].shape = vec![1, 2];
    weights[1].values.pop();
    weights.push(Weight { name: "L.weigth".to_owned(), ..first.clone() });
    weights.push(Weight { name: "elsewhere".to_owned(), ..first.clone() });
    weights.push(weights[2].clone());
    let error = model.with_weights(&weights).unwrap_err();
    let name = |name: &str| name.to_owned();
    assert_eq!(
        error.problems,
        [
            WeightProblem::Missing { name: name("A.weight"), shape: vec![2, 1, 3, 3] },
            WeightProblem::Shape { name: name("A.bias"), expected: vec![2], found: vec![1, 2] },
            WeightProblem::Count { name: name("L.weight"), expected: 36, found: 35 },
            WeightProblem::Unknown { name: name("L.weigth"), meant: Some(name("L.weight")) },
            WeightProblem::Unknown { name: name("elsewhere"), meant: None },
            WeightProblem::Twice { name: name("L.bias") },
        ]
    );
    assert_eq!(
        error.to_string(),
        "the weights do not fit the net\n  \
         `A.weight` [2, 1, 3, 3] is missing\n  \
         `A.bias` must have the shape [2], found [1, 2]\n  \
         `L.weight` must have 36 values for its shape, found 35\n  \
         the net has no `L.weigth`; did you mean `L.weight`?\n  \
         the net has no `elsewhere`\n  \
         `L.bias` is there twice"
    );
}

/// A record made from one model fits another of the same net: ids and paths are the net's, not made up at run time.
#[test]
fn records_carry_over_between_models() {
    let (from, to) = (model(&layers(), 1), model(&layers(), 2));
    let to = to.load_record(from.clone().into_record());
    assert_eq!(to.weights().unwrap(), from.weights().unwrap());
    assert_eq!(crate::back::gradients(&to, Mode::Training), crate::back::gradients(&from, Mode::Training));
}

#[test]
fn a_valid_model_has_no_graph_and_the_same_logits() {
    let model = model(&layers(), 1);
    let valid = model.valid();
    let logits = valid.forward(images(valid.net(), &Device::flex())).logits();
    assert!(!logits.is_autodiff());
    assert_eq!(logits.into_data(), model.forward(images(model.net(), &device())).logits().into_data());
    let names = crate::back::gradients(&valid.train(), Mode::Training);
    assert_eq!(names.len(), crate::back::gradients(&model, Mode::Training).len());
}

#[test]
fn a_model_shows_its_name_and_size() {
    assert_eq!(format!("{:?}", model(&looped(1), 1)), "Model(looped, 219 numbers, Double)");
}
