//! The same on a graphics processor: through Burn, from the image to every gradient. A software Vulkan driver will do.

use crate::fused::{Way, compiled, distance, fuses};
use lcnnc::back::burn::DeviceChoice;

/// A spec file agrees with double precision, fused and primitive by primitive.
#[track_caller]
fn agrees(spec: &str, set: &[(&str, &str)], bound: f64) {
    if let Err(error) = DeviceChoice::Wgpu.open() {
        eprintln!("SKIPPED: {error}. Debian's package mesa-vulkan-drivers is a driver that needs no GPU.");
        return;
    }
    let text = std::fs::read_to_string(format!("specs/{spec}.lcnn")).unwrap();
    let net = compiled(&text, set);
    assert!(fuses(&net), "{spec}: nothing is fused");
    let [scores, gradients] = distance(&net, Way::Gpu { fused: true }, 3);
    let plain = distance(&net, Way::Gpu { fused: false }, 3);
    println!("{spec}: fused {scores:.1e}, {gradients:.1e}, plain {:.1e}, {:.1e}", plain[0], plain[1]);
    assert!(scores < bound && gradients < bound, "{spec}: scores {scores:.1e}, gradients {gradients:.1e}");
}

#[test]
fn a_loop_judged_in_one_kernel() {
    agrees("lc_cnn", &[("steps", "3")], 1e-5);
}

#[test]
fn branches_judged_in_one_kernel() {
    agrees("lcei_cnn", &[], 1e-5);
}

/// The gradients come from outside, and the inputs' are wanted.
#[test]
fn regions_in_the_middle_of_a_net() {
    agrees("blt", &[("width", "4")], 1e-4);
}

/// A net of layers that have kernels of their own on a graphics processor, beside norms that Burn runs there.
#[test]
fn layers_without_weight_sharing() {
    if let Err(error) = DeviceChoice::Wgpu.open() {
        eprintln!("SKIPPED: {error}. Debian's package mesa-vulkan-drivers is a driver that needs no GPU.");
        return;
    }
    for (spec, set) in
        [("lc_resnet20", [("width", "3"), ("size", "8"), ("blocks", "1")].as_slice()), ("lc_mlp", &[("hidden", "9")])]
    {
        let text = std::fs::read_to_string(format!("specs/{spec}.lcnn")).unwrap();
        let [scores, gradients] = distance(&compiled(&text, set), Way::Gpu { fused: true }, 3);
        println!("{spec}: {scores:.1e}, {gradients:.1e}");
        assert!(scores < 1e-4 && gradients < 1e-4, "{spec}: scores {scores:.1e}, gradients {gradients:.1e}");
    }
}
