//! The weights of convolutions in the order of reading: what a unit multiplies one column of a map by lies together, so
//! that it reads four weights at once.

use super::program::Tile;
use crate::graph::Bank;

/// The number of weights that a unit reads at once.
pub const WIDE: usize = 4;

/// How the weights of a convolution lie among the parameters, and by which tiles they are read. The taps of a kernel
/// begin at `first + result * result_stride + source * source_stride`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightLayout {
    /// Where the parameter begins.
    first: usize,
    /// Channels that are made.
    results: usize,
    /// Channels that are read.
    sources: usize,
    kernel: usize,
    /// Floats from the kernel of one result to that of the next.
    result_stride: usize,
    /// Floats from the kernel of one source to that of the next.
    source_stride: usize,
    /// Whether taps run from the last to the first.
    mirrored: bool,
    tile: Tile,
}

impl WeightLayout {
    /// The weights of one member of a bank, `[outputs, inputs, kernel, kernel]` from `first` on.
    pub fn forward(bank: &Bank, first: usize, outputs: usize, tile: Tile) -> Self {
        let Bank { inputs, kernel, .. } = *bank;
        let (source_stride, result_stride) = (kernel * kernel, inputs * kernel * kernel);
        let (results, sources, mirrored) = (outputs, inputs, false);
        Self { first, results, sources, kernel, result_stride, source_stride, mirrored, tile }
    }

    /// The weights of one member for the backward direction, in which its outputs are the sources.
    pub fn mirrored(bank: &Bank, first: usize, outputs: usize, tile: Tile) -> Self {
        let Self { results, sources, kernel, result_stride, source_stride, .. } =
            Self::forward(bank, first, outputs, tile);
        Self {
            first,
            results: sources,
            sources: results,
            kernel,
            result_stride: source_stride,
            source_stride: result_stride,
            mirrored: true,
            tile,
        }
    }
}

/// The weights of all convolutions in the order of reading, each layout once: the steps of a loop share it.
#[derive(Clone, Debug, Default)]
pub struct Packing {
    packed: Vec<Packed>,
    /// For each packed number, its index among the parameters.
    pub order: Vec<usize>,
}

/// A layout that is packed, and where it begins, in steps of [`WIDE`].
#[derive(Clone, Copy, Debug)]
struct Packed {
    layout: WeightLayout,
    first: usize,
}

impl Packing {
    /// Packs weights, unless they are packed already; returns where they begin, in steps of [`WIDE`].
    pub fn first(&mut self, layout: WeightLayout) -> usize {
        if let Some(packed) = self.packed.iter().find(|packed| packed.layout == layout) {
            return packed.first;
        }
        let first = self.order.len() / WIDE;
        for group in 0..layout.results.div_ceil(layout.tile.channels) {
            for source in 0..layout.sources {
                for across in 0..layout.kernel {
                    self.column(&layout, group, source, across);
                }
            }
        }
        self.packed.push(Packed { layout, first });
        first
    }

    /// Packs the taps of one column of the kernel, channel after channel of a tile. Over the edge of the result, the
    /// last channel stands once more.
    fn column(&mut self, layout: &WeightLayout, group: usize, source: usize, across: usize) {
        let size = layout.kernel * layout.kernel;
        for c in 0..layout.tile.channels {
            let result = (group * layout.tile.channels + c).min(layout.results - 1);
            let begin = layout.first + result * layout.result_stride + source * layout.source_stride;
            self.order.extend((0..layout.kernel).map(|down| {
                let tap = down * layout.kernel + across;
                begin + if layout.mirrored { size - 1 - tap } else { tap }
            }));
        }
        // What fills the last four is read and not used.
        self.order.resize(self.order.len().next_multiple_of(WIDE), layout.first);
    }
}
