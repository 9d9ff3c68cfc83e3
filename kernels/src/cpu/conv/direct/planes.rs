//! Planes as sums tap by tap read them: with zeros around them, and what lies a stride apart brought together.

use crate::cpu::lanes::LANES;

/// How planes are laid out for sums tap by tap.
///
/// Pixels that lie `split` apart on an axis, zeros around the plane included, are a phase of it. A phase is stored in
/// one stretch, so that results next to each other read numbers next to each other whatever the stride. A row of all
/// channels comes before the next row: a window sees few rows, and those of all channels then lie together.
#[derive(Clone, Copy, Debug)]
pub struct Planes {
    pub channels: usize,
    /// Height and width of a plane without zeros.
    pub size: [usize; 2],
    /// Zeros before the first row, and before the first column.
    pub before: usize,
    /// Pixels from one of a phase to the next; a phase for each of them, of which the first few are kept.
    pub split: usize,
    /// Phases that are kept, on both axes: kernels smaller than their stride see no others.
    pub phases: usize,
    /// Rows and columns that are kept of each phase.
    pub kept: [usize; 2],
}

impl Planes {
    /// Cells from a row of one channel to that of the next. They are an odd number: at a power of two, all channels
    /// would fall into the same few sets of the first-level cache.
    pub fn pitch(&self) -> usize {
        (self.phases * self.kept[1]) | 1
    }

    /// Cells from a row of a phase to the next one of the same phase.
    pub fn row_step(&self) -> usize {
        self.channels * self.pitch()
    }

    /// The offset in cells of a pixel, whose row and column are counted from the first zero.
    pub fn at(&self, row: usize, column: usize) -> usize {
        let place = |axis: usize, n: usize| n % self.split * self.kept[axis] + n / self.split;
        place(0, row) * self.row_step() + place(1, column)
    }

    /// Floats of all channels.
    pub fn floats(&self) -> usize {
        self.phases * self.kept[0] * self.row_step() * LANES
    }

    /// Copies planes, `[count, height, width]` cells, to channel `first` and those after it.
    pub fn fill(&self, first: usize, planes: &[f32], scratch: &mut [f32]) {
        let ([height, width], pitch) = (self.size, self.pitch() * LANES);
        let lines = scratch[..self.floats()].chunks_exact_mut(self.row_step() * LANES);
        for (n, lines) in lines.enumerate() {
            let row = n % self.kept[0] * self.split + n / self.kept[0];
            let row = row.checked_sub(self.before).filter(|row| *row < height);
            let channels =
                planes.chunks_exact(height * width * LANES).zip(lines[first * pitch..].chunks_exact_mut(pitch));
            for (plane, line) in channels {
                match row {
                    Some(row) => self.fill_line(&plane[row * width * LANES..][..width * LANES], line),
                    None => line.fill(0.0),
                }
            }
        }
    }

    /// Copies one row of a plane, phase by phase.
    fn fill_line(&self, row: &[f32], line: &mut [f32]) {
        let Self { before, split, kept: [_, kept], .. } = *self;
        for (phase, line) in line.chunks_exact_mut(kept * LANES).take(self.phases).enumerate() {
            // The first number of the phase that is a pixel of the row, and the first behind them.
            let first = before.saturating_sub(phase).div_ceil(split).min(kept);
            let last = (before + self.size[1]).saturating_sub(phase).div_ceil(split).clamp(first, kept);
            line[..first * LANES].fill(0.0);
            line[last * LANES..].fill(0.0);
            if first == last {
                continue;
            }
            let (to, from) = (&mut line[first * LANES..last * LANES], &row[(first * split + phase - before) * LANES..]);
            if split == 1 {
                to.copy_from_slice(&from[..to.len()]);
            } else {
                for (to, from) in to.chunks_exact_mut(LANES).zip(from.chunks(split * LANES)) {
                    to.copy_from_slice(&from[..LANES]);
                }
            }
        }
    }
}
