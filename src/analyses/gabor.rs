//! Gabor functions through afferent kernels: whether these look like the receptive fields of simple cells (Jones & Palmer, 1987).

use super::bench::AtTime;
use super::kernels::{named, of_convolutions, scale};
use super::lateral;
use super::least_squares::{between, explained, least_squares, linear, unbound};
use super::moments::median;
use super::{Analysis, Bench, Cell, Column, Figure, Findings, Measure};
use crate::figures::{Drawing, Pictures, Tile};
use crate::train::TrainError;
use lcnnc_lang::ir::{Net, Param};
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};
use nalgebra::DMatrix;
use rayon::prelude::*;
use std::f64::consts::{PI, TAU};

/// The least side of a kernel: a smaller one has hardly more weights than a Gabor function has numbers.
const LEAST_SIDE: usize = 5;
/// Below this share of variance a kernel is said to be none.
const ENOUGH: f64 = 0.5;
/// Kernels that a figure has at most.
const MOST_DRAWN: usize = 16;
/// Fits that are followed to their end, of all that are begun.
const FOLLOWED: usize = 8;

/// Within which ends a fit looks, in cycles per pixel and in the width over the length of the envelope.
const FREQUENCIES: [f64; 2] = [0.01, 0.5];
const ASPECTS: [f64; 2] = [0.2, 5.0];

pub const GABOR: Analysis = Analysis {
    name: "gabor",
    about: "Gabor functions through afferent kernels by least squares, a row for each kernel",
    args: &[Arg::with(
        "of",
        Type::Names,
        ArgValue::Names(Vec::new()),
        "the bundles, as in `W_A`; `all` are those that are not lateral, with kernels of 5 x 5 or larger",
    )],
    columns: &[
        Column { name: "bundle", about: "the bundle, as in `W_A`" },
        Column { name: "weights", about: "whose: `initial`, where the run kept them, and those that were asked for" },
        Column { name: "channel", about: "the feature map that the kernel leads to, from 0" },
        Column {
            name: "plane_share",
            about: "the share of the kernel's sum of squares that lies in its principal plane, which is fitted; 1 for one input channel",
        },
        Column { name: "r2", about: "the share of the variance of its weights that the Gabor function explains" },
        Column { name: "orientation", about: "of the stripes, in degrees counterclockwise: 0 lie, 90 stand" },
        Column { name: "frequency", about: "cycles per pixel" },
        Column {
            name: "phase",
            about: "degrees, from 0 to below 360; at 0 the middle of the envelope is the brightest",
        },
        Column { name: "sigma", about: "standard deviation of the envelope across the stripes, in pixels" },
        Column { name: "aspect", about: "that deviation over the one along the stripes" },
        Column { name: "row", about: "the middle of the envelope, in pixels below the middle of the kernel" },
        Column { name: "column", about: "the same, to its right" },
        Column { name: "amplitude", about: "the height of the envelope" },
    ],
    watches: false,
    applies,
    run,
};

fn applies(net: &Net) -> Result<(), String> {
    let lateral = lateral_names(net);
    match of_convolutions(net).iter().any(|param| is_fit(param, &lateral)) {
        true => Ok(()),
        false => Err(format!(
            "no afferent convolution has kernels of {LEAST_SIDE} x {LEAST_SIDE} or larger: a 3 x 3 kernel has 9 weights, which the 8 numbers \
             of a Gabor function nearly always come close to"
        )),
    }
}

fn lateral_names(net: &Net) -> Vec<String> {
    lateral::bundles(net).into_iter().map(|lateral| lateral.bundle.name.clone()).collect()
}

fn is_large(param: &Param) -> bool {
    param.shape[2..].iter().all(|side| *side >= LEAST_SIDE)
}

fn is_fit(param: &Param, lateral: &[String]) -> bool {
    is_large(param) && !lateral.contains(&param.name)
}

/// A kernel or one plane of it, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    pub height: usize,
    pub width: usize,
    pub values: Vec<f64>,
}

/// `amplitude * exp(-(u^2 + (aspect v)^2) / (2 sigma^2)) * cos(2 pi frequency u + phase)`, with `u` across the stripes and `v` along
/// them, both in pixels from the middle of the envelope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gabor {
    /// In degrees, from 0 to below 180.
    pub orientation: f64,
    pub frequency: f64,
    /// In degrees, from 0 to below 360.
    pub phase: f64,
    pub sigma: f64,
    pub aspect: f64,
    /// Rows below and columns right of the middle of the plane.
    pub middle: [f64; 2],
    pub amplitude: f64,
}

impl Gabor {
    /// The function at each pixel, row by row.
    pub fn drawn(&self, height: usize, width: usize) -> Vec<f64> {
        let [even, odd] = self.pair(height, width);
        let (sin, cos) = self.phase.to_radians().sin_cos();
        even.iter().zip(&odd).map(|(even, odd)| self.amplitude * (cos * even - sin * odd)).collect()
    }

    /// The envelope times the cosine and times the sine.
    fn pair(&self, height: usize, width: usize) -> [Vec<f64>; 2] {
        let (sin, cos) = self.orientation.to_radians().sin_cos();
        let from_middle = |n: usize, side: usize| n as f64 - (side as f64 - 1.0) / 2.0;
        let pixel = |place: usize| {
            let down = from_middle(place / width, height) - self.middle[0];
            let right = from_middle(place % width, width) - self.middle[1];
            let (across, along) = (right * sin + down * cos, right * cos - down * sin);
            let distance = across.powi(2) + (self.aspect * along).powi(2);
            let envelope = (-distance / (2.0 * self.sigma.powi(2))).exp();
            let (sin, cos) = (TAU * self.frequency * across).sin_cos();
            (envelope * cos, envelope * sin)
        };
        let (even, odd) = (0..height * width).map(pixel).unzip();
        [even, odd]
    }

    /// The Gabor function of least squares through a plane, and the share of the variance that it explains; nothing through equal
    /// numbers, or through what is no number.
    pub fn through(plane: &Plane) -> Option<(Self, f64)> {
        let Plane { height, width, values } = plane;
        let largest = values.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        explained(values, 0.0)?;
        if !values.iter().all(|x| x.is_finite()) {
            return None;
        }
        let values: Vec<f64> = values.iter().map(|x| x / largest).collect();
        let sides = [*height as f64, *width as f64];
        let sigmas = [0.5, sides[0].max(sides[1])];
        let of = |at: &[f64]| Self {
            orientation: at[0].to_degrees(),
            frequency: between(FREQUENCIES, at[1]),
            phase: 0.0,
            sigma: between(sigmas, at[2]),
            aspect: between(ASPECTS, at[3]),
            middle: [0, 1].map(|n| between([-sides[n] / 2.0, sides[n] / 2.0], at[4 + n])),
            amplitude: 1.0,
        };
        // Amplitude and phase are linear, and follow from the others.
        let solved = |at: &[f64]| {
            let [even, odd] = of(at).pair(*height, *width);
            linear([&even, &odd], &values)
        };
        let mut starts = Vec::new();
        for orientation in (0..8).map(|n| PI * f64::from(n) / 8.0) {
            for frequency in [0.05, 0.1, 0.16, 0.23, 0.33, 0.45] {
                for sigma in [0.15, 0.25, 0.4].map(|share| (share * sides[0].max(sides[1])).max(0.6)) {
                    let at = vec![
                        orientation,
                        unbound(FREQUENCIES, frequency),
                        unbound(sigmas, sigma),
                        unbound(ASPECTS, 1.0),
                        0.0,
                        0.0,
                    ];
                    starts.push((solved(&at).1.iter().map(|x| x * x).sum::<f64>(), at));
                }
            }
        }
        starts.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let fits = starts.iter().take(FOLLOWED).map(|(_, start)| least_squares(start, &|at| solved(at).1));
        let (at, left) = fits.min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        let ([even, odd], _) = solved(&at);
        let r2 = explained(&values, left)?;
        let orientation = at[0].to_degrees().rem_euclid(360.0);
        // Turned by half a circle, the wave runs backwards.
        let phase = (-odd).atan2(even).to_degrees() * if orientation < 180.0 { 1.0 } else { -1.0 };
        let (orientation, phase) = (orientation % 180.0, phase.rem_euclid(360.0));
        let amplitude = largest * even.hypot(odd);
        Some((Self { orientation, phase: if phase < 360.0 { phase } else { 0.0 }, amplitude, ..of(&at) }, r2))
    }
}

/// The principal plane of a kernel `[in, height, width]`: of all kernels that are one plane times a number for each input channel, the
/// nearest one has this plane. With it comes the share of the kernel's sum of squares that lies in it.
pub fn principal(kernel: &[f64], [from, height, width]: [usize; 3]) -> (Plane, f64) {
    let plane = |values: Vec<f64>| Plane { height, width, values };
    let all: f64 = kernel.iter().map(|w| w * w).sum();
    let is_known = from > 1 && all > 0.0 && all.is_finite();
    if !is_known {
        return (plane(kernel[..height * width].to_vec()), 1.0);
    }
    let svd = DMatrix::from_row_slice(from, height * width, kernel).svd(true, true);
    // Both were asked for; without them the first plane stands for all.
    let (Some(left), Some(right)) = (svd.u, svd.v_t) else { return (plane(kernel[..height * width].to_vec()), 1.0) };
    let top = svd.singular_values.imax();
    // As bright as the input channels are together.
    let sign = if left.column(top).sum() < 0.0 { -1.0 } else { 1.0 };
    let size = svd.singular_values[top];
    (plane(right.row(top).iter().map(|x| sign * size * x).collect()), size * size / all)
}

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (mut findings, lateral) = (Findings::default(), lateral_names(bench.net()));
    for param in named(bench.net(), call.names("of"), (GABOR.name, &|param| is_fit(param, &lateral)))? {
        if !is_large(param) {
            let reason = format!(
                "the kernels of `{}` are smaller than {LEAST_SIDE} x {LEAST_SIDE}, and have hardly more weights than a Gabor function has numbers",
                param.owner()
            );
            return Err(TrainError::Analysis { name: GABOR.name, reason });
        }
        let dims = [1, 2, 3].map(|n| param.shape[n]);
        for AtTime { time, weights, .. } in bench.before_and_after(&param.name)? {
            let fitted: Vec<Fitted> =
                weights.par_chunks_exact(dims.iter().product()).map(|kernel| Fitted::of(kernel, dims)).collect();
            for (channel, Fitted { share, fit, .. }) in fitted.iter().enumerate() {
                let names = [param.owner(), &time].map(|name| Cell::Text(name.to_owned()));
                let numbers = fit.map(|(it, r2)| {
                    [
                        r2,
                        it.orientation,
                        it.frequency,
                        it.phase,
                        it.sigma,
                        it.aspect,
                        it.middle[0],
                        it.middle[1],
                        it.amplitude,
                    ]
                });
                let numbers = numbers.map_or([(); 9].map(|()| Cell::Absent), |numbers| numbers.map(Cell::Number));
                let first = names.into_iter().chain([Cell::Count(channel), Cell::Number(*share)]);
                findings.rows.push(first.chain(numbers).collect());
            }
            let measure =
                |r2| Measure::new(param.owner(), format!("{time} weights"), "median R² of Gabor functions", r2);
            findings.measures.extend(middle(&fitted).map(measure));
            findings.notes.push(note(param.owner(), &time, &fitted));
            findings.figures.push(figure(bench, param.owner(), &time, &fitted));
        }
    }
    Ok(findings)
}

struct Fitted {
    plane: Plane,
    share: f64,
    fit: Option<(Gabor, f64)>,
}

impl Fitted {
    fn of(kernel: &[f64], dims: [usize; 3]) -> Self {
        let (plane, share) = principal(kernel, dims);
        let fit = Gabor::through(&plane);
        Self { plane, share, fit }
    }
}

/// The median share of variance that the fits explain.
fn middle(fitted: &[Fitted]) -> Option<f64> {
    median(fitted.iter().filter_map(|fitted| fitted.fit.map(|(_, r2)| r2)).collect())
}

fn note(bundle: &str, time: &str, fitted: &[Fitted]) -> String {
    let is_none = |fitted: &&Fitted| fitted.fit.is_none_or(|(_, r2)| r2 < ENOUGH);
    let (none, n) = (fitted.iter().filter(is_none).count(), fitted.len());
    let median = middle(fitted).map_or(String::new(), |r2| format!(", the median R² is {r2:.3}"));
    format!(
        "`{bundle}`, {time} weights: the Gabor function explains less than half of {none} of {n} kernels (R² below {ENOUGH}){median}"
    )
}

/// Kernels beside their fits and what these leave.
fn figure(bench: &Bench, bundle: &str, time: &str, fitted: &[Fitted]) -> Figure {
    let drawn = fitted.len().min(MOST_DRAWN);
    let tiles = fitted.iter().take(drawn).flat_map(|Fitted { plane, fit, .. }| {
        let Plane { height, width, values } = plane;
        let largest = scale(values.iter().copied())[1];
        // A kernel of zeros stays one.
        let per = if largest > 0.0 { largest } else { 1.0 };
        let tile = |values: Vec<f64>| Tile {
            height: *height,
            width: *width,
            values: values.into_iter().map(|x| (x / per) as f32).collect(),
        };
        let made = fit.map(|(gabor, _)| gabor.drawn(*height, *width));
        let left = made.as_ref().map(|made| values.iter().zip(made).map(|(w, made)| w - made).collect());
        [Some(tile(values.clone())), made.map(tile), left.map(tile)]
    });
    let row = |(channel, fitted): (usize, &Fitted)| match fitted.fit {
        Some((_, r2)) => format!("channel {channel}, R² {r2:.2}"),
        None => format!("channel {channel}, no fit"),
    };
    let left =
        if fitted.len() > drawn { format!(" The first {drawn} of {} are drawn.", fitted.len()) } else { String::new() };
    Figure {
        name: format!("{}_{}", bundle.replace('.', "_"), time.replace(':', "_")),
        caption: format!(
            "The {time} kernels of `{bundle}`, or the principal plane of those with several input channels, the Gabor function of least \
             squares through each, and what it leaves, divided by the largest weight of the kernel.{left} R² is the share of the variance of the weights that the \
             function explains. {}.",
            bench.about_run()
        ),
        seen_before: "Jones and Palmer (1987) saw Gabor functions fit the receptive fields of simple cells of cats."
            .to_owned(),
        drawing: Drawing::Pictures(Pictures {
            title: format!("Gabor functions through {bundle}, {time} weights"),
            rows: fitted.iter().take(drawn).enumerate().map(row).collect(),
            columns: ["kernel", "Gabor", "residual"].map(str::to_owned).to_vec(),
            tiles: tiles.collect(),
            is_signed: true,
            scale: [-1.0, 1.0],
            unit: "weight / largest weight".to_owned(),
        }),
    }
}
