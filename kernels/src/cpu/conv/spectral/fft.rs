//! Fourier transforms of any length that has no prime factor above 5, an independent one in each lane.

use super::dft::{Complex, Dft, Dft2, Dft3, Dft4, Dft5, Dft6, Dft8, Dft9};
use super::fft_io::{Point, Sink, Source};
use pulp::Simd;
use std::f64::consts::TAU;

/// How a transform of one length is done: stage after stage, each of short transforms and of turns, in Stockham's
/// order, in which no stage needs its numbers reordered.
#[derive(Debug)]
pub struct Fft {
    /// The number of points.
    pub len: usize,
    stages: Vec<Stage>,
}

/// One stage of a transform: short transforms of `radix` points each, and the turns of their results.
#[derive(Debug)]
struct Stage {
    radix: usize,
    /// The length that is left to transform after this stage.
    rest: usize,
    /// How many interleaved transforms the stage works on.
    stride: usize,
    /// For each of `rest` places, the turns of all results but the first, as complex numbers of length 1.
    turns: Vec<[f32; 2]>,
}

/// The numbers of points for which there are short transforms.
const RADICES: [usize; 7] = [9, 8, 6, 5, 4, 3, 2];

impl Fft {
    /// The shortest length not below `least` that has no prime factor above 5.
    pub fn fitting(least: usize) -> usize {
        let smooth =
            |n: usize| [2, 3, 5].iter().fold(n, |n, p| (0..64).fold(n, |n, _| if n % p == 0 { n / p } else { n })) == 1;
        (least.max(4)..).find(|n| smooth(*n)).unwrap_or(least)
    }

    /// Plans the transform of this length.
    pub fn new(len: usize) -> Self {
        let mut stages = Vec::new();
        let (mut rest, mut stride) = (len, 1);
        for radix in radices(len) {
            let n = rest;
            rest /= radix;
            let turn = |place: usize, result: usize| {
                let angle = -TAU * (place * result % n) as f64 / n as f64;
                [angle.cos() as f32, angle.sin() as f32]
            };
            let turns = (0..rest).flat_map(|place| (1..radix).map(move |result| turn(place, result))).collect();
            stages.push(Stage { radix, rest, stride, turns });
            stride *= radix;
        }
        Self { len, stages }
    }

    /// Transforms: loads every point once and stores every result once, in an order of its own.
    ///
    /// `work` has room for two lines of `len` points. The inverse transform, `len` times too large, is this one with real and
    /// imaginary parts exchanged on both sides.
    #[inline(always)]
    pub fn run<S: Simd>(&self, s: S, work: &mut [Point<S::f32s>], from: impl Source<S>, to: impl Sink<S>) {
        let (mut one, two) = work.split_at_mut(self.len);
        let mut two = &mut two[..self.len];
        match self.stages.as_slice() {
            [] => {}
            [only] => {
                for (i, to) in one.iter_mut().enumerate() {
                    *to = point(from.load(s, i));
                }
                only.each(s, Last { from: one, to });
            }
            [first, middle @ .., last] => {
                first.each(s, First { from, to: one });
                for stage in middle {
                    stage.each(s, Middle { from: one, to: two });
                    std::mem::swap(&mut one, &mut two);
                }
                last.each(s, Last { from: one, to });
            }
        }
    }
}

/// Splits a length into as few radices as possible, and those as even as possible.
fn radices(len: usize) -> Vec<usize> {
    fn search(len: usize, largest: usize) -> Option<Vec<usize>> {
        if len == 1 {
            return Some(Vec::new());
        }
        let splits = RADICES.iter().filter(|radix| **radix <= largest && len.is_multiple_of(**radix));
        let splits = splits.filter_map(|radix| search(len / radix, *radix).map(|rest| [vec![*radix], rest].concat()));
        splits.min_by_key(|split| (split.len(), split.iter().sum::<usize>()))
    }
    search(len, RADICES[0]).unwrap_or_else(|| unreachable!("a length with a prime factor above 5: {len}"))
}

impl Stage {
    /// Does all short transforms of the stage, each by the one for its number of points.
    #[inline(always)]
    fn each<S: Simd>(&self, s: S, lines: impl Lines<S>) {
        match self.radix {
            2 => lines.transform::<2, Dft2>(s, self),
            3 => lines.transform::<3, Dft3>(s, self),
            4 => lines.transform::<4, Dft4>(s, self),
            5 => lines.transform::<5, Dft5>(s, self),
            6 => lines.transform::<6, Dft6>(s, self),
            8 => lines.transform::<8, Dft8>(s, self),
            _ => lines.transform::<9, Dft9>(s, self),
        }
    }
}

/// What a stage reads and what it writes. The points of a short transform lie a part of the line apart, `len / R` points.
trait Lines<S: Simd> {
    fn transform<const R: usize, D: Dft<R>>(self, s: S, stage: &Stage);
}

/// The first of several stages: nothing is interleaved yet.
struct First<'l, F, V> {
    from: F,
    to: &'l mut [Point<V>],
}

impl<S: Simd, F: Source<S>> Lines<S> for First<'_, F, S::f32s> {
    #[inline(always)]
    fn transform<const R: usize, D: Dft<R>>(self, s: S, stage: &Stage) {
        let mut parts = [self.from; R];
        for (k, part) in parts.iter_mut().enumerate() {
            *part = self.from.part(k * stage.rest..(k + 1) * stage.rest);
        }
        let (to, _) = self.to.as_chunks_mut::<R>();
        for ((place, to), turns) in to.iter_mut().enumerate().zip(stage.turns.chunks_exact(R - 1)) {
            let mut x = [zero(s); R];
            for (x, part) in x.iter_mut().zip(&parts) {
                *x = part.load(s, place);
            }
            let y = D::dft(s, x);
            to[0] = point(y[0]);
            for j in 1..R {
                to[j] = point(y[j].turn(s, turns[j - 1]));
            }
        }
    }
}

/// A stage between others.
struct Middle<'l, V> {
    from: &'l [Point<V>],
    to: &'l mut [Point<V>],
}

impl<S: Simd> Lines<S> for Middle<'_, S::f32s> {
    #[inline(always)]
    fn transform<const R: usize, D: Dft<R>>(self, s: S, &Stage { rest, stride, ref turns, .. }: &Stage) {
        let places = self.to.chunks_exact_mut(R * stride).zip(turns.chunks_exact(R - 1));
        for (place, (to, turns)) in places.enumerate() {
            let from = parts_of::<_, R>(&self.from[place * stride..], rest * stride, stride);
            let mut to = parts_of_mut::<_, R>(to, stride);
            for q in 0..stride {
                let y = D::dft(s, short::<S, R>(s, &from, q));
                for (j, to) in to.iter_mut().enumerate() {
                    to[q] = point(if j == 0 { y[0] } else { y[j].turn(s, turns[j - 1]) });
                }
            }
        }
    }
}

/// The last stage, which has nothing to turn.
struct Last<'l, V, T> {
    from: &'l [Point<V>],
    to: T,
}

impl<S: Simd, T: Sink<S>> Lines<S> for Last<'_, S::f32s, T> {
    #[inline(always)]
    fn transform<const R: usize, D: Dft<R>>(self, s: S, &Stage { stride, .. }: &Stage) {
        let from = parts_of::<_, R>(self.from, stride, stride);
        let (mut to, mut rest) = (std::array::from_fn::<T, R, _>(|_| T::default()), self.to);
        for to in &mut to {
            (*to, rest) = rest.split(stride);
        }
        for q in 0..stride {
            let y = D::dft(s, short::<S, R>(s, &from, q));
            for j in 0..R {
                to[j].store(q, y[j]);
            }
        }
    }
}

#[inline(always)]
fn zero<S: Simd>(s: S) -> Complex<S> {
    Complex { re: s.splat_f32s(0.0), im: s.splat_f32s(0.0) }
}

#[inline(always)]
fn point<S: Simd>(x: Complex<S>) -> Point<S::f32s> {
    [[x.re], [x.im]]
}

/// The points of the short transform number `q` among those that are interleaved.
#[inline(always)]
fn short<S: Simd, const R: usize>(s: S, parts: &[&[Point<S::f32s>]; R], q: usize) -> [Complex<S>; R] {
    let mut x = [zero(s); R];
    for (x, part) in x.iter_mut().zip(parts) {
        let [[re], [im]] = part[q];
        *x = Complex { re, im };
    }
    x
}

/// `R` parts of a slice, each of `len` elements, that begin `step` elements apart.
#[inline(always)]
fn parts_of<T, const R: usize>(all: &[T], step: usize, len: usize) -> [&[T]; R] {
    let mut parts: [&[T]; R] = [&[]; R];
    for (k, part) in parts.iter_mut().enumerate() {
        *part = &all[k * step..][..len];
    }
    parts
}

/// `R` parts of a slice, one behind the other, each of `len` elements.
#[inline(always)]
fn parts_of_mut<T, const R: usize>(mut all: &mut [T], len: usize) -> [&mut [T]; R] {
    let mut parts = std::array::from_fn(|_| Default::default());
    for part in &mut parts {
        (*part, all) = all.split_at_mut(len);
    }
    parts
}
