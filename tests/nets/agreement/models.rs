//! The models of `specs/`, made small by their consts: values, gradients and running statistics.

use crate::agreement::reference::Reference;
use crate::agreement::{net_of, numbers, run};
use lcnnc::back::burn::Precision;
use lcnnc_lang::ir::Net;

/// A file of references, the spec it restates, and the consts that make the spec as small as the file.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    ("resnet20", "resnet20", &[("width", "2"), ("size", "8"), ("blocks", "2")]),
    ("resnet20_3", "resnet20", &[("width", "2"), ("size", "8"), ("blocks", "3")]),
    ("lc_resnet20", "lc_resnet20", &[("width", "2"), ("size", "8"), ("blocks", "1")]),
    ("blt", "blt", &[("width", "2"), ("size", "8"), ("steps", "3")]),
    ("bl", "blt", &[("width", "2"), ("size", "8"), ("steps", "3"), ("top_down", "false")]),
    ("bt", "blt", &[("width", "2"), ("size", "8"), ("steps", "3"), ("lateral", "false")]),
    ("b", "blt", &[("width", "2"), ("size", "8"), ("steps", "3"), ("lateral", "false"), ("top_down", "false")]),
    ("rcnn", "rcnn", &[("width", "4"), ("size", "16"), ("steps", "2")]),
    ("cornet_s", "cornet_s", &[("width", "1"), ("size", "40")]),
    ("hgru", "hgru", &[("width", "3"), ("kernel", "5"), ("steps", "3"), ("size", "9")]),
    ("dale", "dale", &[("width", "3"), ("inhibitory", "2"), ("size", "8")]),
];

const CLASSES: usize = 10;

/// A model for each file of references.
pub fn cases() -> impl Iterator<Item = (&'static str, Net)> {
    CASES.iter().map(|(case, spec, set)| {
        let text = std::fs::read_to_string(format!("{}/specs/{spec}.lcnn", env!("CARGO_MANIFEST_DIR"))).unwrap();
        (*case, net_of(&text, set, CLASSES))
    })
}

/// Every net that is compared here.
pub fn nets() -> impl Iterator<Item = Net> {
    cases().map(|(_, net)| net)
}

#[test]
fn values_gradients_and_statistics_agree() {
    for (case, net) in cases() {
        let file = Reference::open(&format!("models/{case}"));
        let mut params: Vec<_> = net.params.iter().map(|param| (param.name.clone(), param.shape.clone())).collect();
        params.sort();
        assert_eq!(params, file.shapes("param."), "{case}");
        let model = file.model(&net, Precision::Double, |name| format!("param.{name}"));
        let normalised = net.params.iter().any(|param| !param.trained());
        let (forward, statistics) = run(&model, normalised, file.tensor("image", Precision::Double));
        file.near("logits", &numbers(&forward.logits()));
        let loss = forward.cross_entropy(file.labels());
        file.near("loss", &numbers(&loss));
        file.gradients_near(&model, &model.backward(loss));
        let Some(statistics) = statistics else { continue };
        let weights = model.absorb(statistics).weights().unwrap();
        for (weight, _) in weights.iter().zip(&net.params).filter(|(_, param)| !param.trained()) {
            file.near(&format!("after.{}", weight.name), &weight.values);
        }
    }
}
