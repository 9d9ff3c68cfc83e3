//! How sparse activity is, step by step (Park, Zhang & Choe, 2025, Fig. 6).

use super::moments::{Spread, mean_and_sd};
use super::table::WHOSE;
use super::values::{self, OF, asked, has_maps};
use super::{Analysis, Bench, Cell, Column, Figure, Findings, Measure};
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::train::TrainError;
use lcnnc_lang::vocabulary::Bound;

/// The kurtosis of a normal distribution.
const NORMAL: f64 = 3.0;

pub const SPARSITY: Analysis = Analysis {
    name: "sparsity",
    about: "kurtosis and share of exact zeros of feature maps, a row for each step (Park et al., 2025, Fig. 6)",
    args: &[OF],
    columns: &[
        Column { name: "value", about: "the value, as in `O`" },
        Column { name: "step", about: "the step of its loop, 0 for the initial value; empty outside of loops" },
        Column {
            name: "kurtosis",
            about: "mean over images of `sum((x - m)^4) / n / s^4` over all `n` numbers `x` of an image, zeros included; 3 for a normal distribution",
        },
        Column {
            name: "kurtosis_sd",
            about: "standard deviation of it over images (divided by their number less 1); empty for one image",
        },
        Column { name: "zeros", about: "mean over images of the share of numbers that are exactly 0, from 0 to 1" },
        Column { name: "zeros_sd", about: "standard deviation of it over images" },
        Column { name: "images", about: "how many images the net was shown" },
        Column { name: "even", about: "images without a kurtosis: all their numbers are equal" },
        WHOSE,
    ],
    watches: true,
    applies: has_maps,
    run,
};

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (mut findings, mut curves) = (Findings::default(), Vec::new());
    for asked in asked(bench.net(), call.names("of"))? {
        let steps = asked.steps.len().max(1);
        let (mut kurtosis, mut zeros) = (vec![Vec::new(); steps], vec![Vec::new(); steps]);
        bench.watch(&asked, &mut |step, x| {
            let x: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
            kurtosis[step].extend(Spread::of(&x).excess_kurtosis.map(|excess| excess + NORMAL));
            zeros[step].push(x.iter().filter(|x| **x == 0.0).count() as f64 / x.len() as f64);
        })?;
        let name = values::name(&asked);
        for step in 0..steps {
            let z = mean_and_sd(&zeros[step])[0];
            let [[k, k_sd], [_, z_sd]] = [&kurtosis[step], &zeros[step]].map(|of| cells(of));
            let (at, place) = (values::step(&asked, step), values::place(&asked, step));
            if let Cell::Number(k) = k {
                findings.measures.push(Measure::new(name, &place, "kurtosis", k));
            }
            findings.measures.push(Measure::new(name, place, "share of exact zeros (0 to 1)", z));
            findings.rows.push(vec![
                Cell::Text(name.to_owned()),
                at.map_or(Cell::Absent, Cell::Text),
                k,
                k_sd,
                Cell::Number(z),
                z_sd,
                Cell::Count(zeros[step].len()),
                Cell::Count(zeros[step].len() - kurtosis[step].len()),
            ]);
        }
        // Values of a loop's body begin with its first step, states with step 0.
        let at = |n: usize| asked.steps.get(n).and_then(|at| at.last()).map_or(n as f64, |step| *step as f64);
        curves.push(Curve {
            name: name.to_owned(),
            steps: (0..steps).map(at).collect(),
            measures: [&kurtosis, &zeros].map(|of| of.iter().map(|x| mean_and_sd(x)).collect::<Vec<_>>()),
        });
        let ends = |of: &[Vec<f64>]| [0, steps - 1].map(|step| mean_and_sd(&of[step])[0]);
        let ([k0, k1], [z0, z1]) = (ends(&kurtosis), ends(&zeros));
        let said = |k: f64| if k.is_nan() { "none".to_owned() } else { format!("{k:.2}") };
        let [k0, k1] = [k0, k1].map(said);
        if steps > 1 {
            findings.notes.push(format!(
                "`{name}` from its first step to its last: kurtosis {k0} to {k1}, exact zeros {:.1} % to {:.1} %",
                100.0 * z0,
                100.0 * z1
            ));
        } else {
            findings.notes.push(format!("`{name}`: kurtosis {k0}, exact zeros {:.1} %", 100.0 * z0));
        }
    }
    findings.figures.extend(figure(bench, &curves));
    Ok(findings)
}

/// The mean of some numbers and their standard deviation, where there are any and several.
fn cells(of: &[f64]) -> [Cell; 2] {
    let [mean, sd] = mean_and_sd(of).map(Cell::Number);
    match of.len() {
        0 => [Cell::Absent, Cell::Absent],
        1 => [mean, Cell::Absent],
        _ => [mean, sd],
    }
}

/// Both measures of a value.
struct Curve {
    name: String,
    /// The number of each step.
    steps: Vec<f64>,
    /// Of kurtosis and of exact zeros, `[mean, sd]` a step.
    measures: [Vec<[f64; 2]>; 2],
}

/// Both measures against the step; nothing for a net without loops.
fn figure(bench: &Bench, curves: &[Curve]) -> Option<Figure> {
    let is_looped = curves.iter().any(|curve| curve.steps.len() > 1);
    let panel = |measure: usize, title: &str, label: &str| {
        let marks = curves.iter().flat_map(|Curve { name, steps, measures }| {
            let points: Vec<[f64; 2]> =
                steps.iter().zip(&measures[measure]).map(|(step, [mean, _])| [*step, *mean]).collect();
            let errors = measures[measure].iter().map(|[_, sd]| *sd).collect();
            let line = Mark::new(name.clone(), MarkKind::Line { points: points.clone(), dashed: false });
            [line, Mark::new(name.clone(), MarkKind::Points { points, errors })]
        });
        Panel {
            title: title.to_owned(),
            x: Axis::linear("step of the loop"),
            y: Axis::linear(label).never_below_zero(),
            marks: marks.collect(),
        }
    };
    let panels = vec![
        panel(0, "Kurtosis", "fourth standardised moment (normal: 3)"),
        panel(1, "Exact zeros", "share of all numbers (0 to 1)"),
    ];
    is_looped.then(|| Figure {
        name: String::new(),
        caption: format!(
            "Kurtosis and share of exact zeros of all numbers of an image, step by step: means and standard deviations over images. \
             Zeros count in the kurtosis. {}; {}.",
            bench.about_run(),
            bench.about_images()
        ),
        seen_before: "Park, Zhang and Choe (2025, Fig. 6) saw both rise from step to step.".to_owned(),
        drawing: Drawing::Plot(Plot { title: "Sparsity of activity".to_owned(), columns: 2, panels }),
    })
}
