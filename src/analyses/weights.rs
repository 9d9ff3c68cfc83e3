//! How the numbers of each parameter are spread.

use super::{Analysis, Bench, Cell, Column, Rows};
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
    run,
};

fn run(bench: &Bench, _: &Bound) -> Result<Rows, TrainError> {
    let (model, weights) = (bench.model(), bench.model().weights()?);
    Ok(model.net().params.iter().zip(&weights).map(|(param, weight)| row(param, &weight.values)).collect())
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

/// How numbers lie around their mean.
struct Spread {
    mean: f64,
    /// The standard deviation of the numbers, taken as a whole population (divided by their count).
    sd: f64,
    /// The standardised fourth moment minus 3; there is none where all numbers are equal.
    excess_kurtosis: Option<f64>,
    minimum: f64,
    maximum: f64,
}

impl Spread {
    /// The spread of one or more numbers. If one of them is no number, nothing of it is.
    fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        // Unlike `f64::min`, these keep what is no number.
        let minimum = values.iter().copied().fold(f64::INFINITY, |a, x| if x < a || x.is_nan() { x } else { a });
        let maximum = values.iter().copied().fold(f64::NEG_INFINITY, |a, x| if x > a || x.is_nan() { x } else { a });
        if minimum == maximum {
            // Rounding would give equal numbers a spread.
            return Self { mean: minimum, sd: 0.0, excess_kurtosis: None, minimum, maximum };
        }
        let mean = values.iter().sum::<f64>() / n;
        let moment = |power: i32| values.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
        let variance = moment(2);
        let excess_kurtosis = Some(moment(4) / variance.powi(2) - 3.0);
        Self { mean, sd: variance.sqrt(), excess_kurtosis, minimum, maximum }
    }
}
