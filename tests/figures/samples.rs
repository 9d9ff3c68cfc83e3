//! Figures of all kinds, with numbers that are hard to draw among those that are not.

use crate::plot;
use lcnnc::figures::{Axis, Drawing, Mark, MarkKind, Panel, Pictures, Plot, Tile};

/// Numbers from 0 to 1 that look random.
pub fn noise(count: usize) -> Vec<f64> {
    (1..=count).map(|n| (n as f64 * 0.754_877_666).fract()).collect()
}

fn points(count: usize) -> Vec<[f64; 2]> {
    let y: Vec<f64> = noise(2 * count).into_iter().skip(count).collect();
    noise(count).into_iter().zip(y).map(|(x, y)| [x - 0.5, (y * 1.37).fract() - 0.5]).collect()
}

pub fn histogram() -> Drawing {
    let edges: Vec<f64> = (0..=30).map(|n| 10.0_f64.powf(-6.0 + f64::from(n) * 0.2)).collect();
    let heights: Vec<f64> = (0..30).map(|n| 1e4 * (-f64::from(n - 15).powi(2) / 20.0).exp()).collect();
    let curve = edges.iter().map(|&x| [x, 1e4 * (-(x.ln() + 7.0).powi(2) / 5.0).exp()]).collect();
    let marks = vec![
        Mark::new("weights", MarkKind::Steps { edges, heights }),
        Mark::new("fit", MarkKind::Line { points: curve, dashed: true }),
        Mark::new("median", MarkKind::Across { at: 1e-3, vertical: true }),
    ];
    plot(Axis::log("|w| (no unit)"), Axis::log("Number of weights").within(1.0, 3e4), marks)
}

pub fn scatter() -> Drawing {
    let mut points = points(18_432);
    points.extend([[f64::NAN, 0.0], [f64::INFINITY, 1.0]]);
    let marks = vec![
        Mark::new("pairs", MarkKind::Points { points, errors: Vec::new() }),
        Mark::new("a < b & \"c\"", MarkKind::Line { points: vec![[-0.5, -0.5], [0.5, 0.5]], dashed: false }),
        Mark::new("means", MarkKind::Points { points: vec![[0.1, 0.1], [0.2, 0.3]], errors: vec![0.1, f64::NAN] }),
    ];
    plot(Axis::linear("Correlation (z)"), Axis::linear("Weight (a.u.)"), marks)
}

pub fn bars() -> Drawing {
    let names = ["none", "shuffled", "learned, and with Dale's law", "block-diagonal & sparse"].map(str::to_owned);
    let bars = |name: &str, by: f64| {
        let heights = vec![80.0 * by, f64::NAN, 60.0 * by, -10.0];
        Mark::new(name, MarkKind::Bars { heights, errors: vec![2.0, 1.0, 3.0, 0.0] })
    };
    plot(Axis::named("Net", names.to_vec()), Axis::linear("Accuracy (%)"), vec![bars("clean", 1.0), bars("noise", 0.8)])
}

pub fn panels() -> Drawing {
    let heat: Vec<f64> = noise(600).into_iter().map(|x| x - 0.4).collect();
    let panel = |title: &str, marks| {
        let [x, y] = [Axis::linear("Re λ (no unit)"), Axis::linear("Im λ (no unit)")];
        Panel { title: title.to_owned(), x, y, marks }
    };
    let line = |name: &str, by: f64| {
        let points = (0..9000).map(|n| [f64::from(n), (f64::from(n) * by).sin()]).collect();
        Mark::new(name, MarkKind::Line { points, dashed: false })
    };
    let eigenvalues = Mark::new("eigenvalues", MarkKind::Points { points: points(500), errors: Vec::new() });
    let band = MarkKind::Band { points: (0..50).map(|n| [f64::from(n), -1.0, f64::from(n)]).collect() };
    let panels = vec![
        panel("Eigenvalues", vec![Mark::new("", MarkKind::Circle { radius: 1.0 }), eigenvalues]),
        panel("Weights", vec![Mark::new("w (a.u.)", MarkKind::Heat { rows: 20, values: heat })]),
        panel("Lines with a title that has to be written in two lines", vec![line("a", 1e-3), line("b", 2e-3)]),
        panel("Nothing", vec![Mark::new("", MarkKind::Points { points: vec![[f64::NAN, 1.0]], errors: Vec::new() })]),
        panel("Band", vec![Mark::new("deviation", band)]),
    ];
    Drawing::Plot(Plot { title: "Dynamics of a loop".to_owned(), columns: 2, panels })
}

pub fn pictures(is_signed: bool) -> Drawing {
    let tile = |n: usize| {
        let values = noise(14 * 10).into_iter().map(|x| (x + n as f64 * 0.3).sin() as f32);
        let mut values: Vec<f32> = values.collect();
        values[3] = f32::NAN;
        (n != 7).then_some(Tile { height: 14, width: 10, values })
    };
    Drawing::Pictures(Pictures {
        title: "Feature maps before and behind the loop".to_owned(),
        rows: ["t = 0", "t = 1", "t = 5"].map(str::to_owned).to_vec(),
        columns: (0..6).map(|n| format!("channel {n} of six")).collect(),
        tiles: (0..18).map(tile).collect(),
        is_signed,
        scale: [-1.0, 1.0],
        unit: "activity (a.u.)".to_owned(),
    })
}

/// All of them, with their names.
pub fn all() -> Vec<(&'static str, Drawing)> {
    vec![
        ("histogram", histogram()),
        ("scatter", scatter()),
        ("bars", bars()),
        ("panels", panels()),
        ("grey", pictures(false)),
        ("signed", pictures(true)),
        ("none", Drawing::Plot(Plot::default())),
        ("no pictures", Drawing::Pictures(Pictures::default())),
    ]
}
