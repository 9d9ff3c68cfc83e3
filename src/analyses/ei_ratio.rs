//! How excitatory and inhibitory weights compare in number (Park, Zhang & Choe, 2025, Table 3).

use super::{Analysis, Bench, Cell, Column, Figure, Findings};
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::train::TrainError;
use lcnnc_lang::ir::Net;
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};

pub const EI_RATIO: Analysis = Analysis {
    name: "ei_ratio",
    about: "excitatory against inhibitory connections above a threshold, a row for each threshold (Park et al., 2025, Table 3)",
    args: &[Arg::with(
        "thresholds",
        Type::Reals,
        ArgValue::Reals(Vec::new()),
        "the thresholds, from 0 on; without any, 0 and the median and the upper quartile of all absolute weights",
    )],
    columns: &[
        Column { name: "excitatory", about: "the excitatory bundle, as it came out of training" },
        Column { name: "inhibitory", about: "the inhibitory bundle" },
        Column {
            name: "swapped",
            about: "1 where training left the roles the other way round, so that both are relabelled, else 0",
        },
        Column { name: "threshold", about: "the threshold `theta`" },
        Column { name: "above", about: "how many excitatory weights are above `theta`" },
        Column { name: "below", about: "how many inhibitory weights are below `-theta`" },
        Column {
            name: "excitatory_share",
            about: "`above / (above + below)`, from 0 to 1; empty where there are none",
        },
        Column { name: "inhibitory_share", about: "`below / (above + below)`" },
    ],
    watches: false,
    applies,
    run,
};

fn applies(net: &Net) -> Result<(), String> {
    match net.separated.is_empty() {
        false => Ok(()),
        true => Err("no penalty of the net pushes an excitatory and an inhibitory bundle apart".to_owned()),
    }
}

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (net, mut findings) = (bench.net(), Findings::default());
    let mut panels = Vec::new();
    for pair in &net.separated {
        let [e, i] = pair.map(|id| net.param(id));
        let [mut above, mut below] = [bench.weights(&e.name)?, bench.weights(&i.name)?];
        let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
        let is_swapped = mean(&above) < mean(&below);
        let mut names = [e.owner(), i.owner()];
        if is_swapped {
            std::mem::swap(&mut above, &mut below);
            names.swap(0, 1);
            let [e, i] = names;
            findings.notes.push(format!(
                "training left `{e}` above `{i}`, the other way round than they were declared: `{e}` counts as excitatory here"
            ));
        }
        let mut thresholds = call.reals("thresholds").to_vec();
        if thresholds.is_empty() {
            thresholds = usual(&above, &below);
        }
        let mut shares = [Vec::new(), Vec::new()];
        for theta in &thresholds {
            let theta = *theta;
            let counts = [above.iter().filter(|x| **x > theta).count(), below.iter().filter(|x| **x < -theta).count()];
            let all = counts[0] + counts[1];
            for (shares, count) in shares.iter_mut().zip(counts) {
                shares.push(count as f64 / all as f64);
            }
            let share = |n: usize| if all == 0 { Cell::Absent } else { Cell::Number(n as f64 / all as f64) };
            findings.rows.push(vec![
                Cell::Text(names[0].to_owned()),
                Cell::Text(names[1].to_owned()),
                Cell::Count(usize::from(is_swapped)),
                Cell::Number(theta),
                Cell::Count(counts[0]),
                Cell::Count(counts[1]),
                share(counts[0]),
                share(counts[1]),
            ]);
        }
        let bars = names
            .iter()
            .zip(shares)
            .map(|(name, heights)| Mark::new(*name, MarkKind::Bars { heights, errors: Vec::new() }));
        let names = thresholds.iter().map(|theta| format!("{theta:.2e}")).collect();
        let (x, y) = (Axis::named("threshold", names), Axis::linear("share of connections (0 to 1)").within(0.0, 1.0));
        panels.push(Panel { title: format!("{} and {}", e.owner(), i.owner()), x, y, marks: bars.collect() });
    }
    findings.figures.push(Figure {
        name: String::new(),
        caption: format!(
            "Excitatory weights above a threshold against inhibitory weights below minus that threshold, as shares of both together. \
             Bundles that training left the other way round are relabelled. {}.",
            bench.about_run()
        ),
        seen_before: "Park, Zhang and Choe (2025, Table 3) found shares of excitation from .388 to .760, nearer to one half than the \
                      four fifths of cortex."
            .to_owned(),
        drawing: Drawing::Plot(Plot { title: "Excitation and inhibition".to_owned(), columns: 2, panels }),
    });
    Ok(findings)
}

/// 0, and the median and the upper quartile of all absolute weights: the paper does not print its thresholds.
fn usual(above: &[f64], below: &[f64]) -> Vec<f64> {
    let mut sizes: Vec<f64> = above.iter().chain(below).map(|x| x.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let quantile = |share: f64| sizes.get((share * sizes.len() as f64) as usize).copied().unwrap_or(0.0);
    vec![0.0, quantile(0.5), quantile(0.75)]
}
