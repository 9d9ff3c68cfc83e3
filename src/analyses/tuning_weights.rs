//! Whether channels that answer to the same gratings are connected by lateral weights: like to like, as neurons of the visual cortex
//! are (Ko et al., 2011).

use super::bench::AtTime;
use super::lateral::{self, Choice, Lateral, chosen};
use super::similarity::{Line, pairs_of, panel};
use super::tuning::{Tuning, tuned};
use super::values::{Seen, each_step, map_of, title, watched};
use super::{Analysis, Bench, Cell, Column, Figure, Findings, Measure, wrong_call};
use crate::activity::{Asked, Place};
use crate::data::gratings::{Battery, CONTRAST, FREQUENCIES, HIGHEST, LOWEST, ORIENTATIONS, PHASES};
use crate::figures::{Axis, Drawing, Plot};
use crate::train::TrainError;
use lcnnc_kernels::draws::Draws;
use lcnnc_lang::ir::{Net, Op, Param, Traced, Value};
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};

/// Random orders of the channels that a correlation is compared with.
const ORDERS: usize = 9999;
/// What they are drawn from.
const SEED: u64 = 0;

pub const TUNING_WEIGHTS: Analysis = Analysis {
    name: "tuning_weights",
    about: "similarity of tuning against lateral weights, a row for each ordered pair of channels",
    args: &[
        Arg::with(
            "of",
            Type::Names,
            ArgValue::Names(Vec::new()),
            "the values whose tuning is compared, at their first step, each bundle with the first one that has as many channels; `all` are \
             the states, or outside of loops the values, that the bundles lead from",
        ),
        Arg::with("bundle", Type::Names, ArgValue::Names(Vec::new()), lateral::ABOUT),
        ORIENTATIONS,
        FREQUENCIES,
        PHASES,
        LOWEST,
        HIGHEST,
        CONTRAST,
    ],
    columns: &[
        Column { name: "bundle", about: "the lateral bundle, as in `W_L`" },
        Column { name: "value", about: "the value whose tuning is compared, at the step of its tuning, as in `O@0`" },
        Column { name: "weights", about: "whose: `initial`, where the run kept them, and those that were asked for" },
        Column { name: "p", about: "the channel that the kernel comes from, from 0" },
        Column { name: "q", about: "the channel that it leads to, another one" },
        Column {
            name: "similarity",
            about: "Pearson's correlation of the responses of `p` and `q` to all gratings, largest over phases; empty where one of both answers to all alike, or with less than a hundredth of the largest response of all",
        },
        Column { name: "weight", about: "sum of the weights of the kernel from `p` to `q`" },
        Column { name: "centre", about: "the weight in the middle of that kernel" },
    ],
    watches: false,
    applies,
    run,
};

fn applies(net: &Net) -> Result<(), String> {
    lateral::applies(net)?;
    let fits = |lateral: &Lateral| compared(net, lateral, &[]).is_ok_and(|asked| asked.is_some());
    match lateral::bundles(net).iter().any(fits) {
        true => Ok(()),
        false => Err("no value with a name has as many channels as a lateral bundle".to_owned()),
    }
}

/// The value whose tuning is compared for a bundle: the first that has as many channels, of those that are named; where none is, the
/// one that the bundle leads from, or else the first of all.
fn compared(net: &Net, lateral: &Lateral, names: &[String]) -> Result<Option<Asked>, TrainError> {
    let names =
        if names.is_empty() { lateral.value.clone().into_iter().chain(watched(net)).collect() } else { names.to_vec() };
    let all = tuned(net, &names, TUNING_WEIGHTS.name)?;
    let found = all.into_iter().find(|asked| asked.dims.len() == 3 && map_of(asked)[0] == lateral.maps());
    // A state that begins at zero answers to nothing before its first step.
    let traced = net.traced();
    let answers =
        |seen: &Seen| !matches!(&seen.asked.place, Place::Traced(at) if at.iter().all(|n| is_zero(net, &traced[*n])));
    Ok(found.and_then(|asked| each_step(&[asked]).into_iter().find(answers)).map(|seen| seen.asked))
}

/// Whether a value is zero whatever the image is: one that `zeros` makes, or a state that begins with one.
fn is_zero(net: &Net, value: &Traced) -> bool {
    let zeros = |init: Value| net.nodes().any(|node| node.value == init && node.op == Op::Zeros);
    let mut states = net.loops().flat_map(|looped| &looped.states).filter(|state| state.name == value.name);
    value.is_zeros || value.steps.last() == Some(&0) && states.any(|state| zeros(state.init))
}

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (net, battery) = (bench.net(), Battery::of(call).map_err(|reason| wrong_call(TUNING_WEIGHTS.name, reason))?);
    let (mut findings, mut panels) = (Findings::default(), Vec::new());
    let models = bench.models()?;
    let choice =
        Choice { analysis: TUNING_WEIGHTS.name, bundles: call.names("bundle"), afferents: &[], with_local: false };
    for lateral in chosen(net, choice)? {
        let (bundle, maps) = (lateral.bundle, lateral.maps());
        let Some(asked) = compared(net, &lateral, call.names("of"))? else {
            findings
                .notes
                .push(format!("`{}` is left out: no value among those asked for has {maps} channels", bundle.owner()));
            continue;
        };
        for ((time, model), AtTime { weights, .. }) in models.iter().zip(bench.before_and_after(&bundle.name)?) {
            let pairs = pairs(&Tuning::of(bench, model, &asked, &battery)?, bundle, &weights);
            for pair in &pairs {
                let names = [bundle.owner().to_owned(), title(&asked, 0), time.clone()].map(Cell::Text);
                let numbers = [
                    pair.similarity.map_or(Cell::Absent, Cell::Number),
                    Cell::Number(pair.weight),
                    Cell::Number(pair.centre),
                ];
                findings.rows.push(names.into_iter().chain([pair.p, pair.q].map(Cell::Count)).chain(numbers).collect());
            }
            let points: Vec<[f64; 2]> = pairs.iter().filter_map(|pair| Some([pair.similarity?, pair.weight])).collect();
            let line = Line::through(&points);
            let p = line.map(|line| chance(&pairs, maps, line.r));
            let measure = |(line, p): (Line, f64)| {
                let at = format!("{time} weights");
                [("correlation r of tuning and weight", line.r), ("p of that correlation (Mantel)", p)]
                    .map(|(quantity, x)| Measure::new(bundle.owner(), at.clone(), quantity, x))
            };
            findings.measures.extend(line.zip(p).into_iter().flat_map(measure));
            findings.notes.push(note((bundle.owner(), time), &points, line.zip(p)));
            let axes = [
                Axis::linear("similarity of tuning (correlation)").within(-1.0, 1.0),
                Axis::linear("lateral weight (sum of the kernel)"),
            ];
            let marks = vec![pairs_of("pairs", (points, Vec::new()))];
            panels.push(panel(&format!("{}, {time} weights", bundle.owner()), axes, marks, line));
        }
    }
    findings.figures.push(Figure {
        name: String::new(),
        caption: format!(
            "Each point is an ordered pair of different channels: the correlation of their responses to {} against the sum of the weights of \
             the lateral kernel from the one to the other. The line is one of least squares. {}.",
            battery.about(),
            bench.about_run()
        ),
        seen_before: "Ko et al. (2011) saw neurons of area V1 of mice connected more often where they answer alike.".to_owned(),
        drawing: Drawing::Plot(Plot { title: "Lateral weights against similarity of tuning".to_owned(), columns: 2, panels }),
    });
    Ok(findings)
}

/// Two channels and the kernel from the one to the other.
struct Pair {
    p: usize,
    q: usize,
    similarity: Option<f64>,
    weight: f64,
    centre: f64,
}

fn pairs(tuning: &Tuning, bundle: &Param, weights: &[f64]) -> Vec<Pair> {
    let (maps, [height, width]) = (bundle.shape[0], [bundle.shape[2], bundle.shape[3]]);
    let ordered = (0..maps).flat_map(|p| (0..maps).filter(move |q| *q != p).map(move |q| (p, q)));
    let answers = tuning.answering();
    let pair = |(p, q): (usize, usize)| {
        let kernel = &weights[(q * maps + p) * height * width..][..height * width];
        let responses = tuning.all(0, p).iter().zip(tuning.all(0, q)).map(|(p, q)| [*p, *q]);
        let line = Line::through(&responses.collect::<Vec<_>>()).filter(|_| answers[p] && answers[q]);
        let similarity = line.map(|line| line.r);
        let centre = kernel[(height - 1) / 2 * width + (width - 1) / 2];
        Pair { p, q, similarity, weight: kernel.iter().sum(), centre }
    };
    ordered.map(pair).collect()
}

/// How probable a correlation as large as `r` is where the channels' tuning has nothing to do with their weights: the share of random
/// orders of the channels that bring it about (Mantel, 1967). Pairs that share a channel are not independent, and this takes
/// account of it; Student's distribution would not.
fn chance(pairs: &[Pair], maps: usize, r: f64) -> f64 {
    let mut similarity = vec![None; maps * maps];
    pairs.iter().for_each(|pair| similarity[pair.p * maps + pair.q] = pair.similarity);
    // A channel that answers to all alike has no similarity, wherever it stands: the others change places.
    let answers = |n: &usize| similarity[n * maps..][..maps].iter().any(Option::is_some);
    let answering: Vec<usize> = (0..maps).filter(answers).collect();
    let (mut draws, mut order, mut places) = (Draws::new(SEED, 0), vec![0; maps], answering.clone());
    let mut as_large = 0;
    for _ in 0..ORDERS {
        for n in (1..places.len()).rev() {
            places.swap(n, (draws.unit() * (n + 1) as f64) as usize);
        }
        answering.iter().zip(&places).for_each(|(from, to)| order[*from] = *to);
        let of = |pair: &Pair| Some([similarity[order[pair.p] * maps + order[pair.q]]?, pair.weight]);
        let points: Vec<[f64; 2]> = pairs.iter().filter(|pair| pair.similarity.is_some()).filter_map(of).collect();
        // Rounding must not make less of the same order.
        as_large += usize::from(Line::through(&points).is_some_and(|line| line.r.abs() >= r.abs() - 1e-9));
    }
    (as_large + 1) as f64 / (ORDERS + 1) as f64
}

/// Channels that answer at least: of three, each of their six orders comes up too often for `p` to be below 0.05.
const FEWEST: usize = 4;

fn note((bundle, time): (&str, &str), points: &[[f64; 2]], line: Option<(Line, f64)>) -> String {
    let Some((Line { slope, r, .. }, p)) = line else {
        return format!("`{bundle}`, {time} weights: no line through {} pairs of channels", points.len());
    };
    let mean = |is_alike: bool| {
        let weights: Vec<f64> =
            points.iter().filter(|[x, _]| (*x > 0.0) == is_alike).map(|[_, weight]| *weight).collect();
        (!weights.is_empty()).then(|| weights.iter().sum::<f64>() / weights.len() as f64)
    };
    let means = match (mean(true), mean(false)) {
        (Some(alike), Some(unlike)) => format!(
            "; the mean weight is {alike:.3} between channels whose tuning is correlated above 0, and {unlike:.3} between the others"
        ),
        _ => String::new(),
    };
    // Of fewer channels, no order is so rare.
    let channels = (1..).find(|n| n * (n - 1) >= points.len()).unwrap_or_default();
    let kind = match (p < 0.05, slope > 0.0) {
        (false, _) if channels < FEWEST => "too few channels that answer to tell",
        (true, true) => "like to like",
        (true, false) => "like to unlike",
        (false, _) => "neither like to like nor like to unlike",
    };
    format!(
        "`{bundle}`, {time} weights: {kind}, slope {slope:.3}, r = {r:.3}, p = {p:.4} by {ORDERS} random orders of the channels, over {} \
         ordered pairs of channels that answer{means}",
        points.len()
    )
}
