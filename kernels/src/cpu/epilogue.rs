//! An epilogue at work: rows of a kernel's result are worked on while they are in the first-level cache.

use super::lanes::{Aligned, LANES};
use super::ops::elementwise::{MapRow, SumRow};
use super::ops::norm::BatchSumsOfRow;
use crate::batch_norm::{Meeting, NormPass, Pass, Sums};
use crate::epilogue::{Epilogue, Row, RowOp};
use crate::graph::{Constant, Id, Map};
use crate::task_schedule::{Location, TaskSchedule};
use pulp::Arch;

/// The values of a block that are kept whole, and where to find them.
#[derive(Clone, Copy)]
pub struct KeptValues<'a> {
    pub schedule: &'a TaskSchedule,
    pub buffers: &'a [Aligned],
}

impl<'a> KeptValues<'a> {
    /// The cells of a value, `[channels, height, width]`.
    pub fn get(&self, id: Id) -> &'a [f32] {
        let len = self.schedule.dims[id].iter().product::<usize>() * LANES;
        match self.schedule.locations[id] {
            Some(Location { buffer, offset }) => &self.buffers[buffer][offset * LANES..][..len],
            None => unreachable!("a value that is read is kept"),
        }
    }
}

/// The numbers of channels that an epilogue calculates rows with, and the sums over channels that it adds to.
pub struct ChannelNumbers<'a> {
    /// All parameters in a row.
    pub params: &'a [f32],
    /// Where each parameter begins.
    pub offsets: &'a [usize],
    pub meeting: &'a Meeting<'a>,
    /// How many lanes have an image.
    pub images: usize,
    /// The sums of the gradients of all parameters so far.
    pub gradients: &'a mut [f32],
    /// The sums of all batch normalisations so far; see [`Meeting::at`].
    pub sums: &'a mut [Sums],
}

/// Some cells of one channel, next to each other, that an epilogue works on in one go.
#[derive(Clone, Copy)]
pub struct CellRange {
    pub channel: usize,
    /// The first cell, counted over all channels of the value.
    pub first: usize,
    /// How many cells there are.
    pub len: usize,
}

impl CellRange {
    /// The place of these cells in a value that is kept whole.
    fn of<'c>(&self, value: &'c [f32]) -> &'c [f32] {
        &value[self.first * LANES..][..self.len * LANES]
    }

    fn of_mut<'c>(&self, value: &'c mut [f32]) -> &'c mut [f32] {
        &mut value[self.first * LANES..][..self.len * LANES]
    }
}

/// An epilogue at work on one block of images.
pub struct EpilogueRun<'a, 'p> {
    epilogue: &'a Epilogue,
    pub values: KeptValues<'a>,
    /// The buffers of [`Epilogue::stores`], taken out of the values so that the others can be read meanwhile.
    stores: Vec<(Id, Aligned)>,
    temporaries: &'a mut Vec<Aligned>,
    numbers: &'a mut ChannelNumbers<'p>,
}

impl<'a, 'p> EpilogueRun<'a, 'p> {
    /// Makes an epilogue ready for stretches of at most `longest` cells.
    pub fn new(
        epilogue: &'a Epilogue,
        values: KeptValues<'a>,
        stores: Vec<(Id, Aligned)>,
        temporaries: &'a mut Vec<Aligned>,
        longest: usize,
        numbers: &'a mut ChannelNumbers<'p>,
    ) -> Self {
        temporaries.resize_with(temporaries.len().max(epilogue.temporaries), Aligned::default);
        temporaries.iter_mut().for_each(|row| row.reserve(longest * LANES));
        Self { epilogue, values, stores, temporaries, numbers }
    }

    /// Gives the buffers of [`Epilogue::stores`] back.
    pub fn finish(self) -> Vec<(Id, Aligned)> {
        self.stores
    }

    /// The index in `stores` of a value that this epilogue makes.
    fn store(&self, id: Id) -> usize {
        let store = self.stores.iter().position(|store| store.0 == id);
        store.unwrap_or_else(|| unreachable!("a result is among what is stored"))
    }

    /// The cells that the kernel writes a range of its result into, before [`Self::run`] works on it.
    pub fn target(&mut self, range: CellRange) -> &mut [f32] {
        match self.epilogue.result {
            Some(Row::Temporary(row)) => &mut self.temporaries[row][..range.len * LANES],
            Some(Row::Kept(id)) => {
                let store = self.store(id);
                range.of_mut(&mut self.stores[store].1)
            }
            None => &mut [],
        }
    }

    fn read(&self, row: Row, range: CellRange) -> &[f32] {
        match row {
            Row::Temporary(row) => &self.temporaries[row][..range.len * LANES],
            Row::Kept(id) => {
                let store = self.stores.iter().find(|store| store.0 == id);
                range.of(store.map_or_else(|| self.values.get(id), |store| &store.1))
            }
        }
    }

    /// Does all the work on a range of cells.
    pub fn run(&mut self, arch: Arch, range: CellRange) {
        for op in &self.epilogue.ops {
            match op {
                RowOp::ChannelSum { slot, reads } => {
                    let other = reads.get(1).map(|other| self.read(*other, range));
                    let sum = arch.dispatch(SumRow { x: self.read(reads[0], range), other });
                    self.numbers.gradients[self.numbers.offsets[*slot] + range.channel] += sum;
                }
                RowOp::BatchSums { norm, reads } => self.batch_sums(arch, *norm, reads, range),
                // The row that is written is taken out, so that everything else can be read meanwhile.
                RowOp::Map { map, reads, to: Row::Temporary(row) } => {
                    let mut to = std::mem::take(&mut self.temporaries[*row]);
                    self.map(arch, *map, reads, range, &mut to[..range.len * LANES]);
                    self.temporaries[*row] = to;
                }
                RowOp::Map { map, reads, to: Row::Kept(id) } => {
                    let store = self.store(*id);
                    let mut to = std::mem::take(&mut self.stores[store].1);
                    self.map(arch, *map, reads, range, range.of_mut(&mut to));
                    self.stores[store].1 = to;
                }
            }
        }
    }

    fn map(&self, arch: Arch, map: Map, reads: &[Row], range: CellRange, to: &mut [f32]) {
        let ChannelNumbers { params, offsets, meeting, images, .. } = &*self.numbers;
        let channel = match map.constant() {
            Some(Constant::Channel(slot)) => [params[offsets[slot] + range.channel], 0.0, 0.0],
            Some(Constant::Norm(norm)) => meeting.constants(norm, range.channel),
            Some(Constant::Number(_)) | None => [0.0; 3],
        };
        let x = self.read(reads[0], range);
        let other = reads.get(1).map_or(x, |other| self.read(*other, range));
        arch.dispatch(MapRow { map, channel, images: *images, x, other, y: to });
    }

    fn batch_sums(&mut self, arch: Arch, norm: NormPass, reads: &[Row], range: CellRange) {
        let meeting = self.numbers.meeting;
        let dy = match norm.pass {
            Pass::Forward => None,
            Pass::Backward => Some(self.read(reads[0], range)),
        };
        let (x, pivot) = (self.read(reads[1], range), meeting.pivot(norm.norm, range.channel));
        let more = arch.dispatch(BatchSumsOfRow { dy, x, pivot, images: self.numbers.images });
        let sums = &mut self.numbers.sums[meeting.at(norm, range.channel)];
        sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += f64::from(more));
    }
}
