//! Which orientations and frequencies the channels of a value prefer, and how sharply, step by step.

use super::moments::median;
use super::table::WHOSE;
use super::tuning::{Tuning, circular, tuned};
use super::values::{OF, has_maps, name, place, step, title};
use super::von_mises::VonMises;
use super::{Analysis, Bench, Cell, Column, Figure, Findings, Measure, wrong_call};
use crate::activity::Asked;
use crate::data::gratings::{Battery, CONTRAST, FREQUENCIES, HIGHEST, LOWEST, ORIENTATIONS, PHASES};
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::train::TrainError;
use lcnnc_lang::vocabulary::Bound;

/// Channels that a figure has at most: of a layer with more, the first ones are drawn.
const MOST_DRAWN: usize = 16;
/// From this circular variance on no orientation is preferred.
const ALIKE: f64 = 1.0 - 1e-6;
/// Bins of the histogram of circular variances.
const BINS: usize = 20;

pub const ORIENTATION: Analysis = Analysis {
    name: "orientation",
    about: "preferred orientation and frequency of every channel, by gratings, a row for each channel and step",
    args: &[OF, ORIENTATIONS, FREQUENCIES, PHASES, LOWEST, HIGHEST, CONTRAST],
    columns: &[
        Column { name: "value", about: "the value, as in `O`" },
        Column { name: "step", about: "the step of its loop, 0 for the initial value; empty outside of loops" },
        Column { name: "channel", about: "the feature map, from 0" },
        Column { name: "response", about: "the largest response, to the best grating" },
        Column {
            name: "best_orientation",
            about: "of that grating's stripes, in degrees counterclockwise: 0 lie, 90 stand; empty where no grating changes anything",
        },
        Column { name: "best_frequency", about: "of that grating, in cycles per pixel of the net's input" },
        Column {
            name: "orientation",
            about: "preferred orientation in degrees, from 0 to below 180: that of the vector sum of the responses at the best frequency; empty where they are all alike",
        },
        Column {
            name: "circular_variance",
            about: "`1 - abs(sum(r exp(2 i theta))) / sum(r)`: 0 for one orientation alone, 1 for all alike",
        },
        Column { name: "peak", about: "peak of a von Mises curve through these responses, in degrees" },
        Column { name: "half_width", about: "half of that curve's width at half of its height, in degrees" },
        Column { name: "r2", about: "the share of the variance of the responses that the curve explains" },
        WHOSE,
    ],
    watches: false,
    applies: has_maps,
    run,
};

/// What is seen of one channel at one step.
struct Seen {
    /// Whether the channel is among those that answer.
    answers: bool,
    curve: Vec<f64>,
    vector: Option<[f64; 2]>,
    fit: Option<VonMises>,
}

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (mut findings, battery) =
        (Findings::default(), Battery::of(call).map_err(|reason| wrong_call(ORIENTATION.name, reason))?);
    for asked in tuned(bench.net(), call.names("of"), ORIENTATION.name)? {
        let tuning = Tuning::of(bench, bench.model(), &asked, &battery)?;
        let answering = tuning.answering();
        let of_step = |step| {
            let channels = answering.iter().enumerate();
            channels.map(|(channel, answers)| seen(&tuning, step, channel, *answers)).collect()
        };
        let seen: Vec<Vec<Seen>> = (0..tuning.steps()).map(of_step).collect();
        for (number, channels) in seen.iter().enumerate() {
            for (channel, seen) in channels.iter().enumerate() {
                let [frequency, orientation] = tuning.best(number, channel);
                let response = seen.curve[orientation];
                let or_none = |x: Option<f64>| x.map_or(Cell::Absent, Cell::Number);
                let answers = |x: f64| or_none((response > 0.0).then_some(x));
                let mut row = vec![Cell::Text(name(&asked).to_owned())];
                row.push(step(&asked, number).map_or(Cell::Absent, Cell::Text));
                row.push(Cell::Count(channel));
                row.push(Cell::Number(response));
                row.extend([battery.orientations[orientation], battery.frequencies[frequency]].map(answers));
                // Where all orientations are alike, rounding alone would choose one.
                let orientation = seen.vector.filter(|[_, variance]| *variance < ALIKE).map(|[at, _]| at);
                row.extend([orientation, seen.vector.map(|[_, variance]| variance)].map(or_none));
                let fit = seen.fit;
                row.extend(
                    [fit.map(|fit| fit.peak), fit.map(|fit| fit.half_width()), fit.map(|fit| fit.r2)].map(or_none),
                );
                findings.rows.push(row);
            }
        }
        findings.notes.extend(note(&asked, &seen));
        for (number, channels) in seen.iter().enumerate() {
            let middle = median(all(channels));
            let measure = |x| Measure::new(name(&asked), place(&asked, number), "median circular variance (0 to 1)", x);
            findings.measures.extend(middle.map(measure));
        }
        findings.figures.push(curves(bench, &asked, &battery, &seen));
        findings.figures.extend(variances(bench, &asked, &battery, &seen));
    }
    Ok(findings)
}

fn seen(tuning: &Tuning, step: usize, channel: usize, answers: bool) -> Seen {
    let curve = tuning.curve(step, channel).to_vec();
    let vector = circular(&curve);
    let fit = vector.and_then(|[orientation, _]| VonMises::through(&curve, orientation));
    Seen { answers, curve, vector, fit }
}

/// The circular variances of all channels that answer.
fn all(seen: &[Seen]) -> Vec<f64> {
    seen.iter().filter(|seen| seen.answers).filter_map(|seen| seen.vector.map(|[_, variance]| variance)).collect()
}

fn note(asked: &Asked, seen: &[Vec<Seen>]) -> Option<String> {
    let (first, last) = (seen.first()?, seen.last()?);
    let name = name(asked);
    // A state that begins with zeros answers from a later step on.
    if seen.iter().all(|channels| all(channels).is_empty()) {
        return Some(format!("`{name}` does not answer to gratings"));
    }
    let said = |seen: &Vec<Seen>| median(all(seen)).map_or("none".to_owned(), |middle| format!("{middle:.3}"));
    let [before, after] = [first, last].map(said);
    let silent = last.len() - all(last).len();
    let silent = match silent {
        0 => String::new(),
        1 => format!("; 1 of {} channels does not answer", last.len()),
        _ => format!("; {silent} of {} channels do not answer", last.len()),
    };
    Some(match seen.len() {
        1 => format!("`{name}`: median circular variance {before}{silent}"),
        _ => format!("`{name}` from its first step to its last: median circular variance {before} to {after}{silent}"),
    })
}

/// The tuning curves of each channel, at the first and at the last step.
fn curves(bench: &Bench, asked: &Asked, battery: &Battery, seen: &[Vec<Seen>]) -> Figure {
    let channels = seen.first().map_or(0, Vec::len);
    let drawn = channels.min(MOST_DRAWN);
    let panel = |channel: usize| {
        let largest = ends(asked, seen).fold(0.0_f64, |most, (_, channels)| {
            let Seen { curve, fit, .. } = &channels[channel];
            let of_fit = fit.map_or(0.0, |fit| fit.base + fit.height);
            curve.iter().fold(most.max(of_fit), |most, r| most.max(*r))
        });
        let marks = ends(asked, seen).flat_map(|(title, channels)| {
            let seen = &channels[channel];
            let points = battery.orientations.iter().zip(&seen.curve).map(|(at, r)| [*at, *r]).collect();
            let points = Mark::new(title.clone(), MarkKind::Points { points, errors: Vec::new() });
            let fit = seen.fit.map(|fit| {
                let points = (0..=90).map(|n| [2.0 * f64::from(n), fit.at(2.0 * f64::from(n))]).collect();
                Mark::new(title, MarkKind::Line { points, dashed: true })
            });
            [Some(points), fit].into_iter().flatten()
        });
        let y = Axis::linear("response (dimensionless)").never_below_zero();
        Panel {
            title: format!("channel {channel}"),
            x: Axis::linear("orientation (degrees)").within(0.0, 180.0).in_steps_of(45.0),
            y: if largest > 0.0 { y.within(0.0, 1.1 * largest) } else { y },
            marks: marks.collect(),
        }
    };
    let left =
        if channels > drawn { format!(" The first {drawn} of {channels} channels are drawn.") } else { String::new() };
    Figure {
        name: name(asked).to_owned(),
        caption: format!(
            "Orientation tuning of the channels of `{}`, at the first and at the last step: responses to the grating of each \
             orientation at the channel's best frequency, and a von Mises curve by least squares (dashed). A response is the largest change from \
             what even grey brings about, over the units of the middle half of the map and over phases. {}{left} {}.",
            name(asked),
            shown(battery),
            bench.about_run()
        ),
        seen_before: "Ringach, Shapley and Hawken (2002) saw neurons of area V1 of macaques differ widely in how sharply they are tuned."
            .to_owned(),
        drawing: Drawing::Plot(Plot {
            title: format!("Orientation tuning of {}", name(asked)),
            columns: 4,
            panels: (0..drawn).map(panel).collect(),
        }),
    }
}

fn shown(battery: &Battery) -> String {
    format!("The net was shown {}.", battery.about())
}

/// The first and the last step, if they are not one, with what each is called.
fn ends<'s>(asked: &'s Asked, seen: &'s [Vec<Seen>]) -> impl Iterator<Item = (String, &'s [Seen])> {
    let numbers = [0, seen.len().saturating_sub(1)];
    let steps = if seen.len() > 1 { &numbers[..] } else { &numbers[..1] }.to_vec();
    steps.into_iter().map(|number| (title(asked, number), seen[number].as_slice()))
}

/// The circular variances of all channels, at the first and at the last step; nothing where no channel answers.
fn variances(bench: &Bench, asked: &Asked, battery: &Battery, seen: &[Vec<Seen>]) -> Option<Figure> {
    let edges: Vec<f64> = (0..=BINS).map(|n| n as f64 / BINS as f64).collect();
    let mark = |(title, channels): (String, &[Seen])| {
        let mut heights = vec![0.0; BINS];
        all(channels).iter().for_each(|x| heights[((x * BINS as f64) as usize).min(BINS - 1)] += 1.0);
        Mark::new(title, MarkKind::Steps { edges: edges.clone(), heights })
    };
    let panel = Panel {
        title: String::new(),
        x: Axis::linear("circular variance (0: one orientation, 1: all alike)").within(0.0, 1.0),
        y: Axis::linear("channels").never_below_zero(),
        marks: ends(asked, seen).map(mark).collect(),
    };
    seen.iter().any(|channels| !all(channels).is_empty()).then(|| Figure {
        name: format!("{}_variance", name(asked)),
        caption: format!(
            "How sharply the channels of `{}` are tuned to orientation, at the first and at the last step: the circular variance of their \
             responses. {} {}.",
            name(asked),
            shown(battery),
            bench.about_run()
        ),
        seen_before: "Ringach, Shapley and Hawken (2002) saw it spread over the whole range among neurons of area V1 of macaques."
            .to_owned(),
        drawing: Drawing::Plot(Plot {
            title: format!("Circular variance of {}", name(asked)),
            columns: 1,
            panels: vec![panel],
        }),
    })
}
