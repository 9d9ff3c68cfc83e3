//! How sparse activity is, step by step (Park, Zhang & Choe, 2025, Fig. 6).

use super::moments::{Spread, mean_and_sd};
use super::values::{self, OF, asked, has_maps};
use super::{Analysis, Bench, Cell, Column, Figure, Findings};
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
        Column { name: "kurtosis_sd", about: "standard deviation of it over images (divided by their number less 1)" },
        Column { name: "zeros", about: "mean over images of the share of numbers that are exactly 0, from 0 to 1" },
        Column { name: "zeros_sd", about: "standard deviation of it over images" },
        Column { name: "images", about: "how many images the net was shown" },
        Column { name: "even", about: "images without a kurtosis: all their numbers are equal" },
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
            let ([k, k_sd], [z, z_sd]) = (mean_and_sd(&kurtosis[step]), mean_and_sd(&zeros[step]));
            let [k, k_sd] = [k, k_sd].map(|x| if kurtosis[step].is_empty() { Cell::Absent } else { Cell::Number(x) });
            let at = values::step(&asked, step);
            findings.rows.push(vec![
                Cell::Text(name.to_owned()),
                at.map_or(Cell::Absent, Cell::Text),
                k,
                k_sd,
                Cell::Number(z),
                Cell::Number(z_sd),
                Cell::Count(zeros[step].len()),
                Cell::Count(zeros[step].len() - kurtosis[step].len()),
            ]);
        }
        curves.push((
            name.to_owned(),
            [&kurtosis, &zeros].map(|of| of.iter().map(|x| mean_and_sd(x)).collect::<Vec<_>>()),
        ));
        let ends = |of: &[Vec<f64>]| [0, steps - 1].map(|step| mean_and_sd(&of[step])[0]);
        let ([k0, k1], [z0, z1]) = (ends(&kurtosis), ends(&zeros));
        if steps > 1 {
            findings.notes.push(format!(
                "`{name}` from its first step to its last: kurtosis {k0:.2} to {k1:.2}, exact zeros {:.1} % to {:.1} %",
                100.0 * z0,
                100.0 * z1
            ));
        }
    }
    findings.figures.extend(figure(bench, &curves));
    Ok(findings)
}

/// Both measures of every value, `[mean, sd]` a step.
type Curves = (String, [Vec<[f64; 2]>; 2]);

/// Both measures against the step; nothing for a net without loops.
fn figure(bench: &Bench, curves: &[Curves]) -> Option<Figure> {
    let is_looped = curves.iter().any(|(_, [kurtosis, _])| kurtosis.len() > 1);
    let panel = |measure: usize, title: &str, label: &str| {
        let marks = curves.iter().flat_map(|(name, measures)| {
            let points: Vec<[f64; 2]> =
                measures[measure].iter().enumerate().map(|(n, [mean, _])| [n as f64, *mean]).collect();
            let errors = measures[measure].iter().map(|[_, sd]| *sd).collect();
            let line = Mark::new(name.clone(), MarkKind::Line { points: points.clone(), dashed: false });
            [line, Mark::new(name.clone(), MarkKind::Points { points, errors })]
        });
        Panel {
            title: title.to_owned(),
            x: Axis::linear("step of the loop"),
            y: Axis::linear(label),
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
