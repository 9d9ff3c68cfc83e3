//! Several runs compared: which of them differ in their seed alone, and figures of what they come to on average.

use super::measure::Mean;
use super::{Figure, find};
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::train::facts::{Fact, SEED, differing};
use lcnnc_lang::diag::counted;

/// The name of each run's group: the consts and settings in which some of the runs differ, with the run's own values, as in
/// `steps 5, alpha 0.1`. The seed is left out, so runs that differ in their seed alone have one name.
pub fn groups(runs: &[Vec<Fact>]) -> Vec<String> {
    let names: Vec<String> = differing(runs).into_iter().filter(|name| name != SEED).collect();
    let group = |facts: &Vec<Fact>| {
        let text = |name: &String| facts.iter().find(|fact| fact.name == *name).map(|fact| fact.text.as_str());
        let parts: Vec<String> =
            names.iter().map(|name| format!("{name} {}", text(name).unwrap_or("(none)"))).collect();
        if parts.is_empty() { text(&"model".to_owned()).unwrap_or_default().to_owned() } else { parts.join(", ") }
    };
    runs.iter().map(group).collect()
}

/// Each of some things once, in the order in which they come up.
pub(super) fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.fold(Vec::new(), |mut seen, it| {
        if !seen.contains(&it) {
            seen.push(it);
        }
        seen
    })
}

/// A figure for each analysis whose measures run over steps, over weights of several times or over thresholds: their means by group.
pub fn figures(means: &[Mean]) -> Vec<(&'static str, Figure)> {
    let analyses = distinct(means.iter().map(|mean| mean.analysis));
    let figure = |analysis: &'static str| {
        let of_it: Vec<&Mean> = means.iter().filter(|mean| mean.analysis == analysis).collect();
        let curves = distinct(of_it.iter().map(|mean| (mean.of.as_str(), mean.quantity)));
        let panels: Vec<Panel> =
            curves.into_iter().filter_map(|(of, quantity)| panel(&of_it, (of, quantity))).collect();
        let most = of_it.iter().map(|mean| mean.values.len()).max().unwrap_or(0);
        let caption = format!(
            "Means over the runs of a group, {} at most, with the standard deviation over them where there are several. {}.",
            counted(most, "run"),
            find(analysis).map_or("", |it| it.about)
        );
        let drawing = Drawing::Plot(Plot { title: format!("{analysis}, by group"), columns: 2, panels });
        let is_drawn = matches!(&drawing, Drawing::Plot(plot) if !plot.panels.is_empty());
        is_drawn.then_some((analysis, Figure { name: String::new(), caption, seen_before: String::new(), drawing }))
    };
    analyses.into_iter().filter_map(figure).collect()
}

/// The panel of one quantity of one value or bundle, with a line for each group; there is none if the quantity has one place alone.
fn panel(means: &[&Mean], (of, quantity): (&str, &'static str)) -> Option<Panel> {
    let of_it: Vec<&&Mean> = means.iter().filter(|mean| mean.of == of && mean.quantity == quantity).collect();
    let places = distinct(of_it.iter().map(|mean| mean.at.as_str()));
    let groups = distinct(of_it.iter().map(|mean| mean.group.as_str()));
    let marks = groups.iter().flat_map(|group| {
        let (mut points, mut errors) = (Vec::new(), Vec::new());
        for (x, place) in places.iter().enumerate() {
            let mean = of_it.iter().find(|mean| mean.group == *group && mean.at == *place);
            let (y, sd) = mean.map_or((f64::NAN, None), |mean| mean.mean_and_sd());
            points.push([x as f64, y]);
            errors.push(sd.unwrap_or(0.0));
        }
        let line = Mark::new(*group, MarkKind::Line { points: points.clone(), dashed: false });
        [line, Mark::new(*group, MarkKind::Points { points, errors })]
    });
    let (label, names) = axis(&places);
    let (x, y) = (Axis::named(label, names), Axis::linear(quantity));
    let marks = marks.collect();
    (places.len() > 1).then(|| Panel { title: of.to_owned(), x, y, marks })
}

/// The label of an axis along which the places of measures stand, and the name of each place on it. The places `step 0` and `step 1`
/// become `0` and `1` on the axis `step of the loop`.
fn axis(places: &[&str]) -> (&'static str, Vec<String>) {
    let all = |of: fn(&str) -> Option<&str>| places.iter().map(|place| of(place).map(str::to_owned)).collect();
    if let Some(steps) = all(|place| place.strip_prefix("step ")) {
        return ("step of the loop", steps);
    }
    match all(|place| place.strip_suffix(" weights")) {
        Some(times) => ("weights", times),
        None => ("", places.iter().map(|place| (*place).to_owned()).collect()),
    }
}
