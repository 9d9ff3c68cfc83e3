//! `lcnnc analyse RUN responses`: its laws against closed forms and against `powerlaw` and SciPy (tests/reference/power_law.py), and
//! its table against itself.

use crate::shell::fine;
use lcnnc::analyses::control::Control;
use lcnnc::analyses::power_law::{PowerLaw, Sorted};
use lcnnc::analyses::rivals::{Lognormal, mills};
use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::fs;

/// `(i + 0.5) / n` for all `i` below `n`.
fn even(n: usize) -> impl Iterator<Item = f64> {
    (0..n).map(move |i| (i as f64 + 0.5) / n as f64)
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

/// The sample of tests/reference/power_law.py.
fn sample() -> Vec<f64> {
    let bulk = even(800).map(|u| 0.3 * (-2.0 * (-u).ln_1p()).sqrt());
    sorted(bulk.chain(even(400).map(|u| (1.0 - u).powf(-1.0 / 1.5))))
}

#[track_caller]
fn near(found: f64, wanted: f64, by: f64) {
    assert!((found - wanted).abs() <= by * wanted.abs(), "{found}, not {wanted}");
}

#[test]
fn the_law_of_a_sample_is_that_of_scipy_and_of_powerlaw() {
    let numbers = sample();
    let sorted = Sorted::new(&numbers);
    let law = sorted.law().unwrap();
    assert_eq!(law.tail, 323);
    near(law.x_min, 1.1543925488768, 1e-12);
    near(law.exponent, 2.50394299391819, 1e-12);
    near(law.distance, 0.00309597523219814, 1e-9);
    near(law.error(), 0.083681626661588, 1e-9);
    let [lognormal, exponential] = sorted.verdicts(&law);
    let exponential = exponential.unwrap();
    near(exponential.ratio, 2.938045699258811, 1e-9);
    near(exponential.p, 0.0033028833377713425, 1e-9);
    // `powerlaw` searches the rate, to about five digits.
    near(exponential.ratio, 2.93813993875962, 1e-4);
    near(exponential.p, 0.00330187947697109, 1e-3);
    // Here the likeliest lognormal is nearly the law itself, and `powerlaw` ends its search on the way there.
    assert!(lognormal.is_none_or(|it| it.p > 0.9));
}

/// `powerlaw` searches the lognormal to about five digits.
#[test]
fn verdicts_are_those_of_powerlaw() {
    let all = sample();
    for (numbers, x_min, exponent, tail, lognormal, exponential, mu, sigma) in [
        (
            &all[..800],
            0.20006316287514,
            2.41036328448201,
            641,
            [-11.3460297657, 7.76072032333e-30],
            [-19.3654105513, 1.51145227257e-83],
            -0.956291912753,
            0.426381798974,
        ),
        (
            &all[..],
            0.500887285681442,
            2.01544213110695,
            599,
            [-3.3171936251, 0.000909265785516],
            [2.05934789806, 0.0394609230964],
            -0.920729748131,
            1.33348151641,
        ),
    ] {
        let sorted = Sorted::new(numbers);
        let law = sorted.law_above(x_min - 1e-9).unwrap();
        assert_eq!(law.tail, tail);
        near(law.x_min, x_min, 1e-12);
        near(law.exponent, exponent, 1e-12);
        for (found, [ratio, p]) in sorted.verdicts(&law).into_iter().zip([lognormal, exponential]) {
            let found = found.unwrap();
            near(found.ratio, ratio, 1e-4);
            near(found.p, p, 1e-2);
        }
        let logs: Vec<f64> = numbers.iter().filter(|x| **x >= law.x_min).map(|x| x.ln()).collect();
        let rival = Lognormal::of(&logs, law.x_min.ln()).unwrap();
        near(rival.mu(), mu, 1e-3);
        near(rival.sigma, sigma, 1e-3);
    }
}

#[test]
fn a_pure_law_has_its_exponent() {
    for exponent in [1.5, 2.5, 4.0] {
        for n in [1000, 20_000] {
            let numbers = sorted(even(n).map(|u| 0.7 * (1.0 - u).powf(1.0 / (1.0 - exponent))));
            let sorted = Sorted::new(&numbers);
            near(sorted.law_above(0.0).unwrap().exponent, exponent, 5e-3);
            let law = sorted.law().unwrap();
            assert!((law.exponent - exponent).abs() < 3.0 * law.error(), "{law:?}");
            assert!(law.distance < 0.01);
        }
    }
}

/// Of two verdicts at least one is against a law in the tail of a normal distribution, and none is for it.
#[test]
fn a_normal_sample_prefers_no_law() {
    let golden = (5_f64.sqrt() - 1.0) / 2.0;
    let normal = even(5000).zip(0..).map(|(u, i)| (-2.0 * u.ln()).sqrt() * (TAU * golden * f64::from(i)).cos());
    let numbers = sorted(normal.filter(|x| *x > 0.0));
    let sorted = Sorted::new(&numbers);
    for law in [sorted.law().unwrap(), sorted.law_above(0.5).unwrap()] {
        let verdicts = sorted.verdicts(&law).map(Option::unwrap);
        assert!(verdicts.iter().all(|it| it.ratio < 0.0), "{law:?} {verdicts:?}");
    }
    assert!(sorted.verdicts(&sorted.law_above(0.5).unwrap()).iter().flatten().all(|it| it.p < 1e-6));
}

#[test]
fn a_law_has_the_density_of_the_normal_where_they_meet() {
    for (x_min, exponent, share, sd) in [(1.06, 2.543, 0.16, 0.9), (0.01, 1.7, 0.3, 0.02), (5.0, 20.0, 0.01, 3.0)] {
        let law = PowerLaw { x_min, exponent, distance: 0.0, tail: 100 };
        let both = law.meets_normal(share, sd).unwrap();
        assert!(both[0] < both[1]);
        for x in both {
            let tail = share * (exponent - 1.0) / x_min * (x / x_min).powf(-exponent);
            let normal = (-x * x / (2.0 * sd * sd)).exp() / (sd * TAU.sqrt());
            near(tail, normal, 1e-9);
        }
    }
    let above = PowerLaw { x_min: 10.0, exponent: 3.0, distance: 0.0, tail: 100 };
    assert_eq!(above.meets_normal(1.0, 1.0), None, "the law is the larger one everywhere");
    assert_eq!(above.meets_normal(1.0, 0.0), None);
}

#[test]
fn what_is_too_short_or_even_has_no_law() {
    assert_eq!(Sorted::new(&[]).law(), None);
    assert_eq!(Sorted::new(&[1.0; 49]).law(), None);
    assert_eq!(Sorted::new(&[2.0; 100]).law(), None);
}

/// The values of `1 - cdf` of the standard normal distribution, from SciPy's `norm.sf`.
#[test]
fn the_tail_of_the_normal_is_that_of_scipy() {
    for (z, tail) in [
        (-3.0, 0.9986501019683699),
        (-0.5, 0.6914624612740131),
        (0.0, 0.5),
        (0.999, 0.15889734564131824),
        (1.0, 0.15865525393145707),
        (2.0, 0.022750131948179195),
        (8.0, 6.22096057427174e-16),
    ] {
        near(mills(z) * (-z * z / 2.0).exp() / TAU.sqrt(), tail, 1e-13);
    }
}

/// Equal amplitudes have equal means and equal mean squares.
#[test]
fn controls_keep_the_range_or_the_amplitudes() {
    let image: Vec<f32> = (0..60_u16).map(|i| f32::from(i * 37 % 61) - 20.0).collect();
    let changed = |control: Control, number: usize| {
        let mut made = image.clone();
        control.change(number, &mut made, [2, 6, 5]);
        made
    };
    assert_eq!(changed(Control::None, 0), image);
    let noise = changed(Control::WhiteNoise, 3);
    assert!(noise.iter().all(|x| (-20.0..=40.0).contains(x)), "{noise:?}");
    let scrambled = changed(Control::PhaseScrambled, 3);
    for (made, channel) in scrambled.chunks(30).zip(image.chunks(30)) {
        for power in [1, 2] {
            let sum = |of: &[f32]| of.iter().map(|x| f64::from(*x).powi(power)).sum::<f64>();
            near(sum(made), sum(channel), 1e-4);
        }
        assert!(made.iter().zip(channel).any(|(a, b)| (a - b).abs() > 1.0));
    }
    for control in [Control::WhiteNoise, Control::PhaseScrambled] {
        assert_eq!(changed(control, 3), changed(control, 3));
        assert_ne!(changed(control, 3), changed(control, 4));
    }
}

const SPEC: &str = "\
model Loop
input image: [1, 12, 12]
weights W_A: conv(1 -> 4, kernel: 3, bias: false)
weights W_L: conv(4 -> 4, kernel: 3, bias: false)
A = relu(W_A * image)
loop V1(steps: 2) {
    state O = A
    O' = relu(A + W_L * O)
}
logits = dense(max_pool(O, 4), classes)
output logits
data {
    transform: [resize(12)]
}
";

fn rows(csv: &str) -> Vec<BTreeMap<String, f64>> {
    let mut lines = csv.lines().map(|line| line.split(','));
    let names: Vec<&str> = lines.next().unwrap().collect();
    let row = |cells: std::str::Split<char>| {
        let cells = names.iter().zip(cells).filter_map(|(name, cell)| Some((name.to_string(), cell.parse().ok()?)));
        cells.collect()
    };
    lines.map(row).collect()
}

#[test]
fn the_table_of_a_run_agrees_with_itself() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    fs::write(here.join("loop.lcnn"), SPEC).unwrap();
    fine(here, "run loop --device cpu --threads 1 --limit 64 --limit-test 16 --epochs 1 --batch 16");
    let run = fs::read_dir(here.join("runs/loop")).unwrap().next().unwrap().unwrap().path();
    fs::rename(run, here.join("run")).unwrap();
    let csv = fine(here, "analyse run responses --limit 16");
    let with = rows(&csv);
    let without = rows(&fine(here, "analyse run responses(zeros:false,bins:20) --limit 16"));
    assert_eq!(with.iter().map(|row| row["step"]).collect::<Vec<_>>(), [0.0, 1.0, 2.0], "{csv}");
    for (with, without) in with.iter().zip(&without) {
        assert_eq!((with["n"], with["with_zeros"], without["with_zeros"]), (16.0 * 4.0 * 144.0, 1.0, 0.0));
        assert_eq!((without["n"], without["sampled"]), (with["positive"], with["positive"]));
        for key in ["x_min", "exponent", "exponent_se", "distance", "n_tail"] {
            assert_eq!(with[key], without[key], "{key}");
        }
        for row in [with, without] {
            let (a, s, share) = (row["exponent"], row["sd"], row["n_tail"] / row["n"]);
            for key in ["threshold_0", "threshold_1"] {
                let Some(x) = row.get(key) else { continue };
                let law = share * (a - 1.0) / row["x_min"] * (x / row["x_min"]).powf(-a);
                near(law, (-x * x / (2.0 * s * s)).exp() / (s * TAU.sqrt()), 1e-6);
            }
        }
    }
    let said = fine(here, "analyse run responses --limit 16 --into out");
    assert!(said.contains("`O`, step 2: ") && said.contains("3 rows and 1 figure"), "{said}");
    assert!(fs::read_to_string(here.join("out/responses.svg")).unwrap().contains("power law"));
}
