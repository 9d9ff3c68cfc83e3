//! Whether feature maps that see alike are connected alike (Park, Zhang & Choe, 2025, Figs. 8 and 9).

use super::bench::AtTime;
use super::faint::faint;
use super::lateral::{self, AFFERENT, Choice, Lateral, OF, chosen};
use super::moments::mean_and_sd;
use super::tuning::Tuning;
use super::values::{asked, map_of};
use super::{Analysis, Bench, Cell, Column, Figure, Findings, Measure, wrong_call};
use crate::back::burn::Model;
use crate::data::gratings::Battery;
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::train::TrainError;
use lcnnc_lang::ir::{Net, Param};
use lcnnc_lang::vocabulary::Bound;
use std::collections::BTreeMap;

pub const SIMILARITY: Analysis = Analysis {
    name: "similarity",
    about: "distance of afferent kernels against that of lateral ones, a row for each pair of feature maps (Park et al., 2025, Figs. 8 and 9)",
    args: &[OF, AFFERENT],
    columns: &[
        Column { name: "bundle", about: "the lateral bundle, as in `W_L`" },
        Column { name: "afferent", about: "the bundle that drives the same feature maps from below, as in `W_A`" },
        Column {
            name: "weights",
            about: "whose: `initial` and those of epochs, where the run kept them, and those that were asked for",
        },
        Column { name: "p", about: "the first feature map, from 0" },
        Column { name: "q", about: "the second one, above `p`" },
        Column { name: "d_afferent", about: "Euclidean distance of the afferent kernels of `p` and `q`" },
        Column {
            name: "d_lateral",
            about: "mean over all feature maps `o` of the Euclidean distance of the lateral kernels from `p` to `o` and from `q` to `o`",
        },
        Column {
            name: "d_lateral_se",
            about: "standard error of that mean: its standard deviation over the root of the number of maps",
        },
        Column {
            name: "places",
            about: "how many places have lateral kernels of their own: 1 where they are shared; of more, distances are means over places",
        },
        Column {
            name: "d_afferent_sd",
            about: "standard deviation of `d_afferent` over places (divided by their number less 1)",
        },
        Column { name: "d_lateral_sd", about: "standard deviation of `d_lateral` over places" },
        Column {
            name: "faint",
            about: "1 where the afferent kernel of `p` or `q`, or all lateral kernels that come from it together, are shorter than a hundredth of the longest; else 0",
        },
    ],
    watches: false,
    applies,
    run,
};

fn applies(net: &Net) -> Result<(), String> {
    let all = lateral::all(net);
    if all.is_empty() {
        return Err(lateral::NONE.to_owned());
    }
    match all.iter().any(|lateral| lateral.afferent.is_some()) {
        true => Ok(()),
        false => Err("no layer drives the same feature maps as a lateral bundle from below".to_owned()),
    }
}

/// The distances of a pair of feature maps: afferent and lateral ones, each with its standard deviation over places, and the standard
/// error of the lateral one over the maps that it leads to.
struct Pair {
    afferent: [f64; 2],
    lateral: [f64; 2],
    error: f64,
}

/// Kernels, of one place or of many.
struct Kernels<'w> {
    places: usize,
    /// Weights of one place.
    of_place: usize,
    weights: &'w [f64],
}

impl<'w> Kernels<'w> {
    fn new(param: &Param, weights: &'w [f64]) -> Self {
        let places = if let [height, width, _, _, _, _] = param.shape.as_slice() { height * width } else { 1 };
        Self { places, of_place: weights.len() / places, weights }
    }

    /// How long the kernels of a feature map are together: those that lead to it, or, of lateral ones, those that come from it.
    fn length(&self, maps: usize, map: usize, is_lateral: bool) -> f64 {
        // `[maps, maps, taps]` of lateral kernels, and `[maps, taps]` of others.
        let taps = self.of_place / maps / if is_lateral { maps } else { 1 };
        let kernels = self.weights.chunks_exact(taps).skip(map).step_by(maps);
        kernels.flatten().map(|w| w * w).sum::<f64>().sqrt()
    }

    /// The kernels of a place; all places have those that are shared.
    fn at(&self, place: usize) -> &'w [f64] {
        &self.weights[place.min(self.places - 1) * self.of_place..][..self.of_place]
    }
}

fn pair(maps: usize, afferent: &Kernels, lateral: &Kernels, [p, q]: [usize; 2]) -> Pair {
    let (len, taps) = (afferent.of_place / maps, lateral.of_place / maps / maps);
    let below = |place: usize| {
        let kernels = afferent.at(place);
        distance(&kernels[p * len..][..len], &kernels[q * len..][..len])
    };
    let across = |place: usize, to: usize| {
        let kernel = |from: usize| &lateral.at(place)[(to * maps + from) * taps..][..taps];
        distance(kernel(p), kernel(q))
    };
    let places = lateral.places;
    let all: Vec<f64> = (0..places * maps).map(|n| across(n / maps, n % maps)).collect();
    let of_map = |to: usize| all.iter().skip(to).step_by(maps).sum::<f64>() / places as f64;
    let of_maps: Vec<f64> = (0..maps).map(of_map).collect();
    let of_places: Vec<f64> = all.chunks_exact(maps).map(|place| place.iter().sum::<f64>() / maps as f64).collect();
    let [_, lateral_sd] = mean_and_sd(&of_places);
    let [mean, sd] = mean_and_sd(&of_maps);
    let afferent = mean_and_sd(&(0..afferent.places).map(below).collect::<Vec<f64>>());
    Pair { afferent, lateral: [mean, lateral_sd], error: sd / (maps as f64).sqrt() }
}

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (mut findings, mut panels, mut names) = (Findings::default(), Vec::new(), Vec::new());
    let choice = Choice {
        analysis: SIMILARITY.name,
        bundles: call.names("of"),
        afferents: call.names("afferent"),
        with_local: true,
    };
    for lateral in chosen(bench.net(), choice)? {
        let (bundle, maps) = (lateral.bundle, lateral.maps());
        let Some(afferent) = lateral.afferent else {
            let missing = format!("no bundle drives the {maps} feature maps of `{}` from below", bundle.owner());
            if !call.names("of").is_empty() {
                return Err(wrong_call(SIMILARITY.name, format!("{missing}: name one by `afferent`")));
            }
            findings.notes.push(format!("`{}` is left out: {missing}", bundle.owner()));
            continue;
        };
        names.push(bundle.owner());
        let (times, answering) = (bench.over_time(&bundle.name)?, answering(bench, &lateral)?);
        let last = times.len().saturating_sub(1);
        for (n, (AtTime { time, epoch, weights }, below)) in
            times.iter().zip(bench.over_time(&afferent.name)?).enumerate()
        {
            let [below, across] = [Kernels::new(afferent, &below.weights), Kernels::new(bundle, weights)];
            let is_known = [&below, &across].iter().all(|it| it.weights.iter().all(|w| w.is_finite()));
            let answers = |map: usize| !is_known || answering.get(time).is_none_or(|answers| answers[map]);
            let lengths = [(&below, false), (&across, true)]
                .map(|(kernels, is_lateral)| (0..maps).map(|map| kernels.length(maps, map, is_lateral)).collect());
            let is_dead = |map: &usize| lengths.iter().any(|of: &Vec<f64>| of[*map] == 0.0) || !answers(*map);
            let (dead, alive): (Vec<usize>, Vec<usize>) = (0..maps).partition(is_dead);
            findings.notes.extend(left_out((bundle.owner(), time), maps, &dead));
            let short = lengths.map(|lengths| faint(&lengths));
            let is_faint = |map: &usize| short.iter().any(|short| short[*map]);
            // The pairs of two maps that are not faint, and the others.
            let mut points: [Points; 2] = Default::default();
            for (n, p) in alive.iter().enumerate() {
                for q in &alive[n + 1..] {
                    let found = pair(maps, &below, &across, [*p, *q]);
                    let of_faint = usize::from(is_faint(p) || is_faint(q));
                    points[of_faint].0.push([found.afferent[0], found.lateral[0]]);
                    points[of_faint].1.push(found.error);
                    let mut row: Vec<Cell> =
                        [bundle.owner(), afferent.owner(), time].map(|name| Cell::Text(name.to_owned())).into();
                    row.extend([*p, *q].map(Cell::Count));
                    row.extend([found.afferent[0], found.lateral[0], found.error].map(Cell::Number));
                    row.push(Cell::Count(across.places));
                    row.extend([found.afferent[1], found.lateral[1]].map(Cell::Number));
                    row.push(Cell::Count(of_faint));
                    findings.rows.push(row);
                }
            }
            // All times are in the table; the figure shows what training has done.
            if n < last && *epoch != Some(0) {
                continue;
            }
            let [all, clear] = [points.iter().flat_map(|of| of.0.clone()).collect(), points[0].0.clone()];
            let [line, without] = [Line::through(&all), Line::through(&clear)];
            let place = format!("{time} weights");
            let measure = |quantity, value| Measure::new(bundle.owner(), &place, quantity, value);
            let of_all = line.map(|line| [measure("slope", line.slope), measure("correlation r", line.r)]);
            findings.measures.extend(of_all.into_iter().flatten());
            findings.measures.extend(without.map(|line| measure("correlation r without faint maps", line.r)));
            findings.notes.extend(line.map(|line| line.sentence([bundle.owner(), afferent.owner()], time, all.len())));
            let dim: Vec<usize> = alive.into_iter().filter(is_faint).collect();
            findings.notes.extend(faint_note((bundle.owner(), time), (maps, &dim), (without, clear.len())));
            let axes = ["afferent distance", "lateral distance"].map(Axis::linear);
            let names = ["pairs", "pairs with a faint map"];
            let marks = names.into_iter().zip(points).filter(|(_, of)| !of.0.is_empty());
            let marks = marks.map(|(name, points)| pairs_of(name, points)).collect();
            panels.push(panel(&format!("{}, {place}", bundle.owner()), axes, marks, line));
        }
    }
    findings.figures.push(Figure {
        name: String::new(),
        caption: format!(
            "Each point is a pair of feature maps: the Euclidean distance of their afferent kernels against the mean distance of their \
             lateral kernels of {}, with standard errors over the maps that these lead to. A map is faint where its afferent kernel, or all \
             lateral kernels that come from it together, are shorter than a hundredth of the longest. The line is one of least squares \
             through all pairs. {}.",
            names.join(" and "),
            bench.about_run()
        ),
        seen_before: "Park, Zhang and Choe (2025, Figs. 8 and 9) saw a clear rising line after training.".to_owned(),
        drawing: Drawing::Plot(Plot { title: "Lateral against afferent distance".to_owned(), columns: 2, panels }),
    });
    Ok(findings)
}

/// Which feature maps of the area of a lateral bundle any grating changes at any step, with the weights of each time of which a net can
/// be made; nothing where no value with a name is known to be the area's.
fn answering(bench: &Bench, lateral: &Lateral) -> Result<BTreeMap<String, Vec<bool>>, TrainError> {
    let of_value = lateral.value.as_ref().map(|name| asked(bench.net(), std::slice::from_ref(name))).transpose()?;
    let Some(asked) = of_value.and_then(|found| found.into_iter().next()).filter(|it| map_of(it)[0] == lateral.maps())
    else {
        return Ok(BTreeMap::new());
    };
    let of_time = |(time, model): (String, Model)| {
        let tuning = Tuning::of(bench, &model, &asked, &Battery::usual())?;
        let answers = |map| (0..tuning.steps()).any(|step| tuning.all(step, map).iter().any(|change| *change > 0.0));
        Ok((time, (0..tuning.channels()).map(answers).collect()))
    };
    bench.models()?.into_iter().map(of_time).collect()
}

/// Which feature maps are left out, if any are.
fn left_out((bundle, time): (&str, &str), maps: usize, dead: &[usize]) -> Option<String> {
    (!dead.is_empty()).then(|| {
        format!(
            "`{bundle}`, {time} weights: {} of {maps} feature maps left out as dead ({}): the afferent kernel of such a map or all lateral \
             kernels that come from it are zero, or no grating changes it",
            dead.len(),
            numbers(dead)
        )
    })
}

fn numbers(maps: &[usize]) -> String {
    maps.iter().map(usize::to_string).collect::<Vec<String>>().join(", ")
}

/// What is left without the feature maps that are faint, if any are. They all have much the same afferent kernel and much the same
/// lateral ones, none, which alone brings about a correlation.
fn faint_note(
    (bundle, time): (&str, &str),
    (maps, dim): (usize, &[usize]),
    (without, pairs): (Option<Line>, usize),
) -> Option<String> {
    let are = if dim.len() == 1 { "is" } else { "are" };
    let left =
        without.map_or("too few pairs for a line".to_owned(), |line| format!("r = {:.3} over {pairs} pairs", line.r));
    (!dim.is_empty()).then(|| {
        format!(
            "`{bundle}`, {time} weights: {} of {maps} feature maps {are} faint ({}), with kernels shorter than a hundredth of the longest; without \
             them {left}",
            dim.len(),
            numbers(dim)
        )
    })
}

/// Points, and their errors.
type Points = (Vec<[f64; 2]>, Vec<f64>);

pub fn pairs_of(name: &str, (points, errors): Points) -> Mark {
    Mark::new(name, MarkKind::Points { points, errors })
}

/// Marks of points, and a line through all of them.
pub fn panel(title: &str, [x, y]: [Axis; 2], mut marks: Vec<Mark>, line: Option<Line>) -> Panel {
    let points = marks.iter().filter_map(|mark| match &mark.kind {
        MarkKind::Points { points, .. } => Some(points),
        _ => None,
    });
    let across: Vec<f64> = points.flatten().map(|[x, _]| *x).collect();
    let ends = [
        across.iter().copied().fold(f64::INFINITY, f64::min),
        across.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    ];
    marks.extend(line.map(|line| {
        let points = ends.iter().map(|x| [*x, line.at_zero + line.slope * x]).collect();
        Mark::new("least squares", MarkKind::Line { points, dashed: true })
    }));
    let title = line.map_or(title.to_owned(), |line| format!("{title}: r = {:.2}", line.r));
    Panel { title, x, y, marks }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// A line of least squares through points.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub slope: f64,
    pub at_zero: f64,
    /// Pearson's correlation.
    pub r: f64,
}

impl Line {
    /// The line through three points or more that are neither above one another nor all at one height.
    pub fn through(points: &[[f64; 2]]) -> Option<Self> {
        let n = points.len() as f64;
        let mean = |axis: usize| points.iter().map(|point| point[axis]).sum::<f64>() / n;
        let [x, y] = [mean(0), mean(1)];
        let sum = |a: usize, b: usize| {
            points.iter().map(|point| (point[a] - [x, y][a]) * (point[b] - [x, y][b])).sum::<f64>()
        };
        let [xx, xy, yy] = [sum(0, 0), sum(0, 1), sum(1, 1)];
        let slope = xy / xx;
        (points.len() > 2 && xx > 0.0 && yy > 0.0).then(|| Self {
            slope,
            at_zero: y - slope * x,
            r: xy / (xx * yy).sqrt(),
        })
    }

    fn sentence(&self, [bundle, afferent]: [&str; 2], time: &str, pairs: usize) -> String {
        let Self { slope, at_zero, r } = self;
        let sign = if *at_zero < 0.0 { "-" } else { "+" };
        format!(
            "`{bundle}` against `{afferent}`, {time} weights: d_lateral = {slope:.3} d_afferent {sign} {:.3}, r = {r:.3} over {pairs} pairs of feature \
             maps",
            at_zero.abs()
        )
    }
}
