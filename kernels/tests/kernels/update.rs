//! A step of Adam and one of gradient descent in one pass, and the length of a gradient.

use lcnnc_kernels::update::{AdamNumbers, AdamStep, SgdStep, adam, sgd, squares};

/// Longer than what a thread takes at a time, and no multiple of any vector's length.
const LEN: usize = 100_003;

fn number(seed: usize, n: usize) -> f32 {
    ((n * 7919 + seed * 104_729) % 20_011) as f32 / 10_007.0 - 1.0
}

fn numbers(seed: usize) -> Vec<f32> {
    (0..LEN).map(|n| number(seed, n)).collect()
}

/// Five steps from the same numbers.
fn stepped(l2: f32, keep: f32) -> [Vec<f32>; 3] {
    let [mut weights, mut mean, mut squares] = [numbers(1), vec![0.0; LEN], vec![0.0; LEN]];
    for time in 1..=5 {
        let gradient = numbers(time as usize + 1);
        let step = AdamStep { lr: 1e-2, betas: [0.9, 0.99], epsilon: 1e-3, l2, keep, time };
        let (weights, mean, squares) = (&mut weights, &mut mean, &mut squares);
        adam(step, AdamNumbers { weights, gradient: &gradient, mean, squares });
    }
    [weights, mean, squares]
}

/// Kingma & Ba's algorithm, number by number in double precision.
#[test]
fn a_step_in_one_pass_is_adams() {
    for (l2, keep) in [(0.0_f32, 1.0_f32), (0.125, 1.0), (0.0, 0.875)] {
        let [weights, mean, squares] = stepped(l2, keep);
        let start = numbers(1);
        for n in (0..LEN).step_by(17).chain(LEN - 40..LEN) {
            let (mut w, mut m, mut v) = (f64::from(start[n]), 0.0, 0.0);
            for time in 1..=5 {
                let g = f64::from(number(time as usize + 1, n)) + f64::from(l2) * w;
                (m, v) = (0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g);
                let by = m / (1.0 - 0.9_f64.powi(time)) / ((v / (1.0 - 0.99_f64.powi(time))).sqrt() + 1e-3);
                w = f64::from(keep) * w - 1e-2 * by;
            }
            for (found, expected) in [(weights[n], w), (mean[n], m), (squares[n], v)] {
                assert!((f64::from(found) - expected).abs() < 2e-6, "{n}: {found} is not {expected}");
            }
        }
    }
}

#[test]
fn threads_change_no_bit_of_a_step() {
    let bits = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let moved = stepped(0.125, 0.875).concat().into_iter().map(f32::to_bits).collect::<Vec<u32>>();
            (moved, squares(&numbers(3)).to_bits())
        })
    };
    let one = bits(1);
    assert!([2, 3, 7].into_iter().all(|threads| bits(threads) == one));
}

#[test]
fn squares_are_summed_in_double_precision() {
    let expected: f64 = numbers(3).iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    assert!((squares(&numbers(3)) - expected).abs() < 1e-10 * expected);
    // In single precision, a sum of so many equal numbers stops growing.
    let many = vec![1.0; 20_000_000];
    assert_eq!(squares(&many), 2e7);
    assert_eq!(squares(&[]), 0.0);
}

/// PyTorch's definition without dampening, number by number in double precision: with momentum and without.
#[test]
fn a_step_of_gradient_descent_in_one_pass_is_pytorchs() {
    for (momentum, l2) in [(0.0_f32, 0.0_f32), (0.0, 0.25), (0.875, 0.0), (0.875, 0.25)] {
        let step = SgdStep { lr: 1e-2, momentum, l2 };
        let (mut weights, mut movement) = (numbers(1), vec![0.0; LEN]);
        for time in 1..=5 {
            sgd(step, &mut weights, &numbers(time + 1), (momentum > 0.0).then_some(&mut movement));
        }
        let start = numbers(1);
        for n in (0..LEN).step_by(17).chain(LEN - 40..LEN) {
            let (mut w, mut v) = (f64::from(start[n]), 0.0);
            for time in 1..=5 {
                v = f64::from(momentum) * v + f64::from(number(time + 1, n)) + f64::from(l2) * w;
                w -= 1e-2 * v;
            }
            assert!((f64::from(weights[n]) - w).abs() < 2e-6, "{n}: {} is not {w}", weights[n]);
        }
    }
}
