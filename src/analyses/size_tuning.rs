//! How the middle unit of a channel answers to gratings in windows of growing size: whether what lies around suppresses it.

use super::moments::mean_and_sd;
use super::table::WHOSE;
use super::tuning::{Tuning, tuned};
use super::values::{OF, has_maps, map_of, name, place, step};
use super::{Analysis, Bench, Cell, Column, Figure, Findings, Measure, wrong_call};
use crate::activity::Asked;
use crate::data::gratings::{Battery, CONTRAST, FREQUENCIES, HIGHEST, LOWEST, ORIENTATIONS, PHASES, Picture};
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::train::TrainError;
use lcnnc_lang::diag::counted;
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};
use std::collections::BTreeMap;

pub const SIZE_TUNING: Analysis = Analysis {
    name: "size_tuning",
    about: "responses to the preferred grating in windows of growing radius, a row for each channel, step and radius",
    args: &[
        OF,
        Arg::with(
            "radii",
            Type::Count { min: 2, max: 100 },
            ArgValue::Count(8),
            "radii of the windows, in equal ratios from 1 pixel to half of the net's input",
        ),
        ORIENTATIONS,
        FREQUENCIES,
        PHASES,
        LOWEST,
        HIGHEST,
        CONTRAST,
    ],
    columns: &[
        Column { name: "value", about: "the value, as in `O`" },
        Column { name: "step", about: "the step of its loop, 0 for the initial value; empty outside of loops" },
        Column { name: "channel", about: "the feature map, from 0" },
        Column {
            name: "best_orientation",
            about: "of the stripes, in degrees: the best ones of the last step, as of `orientation`",
        },
        Column { name: "best_frequency", about: "of the stripes, in cycles per pixel" },
        Column { name: "radius", about: "of the window, in pixels of the net's input" },
        Column {
            name: "response",
            about: "of the middle unit: its largest change from what even grey brings about, over all phases",
        },
        Column {
            name: "preferred_radius",
            about: "the radius of the largest response at this step, the first of equals",
        },
        Column {
            name: "suppression",
            about: "suppression index `1 - r(largest window) / r(preferred)`: 0 for none, 1 where the largest window silences the unit",
        },
        WHOSE,
    ],
    watches: false,
    applies: has_maps,
    run,
};

/// The responses of one channel, by step and radius, with the grating that it prefers.
struct Seen {
    channel: usize,
    orientation: f64,
    frequency: f64,
    responses: Vec<Vec<f64>>,
}

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (mut findings, mut panels, mut names) = (Findings::default(), Vec::new(), Vec::new());
    let battery = Battery::of(call).map_err(|reason| wrong_call(SIZE_TUNING.name, reason))?;
    let [_, height, width] = bench.net().input.1;
    let (count, half) = (call.count("radii"), (height.min(width) as f64 / 2.0).max(1.0));
    let radii: Vec<f64> = (0..count).map(|n| half.powf(n as f64 / (count - 1) as f64)).collect();
    for asked in tuned(bench.net(), call.names("of"), SIZE_TUNING.name)? {
        let seen = watched(bench, &asked, &battery, &radii)?;
        for number in 0..asked.steps.len().max(1) {
            for Seen { channel, orientation, frequency, responses } in &seen {
                let summary = [best(&responses[number]).map(|n| radii[n]), suppression(&responses[number])];
                for (radius, response) in radii.iter().zip(&responses[number]) {
                    let mut row = vec![Cell::Text(name(&asked).to_owned())];
                    row.push(step(&asked, number).map_or(Cell::Absent, Cell::Text));
                    row.push(Cell::Count(*channel));
                    row.extend([*orientation, *frequency, *radius, *response].map(Cell::Number));
                    row.extend(summary.map(|x| x.map_or(Cell::Absent, Cell::Number)));
                    findings.rows.push(row);
                }
            }
        }
        for number in 0..asked.steps.len().max(1) {
            let quantities = ["preferred radius (pixels)", "suppression index (0 to 1)"];
            let of_step = quantities.into_iter().zip(means(&seen, &radii, number));
            let measure =
                |(quantity, x): (_, Option<f64>)| Some(Measure::new(name(&asked), place(&asked, number), quantity, x?));
            findings.measures.extend(of_step.filter_map(measure));
        }
        findings.notes.push(note(&asked, &seen, &radii));
        panels.push(panel(&asked, &seen, &radii));
        names.push(format!("`{}`", name(&asked)));
    }
    findings.figures.push(Figure {
        name: String::new(),
        caption: format!(
            "Size tuning of {}: responses of the middle unit of each channel to its preferred grating in circular windows on even grey, \
             divided by the channel's largest response at that step, and averaged over the channels that answer. A response is the largest \
             change from what even grey brings about, over phases. Preferences were measured at the last step, with {}. {}.",
            names.join(" and "),
            battery.about(),
            bench.about_run()
        ),
        seen_before: "Cavanaugh, Bair and Movshon (2002) saw most neurons of area V1 of macaques suppressed by gratings that are larger than \
                      their receptive fields."
            .to_owned(),
        drawing: Drawing::Plot(Plot { title: "Size tuning".to_owned(), columns: 2, panels }),
    });
    Ok(findings)
}

/// The responses of every channel that answers. Channels that prefer one grating are watched together.
fn watched(bench: &Bench, asked: &Asked, battery: &Battery, radii: &[f64]) -> Result<Vec<Seen>, TrainError> {
    let tuning = Tuning::of(bench, bench.model(), asked, battery)?;
    let answering = tuning.answering();
    let ([_, height, width], steps) = (map_of(asked), asked.steps.len().max(1));
    let unit = height / 2 * width + width / 2;
    let mut preferring: BTreeMap<[usize; 2], Vec<usize>> = BTreeMap::new();
    for (channel, answers) in answering.into_iter().enumerate() {
        let [frequency, orientation] = tuning.best(steps - 1, channel);
        if answers && tuning.curve(steps - 1, channel)[orientation] > 0.0 {
            preferring.entry([frequency, orientation]).or_default().push(channel);
        }
    }
    let mut seen = Vec::new();
    for ([frequency, orientation], channels) in preferring {
        let (frequency, orientation) = (battery.frequencies[frequency], battery.orientations[orientation]);
        let windows = radii
            .iter()
            .flat_map(|radius| battery.phases(orientation, frequency).map(|grating| Picture::Window(grating, *radius)));
        let pictures: Vec<Picture> = [Picture::Grey].into_iter().chain(windows).collect();
        let mut units = vec![Vec::with_capacity(pictures.len()); steps];
        bench.watch_made(bench.model(), asked, &pictures, &mut |step, x| {
            units[step].push(
                channels.iter().map(|channel| f64::from(x[channel * height * width + unit])).collect::<Vec<f64>>(),
            );
        })?;
        for (n, channel) in channels.into_iter().enumerate() {
            let of_step = |units: &Vec<Vec<f64>>| {
                let change = |unit: &Vec<f64>| (unit[n] - units[0][n]).abs();
                units[1..].chunks(battery.phases).map(|phases| phases.iter().map(change).fold(0.0, f64::max)).collect()
            };
            seen.push(Seen { channel, orientation, frequency, responses: units.iter().map(of_step).collect() });
        }
    }
    seen.sort_by_key(|seen| seen.channel);
    Ok(seen)
}

/// The number of the largest response, if there is any.
fn best(responses: &[f64]) -> Option<usize> {
    let best = (0..responses.len()).fold(0, |best, n| if responses[n] > responses[best] { n } else { best });
    responses.get(best).filter(|r| **r > 0.0).map(|_| best)
}

/// The suppression index of responses to windows of growing size.
fn suppression(responses: &[f64]) -> Option<f64> {
    Some(1.0 - responses.last()? / responses[best(responses)?])
}

/// The means of the preferred radius and of the suppression index at a step, over the channels that answer.
fn means(seen: &[Seen], radii: &[f64], number: usize) -> [Option<f64>; 2] {
    let mean = |of: &dyn Fn(&[f64]) -> Option<f64>| {
        let values: Vec<f64> = seen.iter().filter_map(|seen| of(&seen.responses[number])).collect();
        (!values.is_empty()).then(|| mean_and_sd(&values)[0])
    };
    [mean(&|r| best(r).map(|n| radii[n])), mean(&suppression)]
}

fn note(asked: &Asked, seen: &[Seen], radii: &[f64]) -> String {
    let steps = asked.steps.len().max(1);
    let both = |number: usize| {
        let [size, index] = means(seen, radii, number);
        size.zip(index).map_or("no response".to_owned(), |(size, index)| {
            format!("preferred radius {size:.1} pixels, suppression index {index:.3}")
        })
    };
    let (name, silent) = (name(asked), map_of(asked)[0] - seen.len());
    let left = if silent > 0 {
        format!("; {} left out, which gratings change hardly or not at all", counted(silent, "channel"))
    } else {
        String::new()
    };
    match steps {
        1 => format!("`{name}`, means over channels: {}{left}", both(0)),
        _ => format!(
            "`{name}`, means over channels at its first step: {}; at its last: {}{left}",
            both(0),
            both(steps - 1)
        ),
    }
}

/// The mean curve of each step.
fn panel(asked: &Asked, seen: &[Seen], radii: &[f64]) -> Panel {
    let mark = |number: usize| {
        let curves: Vec<Vec<f64>> = seen
            .iter()
            .filter_map(|seen| {
                let responses = &seen.responses[number];
                best(responses).map(|best| responses.iter().map(|r| r / responses[best]).collect())
            })
            .collect();
        let mean = |n: usize| mean_and_sd(&curves.iter().map(|curve| curve[n]).collect::<Vec<f64>>())[0];
        let points =
            radii.iter().enumerate().filter(|_| !curves.is_empty()).map(|(n, radius)| [*radius, mean(n)]).collect();
        // The value stands above the panel; one outside of loops has one line, which needs no name.
        let name = step(asked, number).map_or(String::new(), |step| format!("step {step}"));
        Mark::new(name, MarkKind::Line { points, dashed: false })
    };
    Panel {
        title: format!("{} (mean over {})", name(asked), counted(seen.len(), "channel")),
        x: Axis::log("radius of the window (pixels)"),
        y: Axis::linear("response over the largest one").within(0.0, 1.05),
        marks: (0..asked.steps.len().max(1)).map(mark).collect(),
    }
}
