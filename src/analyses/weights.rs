//! How the numbers of each parameter are spread.

use super::moments::Spread;
use super::{Analysis, Bench, Cell, Column, Findings, always};
use crate::train::TrainError;
use lcnnc_lang::ir::Param;
use lcnnc_lang::vocabulary::Bound;

pub const WEIGHTS: Analysis = Analysis {
    name: "weights",
    about: "statistics of the numbers of every parameter, a row each, in the order of the net",
    args: &[],
    columns: &[
        Column { name: "parameter", about: "its name in the files of weights, as in `W_L.weight`" },
        Column { name: "class", about: "`kernel`, `bias`, `norm` or `statistic`; statistics are kept, never trained" },
        Column { name: "role", about: "`excitatory` or `inhibitory`, of the branch's arm that it drives; else `none`" },
        Column { name: "shape", about: "in PyTorch's layout, as in `8x1x7x7`" },
        Column { name: "count", about: "how many numbers it holds, `n`" },
        Column { name: "mean", about: "`m = sum(x) / n`" },
        Column { name: "sd", about: "standard deviation of the population, `s = sqrt(sum((x - m)^2) / n)`" },
        Column { name: "minimum", about: "the smallest number" },
        Column { name: "maximum", about: "the largest number" },
        Column { name: "zeros", about: "share of numbers that are exactly 0, from 0 to 1" },
        Column { name: "l1", about: "`sum(abs(x))`" },
        Column { name: "l2", about: "`sqrt(sum(x^2))`" },
        Column {
            name: "excess_kurtosis",
            about: "`sum((x - m)^4) / n / s^4 - 3`, which is 0 for a normal distribution; empty where all numbers are equal",
        },
    ],
    watches: false,
    applies: always,
    run,
};

fn run(bench: &Bench, _: &Bound) -> Result<Findings, TrainError> {
    let (model, weights) = (bench.model(), bench.model().weights()?);
    let rows = model.net().params.iter().zip(&weights).map(|(param, weight)| row(param, &weight.values));
    Ok(rows.collect::<Vec<_>>().into())
}

fn row(param: &Param, values: &[f64]) -> Vec<Cell> {
    let shape: Vec<String> = param.shape.iter().map(usize::to_string).collect();
    let Spread { mean, sd, excess_kurtosis, minimum, maximum } = Spread::of(values);
    let zeros = values.iter().filter(|x| **x == 0.0).count() as f64 / values.len() as f64;
    let l1 = values.iter().map(|x| x.abs()).sum();
    let l2 = values.iter().map(|x| x * x).sum::<f64>().sqrt();
    vec![
        Cell::Text(param.name.clone()),
        Cell::Text(param.class.to_string()),
        Cell::Text(param.role.map_or("none".to_owned(), |role| role.to_string())),
        Cell::Text(shape.join("x")),
        Cell::Count(values.len()),
        Cell::Number(mean),
        Cell::Number(sd),
        Cell::Number(minimum),
        Cell::Number(maximum),
        Cell::Number(zeros),
        Cell::Number(l1),
        Cell::Number(l2),
        excess_kurtosis.map_or(Cell::Absent, Cell::Number),
    ]
}
