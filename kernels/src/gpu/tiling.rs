//! How the work of a convolution is shared among the units of a cube.

use super::program::{Instruction, Tile};

/// The most sums that a unit holds in registers.
const HELD: usize = 32;

/// Chooses the tile of a convolution's result whose units waste least: on cells over the edge, and on reads that few
/// multiplications use. The result has so many channels and rows.
pub fn result(channels: usize, height: usize, kernel: usize) -> Tile {
    let fits = |tile: Tile| tile.channels * tile.rows <= HELD;
    best(channels, height, kernel, &fits, &|tile| tile.rows + kernel - 1 + tile.channels * kernel)
}

/// Chooses the tile for the gradient of a convolution's kernels, whose sums are a column of taps for each channel of
/// the result, by the same count as [`result`].
pub fn weights(channels: usize, height: usize, kernel: usize) -> Tile {
    let fits = |tile: Tile| tile.channels == 1 || tile.channels * kernel <= HELD;
    best(channels, height, kernel, &fits, &|tile| tile.rows + kernel - 1 + tile.channels * tile.rows)
}

/// The cheapest of the tiles that fit; `reads` is how many numbers a tile reads for a column of the kernel.
fn best(
    channels: usize,
    height: usize,
    kernel: usize,
    fits: &dyn Fn(Tile) -> bool,
    reads: &dyn Fn(Tile) -> usize,
) -> Tile {
    let over = |size: usize, tile: usize| (size.div_ceil(tile) * tile) as f64 / size as f64;
    let cost = |tile: Tile| {
        let reads = reads(tile) as f64 / (tile.channels * tile.rows * kernel) as f64;
        // A read from shared memory takes as long as four multiplications.
        over(channels, tile.channels) * over(height, tile.rows) * (1.0 + 4.0 * reads)
    };
    let tiles = (1..=channels.min(8)).flat_map(|channels| (1..=height.min(8)).map(move |rows| Tile { channels, rows }));
    let tiles = tiles.filter(|tile| fits(*tile));
    tiles.min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(Tile { channels: 1, rows: 1 })
}

/// Work that units share: so many shares, each of so many multiplications.
struct SharedWork {
    shares: usize,
    multiplications: usize,
}

/// The work of an instruction, for those that take nearly all the time.
fn work(instruction: &Instruction) -> Option<SharedWork> {
    match instruction {
        Instruction::Conv(conv) => {
            let [channels, height, width] = conv.to;
            let Tile { channels: wide, rows } = conv.tile;
            let taps: usize = conv.sources.iter().map(|source| source.channels * conv.kernel * conv.kernel).sum();
            let shares = channels.div_ceil(wide) * height.div_ceil(rows) * width;
            Some(SharedWork { shares, multiplications: wide * rows * taps })
        }
        Instruction::ConvWeights(weights) => {
            let ([_, height, width], Tile { channels, rows }) = (weights.to, weights.tile);
            let cells = height.div_ceil(rows) * rows * width.div_ceil(weights.copies.count);
            let shares = weights.to[0].div_ceil(channels) * weights.from[0] * weights.kernel * weights.copies.count;
            Some(SharedWork { shares, multiplications: channels * weights.kernel * cells })
        }
        Instruction::Fetch { .. }
        | Instruction::Hand { .. }
        | Instruction::Zeros { .. }
        | Instruction::Copy { .. }
        | Instruction::Elementwise(_)
        | Instruction::ChannelSum { .. }
        | Instruction::Pool { .. }
        | Instruction::PoolBackward(_)
        | Instruction::Dense { .. }
        | Instruction::AddParts { .. }
        | Instruction::DenseBackward { .. }
        | Instruction::DenseWeights { .. }
        | Instruction::Loss { .. } => None,
    }
}

/// Chooses how many units a cube has, of at most `most`, so that few stand idle in the last round of an instruction.
pub fn units(instructions: &[Instruction], most: usize) -> usize {
    /// The most units of a cube: with more of them, each has too few registers.
    const MOST: usize = 640;
    const WARP: usize = 32;
    let cost = |units: usize| {
        let rounds = instructions
            .iter()
            .filter_map(work)
            .map(|SharedWork { shares, multiplications }| (shares.div_ceil(units) * units * multiplications) as f64);
        // Few units leave the time that a read takes unused.
        rounds.sum::<f64>() * (1.0 + 64.0 / units as f64)
    };
    let all = (4..).map(|warps| warps * WARP).take_while(|units| *units <= most.min(MOST));
    all.min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(most.min(4 * WARP))
}
