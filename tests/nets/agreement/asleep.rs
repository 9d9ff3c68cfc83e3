//! ResNet-20 without weight sharing, small, over ten steps of training with a sleep after every second one.

use crate::agreement::reference::Reference;
use crate::agreement::{assert_near, net_of, numbers};
use burn::tensor::Device;
use lcnnc::back::burn::{Answers, Precision};
use lcnnc::train::optimizer;
use lcnnc::train::phases::Phases;
use lcnnc_lang::front::settings::Settings;

/// After ten steps in double precision: Burn keeps the betas of Adam in single precision, and the reference its weights.
const ROUNDED: f64 = 1e-6;
/// After ten steps in single precision. Adam divides a gradient by its size, so that the smallest ones count as much as others.
const SINGLE: f64 = 1e-4;

#[test]
fn ten_steps_with_sleep_agree() {
    let text = std::fs::read_to_string(format!("{}/specs/lc_resnet20.lcnn", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let net = net_of(&text, &[("width", "2"), ("size", "8"), ("blocks", "1")], 10);
    let file = Reference::open("models/lc_resnet20");
    let mut settings = Settings::default();
    settings.set("train", "optimizer", "adamw(lr: 1e-3, weight_decay: 1e-2)").unwrap();
    settings.set("sleep", "every", "2").unwrap();
    for (precision, is_fused, tolerance) in
        [(Precision::Double, false, ROUNDED), (Precision::Single, false, SINGLE), (Precision::Single, true, SINGLE)]
    {
        let mut phases = Phases::new(&net, &settings);
        let model = file.model(&net, precision, |name| format!("param.{name}"));
        let mut model = if is_fused { model.fused() } else { model };
        let mut optimizer = optimizer::build(settings.train.call("optimizer"), &Device::flex());
        let labels: Vec<usize> = file.get("label").1.into_iter().map(|label| label as usize).collect();
        let mut losses = Vec::new();
        for _ in 0..10 {
            let answers = Answers { labels: &labels, smoothing: 0.0 };
            let mut judgement = model.judge(file.tensor("image", precision), answers, 0);
            losses.extend(numbers(&judgement.total()));
            let gradients = judgement.gradients(&model, 1.0).unwrap();
            model = optimizer.step(model, gradients, &mut phases).unwrap().absorb(judgement.statistics);
        }
        let what = format!("{precision:?}, fused: {is_fused}");
        assert_near(&format!("losses, {what}"), &losses, &file.get("asleep.losses").1, tolerance);
        for weight in model.weights().unwrap() {
            if let Some((_, expected)) = file.find(&format!("asleep.param.{}", weight.name)) {
                assert_near(&format!("{}, {what}", weight.name), &weight.values, &expected, tolerance);
            }
        }
        let slept = phases.slept().unwrap();
        assert!(slept.layers.iter().all(|layer| layer.after.modules == f64::INFINITY), "{slept:?}");
    }
}
