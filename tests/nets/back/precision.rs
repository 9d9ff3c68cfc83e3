//! Mixed precision: what is multiplied has 16 bits, everything else 32.

use crate::back::{BATCH, labels, largest, nets, numbers};
use burn::tensor::{DType, Device, Tensor, TensorData, bf16};
use lcnnc::back::burn::{Model, Precision};
use lcnnc_kernels::graph::{Graph, Kernel, Map};
use lcnnc_kernels::{Batch, Engine, Vectors};
use lcnnc_lang::ir::Net;
use std::sync::Arc;

/// Scores, and every gradient.
fn outcome(net: &Net, precision: Precision, fused: bool) -> [Vec<f64>; 2] {
    let device = Device::flex().autodiff();
    let model = Model::new(Arc::new(net.clone()), 4, &device, precision);
    let model = if fused { model.fused() } else { model };
    let [c, h, w] = net.input.1;
    let data = TensorData::new(numbers(BATCH * c * h * w, 5), [BATCH, c, h, w]);
    let forward = model.forward(Tensor::from_data(data, (&device, precision.dtype())));
    let gradients = model.gradients(&model.backward(forward.cross_entropy(labels(&device)))).unwrap().into_iter();
    let scores = forward.logits();
    assert_eq!(scores.dtype(), precision.dtype());
    [scores.into_data().iter::<f64>().collect(), gradients.flat_map(|weight| weight.values).collect()]
}

#[test]
fn products_are_rounded_to_eight_bits_and_nothing_else_is() {
    assert_eq!([Precision::Mixed.dtype(), Precision::Mixed.factor()], [DType::F32, DType::BF16]);
    // Convolutions of all kinds, local and dense layers, loops.
    // Both ways add up in another order, so that a last bit may tip over.
    let tipped = 2.0_f64.powi(-7);
    for net in [nets::layers(), nets::more_layers(), nets::looped(3), nets::swapping(2)] {
        let double = outcome(&net, Precision::Double, false);
        let [plain, fused] = [false, true].map(|fused| outcome(&net, Precision::Mixed, fused));
        let single = outcome(&net, Precision::Single, true);
        for (part, double) in double.iter().enumerate() {
            let apart = |one: &[f64], other: &[f64]| {
                assert_eq!((one.len(), other.len()), (double.len(), double.len()));
                largest(&one.iter().zip(other).map(|(a, b)| a - b).collect::<Vec<f64>>()) / largest(double)
            };
            let ways = apart(&plain[part], &fused[part]);
            let [plain, fused, single] = [&plain, &fused, &single].map(|way| apart(&way[part], double));
            let told = format!("{}: {plain:.1e} {fused:.1e} {single:.1e}, both ways {ways:.1e}", net.name);
            // A rounding to eight bits is off by at most 2^-9, one to 24 bits by 2^-25; some layers follow each other.
            assert!((1e-4..4e-2).contains(&plain) && (1e-4..4e-2).contains(&fused) && single < 1e-5, "{told}");
            assert!(ways < tipped, "{told}");
        }
    }
}

/// Burn's own conversion, which is that of the crate half, is the witness.
#[test]
fn fused_parts_round_as_the_conversion_does() {
    let bits = (0..4096u32).flat_map(|n| [0x7fff, 0x8000, 0x8001].map(|low| n << 20 | (n & 1) << 16 | low));
    let special = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN_POSITIVE, 1e-45];
    let x: Vec<f32> = bits.map(f32::from_bits).chain(special).collect();
    let mut graph = Graph::default();
    let image = graph.node(Kernel::Input(0), &[], [1, 1, x.len()]);
    let rounded = graph.map(Map::Bf16, &[image]);
    let found = Engine::new(graph, vec![rounded], &[], Vectors::default()).forward(Batch::new(1, &x, &[])).outputs;
    let expected = TensorData::new(x, [found.len()]).convert::<bf16>().iter::<f32>().collect::<Vec<f32>>();
    for (found, expected) in found.iter().zip(&expected) {
        assert!(found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan(), "{found:e} {expected:e}");
    }
}
