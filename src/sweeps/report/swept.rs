//! What validation says of every value that a sweep goes over: a panel for each name.

use super::Figure;
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::sweeps::results::PointResult;
use std::collections::BTreeSet;

/// Panels side by side.
const COLUMNS: usize = 2;
/// From the smallest to the largest value, at least, for an axis of powers.
const WIDE: f64 = 10.0;

/// What stands in the key for a value of which nothing is known.
const NO_NUMBER: &str = "no result: failed, or not finished";

/// How the values of a name lie along an axis.
enum Along {
    /// As numbers, with equal steps or as powers.
    Numbers { is_log: bool },
    /// As names, in this order.
    Names(Vec<String>),
}

/// Validation accuracy against each value; nothing where no job has any, or nothing differs.
pub fn figure(points: &[PointResult]) -> Option<Figure> {
    let names: BTreeSet<&str> = points.iter().flat_map(|point| point.values.keys()).map(String::as_str).collect();
    let panels: Vec<Panel> = names.into_iter().filter_map(|name| panel(points, name)).collect();
    if panels.is_empty() {
        return None;
    }
    let caption = "Validation accuracy against each value that the sweep goes over. A dot is a point of the sweep: the mean over its seeds \
                   that came to their end. The line joins the best point of each value, whatever its other values are. A line from bottom to top marks a value whose jobs \
                   all failed, or are not finished. An axis is one of \
                   powers where the values have about equal ratios. Source: `summary.json` of the runs."
        .to_owned();
    let title = "validation accuracy".to_owned();
    Some(Figure { drawing: Drawing::Plot(Plot { title, columns: COLUMNS.min(panels.len()), panels }), caption })
}

/// The panel of a name; none where it has one value alone, or no point has a validation.
fn panel(points: &[PointResult], name: &str) -> Option<Panel> {
    let mut values: Vec<&str> = Vec::new();
    points.iter().filter_map(|point| point.get(name)).for_each(|value| {
        if !values.contains(&value) {
            values.push(value);
        }
    });
    let is_drawn = points.iter().any(|point| point.mean_validation().is_some());
    if values.len() < 2 || !is_drawn {
        return None;
    }
    let along = along(&values);
    let place = |value: &str| match &along {
        Along::Numbers { .. } => value.parse::<f64>().ok(),
        Along::Names(names) => names.iter().position(|name| name == value).map(|n| n as f64),
    };
    let mut sets: Vec<&str> = Vec::new();
    points.iter().filter_map(|point| point.get("dataset")).for_each(|set| {
        if !sets.contains(&set) {
            sets.push(set);
        }
    });
    let mut marks = Vec::new();
    for set in sets {
        let of_set = points.iter().filter(|point| point.get("dataset") == Some(set));
        let mut dots: Vec<[f64; 2]> =
            of_set.filter_map(|point| Some([place(point.get(name)?)?, 100.0 * point.mean_validation()?])).collect();
        dots.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        let mut best: Vec<[f64; 2]> = Vec::new();
        for [x, y] in dots.iter().copied() {
            match best.last_mut().filter(|last| last[0].total_cmp(&x).is_eq()) {
                Some(last) => last[1] = y,
                None => best.push([x, y]),
            }
        }
        marks.push(Mark::new(set, MarkKind::Line { points: best, dashed: false }));
        marks.push(Mark::new(set, MarkKind::Points { points: dots, errors: Vec::new() }));
    }
    // Where no point of a value has a number, a line stands in its place.
    let is_empty = |value: &&str| {
        let mut of_value = points.iter().filter(|point| point.get(name) == Some(*value));
        of_value.all(|point| point.mean_validation().is_none())
    };
    for at in values.iter().filter(|value| is_empty(value)).filter_map(|value| place(value)) {
        marks.push(Mark::new(NO_NUMBER, MarkKind::Across { at, vertical: true }));
    }
    let x = match along {
        Along::Numbers { is_log: true } => Axis::log(name),
        Along::Numbers { is_log: false } => Axis::linear(name),
        Along::Names(names) => Axis::named(name, names),
    };
    Some(Panel { title: name.to_owned(), x, y: Axis::linear("validation accuracy (%)"), marks })
}

/// How values lie along an axis: numbers as numbers, on an axis of powers where that spreads them more evenly; others by their names.
/// Zero has no place among powers, so it is a name among names there.
fn along(values: &[&str]) -> Along {
    let as_they_are = || Along::Names(values.iter().map(|value| (*value).to_owned()).collect());
    let Some(mut numbers) = values
        .iter()
        .map(|value| value.parse::<f64>().ok().filter(|x| x.is_finite()).map(|x| (x, *value)))
        .collect::<Option<Vec<(f64, &str)>>>()
    else {
        return as_they_are();
    };
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positive: Vec<f64> = numbers.iter().map(|(x, _)| *x).filter(|x| *x > 0.0).collect();
    let zeros = numbers.iter().filter(|(x, _)| *x == 0.0).count();
    let is_log = is_geometric(&positive);
    match (is_log, positive.len() == numbers.len(), positive.len() + zeros == numbers.len()) {
        (true, false, true) => Along::Names(numbers.into_iter().map(|(_, value)| value.to_owned()).collect()),
        (is_log, all_positive, _) => Along::Numbers { is_log: is_log && all_positive },
    }
}

/// Whether ascending numbers above 0 reach far, and their ratios are more alike than their steps.
fn is_geometric(numbers: &[f64]) -> bool {
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return false };
    let unevenness = |of: fn(f64) -> f64| {
        let steps: Vec<f64> = numbers.windows(2).map(|pair| of(pair[1]) - of(pair[0])).collect();
        let mean = steps.iter().sum::<f64>() / steps.len() as f64;
        steps.iter().map(|step| (step / mean - 1.0).powi(2)).sum::<f64>()
    };
    last / first >= WIDE && (numbers.len() == 2 || unevenness(f64::ln) < unevenness(|x| x))
}
