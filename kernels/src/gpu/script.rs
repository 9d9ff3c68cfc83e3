//! What a cube does with an image, written out for the compiler of kernels: every place and every size is known.

use crate::graph::{Dims, Map, Window};

/// The acts of a region. Part of the kernel's name: equal scripts are compiled once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Script {
    pub acts: Vec<Act>,
    /// Numbers of shared memory.
    pub shared: usize,
    /// Numbers a cube has in global memory for what shared memory has no room for.
    pub arena: usize,
    /// Numbers of a cube's sums of gradients; the last one is its cross-entropy.
    pub sums: usize,
    /// Numbers of an image's inputs and outputs.
    pub inputs: usize,
    pub outputs: usize,
    /// Units of a cube.
    pub units: usize,
}

/// Where a value is: its channels one after the other, each of `cells` numbers, `pitch` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct At {
    pub space: Space,
    pub first: usize,
    pub cells: usize,
    pub pitch: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    Shared,
    Arena,
}

/// What comes into a region, and what leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outside {
    Inputs,
    Seeds,
    Outputs,
    InputGradients,
}

/// One thing that all units of a cube do together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Nobody goes on before everybody is here.
    Meet,
    /// `len` numbers from the image's `first` on come in or leave.
    Fetch {
        from: Outside,
        first: usize,
        to: At,
        len: usize,
    },
    Hand {
        from: At,
        to: Outside,
        first: usize,
        len: usize,
    },
    Zeros {
        to: At,
        len: usize,
    },
    Copy {
        from: At,
        to: At,
        len: usize,
    },
    Rows(Rows),
    Conv(Conv),
    Weights(Weights),
    /// Adds the sums of channels, or of the products of two, to the sums of gradients.
    Sum {
        x: At,
        other: Option<At>,
        channels: usize,
        cells: usize,
        spread: Spread,
    },
    Pool {
        window: Window,
        from: Dims,
        to: Dims,
        x: At,
        y: At,
    },
    PoolBack {
        window: Window,
        from: Dims,
        to: Dims,
        x: At,
        y: At,
        dy: At,
        dx: At,
    },
    /// Each of `outputs` sums in `parts` shares, output after output.
    Dense {
        x: At,
        weight: usize,
        inputs: usize,
        outputs: usize,
        shares: At,
        parts: usize,
    },
    /// The sums of `parts` numbers each.
    Gather {
        shares: At,
        parts: usize,
        to: At,
        len: usize,
    },
    DenseBack {
        dy: At,
        weight: usize,
        inputs: usize,
        outputs: usize,
        dx: At,
    },
    DenseWeights {
        x: At,
        dy: At,
        inputs: usize,
        outputs: usize,
        first: usize,
    },
    Loss {
        scores: At,
        gradient: At,
        classes: usize,
    },
}

/// Units that add to the same numbers have `parts` copies of them, one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spread {
    /// Among a cube's sums of gradients.
    pub first: usize,
    /// From one copy to the next.
    pub len: usize,
    pub parts: usize,
}

/// A tile of results that one unit holds in registers: channels, and cells one above the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    pub channels: usize,
    pub rows: usize,
}

/// A sum of convolutions, and what is done to each number of the result.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conv {
    pub sources: Vec<Source>,
    pub kernel: usize,
    pub pad: usize,
    /// Height and width of what is read.
    pub from: [usize; 2],
    pub to: Dims,
    pub tile: Tile,
    pub tail: Tail,
}

/// What is convolved, and where its weights are: `first + out * result + channel * source`, then the kernel's taps,
/// in order or from the last to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    pub x: At,
    pub channels: usize,
    pub first: usize,
    pub out: usize,
    pub channel: usize,
    pub mirrored: bool,
}

/// The gradient of a convolution's kernels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Weights {
    pub x: At,
    pub dy: At,
    pub kernel: usize,
    pub pad: usize,
    /// Channels, height, width of `x` and `dy`.
    pub from: Dims,
    pub to: Dims,
    pub tile: Tile,
    pub spread: Spread,
}

/// Rows of their own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rows {
    pub dims: Dims,
    pub tail: Tail,
}

/// What is done to one number after another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tail {
    /// How many numbers are held beside those in memory.
    pub registers: usize,
    /// Where the kernel's result goes first.
    pub result: Option<Operand>,
    pub ops: Vec<Op>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    Register(usize),
    Memory(At),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Op {
    pub map: Map,
    /// One or two; the second is the first again where there is only one.
    pub reads: [Operand; 2],
    pub to: Operand,
    /// Where the channels' numbers begin among the parameters, for what takes them.
    pub channel: usize,
}
