//! What weights start with.

use crate::back::{compiled, device, model, values};
use lcnnc::back::burn::{Model, Precision};
use std::f64::consts::TAU;
use std::sync::Arc;

/// The kernel of one bundle `W`, which a layer of that call declares.
fn kernel(call: &str, seed: u64) -> Vec<f64> {
    let net = compiled(&format!(
        "model Start\ninput image: [3, 20, 20]\nweights W: {call}\nlogits = dense(W * image, classes)\noutput logits\n"
    ));
    values(&model(&net, seed), "W.weight")
}

fn moments(values: &[f64]) -> [f64; 2] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    [mean, (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt()]
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Means within five standard errors, deviations within two hundredths.
#[track_caller]
fn distributed(init: &str, call: &str, mean: f64, sd: f64) -> Vec<f64> {
    let values = kernel(&format!("{call}, init: {init})"), 5);
    let [found, spread] = moments(&values);
    assert!((found - mean).abs() < 5.0 * sd / (values.len() as f64).sqrt(), "{init}: mean {found}, not {mean}");
    assert!((spread / sd - 1.0).abs() < 0.02, "{init}: sd {spread}, not {sd}");
    values
}

#[test]
fn random_weights_have_the_spread_of_their_papers() {
    // fan_in 3 * 7 * 7 and fan_out 90 * 7 * 7; dense 1200 and 30; of 400 local kernels each counts for itself.
    let (conv, dense) = ("conv(3 -> 90, kernel: 7", "dense(1200 -> 30");
    let local = "local(3 -> 6, kernel: 3";
    let uniform = |bound: f64| bound / f64::sqrt(3.0);
    for (call, fan_in, fan_out) in [(conv, 147.0, 4410.0), (dense, 1200.0, 30.0_f64), (local, 27.0, 54.0)] {
        let he = distributed("he", call, 0.0, f64::sqrt(2.0 / fan_in));
        distributed("he(fan: out)", call, 0.0, f64::sqrt(2.0 / fan_out));
        let glorot = f64::sqrt(6.0 / (fan_in + fan_out));
        let flat = distributed("glorot", call, 0.0, uniform(glorot));
        distributed("fan_in", call, 0.0, uniform(1.0 / fan_in.sqrt()));
        distributed("normal(0.3, mean: -2)", call, -2.0, 0.3);
        assert!(flat.iter().all(|x| x.abs() <= glorot), "glorot goes beyond {glorot}");
        // A normal distribution has a third of its numbers beyond its deviation, a uniform one none beyond 1.73 of it.
        let beyond = |values: &[f64], sds: f64| {
            let [_, sd] = moments(values);
            values.iter().filter(|x| x.abs() > sds * sd).count() as f64 / values.len() as f64
        };
        assert!((beyond(&he, 1.0) - 0.3173).abs() < 0.02 && (beyond(&he, 2.0) - 0.0455).abs() < 0.01);
        assert_eq!(beyond(&flat, 1.75), 0.0);
    }
}

#[test]
fn simple_weights_are_what_is_written() {
    let all = |init: &str| kernel(&format!("conv(3 -> 4, kernel: 3, init: {init})"), 1);
    assert_eq!(all("zeros"), [0.0; 108]);
    assert_eq!(all("ones"), [1.0; 108]);
    assert_eq!(all("constant(-0.25)"), [-0.25; 108]);
    assert_eq!(all("normal(0, mean: 0.5)"), [0.5; 108]);
    assert!(all("uniform(0.1)").iter().all(|x| x.abs() <= 0.1));
    let written_out = kernel("conv(3 -> 4, kernel: 3, init: fan_in)", 1);
    assert_eq!(written_out, kernel("conv(3 -> 4, kernel: 3)", 1));
}

#[test]
fn only_kernels_take_an_init() {
    let net = compiled(
        "model Start\ninput image: [1, 4, 4]\nlogits = dense(image, classes, init: zeros, sign: nonpositive)\noutput logits\n",
    );
    let bias = values(&model(&net, 1), "logits.bias");
    assert!(bias.iter().any(|x| *x > 0.0) && bias.iter().all(|x| x.abs() <= 0.25), "{bias:?}");
}

#[test]
fn one_seed_is_one_set_of_weights() {
    for init in ["fan_in", "normal(1)", "uniform(2)", "he", "glorot", "gabor"] {
        for sign in ["", ", sign: nonnegative"] {
            let call = format!("conv(3 -> 5, kernel: 5, init: {init}{sign})");
            assert_eq!(kernel(&call, 3), kernel(&call, 3), "{call}");
            assert_eq!(kernel(&call, 3) == kernel(&call, 4), init == "gabor", "{call}");
        }
    }
}

#[test]
fn a_sign_folds_the_draw() {
    let drawn = kernel("conv(3 -> 4, kernel: 3, init: normal(1))", 1);
    let folded = |sign: &str| kernel(&format!("conv(3 -> 4, kernel: 3, init: normal(1), sign: {sign})"), 1);
    assert_eq!(folded("nonnegative"), drawn.iter().map(|x| x.abs()).collect::<Vec<_>>());
    assert_eq!(folded("nonpositive"), drawn.iter().map(|x| -x.abs()).collect::<Vec<_>>());
}

/// The bank of `out` channels, each over three input channels of side `k`.
fn bank(out: usize, k: usize, arguments: &str) -> Vec<Vec<f64>> {
    let all = kernel(&format!("conv(3 -> {out}, kernel: {k}, init: gabor{arguments})"), 1);
    all.chunks(3 * k * k).map(<[f64]>::to_vec).collect()
}

#[test]
fn gabor_kernels_are_of_mean_zero_and_length_one() {
    for (out, k, arguments) in
        [(1, 3, ""), (2, 3, "(2.5, sigma: 0.5, aspect: 4)"), (7, 5, ""), (8, 9, "(1000)"), (16, 11, "(6, sigma: 2)")]
    {
        for (channel, kernel) in bank(out, k, arguments).iter().enumerate() {
            let of = format!("channel {channel} of {out}, kernel {k}, gabor{arguments}");
            let slices: Vec<&[f64]> = kernel.chunks(k * k).collect();
            assert!(slices.iter().all(|slice| *slice == slices[0]), "{of}: every input channel alike");
            assert!(slices[0].iter().sum::<f64>().abs() < 1e-9, "{of}: mean");
            assert!((dot(kernel, kernel) - 1.0).abs() < 1e-12, "{of}: length");
        }
    }
}

#[test]
fn gabor_pairs_are_in_quadrature_and_point_evenly_around() {
    const K: usize = 15;
    let bank = bank(12, K, "(wavelength: 5)");
    // How much of a plane wave of that direction is in a pair, whatever its phase.
    let power = |pair: &[Vec<f64>], degrees: f64| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let along = |n: usize| {
            let (x, y) = ((n % K) as f64 - 7.0, (n / K) as f64 - 7.0);
            TAU * (x * cos + y * sin) / 5.0
        };
        let part = |f: fn(f64) -> f64, kernel: &[f64]| -> f64 {
            (0..K * K).map(|n| f(along(n)) * kernel[n]).sum::<f64>().powi(2)
        };
        pair.iter().map(|kernel| part(f64::sin, kernel) + part(f64::cos, kernel)).sum::<f64>()
    };
    for (n, pair) in bank.chunks(2).enumerate() {
        assert!(dot(&pair[0], &pair[1]).abs() < 1e-12, "pair {n}");
        let best = (0..180).max_by(|a, b| power(pair, f64::from(*a)).total_cmp(&power(pair, f64::from(*b)))).unwrap();
        assert!((f64::from(best) - 30.0 * n as f64).abs() <= 1.0, "pair {n} points to {best} degrees");
        // Even about the centre, then odd.
        let slice = |kernel: &[f64]| kernel[..K * K].to_vec();
        let turned = |kernel: &[f64]| slice(kernel).into_iter().rev().collect::<Vec<_>>();
        let off = |sign: f64, kernel: &[f64]| {
            slice(kernel).iter().zip(turned(kernel)).map(|(a, b)| (a - sign * b).abs()).fold(0.0, f64::max)
        };
        assert!(off(1.0, &pair[0]) < 1e-12 && off(-1.0, &pair[1]) < 1e-12, "pair {n}");
    }
}

/// Every kind of initial value, folded and not, and layers between whose numbers of values are odd.
const EVERY_KIND: &str = "model Start
input image: [1, 48, 48]
weights W: conv(1 -> 7, kernel: 7, init: gabor)
weights V: conv(7 -> 5, kernel: 5, init: he)
weights U: conv(5 -> 4, kernel: 3, init: normal(0.3, mean: -0.1), sign: nonnegative)
weights T: conv(4 -> 4, kernel: 3, init: glorot)
weights S: conv(4 -> 4, kernel: 3, init: constant(0.1))
h = dropout(batch_norm(S * relu(T * relu(U * relu(V * relu(W * image))))), 0.3)
logits = dense(max_pool(h, 4), classes)
output logits
";

/// The bits of single precision, each times its place from 1, summed.
fn checksum(values: &[f64]) -> u64 {
    let bits = values.iter().enumerate().map(|(n, x)| u64::from((*x as f32).to_bits()).wrapping_mul(n as u64 + 1));
    bits.fold(0, u64::wrapping_add)
}

const SUMS: [(&str, u64); 9] = [
    ("W.weight", 0x6ab2_20b1_44bf),
    ("W.bias", 0xf_39fa_3467),
    ("V.weight", 0x2_d2c2_7e78_3be9),
    ("V.bias", 0x8_91d2_c44f),
    ("U.weight", 0xf75_8a36_c844),
    ("U.bias", 0x5_e6cd_7d5e),
    ("T.weight", 0x13ad_8f75_f5c1),
    ("S.weight", 0x9d8_4800_0828),
    ("S.bias", 0x6_e4f3_baf2),
];

/// What a seed gives is part of what it means: these sums were taken when every value was drawn into double precision
/// first, and rounded later.
#[test]
fn initial_weights_stay_what_they_are() {
    let net = compiled(EVERY_KIND);
    let single = Model::new(Arc::new(net.clone()), 5, &device(), Precision::Single);
    for (name, sum) in SUMS {
        let (single, double) = (values(&single, name), values(&model(&net, 5), name));
        assert_eq!(checksum(&single), sum, "{name}");
        assert_eq!(single, double.iter().map(|x| f64::from(*x as f32)).collect::<Vec<_>>(), "{name}: rounded once");
    }
}
