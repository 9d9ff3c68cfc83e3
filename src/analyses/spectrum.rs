//! The eigenvalues of lateral weights: what a loop amplifies (named as future work by Park, Zhang & Choe, 2025).
//!
//! On a torus, a convolution is a matrix `[maps, maps]` of its own at every spatial frequency (Sedghi, Gupta & Long, 2019), and its
//! eigenvalues are those of all of them. A net pads with zeros instead, so the true radius is had by Arnoldi's method beside it.

use super::bench::AtTime;
use super::lateral::{self, Choice, Lateral, chosen};
use super::moments::mean_and_sd;
use super::{Analysis, Bench, Cell, Column, Figure, Findings, Measure};
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::train::TrainError;
use lcnnc_kernels::draws::Draws;
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};
use nalgebra::{Complex, DMatrix, Schur};
use rayon::prelude::*;
use std::f64::consts::TAU;

pub const SPECTRUM: Analysis = Analysis {
    name: "spectrum",
    about: "eigenvalues of lateral convolutions on a torus, a row for each spatial frequency",
    args: &[
        lateral::OF,
        Arg::with(
            "side",
            Type::Count { min: 2, max: 256 },
            ArgValue::Count(48),
            "pixels along a side of the torus and of the padded map",
        ),
        Arg::with(
            "random",
            Type::Count { min: 0, max: 1000 },
            ArgValue::Count(20),
            "draws of random weights of the same variance to compare with",
        ),
        Arg::with(
            "seed",
            Type::Count { min: 0, max: u32::MAX as usize },
            ArgValue::Count(0),
            "what the random weights are drawn from",
        ),
    ],
    columns: &[
        Column { name: "bundle", about: "the lateral bundle, as in `W_L`" },
        Column { name: "weights", about: "whose: `initial`, where the run kept them, and those that were asked for" },
        Column { name: "row_frequency", about: "cycles per pixel down the map, from -0.5 to below 0.5" },
        Column { name: "column_frequency", about: "cycles per pixel across the map" },
        Column { name: "radius", about: "largest absolute value of the eigenvalues at this frequency" },
        Column { name: "real", about: "real part of that eigenvalue" },
        Column { name: "imaginary", about: "imaginary part of it" },
        Column { name: "gain", about: "largest singular value at this frequency: how much one step amplifies at most" },
    ],
    watches: false,
    applies: lateral::applies,
    run,
};

/// Activities that are kept at most, and at least, to find the radius with zero padding.
const MOST: usize = 240;
const FEWEST: usize = 20;
/// Bytes of them, which very large maps alone need more of.
const BYTES: usize = 256 << 20;
/// After so many more, the radius is looked at again.
const LOOK: usize = 20;
/// It has settled where it then changes by no more than this share.
const SETTLED: f64 = 1e-5;

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (mut findings, mut panels) = (Findings::default(), Vec::new());
    let (side, seed) = (call.count("side"), call.count("seed") as u64);
    let choice = Choice { analysis: SPECTRUM.name, bundles: call.names("of"), afferents: &[], with_local: false };
    for (n, Lateral { bundle, .. }) in chosen(bench.net(), choice)?.into_iter().enumerate() {
        for AtTime { time, weights, .. } in bench.before_and_after(&bundle.name)? {
            if weights.iter().any(|x| !x.is_finite()) {
                findings.notes.push(format!(
                    "`{}`, {time} weights: some are no numbers, so there is no spectrum",
                    bundle.owner()
                ));
                continue;
            }
            let kernels = Kernels { maps: bundle.shape[0], size: bundle.shape[2], weights };
            let on_torus = kernels.torus(side);
            for frequency in &on_torus {
                let [row, column] = frequency.at.map(|at| cycles(at, side));
                let cells = [row, column, frequency.top.norm(), frequency.top.re, frequency.top.im, frequency.gain];
                let names = [bundle.owner(), &time].map(|name| Cell::Text(name.to_owned()));
                findings.rows.push(names.into_iter().chain(cells.map(Cell::Number)).collect());
            }
            let others: Vec<f64> = (0..call.count("random") as u64)
                .into_par_iter()
                .map(|draw| largest(&kernels.random(seed, (n as u64) << 32 | draw).torus(side)))
                .collect();
            let random = if others.is_empty() {
                String::new()
            } else {
                let [mean, sd] = mean_and_sd(&others);
                format!(
                    "; random weights of the same mean square have {mean:.3} ± {sd:.3} on the torus ({} draws)",
                    others.len()
                )
            };
            let (padded, is_settled) = kernels.padded(side, seed);
            let radii = [largest(&on_torus), padded];
            let about = if is_settled { "" } else { "about " };
            let place = format!("{time} weights");
            let measure = |quantity, value| Measure::new(bundle.owner(), &place, quantity, value);
            findings.measures.extend([
                measure("spectral radius on a torus", radii[0]),
                measure("spectral radius with zero padding", radii[1]),
            ]);
            findings.notes.push(format!(
                "`{}`, {time} weights: the spectral radius is {:.3} on a torus of {side} x {side} pixels, and {about}{:.3} with zero padding{random}",
                bundle.owner(),
                radii[0],
                radii[1]
            ));
            panels.extend(drawn(&format!("{}, {time}", bundle.owner()), &on_torus, side));
        }
    }
    findings.figures.push(Figure {
        name: String::new(),
        caption: format!(
            "Left: of each spatial frequency of a torus of {side} x {side} pixels, the eigenvalue of the lateral convolution with the \
             largest absolute value, and the unit circle: what lies outside of it grows from step to step where nothing is rectified. \
             Right: that absolute value by frequency. The net pads with zeros, so this is near to it and not the same. {}.",
            bench.about_run()
        ),
        seen_before: "Park, Zhang and Choe (2025) name the eigenvalues of lateral weights as future work.".to_owned(),
        drawing: Drawing::Plot(Plot { title: "Spectrum of lateral weights".to_owned(), columns: 2, panels }),
    });
    Ok(findings)
}

/// The eigenvalues in the complex plane, and the radius by frequency.
fn drawn(title: &str, frequencies: &[Frequency], side: usize) -> [Panel; 2] {
    let points = frequencies.iter().map(|frequency| [frequency.top.re, frequency.top.im]).collect();
    let marks = vec![
        Mark::new("eigenvalue of largest modulus at each frequency", MarkKind::Points { points, errors: Vec::new() }),
        Mark::new("unit circle", MarkKind::Circle { radius: 1.0 }),
    ];
    let (x, y) = (Axis::linear("real part"), Axis::linear("imaginary part"));
    let plane = Panel { title: title.to_owned(), x, y, marks };
    // Zero frequency in the middle.
    let turned = |n: usize| (n + side.div_ceil(2)) % side;
    let values = (0..side * side).map(|n| frequencies[turned(n / side) * side + turned(n % side)].top.norm()).collect();
    let lowest = cycles(turned(0), side);
    let axis = |label: &str| Axis::linear(label).within(lowest, lowest + (side - 1) as f64 / side as f64);
    let marks = vec![Mark::new("radius", MarkKind::Heat { rows: side, values })];
    let (x, y) = (axis("cycles per pixel across"), axis("cycles per pixel down"));
    [plane, Panel { title: format!("{title}: radius"), x, y, marks }]
}

/// A frequency in cycles per pixel, from -0.5 to below 0.5.
fn cycles(at: usize, side: usize) -> f64 {
    let share = at as f64 / side as f64;
    if share < 0.5 { share } else { share - 1.0 }
}

fn largest(frequencies: &[Frequency]) -> f64 {
    frequencies.iter().map(|frequency| frequency.top.norm()).fold(0.0, f64::max)
}

/// Lateral kernels `[maps, maps, size, size]`, with an odd size.
pub struct Kernels {
    pub maps: usize,
    pub size: usize,
    pub weights: Vec<f64>,
}

/// What a convolution does at one spatial frequency.
pub struct Frequency {
    /// Cycles over the side of the torus, down and across.
    pub at: [usize; 2],
    /// The eigenvalue of the largest absolute value.
    pub top: Complex<f64>,
    /// The largest singular value.
    pub gain: f64,
}

impl Kernels {
    /// Normally distributed weights with the mean 0 and the mean square of these.
    fn random(&self, seed: u64, stream: u64) -> Self {
        let square = self.weights.iter().map(|w| w * w).sum::<f64>() / self.weights.len() as f64;
        let mut weights = vec![0.0; self.weights.len()];
        Draws::new(seed, stream).fill_normal(square.sqrt(), &mut weights);
        Self { weights, ..*self }
    }

    /// The matrix of one frequency, with the kernel's centre at the origin: `sum over taps of w exp(2 pi i f . k)`.
    fn matrix(&self, at: [usize; 2], side: usize) -> DMatrix<Complex<f64>> {
        let centre = (self.size - 1) as f64 / 2.0;
        let [row, column] = at.map(|at| TAU * at as f64 / side as f64);
        let taps = self.size * self.size;
        let waves: Vec<Complex<f64>> = (0..taps)
            .map(|tap| {
                let [down, across] = [tap / self.size, tap % self.size].map(|n| n as f64 - centre.floor());
                Complex::from_polar(1.0, row * down + column * across)
            })
            .collect();
        DMatrix::from_fn(self.maps, self.maps, |to, from| {
            let kernel = &self.weights[(to * self.maps + from) * taps..][..taps];
            kernel.iter().zip(&waves).map(|(w, wave)| wave * *w).sum()
        })
    }

    /// All frequencies of a torus of `side` x `side` pixels, row by row.
    pub fn torus(&self, side: usize) -> Vec<Frequency> {
        let frequency = |n: usize| {
            let at = [n / side, n % side];
            let matrix = self.matrix(at, side);
            let gain = matrix.singular_values().max();
            let values = Schur::new(matrix).eigenvalues();
            let top = values.iter().flat_map(|values| values.iter()).copied();
            let top = top.fold(Complex::new(0.0, 0.0), |top, x| if x.norm() > top.norm() { x } else { top });
            Frequency { at, top, gain }
        };
        (0..side * side).into_par_iter().map(frequency).collect()
    }

    /// The spectral radius on a map of `side` x `side` pixels with zeros around it, by Arnoldi's method from random activity, and whether
    /// it has settled.
    ///
    /// The convolution is applied again and again, and each result made perpendicular to those before. The eigenvalues of the small
    /// matrix of what was taken off come near to the outermost ones of the convolution (Arnoldi, 1951, Quarterly of Applied
    /// Mathematics 9:17), a complex pair as well as a number.
    pub fn padded(&self, side: usize, seed: u64) -> (f64, bool) {
        let len = self.maps * side * side;
        let most = (BYTES / (len * size_of::<f64>())).clamp(FEWEST, MOST).min(len);
        let mut start = vec![0.0; len];
        Draws::new(seed, u64::MAX).fill_normal(1.0, &mut start);
        let shorter = 1.0 / length(&start);
        scale(&mut start, shorter);
        let (mut basis, mut small, mut radius) = (vec![start], DMatrix::zeros(most, most), 0.0_f64);
        for step in 0..most {
            let mut next = self.applied(&basis[step], side);
            let before = length(&next);
            // Twice, since one pass leaves rounding errors of what it takes off.
            for _ in 0..2 {
                for (n, other) in basis.iter().enumerate() {
                    let share = next.iter().zip(other).map(|(x, y)| x * y).sum::<f64>();
                    next.iter_mut().zip(other).for_each(|(x, y)| *x -= share * y);
                    small[(n, step)] += share;
                }
            }
            let left = length(&next);
            let is_whole = left <= 1e-12 * before;
            if is_whole || (step + 1) % LOOK == 0 || step + 1 == most {
                let Some(now) = outermost(small.view((0, 0), (step + 1, step + 1)).clone_owned()) else {
                    return (radius, false);
                };
                // Where nothing is left, the activities so far are all that the start can reach, and the eigenvalues are exact.
                if is_whole || step + 1 == len || (now - radius).abs() <= SETTLED * now {
                    return (now, true);
                }
                radius = now;
            }
            if step + 1 < most {
                small[(step + 1, step)] = left;
            }
            scale(&mut next, 1.0 / left);
            basis.push(next);
        }
        (radius, false)
    }

    /// The convolution of activity `[maps, side, side]` with zeros around it.
    fn applied(&self, activity: &[f64], side: usize) -> Vec<f64> {
        let (taps, before) = (self.size * self.size, (self.size - 1) / 2);
        let plane = |to: usize| {
            let mut made = vec![0.0; side * side];
            for from in 0..self.maps {
                let kernel = &self.weights[(to * self.maps + from) * taps..][..taps];
                let seen = &activity[from * side * side..][..side * side];
                for (tap, w) in kernel.iter().enumerate() {
                    add_shifted(
                        &mut made,
                        seen,
                        side,
                        [tap / self.size, tap % self.size].map(|n| n as isize - before as isize),
                        *w,
                    );
                }
            }
            made
        };
        (0..self.maps).into_par_iter().flat_map_iter(plane).collect()
    }
}

/// The largest absolute value of the eigenvalues of a matrix; none where they do not come out within many turns.
fn outermost(matrix: DMatrix<f64>) -> Option<f64> {
    let most = 100 * matrix.nrows();
    let values = Schur::try_new(matrix, f64::EPSILON, most)?.complex_eigenvalues();
    Some(values.iter().map(|x| x.norm()).fold(0.0, f64::max))
}

/// The Euclidean length of activity.
fn length(activity: &[f64]) -> f64 {
    activity.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn scale(activity: &mut [f64], by: f64) {
    activity.iter_mut().for_each(|x| *x *= by);
}

/// Adds `w` times a plane, seen from pixels that lie `by` from each, to another plane.
fn add_shifted(made: &mut [f64], seen: &[f64], side: usize, by: [isize; 2], w: f64) {
    let inside = |n: usize, by: isize| n.checked_add_signed(by).filter(|n| *n < side);
    for row in 0..side {
        let Some(from) = inside(row, by[0]) else { continue };
        for column in 0..side {
            if let Some(across) = inside(column, by[1]) {
                made[row * side + column] += w * seen[from * side + across];
            }
        }
    }
}
