//! Batches of every size, and the same bits whatever the number of threads.

use crate::fused::{Way, compiled, distance, outcome};
use lcnnc_kernels::Vectors;

/// A loop, up to what is judged.
const LOOP: &str = "model M\ninput image: [2, 14, 12]\nweights W: conv(3 -> 3, kernel: 5)\n\
    A = tanh(conv(image, 3, kernel: 3))\nloop V1(steps: 3) {\n    state O = A\n    O' = tanh(A + W * O)\n";

/// Judged behind the last step.
fn spec() -> String {
    format!("{LOOP}}}\nlogits = dense(max_pool(O, 2), classes)\noutput logits\n")
}

/// The batch meets, by statistics that all steps share and by each step's own, and entries are dropped, once a step.
const MEETING: &str = "model M\ninput image: [2, 10, 9]\nweights W: conv(4 -> 4, kernel: 3, bias: false)\n\
    A = dropout(tanh(batch_norm(conv(image, 4, kernel: 3))), 0.2)\nloop V1(steps: 3) {\n    state O = A\n    \
    S = batch_norm(A + W * O)\n    O' = dropout(tanh(batch_norm(S + O, per_step: true)), 0.3)\n}\n";

fn meeting() -> String {
    format!("{MEETING}logits = dense(avg_pool(O, 2), classes)\noutput logits\n")
}

#[test]
fn the_loss_is_the_mean_over_every_step_that_is_judged() {
    let net = compiled(&format!("{LOOP}    logits = dense(max_pool(O', 2), classes)\n}}\noutput logits@all\n"), &[]);
    assert_eq!(net.output.logits.len(), 3);
    let [scores, gradients] = distance(&net, Way::Fused(Vectors::Widest), 19);
    assert!(scores < 1e-5 && gradients < 1e-5, "{scores:.1e}, {gradients:.1e}");
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
    for text in [spec(), meeting()] {
        let net = compiled(&text, &[]);
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| outcome(&net, Way::Fused(Vectors::Widest), 300))
        };
        // Three threads take chunk after chunk, and of fifty several work on each.
        let (one, three, fifty) = (with(1), with(3), with(50));
        for other in [three, fifty] {
            assert!(one.scores == other.scores && one.answers == other.answers && one.loss == other.loss);
            assert!(one.gradients == other.gradients);
        }
    }
}

/// Up to sixteen chunks of a batch, of several blocks each, and blocks that are not full.
#[test]
fn all_blocks_of_a_batch_meet() {
    let net = compiled(&meeting(), &[]);
    for images in [1, 16, 33, 300] {
        let [scores, gradients] = distance(&net, Way::Fused(Vectors::Widest), images);
        assert!(scores < 1e-5 && gradients < 1e-5, "{images} images: {scores:.1e}, {gradients:.1e}");
    }
}

/// What stands behind is not fused, so the backward pass does the forward pass once more, with the same entries dropped.
#[test]
fn a_part_of_a_net_meets_as_a_whole_one_does() {
    let net =
        compiled(&format!("{MEETING}L = local(O, 2, kernel: 3)\nlogits = dense(L, classes)\noutput logits\n"), &[]);
    for images in [3, 33] {
        let [scores, gradients] = distance(&net, Way::Fused(Vectors::Widest), images);
        assert!(scores < 1e-5 && gradients < 1e-5, "{images} images: {scores:.1e}, {gradients:.1e}");
    }
}

/// Behind a convolution without a bias, a lane without an image would be all zeros, where a root has no finite slope.
#[test]
fn lanes_without_an_image_spoil_no_gradient() {
    for f in ["sqrt(abs(A))", "sqrt(square(A))", "exp(log(abs(A)))", "1 / (1 / abs(A))"] {
        let net = compiled(
            &format!(
                "model M\ninput image: [1, 8, 8]\nweights W: conv(1 -> 2, kernel: 3, bias: false)\nA = W * image\n\
                 logits = dense({f}, classes)\noutput logits\n"
            ),
            &[],
        );
        assert!(crate::fused::fuses(&net));
        for images in [5, 16, 19] {
            let [scores, gradients] = distance(&net, Way::Fused(Vectors::Widest), images);
            assert!(scores < 1e-4 && gradients < 1e-2, "{f}, {images} images: {scores:.1e}, {gradients:.1e}");
        }
    }
}
