//! The specs of the tree.

use crate::fused::{Way, compiled, distance, fuses};
use lcnnc_kernels::Vectors;

/// A spec file, made small where it has consts for that.
#[track_caller]
fn agrees(spec: &str, set: &[(&str, &str)], bound: f64) {
    let text = std::fs::read_to_string(format!("specs/{spec}.lcnn")).unwrap();
    let net = compiled(&text, set);
    assert!(fuses(&net), "{spec}: nothing is fused");
    let [scores, gradients] = distance(&net, Way::Fused(Vectors::Widest), 5);
    let plain = distance(&net, Way::Single, 5);
    println!("{spec}: fused {scores:.1e}, {gradients:.1e}, plain {:.1e}, {:.1e}", plain[0], plain[1]);
    assert!(scores < bound && gradients < bound, "{spec}: scores {scores:.1e}, gradients {gradients:.1e}");
}

#[test]
fn the_papers_models_agree_with_double_precision() {
    agrees("f_cnn", &[], 1e-5);
    agrees("lc_cnn", &[("steps", "1")], 1e-5);
    agrees("lc_cnn", &[("steps", "3")], 1e-5);
    agrees("lcei_cnn", &[], 1e-5);
    agrees("lcei_lc_cnn", &[], 1e-5);
}

#[test]
fn other_models_agree_with_double_precision() {
    agrees("dale", &[], 1e-5);
    agrees("blt", &[("width", "4")], 1e-4);
    agrees("resnet20", &[("width", "4"), ("size", "16"), ("blocks", "2")], 1e-4);
    agrees("rcnn", &[("width", "8"), ("size", "16")], 1e-4);
}
