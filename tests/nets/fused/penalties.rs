//! Penalties of weights beside a net that runs as one fused part, against double precision by Burn's primitives.

use crate::back::penalties::{every, penalties, spec};
use crate::fused::{Way, apart, compiled, outcome};
use lcnnc_kernels::Vectors;
use proptest::prelude::*;

/// The largest difference of two lists, over the largest number of the second where that is above 1: parts of a penalty may cancel out.
fn off(found: &[f64], expected: &[f64]) -> f64 {
    apart(found, expected) * expected.iter().fold(0.0, |largest: f64, x| largest.max(x.abs())).min(1.0)
}

/// Asserts that value and gradients of a penalty are those of double precision. It is taken a hundred times, so that the
/// cross-entropy does not hide it.
#[track_caller]
fn agrees(penalty: &str) {
    let net = compiled(&spec(&format!("100 * ({penalty})")), &[]);
    let [found, expected] = [Way::Fused(Vectors::Widest), Way::Double].map(|way| outcome(&net, way, 3));
    let near = |found: &[f64], expected: &[f64]| off(found, expected) < 2e-5;
    assert!(
        near(&found.penalties, &expected.penalties),
        "{penalty}: {:?}, not {:?}",
        found.penalties,
        expected.penalties
    );
    assert_eq!(found.gradients.len(), expected.gradients.len());
    for ((name, found), (_, expected)) in found.gradients.iter().zip(&expected.gradients) {
        assert!(near(found, expected), "{penalty}: the gradient of {name} is off by {:.1e}", off(found, expected));
    }
}

#[test]
fn every_function_of_weights_has_its_gradient() {
    every().for_each(|penalty| agrees(&penalty));
    for penalty in [
        "mean(abs(V - U))",
        "sum(V * U)",
        "sum(V / (abs(U) + 1))",
        "sum(mean(U) * V)",
        "sum(V / mean(abs(U)))",
        "sum(mean(V) / (abs(U) + 1))",
        "sum(1 - V) + sum(2 / (3 + V))",
        "l1(weights) + 3 * l1(V) + abs(mean(V) - mean(U))",
        // Numbers alone, which depend on no weight.
        "sum(V) * 0 + 2",
    ] {
        agrees(penalty);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_penalty_of_weights_agrees_with_double_precision(penalty in penalties(&["W", "V", "U"])) {
        agrees(&penalty);
    }
}
