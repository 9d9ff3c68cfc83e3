//! The tasks whose results come row by row and go to an epilogue: convolutions, and elementwise work alone.

use super::{Block, Workspace};
use crate::cpu::conv::{BackwardReads, GradientSums, Results, Scratch};
use crate::cpu::epilogue::{CellRange, ChannelNumbers, EpiloguePart, EpilogueRun, KeptValues};
use crate::cpu::hands::{self, Hand, shares, split};
use crate::cpu::lanes::{Aligned, LANES};
use crate::epilogue::{Epilogue, RowOp};
use crate::graph::{Id, Kernel};
use crate::task_schedule::Task;
use pulp::Arch;
use std::collections::BTreeSet;
use std::ops::Range;

/// How the hands share the results of an epilogue.
struct Shares {
    /// The channels of each hand, or stretches of cells where no channel has numbers of its own.
    ranges: Vec<Range<usize>>,
    /// Cells in each of the things that are shared.
    cells: usize,
}

impl Block<'_, '_> {
    /// The channels of an epilogue's results for each hand, in multiples of `unit`.
    fn by_channel(&self, epilogue: &Epilogue, unit: usize) -> Shares {
        let [channels, height, width] = epilogue.dims;
        Shares { ranges: shares(channels, unit, self.work.hands.len()), cells: height * width }
    }

    /// Sets an epilogue to work on stretches of at most `longest` cells, on all shares at once: `make` hands it one stretch after
    /// the other, and has what all hands share of a convolution and the scratch of one.
    fn epilogue(
        &mut self,
        epilogue: &Epilogue,
        Shares { ranges, cells }: Shares,
        longest: usize,
        make: impl Fn(Range<usize>, &Scratch, &mut Scratch, &mut EpilogueRun<'_>) + Sync,
    ) {
        let mut stores: Vec<(Id, Aligned)> = epilogue.stores.iter().map(|id| (*id, self.take(*id))).collect();
        let Self { shared, work, images, totals } = self;
        let Workspace { buffers, hands, scratch, .. } = &mut **work;
        let values = KeptValues { schedule: shared.schedule, buffers };
        let numbers = ChannelNumbers {
            params: shared.params,
            of_sums: &shared.offsets.sums,
            meeting: shared.meeting,
            images: images.count,
            gradients: &totals.gradients,
            sums: &totals.sums,
        };
        let part = |range: &Range<usize>| EpiloguePart {
            stores: Vec::with_capacity(stores.len()),
            start: range.start * cells,
            channels: range.clone(),
        };
        let mut parts: Vec<EpiloguePart<'_>> = ranges.iter().map(part).collect();
        for (id, buffer) in &mut stores {
            let pieces = split(buffer, &ranges, cells * LANES);
            parts.iter_mut().zip(pieces).for_each(|(part, piece)| part.stores.push((*id, piece)));
        }
        let own: Vec<(Range<usize>, EpiloguePart<'_>)> = ranges.into_iter().zip(parts).collect();
        let done = hands::work(hands, own, |Hand { temporaries, scratch: own }, (range, part)| {
            let mut run = EpilogueRun::new(epilogue, values, part, temporaries, longest, numbers);
            make(range, scratch, own, &mut run);
            run.finish()
        });
        for sums in done {
            sums.put(&shared.offsets.sums, shared.meeting, &mut totals.gradients, &mut totals.sums);
        }
        for (id, buffer) in stores {
            self.put(id, buffer);
        }
    }

    /// Does elementwise work that has no kernel: channel by channel, or in one go where no channel has a number of its
    /// own.
    pub(super) fn elementwise(&mut self, arch: Arch, epilogue: &Epilogue) {
        /// Cells at a time: few enough for all rows to fit into the first-level cache.
        const CHUNK: usize = 64;
        let hands = self.work.hands.len();
        let cells = epilogue.dims.iter().product();
        if epilogue.ops.iter().any(RowOp::is_by_channel) {
            let (channel, shares) = (cells / epilogue.dims[0], self.by_channel(epilogue, 1));
            self.epilogue(epilogue, shares, CHUNK, |channels, _, _, run| {
                for n in channels {
                    stretches(n * channel..(n + 1) * channel, CHUNK).for_each(|(first, len)| {
                        run.run(arch, CellRange { channel: n, first, len });
                    });
                }
            });
        } else {
            let shares = Shares { ranges: shares(cells, CHUNK, hands), cells: 1 };
            self.epilogue(epilogue, shares, CHUNK, |share, _, _, run| {
                stretches(share, CHUNK).for_each(|(first, len)| run.run(arch, CellRange { channel: 0, first, len }));
            });
        }
    }

    pub(super) fn conv(&mut self, arch: Arch, bank: usize, task: &Task) {
        let (bank, x) = (&self.shared.banks[bank], task.reads[0]);
        {
            let Workspace { buffers, hands, scratch, .. } = &mut *self.work;
            let values = KeptValues { schedule: self.shared.schedule, buffers };
            bank.forward(arch, values.get(x), hands, scratch);
        }
        let mut first = 0;
        for (epilogue, member) in task.epilogues.iter().zip(&bank.bank.members) {
            let channels = member.outputs;
            let shares = self.by_channel(epilogue, bank.unit(channels));
            self.epilogue(epilogue, shares, bank.longest_stretch(epilogue.dims[2]), |share, shared, own, run| {
                let x = run.values.get(x);
                bank.forward_rows(arch, x, &Results { first, channels, share }, (shared, own), run);
            });
            first += channels;
        }
    }

    pub(super) fn conv_backward(&mut self, arch: Arch, index: usize, task: &Task) {
        let bank = &self.shared.banks[index];
        let wanted = bank.bank.members.iter().any(|member| self.shared.wanted[member.slot]);
        {
            let Self { shared, work, totals, .. } = self;
            let Workspace { buffers, hands, scratch, sums } = &mut **work;
            sums[index].reserve(bank.sum_floats());
            let values = KeptValues { schedule: shared.schedule, buffers };
            let dy: Vec<&[f32]> = task.reads[1..].iter().map(|id| values.get(*id)).collect();
            let mut to = GradientSums {
                transformed: &mut sums[index][..bank.sum_floats()],
                gradients: &mut totals.gradients,
                offsets: &shared.offsets.sums,
                wanted: shared.wanted,
            };
            let reads = BackwardReads { x: values.get(task.reads[0]), dy: &dy, to_input: !task.epilogues.is_empty() };
            bank.backward(arch, reads, wanted.then_some(&mut to), hands, scratch);
        }
        if let Some(epilogue) = task.epilogues.first() {
            let channels = bank.bank.inputs;
            let shares = self.by_channel(epilogue, bank.unit(channels));
            self.epilogue(epilogue, shares, bank.longest_stretch(epilogue.dims[2]), |share, shared, own, run| {
                let dy: Vec<&[f32]> = task.reads[1..].iter().map(|id| run.values.get(*id)).collect();
                bank.backward_rows(arch, &dy, &Results { first: 0, channels, share }, (shared, own), run);
            });
        }
    }

    /// Turns what the tasks of a stage have summed up, such as products of spectra, into gradients of the kernels: once
    /// for each bank, however many steps of a loop have used it.
    pub(super) fn finish_gradients(&mut self, arch: Arch, tasks: &[Task]) {
        let bank = |task: &Task| if let Some(Kernel::ConvBackward(bank)) = task.kernel { Some(bank) } else { None };
        let used = tasks.iter().filter_map(bank);
        for index in used.collect::<BTreeSet<usize>>() {
            let Self { shared, work, totals, .. } = self;
            let (bank, gradients) = (&shared.banks[index], &mut totals.gradients);
            let Workspace { sums, scratch, .. } = &mut **work;
            let transformed = &mut sums[index][..bank.sum_floats()];
            let mut to = GradientSums { transformed, gradients, offsets: &shared.offsets.sums, wanted: shared.wanted };
            bank.finish_gradients(arch, &mut to, scratch);
        }
    }
}

/// The first cell, and the length, of stretches of at most `longest` cells that make up a range.
fn stretches(cells: Range<usize>, longest: usize) -> impl Iterator<Item = (usize, usize)> {
    let end = cells.end;
    cells.step_by(longest).map(move |first| (first, longest.min(end - first)))
}
