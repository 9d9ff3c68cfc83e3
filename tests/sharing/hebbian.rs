//! The Hebbian rule against its fixed point, its bound and itself in one step.

use crate::{apart, normal};
use lcnnc::sharing::{Group, Hebbian, Relaxation, mean_kernel, second_moments, snr};
use lcnnc_kernels::draws::Draws;

const INPUTS: usize = 6;
const NEURONS: usize = 11;
const RULE: Hebbian = Hebbian { eta: 0.3, gamma: 0.2, iterations: 2000, patterns: 40, noise: 0.0 };

fn start() -> Vec<f64> {
    normal(0, NEURONS * INPUTS, 1.0)
}

fn patterns() -> Vec<f64> {
    normal(1, RULE.patterns * INPUTS, 0.0)
}

/// The kernels after as many iterations with the same patterns.
fn relaxed(rule: &Hebbian, start: &[f64], patterns: &[f64]) -> Vec<f64> {
    let mut weights = start.to_vec();
    rule.relax(&mut weights, INPUTS, std::iter::repeat(patterns), &mut Draws::new(0, 0));
    weights
}

#[test]
fn without_noise_it_ends_at_equation_5() {
    let (start, patterns) = (start(), patterns());
    let expected = RULE.fixed_point(&start, &second_moments(&patterns, INPUTS)).unwrap();
    let ends = relaxed(&RULE, &start, &patterns);
    assert!(apart(&ends, &expected) < 1e-12);
    let mean = |weights: &[f64]| mean_kernel(weights, INPUTS);
    assert!(apart(&mean(&ends), &mean(&start)) < 1e-12, "the mean kernel is kept");
    assert!(snr(&ends, INPUTS) > 10.0 * snr(&start, INPUTS));
}

#[test]
fn without_decay_it_ends_at_the_mean() {
    let (start, patterns) = (start(), patterns());
    let rule = Hebbian { gamma: 0.0, ..RULE };
    let mean = mean_kernel(&start, INPUTS).repeat(NEURONS);
    assert!(apart(&relaxed(&rule, &start, &patterns), &mean) < 1e-12);
    assert!(apart(&rule.fixed_point(&start, &second_moments(&patterns, INPUTS)).unwrap(), &mean) < 1e-12);
    assert!(rule.fixed_point(&start, &second_moments(&patterns[..INPUTS], INPUTS)).is_none());
}

/// Columns of a Hadamard matrix as patterns and as noise: each is at right angles to all others, as noise is on average.
#[test]
fn with_noise_it_ends_at_the_fixed_point_of_the_mean_rule() {
    const NEURONS: usize = 4;
    const COUNT: usize = 32;
    let sign = |row: usize, column: usize| if (row & column).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
    let rule = Hebbian { noise: 0.7, eta: 0.1, ..RULE };
    let mix = normal(2, INPUTS * INPUTS, 0.0);
    let pattern = |row: usize| -> Vec<f64> {
        mix.chunks_exact(INPUTS).map(|mix| (0..INPUTS).map(|j| mix[j] * sign(row, 1 + j)).sum::<f64>() / 2.0).collect()
    };
    let patterns: Vec<f64> = (0..COUNT).flat_map(pattern).collect();
    let start = normal(3, NEURONS * INPUTS, 1.0);
    let mut weights = start.clone();
    let mut group = Group::new(&mut weights, INPUTS);
    for _ in 0..rule.iterations {
        let mut row = 0;
        let noise = |noise: &mut [f64]| {
            noise.iter_mut().enumerate().for_each(|(n, xi)| *xi = rule.noise * sign(row, 1 + INPUTS + n));
            row += 1;
        };
        let (weights, pull) = rule.pull_with(&mut group, &patterns, noise);
        weights.iter_mut().zip(pull).for_each(|(w, pull)| *w -= rule.eta * pull);
    }
    let expected = rule.fixed_point(&start, &second_moments(&patterns, INPUTS)).unwrap();
    assert!(apart(&weights, &expected) < 1e-12);
    let smaller = rule.gamma / (rule.gamma + rule.noise.powi(2) * (1.0 - 1.0 / NEURONS as f64));
    let mean: Vec<f64> = mean_kernel(&start, INPUTS).iter().map(|mean| smaller * mean).collect();
    assert!(apart(&mean_kernel(&weights, INPUTS), &mean) < 1e-12, "noise makes the mean kernel smaller");
}

#[test]
fn drawn_noise_ends_near_the_fixed_point_and_differs_from_stream_to_stream() {
    let rule = Hebbian { noise: 0.3, eta: 0.01, iterations: 3000, ..RULE };
    let (start, patterns) = (start(), patterns());
    let expected = rule.fixed_point(&start, &second_moments(&patterns, INPUTS)).unwrap();
    let ends = |stream| {
        let mut weights = start.clone();
        rule.relax(&mut weights, INPUTS, std::iter::repeat(&patterns), &mut Draws::new(5, stream));
        weights
    };
    let [one, other] = [0, 1].map(ends);
    assert!(apart(&one, &expected) < 0.03, "{}", apart(&one, &expected));
    assert!(apart(&other, &expected) < 0.03);
    assert!(apart(&one, &other) > 1e-6);
    assert_eq!(one, ends(0));
}

#[test]
fn no_noise_is_noise_of_nothing() {
    let (mut a, mut b) = (start(), start());
    let [mut one, mut other] = [Group::new(&mut a, INPUTS), Group::new(&mut b, INPUTS)];
    let (_, fast) = RULE.pull(&mut one, &patterns(), &mut Draws::new(0, 0));
    let (_, slow) = RULE.pull_with(&mut other, &patterns(), |noise| noise.fill(0.0));
    assert!(apart(fast, slow) < 1e-12);
}

#[test]
fn it_converges_just_below_the_bound_and_diverges_just_above() {
    let (start, patterns) = (start(), patterns());
    let moments = second_moments(&patterns, INPUTS);
    let expected = RULE.fixed_point(&start, &moments).unwrap();
    let most = RULE.most_eta(&moments, NEURONS);
    let distance = |eta| apart(&relaxed(&Hebbian { eta, ..RULE }, &start, &patterns), &expected);
    assert!(distance(0.99 * most) < 1e-8);
    assert!(distance(1.01 * most) > 1e8);
}

#[test]
fn all_iterations_as_one_matrix_are_the_same() {
    let rule = Hebbian { iterations: 30, ..RULE };
    let seen: Vec<Vec<f64>> = (0..30).map(|n| normal(10 + n, rule.patterns * INPUTS, 0.0)).collect();
    let [mut slow, mut fast] = [start(), start()];
    rule.relax(&mut slow, INPUTS, &seen, &mut Draws::new(0, 0));
    Relaxation::new(&rule, INPUTS, &seen).unwrap().relax(&mut fast);
    assert!(apart(&slow, &fast) < 1e-12);
    assert!(Relaxation::new(&Hebbian { noise: 0.1, ..rule }, INPUTS, &seen).is_none());
}

#[test]
fn second_moments_are_means_of_products() {
    // Patterns (1, 2), (3, -4) and (0, 1).
    let moments = second_moments(&[1.0, 2.0, 3.0, -4.0, 0.0, 1.0], 2);
    assert!(apart(&moments, &[10.0 / 3.0, -10.0 / 3.0, -10.0 / 3.0, 7.0]) < 1e-15);
}

/// The eigenvalues of the moments are 3 and 1.
#[test]
fn the_bound_is_2_through_the_largest_eigenvalue() {
    let bound = |noise| Hebbian { noise, ..RULE }.most_eta(&[2.0, -1.0, -1.0, 2.0], 4);
    assert!((bound(0.0) - 2.0 / 3.2).abs() < 1e-12);
    assert!((bound(0.4) - 2.0 / (3.2 + 0.16 * 0.75)).abs() < 1e-12);
}

#[test]
fn moments_that_are_no_numbers_give_none() {
    let moments = [f64::NAN, 0.0, 0.0, 1.0];
    assert!(RULE.most_eta(&moments, 4).is_nan());
    assert!(RULE.fixed_point(&[1.0, 2.0], &moments).is_none());
}

/// What rounding leaves of eigenvalues that are 0 is not taken for a pattern.
#[test]
fn fewer_patterns_than_inputs_have_no_fixed_point_without_decay() {
    let rule = Hebbian { gamma: 0.0, ..RULE };
    for patterns in 1..INPUTS {
        let moments = second_moments(&normal(50, patterns * INPUTS, 0.0), INPUTS);
        assert!(rule.fixed_point(&start(), &moments).is_none(), "{patterns} patterns");
        assert!(RULE.fixed_point(&start(), &moments).is_some(), "{patterns} patterns");
    }
}
