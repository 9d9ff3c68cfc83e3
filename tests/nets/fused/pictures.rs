//! Nets whose maps are too large for blocks of sixteen images: they run on whole pictures.

use super::sound::fuses;
use crate::fused::{Way, compiled, distance};
use lcnnc::fuse::cut::{Cut, Part};
use lcnnc::fuse::lower::{Processor, Why};
use lcnnc_kernels::Vectors;

/// Maps of 50 MiB for sixteen images, so many of them that they are too large together, and behind them a small loop.
fn wide() -> String {
    let each = (0..14).map(|n| format!("x{} = tanh(x{n})\n", n + 1)).collect::<String>();
    format!(
        "model M\ninput image: [2, 8, 8]\n\
         x0 = relu(batch_norm(conv(image, 13000, kernel: 3)))\n{each}\
         a = relu(batch_norm(conv(x14, 6, kernel: 3, stride: 2, bias: false)))\n\
         loop V(steps: 3) {{\n    state O = a\n    O' = relu(batch_norm(conv(O, 6, kernel: 3), per_step: true) + a)\n}}\n\
         logits = dense(conv(O, 3, kernel: 1), classes)\noutput logits\n"
    )
}

#[test]
fn large_pictures_run_whole_and_so_do_the_loops_beside_them() {
    let net = compiled(&wide(), &[]);
    let parts = Cut::of(&net, Processor::Cpu).parts;
    assert!(!fuses(&parts));
    let body = parts.iter().find_map(|part| match part {
        Part::Loop { body, .. } => Some(body),
        Part::Node { .. } | Part::Fused(_) => None,
    });
    let whole = |part: &Part| matches!(part, Part::Node { why: Some(Why::Pictures(_)) | None, .. });
    assert!(body.is_some_and(|body| body.iter().all(whole)), "{body:?}");
}

#[test]
fn operations_on_whole_pictures_agree_with_double_precision() {
    let net = compiled(&wide(), &[]);
    for images in [1, 5] {
        let [scores, gradients] = distance(&net, Way::Fused(Vectors::Widest), images);
        let plain = distance(&net, Way::Single, images);
        println!("{images}: whole {scores:.1e}, {gradients:.1e}, plain {:.1e}, {:.1e}", plain[0], plain[1]);
        assert!(scores < 1e-4 && gradients < 1e-4, "scores {scores:.1e}, gradients {gradients:.1e}");
    }
}
