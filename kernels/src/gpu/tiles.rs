//! How the work of a convolution falls to the units of a cube.

use super::script::{Act, Tile};

/// Sums that a unit holds in registers at most.
const HELD: usize = 32;

/// The tile whose units waste least: on what lies over the edge, and on reads that few multiplications use.
pub fn result(channels: usize, height: usize, kernel: usize) -> Tile {
    let reads = |tile: Tile| tile.rows + kernel - 1 + tile.channels * kernel;
    best(channels, height, &|tile| tile.channels * tile.rows <= HELD, &|tile| {
        reads(tile) as f64 / (tile.channels * tile.rows * kernel) as f64
    })
}

/// The same for the gradient of the kernels, whose sums are a column of taps for each channel of the result.
pub fn weights(channels: usize, height: usize, kernel: usize) -> Tile {
    let reads = |tile: Tile| tile.rows + kernel - 1 + tile.channels * tile.rows;
    best(channels, height, &|tile| tile.channels == 1 || tile.channels * kernel <= HELD, &|tile| {
        reads(tile) as f64 / (tile.channels * tile.rows * kernel) as f64
    })
}

fn best(channels: usize, height: usize, fits: &dyn Fn(Tile) -> bool, reads: &dyn Fn(Tile) -> f64) -> Tile {
    let over = |size: usize, tile: usize| (size.div_ceil(tile) * tile) as f64 / size as f64;
    // A read from shared memory takes as long as four multiplications.
    let cost = |tile: Tile| over(channels, tile.channels) * over(height, tile.rows) * (1.0 + 4.0 * reads(tile));
    let tiles = (1..=channels.min(8)).flat_map(|channels| (1..=height.min(8)).map(move |rows| Tile { channels, rows }));
    let tiles = tiles.filter(|tile| fits(*tile));
    tiles.min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(Tile { channels: 1, rows: 1 })
}

/// Multiplications that a unit's share of an act takes, and how many shares there are.
pub fn shares(act: &Act) -> Option<(usize, usize)> {
    match act {
        Act::Conv(conv) => {
            let [channels, height, width] = conv.to;
            let Tile { channels: wide, rows } = conv.tile;
            let taps: usize = conv.sources.iter().map(|source| source.channels * conv.kernel * conv.kernel).sum();
            Some((wide * rows * taps, channels.div_ceil(wide) * height.div_ceil(rows) * width))
        }
        Act::Weights(weights) => {
            let ([_, height, width], Tile { channels, rows }) = (weights.to, weights.tile);
            let cells = height.div_ceil(rows) * rows * width.div_ceil(weights.spread.parts);
            let shares = weights.to[0].div_ceil(channels) * weights.from[0] * weights.kernel * weights.spread.parts;
            Some((channels * weights.kernel * cells, shares))
        }
        _ => None,
    }
}

/// How many units a cube should have, of at most `most`: few stand idle in the last round of an act.
pub fn units(acts: &[Act], most: usize) -> usize {
    /// More leave too few registers to each.
    const MOST: usize = 640;
    const WARP: usize = 32;
    let cost = |units: usize| {
        let rounds =
            acts.iter().filter_map(shares).map(|(work, shares)| (shares.div_ceil(units) * units * work) as f64);
        // Few units leave the time that a read takes unused.
        rounds.sum::<f64>() * (1.0 + 64.0 / units as f64)
    };
    let all = (4..).map(|warps| warps * WARP).take_while(|units| *units <= most.min(MOST));
    all.min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(most.min(4 * WARP))
}
