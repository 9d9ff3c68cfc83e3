//! A pass over planes in either direction: results as sums over taps, a row at a time.

use super::Windows;
use super::planes::Planes;
use crate::cpu::conv::{Results, TOGETHER, block};
use crate::cpu::epilogue::{CellRange, EpilogueRun};
use crate::cpu::hands::shares;
use crate::cpu::lanes::{Aligned, LANES};
use pulp::{Arch, Simd, WithSimd};
use std::ops::Range;

/// A pass from some planes to others, whose results are sums over taps.
///
/// A window's sum takes all taps of the kernel. The gradient of what windows lie on is a sum over the windows that see
/// a pixel: over the taps, one in each stride, that can lie on it. So pixels fall into phases by their rows and columns
/// modulo the stride, and each phase is a convolution of its own, of stride 1 and by its own taps; nothing is
/// multiplied by zeros between the pixels. A pixel that no window sees is a sum over nothing, and exactly zero.
#[derive(Debug)]
pub struct Pass {
    pub planes: Planes,
    /// Height and width of a plane of the results.
    to: [usize; 2],
    /// Phases of the results on either axis: 1 if every result sees the same taps.
    step: usize,
    /// Rows, and columns, by which the first result is further on than the first of its phases.
    shift: usize,
    /// The phases of the results, `[step, step]`.
    phases: Vec<Phase>,
    /// For each tap of the kernel the phase that it belongs to, and its place among the taps of that phase.
    places: Vec<[usize; 2]>,
}

/// The taps of results that see the same ones.
#[derive(Debug, Default)]
struct Phase {
    /// For each channel and each tap, the offset in cells of what it reads from the corner of the result.
    offsets: Vec<usize>,
    /// How many taps there are in a channel.
    taps: usize,
    /// The taps of all channels in the phases before this one.
    first: usize,
}

/// The most floats of planes that the sums of a row go through before they begin with the next outputs: what fits into the
/// second-level cache beside the weights.
const WINDOW: usize = 1 << 16;

impl Pass {
    /// The pass that sums over windows; `channels` are those that a window sees.
    pub fn gather(windows: &Windows, channels: usize) -> Self {
        let Windows { kernel, stride, pad, on, of } = *windows;
        let kept = of.map(|size| size + (kernel - 1) / stride);
        let planes = Planes { channels, size: on, before: pad, split: stride, phases: stride.min(kernel), kept };
        let offset = |tap: usize| planes.at(tap / kernel, tap % kernel);
        Self::new(planes, of, [1, 0], (0..kernel * kernel).map(|tap| (0, offset(tap))))
    }

    /// The pass that spreads over windows; `channels` are those that are spread over one channel.
    pub fn spread(windows: &Windows, channels: usize) -> Self {
        let Windows { kernel, stride, pad, on, of } = *windows;
        let reach = (kernel - 1) / stride;
        let kept = on.map(|size| (size - 1 + pad) / stride - pad / stride + 1 + reach);
        let planes = Planes { channels, size: of, before: reach - pad / stride, split: 1, phases: 1, kept };
        let taps = (0..kernel * kernel).map(|tap| [tap / kernel, tap % kernel]).map(|[row, column]| {
            let phase = row % stride * stride + column % stride;
            (phase, planes.at(reach - row / stride, reach - column / stride))
        });
        Self::new(planes, on, [stride, pad], taps)
    }

    /// The pass whose `taps`, in the order of the kernel, belong to these phases and read at these offsets.
    fn new(
        planes: Planes,
        to: [usize; 2],
        [step, shift]: [usize; 2],
        taps: impl Iterator<Item = (usize, usize)>,
    ) -> Self {
        let mut offsets: Vec<Vec<usize>> = vec![Vec::new(); step * step];
        let mut places = Vec::new();
        for (phase, offset) in taps {
            places.push([phase, offsets[phase].len()]);
            offsets[phase].push(offset);
        }
        let mut phases: Vec<Phase> = Vec::new();
        for taps in offsets {
            let first = phases.last().map_or(0, |before| before.first + before.offsets.len());
            let channel = |c: usize| taps.iter().map(move |offset| c * planes.pitch() + offset);
            let offsets = (0..planes.channels).flat_map(channel).collect();
            phases.push(Phase { offsets, taps: taps.len(), first });
        }
        Self { planes, to, step, shift, phases, places }
    }

    /// For each channel and each tap, the offset in cells of what it reads from the corner of its window; for
    /// a pass that sums over windows.
    pub fn offsets(&self) -> &[usize] {
        &self.phases[0].offsets
    }

    /// The index of the weight that an output has for a channel and a tap. Outputs are in blocks that are summed at
    /// once, and the weights of one block are `[phases, channels, taps, outputs]`; `stretch` are the outputs that see
    /// the same channels.
    pub fn weight(&self, stretch: &Range<usize>, output: usize, channel: usize, tap: usize) -> usize {
        let ([first, outputs], [phase, place]) = (block(stretch, output), self.places[tap]);
        let Phase { taps, first: before, .. } = self.phases[phase];
        self.planes.channels * self.places.len() * first + (before + channel * taps + place) * outputs + output - first
    }

    /// Channels whose rows, as far as the windows of a row of results see them, fit into the second-level cache.
    fn channels_at_once(&self) -> usize {
        let [height, _] = self.planes.kept;
        let rows = self.planes.phases * (1 + height - self.to[0].div_ceil(self.step).min(height));
        (WINDOW / (rows * self.planes.pitch() * LANES)).max(1)
    }

    /// Makes the rows of some results that see the same planes, and hands them to their epilogue.
    ///
    /// A window may see more channels than fit into the second-level cache. The sums then go in several turns: each turn adds some
    /// of the channels to the rows of all outputs.
    pub fn rows(
        &self,
        arch: Arch,
        weights: &[f32],
        results: &Results,
        planes: &[f32],
        rows: &mut Aligned,
        epilogue: &mut EpilogueRun<'_>,
    ) {
        let [height, width] = self.to;
        let (stretch, turns) = (results.of_all(), shares(self.planes.channels, self.channels_at_once(), usize::MAX));
        let each = if turns.len() > 1 { stretch.len().next_multiple_of(TOGETHER) } else { TOGETHER };
        rows.reserve(each * width * LANES);
        for row in 0..height {
            for (turn, channels) in turns.iter().enumerate() {
                let mut output = stretch.start;
                while output < stretch.end {
                    let [first, some] = block(&stretch, output);
                    let rows = &mut rows[(first - stretch.start) % each * width * LANES..];
                    self.row(arch, weights, [first, some], (planes, channels), row, rows);
                    for m in 0..if turn + 1 == turns.len() { some } else { 0 } {
                        let channel = first + m - results.first;
                        let range = CellRange { channel, first: (channel * height + row) * width, len: width };
                        epilogue.target(range).copy_from_slice(&rows[m * width * LANES..][..width * LANES]);
                        epilogue.run(arch, range);
                    }
                    output = first + some;
                }
            }
        }
    }

    /// Computes one row of a block of outputs, `[outputs, width]` cells, phase by phase: the sums over some channels, which are
    /// added to those over the channels before them.
    fn row(
        &self,
        arch: Arch,
        weights: &[f32],
        [first, some]: [usize; 2],
        (planes, channels): (&[f32], &Range<usize>),
        row: usize,
        rows: &mut [f32],
    ) {
        let Self { step, shift, to: [_, width], .. } = *self;
        let corner = |place: usize| (place + shift) / step - shift / step;
        let line = corner(row) * self.planes.row_step();
        for phase in 0..step {
            let start = (phase + step - shift % step) % step;
            let Phase { offsets, taps, first: before } = &self.phases[(row + shift) % step * step + phase];
            let offsets = &offsets[channels.start * taps..channels.end * taps];
            let skip = self.planes.channels * self.places.len() * first + (before + channels.start * taps) * some;
            let weights = &weights[skip..][..offsets.len() * some];
            let planes = &planes[(line + corner(start)) * LANES..];
            let columns = Columns { start, step, count: width.saturating_sub(start).div_ceil(step) };
            let (many, goes_on) = (some == TOGETHER, channels.start > 0);
            arch.dispatch(OutputRow { offsets, weights, planes, columns, width, rows, many, goes_on });
        }
    }
}

/// The columns of a row of results that are in one phase.
#[derive(Clone, Copy)]
struct Columns {
    start: usize,
    step: usize,
    count: usize,
}

/// Computes the columns of one phase in a row of four outputs, or of one.
struct OutputRow<'a> {
    /// The offsets of what each tap reads, from the corner of the first column.
    offsets: &'a [usize],
    /// The weights of the taps, `[taps, outputs]`.
    weights: &'a [f32],
    /// The planes that are read, from the corner of the first column on.
    planes: &'a [f32],
    columns: Columns,
    width: usize,
    /// The memory that takes the row of each output channel, `[outputs, width]` cells.
    rows: &'a mut [f32],
    /// True for a row of four output channels, false for a row of one.
    many: bool,
    /// True if the sums are added to the numbers that the rows already hold.
    goes_on: bool,
}

impl WithSimd for OutputRow<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        let mut column = 0;
        while column < self.columns.count {
            let rest = self.columns.count - column;
            // As many at once as there are registers for: there are twice as many of the widest vectors.
            column += match (self.many, rest) {
                (true, 4 | 5 | 8 | 10..) if S::F32_LANES == LANES => self.tile::<S, TOGETHER, 4>(s, column),
                (true, 3..) => self.tile::<S, TOGETHER, 3>(s, column),
                (true, _) => self.tile::<S, TOGETHER, 1>(s, column),
                (false, 8..) => self.tile::<S, 1, 8>(s, column),
                (false, 3..) => self.tile::<S, 1, 3>(s, column),
                (false, _) => self.tile::<S, 1, 1>(s, column),
            };
        }
    }
}

impl OutputRow<'_> {
    /// Sums `N` columns next to each other of `M` outputs in registers, and returns `N`: every weight and every pixel
    /// that is read serves several sums.
    #[inline(always)]
    fn tile<S: Simd, const M: usize, const N: usize>(&mut self, s: S, column: usize) -> usize {
        let parts = LANES / S::F32_LANES;
        let (planes, rows) = (S::as_simd_f32s(self.planes).0, S::as_mut_simd_f32s(self.rows).0);
        let (planes, Columns { start, step, .. }) = (&planes[column * parts..], self.columns);
        for p in 0..parts {
            let mut sums = [[s.splat_f32s(0.0); N]; M];
            if self.goes_on {
                for m in 0..M {
                    for n in 0..N {
                        sums[m][n] = rows[(m * self.width + start + (column + n) * step) * parts + p];
                    }
                }
            }
            for (offset, weights) in self.offsets.iter().zip(self.weights.as_chunks::<M>().0) {
                let pixels = &planes[offset * parts..][..N * parts];
                for m in 0..M {
                    let w = s.splat_f32s(weights[m]);
                    for n in 0..N {
                        sums[m][n] = s.mul_add_f32s(w, pixels[n * parts + p], sums[m][n]);
                    }
                }
            }
            for m in 0..M {
                for n in 0..N {
                    rows[(m * self.width + start + (column + n) * step) * parts + p] = sums[m][n];
                }
            }
        }
        N
    }
}
