//! Fourier transforms of any length with no prime factor above 5, one a lane.

use super::dft::{Complex, Dft, Dft2, Dft3, Dft4, Dft5, Dft6, Dft8, Dft9};
use pulp::Simd;
use std::f64::consts::TAU;

/// How a transform of one length is done: pass after pass, each of short transforms and turns (Stockham's order, in
/// which no pass needs its numbers reordered).
#[derive(Debug)]
pub struct Fft {
    pub len: usize,
    passes: Vec<Pass>,
}

#[derive(Debug)]
struct Pass {
    radix: usize,
    /// What is left of the length behind this pass.
    rest: usize,
    /// How many interleaved transforms it works on.
    stride: usize,
    /// For each of `rest` places, the turns of all but the first result.
    turns: Vec<[f32; 2]>,
}

/// The short transforms there are.
const RADICES: [usize; 7] = [9, 8, 6, 5, 4, 3, 2];

impl Fft {
    /// The shortest length not below `least` that can be transformed.
    pub fn fitting(least: usize) -> usize {
        let smooth =
            |n: usize| [2, 3, 5].iter().fold(n, |n, p| (0..64).fold(n, |n, _| if n % p == 0 { n / p } else { n })) == 1;
        (least.max(4)..).find(|n| smooth(*n)).unwrap_or(least)
    }

    pub fn new(len: usize) -> Self {
        let mut passes = Vec::new();
        let (mut rest, mut stride) = (len, 1);
        for radix in radices(len) {
            let n = rest;
            rest /= radix;
            let turn = |place: usize, result: usize| {
                let angle = -TAU * (place * result % n) as f64 / n as f64;
                [angle.cos() as f32, angle.sin() as f32]
            };
            let turns = (0..rest).flat_map(|place| (1..radix).map(move |result| turn(place, result))).collect();
            passes.push(Pass { radix, rest, stride, turns });
            stride *= radix;
        }
        Self { len, passes }
    }

    /// Takes every point from the source and hands every result to the sink, each once.
    ///
    /// `scratch` holds twice `2 * len` vectors. The inverse transform (times `len`) is this one with real and imaginary
    /// parts exchanged on both sides.
    #[inline(always)]
    pub fn run<S: Simd>(&self, s: S, scratch: &mut [S::f32s], source: &impl Source<S>, sink: &mut impl Sink<S>) {
        let (mut from, mut to) = scratch.split_at_mut(2 * self.len);
        match self.passes.as_slice() {
            [] => {}
            [only] => only.run(s, source, sink),
            [first, middle @ .., last] => {
                first.run(s, source, &mut Line(&mut *from));
                for pass in middle {
                    pass.run(s, &Line(&*from), &mut Line(&mut *to));
                    std::mem::swap(&mut from, &mut to);
                }
                last.run(s, &Line(&*from), sink);
            }
        }
    }
}

/// As few passes as possible, and those as even as possible.
fn radices(len: usize) -> Vec<usize> {
    fn search(len: usize, largest: usize) -> Option<Vec<usize>> {
        if len == 1 {
            return Some(Vec::new());
        }
        let ways = RADICES.iter().filter(|radix| **radix <= largest && len.is_multiple_of(**radix));
        let ways = ways.filter_map(|radix| search(len / radix, *radix).map(|rest| [vec![*radix], rest].concat()));
        ways.min_by_key(|way| (way.len(), way.iter().sum::<usize>()))
    }
    search(len, RADICES[0]).unwrap_or_else(|| unreachable!("a length with a prime factor above 5: {len}"))
}

/// Where a transform's points come from. Closures would do, were they sure to be inlined.
pub trait Source<S: Simd> {
    fn load(&self, s: S, i: usize) -> Complex<S>;
}

/// Where a transform's results go.
pub trait Sink<S: Simd> {
    fn store(&mut self, s: S, i: usize, x: Complex<S>);
}

/// Points next to each other.
pub struct Line<T>(pub T);

impl<S: Simd> Source<S> for Line<&[S::f32s]> {
    #[inline(always)]
    fn load(&self, _: S, i: usize) -> Complex<S> {
        get(self.0, i)
    }
}

impl<S: Simd> Sink<S> for Line<&mut [S::f32s]> {
    #[inline(always)]
    fn store(&mut self, _: S, i: usize, x: Complex<S>) {
        put(self.0, i, x);
    }
}

#[inline(always)]
pub fn get<S: Simd>(from: &[S::f32s], i: usize) -> Complex<S> {
    Complex { re: from[2 * i], im: from[2 * i + 1] }
}

#[inline(always)]
pub fn put<S: Simd>(to: &mut [S::f32s], i: usize, x: Complex<S>) {
    to[2 * i] = x.re;
    to[2 * i + 1] = x.im;
}

impl Pass {
    #[inline(always)]
    fn run<S: Simd>(&self, s: S, source: &impl Source<S>, sink: &mut impl Sink<S>) {
        match self.radix {
            2 => self.each::<S, 2, Dft2>(s, source, sink),
            3 => self.each::<S, 3, Dft3>(s, source, sink),
            4 => self.each::<S, 4, Dft4>(s, source, sink),
            5 => self.each::<S, 5, Dft5>(s, source, sink),
            6 => self.each::<S, 6, Dft6>(s, source, sink),
            8 => self.each::<S, 8, Dft8>(s, source, sink),
            _ => self.each::<S, 9, Dft9>(s, source, sink),
        }
    }

    #[inline(always)]
    fn each<S: Simd, const R: usize, D: Dft<R>>(&self, s: S, source: &impl Source<S>, sink: &mut impl Sink<S>) {
        let Self { rest, stride, .. } = *self;
        for (place, turns) in self.turns.chunks_exact(R - 1).enumerate() {
            for q in 0..stride {
                let mut x = [Complex { re: s.splat_f32s(0.0), im: s.splat_f32s(0.0) }; R];
                for (k, x) in x.iter_mut().enumerate() {
                    *x = source.load(s, q + stride * (place + rest * k));
                }
                let y = D::dft(s, x);
                sink.store(s, q + stride * R * place, y[0]);
                for j in 1..R {
                    let turned = if rest == 1 { y[j] } else { y[j].turn(s, turns[j - 1]) };
                    sink.store(s, q + stride * (R * place + j), turned);
                }
            }
        }
    }
}
