//! Which images a net takes to be alike: representational dissimilarity matrices (Kriegeskorte, Mur & Bandettini, 2008).

use super::moments::mean_and_sd;
use super::table::WHOSE;
use super::values::{OF, Seen, asked, each_step, has_maps, place};
use super::{Analysis, Bench, Cell, Column, Figure, Findings, Measure, NamedArray, Table};
use crate::figures::{Drawing, Pictures, Tile};
use crate::train::TrainError;
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};
use rayon::prelude::*;

pub const RDM: Analysis = Analysis {
    name: "rdm",
    about: "how unlike one another images are to the net, a matrix and a row for each value and step (Kriegeskorte et al., 2008)",
    args: &[
        OF,
        Arg::with(
            "images",
            Type::Count { min: 2, max: 1000 },
            ArgValue::Count(100),
            "how many images, the first ones that are shown",
        ),
        Arg::with(
            "distance",
            Type::Word(&["correlation", "euclidean"]),
            ArgValue::Word("correlation"),
            "`1 - r` of all numbers of two images, or the root of their summed squared differences",
        ),
    ],
    columns: &[
        Column { name: "value", about: "the value, as in `O`" },
        Column { name: "step", about: "the step of its loop, 0 for the initial value; empty outside of loops" },
        Column { name: "distance", about: "the measure of dissimilarity" },
        Column { name: "images", about: "how many images the matrix has" },
        Column { name: "even", about: "how many of them have equal numbers throughout, and so no correlation" },
        Column { name: "mean", about: "mean dissimilarity of all pairs of images that have one" },
        Column { name: "within", about: "mean over pairs of one class; empty without classes" },
        Column { name: "between", about: "mean over pairs of two classes" },
        Column { name: "ratio", about: "`between / within`: above 1 where classes are apart" },
        Column {
            name: "d_prime",
            about: "`(between - within) / sqrt((v_within + v_between) / 2)`, with the variances over pairs",
        },
        WHOSE,
    ],
    watches: true,
    applies: has_maps,
    run,
};

const IMAGES: &[Column] = &[
    Column { name: "place", about: "row and column of the matrix, from 0" },
    Column { name: "image", about: "the image among those that are shown, from 0" },
    Column { name: "class", about: "its class; empty without classes" },
];

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (mut findings, images) = (Findings::default(), call.count("images").min(bench.images()));
    if images < 2 {
        return Err(RDM.refused("a matrix of dissimilarities takes two images or more".to_owned()));
    }
    let (labels, is_correlation) = (bench.labels(), call.word("distance") == "correlation");
    // Classes together, and in them the images as they are shown.
    let mut order: Vec<usize> = (0..images).collect();
    order.sort_by_key(|image| labels.as_ref().map_or(0, |labels| labels[*image]));
    let labels: Option<Vec<usize>> = labels.map(|labels| order.iter().map(|image| labels[*image]).collect());
    let mut drawn = Vec::new();
    if images < bench.images() {
        findings
            .notes
            .push(format!("these are the first {images} of {} images; `images` asks for more", bench.images()));
    }
    for seen in each_step(&asked(bench.net(), call.names("of"))?) {
        let mut kept = Vec::with_capacity(images);
        bench.watch_some(&seen.asked, images, &mut |_, x| kept.push(x.to_vec()))?;
        let ordered: Vec<Vec<f32>> = order.iter().map(|image| std::mem::take(&mut kept[*image])).collect();
        let matrix = if is_correlation { correlations(&ordered) } else { distances(&ordered) };
        let even = ordered.iter().filter(|x| x.iter().all(|y| *y == x[0])).count();
        let cells = seen.cells().into_iter().chain([
            Cell::Text(call.word("distance").to_owned()),
            Cell::Count(images),
            Cell::Count(even),
        ]);
        let contrast = Contrast::of(&matrix, labels.as_deref());
        findings.notes.extend(contrast.note(&seen));
        let at = place(&seen.asked, 0);
        let named = [("between / within", contrast.ratio()), ("d'", contrast.d_prime())];
        let measures = named.into_iter().filter_map(|(name, x)| Some(Measure::new(&seen.name, &at, name, x?)));
        findings.measures.extend(measures);
        findings.rows.push(cells.chain(contrast.cells()).collect());
        findings.arrays.push(NamedArray { name: seen.stem(), shape: vec![images; 2], values: matrix.clone() });
        drawn.push((seen, matrix));
    }
    let class = |place: usize| labels.as_ref().and_then(|labels| bench.classes().get(labels[place]).cloned());
    let row = |(place, image): (usize, &usize)| {
        vec![Cell::Count(place), Cell::Count(*image), class(place).map_or(Cell::Absent, Cell::Text)]
    };
    let rows = order.iter().enumerate().map(row).collect();
    findings.tables.push(("images", Table { columns: IMAGES, rows }));
    findings.figures.push(figure(bench, (images, labels.is_some()), is_correlation, &drawn));
    Ok(findings)
}

fn figure(
    bench: &Bench,
    (images, is_sorted): (usize, bool),
    is_correlation: bool,
    drawn: &[(Seen, Vec<f64>)],
) -> Figure {
    let most = drawn.iter().flat_map(|(_, matrix)| matrix).copied().fold(0.0, f64::max);
    let tile = |matrix: &[f64]| {
        Some(Tile { height: images, width: images, values: matrix.iter().map(|x| *x as f32).collect() })
    };
    // A row for each value, and a column for each step.
    let (mut rows, mut columns): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for (seen, _) in drawn {
        let step = seen.step.as_deref().unwrap_or("no step");
        rows.extend((!rows.contains(&seen.name.as_str())).then_some(seen.name.as_str()));
        columns.extend((!columns.contains(&step)).then_some(step));
    }
    // A value need not be there at every step.
    let nothing = vec![f64::NAN; images * images];
    let mut tiles = vec![tile(&nothing); rows.len() * columns.len()];
    let is_ragged = drawn.len() < tiles.len();
    let is_even = drawn.iter().any(|(_, matrix)| matrix.iter().any(|x| !x.is_finite()));
    let hatched = match (is_even, is_ragged) {
        (false, false) => "",
        (true, false) => " What is hatched has no value, since all numbers of one of both images are equal there.",
        (false, true) => " What is hatched has no value, since the net does not make it at that step.",
        (true, true) => {
            " What is hatched has no value, since all numbers of one of both images are equal there, or since the net does not make \
             it at that step."
        }
    };
    for (seen, matrix) in drawn {
        let row = rows.iter().position(|name| *name == seen.name).unwrap_or_default();
        let step = seen.step.as_deref().unwrap_or("no step");
        let column = columns.iter().position(|name| *name == step).unwrap_or_default();
        tiles[row * columns.len() + column] = tile(matrix);
    }
    let of_step = |step: &&str| if *step == "no step" { String::new() } else { format!("step {step}") };
    let (measure, unit) = if is_correlation {
        ("1 - Pearson's correlation", "1 - r (0 to 2)")
    } else {
        ("the Euclidean distance", "distance")
    };
    Figure {
        name: String::new(),
        caption: format!(
            "How unlike one another {images} images are to the net: {measure} of all numbers of a value for two images{}. All matrices are on one \
             scale (Kriegeskorte, Mur & Bandettini, 2008).{hatched} {}; the first {images} of {}.",
            if is_sorted { ", images of one class side by side" } else { "" },
            bench.about_run(),
            bench.about_images()
        ),
        seen_before: String::new(),
        drawing: Drawing::Pictures(Pictures {
            title: "Dissimilarity of images".to_owned(),
            rows: rows.iter().map(|name| (*name).to_owned()).collect(),
            columns: columns.iter().map(of_step).collect(),
            tiles,
            is_signed: false,
            scale: [0.0, if is_correlation { most.min(2.0) } else { most }],
            unit: unit.to_owned(),
        }),
    }
}

/// Fills a symmetric matrix with zeros on its diagonal.
fn symmetric(n: usize, of: impl Fn(usize, usize) -> f64 + Sync) -> Vec<f64> {
    let rows: Vec<Vec<f64>> = (0..n).into_par_iter().map(|a| (0..a).map(|b| of(a, b)).collect()).collect();
    (0..n * n)
        .map(|at| match (at / n, at % n) {
            (a, b) if a == b => 0.0,
            (a, b) => rows[a.max(b)][a.min(b)],
        })
        .collect()
}

/// `1 - r` of each pair, with Pearson's correlation `r` over all numbers; not a number where one of both has equal numbers throughout.
pub fn correlations(images: &[Vec<f32>]) -> Vec<f64> {
    let centred = |x: &Vec<f32>| {
        let mean = x.iter().map(|x| f64::from(*x)).sum::<f64>() / x.len() as f64;
        // Rounding must not give equal numbers a spread.
        let is_even = x.iter().all(|y| *y == x[0]);
        let from: Vec<f64> = x.iter().map(|x| if is_even { 0.0 } else { f64::from(*x) - mean }).collect();
        let length = from.iter().map(|x| x * x).sum::<f64>().sqrt();
        from.into_iter().map(|x| x / length).collect::<Vec<f64>>()
    };
    let centred: Vec<Vec<f64>> = images.par_iter().map(centred).collect();
    symmetric(images.len(), |a, b| 1.0 - centred[a].iter().zip(&centred[b]).map(|(x, y)| x * y).sum::<f64>())
}

/// The Euclidean distance of each pair.
pub fn distances(images: &[Vec<f32>]) -> Vec<f64> {
    let squared = |(x, y): (&f32, &f32)| (f64::from(*x) - f64::from(*y)).powi(2);
    symmetric(images.len(), |a, b| images[a].iter().zip(&images[b]).map(squared).sum::<f64>().sqrt())
}

/// How pairs of one class and of two classes compare.
struct Contrast {
    mean: Option<f64>,
    within: Option<[f64; 2]>,
    between: Option<[f64; 2]>,
}

impl Contrast {
    fn of(matrix: &[f64], labels: Option<&[usize]>) -> Self {
        let n = matrix.len().isqrt();
        let pairs = (0..n).flat_map(|a| (0..a).map(move |b| (a, b)));
        let known: Vec<(usize, usize)> = pairs.filter(|(a, b)| !matrix[a * n + b].is_nan()).collect();
        let over = |is_meant: &dyn Fn(usize, usize) -> bool| {
            let chosen: Vec<f64> =
                known.iter().filter(|(a, b)| is_meant(*a, *b)).map(|(a, b)| matrix[a * n + b]).collect();
            (!chosen.is_empty()).then(|| mean_and_sd(&chosen))
        };
        let of_labels = |same: bool| labels.and_then(|labels| over(&|a, b| (labels[a] == labels[b]) == same));
        Self { mean: over(&|_, _| true).map(|[mean, _]| mean), within: of_labels(true), between: of_labels(false) }
    }

    fn both(&self) -> Option<[[f64; 2]; 2]> {
        Some([self.within?, self.between?])
    }

    fn ratio(&self) -> Option<f64> {
        self.both().map(|[[within, _], [between, _]]| between / within).filter(|x| x.is_finite())
    }

    fn d_prime(&self) -> Option<f64> {
        let apart = |[[a, a_sd], [b, b_sd]]: [[f64; 2]; 2]| (b - a) / f64::midpoint(a_sd * a_sd, b_sd * b_sd).sqrt();
        self.both().map(apart).filter(|x| x.is_finite())
    }

    fn cells(&self) -> Vec<Cell> {
        let means = [self.within, self.between].map(|of| of.map(|[mean, _]| mean));
        let number = |x: Option<f64>| x.map_or(Cell::Absent, Cell::Number);
        [self.mean, means[0], means[1], self.ratio(), self.d_prime()].map(number).into()
    }

    fn note(&self, seen: &Seen) -> Option<String> {
        let [[within, _], [between, _]] = self.both()?;
        Some(format!(
            "{}: images of one class are {within:.3} apart on the mean, those of two classes {between:.3}",
            seen.quoted()
        ))
    }
}
