//! What the transforms of rows and columns read their points from, and what they write their results to.
//!
//! An inverse transform is the forward one with real and imaginary parts exchanged on both sides, so both need no more
//! than one implementation. `parts` is the number of vectors that make a cell; everything below points at one of them,
//! and steps from cell to cell.

use super::dft::Complex;
use super::fft::{LoadPoint, StorePoint};
use crate::cpu::vectors::neg;
use pulp::Simd;

/// Which entry of a line stands at which point of the circle that a transform runs around.
#[derive(Clone, Copy, Debug)]
pub struct Circle {
    /// The number of points on the circle.
    pub points: usize,
    /// The number of entries on the line; at the other points there are zeros.
    pub entries: usize,
    /// The entry that stands at point 0.
    pub shift: usize,
    /// Whether entries run around the circle against the points.
    pub mirrored: bool,
}

impl Circle {
    /// A line whose entry 0 stands at point 0, and whose entries run along the points.
    pub fn line(points: usize, entries: usize) -> Self {
        Self { points, entries, shift: 0, mirrored: false }
    }

    /// The entry at a point, if there is one.
    #[inline(always)]
    fn entry(&self, point: usize) -> Option<usize> {
        let around = self.shift + if self.mirrored { self.points - point } else { point };
        let entry = if around >= self.points { around - self.points } else { around };
        (entry < self.entries).then_some(entry)
    }
}

/// Reads two rows of numbers as one row of complex numbers: the first as real parts and the second, if it is not empty,
/// as imaginary parts.
pub struct RowPair<'a, V> {
    pub one: &'a [V],
    pub two: &'a [V],
    pub circle: Circle,
    pub parts: usize,
}

impl<S: Simd> LoadPoint<S> for RowPair<'_, S::f32s> {
    #[inline(always)]
    fn load(&self, s: S, point: usize) -> Complex<S> {
        let zero = s.splat_f32s(0.0);
        match self.circle.entry(point) {
            Some(entry) => {
                let at = entry * self.parts;
                Complex { re: self.one[at], im: if self.two.is_empty() { zero } else { self.two[at] } }
            }
            None => Complex { re: zero, im: zero },
        }
    }
}

/// Reads the half-spectra of two real rows as the spectrum of the one complex row that they are the parts of, with real
/// and imaginary parts exchanged for the inverse. Points above the middle mirror those below.
pub struct HalfSpectra<'a, V> {
    /// The half-spectra, from the first row's first frequency on; the second row follows at each frequency.
    pub rows: &'a [V],
    /// The number of vectors from one frequency to the next.
    pub step: usize,
    /// The number of points on the circle.
    pub points: usize,
    pub parts: usize,
    /// Whether there is a second row.
    pub both: bool,
}

impl<S: Simd> LoadPoint<S> for HalfSpectra<'_, S::f32s> {
    #[inline(always)]
    fn load(&self, s: S, point: usize) -> Complex<S> {
        let frequency = point.min(self.points - point);
        let row = &self.rows[frequency * self.step..];
        let zero = s.splat_f32s(0.0);
        let (ar, ai) = (row[0], row[self.parts]);
        let (br, bi) = if self.both { (row[2 * self.parts], row[3 * self.parts]) } else { (zero, zero) };
        if point == frequency {
            Complex { im: s.sub_f32s(ar, bi), re: s.add_f32s(ai, br) }
        } else {
            Complex { im: s.add_f32s(ar, bi), re: s.sub_f32s(br, ai) }
        }
    }
}

/// Writes two rows of numbers from an inverse transform, whose real and imaginary parts come exchanged.
pub struct PlaneRows<'a, V> {
    /// The first row, followed by the second if there is one.
    pub to: &'a mut [V],
    pub circle: Circle,
    pub parts: usize,
    /// Whether there is a second row.
    pub both: bool,
}

impl<S: Simd> StorePoint<S> for PlaneRows<'_, S::f32s> {
    #[inline(always)]
    fn store(&mut self, _: S, point: usize, x: Complex<S>) {
        if let Some(entry) = self.circle.entry(point) {
            self.to[entry * self.parts] = x.im;
            if self.both {
                self.to[(self.circle.entries + entry) * self.parts] = x.re;
            }
        }
    }
}

/// Reads a column of complex numbers that lie next to each other, and zeros at points without an entry.
pub struct ColumnFrom<'a, V> {
    pub from: &'a [V],
    pub circle: Circle,
    pub parts: usize,
    /// Whether real and imaginary parts are exchanged, for the inverse.
    pub exchanged: bool,
}

impl<S: Simd> LoadPoint<S> for ColumnFrom<'_, S::f32s> {
    #[inline(always)]
    fn load(&self, s: S, point: usize) -> Complex<S> {
        match self.circle.entry(point) {
            Some(entry) => {
                let (re, im) = (self.from[2 * entry * self.parts], self.from[(2 * entry + 1) * self.parts]);
                if self.exchanged { Complex { re: im, im: re } } else { Complex { re, im } }
            }
            None => Complex { re: s.splat_f32s(0.0), im: s.splat_f32s(0.0) },
        }
    }
}

/// Writes a column of complex numbers next to each other, and drops points without an entry.
pub struct ColumnTo<'a, V> {
    pub to: &'a mut [V],
    pub circle: Circle,
    pub parts: usize,
    /// Whether real and imaginary parts are exchanged, for the inverse.
    pub exchanged: bool,
}

impl<S: Simd> StorePoint<S> for ColumnTo<'_, S::f32s> {
    #[inline(always)]
    fn store(&mut self, _: S, point: usize, x: Complex<S>) {
        if let Some(entry) = self.circle.entry(point) {
            let (re, im) = if self.exchanged { (x.im, x.re) } else { (x.re, x.im) };
            self.to[2 * entry * self.parts] = re;
            self.to[(2 * entry + 1) * self.parts] = im;
        }
    }
}

/// Reads or writes the spectra of kernels, `[points, 2, pairs]`, of which the pairs in one vector are transformed at
/// once.
pub struct Pairs<T> {
    pub spectra: T,
    /// The number of vectors that hold the real parts, or the imaginary parts, of a point.
    pub step: usize,
}

impl<S: Simd> LoadPoint<S> for Pairs<&[S::f32s]> {
    /// Loads a point with real and imaginary parts exchanged, for the inverse.
    #[inline(always)]
    fn load(&self, _: S, point: usize) -> Complex<S> {
        Complex { im: self.spectra[2 * point * self.step], re: self.spectra[(2 * point + 1) * self.step] }
    }
}

impl<S: Simd> StorePoint<S> for Pairs<&mut [S::f32s]> {
    /// Stores the conjugate of a point.
    #[inline(always)]
    fn store(&mut self, s: S, point: usize, x: Complex<S>) {
        self.spectra[2 * point * self.step] = x.re;
        self.spectra[(2 * point + 1) * self.step] = neg(s, x.im);
    }
}
