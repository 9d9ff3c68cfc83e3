//! Convolution through Fourier transforms of whole planes.
//!
//! A plane of activity is transformed once and then serves every kernel that reads it, at a multiplication a frequency
//! where the direct sum takes one a tap. On a circle of `n >= size + pad` points an axis, whatever wraps around misses the
//! part of the plane that is kept.
//!
//! Rows first: two real rows are the parts of one complex one, and the frequencies above the middle are not kept,
//! since they mirror those below. Then, frequency by frequency, the columns of all channels, the products, and the
//! columns back: that much fits into the second-level cache.

use super::fft::Fft;
use super::lanes::{Aligned, LANES};
use super::zeros::Zeros;

/// A convolution's sizes, and how its planes are transformed.
#[derive(Debug)]
pub struct Spectral {
    pub inputs: usize,
    pub outputs: usize,
    pub kernel: usize,
    pub pad: usize,
    pub(super) rows: Fft,
    pub(super) columns: Fft,
    /// Frequencies along a row; the others mirror them.
    pub half: usize,
    /// Pairs of an input and an output, rounded up to whole cells.
    pub pairs: usize,
}

/// What is worked on between the stages, reused from call to call.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Half-spectra of rows before the product, and behind it; or planes with zeros around them.
    pub rows: [Aligned; 2],
    /// The columns of one frequency before the product, and behind it.
    pub columns: [Aligned; 2],
    /// One line's transform.
    pub line: Aligned,
    pub taps: Aligned,
    /// Which results of the convolution at hand are exactly zero.
    pub zeros: Zeros,
}

impl Scratch {
    pub fn reserve(&mut self, rows: [usize; 2], columns: [usize; 2], line: usize) {
        self.rows.iter_mut().zip(rows).for_each(|(buffer, len)| buffer.reserve(len));
        self.columns.iter_mut().zip(columns).for_each(|(buffer, len)| buffer.reserve(len));
        self.line.reserve(line);
    }
}

impl Spectral {
    pub fn new(inputs: usize, outputs: usize, kernel: usize, pad: usize, from: [usize; 2]) -> Self {
        let [columns, rows] = from.map(|size| Fft::new(Fft::fitting((size + pad).max(kernel))));
        let (half, pairs) = (rows.len / 2 + 1, (inputs * outputs).next_multiple_of(LANES));
        Self { inputs, outputs, kernel, pad, rows, columns, half, pairs }
    }

    /// Height and width of the circle that planes are transformed on.
    pub fn size(&self) -> [usize; 2] {
        [self.columns.len, self.rows.len]
    }

    /// Points that are multiplied with: those of the half-spectrum of a plane.
    pub fn points(&self) -> usize {
        self.half * self.columns.len
    }

    /// Floats of the spectra of that many planes, at one frequency along the rows.
    pub fn column(&self, planes: usize) -> usize {
        planes * self.columns.len * 2 * LANES
    }

    /// Floats of the half-spectra of the rows of that many planes.
    pub fn row_spectra(&self, planes: usize, height: usize) -> usize {
        self.half * planes * height * 2 * LANES
    }

    /// Floats of the spectra of all kernels.
    pub fn kernels(&self) -> usize {
        self.points() * 2 * self.pairs
    }

    /// Room for one line's transform, in vectors of `parts` a cell.
    pub fn line(&self) -> usize {
        6 * self.rows.len.max(self.columns.len) * LANES
    }
}
