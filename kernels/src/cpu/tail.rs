//! Rows of results, worked on while they are in the first-level cache.

use super::lanes::{Aligned, LANES};
use super::rows::{MapRow, SumRow};
use crate::graph::{Id, Map};
use crate::schedule::{At, Place, Program, Tail, What};
use pulp::Arch;

/// The values that are kept, by their places.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    pub program: &'a Program,
    pub buffers: &'a [Aligned],
}

impl<'a> Values<'a> {
    /// A value's cells.
    pub fn get(&self, id: Id) -> &'a [f32] {
        let len = self.program.dims[id].iter().product::<usize>() * LANES;
        match self.program.places[id] {
            Some(Place { buffer, first }) => &self.buffers[buffer][first * LANES..][..len],
            None => unreachable!("a value that is read is kept"),
        }
    }
}

/// Parameters, and the sums of their gradients.
pub struct Weights<'a> {
    pub values: &'a [f32],
    /// Where each one begins.
    pub offsets: &'a [usize],
    pub gradients: &'a mut [f32],
}

/// A tail at work.
pub struct TailRun<'a, 'w> {
    tail: &'a Tail,
    pub values: Values<'a>,
    /// The buffers of [`Tail::stores`].
    stores: Vec<(Id, Aligned)>,
    rows: &'a mut Vec<Aligned>,
    weights: &'a mut Weights<'w>,
}

impl<'a, 'w> TailRun<'a, 'w> {
    /// Takes rows of at most `longest` cells.
    pub fn new(
        tail: &'a Tail,
        values: Values<'a>,
        stores: Vec<(Id, Aligned)>,
        rows: &'a mut Vec<Aligned>,
        longest: usize,
        weights: &'a mut Weights<'w>,
    ) -> Self {
        rows.resize_with(rows.len().max(tail.rows), Aligned::default);
        rows.iter_mut().for_each(|row| row.reserve(longest * LANES));
        Self { tail, values, stores, rows, weights }
    }

    /// Gives the buffers back.
    pub fn finish(self) -> Vec<(Id, Aligned)> {
        self.stores
    }

    /// Where the kernel's result belongs: `len` cells from cell `at` of the value on.
    pub fn target(&mut self, at: usize, len: usize) -> &mut [f32] {
        match self.tail.result {
            Some(At::Row(row)) => &mut self.rows[row][..len * LANES],
            Some(At::Value(id)) => {
                let store = self.stores.iter_mut().find(|store| store.0 == id);
                let store = store.unwrap_or_else(|| unreachable!("a result is among what is stored"));
                &mut store.1[at * LANES..][..len * LANES]
            }
            None => &mut [],
        }
    }

    fn read(&self, from: At, at: usize, len: usize) -> &[f32] {
        match from {
            At::Row(row) => &self.rows[row][..len * LANES],
            At::Value(id) => {
                let store = self.stores.iter().find(|store| store.0 == id);
                let whole = store.map_or_else(|| self.values.get(id), |store| &store.1);
                &whole[at * LANES..][..len * LANES]
            }
        }
    }

    /// Works on `len` cells from cell `at` on, all of one channel.
    pub fn run(&mut self, arch: Arch, channel: usize, at: usize, len: usize) {
        for op in &self.tail.ops {
            match op.what {
                What::Sum(slot) => {
                    let other = op.reads.get(1).map(|other| self.read(*other, at, len));
                    let sum = arch.dispatch(SumRow { x: self.read(op.reads[0], at, len), other });
                    self.weights.gradients[self.weights.offsets[slot] + channel] += sum;
                }
                What::Map(map) => {
                    let number = match map {
                        Map::AddChannel(slot) | Map::MulChannel(slot) => {
                            self.weights.values[self.weights.offsets[slot] + channel]
                        }
                        _ => 0.0,
                    };
                    // Taken out, so that everything else can be read meanwhile.
                    match op.to {
                        At::Row(row) => {
                            let mut to = std::mem::take(&mut self.rows[row]);
                            self.map(arch, map, number, &op.reads, [at, len], &mut to[..len * LANES]);
                            self.rows[row] = to;
                        }
                        At::Value(id) => {
                            let place = self.stores.iter().position(|store| store.0 == id);
                            let place = place.unwrap_or_else(|| unreachable!("a result is among what is stored"));
                            let mut to = std::mem::take(&mut self.stores[place].1);
                            self.map(arch, map, number, &op.reads, [at, len], &mut to[at * LANES..][..len * LANES]);
                            self.stores[place].1 = to;
                        }
                    }
                }
            }
        }
    }

    fn map(&self, arch: Arch, map: Map, number: f32, reads: &[At], [at, len]: [usize; 2], to: &mut [f32]) {
        let x = self.read(reads[0], at, len);
        let other = reads.get(1).map_or(x, |other| self.read(*other, at, len));
        arch.dispatch(MapRow { map, channel: number, x, other, y: to });
    }
}
