//! Fourier transforms of any length that has no prime factor above 5, an independent one in each lane.

use super::dft::{Complex, Dft, Dft2, Dft3, Dft4, Dft5, Dft6, Dft8, Dft9};
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
    /// `scratch` has room for two lines of `len` complex numbers, `4 * len` vectors. The inverse transform, `len` times
    /// too large, is this one with real and imaginary parts exchanged on both sides.
    #[inline(always)]
    pub fn run<S: Simd>(&self, s: S, scratch: &mut [S::f32s], from: &impl LoadPoint<S>, to: &mut impl StorePoint<S>) {
        let (mut one, mut two) = scratch.split_at_mut(2 * self.len);
        match self.stages.as_slice() {
            [] => {}
            [only] => only.run(s, from, to),
            [first, middle @ .., last] => {
                first.run(s, from, &mut Line(&mut *one));
                for stage in middle {
                    stage.run(s, &Line(&*one), &mut Line(&mut *two));
                    std::mem::swap(&mut one, &mut two);
                }
                last.run(s, &Line(&*one), to);
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

/// Where a transform loads its points from. Closures would do, were they sure to be inlined.
pub trait LoadPoint<S: Simd> {
    /// Loads point `i`.
    fn load(&self, s: S, i: usize) -> Complex<S>;
}

/// Where a transform stores its results.
pub trait StorePoint<S: Simd> {
    /// Stores result `i`.
    fn store(&mut self, s: S, i: usize, x: Complex<S>);
}

/// A line of complex numbers next to each other: to each point belong two vectors.
pub struct Line<T>(pub T);

impl<S: Simd> LoadPoint<S> for Line<&[S::f32s]> {
    #[inline(always)]
    fn load(&self, _: S, i: usize) -> Complex<S> {
        get(self.0, i)
    }
}

impl<S: Simd> StorePoint<S> for Line<&mut [S::f32s]> {
    #[inline(always)]
    fn store(&mut self, _: S, i: usize, x: Complex<S>) {
        put(self.0, i, x);
    }
}

/// Reads complex number `i` of a line.
#[inline(always)]
pub fn get<S: Simd>(from: &[S::f32s], i: usize) -> Complex<S> {
    Complex { re: from[2 * i], im: from[2 * i + 1] }
}

/// Writes complex number `i` of a line.
#[inline(always)]
pub fn put<S: Simd>(to: &mut [S::f32s], i: usize, x: Complex<S>) {
    to[2 * i] = x.re;
    to[2 * i + 1] = x.im;
}

impl Stage {
    #[inline(always)]
    fn run<S: Simd>(&self, s: S, from: &impl LoadPoint<S>, to: &mut impl StorePoint<S>) {
        match self.radix {
            2 => self.each::<S, 2, Dft2>(s, from, to),
            3 => self.each::<S, 3, Dft3>(s, from, to),
            4 => self.each::<S, 4, Dft4>(s, from, to),
            5 => self.each::<S, 5, Dft5>(s, from, to),
            6 => self.each::<S, 6, Dft6>(s, from, to),
            8 => self.each::<S, 8, Dft8>(s, from, to),
            _ => self.each::<S, 9, Dft9>(s, from, to),
        }
    }

    /// Does all short transforms of the stage.
    #[inline(always)]
    fn each<S: Simd, const R: usize, D: Dft<R>>(&self, s: S, from: &impl LoadPoint<S>, to: &mut impl StorePoint<S>) {
        let Self { rest, stride, .. } = *self;
        for (place, turns) in self.turns.chunks_exact(R - 1).enumerate() {
            for q in 0..stride {
                let mut x = [Complex { re: s.splat_f32s(0.0), im: s.splat_f32s(0.0) }; R];
                for (k, x) in x.iter_mut().enumerate() {
                    *x = from.load(s, q + stride * (place + rest * k));
                }
                let y = D::dft(s, x);
                to.store(s, q + stride * R * place, y[0]);
                for j in 1..R {
                    let turned = if rest == 1 { y[j] } else { y[j].turn(s, turns[j - 1]) };
                    to.store(s, q + stride * (R * place + j), turned);
                }
            }
        }
    }
}
