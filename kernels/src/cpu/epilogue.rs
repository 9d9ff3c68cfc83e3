//! An epilogue at work: rows of a kernel's result are worked on while they are in the first-level cache.

use super::lanes::{Aligned, LANES};
use super::ops::elementwise::{MapRow, SumRow};
use super::ops::norm::BatchSumsOfRow;
use crate::batch_norm::{Meeting, NormNumbers, NormPass, Pass, Sums};
use crate::epilogue::{Epilogue, Row, RowOp};
use crate::graph::{Constant, Id, Map, Slot};
use crate::task_schedule::{Location, TaskSchedule};
use pulp::Arch;
use std::ops::Range;

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
#[derive(Clone, Copy)]
pub struct ChannelNumbers<'a> {
    /// All parameters, each by itself.
    pub params: &'a [&'a [f32]],
    /// Where the sums of each parameter's gradient begin.
    pub of_sums: &'a [usize],
    pub meeting: &'a Meeting<'a>,
    /// How many lanes have an image.
    pub images: usize,
    /// The sums of the gradients of all parameters, before the epilogue adds to them.
    pub gradients: &'a [f32],
    /// The sums of all batch normalisations, before the epilogue adds to them; see [`Meeting::at`].
    pub sums: &'a [Sums],
}

/// The sums that an epilogue adds to for some channels.
#[derive(Debug)]
pub struct ChannelTotals {
    channels: Range<usize>,
    /// The gradients of each parameter that has a number for each channel.
    gradients: Vec<(Slot, Vec<f32>)>,
    sums: Vec<(NormPass, Vec<Sums>)>,
}

impl ChannelTotals {
    /// Takes up the sums of these channels as they are before the epilogue.
    fn new(epilogue: &Epilogue, numbers: &ChannelNumbers<'_>, channels: Range<usize>) -> Self {
        let mut totals = Self { channels: channels.clone(), gradients: Vec::new(), sums: Vec::new() };
        for op in &epilogue.ops {
            match op {
                RowOp::ChannelSum { slot, .. } => {
                    let own = &numbers.gradients[numbers.of_sums[*slot]..][channels.clone()];
                    if totals.gradients.iter().all(|(other, _)| other != slot) {
                        totals.gradients.push((*slot, own.to_vec()));
                    }
                }
                RowOp::BatchSums { norm, .. } => {
                    let own = &numbers.sums[numbers.meeting.at(*norm, 0)..][channels.clone()];
                    if totals.sums.iter().all(|(other, _)| other != norm) {
                        totals.sums.push((*norm, own.to_vec()));
                    }
                }
                RowOp::Map { .. } => {}
            }
        }
        totals
    }

    /// Puts the sums where they came from.
    pub fn put(self, offsets: &[usize], meeting: &Meeting<'_>, gradients: &mut [f32], sums: &mut [Sums]) {
        for (slot, own) in self.gradients {
            gradients[offsets[slot]..][self.channels.clone()].copy_from_slice(&own);
        }
        for (norm, own) in self.sums {
            sums[meeting.at(norm, 0)..][self.channels.clone()].copy_from_slice(&own);
        }
    }

    fn add_gradient(&mut self, slot: Slot, channel: usize, more: f32) {
        if let Some((_, own)) = self.gradients.iter_mut().find(|(other, _)| *other == slot) {
            own[channel - self.channels.start] += more;
        }
    }

    fn add_sums(&mut self, norm: NormPass, channel: usize, more: Sums) {
        if let Some((_, own)) = self.sums.iter_mut().find(|(other, _)| *other == norm) {
            own[channel - self.channels.start].iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
    }
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
    /// These cells of a value, or of the part of it that begins at cell `start`.
    fn of<'c>(&self, value: &'c [f32], start: usize) -> &'c [f32] {
        &value[(self.first - start) * LANES..][..self.len * LANES]
    }

    fn of_mut<'c>(&self, value: &'c mut [f32], start: usize) -> &'c mut [f32] {
        &mut value[(self.first - start) * LANES..][..self.len * LANES]
    }
}

/// The part of an epilogue's results that is made in one go.
pub struct EpiloguePart<'a> {
    /// The parts of the buffers of [`Epilogue::stores`], taken out of the values so that the others can be read meanwhile.
    pub stores: Vec<(Id, &'a mut [f32])>,
    /// The first cell of these parts.
    pub start: usize,
    /// The channels that are in these parts; of no effect where no channel has numbers of its own.
    pub channels: Range<usize>,
}

/// An epilogue at work on one block of images, or on some channels of it.
pub struct EpilogueRun<'a> {
    epilogue: &'a Epilogue,
    pub values: KeptValues<'a>,
    stores: Vec<(Id, &'a mut [f32])>,
    start: usize,
    temporaries: &'a mut Vec<Aligned>,
    numbers: ChannelNumbers<'a>,
    totals: ChannelTotals,
}

impl<'a> EpilogueRun<'a> {
    /// Makes an epilogue ready for stretches of at most `longest` cells.
    pub fn new(
        epilogue: &'a Epilogue,
        values: KeptValues<'a>,
        part: EpiloguePart<'a>,
        temporaries: &'a mut Vec<Aligned>,
        longest: usize,
        numbers: ChannelNumbers<'a>,
    ) -> Self {
        temporaries.resize_with(temporaries.len().max(epilogue.temporaries), Aligned::default);
        temporaries.iter_mut().for_each(|row| row.reserve(longest * LANES));
        let EpiloguePart { stores, start, channels } = part;
        let totals = ChannelTotals::new(epilogue, &numbers, channels);
        Self { epilogue, values, stores, start, temporaries, numbers, totals }
    }

    /// Hands out what has been added up.
    pub fn finish(self) -> ChannelTotals {
        self.totals
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
                range.of_mut(self.stores[store].1, self.start)
            }
            None => &mut [],
        }
    }

    fn read(&self, row: Row, range: CellRange) -> &[f32] {
        match row {
            Row::Temporary(row) => &self.temporaries[row][..range.len * LANES],
            Row::Kept(id) => {
                let store = self.stores.iter().find(|store| store.0 == id);
                store.map_or_else(|| range.of(self.values.get(id), 0), |store| range.of(store.1, self.start))
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
                    self.totals.add_gradient(*slot, range.channel, sum);
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
                    let to = std::mem::take(&mut self.stores[store].1);
                    self.map(arch, *map, reads, range, range.of_mut(to, self.start));
                    self.stores[store].1 = to;
                }
            }
        }
    }

    fn map(&self, arch: Arch, map: Map, reads: &[Row], range: CellRange, to: &mut [f32]) {
        let ChannelNumbers { params, meeting, images, .. } = self.numbers;
        let (channel, norm) = match map.constant() {
            Some(Constant::Channel(slot)) => (params[slot][range.channel], NormNumbers::default()),
            Some(Constant::Norm(norm)) => (0.0, meeting.numbers(norm, range.channel)),
            Some(Constant::Number(_)) | None => (0.0, NormNumbers::default()),
        };
        let x = self.read(reads[0], range);
        let other = reads.get(1).map_or(x, |other| self.read(*other, range));
        arch.dispatch(MapRow { map, channel, norm, images, x, other, y: to });
    }

    fn batch_sums(&mut self, arch: Arch, norm: NormPass, reads: &[Row], range: CellRange) {
        let dy = match norm.pass {
            Pass::Forward => None,
            Pass::Backward => Some(self.read(reads[0], range)),
        };
        let x = self.read(reads[1], range);
        let more = arch.dispatch(BatchSumsOfRow { dy, x, images: self.numbers.images });
        self.totals.add_sums(norm, range.channel, more);
    }
}
