//! The share of activity that is not exactly zero, which is what sparsity means, is that of the primitives.

use crate::fused::{Way, compiled, fuses, numbers};
use burn::tensor::{Tensor, TensorData};
use lcnnc::back::burn::{Model, Precision};
use lcnnc_kernels::Vectors;
use std::sync::Arc;

/// The shares of the afferent maps and of the last step's, over pictures that are black but for a square of 6 x 6 pixels.
fn shares(way: Way, [maps, kernel]: [usize; 2]) -> Vec<f64> {
    let net = compiled(
        &format!(
            "model Z\ninput image: [1, 24, 24]\n\
             weights W_A: conv(1 -> {maps}, kernel: {kernel}, bias: false)\n\
             weights W_L: conv({maps} -> {maps}, kernel: {kernel}, bias: false)\n\
             A = relu(W_A * image)\n\
             loop V1(steps: 2) {{\n    state O = A\n    O' = relu(A + W_L * O)\n}}\n\
             logits = dense(O, classes)\noutput logits\n\
             penalty afferent = mean(tanh(1e30 * A))\npenalty last = mean(tanh(1e30 * O))\n"
        ),
        &[],
    );
    let (device, images) = (way.device(), 20);
    let precision = if way == Way::Double { Precision::Double } else { Precision::Single };
    let lit = |n: usize| {
        let (image, row, column) = (n / 576, n / 24 % 24, n % 24);
        let (top, left) = (image * 7 % 19, image * 11 % 19);
        (top..top + 6).contains(&row) && (left..left + 6).contains(&column)
    };
    let pixels = numbers(images * 576, 5).into_iter().enumerate();
    let pixels: Vec<f64> = pixels.map(|(n, x)| if lit(n) { (x + 1.5) / 2.5 } else { 0.0 }).collect();
    let data = TensorData::new(pixels, [images, 1, 24, 24]);
    assert!(fuses(&net));
    let model = way.dress(Model::new(Arc::new(net), 7, &device, precision));
    let forward = model.forward(Tensor::from_data(data, (&device, precision.dtype())));
    forward.penalties.into_iter().flat_map(|share| share.to_data().iter::<f64>().collect::<Vec<f64>>()).collect()
}

#[test]
fn exact_zeros_are_those_of_the_primitives() {
    // Through Fourier transforms, and in Winograd's tiles.
    for size in [[8, 7], [16, 3]] {
        let expected = shares(Way::Double, size);
        assert!(expected.iter().all(|share| *share > 0.02 && *share < 0.5), "{expected:?}");
        for way in [Way::Single, Way::Fused(Vectors::Widest), Way::Fused(Vectors::Scalar)] {
            let found = shares(way, size);
            // A sum next to zero may round to either side of it.
            let near = found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-3);
            assert!(near, "{way:?}, {size:?}: {found:?}, not {expected:?}");
        }
    }
}
