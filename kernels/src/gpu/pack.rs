//! Weights in the order that a unit reads them in: what it multiplies one column of a map by lies together, four at a time.

use super::script::Tile;
use crate::graph::Bank;

/// Numbers that a unit reads at once.
pub const WIDE: usize = 4;

/// A convolution's weights as they are among the parameters: `first + out * result + channel * source`, then the
/// kernel's taps, in order or from the last to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Laid {
    pub first: usize,
    pub results: usize,
    pub sources: usize,
    pub kernel: usize,
    pub out: usize,
    pub channel: usize,
    pub mirrored: bool,
    pub tile: Tile,
}

impl Laid {
    /// One member's weights, which begin at `first`; mirrored for the way back, where its outputs are the sources.
    pub fn new(bank: &Bank, first: usize, outputs: usize, tile: Tile, mirrored: bool) -> Self {
        let Bank { inputs, kernel, .. } = *bank;
        let (tap, output) = (kernel * kernel, inputs * kernel * kernel);
        let [results, sources] = if mirrored { [inputs, outputs] } else { [outputs, inputs] };
        let [out, channel] = if mirrored { [tap, output] } else { [output, tap] };
        Self { first, results, sources, kernel, out, channel, mirrored, tile }
    }
}

/// All packed weights.
#[derive(Clone, Debug, Default)]
pub struct Packing {
    known: Vec<(Laid, usize)>,
    /// Of each packed number, its place among the parameters.
    pub places: Vec<usize>,
}

impl Packing {
    /// Where these weights begin, in steps of [`WIDE`].
    pub fn first(&mut self, laid: Laid) -> usize {
        if let Some((_, first)) = self.known.iter().find(|(known, _)| *known == laid) {
            return *first;
        }
        let first = self.places.len() / WIDE;
        for group in 0..laid.results.div_ceil(laid.tile.channels) {
            for source in 0..laid.sources {
                for across in 0..laid.kernel {
                    self.column(&laid, group, source, across);
                }
            }
        }
        self.known.push((laid, first));
        first
    }

    /// Channel after channel of a tile, the taps of one column. Over the edge the last channel stands once more.
    fn column(&mut self, laid: &Laid, group: usize, source: usize, across: usize) {
        let size = laid.kernel * laid.kernel;
        for c in 0..laid.tile.channels {
            let channel = (group * laid.tile.channels + c).min(laid.results - 1);
            let begin = laid.first + channel * laid.out + source * laid.channel;
            self.places.extend((0..laid.kernel).map(|down| {
                let tap = down * laid.kernel + across;
                begin + if laid.mirrored { size - 1 - tap } else { tap }
            }));
        }
        // What fills the last four is read and not used.
        self.places.resize(self.places.len().next_multiple_of(WIDE), laid.first);
    }
}
