//! The memory that a cube works in: its values, the parameters, and its sums of gradients.

use super::pack::WIDE;
use super::program::{Address, Program, Space, Strip};
use cubecl::prelude::*;

/// Everything that the units of a cube read and write, but for what comes with an image.
#[derive(CubeType)]
pub struct Memory<'a> {
    shared: Shared<[f32]>,
    /// The arenas of all cubes, `[cubes, arena]`.
    arena: &'a mut [f32],
    /// All parameters in a row.
    pub params: &'a [f32],
    /// The weights of convolutions in the order of reading: see [`super::pack`].
    pub packed: &'a [Vector<f32, Const<WIDE>>],
    /// The sums of gradients of all cubes, `[cubes, sums]`.
    sums: &'a mut [f32],
    /// Where this cube's arena begins.
    arena_first: usize,
    /// Where this cube's sums begin.
    sums_first: usize,
    /// The offsets of the instruction that is being executed.
    offsets: Array<usize>,
    /// How many units a cube has.
    #[cube(comptime)]
    pub units: usize,
}

#[cube]
impl<'a> Memory<'a> {
    /// The memory of this cube.
    pub fn new(
        arena: &'a mut [f32],
        params: &'a [f32],
        packed: &'a [Vector<f32, Const<WIDE>>],
        sums: &'a mut [f32],
        #[comptime] program: Program,
    ) -> Memory<'a> {
        let arena_first = CUBE_POS * comptime!(program.arena);
        let sums_first = CUBE_POS * comptime!(program.sums);
        let shared = Shared::new_slice(comptime!(program.shared));
        let offsets = Array::<usize>::new(comptime!(program.width));
        let units = comptime!(program.units);
        Memory::<'a> { shared, arena, params, packed, sums, arena_first, sums_first, offsets, units }
    }

    fn read(&self, index: usize, #[comptime] space: Space) -> f32 {
        if comptime!(space == Space::Shared) { self.shared[index] } else { self.arena[self.arena_first + index] }
    }

    /// Reads number `n` of a value, counted over all its channels.
    pub fn load(&self, n: usize, #[comptime] address: Address) -> f32 {
        self.read(self.index(n, address), address.space)
    }

    /// Reads the number of a channel's cell, where channels have `cells`.
    pub fn cell(&self, channel: usize, cell: usize, #[comptime] cells: usize, #[comptime] address: Address) -> f32 {
        if comptime!(address.cells == cells) {
            self.read(channel * address.pitch + cell + self.offsets[address.offset], address.space)
        } else {
            self.load(channel * cells + cell, address)
        }
    }

    /// Reads the number in row `row + r - strip.pad` and in this column of a channel; zero above and below the map.
    /// Where the row is in the map for every tile, there is no branch: only the rows at the edges need one.
    pub fn strip(
        &self,
        row: usize,
        #[comptime] r: usize,
        channel: usize,
        column: usize,
        #[comptime] strip: Strip,
        #[comptime] address: Address,
    ) -> f32 {
        let cells = comptime!(strip.height * strip.width);
        if comptime!(r >= strip.pad && strip.last + r < strip.height + strip.pad) {
            self.cell(channel, (row + comptime!(r - strip.pad)) * strip.width + column, cells, address)
        } else {
            let y = row + r;
            let inside = y >= strip.pad && y < comptime!(strip.height + strip.pad);
            let cell = (select(inside, y, strip.pad) - strip.pad) * strip.width + column;
            select(inside, self.cell(channel, cell, cells, address), 0.0)
        }
    }

    /// Writes number `n` of a value, counted over all its channels.
    pub fn store(&mut self, n: usize, value: f32, #[comptime] address: Address) {
        let index = self.index(n, address);
        if comptime!(address.space == Space::Shared) {
            self.shared[index] = value;
        } else {
            self.arena[self.arena_first + index] = value;
        }
    }

    /// Adds to a sum of gradients, which no other unit may add to during the same instruction.
    pub fn add(&mut self, n: usize, value: f32) {
        self.sums[self.sums_first + n] += value;
    }

    /// Sets the sums of gradients to zero.
    pub fn clear(&mut self, #[comptime] sums: usize) {
        for n in range_stepped(UNIT_POS as usize, sums, self.units) {
            self.sums[self.sums_first + n] = 0.0;
        }
    }

    /// Loads the offsets of the next instruction, `count` of them from `first` on in the table.
    pub fn load_offsets(&mut self, table: &[u32], first: usize, #[comptime] count: usize) {
        #[unroll]
        for n in 0..count {
            self.offsets[n] = usize::cast_from(table[first + n]);
        }
    }

    /// The offset of this index among those of the instruction.
    pub fn offset(&self, #[comptime] n: usize) -> usize {
        self.offsets[n]
    }

    /// Where number `n` of a value is, in its memory.
    fn index(&self, n: usize, #[comptime] address: Address) -> usize {
        let first = self.offsets[address.offset];
        if comptime!(address.pitch == address.cells) {
            first + n
        } else {
            n / address.cells * address.pitch + n % address.cells + first
        }
    }
}
