//! Where the transforms of rows and columns begin and end.

use super::dft::Complex;
use super::fft::{Sink, Source};
use pulp::Simd;

/// Which of a line's entries stands at a point of the circle that a transform runs around.
#[derive(Clone, Copy, Debug)]
pub struct Circle {
    /// Points on the circle.
    pub points: usize,
    /// Entries on the line; at the other points there are zeros.
    pub entries: usize,
    /// The entry at point 0.
    pub shift: usize,
    /// Entries run against the points.
    pub mirrored: bool,
}

impl Circle {
    /// Entry 0 at point 0.
    pub fn line(points: usize, entries: usize) -> Self {
        Self { points, entries, shift: 0, mirrored: false }
    }

    #[inline(always)]
    fn entry(&self, point: usize) -> Option<usize> {
        let around = self.shift + if self.mirrored { self.points - point } else { point };
        let entry = if around >= self.points { around - self.points } else { around };
        (entry < self.entries).then_some(entry)
    }
}

/// Two rows of numbers as one row of complex ones; the second may be missing. `parts` vectors make a cell.
pub struct RowPair<'a, V> {
    pub one: &'a [V],
    pub two: &'a [V],
    pub circle: Circle,
    pub parts: usize,
}

impl<S: Simd> Source<S> for RowPair<'_, S::f32s> {
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

/// The half-spectra of two rows as the spectrum of one complex row, parts exchanged for the inverse.
pub struct Mirrored<'a, V> {
    /// From the first row's first frequency on.
    pub rows: &'a [V],
    /// Vectors from one frequency to the next.
    pub step: usize,
    pub points: usize,
    pub parts: usize,
    /// There is a second row.
    pub both: bool,
}

impl<S: Simd> Source<S> for Mirrored<'_, S::f32s> {
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

/// Two rows of numbers from an inverse transform with parts exchanged.
pub struct PlaneRows<'a, V> {
    /// The second row follows the first, if there is one.
    pub to: &'a mut [V],
    pub circle: Circle,
    pub parts: usize,
    pub both: bool,
}

impl<S: Simd> Sink<S> for PlaneRows<'_, S::f32s> {
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

/// Complex numbers next to each other, with zeros at the other points; parts exchanged for the inverse.
pub struct Column<'a, V> {
    pub from: &'a [V],
    pub circle: Circle,
    pub parts: usize,
    pub exchanged: bool,
}

impl<S: Simd> Source<S> for Column<'_, S::f32s> {
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

/// The same the other way: points without an entry are dropped.
pub struct ColumnTo<'a, V> {
    pub to: &'a mut [V],
    pub circle: Circle,
    pub parts: usize,
    pub exchanged: bool,
}

impl<S: Simd> Sink<S> for ColumnTo<'_, S::f32s> {
    #[inline(always)]
    fn store(&mut self, _: S, point: usize, x: Complex<S>) {
        if let Some(entry) = self.circle.entry(point) {
            let (re, im) = if self.exchanged { (x.im, x.re) } else { (x.re, x.im) };
            self.to[2 * entry * self.parts] = re;
            self.to[(2 * entry + 1) * self.parts] = im;
        }
    }
}

/// Spectra of kernels, a pair of channels a lane: the real parts of a point, then `step` vectors on the imaginary ones.
pub struct Pairs<T> {
    pub spectra: T,
    pub step: usize,
}

impl<S: Simd> Source<S> for Pairs<&[S::f32s]> {
    /// Parts exchanged, for the inverse.
    #[inline(always)]
    fn load(&self, _: S, point: usize) -> Complex<S> {
        Complex { im: self.spectra[2 * point * self.step], re: self.spectra[(2 * point + 1) * self.step] }
    }
}

impl<S: Simd> Sink<S> for Pairs<&mut [S::f32s]> {
    /// The conjugate.
    #[inline(always)]
    fn store(&mut self, s: S, point: usize, x: Complex<S>) {
        self.spectra[2 * point * self.step] = x.re;
        self.spectra[(2 * point + 1) * self.step] = s.neg_f32s(x.im);
    }
}
