//! How alike two values of a net are as a whole: linear centred kernel alignment (Kornblith, Norouzi, Lee & Hinton, 2019).

use super::table::WHOSE;
use super::values::{OF, Seen, asked, each_step, has_maps};
use super::{Analysis, Bench, Cell, Column, Figure, Findings};
use crate::figures::{Drawing, Pictures, Tile};
use crate::train::TrainError;
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};
use rayon::prelude::*;

/// Images that an unbiased estimate takes at least.
const FEWEST: usize = 4;

pub const CKA: Analysis = Analysis {
    name: "cka",
    about: "how alike values and steps are over images, linear centred kernel alignment, a row for each pair (Kornblith et al., 2019)",
    args: &[
        OF,
        Arg::with(
            "images",
            Type::Count { min: FEWEST, max: 1000 },
            ArgValue::Count(200),
            "how many images, the first ones that are shown",
        ),
        Arg::with(
            "unbiased",
            Type::Bool,
            ArgValue::Bool(true),
            "whether independence is estimated without bias (Song et al., 2012), or as in the paper of 2019, where few images make values alike",
        ),
    ],
    columns: &[
        Column { name: "value", about: "the first value, as in `O`" },
        Column { name: "step", about: "the step of its loop, 0 for the initial value; empty outside of loops" },
        Column { name: "other", about: "the second value" },
        Column { name: "other_step", about: "its step" },
        Column { name: "images", about: "how many images both are compared over" },
        Column {
            name: "cka",
            about: "1 where both are one but for turns and scale, about 0 where unrelated; empty for one that is the same for all images",
        },
        WHOSE,
    ],
    watches: true,
    applies: has_maps,
    run,
};

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (mut findings, images) = (Findings::default(), call.count("images").min(bench.images()));
    if images < FEWEST {
        return Err(CKA.refused(format!("alignment takes {FEWEST} images or more, and the net is shown {images}")));
    }
    let (all, is_unbiased) = (each_step(&asked(bench.net(), call.names("of"))?), call.bool("unbiased"));
    let mut grams = Vec::new();
    for seen in &all {
        let mut kept = Vec::with_capacity(images);
        bench.watch_some(&seen.asked, images, &mut |_, x| kept.push(x.to_vec()))?;
        grams.push(Gram::of(&kept, is_unbiased));
    }
    let mut matrix = vec![f32::NAN; all.len() * all.len()];
    for (a, first) in all.iter().enumerate() {
        for (b, second) in all.iter().enumerate().skip(a) {
            let cka = grams[a].alignment(&grams[b]);
            for at in [a * all.len() + b, b * all.len() + a] {
                matrix[at] = cka.map_or(f32::NAN, |cka| cka as f32);
            }
            let cells = first.cells().into_iter().chain(second.cells());
            let numbers = [Cell::Count(images), cka.map_or(Cell::Absent, Cell::Number)];
            findings.rows.push(cells.chain(numbers).collect());
        }
    }
    let titles: Vec<String> = all.iter().map(Seen::title).collect();
    // Most pairs are near to 1, and a scale from 0 on would show them as one.
    let least = matrix.iter().copied().filter(|x| x.is_finite()).fold(1.0_f32, f32::min);
    let hatched = match (matrix.iter().any(|x| x.is_nan()), is_unbiased) {
        (false, _) => "",
        (true, false) => {
            " What is hatched has no alignment: the numbers of its row or of its column are the same for all images."
        }
        (true, true) => {
            " What is hatched has no alignment: the numbers of its row or of its column are the same for all images, or their estimate \
             is not above 0."
        }
    };
    let tile = |x: &f32| Some(Tile { height: 1, width: 1, values: vec![*x] });
    findings.figures.push(Figure {
        name: String::new(),
        caption: format!(
            "Linear centred kernel alignment (Kornblith et al., 2019; {}) of each value and step with each other one: 1 where both are \
             one but for turns and scale, about 0 where they are unrelated.{hatched} {}; the first {images} of {}.",
            if is_unbiased { "unbiased estimates" } else { "biased estimates" },
            bench.about_run(),
            bench.about_images()
        ),
        seen_before: String::new(),
        drawing: Drawing::Pictures(Pictures {
            title: "Alignment of values".to_owned(),
            rows: titles.clone(),
            columns: titles,
            tiles: matrix.iter().map(tile).collect(),
            is_signed: false,
            scale: [(f64::from(least) * 10.0).floor().min(9.0) / 10.0, 1.0],
            unit: "alignment (dimensionless)".to_owned(),
        }),
    });
    Ok(findings)
}

/// The inner products of the images of a value, centred: all that alignment asks of it, whatever the value's size is.
pub struct Gram {
    images: usize,
    products: Vec<f64>,
    is_unbiased: bool,
}

impl Gram {
    /// Of the numbers of each image.
    pub fn of(images: &[Vec<f32>], is_unbiased: bool) -> Self {
        let n = images.len();
        // Numbers around their means over images, so that products do not cancel.
        let len = images.first().map_or(0, Vec::len);
        let mut means = vec![0.0; len];
        for image in images {
            means.iter_mut().zip(image).for_each(|(mean, x)| *mean += f64::from(*x) / n as f64);
        }
        let product = |a: usize, b: usize| {
            let both = images[a].iter().zip(&images[b]).zip(&means);
            both.map(|((x, y), mean)| (f64::from(*x) - mean) * (f64::from(*y) - mean)).sum::<f64>()
        };
        let rows: Vec<Vec<f64>> = (0..n).into_par_iter().map(|a| (0..=a).map(|b| product(a, b)).collect()).collect();
        let at = |a: usize, b: usize| if is_unbiased && a == b { 0.0 } else { rows[a.max(b)][a.min(b)] };
        let products = (0..n * n).map(|place| at(place / n, place % n)).collect();
        Self { images: n, products, is_unbiased }
    }

    /// The Hilbert-Schmidt independence criterion of both, but for a factor.
    fn dependence(&self, other: &Self) -> f64 {
        let n = self.images;
        let trace = self.products.iter().zip(&other.products).map(|(x, y)| x * y).sum::<f64>();
        if !self.is_unbiased {
            return trace;
        }
        let sums = |gram: &Self| gram.products.chunks_exact(n).map(|row| row.iter().sum()).collect::<Vec<f64>>();
        let (rows, columns) = (sums(self), sums(other));
        let both: f64 = rows.iter().zip(&columns).map(|(x, y)| x * y).sum();
        let [all, others] = [&rows, &columns].map(|sums| sums.iter().sum::<f64>());
        let n = n as f64;
        trace + all * others / ((n - 1.0) * (n - 2.0)) - 2.0 / (n - 2.0) * both
    }

    /// The alignment of both; none where one of them is the same for all images.
    pub fn alignment(&self, other: &Self) -> Option<f64> {
        let [own, others] = [self.dependence(self), other.dependence(other)];
        (own > 0.0 && others > 0.0).then(|| self.dependence(other) / (own.sqrt() * others.sqrt()))
    }
}
