//! What the transforms of rows and columns read their points from, and what they write their results to.
//!
//! An inverse transform is the forward one with real and imaginary parts exchanged on both sides, so both need no more
//! than one implementation. A cell is `P` vectors, of which a transform takes those at one place `p`.

use super::dft::Complex;
use pulp::Simd;
use std::ops::Range;

/// A complex number in cells: the real parts in all lanes, then the imaginary parts.
pub type ComplexCell<V, const P: usize> = [[V; P]; 2];

/// A complex number for the lanes of one vector.
pub type Point<V> = ComplexCell<V, 1>;

/// Floats as complex numbers in cells of `P` vectors.
#[inline(always)]
pub fn complex<S: Simd, const P: usize>(floats: &[f32]) -> &[ComplexCell<S::f32s, P>] {
    S::as_simd_f32s(floats).0.as_chunks::<P>().0.as_chunks::<2>().0
}

#[inline(always)]
pub fn complex_mut<S: Simd, const P: usize>(floats: &mut [f32]) -> &mut [ComplexCell<S::f32s, P>] {
    S::as_mut_simd_f32s(floats).0.as_chunks_mut::<P>().0.as_chunks_mut::<2>().0
}

/// Where a transform loads its points from. Closures would do, were they sure to be inlined.
pub trait Source<S: Simd>: Copy {
    /// Some of these points, as far as there are such.
    fn part(self, points: Range<usize>) -> Self;

    /// Loads point `i`, which is 0 behind the last one that there is.
    fn load(self, s: S, i: usize) -> Complex<S>;
}

/// Where a transform stores its results.
pub trait Sink<S: Simd>: Default {
    /// The first so many results, and those behind them.
    fn split(self, count: usize) -> (Self, Self);

    /// Stores result `i`, and drops it behind the last one that there is room for.
    fn store(&mut self, i: usize, x: Complex<S>);
}

/// The part of a slice that lies in a range.
#[inline(always)]
fn part<T>(all: &[T], Range { start, end }: Range<usize>) -> &[T] {
    &all[start.min(all.len())..end.min(all.len())]
}

/// Splits a slice behind so many elements, or behind its last one.
#[inline(always)]
fn split<T>(all: &mut [T], count: usize) -> (&mut [T], &mut [T]) {
    let count = count.min(all.len());
    all.split_at_mut(count)
}

/// Complex numbers next to each other.
#[derive(Clone, Copy, Default)]
pub struct Numbers<T> {
    pub cells: T,
    /// Which vectors of the cells are meant.
    pub p: usize,
    /// Whether real and imaginary parts are exchanged, for the inverse.
    pub exchanged: bool,
}

impl<T> Numbers<T> {
    /// The points of a line, each of one vector.
    #[inline(always)]
    pub fn line(cells: T) -> Self {
        Self { cells, p: 0, exchanged: false }
    }
}

impl<S: Simd, const P: usize> Source<S> for Numbers<&[ComplexCell<S::f32s, P>]> {
    #[inline(always)]
    fn part(self, points: Range<usize>) -> Self {
        Self { cells: part(self.cells, points), ..self }
    }

    #[inline(always)]
    fn load(self, s: S, i: usize) -> Complex<S> {
        match self.cells.get(i) {
            Some([re, im]) if self.exchanged => Complex { re: im[self.p], im: re[self.p] },
            Some([re, im]) => Complex { re: re[self.p], im: im[self.p] },
            None => Complex { re: s.splat_f32s(0.0), im: s.splat_f32s(0.0) },
        }
    }
}

impl<S: Simd, const P: usize> Sink<S> for Numbers<&mut [ComplexCell<S::f32s, P>]> {
    #[inline(always)]
    fn split(self, count: usize) -> (Self, Self) {
        let (one, two) = split(self.cells, count);
        (Self { cells: one, ..self }, Self { cells: two, ..self })
    }

    #[inline(always)]
    fn store(&mut self, i: usize, x: Complex<S>) {
        if let Some([re, im]) = self.cells.get_mut(i) {
            (re[self.p], im[self.p]) = if self.exchanged { (x.im, x.re) } else { (x.re, x.im) };
        }
    }
}

/// Two rows of real numbers as one row of complex numbers: the first as real parts and the second, if it is not empty,
/// as imaginary parts.
#[derive(Clone, Copy, Default)]
pub struct RowPair<T> {
    pub one: T,
    pub two: T,
    /// Which vectors of the cells are meant.
    pub p: usize,
}

impl<S: Simd, const P: usize> Source<S> for RowPair<&[[S::f32s; P]]> {
    #[inline(always)]
    fn part(self, points: Range<usize>) -> Self {
        Self { one: part(self.one, points.clone()), two: part(self.two, points), p: self.p }
    }

    #[inline(always)]
    fn load(self, s: S, i: usize) -> Complex<S> {
        let entry = |row: &[[S::f32s; P]]| row.get(i).map_or(s.splat_f32s(0.0), |cell| cell[self.p]);
        Complex { re: entry(self.one), im: entry(self.two) }
    }
}

/// What comes out of an inverse transform has real and imaginary parts exchanged.
impl<S: Simd, const P: usize> Sink<S> for RowPair<&mut [[S::f32s; P]]> {
    #[inline(always)]
    fn split(self, count: usize) -> (Self, Self) {
        let ((one, one_behind), (two, two_behind)) = (split(self.one, count), split(self.two, count));
        (Self { one, two, p: self.p }, Self { one: one_behind, two: two_behind, p: self.p })
    }

    #[inline(always)]
    fn store(&mut self, i: usize, x: Complex<S>) {
        if let Some(cell) = self.one.get_mut(i) {
            cell[self.p] = x.im;
        }
        if let Some(cell) = self.two.get_mut(i) {
            cell[self.p] = x.re;
        }
    }
}
