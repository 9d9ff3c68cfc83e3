//! Fig. 4 of Pogodin, Mehta, Lillicrap & Latham (2021, NeurIPS, arXiv 2106.13031): how alike kernels become in a sleep phase,
//! by the Hebbian rule (panel A) and by a circuit (panel B).

use super::{Figure, Outcome, Simulation, Watcher};
use crate::analyses::{Cell, Column};
use crate::figures::{self, Axis, Drawing, Mark, MarkKind, Plot};
use crate::sharing::{Circuit, Group, Hebbian, snr};
use lcnnc_kernels::draws::Draws;
use lcnnc_lang::diag::counted;
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type, real};
use rayon::prelude::*;

pub const SHARING: Simulation = Simulation {
    name: "sharing",
    about: "how alike lateral connections make kernels: Fig. 4 of Pogodin et al. (2021)",
    args: &[
        Arg::with(
            "panel",
            Type::Word(&["a", "b", "both"]),
            ArgValue::Word("both"),
            "`a`: the Hebbian rule; `b`: the circuit with an inhibitory neuron",
        ),
        Arg::with("trials", Type::Count { min: 1, max: 1000 }, ArgValue::Count(10), "trials that means are taken over"),
        Arg::with(
            "seed",
            Type::Count { min: 0, max: u32::MAX as usize },
            ArgValue::Count(0),
            "what every random number starts from",
        ),
        Arg::with(
            "noise",
            Type::Real { min: 0.0, max: 1.0 },
            ArgValue::Real(0.0),
            "standard deviation of what each neuron sees beside the pattern that all see",
        ),
        Arg::with(
            "alpha",
            Type::Real { min: 0.0, max: 50.0 },
            ArgValue::Real(10.0),
            "panel B: how strongly the inhibitory neuron acts",
        ),
        Arg::with(
            "iterations",
            Type::Count { min: 1, max: 1_000_000 },
            ArgValue::Count(2000),
            "panel A: iterations, a pattern each",
        ),
        Arg::with(
            "presentations",
            Type::Count { min: 1, max: 1_000_000 },
            ArgValue::Count(10_000),
            "panel B: patterns that are presented one after the other",
        ),
    ],
    columns: &[
        Column { name: "panel", about: "`a`, the Hebbian rule, or `b`, the circuit" },
        Column { name: "k", about: "width of the kernels: they have `k^2` inputs" },
        Column { name: "gamma", about: "how strongly kernels are held at what they were at the start" },
        Column { name: "pattern", about: "how many patterns the kernels have seen" },
        Column { name: "mean", about: "mean over trials of `-ln(SNR_w)`; the lower, the more alike kernels are" },
        Column {
            name: "sd",
            about: "standard deviation of it over trials, divided by their number less 1; 0 for a single trial",
        },
        Column {
            name: "minimum",
            about: "mean over trials of what `-ln(SNR_w)` is at the fixed point of the Hebbian rule: Eq. 5 without noise",
        },
    ],
    run,
};

const NEURONS: usize = 100;
const WIDTHS: [usize; 3] = [3, 6, 9];
const GAMMAS: [f64; 3] = [1e-1, 1e-2, 1e-3];
/// How many points a curve has, the start not counted.
const POINTS: usize = 200;

/// The panels of the figure.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Panel {
    A,
    B,
}

/// What is the same for all trials.
struct Plan {
    alpha: f64,
    noise: f64,
    seed: u64,
    /// Patterns in each panel.
    patterns: [usize; 2],
}

/// A curve: one panel, width and gamma.
#[derive(Clone, Copy)]
struct Curve {
    panel: Panel,
    k: usize,
    gamma: f64,
}

/// One trial of a curve.
struct Trial {
    /// `-ln(SNR_w)` at each point.
    values: Vec<f64>,
    /// What it is at the fixed point.
    minimum: f64,
}

impl Panel {
    const BOTH: [Self; 2] = [Self::A, Self::B];

    fn letter(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// The step at a pattern, counted from 0, with a momentum of 0.95: 0.5 / (1000 + i).
fn step(pattern: usize) -> f64 {
    0.5 / (1000.0 + pattern as f64)
}

/// The part of a velocity that an iteration keeps, in panel A.
const MOMENTUM: f64 = 0.95;

/// Arguments that one panel alone has.
const OF_PANELS: [(&str, Panel); 3] = [("iterations", Panel::A), ("alpha", Panel::B), ("presentations", Panel::B)];

/// A note for each argument that was given a value and is of a panel that is not computed.
fn idle(call: &Bound, panels: &[Panel]) -> Vec<String> {
    let defaults = Bound { callee: SHARING.name, values: Vec::new() }.completed(SHARING.args);
    let is_idle = |(name, panel): &(&str, Panel)| !panels.contains(panel) && call.get(name) != defaults.get(name);
    let note = |(name, panel): (&str, Panel)| format!("note: `--{name}` is about panel {} alone", panel.letter());
    OF_PANELS.into_iter().filter(is_idle).map(note).collect()
}

fn run(call: &Bound, watcher: &dyn Watcher) -> Option<Outcome> {
    let plan = Plan {
        alpha: call.real("alpha"),
        noise: call.real("noise"),
        seed: call.count("seed") as u64,
        patterns: [call.count("iterations"), call.count("presentations")],
    };
    let panels: Vec<Panel> =
        Panel::BOTH.into_iter().filter(|panel| ["both", panel.letter()].contains(&call.word("panel"))).collect();
    let curves: Vec<Curve> = panels
        .iter()
        .flat_map(|&panel| WIDTHS.map(|k| GAMMAS.map(|gamma| Curve { panel, k, gamma })))
        .flatten()
        .collect();
    let trials = call.count("trials");
    watcher.begins(curves.iter().map(|curve| plan.points(curve.panel).len() * trials).sum());
    let jobs: Vec<(Curve, usize)> = curves.iter().flat_map(|&curve| (0..trials).map(move |n| (curve, n))).collect();
    let done: Option<Vec<Trial>> = jobs.into_par_iter().map(|(curve, n)| plan.trial(curve, n, watcher)).collect();
    let summaries: Vec<Summary> =
        done?.chunks(trials).zip(curves).map(|(trials, curve)| Summary::of(curve, &plan, trials)).collect();
    let figure = |&panel: &Panel| figure(panel, &plan, &summaries);
    Some(Outcome {
        rows: summaries.iter().flat_map(Summary::rows).collect(),
        figures: panels.iter().map(figure).collect(),
        notes: idle(call, &panels).into_iter().chain(summaries.iter().map(|summary| summary.note(&plan))).collect(),
    })
}

impl Plan {
    /// The numbers of patterns after which a curve has a point: none, all, and up to 199 between, evenly spread.
    fn points(&self, panel: Panel) -> Vec<usize> {
        let patterns = self.patterns[panel as usize];
        let points = POINTS.min(patterns);
        (0..=points).map(|n| n * patterns / points).collect()
    }

    /// Simulates one trial. Kernels and patterns are the same for every gamma.
    fn trial(&self, curve: Curve, trial: usize, watcher: &dyn Watcher) -> Option<Trial> {
        let (Curve { panel, k, .. }, inputs) = (curve, curve.k * curve.k);
        // A stream of its own for each panel, width and trial, and another one for noise.
        let stream = ((trial * 16 + k) * 2 + panel as usize) as u64 * 2;
        let [mut draws, mut noise] = [0, 1].map(|part| Draws::new(self.seed, stream + part));
        let mut start = vec![0.0; NEURONS * inputs];
        draws.fill_normal(1.0, &mut start);
        start.iter_mut().for_each(|w| *w += 1.0);
        let rule = self.rule(curve);
        // Inputs are normal and independent, with a variance of 1.
        let mut moments = vec![0.0; inputs * inputs];
        moments.iter_mut().step_by(inputs + 1).for_each(|c| *c = 1.0);
        // Gamma is never 0, so there is a fixed point.
        let minimum = rule.fixed_point(&start, &moments).map_or(f64::NAN, |ends| -snr(&ends, inputs).ln());
        let mut weights = start.clone();
        let mut learner = Learner::new(self, curve, Group::new(&mut weights, inputs));
        let (mut values, mut pattern) = (Vec::with_capacity(POINTS + 1), vec![0.0; inputs]);
        let mut seen = 0;
        for point in self.points(panel) {
            if watcher.is_stopped() {
                return None;
            }
            for n in seen..point {
                draws.fill_normal(1.0, &mut pattern);
                learner.learn(n, &pattern, &mut noise);
            }
            seen = point;
            values.push(-snr(learner.group.weights, inputs).ln());
            watcher.advances(1);
        }
        Some(Trial { values, minimum })
    }

    /// What the fixed point of the rule is called. With noise it is no minimum: kernels may come to be more alike on the way.
    fn minimum_name(&self) -> &'static str {
        if self.noise == 0.0 { "minimum (Eq. 5)" } else { "fixed point" }
    }

    fn rule(&self, curve: Curve) -> Hebbian {
        let iterations = self.patterns[Panel::A as usize];
        Hebbian { eta: 0.0, gamma: curve.gamma, iterations, patterns: 1, noise: self.noise }
    }

    fn circuit(&self, curve: Curve) -> Circuit {
        Circuit {
            alpha: self.alpha,
            tau: 30.0,
            present: if curve.k == 3 { 200.0 } else { 150.0 },
            dt: 1.0,
            bias: 1.0,
            eta: 0.0,
            gamma: curve.gamma,
            iterations: self.patterns[Panel::B as usize],
            noise: self.noise,
        }
    }
}

/// The kernels of a trial with the rule that changes them.
struct Learner<'a> {
    group: Group<'a>,
    rule: Rule,
}

enum Rule {
    Hebbian { rule: Hebbian, velocity: Vec<f64> },
    Circuit(Circuit),
}

impl<'a> Learner<'a> {
    fn new(plan: &Plan, curve: Curve, group: Group<'a>) -> Self {
        let rule = match curve.panel {
            Panel::A => Rule::Hebbian { rule: plan.rule(curve), velocity: vec![0.0; group.weights.len()] },
            Panel::B => Rule::Circuit(plan.circuit(curve)),
        };
        Self { group, rule }
    }

    /// Lets the kernels see a pattern, the one of that number.
    fn learn(&mut self, n: usize, pattern: &[f64], noise: &mut Draws) {
        match &mut self.rule {
            Rule::Hebbian { rule, velocity } => {
                let (weights, pull) = rule.pull(&mut self.group, pattern, noise);
                for ((w, v), pull) in weights.iter_mut().zip(velocity).zip(pull) {
                    *v = MOMENTUM * *v + pull;
                    *w -= step(n) * *v;
                }
            }
            // The paper's steps are not known to us. A momentum multiplies steps by this in the long run.
            Rule::Circuit(circuit) => {
                circuit.eta = step(n) / (1.0 - MOMENTUM);
                circuit.present(&mut self.group, pattern, noise);
            }
        }
    }
}

/// A mean with its standard deviation.
#[derive(Clone, Copy)]
struct Point {
    x: f64,
    mean: f64,
    sd: f64,
}

/// A curve over all trials.
struct Summary {
    curve: Curve,
    trials: usize,
    points: Vec<Point>,
    minimum: f64,
}

impl Summary {
    fn of(curve: Curve, plan: &Plan, trials: &[Trial]) -> Self {
        let point = |(n, x): (usize, usize)| {
            let (mean, sd) = spread(trials.iter().map(|trial| trial.values[n]));
            Point { x: x as f64, mean, sd }
        };
        let (minimum, _) = spread(trials.iter().map(|trial| trial.minimum));
        let points = plan.points(curve.panel).into_iter().enumerate().map(point).collect();
        Self { curve, trials: trials.len(), points, minimum }
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let Curve { panel, k, gamma } = self.curve;
        let row = |point: &Point| {
            vec![
                Cell::Text(panel.letter().to_owned()),
                Cell::Count(k),
                Cell::Number(gamma),
                Cell::Count(point.x as usize),
                Cell::Number(point.mean),
                Cell::Number(point.sd),
                Cell::Number(self.minimum),
            ]
        };
        self.points.iter().map(row).collect()
    }

    /// Where the kernels were most alike.
    fn note(&self, plan: &Plan) -> String {
        let Curve { panel, k, gamma } = self.curve;
        let best = self.points.iter().min_by(|a, b| a.mean.total_cmp(&b.mean));
        let best = best.map_or(String::new(), |Point { x, mean, sd }| {
            let spread = if self.trials > 1 { format!(" ± {sd:.2}") } else { String::new() };
            format!("lowest -ln(SNR) {mean:.2}{spread} after {}, ", counted(*x as usize, "pattern"))
        });
        format!("{} k={k} gamma={}: {best}{} {:.2}", panel.letter(), real(gamma), plan.minimum_name(), self.minimum)
    }
}

/// Mean and standard deviation of some numbers, which is 0 for one of them.
fn spread(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let squares: f64 = values.map(|x| (x - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0).max(1.0)).sqrt())
}

fn figure(panel: Panel, plan: &Plan, summaries: &[Summary]) -> Figure {
    let (title, x_axis) = match panel {
        Panel::A => ("Hebbian rule with lateral subtraction".to_owned(), "iterations"),
        Panel::B => (format!("Circuit with an inhibitory neuron, α = {}", real(plan.alpha)), "presentations"),
    };
    let noise = if plan.noise == 0.0 { String::new() } else { format!(", noise {}", real(plan.noise)) };
    let drawn = || summaries.iter().filter(|summary| summary.curve.panel == panel);
    let heights = drawn().flat_map(|summary| {
        let ends = summary.points.iter().flat_map(|point| [point.mean - point.sd, point.mean + point.sd]);
        ends.chain([summary.minimum]).filter(|height| height.is_finite())
    });
    let (low, high) = heights.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    // All widths have one scale, with a little room above and below.
    let room = 0.04 * (high - low);
    let facet = |k: usize| {
        let mut marks: Vec<Mark> = drawn().filter(|summary| summary.curve.k == k).flat_map(marks).collect();
        if k == WIDTHS[0] {
            marks.push(Mark::new("mean of trials", MarkKind::Line { points: Vec::new(), dashed: false }));
            marks.push(Mark::new("± sd", MarkKind::Band { points: Vec::new() }));
            marks.push(Mark::new(plan.minimum_name(), MarkKind::Across { at: f64::NAN, vertical: false }));
        }
        let y = Axis::linear("−log SNR of weights").within(low - room, high + room);
        figures::Panel { title: format!("k = {k}"), x: Axis::linear(x_axis), y, marks }
    };
    let panels = WIDTHS.map(facet).into_iter().collect();
    let plot = Plot { title: format!("{title}{noise}"), columns: WIDTHS.len(), panels };
    Figure { name: panel.letter().to_owned(), drawing: Drawing::Plot(plot) }
}

/// A curve in its band, with the level that it may come down to.
fn marks(summary: &Summary) -> [Mark; 3] {
    let name = format!("γ = {}", summary.curve.gamma);
    let seen = || summary.points.iter().filter(|point| (point.mean + point.sd).is_finite());
    let band = seen().map(|point| [point.x, point.mean - point.sd, point.mean + point.sd]).collect();
    let line = seen().map(|point| [point.x, point.mean]).collect();
    [
        MarkKind::Band { points: band },
        MarkKind::Across { at: summary.minimum, vertical: false },
        MarkKind::Line { points: line, dashed: false },
    ]
    .map(|kind| Mark::new(name.clone(), kind))
}
