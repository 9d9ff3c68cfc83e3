//! Every spec of the project trains: a few steps of its own optimizer, with a finite loss and a gradient at every weight.

use crate::back::{device, labels, largest, numbers};
use burn::tensor::{Device, Tensor, TensorData};
use lcnnc::back::burn::{Model, Precision};
use lcnnc::train::optimizer;
use lcnnc::train::phases::Phases;
use lcnnc_lang::{Compiled, Options, Source, compile};
use std::sync::Arc;

const STEPS: usize = 3;
const BATCH: usize = 4;

/// Every spec, made small enough for a test by its own consts.
pub const SPECS: &[(&str, &[(&str, &str)])] = &[
    ("f_cnn", &[]),
    ("lc_cnn", &[]),
    ("lcei_cnn", &[]),
    ("lcei_lc_cnn", &[]),
    ("resnet20", &[]),
    ("blt", &[("width", "8")]),
    ("rcnn", &[("width", "16"), ("size", "16")]),
    ("cornet_s", &[("width", "4"), ("size", "64")]),
    ("hgru", &[("width", "4"), ("kernel", "7"), ("size", "20")]),
    ("dale", &[]),
    ("lc_resnet20", &[("width", "4"), ("size", "16"), ("sharing", "2")]),
    ("lc_resnet18_half", &[("width", "2"), ("sharing", "2")]),
    ("lc_mlp", &[("hidden", "16"), ("sharing", "2")]),
    ("lc_lateral", &[("sharing", "2")]),
];

pub fn compiled(name: &str, set: &[(&str, &str)], classes: usize) -> Compiled {
    let path = format!("{}/specs/{name}.lcnn", env!("CARGO_MANIFEST_DIR"));
    #[expect(clippy::disallowed_methods, reason = "specs are files")]
    let text = std::fs::read_to_string(&path).unwrap();
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let compiled = compile(&Source { name: name.to_owned(), text }, &Options { set, classes: Some(classes) });
    assert!(compiled.net.is_some(), "{}", compiled.report);
    compiled
}

#[test]
fn no_spec_is_left_out() {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/specs")).unwrap();
    let mut found: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .map(|name| name.strip_suffix(".lcnn").unwrap().to_owned())
        .collect();
    let mut listed: Vec<&str> = SPECS.iter().map(|(name, _)| *name).collect();
    found.sort();
    listed.sort_unstable();
    assert_eq!(found, listed);
}

#[test]
fn every_spec_trains() {
    for (name, set) in SPECS {
        let Compiled { net, settings, .. } = compiled(name, set, crate::back::CLASSES);
        let net = Arc::new(net.unwrap());
        let mut model = Model::new(net.clone(), 1, &device(), Precision::Single);
        let mut rule = optimizer::build(settings.train.call("optimizer"), &Device::flex());
        let mut phases = Phases::new(&net, &settings);
        let [c, h, w] = net.input.1;
        let pixels: Vec<f64> = numbers(BATCH * c * h * w, 5).iter().map(|x| x.abs()).collect();
        let data = TensorData::new(pixels, [BATCH, c, h, w]);
        let images: Tensor<4> = Tensor::from_data(data, (&device(), Precision::Single.dtype()));
        let start = model.weights().unwrap();
        for step in 0..STEPS {
            let (forward, statistics) = model.forward_training(images.clone(), step as u64);
            assert_eq!(forward.logits().dims(), [BATCH, crate::back::CLASSES], "{name}");
            let total = forward.total(forward.cross_entropy(labels(&device())));
            let loss: f32 = total.clone().into_scalar();
            assert!(loss.is_finite(), "{name} at step {step}: {loss}");
            let gradients = model.backward(total);
            if step == 0 {
                let found = model.gradients(&gradients).unwrap();
                let trained: Vec<&str> =
                    net.params.iter().filter(|param| param.trained()).map(|param| param.name.as_str()).collect();
                assert_eq!(found.iter().map(|gradient| gradient.name.as_str()).collect::<Vec<_>>(), trained, "{name}");
                for gradient in found {
                    let most = largest(&gradient.values);
                    assert!(most > 0.0 && most.is_finite(), "{} of {name}: {most}", gradient.name);
                }
            }
            model = rule.step(model, gradients, &mut phases).unwrap().absorb(statistics);
        }
        for ((param, before), after) in net.params.iter().zip(start).zip(model.weights().unwrap()) {
            assert!(after.values.iter().all(|x| x.is_finite()), "{} of {name}", param.name);
            assert_ne!(before.values, after.values, "{} of {name} stays as it was", param.name);
        }
    }
}

/// What its papers say a spec has, and what anybody can count again.
#[test]
fn parameters_are_those_of_the_papers() {
    let counted = |name: &str, set: &[(&str, &str)], classes: usize| -> usize {
        let net = compiled(name, set, classes).net.unwrap();
        net.params.iter().filter(|param| param.trained()).map(lcnnc_lang::ir::Param::len).sum()
    };
    assert_eq!(counted("resnet20", &[], 10), 272_474);
    assert_eq!(counted("rcnn", &[], 10), 672_202);
    assert_eq!(counted("rcnn", &[("width", "128")], 10), 1_191_178);
    assert_eq!(counted("rcnn", &[("width", "160")], 10), 1_857_610);
    assert_eq!(counted("cornet_s", &[], 1000), 53_416_616);
    let blt = |lateral: &str, top_down: &str| counted("blt", &[("lateral", lateral), ("top_down", top_down)], 10);
    assert_eq!(blt("true", "true"), 37_546);
    assert_eq!(blt("true", "false"), 28_330);
    assert_eq!(blt("false", "true"), 19_114);
    assert_eq!(blt("false", "false"), 9_898);
}
