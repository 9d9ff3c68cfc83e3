//! What a cube does with an image, for the compiler of kernels. Acts that differ in their places alone, such as those of
//! one step of a loop and the next, are one kind, compiled once; a table says which kind comes next, and with which places.

use crate::graph::{Dims, Map, Window};

/// What the acts of a region are. Part of the kernel's name: equal scripts are compiled once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Script {
    pub kinds: Vec<Act>,
    /// Numbers of an act in the table: its kind, then its places.
    pub width: usize,
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
    /// Whether a barrier has to be told that it is about global memory too.
    pub fence: bool,
}

/// Where a value is: its channels one after the other, each of `cells` numbers, `pitch` apart. Here as in whatever
/// else is called `first`, an act's kind has the number of the place among the act's places.
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
        first: usize,
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
        first: usize,
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

/// What is convolved, and where its packed weights are: see [`super::pack`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    pub x: At,
    pub channels: usize,
    pub first: usize,
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
    /// One or two.
    pub reads: [Option<Operand>; 2],
    pub to: Operand,
    /// Where the channels' numbers begin among the parameters, for what takes them.
    pub first: usize,
}

/// A map of which units read rows one below the other, from `pad` rows above their tile's first row on.
#[derive(Clone, Copy, Debug)]
pub struct Strip {
    pub height: usize,
    pub width: usize,
    pub pad: usize,
    /// The first row of the lowest tile.
    pub last: usize,
}

impl Strip {
    fn new([height, width]: [usize; 2], pad: usize, tiles: usize, tile: Tile) -> Self {
        Self { height, width, pad, last: (tiles.div_ceil(tile.rows) - 1) * tile.rows }
    }
}

impl Conv {
    /// What is read.
    pub fn strip(&self) -> Strip {
        Strip::new(self.from, self.pad, self.to[1], self.tile)
    }
}

impl Weights {
    /// What was read on the way there.
    pub fn strip(&self) -> Strip {
        Strip::new([self.from[1], self.from[2]], self.pad, self.to[1], self.tile)
    }

    /// The result's gradient.
    pub fn result(&self) -> Strip {
        Strip::new([self.to[1], self.to[2]], 0, self.to[1], self.tile)
    }
}

impl Act {
    /// Every place that the act names.
    pub fn places(&mut self) -> Vec<&mut usize> {
        match self {
            Act::Fetch { first, to: at, .. } | Act::Hand { from: at, first, .. } => vec![first, &mut at.first],
            Act::Zeros { to, .. } => vec![&mut to.first],
            Act::Copy { from, to, .. } => vec![&mut from.first, &mut to.first],
            Act::Rows(rows) => rows.tail.places(),
            Act::Conv(conv) => {
                let sources = conv.sources.iter_mut().flat_map(|source| [&mut source.x.first, &mut source.first]);
                sources.chain(conv.tail.places()).collect()
            }
            Act::Weights(weights) => vec![&mut weights.x.first, &mut weights.dy.first, &mut weights.spread.first],
            Act::Sum { x, other, spread, .. } => {
                let other = other.iter_mut().map(|at| &mut at.first);
                [&mut x.first, &mut spread.first].into_iter().chain(other).collect()
            }
            Act::Pool { x, y, .. } => vec![&mut x.first, &mut y.first],
            Act::PoolBack { x, y, dy, dx, .. } => vec![&mut x.first, &mut y.first, &mut dy.first, &mut dx.first],
            Act::Dense { x, first, shares, .. } => vec![&mut x.first, first, &mut shares.first],
            Act::Gather { shares, to, .. } => vec![&mut shares.first, &mut to.first],
            Act::DenseBack { dy, first, dx, .. } => vec![&mut dy.first, first, &mut dx.first],
            Act::DenseWeights { x, dy, first, .. } => vec![&mut x.first, &mut dy.first, first],
            Act::Loss { scores, gradient, .. } => vec![&mut scores.first, &mut gradient.first],
        }
    }
}

impl Tail {
    fn places(&mut self) -> Vec<&mut usize> {
        let mut places: Vec<&mut usize> = self.result.as_mut().and_then(Operand::place).into_iter().collect();
        for op in &mut self.ops {
            places.extend(op.reads.iter_mut().flatten().filter_map(Operand::place));
            places.extend(op.to.place());
            if let Map::AddChannel(_) | Map::MulChannel(_) = op.map {
                places.push(&mut op.first);
            }
        }
        places
    }
}

impl Operand {
    fn place(&mut self) -> Option<&mut usize> {
        match self {
            Operand::Memory(at) => Some(&mut at.first),
            Operand::Register(_) => None,
        }
    }
}

/// Acts as kinds, and as the table of which kind has which places.
pub fn kinds(acts: Vec<Act>) -> (Vec<Act>, usize, Vec<u32>) {
    let mut kinds: Vec<Act> = Vec::new();
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for mut act in acts {
        let places = act.places().into_iter().enumerate().map(|(n, place)| std::mem::replace(place, n));
        let places: Vec<usize> = places.collect();
        let kind = kinds.iter().position(|kind| *kind == act).unwrap_or(kinds.len());
        if kind == kinds.len() {
            kinds.push(act);
        }
        rows.push([kind].into_iter().chain(places).collect());
    }
    let width = rows.iter().map(Vec::len).max().unwrap_or(1);
    rows.iter_mut().for_each(|row| row.resize(width, 0));
    let table = rows.into_iter().flatten().map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    (kinds, width, table.collect())
}
