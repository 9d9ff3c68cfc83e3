//! How the weights of each bundle are spread before and after training (Park, Zhang & Choe, 2025, Fig. 10).

use super::bench::AtTime;
use super::{Analysis, Bench, Cell, Column, Figure, Findings, always, relabel};
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::train::TrainError;
use lcnnc_lang::ir::{ParamClass, ParamId};
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};

pub const HISTOGRAMS: Analysis = Analysis {
    name: "histograms",
    about: "histograms of the weights of every kernel before and after training, a row for each bin (Park et al., 2025, Fig. 10)",
    args: &[Arg::with(
        "bins",
        Type::Count { min: 2, max: 10_000 },
        ArgValue::Count(50),
        "bins of equal width, over all weights of a kernel at all times",
    )],
    columns: &[
        Column { name: "parameter", about: "the kernel, as in `W_L.weight`" },
        Column {
            name: "role",
            about: "`excitatory` or `inhibitory`, as the branch's arm that it drives was declared; else `none`",
        },
        Column {
            name: "weights",
            about: "whose: `initial` and those of epochs, where the run kept them, and those that were asked for",
        },
        Column { name: "from", about: "lower end of the bin; it counts to the bin" },
        Column { name: "to", about: "upper end, which counts to the next bin, and of the last bin to itself" },
        Column { name: "count", about: "weights in the bin" },
        Column { name: "density", about: "share of the kernel's weights in the bin, divided by its width" },
    ],
    watches: false,
    applies: always,
    run,
};

/// Times whose histograms are drawn at most.
const MOST_DRAWN: usize = 5;

/// Whether the histogram of a time is drawn: the first and the last one, and some between, evenly.
fn is_drawn(n: usize, times: usize) -> bool {
    let last = times.saturating_sub(1);
    times <= MOST_DRAWN || (0..MOST_DRAWN).any(|drawn| drawn * last / (MOST_DRAWN - 1) == n)
}

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (mut findings, mut panels, bins) = (Findings::default(), Vec::new(), call.count("bins"));
    let swapped = relabel::swapped(bench, &mut findings.notes)?;
    let kernels = bench.net().params.iter().enumerate().filter(|(_, param)| param.class == ParamClass::Kernel);
    for (n, param) in kernels {
        let times = bench.over_time(&param.name)?;
        let all = times.iter().flat_map(|at| &at.weights).filter(|x| x.is_finite());
        let [low, high] = all.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(*x), high.max(*x)]);
        if low > high {
            findings.notes.push(format!("`{}` has no finite weight, and no histogram", param.name));
            continue;
        }
        // Equal weights have a bin around them.
        let [low, high] = if low < high { [low, high] } else { [low - 0.5, low + 0.5] };
        let width = (high - low) / bins as f64;
        let edges: Vec<f64> = (0..=bins).map(|n| if n == bins { high } else { low + n as f64 * width }).collect();
        let mut marks = Vec::new();
        for (n, AtTime { time, weights, .. }) in times.iter().enumerate() {
            let mut counts = vec![0_usize; bins];
            for x in weights.iter().filter(|x| x.is_finite()) {
                // Rounding must not put a number behind an end that it does not reach.
                counts[edges[1..bins].partition_point(|edge| *edge <= *x)] += 1;
            }
            let densities: Vec<f64> = counts.iter().map(|count| *count as f64 / weights.len() as f64 / width).collect();
            for bin in 0..bins {
                let role = param.role.map_or("none".to_owned(), |role| role.to_string());
                let names = [param.name.clone(), role, time.clone()].map(Cell::Text);
                let [from, to] = [edges[bin], edges[bin + 1]].map(Cell::Number);
                let numbers = [from, to, Cell::Count(counts[bin]), Cell::Number(densities[bin])];
                findings.rows.push(names.into_iter().chain(numbers).collect());
            }
            if is_drawn(n, times.len()) {
                marks.push(Mark::new(time.clone(), MarkKind::Steps { edges: edges.clone(), heights: densities }));
            }
        }
        let role = param.role.map_or(String::new(), |role| match swapped.contains(&ParamId(n)) {
            true => format!(" (relabelled {})", relabel::role(role, true)),
            false => format!(" ({role})"),
        });
        let (x, y) = (Axis::linear("weight (dimensionless)"), Axis::linear("density (per unit of weight)"));
        panels.push(Panel { title: format!("{}{role}", param.name), x, y, marks });
    }
    findings.figures.push(Figure {
        name: String::new(),
        caption: format!(
            "Histograms of the weights of every kernel, as densities; `initial` are those that training began with, and `epoch:5` those \
             after the fifth epoch, where the run kept them; of more than {MOST_DRAWN} times some are drawn. {}.",
            bench.about_run()
        ),
        // What that penalty does is seen of no other net.
        seen_before: match bench.net().separated.is_empty() {
            true => String::new(),
            false => "Park, Zhang and Choe (2025, Fig. 10) saw the penalty pull excitatory and inhibitory weights to opposite signs.".to_owned(),
        },
        drawing: Drawing::Plot(Plot { title: "Weights before and after training".to_owned(), columns: 2, panels }),
    });
    Ok(findings)
}
