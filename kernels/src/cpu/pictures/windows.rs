//! The windows of a convolution as the columns of a matrix: a column holds the pixels that a kernel reads at one place.

use super::Conv;
use std::ops::Range;

/// The pixels that one tap of a kernel reads for one row of a result.
struct Reads {
    /// The row of the map; none where it lies outside.
    row: Option<usize>,
    /// The columns of the result for which the tap lies inside of the map.
    inside: Range<usize>,
    /// The column of the map that the first of them reads.
    first: usize,
}

impl Conv {
    /// The pixels that a tap, by its number in the kernel, reads for a row of the result.
    fn reads(&self, tap: usize, row: usize) -> Reads {
        let ([height, width], [_, columns]) = (self.from, self.to());
        let (tap_row, tap_column) = (tap / self.kernel, tap % self.kernel);
        let row = (row * self.stride + tap_row).checked_sub(self.pad).filter(|row| *row < height);
        let start = self.pad.saturating_sub(tap_column).div_ceil(self.stride).min(columns);
        let end = (width + self.pad).saturating_sub(tap_column).div_ceil(self.stride).clamp(start, columns);
        let first = (start * self.stride + tap_column).saturating_sub(self.pad);
        Reads { row, inside: start..end, first }
    }

    /// Writes what the taps of a channel read at the places of some rows of the result, which are counted over all images:
    /// `windows` is `[taps, places]`.
    pub fn gather(&self, x: &[f32], channel: usize, rows: &Range<usize>, windows: &mut [f32]) {
        let ([height, width], [to_height, to_width]) = (self.from, self.to());
        let plane = height * width;
        for (tap, windows) in windows.chunks_exact_mut(rows.len() * to_width).enumerate() {
            for (line, row) in windows.chunks_exact_mut(to_width).zip(rows.clone()) {
                let Reads { row: Some(at), inside, first } = self.reads(tap, row % to_height) else {
                    line.fill(0.0);
                    continue;
                };
                let map = &x[(row / to_height * self.inputs + channel) * plane..][..plane];
                let read = &map[at * width..][..width];
                line[..inside.start].fill(0.0);
                line[inside.end..].fill(0.0);
                let line = &mut line[inside];
                if self.stride == 1 {
                    line.copy_from_slice(&read[first..][..line.len()]);
                } else {
                    let read = read.get(first..).unwrap_or_default().iter().step_by(self.stride);
                    line.iter_mut().zip(read).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }

    /// Adds the gradients of what the taps of a channel have read to those of its maps, one map an image: the adjoint of
    /// [`Conv::gather`].
    pub fn scatter(&self, windows: &[f32], rows: &Range<usize>, maps: &mut [&mut [f32]]) {
        let (width, [to_height, to_width]) = (self.from[1], self.to());
        for (tap, windows) in windows.chunks_exact(rows.len() * to_width).enumerate() {
            for (line, row) in windows.chunks_exact(to_width).zip(rows.clone()) {
                let Reads { row: Some(at), inside, first } = self.reads(tap, row % to_height) else { continue };
                let read = &mut maps[row / to_height][at * width..][..width];
                let line = &line[inside];
                if self.stride == 1 {
                    read[first..].iter_mut().zip(line).for_each(|(sum, x)| *sum += x);
                } else {
                    let read = read.get_mut(first..).unwrap_or_default().iter_mut().step_by(self.stride);
                    read.zip(line).for_each(|(sum, x)| *sum += x);
                }
            }
        }
    }
}
