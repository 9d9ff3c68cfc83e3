//! The figure of a distribution of responses.

use super::Figure;
use super::power_law::PowerLaw;
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use std::f64::consts::TAU;

/// What is drawn of one step.
pub struct Seen {
    pub title: String,
    pub n: usize,
    pub sd: f64,
    /// Bins as of [`Sample::densities`](super::sample::Sample::densities).
    pub densities: Vec<[f64; 3]>,
    /// Of the numbers above 0, a hundredth are below this one and are not drawn.
    pub lowest: Option<f64>,
    /// The law, and the share of its tail among all numbers.
    pub law: Option<(PowerLaw, f64)>,
    pub thresholds: Option<[f64; 2]>,
}

/// Points of a curve.
const POINTS: usize = 200;

/// The figure of a value that was watched on such images; `about` says of which net, and what they are.
pub fn figure(name: &str, (value, images, about): (&str, String, &str), with_zeros: bool, seen: Vec<Seen>) -> Figure {
    let zeros = if with_zeros { "exact zeros included" } else { "exact zeros left out" };
    let mut numbers: Vec<String> = seen.iter().map(|seen| seen.n.to_string()).collect();
    // Most often all steps have as many.
    numbers.dedup();
    let caption = format!(
        "How the responses of `{value}` to {images} are distributed: the share of all n numbers ({zeros}; n = {} at each step) in a \
         bin over the width of the bin, for numbers above 0; the two-sided normal distribution around 0 of the same variance; \
         the power law by maximum likelihood (dashed), from the number on from which it fits best (Clauset, Shalizi & Newman, \
         2009); and where law and normal distribution meet (Park, Zhang & Choe, 2025, Fig. 7). Both axes are logarithmic. {about}.",
        numbers.join(", ")
    );
    let columns = seen.len().min(3);
    let sides = sides(&seen);
    let panels = seen.iter().map(|seen| panel(seen, sides)).collect();
    Figure {
        name: name.to_owned(),
        caption,
        seen_before: "Park, Zhang and Choe (2025, Fig. 7) saw it begin near the normal distribution and become like a power law step by \
                      step."
            .to_owned(),
        drawing: Drawing::Plot(Plot { title: format!("Responses of {value} to {images}"), columns, panels }),
    }
}

/// The smallest and the largest of the numbers.
fn ends(of: impl Iterator<Item = f64>) -> [f64; 2] {
    of.fold([f64::INFINITY, 0.0], |[least, most], x| [least.min(x), most.max(x)])
}

/// The bins that are drawn.
fn bins(seen: &Seen) -> impl Iterator<Item = [f64; 3]> {
    let lowest = seen.lowest.unwrap_or(0.0);
    seen.densities.iter().copied().filter(move |[_, high, _]| *high >= lowest)
}

/// Both ends of both axes, which are the same for all steps, so that these can be compared; nothing where no number is above 0.
fn sides(seen: &[Seen]) -> Option<[[f64; 2]; 2]> {
    let mut across = ends(seen.iter().flat_map(bins).flat_map(|[low, high, _]| [low, high]));
    let drawn = ends(seen.iter().flat_map(bins).map(|[.., density]| density));
    for x in seen.iter().filter_map(|seen| seen.thresholds).flatten() {
        // One that is far from all responses would leave them no room.
        if x < 100.0 * across[1] && x > across[0] / 100.0 {
            across = [across[0].min(x / 1.2), across[1].max(x * 1.2)];
        }
    }
    (drawn[1] > 0.0).then_some([across, [drawn[0] / 2.0, drawn[1] * 3.0]])
}

fn panel(seen: &Seen, sides: Option<[[f64; 2]; 2]>) -> Panel {
    let points: Vec<[f64; 2]> = bins(seen).map(|[low, high, density]| [(low * high).sqrt(), density]).collect();
    let mut marks = vec![Mark::new("responses", MarkKind::Points { points, errors: Vec::new() })];
    let Some([x, y]) = sides else {
        return Panel { title: seen.title.clone(), x: Axis::linear("response"), y: Axis::linear("density"), marks };
    };
    let curve = |from: f64, density: &dyn Fn(f64) -> f64| {
        let at = |n: usize| from * (x[1] / from).powf(n as f64 / (POINTS - 1) as f64);
        let points = (0..POINTS).map(|n| [at(n), density(at(n))]);
        points.filter(|[_, density]| (y[0]..=y[1]).contains(density)).collect::<Vec<_>>()
    };
    let sd = seen.sd;
    let normal = curve(x[0], &|x| (-(x / sd).powi(2) / 2.0).exp() / (sd * TAU.sqrt()));
    marks.push(Mark::new("normal of the same variance", MarkKind::Line { points: normal, dashed: false }));
    if let Some((law, share)) = &seen.law {
        let points = curve(law.x_min, &|x| (law.log_factor(*share) - law.exponent * x.ln()).exp());
        marks.push(Mark::new("power law", MarkKind::Line { points, dashed: true }));
    }
    for at in seen.thresholds.into_iter().flatten().filter(|at| (x[0]..=x[1]).contains(at)) {
        marks.push(Mark::new("law and normal meet", MarkKind::Across { at, vertical: true }));
    }
    let axis = |label: &str, [low, high]: [f64; 2]| Axis::log(label).within(low, high);
    Panel { title: seen.title.clone(), x: axis("response", x), y: axis("density", y), marks }
}
