//! Random cut: shapes, kernels, strides, padding, steps, activations, branches, pools, larger maps.

use crate::fused::{Way, compiled, distance};
use lcnnc::fuse::cut::Cut;
use lcnnc::fuse::lower::Processor;
use lcnnc_kernels::Vectors;

/// A stream of choices without pattern.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.roll(words.len())]
    }
}

/// A spec of a random shape; with `smooth`, no decision in it can flip by rounding.
fn spec(seed: u64, smooth: bool) -> String {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x55);
    dice.roll(2);
    let (channels, height, width) = (1 + dice.roll(3), 13 + dice.roll(9), 13 + dice.roll(9));
    let (k1, k2) = (dice.pick(&["1", "3", "5", "7", "9", "11"]), dice.pick(&["1", "3", "3", "5", "7"]));
    // Many maps now and then: 3 x 3 kernels are done another way there.
    let most = [9, 9, 20][dice.roll(3)];
    let (maps, more) = (1 + dice.roll(most), 1 + dice.roll(5));
    let padding = dice.pick(&["same", "same", "valid"]);
    let bias = dice.pick(&["true", "false"]);
    let f = |dice: &mut Dice| {
        if smooth {
            dice.pick(&["tanh", "sigmoid", "softplus", "gelu"])
        } else {
            dice.pick(&["relu", "tanh", "sigmoid", "softplus", "gelu", "identity"])
        }
    };
    let norm = dice.pick(&["#", "#", "lrn(#, size: 5, alpha: 0.5)", "lrn(#, beta: 0.5, alpha: 2)", "layer_norm(#)"]);
    let apply = |f: &str, x: &str| if f == "identity" { x.to_owned() } else { format!("{f}({x})") };
    let normal = |f: &str, x: &str| norm.replace('#', &apply(f, x));
    let steps = 1 + dice.roll(4);
    let (first, inside, arm) = (f(&mut dice), f(&mut dice), f(&mut dice));
    // The batch meets at some of these, at each step of the loop too.
    let over_batch = |dice: &mut Dice, x: &str, settings: &str| match dice.roll(3) {
        0 => format!("batch_norm({x}{settings})"),
        _ => x.to_owned(),
    };
    let a = normal(first, &over_batch(&mut dice, "W_A * image", ""));
    let per_step = dice.pick(&[", per_step: true", ""]);
    let body = match dice.roll(4) {
        0 => format!("    O' = {}\n", normal(inside, &over_batch(&mut dice, "A + W_L * O", per_step))),
        1 => format!(
            "    branch drive = {} {{\n        exc E = {}\n        inh N = {}\n    }}\n    O' = {}\n",
            dice.pick(&["sum", "difference"]),
            apply(arm, "W_L * O"),
            apply("tanh", "W_I * O"),
            normal(inside, "A + drive")
        ),
        2 => format!("    G = sigmoid(W_I * O)\n    O' = {}\n", normal(inside, "(1 - G) * A + G * (W_L * O) / 2")),
        _ => format!(
            "    state P = zeros(channels(A), height: height(A), width: width(A))\n    O' = {}\n    P' = tanh(0.5 * P - W_I * O)\n",
            normal(inside, "A + W_L * O + P")
        ),
    };
    let pool = if smooth {
        dice.pick(&["avg_pool(O, 2)", "O", "avg_pool(O, 3)"])
    } else {
        dice.pick(&["max_pool(O, 2)", "avg_pool(O, 3)", "O", "max_pool(O, 3)"])
    };
    let pool = &match dice.roll(3) {
        0 => format!("dropout({pool}, 0.3)"),
        _ => pool.to_owned(),
    };
    let tail = match dice.roll(3) {
        0 => {
            let f = f(&mut dice);
            let layer = match dice.roll(6) {
                0 => format!("conv({pool}, {more}, kernel: 3)"),
                1 => format!("conv({pool}, {more}, kernel: {}, stride: {})", 1 + 2 * dice.roll(3), 2 + dice.roll(2)),
                2 => {
                    format!("depthwise({pool}, {}, kernel: 3, stride: {})", maps * (1 + dice.roll(2)), 1 + dice.roll(2))
                }
                3 => format!("upsample({pool}, {}, mode: {})", 2 + dice.roll(2), dice.pick(&["nearest", "bilinear"])),
                _ => format!("conv_transpose({pool}, {more}, kernel: {}, stride: 2)", 1 + 2 * dice.roll(3)),
            };
            format!("F = {}\nlogits = dense(F, classes)\n", apply(f, &layer))
        }
        1 => format!("F = concat({pool}, {pool})\nlogits = dense(F, classes)\n"),
        _ => format!("logits = dense({pool}, classes)\n"),
    };
    let stride = if padding == "same" { 1 + dice.roll(2) } else { 1 };
    format!(
        "model M\ninput image: [{channels}, {height}, {width}]\n\
         weights W_A: conv({channels} -> {maps}, kernel: {k1}, stride: {stride}, padding: {padding}, bias: {bias})\n\
         weights W_L: conv({maps} -> {maps}, kernel: {k2}, bias: {bias})\n\
         weights W_I: conv({maps} -> {maps}, kernel: {k2}, bias: false)\n\
         A = {a}\n\
         loop V1(steps: {steps}) {{\n    state O = A\n{body}}}\n{tail}output logits\n\
         penalty size = 1e-3 * (l1(W_A) + l2(W_L))\n"
    )
}

/// The words of plans for each method of doing a convolution.
const METHODS: &[&str] = &["tap by tap", "Fourier", "Winograd"];

/// The words of plans for each form of a convolution, and for what makes maps larger.
const FORMS: &[&str] = &["stride 2", "groups", "transposed", "upsample"];

fn check(seeds: std::ops::Range<u64>, smooth: bool, vectors: Vectors, bound: f64) {
    let (mut plans, many) = (String::new(), seeds.end - seeds.start >= 40);
    for seed in seeds {
        let text = spec(seed, smooth);
        let net = compiled(&text, &[]);
        let images = [1, 3, 17][seed as usize % 3];
        plans += &lcnnc::fuse::plan::emit(&net, &Cut::of(&net, Processor::Cpu));
        let [scores, gradients] = distance(&net, Way::Fused(vectors), images);
        assert!(
            scores < bound && gradients < bound,
            "seed {seed}: scores {scores:.1e}, gradients {gradients:.1e}\n{text}"
        );
        let [plain, of_plain] = distance(&net, Way::Single, images);
        assert!(plain < bound && of_plain < bound, "plain, seed {seed}: {plain:.1e}, {of_plain:.1e}\n{text}");
    }
    // A few specs need not have all forms.
    for word in METHODS.iter().chain(FORMS.iter().filter(|_| many)) {
        assert!(plans.contains(word), "no plan has the word {word}");
    }
    assert!(plans.contains("stages"), "no batch met");
}

#[test]
fn smooth_regions_agree_with_double_precision() {
    check(0..40, true, Vectors::Widest, 1e-5);
}

#[test]
fn regions_with_kinks_agree_with_double_precision() {
    check(100..140, false, Vectors::Widest, 1e-5);
}

#[test]
fn narrower_vectors_agree_too() {
    check(200..230, true, Vectors::Narrower, 1e-5);
}

#[test]
fn one_number_at_a_time_agrees_too() {
    check(310..334, true, Vectors::Scalar, 1e-5);
}
