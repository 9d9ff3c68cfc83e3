//! The circuit against the rates and the kernels that it must settle at.

use crate::{apart, normal};
use lcnnc::sharing::{Circuit, Group, Hebbian, second_moments};
use lcnnc_kernels::draws::Draws;

const INPUTS: usize = 4;
const NEURONS: usize = 6;
const CIRCUIT: Circuit = Circuit {
    alpha: 10.0,
    tau: 30.0,
    present: 150.0,
    dt: 1.0,
    bias: 1.0,
    eta: 0.0,
    gamma: 0.0,
    iterations: 1,
    noise: 0.0,
};

fn start() -> Vec<f64> {
    normal(20, NEURONS * INPUTS, 1.0)
}

/// Patterns and the same with the other sign: the bias then pulls at nothing on average.
fn patterns(count: usize) -> Vec<Vec<f64>> {
    let half = (0..count).map(|n| normal(30 + n as u64, INPUTS, 0.0));
    half.flat_map(|x| [x.clone(), x.iter().map(|x| -x).collect()]).collect()
}

#[test]
fn rates_settle_at_equation_9() {
    let (mut weights, pattern) = (start(), normal(21, INPUTS, 0.0));
    let drives: Vec<f64> =
        weights.chunks_exact(INPUTS).map(|w| w.iter().zip(&pattern).map(|(w, x)| w * x).sum()).collect();
    let before = weights.clone();
    let circuit = Circuit { present: 2000.0, ..CIRCUIT };
    let rates = circuit.present(&mut Group::new(&mut weights, INPUTS), &pattern, &mut Draws::new(0, 0));
    assert!(apart(&rates, &circuit.stationary(&drives)) < 1e-12);
    assert_eq!(weights, before, "with eta 0 nothing is learned");
    let inhibited = Circuit { alpha: 1e12, ..CIRCUIT }.stationary(&drives);
    let mean = inhibited.iter().sum::<f64>() / NEURONS as f64;
    assert!((mean - CIRCUIT.bias).abs() < 1e-9, "strong inhibition leaves the bias as mean rate");
}

/// A presentation as the equations have it, with every weight changed at every step.
fn written_out(circuit: &Circuit, weights: &mut [f64], start: &[f64], x: &[f64]) -> Vec<f64> {
    let (mut rates, mut inhibitory) = (vec![0.0; NEURONS], 0.0);
    let share = circuit.dt / circuit.tau;
    for _ in 0..circuit.steps() {
        let mean = rates.iter().sum::<f64>() / NEURONS as f64;
        let before = rates.clone();
        for (n, rate) in rates.iter_mut().enumerate() {
            let drive: f64 = (0..INPUTS).map(|j| weights[n * INPUTS + j] * x[j]).sum();
            *rate += share * (-*rate + drive - circuit.alpha * inhibitory + circuit.bias);
        }
        inhibitory += share * (-inhibitory + mean - circuit.bias);
        for (n, w) in weights.iter_mut().enumerate() {
            let above = before[n / INPUTS] - circuit.bias;
            *w -= circuit.eta / circuit.steps() as f64 * (above * x[n % INPUTS] + circuit.gamma * (*w - start[n]));
        }
    }
    rates
}

#[test]
fn a_presentation_is_what_the_equations_say() {
    let circuit = Circuit { eta: 0.3, gamma: 0.1, ..CIRCUIT };
    let start = start();
    let [mut slow, mut fast] = [start.clone(), start.clone()];
    let mut group = Group::new(&mut fast, INPUTS);
    let mut rates = [Vec::new(), Vec::new()];
    for x in patterns(2) {
        rates = [written_out(&circuit, &mut slow, &start, &x), circuit.present(&mut group, &x, &mut Draws::new(0, 0))];
    }
    assert!(apart(&rates[0], &rates[1]) < 1e-12);
    assert!(apart(&slow, &fast) < 1e-12);
    assert!(apart(&fast, &start) > 0.1);
}

#[test]
fn strong_inhibition_ends_at_equation_5() {
    let circuit =
        Circuit { alpha: 500.0, dt: 0.1, present: 2000.0, eta: 0.005, gamma: 0.5, iterations: 2000, ..CIRCUIT };
    let (start, patterns) = (start(), patterns(8));
    let mut weights = start.clone();
    circuit.relax(&mut weights, INPUTS, patterns.iter().cycle(), &mut Draws::new(0, 0));
    let rule =
        Hebbian { eta: 0.0, gamma: circuit.gamma / circuit.response_share(), iterations: 0, patterns: 0, noise: 0.0 };
    let expected = rule.fixed_point(&start, &second_moments(&patterns.concat(), INPUTS)).unwrap();
    assert!(apart(&weights, &expected) < 0.02, "{}", apart(&weights, &expected));
    assert!(apart(&start, &expected) > 0.5);
}

#[test]
fn kernels_with_noise_end_apart_from_those_without() {
    let circuit = Circuit { eta: 0.05, gamma: 0.1, iterations: 50, ..CIRCUIT };
    let ends = |noise, stream| {
        let mut weights = start();
        Circuit { noise, ..circuit }.relax(&mut weights, INPUTS, patterns(25), &mut Draws::new(0, stream));
        weights
    };
    assert!(apart(&ends(0.0, 0), &ends(0.2, 0)) > 1e-3);
    assert!(apart(&ends(0.2, 1), &ends(0.2, 0)) > 1e-3);
    assert_eq!(ends(0.2, 1), ends(0.2, 1));
    assert_eq!(ends(0.0, 1), ends(0.0, 0));
}

#[test]
fn steps_are_short_enough_up_to_a_bound_of_alpha() {
    let largest = |alpha| {
        let circuit = Circuit { alpha, present: 20_000.0, ..CIRCUIT };
        let mut weights = start();
        let rates =
            circuit.present(&mut Group::new(&mut weights, INPUTS), &normal(21, INPUTS, 0.0), &mut Draws::new(0, 0));
        rates.iter().fold(0.0, |largest: f64, rate| largest.max(rate.abs()))
    };
    assert!(largest(0.99 * CIRCUIT.most_alpha()) < 100.0);
    assert!(largest(1.01 * CIRCUIT.most_alpha()) > 100.0);
}
