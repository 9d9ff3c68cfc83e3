//! The window of a place: where its cells lie, and how they come out of the planes and into them.

use crate::graph::Local;
use std::ops::Range;

/// A place of a layer's result.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub row: usize,
    pub column: usize,
}

/// A stretch of a window that lies in the planes: cells next to each other in one row.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// The first tap of the window, counted over all inputs.
    pub tap: usize,
    /// The cell of the planes that this tap reads.
    pub cell: usize,
    pub len: usize,
}

impl Place {
    /// The rows, or columns, of a kernel that lie in the planes, at the row, or column, `at` of the result; and the pixel that
    /// the first of them reads.
    #[inline(always)]
    fn inside(local: &Local, at: usize, size: usize) -> (Range<usize>, usize) {
        let corner = at * local.stride;
        let first = local.pad.saturating_sub(corner).min(local.kernel);
        let end = (size + local.pad).saturating_sub(corner).clamp(first, local.kernel);
        (first..end, (corner + first).saturating_sub(local.pad))
    }

    /// The stretches of the place's window over some inputs; taps that read zeros around the planes are in none of them.
    #[inline(always)]
    pub fn stretches(self, local: &Local, inputs: Range<usize>) -> impl Iterator<Item = Stretch> {
        let ([height, width], side) = (local.from, local.kernel);
        let (rows, top) = Self::inside(local, self.row, height);
        let (columns, left) = Self::inside(local, self.column, width);
        inputs.flat_map(move |input| {
            let (columns, first) = (columns.clone(), rows.start);
            rows.clone().map(move |row| Stretch {
                tap: (input * side + row) * side + columns.start,
                cell: (input * height + top + row - first) * width + left,
                len: columns.len(),
            })
        })
    }
}
