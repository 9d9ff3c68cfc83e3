//! How excitatory and inhibitory weights compare in number (Park, Zhang & Choe, 2025, Table 3).

use super::moments::quantile;
use super::{Analysis, Bench, Cell, Column, Figure, Findings, Measure, relabel, wrong_call};
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::train::TrainError;
use lcnnc_lang::ir::{Net, Param};
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};

pub const EI_RATIO: Analysis = Analysis {
    name: "ei_ratio",
    about: "excitatory against inhibitory connections and units above a threshold, a row for each threshold (Park et al., 2025, Table 3)",
    args: &[Arg::with(
        "thresholds",
        Type::Reals,
        ArgValue::Reals(Vec::new()),
        "the thresholds, from 0 on; without any, 0 and the median and the upper quartile of all absolute numbers that are counted",
    )],
    columns: &[
        Column { name: "excitatory", about: "the excitatory bundle, as it came out of training" },
        Column { name: "inhibitory", about: "the inhibitory bundle" },
        Column {
            name: "swapped",
            about: "1 where training left the roles the other way round, so that both are relabelled, else 0",
        },
        Column {
            name: "over",
            about: "`connections`: each weight counts; `units`: each feature map that a bundle makes, by the mean of its weights",
        },
        Column { name: "threshold", about: "the threshold `theta`" },
        Column { name: "above", about: "how many excitatory weights or units are above `theta`" },
        Column { name: "below", about: "how many inhibitory ones are below `-theta`" },
        Column {
            name: "excitatory_share",
            about: "`above / (above + below)`, from 0 to 1; empty where there are none",
        },
        Column { name: "inhibitory_share", about: "`below / (above + below)`" },
        Column {
            name: "published_row",
            about: "the row of Table 3 that stands beside it, from 1, of connections of the paper's data sets; empty elsewhere",
        },
        Column {
            name: "published_share",
            about: "the excitatory share of that row, whose threshold is known of row 1 alone, 0 by our reading",
        },
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

/// Excitatory shares of Table 3, a row for each threshold, by data set.
const PUBLISHED: &[(&str, [f64; 3])] =
    &[("mnist", [0.505, 0.469, 0.760]), ("fashion-mnist", [0.499, 0.500, 0.527]), ("cifar10", [0.524, 0.424, 0.388])];

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (net, mut findings) = (bench.net(), Findings::default());
    let mut panels = Vec::new();
    if let Some(theta) = call.reals("thresholds").iter().find(|theta| **theta < 0.0) {
        return Err(wrong_call(
            EI_RATIO.name,
            format!("a threshold is {theta}: they begin at 0, since weights of both signs count above one below it"),
        ));
    }
    let data = bench.trained().manifest().data.name.as_str();
    let published = PUBLISHED.iter().find(|(name, _)| *name == data).map(|(_, shares)| shares);
    for pair in &net.separated {
        let is_swapped = relabel::is_swapped(bench, *pair)?;
        let mut params = pair.map(|id| net.param(id));
        if is_swapped {
            findings.notes.push(relabel::note(params.map(Param::owner)));
            params.swap(0, 1);
        }
        let weights = [bench.weights(&params[0].name)?, bench.weights(&params[1].name)?];
        let units = [units(params[0], &weights[0]), units(params[1], &weights[1])];
        for (over, [above, below]) in [("connections", weights), ("units", units)] {
            let asked = call.reals("thresholds");
            let thresholds = if asked.is_empty() { usual(&above, &below) } else { asked.to_vec() };
            let mut shares = [Vec::new(), Vec::new()];
            for (n, theta) in thresholds.iter().copied().enumerate() {
                let counts =
                    [above.iter().filter(|x| **x > theta).count(), below.iter().filter(|x| **x < -theta).count()];
                let all = counts[0] + counts[1];
                let share = counts.map(|count| count as f64 / all as f64);
                shares.iter_mut().zip(share).for_each(|(shares, share)| shares.push(share));
                if all > 0 {
                    // The usual thresholds are other numbers in each run, and the same quantiles.
                    let at = if asked.is_empty() { USUAL[n].to_owned() } else { format!("threshold {theta}") };
                    let pair = params.map(Param::owner).join(" and ");
                    findings.measures.push(Measure::new(pair, format!("{over}, {at}"), "excitatory share", share[0]));
                }
                // Which numbers the thresholds of the other rows are is not known: these stand in the paper's order.
                let row = if asked.is_empty() { Some(n) } else { (theta == 0.0).then_some(0) };
                let row = row.filter(|_| over == "connections");
                let beside = row.and_then(|row| Some((row, published?.get(row)?)));
                findings.rows.push(vec![
                    Cell::Text(params[0].owner().to_owned()),
                    Cell::Text(params[1].owner().to_owned()),
                    Cell::Count(usize::from(is_swapped)),
                    Cell::Text(over.to_owned()),
                    Cell::Number(theta),
                    Cell::Count(counts[0]),
                    Cell::Count(counts[1]),
                    if all == 0 { Cell::Absent } else { Cell::Number(share[0]) },
                    if all == 0 { Cell::Absent } else { Cell::Number(share[1]) },
                    beside.map_or(Cell::Absent, |(row, _)| Cell::Count(row + 1)),
                    beside.map_or(Cell::Absent, |(_, share)| Cell::Number(*share)),
                ]);
            }
            let bars = ["excitatory", "inhibitory"]
                .into_iter()
                .zip(shares)
                .map(|(role, heights)| Mark::new(role, MarkKind::Bars { heights, errors: Vec::new() }));
            let label = |theta: &f64| if *theta == 0.0 { "0".to_owned() } else { format!("{theta:.2e}") };
            let names = thresholds.iter().map(label).collect();
            let x = Axis::named("threshold (dimensionless)", names);
            let y = Axis::linear(format!("share of {over} (0 to 1)")).within(0.0, 1.0);
            let title = format!("{} and {}: {over}", params[0].owner(), params[1].owner());
            panels.push(Panel { title, x, y, marks: bars.collect() });
        }
    }
    findings.figures.push(Figure {
        name: String::new(),
        caption: format!(
            "Excitatory weights above a threshold against inhibitory weights below minus that threshold, as shares of both together, and \
             the same of units, which are the feature maps that each bundle makes, by the means of their weights. Bundles that \
             training left the other way round are relabelled. {}.",
            bench.about_run()
        ),
        seen_before: "Park, Zhang and Choe (2025, Table 3) found shares of excitation from .388 to .760, nearer to one half than the \
                      four fifths of cortex."
            .to_owned(),
        drawing: Drawing::Plot(Plot { title: "Excitation and inhibition".to_owned(), columns: 2, panels }),
    });
    Ok(findings)
}

/// The names of [`usual`] thresholds.
const USUAL: [&str; 3] = ["threshold 0", "threshold at the median", "threshold at the upper quartile"];

/// 0, and the median and the upper quartile of all absolute numbers: the paper does not print its thresholds.
fn usual(above: &[f64], below: &[f64]) -> Vec<f64> {
    let mut sizes: Vec<f64> = above.iter().chain(below).map(|x| x.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let at = |share: f64| quantile(&sizes, share).unwrap_or(0.0);
    vec![0.0, at(0.5), at(0.75)]
}

/// The mean weight of each feature map that a kernel `[outputs, …]`, or `[height, width, outputs, …]` of places, makes.
fn units(param: &Param, weights: &[f64]) -> Vec<f64> {
    let (places, outputs) = match param.shape.as_slice() {
        [height, width, outputs, _, _, _] => (height * width, *outputs),
        shape => (1, shape.first().copied().unwrap_or(1)),
    };
    let len = weights.len() / places / outputs;
    let mean = |output: usize| {
        let of_place = |place: usize| &weights[(place * outputs + output) * len..][..len];
        (0..places).flat_map(of_place).sum::<f64>() / (places * len) as f64
    };
    (0..outputs).map(mean).collect()
}
