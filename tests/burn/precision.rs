//! Mixed precision: what is multiplied has 16 bits, everything else 32.

use crate::{BATCH, labels, largest, nets, numbers};
use burn::tensor::{DType, Device, Tensor, TensorData};
use lcnnc::back::burn::{Model, Precision};
use lcnnc::ir::Net;
use std::sync::Arc;

/// Scores, and every gradient.
fn outcome(net: &Net, precision: Precision) -> [Vec<f64>; 2] {
    let device = Device::flex().autodiff();
    let model = Model::new(Arc::new(net.clone()), 4, &device, precision).fused();
    let [c, h, w] = net.input.1;
    let data = TensorData::new(numbers(BATCH * c * h * w, 5), [BATCH, c, h, w]);
    let forward = model.forward(Tensor::from_data(data, (&device, precision.dtype())));
    let gradients = model.gradients(&forward.cross_entropy(labels(&device)).backward()).into_iter();
    let scores = forward.logits();
    assert_eq!(scores.dtype(), precision.dtype());
    [scores.into_data().iter::<f64>().collect(), gradients.flat_map(|weight| weight.values).collect()]
}

#[test]
fn products_are_rounded_to_eight_bits_and_nothing_else_is() {
    assert_eq!([Precision::Mixed.dtype(), Precision::Mixed.factor()], [DType::F32, DType::BF16]);
    // Convolutions of all kinds, local and dense layers, loops.
    for net in [nets::layers(), nets::more_layers(), nets::looped(3)] {
        let [mixed, single, double] =
            [Precision::Mixed, Precision::Single, Precision::Double].map(|p| outcome(&net, p));
        for ((mixed, single), double) in mixed.iter().zip(&single).zip(&double) {
            let apart = |found: &[f64]| {
                assert_eq!(found.len(), double.len());
                largest(&found.iter().zip(double).map(|(a, b)| a - b).collect::<Vec<f64>>()) / largest(double)
            };
            // A rounding to eight bits is off by at most 2^-9, one to 24 bits by 2^-25; some layers follow each other.
            let (mixed, single) = (apart(mixed), apart(single));
            assert!((1e-4..4e-2).contains(&mixed) && single < 1e-5, "{}: {mixed:.1e}, {single:.1e}", net.name);
        }
    }
}
