//! Several runs compared: which of them differ in their seed alone, and figures of what they come to on average.

use super::measure::{Mean, steps};
use super::{Figure, find};
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::train::Target;
use crate::train::facts::{Fact, SEED, differing};
use lcnnc_lang::diag::counted;
use lcnnc_lang::vocabulary::optimizers;

/// The fact that is a run's model, and the one that is its spec, with a checksum.
const MODEL: &str = "model";
const SPEC: &str = "spec";
/// The setting that names the rule by which weights move.
const OPTIMIZER: &str = "optimizer";
/// What a run may be given or not, beside its settings.
const OF_RUN: [&str; 4] = ["dataset", "limit", "limit_test", "weights_from"];

/// What changes nothing of what a run comes to, beside the seed, by which the runs of a group differ.
const NOT_TOLD: [&str; 2] = [SEED, "keep"];
/// Letters of a value that is told only where nothing else distinguishes two groups, such as a list of transforms.
const LONG: usize = 30;

/// The name of each run's group: the consts and settings in which some of the runs differ, with the run's own values, as in
/// `steps 5, alpha 0.1`. The seed is left out, so runs that differ in their seed alone have one name. Where there are several models,
/// consts that only some of them have, or that go with the model, are left out, too.
pub fn groups(runs: &[Vec<Fact>]) -> Vec<String> {
    let names: Vec<String> = differing(runs).into_iter().filter(|name| !NOT_TOLD.contains(&name.as_str())).collect();
    let (told, rest): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| is_told(runs, &names, name));
    let called = |facts: &[Fact], names: &[&String]| {
        let parts: Vec<String> = names.iter().filter_map(|name| said(runs, facts, name)).collect();
        parts.join(", ")
    };
    let short: Vec<String> = runs.iter().map(|facts| called(facts, &told)).collect();
    let group = |(n, facts): (usize, &Vec<Fact>)| {
        // What was left out is told where it alone distinguishes two groups.
        let is_alike = |(m, other): (usize, &Vec<Fact>)| {
            m != n && short[m] == short[n] && rest.iter().any(|name| value(other, name) != value(facts, name))
        };
        let more = if runs.iter().enumerate().any(is_alike) { called(facts, &rest) } else { String::new() };
        let parts: Vec<&str> = [&*short[n], &*more].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { value(facts, MODEL).unwrap_or_default().to_owned() } else { parts.join(", ") }
    };
    runs.iter().enumerate().map(group).collect()
}

fn value<'a>(facts: &'a [Fact], name: &str) -> Option<&'a str> {
    facts.iter().find(|fact| fact.name == name).map(|fact| fact.text.as_str())
}

/// Whether a name in which runs differ stands in the names of their groups.
fn is_told(runs: &[Vec<Fact>], differing: &[String], name: &str) -> bool {
    let values = || runs.iter().map(|facts| value(facts, name));
    // Whether all runs with one value of another name have one value of this one.
    let goes_with = |other: &str| {
        let pairs = || runs.iter().map(|facts| (value(facts, other), value(facts, name)));
        pairs().all(|(a, x)| pairs().all(|(b, y)| a != b || x == y))
    };
    let differs = |other: &str| differing.iter().any(|name| name == other);
    match name {
        MODEL => true,
        // Of one model there may be several texts.
        SPEC => !differs(MODEL) || !goes_with(MODEL),
        // A const goes with the spec; a setting is told, since it is a choice of its own.
        _ if Target::named(name).is_none() && !OF_RUN.contains(&name) && differs(SPEC) => !goes_with(SPEC),
        // Nor is there a choice where the other optimizer has no such argument.
        _ if is_of_some_optimizers(name) && differs(OPTIMIZER) => !goes_with(OPTIMIZER),
        _ => {
            values().flatten().all(|text| text.len() <= LONG)
                || !differing.iter().any(|other| other != name && goes_with(other))
        }
    }
}

/// Whether a setting is an argument that some optimizers have, and not all of them.
fn is_of_some_optimizers(name: &str) -> bool {
    let with_it = optimizers::CALLABLES.iter().filter(|rule| rule.args.iter().any(|arg| arg.name == name)).count();
    (1..optimizers::CALLABLES.len()).contains(&with_it)
}

/// A name with its value, in words where the run has none; nothing where its spec has no such const.
fn said(runs: &[Vec<Fact>], facts: &[Fact], name: &str) -> Option<String> {
    match value(facts, name) {
        Some(text) => Some(format!("{name} {text}")),
        None => {
            let of_spec = |other: &&Vec<Fact>| value(other, SPEC) == value(facts, SPEC);
            let is_option = OF_RUN.contains(&name) || Target::named(name).is_some();
            (is_option || runs.iter().filter(of_spec).any(|other| value(other, name).is_some()))
                .then(|| format!("no {name}"))
        }
    }
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
    let places = places(&of_it);
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
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

/// The places at which a quantity stands, in the order in which they come up. Steps of a loop stand in their own order, with those
/// between them at which no run has anything.
fn places(means: &[&&Mean]) -> Vec<String> {
    let places = distinct(means.iter().map(|mean| mean.at.as_str()));
    let single = |place: &&str| steps(place).filter(|steps| steps.len() == 1).map(|steps| steps[0]);
    let all: Option<Vec<usize>> = places.iter().map(single).collect();
    match all.and_then(|all| Some(*all.iter().min()?..=*all.iter().max()?)) {
        Some(range) => range.map(|step| format!("step {step}")).collect(),
        None => places.into_iter().map(str::to_owned).collect(),
    }
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
