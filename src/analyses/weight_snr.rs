//! How alike the kernels of layers without weight sharing are in the course of training (Pogodin, Mehta, Lillicrap & Latham, 2021,
//! Eq. 6).

use super::{Analysis, Bench, Cell, Column, Figure, Findings, Measure};
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::sharing::snr_of_groups;
use crate::train::TrainError;
use lcnnc_lang::ir::{LocalLayer, Modules, Net};
use lcnnc_lang::vocabulary::Bound;

pub const WEIGHT_SNR: Analysis = Analysis {
    name: "weight_snr",
    about: "signal-to-noise ratio of the kernels of layers without weight sharing, a row for each kept time (Pogodin et al., 2021)",
    args: &[],
    columns: &[
        Column { name: "layer", about: "the layer or bundle, as in `W_L`" },
        Column {
            name: "weights",
            about: "whose: `initial` and those of epochs, where the run kept them, and those that were asked for",
        },
        Column {
            name: "epoch",
            about: "the epochs that were over, 0 before training; empty where the run does not say",
        },
        Column {
            name: "snr",
            about: "mean over outputs and elements of a kernel of `mean^2 / variance` over all places; `inf` where kernels are the same",
        },
        Column {
            name: "snr_in_modules",
            about: "the same over the places of a module of `modules: grid`, as a mean over modules",
        },
        Column { name: "places", about: "how many places have kernels of their own" },
    ],
    watches: false,
    applies,
    run,
};

fn applies(net: &Net) -> Result<(), String> {
    match net.local_layers().is_empty() {
        false => Ok(()),
        true => Err("all layers of the net share weights: the kernel of a convolution is the same at each place, and its ratio \
                     infinite"
            .to_owned()),
    }
}

/// The ratio of a layer's weights `[height, width, outputs, inputs, kernel, kernel]`, within modules on the mean.
pub fn ratio(layer: &LocalLayer, modules: Modules, weights: &[f64]) -> f64 {
    let (taps, len) = (layer.taps(), layer.kernel_len());
    let modules = layer.modules(modules);
    let group = |places: &Vec<usize>, output: usize| -> Vec<f64> {
        places.iter().flat_map(|place| &weights[place * len + output * taps..][..taps]).copied().collect()
    };
    snr_of_groups(modules.iter().flat_map(|places| (0..layer.outputs).map(move |output| group(places, output))), taps)
}

fn run(bench: &Bench, _: &Bound) -> Result<Findings, TrainError> {
    let (net, mut findings, mut panels) = (bench.net(), Findings::default(), Vec::new());
    for layer in net.local_layers() {
        let param = net.param(layer.weight);
        let mut points: [Vec<[f64; 2]>; 2] = [Vec::new(), Vec::new()];
        let times = bench.over_time(&param.name)?;
        for at in &times {
            let ratios = [Modules::Whole, Modules::Grid].map(|modules| ratio(&layer, modules, &at.weights));
            findings.rows.push(vec![
                Cell::Text(param.owner().to_owned()),
                Cell::Text(at.time.clone()),
                at.epoch.map_or(Cell::Absent, Cell::Count),
                Cell::Number(ratios[0]),
                Cell::Number(ratios[1]),
                Cell::Count(layer.places()),
            ]);
            let named = ["signal-to-noise ratio", "signal-to-noise ratio in modules"].into_iter().zip(ratios);
            let measure = |(quantity, x)| Measure::new(param.owner(), format!("{} weights", at.time), quantity, x);
            findings.measures.extend(named.filter(|(_, x)| x.is_finite()).map(measure));
            for (points, ratio) in points.iter_mut().zip(ratios) {
                points.extend(at.epoch.map(|epoch| [epoch as f64, ratio]));
            }
            findings.notes.push(format!(
                "`{}`, {} weights: the signal-to-noise ratio is {:.3e} over all places and {:.3e} within modules",
                param.owner(),
                at.time,
                ratios[0],
                ratios[1]
            ));
        }
        let mut marks = Vec::new();
        for (name, mut points) in ["all places", "within modules"].into_iter().zip(points) {
            points.sort_by(|a, b| a[0].total_cmp(&b[0]));
            marks.push(Mark::new(name, MarkKind::Line { points: points.clone(), dashed: name != "all places" }));
            marks.push(Mark::new(name, MarkKind::Points { points, errors: Vec::new() }));
        }
        let (x, y) = (Axis::linear("epoch"), Axis::log("signal-to-noise ratio (dimensionless)"));
        panels.push(Panel { title: param.owner().to_owned(), x, y, marks });
    }
    findings.figures.push(Figure {
        name: String::new(),
        caption: format!(
            "The signal-to-noise ratio of the kernels of layers without weight sharing, before training and after each epoch whose \
             weights were kept, and of the {} weights: the mean over outputs and kernel elements of the squared mean over places \
             divided by the variance over places. Infinite ratios, of kernels that are the same, are not drawn. {}.",
            bench.which(),
            bench.about_run()
        ),
        seen_before: "Pogodin et al. (2021) saw it fall in training without sharing, and stay high where the net sleeps now and then."
            .to_owned(),
        drawing: Drawing::Plot(Plot { title: "How alike kernels are".to_owned(), columns: 2, panels }),
    });
    Ok(findings)
}
