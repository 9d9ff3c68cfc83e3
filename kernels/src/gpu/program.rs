//! What a cube does with an image, as the compiler of kernels sees it.
//!
//! A loop repeats its instructions with other values at every step. Written out, they would make a kernel whose code,
//! and whose compilation, grow with the number of steps. So instructions that differ in their offsets alone are one
//! *kind*, which is compiled once; a table says which kind comes next, and with which offsets.

use crate::graph::{Dims, Map, Window};

/// The program of a fused part. It is part of the name of the compiled kernel: equal programs are compiled once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Program {
    /// The kinds of instructions, in which each offset is an index into the offsets of a row of the table.
    pub kinds: Vec<Instruction>,
    /// The length of a row of the table: the kind of an instruction, then its offsets.
    pub width: usize,
    /// Floats of shared memory.
    pub shared: usize,
    /// Floats that a cube has in global memory for what shared memory has no room for.
    pub arena: usize,
    /// Floats of a cube's sums of gradients; the last one is its cross-entropy.
    pub sums: usize,
    /// Floats of an image's inputs.
    pub inputs: usize,
    /// Floats of an image's outputs.
    pub outputs: usize,
    /// Units of a cube.
    pub units: usize,
    /// Whether a barrier has to be told that it is about global memory too.
    pub fence: bool,
}

/// Where the channels of a value lie. Here as in every field called `first` or `offset`, an instruction holds the
/// offset itself in floats, while its kind holds the index of that offset among the instruction's; see [`kinds`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    pub space: Space,
    /// Where the first channel begins.
    pub offset: usize,
    /// Numbers of a channel.
    pub cells: usize,
    /// Floats from one channel to the next.
    pub pitch: usize,
}

/// A memory of a cube that values live in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    /// Shared memory, which is fast and small.
    Shared,
    /// The cube's stretch of global memory.
    Arena,
}

/// A buffer with numbers of every image, which come into a program or leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageBuffer {
    Inputs,
    OutputGradients,
    Outputs,
    InputGradients,
}

/// One thing that all units of a cube do together, before any of them goes on to the next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Instruction {
    /// Reads a value, `len` numbers from the image's `first` on.
    Fetch { from: ImageBuffer, first: usize, to: Address, len: usize },
    /// Hands out a value, `len` numbers from the image's `first` on.
    Hand { from: Address, to: ImageBuffer, first: usize, len: usize },
    /// Makes a value of zeros.
    Zeros { to: Address, len: usize },
    /// Copies a value.
    Copy { from: Address, to: Address, len: usize },
    /// Does elementwise work that has no kernel.
    Elementwise(Elementwise),
    /// Convolves, forward or backward.
    Conv(Conv),
    /// Adds to the gradient of a convolution's kernels.
    ConvWeights(ConvWeights),
    /// Adds the sums over channels, of one value or of the product of two, to the sums of gradients.
    ChannelSum { x: Address, other: Option<Address>, channels: usize, cells: usize, copies: SumCopies },
    /// Pools `x` of the shape `from` to `y` of the shape `to`.
    Pool { window: Window, from: Dims, to: Dims, x: Address, y: Address },
    /// Makes the gradient of what was pooled.
    PoolBackward(PoolBackward),
    /// Multiplies `x` by the weight that begins at `first` among the parameters; each output is a sum in `parts` parts,
    /// which lie next to each other in `partial`.
    Dense { x: Address, first: usize, sizes: DenseSizes, partial: Address, parts: usize },
    /// Adds up `len` sums of `parts` parts each.
    AddParts { partial: Address, parts: usize, to: Address, len: usize },
    /// Makes the gradient of what a dense layer has read, by the weight that begins at `first` among the parameters.
    DenseBackward { dy: Address, first: usize, sizes: DenseSizes, dx: Address },
    /// Adds to the gradient of a dense layer's weight, which begins at `first` among the sums.
    DenseWeights { x: Address, dy: Address, sizes: DenseSizes, first: usize },
    /// Makes the gradient of the scores, and adds to the cross-entropy.
    Loss { scores: Address, gradient: Address, classes: usize },
}

/// The sizes of a dense layer, whose weight is `[outputs, inputs]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DenseSizes {
    pub inputs: usize,
    pub outputs: usize,
}

/// The backward pass of pooling: `x` and `dx` have the shape `from`, `y` and `dy` the shape `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PoolBackward {
    pub window: Window,
    pub from: Dims,
    pub to: Dims,
    pub x: Address,
    pub y: Address,
    pub dy: Address,
    pub dx: Address,
}

/// Where the sums of a parameter's gradient are. Units that would add to the same number have a copy each, so that no
/// two write it and the sum has one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SumCopies {
    /// Where the first copy begins, among a cube's sums of gradients.
    pub first: usize,
    /// Floats of a copy.
    pub len: usize,
    /// How many copies there are, one behind the other.
    pub count: usize,
}

/// A tile of results whose sums one unit holds in registers: so many channels, and so many cells one above the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    pub channels: usize,
    pub rows: usize,
}

/// A sum of convolutions, and the epilogue of its result. A forward pass has one source; a backward pass has one for
/// each member of the bank.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conv {
    pub sources: Vec<ConvSource>,
    pub kernel: usize,
    pub pad: usize,
    /// Height and width of what is read.
    pub from: [usize; 2],
    pub to: Dims,
    pub tile: Tile,
    pub epilogue: UnitEpilogue,
}

/// A value that is convolved, and where its packed weights begin: see [`super::pack`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvSource {
    pub x: Address,
    pub channels: usize,
    pub first: usize,
}

/// The gradient of a convolution's kernels, from what was convolved, `x`, and the gradient of the result, `dy`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConvWeights {
    pub x: Address,
    pub dy: Address,
    pub kernel: usize,
    pub pad: usize,
    /// The shape of `x`.
    pub from: Dims,
    /// The shape of `dy`.
    pub to: Dims,
    pub tile: Tile,
    pub copies: SumCopies,
}

/// Elementwise work on values of one shape that has no kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Elementwise {
    pub dims: Dims,
    pub epilogue: UnitEpilogue,
}

/// An epilogue as one unit runs it, on one number of a result after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UnitEpilogue {
    /// How many numbers are held beside those in memory.
    pub registers: usize,
    /// Where a number of the kernel's result goes; none where there is no kernel.
    pub result: Option<Storage>,
    pub ops: Vec<UnitOp>,
}

/// Where an epilogue reads a number from, or writes it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    Register(usize),
    Memory(Address),
}

/// A function in an epilogue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnitOp {
    pub map: Map,
    /// What the function reads: one number or two.
    pub reads: [Option<Storage>; 2],
    pub to: Storage,
    /// Where the numbers for each channel begin among the parameters, for a function that has some; see [`Map::slot`].
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
    fn new([height, width]: [usize; 2], pad: usize, rows: usize, tile: Tile) -> Self {
        Self { height, width, pad, last: (rows.div_ceil(tile.rows) - 1) * tile.rows }
    }
}

impl Conv {
    /// The rows that are read.
    pub fn strip(&self) -> Strip {
        Strip::new(self.from, self.pad, self.to[1], self.tile)
    }
}

impl ConvWeights {
    /// The rows of what the forward pass has read.
    pub fn strip(&self) -> Strip {
        Strip::new([self.from[1], self.from[2]], self.pad, self.to[1], self.tile)
    }

    /// The rows of the result's gradient.
    pub fn result(&self) -> Strip {
        Strip::new([self.to[1], self.to[2]], 0, self.to[1], self.tile)
    }
}

impl Instruction {
    /// Every offset that the instruction names, in an order of its own.
    pub fn offsets(&mut self) -> Vec<&mut usize> {
        match self {
            Instruction::Fetch { first, to: address, .. } | Instruction::Hand { from: address, first, .. } => {
                vec![first, &mut address.offset]
            }
            Instruction::Zeros { to, .. } => vec![&mut to.offset],
            Instruction::Copy { from, to, .. } => vec![&mut from.offset, &mut to.offset],
            Instruction::Elementwise(elementwise) => elementwise.epilogue.offsets(),
            Instruction::Conv(conv) => {
                let sources = conv.sources.iter_mut().flat_map(|source| [&mut source.x.offset, &mut source.first]);
                sources.chain(conv.epilogue.offsets()).collect()
            }
            Instruction::ConvWeights(ConvWeights { x, dy, copies, .. }) => {
                vec![&mut x.offset, &mut dy.offset, &mut copies.first]
            }
            Instruction::ChannelSum { x, other, copies, .. } => {
                let other = other.iter_mut().map(|address| &mut address.offset);
                [&mut x.offset, &mut copies.first].into_iter().chain(other).collect()
            }
            Instruction::Pool { x, y, .. } => vec![&mut x.offset, &mut y.offset],
            Instruction::PoolBackward(PoolBackward { x, y, dy, dx, .. }) => {
                vec![&mut x.offset, &mut y.offset, &mut dy.offset, &mut dx.offset]
            }
            Instruction::Dense { x, first, partial, .. } => vec![&mut x.offset, first, &mut partial.offset],
            Instruction::AddParts { partial, to, .. } => vec![&mut partial.offset, &mut to.offset],
            Instruction::DenseBackward { dy, first, dx, .. } => vec![&mut dy.offset, first, &mut dx.offset],
            Instruction::DenseWeights { x, dy, first, .. } => vec![&mut x.offset, &mut dy.offset, first],
            Instruction::Loss { scores, gradient, .. } => vec![&mut scores.offset, &mut gradient.offset],
        }
    }
}

impl UnitEpilogue {
    fn offsets(&mut self) -> Vec<&mut usize> {
        let mut offsets: Vec<&mut usize> = self.result.as_mut().and_then(Storage::offset).into_iter().collect();
        for op in &mut self.ops {
            offsets.extend(op.reads.iter_mut().flatten().filter_map(Storage::offset));
            offsets.extend(op.to.offset());
            if op.map.slot().is_some() {
                offsets.push(&mut op.first);
            }
        }
        offsets
    }
}

impl Storage {
    fn offset(&mut self) -> Option<&mut usize> {
        match self {
            Storage::Memory(address) => Some(&mut address.offset),
            Storage::Register(_) => None,
        }
    }
}

/// Instructions as kinds and a table.
pub struct InstructionTable {
    pub kinds: Vec<Instruction>,
    /// The length of a row.
    pub width: usize,
    /// The rows, `[instructions, width]`: the kind of an instruction, then its offsets, then zeros.
    pub rows: Vec<u32>,
}

/// Finds the kinds of instructions: what remains of them when every offset is replaced by its index.
pub fn kinds(instructions: Vec<Instruction>) -> InstructionTable {
    let mut kinds: Vec<Instruction> = Vec::new();
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for mut instruction in instructions {
        let offsets = instruction.offsets().into_iter().enumerate().map(|(n, offset)| std::mem::replace(offset, n));
        let offsets: Vec<usize> = offsets.collect();
        let kind = kinds.iter().position(|kind| *kind == instruction).unwrap_or(kinds.len());
        if kind == kinds.len() {
            kinds.push(instruction);
        }
        rows.push([kind].into_iter().chain(offsets).collect());
    }
    let width = rows.iter().map(Vec::len).max().unwrap_or(1);
    rows.iter_mut().for_each(|row| row.resize(width, 0));
    let rows = rows.into_iter().flatten().map(|n| u32::try_from(n).unwrap_or(u32::MAX)).collect();
    InstructionTable { kinds, width, rows }
}
