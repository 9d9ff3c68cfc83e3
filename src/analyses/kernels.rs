//! Kernels as pictures, before and after training (Park, Zhang & Choe, 2025, supplement).

use super::bench::AtTime;
use super::moments::Spread;
use super::{Analysis, Bench, Cell, Column, Figure, Findings};
use crate::figures::{Drawing, Pictures, Tile};
use crate::train::TrainError;
use lcnnc_lang::diag::among;
use lcnnc_lang::ir::{Net, Op, Param, Visit};
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};
use std::collections::BTreeSet;

/// Rows and columns of kernels of a picture: of a bundle with more, the first ones are drawn.
const MOST_DRAWN: usize = 16;
/// Kernels of a bundle that nobody asks for by name.
const MOST: usize = 4096;

pub const KERNELS: Analysis = Analysis {
    name: "kernels",
    about: "the kernels of convolutions as pictures, before and after training, a row for each kernel (Park et al., 2025, supplement)",
    args: &[Arg::with(
        "of",
        Type::Names,
        ArgValue::Names(Vec::new()),
        "the bundles, as in `W_A`; `all` are those of at most 4096 kernels that are larger than 1 x 1",
    )],
    columns: &[
        Column { name: "bundle", about: "the bundle, as in `W_L`" },
        Column { name: "weights", about: "whose: `initial`, where the run kept them, and those that were asked for" },
        Column { name: "to", about: "the feature map that the kernel leads to, from 0" },
        Column { name: "from", about: "the feature map that it comes from, from 0 in its group" },
        Column { name: "norm", about: "its length, `sqrt(sum(w^2))`" },
        Column { name: "mean", about: "the mean of its weights" },
        Column { name: "minimum", about: "its smallest weight" },
        Column { name: "maximum", about: "its largest weight" },
    ],
    watches: false,
    applies,
    run,
};

fn applies(net: &Net) -> Result<(), String> {
    match of_convolutions(net).iter().any(|param| is_picture(param)) {
        true => Ok(()),
        false => Err(format!("no convolution of the net has kernels larger than 1 x 1, at most {MOST} of them")),
    }
}

/// The kernels `[out, in, height, width]` of all convolutions, in the order of the net.
pub fn of_convolutions(net: &Net) -> Vec<&Param> {
    let mut used = BTreeSet::new();
    for visit in net.walk() {
        if let Visit::Node(node) = visit
            && let Op::Conv { weight, .. } = &node.op
        {
            used.extend(net.versions(*weight));
        }
    }
    used.into_iter().map(|id| net.param(id)).collect()
}

fn is_picture(param: &Param) -> bool {
    param.shape[2..].iter().product::<usize>() > 1 && param.shape[0] * param.shape[1] <= MOST
}

/// The kernels of the bundles that are named, or those that `otherwise` takes where none is.
///
/// # Errors
/// A name that no bundle of a convolution has, and the names that there are.
pub fn named<'n>(
    net: &'n Net,
    names: &[String],
    (analysis, otherwise): (&'static str, &dyn Fn(&Param) -> bool),
) -> Result<Vec<&'n Param>, TrainError> {
    let all = of_convolutions(net);
    if names.is_empty() {
        return Ok(all.into_iter().filter(|param| otherwise(param)).collect());
    }
    let mut found = Vec::new();
    for name in names {
        // A bundle of which each step has its own weights has several.
        let inside = format!("{name}.");
        let own = all.iter().filter(|param| param.owner() == name || param.owner().starts_with(&inside));
        let before = found.len();
        found.extend(own.copied());
        if found.len() == before {
            let known = among(all.iter().map(|param| param.owner()));
            let reason = format!("`{name}` is no bundle of a convolution: write {known}");
            return Err(super::wrong_call(analysis, reason));
        }
    }
    Ok(found)
}

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let mut findings = Findings::default();
    for param in named(bench.net(), call.names("of"), (KERNELS.name, &is_picture))? {
        let times = bench.before_and_after(&param.name)?;
        let taps: usize = param.shape[2..].iter().product();
        for AtTime { time, weights, .. } in &times {
            for (n, kernel) in weights.chunks_exact(taps).enumerate() {
                let norm = kernel.iter().map(|w| w * w).sum::<f64>().sqrt();
                let Spread { mean, minimum, maximum, .. } = Spread::of(kernel);
                let names = [param.owner(), time].map(|name| Cell::Text(name.to_owned()));
                let places = [n / param.shape[1], n % param.shape[1]].map(Cell::Count);
                let numbers = [norm, mean, minimum, maximum].map(Cell::Number);
                findings.rows.push(names.into_iter().chain(places).chain(numbers).collect());
            }
        }
        findings.figures.push(figure(bench, param, &times));
    }
    Ok(findings)
}

/// All kernels of a bundle: a row for each map that they lead to, and a column for each that they come from, time after time.
fn figure(bench: &Bench, param: &Param, times: &[AtTime]) -> Figure {
    let [to, from, height, width] = [0, 1, 2, 3].map(|n| param.shape[n]);
    let [rows, columns] = [to, from].map(|count| count.min(MOST_DRAWN));
    let tile = |row: usize, weights: &[f64], column: usize| {
        let kernel = &weights[(row * from + column) * height * width..][..height * width];
        Some(Tile { height, width, values: kernel.iter().map(|w| *w as f32).collect() })
    };
    let tiles = (0..rows).flat_map(|row| {
        times.iter().flat_map(move |at| (0..columns).map(move |column| tile(row, &at.weights, column)))
    });
    let name = |time: &str, column: usize| if from == 1 { time.to_owned() } else { format!("{time}, from {column}") };
    let left = match (to > rows, from > columns) {
        (false, false) => String::new(),
        _ => format!(
            " The first {rows} of {to} maps that they lead to are drawn, and the first {columns} of {from} that they come from."
        ),
    };
    Figure {
        name: param.owner().replace('.', "_"),
        caption: format!(
            "The kernels of `{}`, all on one scale, from blue for negative weights over white for 0 to red; `initial` are those that training \
             began with, where the run kept them.{left} {}.",
            param.owner(),
            bench.about_run()
        ),
        seen_before: "Park, Zhang and Choe (2025) show such kernels in their supplement.".to_owned(),
        drawing: Drawing::Pictures(Pictures {
            title: format!("Kernels of {}", param.owner()),
            rows: (0..rows).map(|row| format!("to {row}")).collect(),
            columns: times.iter().flat_map(|at| (0..columns).map(|column| name(&at.time, column))).collect(),
            tiles: tiles.collect(),
            is_signed: true,
            scale: scale(times.iter().flat_map(|at| at.weights.iter().copied())),
            unit: "weight (dimensionless)".to_owned(),
        }),
    }
}

/// Both ends of a scale with 0 in its middle.
pub fn scale(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let end = values.filter(|x| x.is_finite()).fold(0.0_f64, |end, x| end.max(x.abs()));
    [-end, end]
}
