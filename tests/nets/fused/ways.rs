//! Every way to write a primitive, behind a convolution that it may be fused with, against double precision.

use crate::fused::{Way, compiled, distance};
use crate::ways::{spec, ways};
use lcnnc_kernels::Vectors;

#[test]
fn every_way_to_write_a_primitive_agrees_with_double_precision() {
    for way in ways() {
        let text = spec(&way);
        let net = compiled(&text, &[]);
        for vectors in [Vectors::Widest, Vectors::Narrower, Vectors::Scalar] {
            let [scores, gradients] = distance(&net, Way::Fused(vectors), 3);
            assert!(scores < 1e-5 && gradients < 1e-5, "scores {scores:.1e}, gradients {gradients:.1e}\n{text}");
        }
    }
}
