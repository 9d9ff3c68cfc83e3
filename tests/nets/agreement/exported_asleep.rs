//! The sleep of an exported net beside the rules of Pogodin et al. (2021), which see the same patterns here.

use super::exported::pixels;
use lcnnc::sharing::{Circuit, Hebbian};
use lcnnc_kernels::draws::Draws;
use lcnnc_lang::back::pytorch;
use safetensors::tensor::{Dtype, TensorView};
use std::path::Path;

/// Places along a side of the map.
const SIDE: usize = 7;
const OUT: usize = 3;
const TAPS: usize = 18;
/// Places from one of a module to the next: the width of a kernel.
const PERIOD: usize = 3;
const ITERATIONS: usize = 5;

/// A rule as a spec has it, how many patterns an iteration has, and what it makes of the kernels of a group.
type Rule<'r> = (&'r str, usize, &'r dyn Fn(&mut [f64], &[Vec<f64>]));

/// Writes two nets that sleep, by the Hebbian rule and by the circuit, and beside each what a sleep makes of its kernels.
pub fn write(folder: &Path) {
    let hebbian = Hebbian { eta: 0.05, gamma: 0.3, iterations: ITERATIONS, patterns: 4, noise: 0.0 };
    let [tau, present, dt] = [20.0, 30.0, 2.0];
    let (alpha, bias, eta, gamma) = (5.0, 0.7, 0.02, 0.3);
    let circuit = Circuit { alpha, tau, present, dt, bias, eta, gamma, iterations: ITERATIONS, noise: 0.0 };
    let rules: [Rule<'_>; 2] = [
        ("hebbian(eta: 0.05, gamma: 0.3, iterations: 5, patterns: 4)", 4, &|kernels, patterns| {
            hebbian.relax(kernels, TAPS, patterns, &mut Draws::new(0, 0));
        }),
        (
            "circuit(alpha: 5, tau: 20 ms, present: 30 ms, dt: 2 ms, bias: 0.7, eta: 0.02, gamma: 0.3, iterations: 5)",
            1,
            &|kernels, patterns| circuit.relax(kernels, TAPS, patterns, &mut Draws::new(0, 0)),
        ),
    ];
    for (n, rule) in rules.into_iter().enumerate() {
        write_one(folder, &format!("asleep_{n}"), rule);
    }
}

fn write_one(folder: &Path, name: &str, (rule, count, relax): Rule<'_>) {
    let text = format!(
        "model Asleep\ninput image: [2, {SIDE}, {SIDE}]\nh = relu(local(image, {OUT}, kernel: {PERIOD}))\nlogits = dense(h, classes)\n\
         output logits\nsleep {{\n    every: 1\n    rule: {rule}\n}}\n"
    );
    let compiled = lcnnc_testing::clean(&text, &[]);
    let about = compiled.about(&compiled.settings);
    std::fs::write(folder.join(format!("{name}.py")), pytorch::emit(compiled.net.as_ref().unwrap(), &about)).unwrap();
    let awake = pixels(SIDE * SIDE * OUT * TAPS);
    let drawn: Vec<f64> = pixels(ITERATIONS * count * TAPS).into_iter().map(|x| 2.0 * x - 1.0).collect();
    let patterns: Vec<Vec<f64>> = drawn.chunks_exact(count * TAPS).map(<[f64]>::to_vec).collect();
    let mut asleep = awake.clone();
    for (corner, out) in (0..PERIOD * PERIOD).flat_map(|corner| (0..OUT).map(move |out| (corner, out))) {
        let at = |n: usize| (corner / PERIOD..SIDE).step_by(PERIOD).map(move |row| (row, n));
        let columns = (corner % PERIOD..SIDE).step_by(PERIOD);
        let starts: Vec<usize> =
            columns.flat_map(at).map(|(row, column)| ((row * SIDE + column) * OUT + out) * TAPS).collect();
        let mut kernels: Vec<f64> = starts.iter().flat_map(|start| awake[*start..start + TAPS].to_vec()).collect();
        relax(&mut kernels, &patterns);
        for (start, kernel) in starts.into_iter().zip(kernels.chunks_exact(TAPS)) {
            asleep[start..start + TAPS].copy_from_slice(kernel);
        }
    }
    let bytes = |values: Vec<f64>| values.into_iter().flat_map(f64::to_le_bytes).collect::<Vec<u8>>();
    let shape = vec![SIDE, SIDE, OUT, 2, PERIOD, PERIOD];
    let tensors = [
        ("awake", shape.clone(), bytes(awake)),
        ("asleep", shape, bytes(asleep)),
        ("patterns", vec![ITERATIONS, count, TAPS], bytes(drawn)),
    ];
    let views =
        tensors.iter().map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F64, shape.clone(), bytes).unwrap()));
    std::fs::write(folder.join(format!("{name}.safetensors")), safetensors::serialize(views, None).unwrap()).unwrap();
}
