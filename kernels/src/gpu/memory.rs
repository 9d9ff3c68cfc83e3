//! The memory that a cube works in.

use super::pack::WIDE;
use super::script::{At, Space, Strip};
use cubecl::prelude::*;

#[derive(CubeType)]
pub struct Memory<'a> {
    pub shared: Shared<[f32]>,
    arena: &'a mut [f32],
    pub params: &'a [f32],
    pub packed: &'a [Vector<f32, Const<WIDE>>],
    sums: &'a mut [f32],
    /// Where this cube's part of the arena and of the sums of gradients begins.
    arena_first: usize,
    sums_first: usize,
    /// Of the act that is on.
    places: Array<usize>,
    /// How many units there are.
    #[cube(comptime)]
    pub units: usize,
}

#[cube]
impl<'a> Memory<'a> {
    pub fn new(
        arena: &'a mut [f32],
        params: &'a [f32],
        packed: &'a [Vector<f32, Const<WIDE>>],
        sums: &'a mut [f32],
        #[comptime] sizes: [usize; 4],
        #[comptime] units: usize,
    ) -> Memory<'a> {
        let (arena_first, sums_first) = (CUBE_POS * sizes[1], CUBE_POS * sizes[2]);
        let (shared, places) = (Shared::new_slice(sizes[0]), Array::<usize>::new(sizes[3]));
        Memory::<'a> { shared, arena, params, packed, sums, arena_first, sums_first, places, units }
    }

    fn read(&self, place: usize, #[comptime] space: Space) -> f32 {
        if comptime!(space == Space::Shared) { self.shared[place] } else { self.arena[self.arena_first + place] }
    }

    /// A value's number, counted over all its channels.
    pub fn load(&self, n: usize, #[comptime] at: At) -> f32 {
        self.read(self.index(n, at), at.space)
    }

    /// The number of a channel's cell, where channels have `cells`.
    pub fn cell(&self, channel: usize, cell: usize, #[comptime] cells: usize, #[comptime] at: At) -> f32 {
        if comptime!(at.cells == cells) {
            self.read(channel * at.pitch + cell + self.places[at.first], at.space)
        } else {
            self.load(channel * cells + cell, at)
        }
    }

    /// In a channel's row `row + r - strip.pad`, the number of that column; zero above and below the map. Where a row is
    /// in the map for every tile, nothing is asked.
    pub fn strip(
        &self,
        row: usize,
        #[comptime] r: usize,
        channel: usize,
        column: usize,
        #[comptime] strip: Strip,
        #[comptime] at: At,
    ) -> f32 {
        let cells = comptime!(strip.height * strip.width);
        if comptime!(r >= strip.pad && strip.last + r < strip.height + strip.pad) {
            self.cell(channel, (row + comptime!(r - strip.pad)) * strip.width + column, cells, at)
        } else {
            let y = row + r;
            let inside = y >= strip.pad && y < comptime!(strip.height + strip.pad);
            let cell = (select(inside, y, strip.pad) - strip.pad) * strip.width + column;
            select(inside, self.cell(channel, cell, cells, at), 0.0)
        }
    }

    pub fn store(&mut self, n: usize, value: f32, #[comptime] at: At) {
        let place = self.index(n, at);
        if comptime!(at.space == Space::Shared) {
            self.shared[place] = value;
        } else {
            self.arena[self.arena_first + place] = value;
        }
    }

    /// Adds to a sum of gradients. Each is one unit's.
    pub fn add(&mut self, n: usize, value: f32) {
        self.sums[self.sums_first + n] += value;
    }

    pub fn clear(&mut self, #[comptime] sums: usize) {
        for n in range_stepped(UNIT_POS as usize, sums, self.units) {
            self.sums[self.sums_first + n] = 0.0;
        }
    }

    /// Takes up an act's places.
    pub fn turn(&mut self, table: &[u32], first: usize, #[comptime] count: usize) {
        #[unroll]
        for n in 0..count {
            self.places[n] = usize::cast_from(table[first + n]);
        }
    }

    /// One of the act's places.
    pub fn place(&self, #[comptime] n: usize) -> usize {
        self.places[n]
    }

    fn index(&self, n: usize, #[comptime] at: At) -> usize {
        let first = self.places[at.first];
        if comptime!(at.pitch == at.cells) { first + n } else { n / at.cells * at.pitch + n % at.cells + first }
    }
}
