//! Batches of every size, and the same bits whatever the number of threads.

use crate::{Way, compiled, distance, outcome};
use lcnnc::kernels::Vectors;

const SPEC: &str = "model M\ninput image: [2, 14, 12]\nweights W: conv(3 -> 3, kernel: 5)\n\
    A = tanh(conv(image, 3, kernel: 3))\nloop V1(steps: 2) {\n    state O = A\n    O' = tanh(A + W * O)\n}\n\
    logits = dense(max_pool(O, 2), classes)\noutput logits@all\n";

fn spec() -> String {
    // The loss is the mean over the steps.
    SPEC.replace(
        "logits = dense(max_pool(O, 2), classes)\noutput logits@all",
        "logits = dense(max_pool(O, 2), classes)\noutput logits",
    )
}

#[test]
fn blocks_that_are_not_full_count_their_images_only() {
    let net = compiled(&spec(), &[]);
    for images in [1, 2, 15, 16, 17, 31, 33] {
        let [scores, gradients] = distance(&net, Way::Fused(Vectors::Widest), images);
        assert!(scores < 1e-5 && gradients < 1e-5, "{images} images: {scores:.1e}, {gradients:.1e}");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let net = compiled(&spec(), &[]);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| outcome(&net, Way::Fused(Vectors::Widest), 300))
    };
    let (one, three, again) = (with(1), with(3), with(3));
    for other in [three, again] {
        assert!(one.scores == other.scores && one.loss == other.loss && one.gradients == other.gradients);
    }
}
