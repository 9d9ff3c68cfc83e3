//! One block of images through all tasks of a schedule, on one thread.

use super::conv::{BackwardReads, GradientSums, PreparedBank, Scratch};
use super::epilogue::{CellRange, ChannelNumbers, EpilogueRun, KeptValues};
use super::lanes::{Aligned, LANES, Spare, gather, scatter};
use super::ops::dense::{Dense, DenseBackward, DenseWeight};
use super::ops::dropout::{self, BatchPlace};
use super::ops::group_norm::{GroupNormBackward, GroupNormForward};
use super::ops::loss::CrossEntropy;
use super::ops::lrn::{Lrn, LrnBackward};
use super::ops::pool::{Pool, PoolBackward};
use super::ops::upsample::{Upsample, UpsampleBackward};
use super::runner::Answers;
use crate::batch_norm::{Meeting, Sums};
use crate::engine::Offsets;
use crate::epilogue::{Epilogue, RowOp};
use crate::graph::{Id, Kernel, Slot, Window};
use crate::image_norm::ImageNorm;
use crate::stages::Stage;
use crate::task_schedule::{Task, TaskSchedule};
use pulp::Arch;
use std::collections::BTreeSet;

/// The memory that a thread works in, kept from block to block.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The buffers of the schedule, in cells; those that cross from stage to stage are lent by each block.
    buffers: Vec<Aligned>,
    /// The temporary rows of epilogues.
    temporaries: Vec<Aligned>,
    pub(super) scratch: Scratch,
    /// For each bank, the sums that the gradients of its kernels are made of at the end of the block.
    sums: Vec<Aligned>,
}

/// The schedule, the kernels and the parameters of an engine, which all blocks of a batch read.
pub struct Shared<'a> {
    pub schedule: &'a TaskSchedule,
    pub banks: &'a [PreparedBank],
    /// All parameters in a row.
    pub params: &'a [f32],
    pub offsets: &'a Offsets,
    /// Which parameters' gradients are wanted.
    pub wanted: &'a [bool],
    pub meeting: &'a Meeting<'a>,
    /// The number that fixes what dropout draws in this step of a training; none after training.
    pub noise: Option<u64>,
}

/// The sums that the blocks of a chunk add to, one after the other.
#[derive(Debug)]
pub struct Totals {
    /// The gradients of all parameters in a row.
    pub gradients: Vec<f32>,
    /// The sums of all batch normalisations; see [`Meeting::at`].
    pub sums: Vec<Sums>,
}

/// The images of a block, and what becomes of them. Everything is image after image, `[count, ...]`.
#[derive(Debug, Default)]
pub struct BlockImages<'a> {
    /// How many images there are: from 1 to [`LANES`].
    pub count: usize,
    /// The place of these images in their batch.
    pub place: BatchPlace,
    /// The inputs, `[count, inputs]`.
    pub inputs: &'a [f32],
    /// The gradients of the outputs, `[count, outputs]`.
    pub output_gradients: &'a [f32],
    pub answers: Answers<'a>,
    /// The weight of each image's cross-entropy at one step in the loss.
    pub weight: f32,
    /// The memory that takes the outputs, `[count, outputs]`.
    pub outputs: &'a mut [f32],
    /// The memory that takes the gradients of the inputs, `[count, inputs]`.
    pub input_gradients: &'a mut [f32],
    /// The sum of the cross-entropies of all images and steps so far, in nats.
    pub nats: f64,
}

/// A block at work.
pub struct Block<'a, 'i> {
    shared: &'a Shared<'a>,
    work: &'a mut Workspace,
    images: &'a mut BlockImages<'i>,
    totals: &'a mut Totals,
}

impl Block<'_, '_> {
    /// Runs the tasks of a stage for one block, and adds to the totals. `crossing` are the block's own buffers, which go
    /// from stage to stage.
    pub fn run(
        shared: &Shared<'_>,
        stage: &Stage,
        arch: Arch,
        (work, crossing): (&mut Workspace, &mut Vec<Aligned>),
        images: &mut BlockImages<'_>,
        totals: &mut Totals,
    ) {
        let buffers = &shared.schedule.buffers;
        work.buffers.resize_with(buffers.len(), Aligned::default);
        crossing.resize_with(buffers.len(), Aligned::default);
        let lend = |work: &mut Workspace, crossing: &mut Vec<Aligned>| {
            let pairs = work.buffers.iter_mut().zip(crossing);
            pairs.zip(buffers).filter(|(_, buffer)| buffer.crosses).for_each(|((a, b), _)| std::mem::swap(a, b));
        };
        lend(work, crossing);
        work.buffers.iter_mut().zip(buffers).for_each(|(memory, buffer)| memory.reserve(buffer.len * LANES));
        work.sums.resize_with(shared.banks.len(), Aligned::default);
        let mut block = Block { shared, work, images, totals };
        let tasks = &shared.schedule.tasks[stage.tasks.clone()];
        tasks.iter().for_each(|task| block.task(arch, task));
        block.finish_gradients(arch, tasks);
        lend(work, crossing);
    }

    fn values(&self) -> KeptValues<'_> {
        KeptValues { schedule: self.shared.schedule, buffers: &self.work.buffers }
    }

    /// The cells of a value, `[channels, height, width]`.
    fn value(&self, id: Id) -> &[f32] {
        self.values().get(id)
    }

    /// The length of a value in floats of all lanes.
    fn len(&self, id: Id) -> usize {
        self.shared.schedule.dims[id].iter().product::<usize>() * LANES
    }

    /// Takes the buffer of a value out, so that other values can be read while it is written.
    fn take(&mut self, id: Id) -> Aligned {
        match self.shared.schedule.locations[id] {
            Some(location) => std::mem::take(&mut self.work.buffers[location.buffer]),
            None => unreachable!("a value that is made whole has a buffer"),
        }
    }

    /// Puts the buffer of a value back.
    fn put(&mut self, id: Id, buffer: Aligned) {
        if let Some(location) = self.shared.schedule.locations[id] {
            self.work.buffers[location.buffer] = buffer;
        }
    }

    /// Makes one value as a whole: `make` writes its cells, and can read all other values.
    fn whole(&mut self, id: Id, make: impl FnOnce(&Self, &mut [f32])) {
        let (mut buffer, len) = (self.take(id), self.len(id));
        make(self, &mut buffer[..len]);
        self.put(id, buffer);
    }

    fn task(&mut self, arch: Arch, task: &Task) {
        let (reads, makes) = (&task.reads, &task.makes);
        let Some(kernel) = &task.kernel else { return self.elementwise(arch, &task.epilogues[0]) };
        match kernel {
            Kernel::Input(index) => self.whole(makes[0], |block, to| {
                let offsets = &block.shared.offsets.inputs;
                let images = &block.images.inputs[offsets[*index]..];
                gather(images, Offsets::len(offsets), block.images.count, Spare::LastImage, to);
            }),
            Kernel::OutputGradient(index) => self.whole(makes[0], |block, to| {
                let offsets = &block.shared.offsets.outputs;
                let images = &block.images.output_gradients[offsets[*index]..];
                gather(images, Offsets::len(offsets), block.images.count, Spare::Zeros, to);
            }),
            Kernel::Zeros => self.whole(makes[0], |_, to| to.fill(0.0)),
            Kernel::Mask(mask) => self.whole(makes[0], |block, to| match block.shared.noise {
                Some(noise) => dropout::factors(*mask, noise, block.images.place, to),
                None => to.fill(1.0),
            }),
            Kernel::Pool(window) => self.pool(arch, window, reads[0], makes[0]),
            Kernel::PoolBackward(window) => self.pool_backward(arch, window, [reads[0], reads[1], reads[2]], makes[0]),
            Kernel::Upsample(upsampling) => self.whole(makes[0], |block, y| {
                let [from, to] = [reads[0], makes[0]].map(|id| block.shared.schedule.dims[id]);
                arch.dispatch(Upsample { upsampling: *upsampling, from, to, x: block.value(reads[0]), y });
            }),
            Kernel::UpsampleBackward(upsampling) => self.whole(makes[0], |block, dx| {
                let [from, to] = [makes[0], reads[0]].map(|id| block.shared.schedule.dims[id]);
                arch.dispatch(UpsampleBackward { upsampling: *upsampling, from, to, dy: block.value(reads[0]), dx });
            }),
            Kernel::ImageNorm(norm) => self.image_norm(arch, norm, reads[0], makes[0]),
            Kernel::ImageNormBackward(norm) => self.image_norm_backward(arch, norm, [reads[0], reads[1]], makes[0]),
            Kernel::Dense(slot) => self.whole(makes[0], |block, y| {
                let x = block.value(reads[0]);
                let weight = block.weight(*slot, x.len() / LANES * (y.len() / LANES));
                arch.dispatch(Dense { weight, x, y });
            }),
            Kernel::Concat => self.whole(makes[0], |block, to| {
                let mut rest = to;
                for id in reads {
                    let (channels, behind) = rest.split_at_mut(block.len(*id));
                    channels.copy_from_slice(block.value(*id));
                    rest = behind;
                }
            }),
            Kernel::Conv(bank) => self.conv(arch, *bank, task),
            Kernel::ConvBackward(bank) => self.conv_backward(arch, *bank, task),
            Kernel::Loss => self.loss(arch, reads, makes),
            Kernel::DenseBackward(slot) => {
                self.dense_backward(arch, *slot, [reads[0], reads[1]], makes.first().copied());
            }
            Kernel::Output(index) => {
                let values = KeptValues { schedule: self.shared.schedule, buffers: &self.work.buffers };
                let offsets = &self.shared.offsets.outputs;
                let images = &mut self.images.outputs[offsets[*index]..];
                scatter(values.get(reads[0]), Offsets::len(offsets), self.images.count, images);
            }
            Kernel::InputGradient(index) => {
                let values = KeptValues { schedule: self.shared.schedule, buffers: &self.work.buffers };
                let offsets = &self.shared.offsets.inputs;
                let images = &mut self.images.input_gradients[offsets[*index]..];
                scatter(values.get(reads[0]), Offsets::len(offsets), self.images.count, images);
            }
            Kernel::View | Kernel::Channels(_) | Kernel::Map(_) | Kernel::ChannelSum(_) | Kernel::BatchSums(_) => {
                unreachable!("these have no task of their own")
            }
        }
    }

    /// The numbers of a weight of this length.
    fn weight(&self, slot: Slot, len: usize) -> &[f32] {
        &self.shared.params[self.shared.offsets.params[slot]..][..len]
    }

    fn pool(&mut self, arch: Arch, window: &Window, x: Id, y: Id) {
        self.whole(y, |block, cells| {
            let dims = &block.shared.schedule.dims;
            arch.dispatch(Pool { window, from: dims[x], to: dims[y], x: block.value(x), y: cells });
        });
    }

    fn pool_backward(&mut self, arch: Arch, window: &Window, [x, y, dy]: [Id; 3], dx: Id) {
        self.whole(dx, |block, cells| {
            let dims = &block.shared.schedule.dims;
            let (from, to) = (dims[x], dims[y]);
            let [x, y, dy] = [x, y, dy].map(|id| block.value(id));
            arch.dispatch(PoolBackward { window, from, to, x, y, dy, dx: cells });
        });
    }

    fn image_norm(&mut self, arch: Arch, norm: &ImageNorm, x: Id, y: Id) {
        self.whole(y, |block, y| {
            let [channels, ..] = block.shared.schedule.dims[x];
            let x = block.value(x);
            match norm {
                ImageNorm::Response(norm) => arch.dispatch(Lrn { norm, channels, x, y }),
                ImageNorm::Group(norm) => arch.dispatch(GroupNormForward { norm, x, y }),
            }
        });
    }

    fn image_norm_backward(&mut self, arch: Arch, norm: &ImageNorm, [x, dy]: [Id; 2], dx: Id) {
        self.whole(dx, |block, dx| {
            let [channels, ..] = block.shared.schedule.dims[x];
            let [x, dy] = [x, dy].map(|id| block.value(id));
            match norm {
                ImageNorm::Response(norm) => arch.dispatch(LrnBackward { norm, channels, x, dy, dx }),
                ImageNorm::Group(norm) => arch.dispatch(GroupNormBackward { norm, x, dy, dx }),
            }
        });
    }

    fn dense_backward(&mut self, arch: Arch, slot: Slot, [x, dy]: [Id; 2], dx: Option<Id>) {
        let len = self.len(x) / LANES * (self.len(dy) / LANES);
        if self.shared.wanted[slot] {
            let values = KeptValues { schedule: self.shared.schedule, buffers: &self.work.buffers };
            let dw = &mut self.totals.gradients[self.shared.offsets.params[slot]..][..len];
            arch.dispatch(DenseWeight { x: values.get(x), dy: values.get(dy), dw });
        }
        if let Some(id) = dx {
            self.whole(id, |block, dx| {
                arch.dispatch(DenseBackward { weight: block.weight(slot, len), dy: block.value(dy), dx });
            });
        }
    }

    /// Sets an epilogue to work on stretches of at most `longest` cells: `make` hands it one after the other.
    fn epilogue(&mut self, epilogue: &Epilogue, longest: usize, make: impl FnOnce(&mut EpilogueRun<'_, '_>)) {
        let stores = epilogue.stores.iter().map(|id| (*id, self.take(*id))).collect();
        let Self { shared, work, images, totals } = self;
        let values = KeptValues { schedule: shared.schedule, buffers: &work.buffers };
        let mut numbers = ChannelNumbers {
            params: shared.params,
            offsets: &shared.offsets.params,
            meeting: shared.meeting,
            images: images.count,
            gradients: &mut totals.gradients,
            sums: &mut totals.sums,
        };
        let mut run = EpilogueRun::new(epilogue, values, stores, &mut work.temporaries, longest, &mut numbers);
        make(&mut run);
        for (id, buffer) in run.finish() {
            self.put(id, buffer);
        }
    }

    /// Does elementwise work that has no kernel: channel by channel, or in one go where no channel has a number of its
    /// own.
    fn elementwise(&mut self, arch: Arch, epilogue: &Epilogue) {
        /// Cells at a time: few enough for all rows to fit into the first-level cache.
        const CHUNK: usize = 64;
        let [channels, height, width] = epilogue.dims;
        let by_channel = epilogue.ops.iter().any(RowOp::is_by_channel);
        let (channels, cells) = if by_channel { (channels, height * width) } else { (1, channels * height * width) };
        self.epilogue(epilogue, CHUNK, |run| {
            for channel in 0..channels {
                for at in (0..cells).step_by(CHUNK) {
                    run.run(arch, CellRange { channel, first: channel * cells + at, len: CHUNK.min(cells - at) });
                }
            }
        });
    }

    fn conv(&mut self, arch: Arch, bank: usize, task: &Task) {
        let bank = &self.shared.banks[bank];
        let mut scratch = std::mem::take(&mut self.work.scratch);
        bank.forward(arch, self.value(task.reads[0]), &mut scratch);
        let mut first = 0;
        for (epilogue, member) in task.epilogues.iter().zip(&bank.bank.members) {
            let outputs = first..first + member.outputs;
            first = outputs.end;
            self.epilogue(epilogue, bank.longest_stretch(epilogue.dims[2]), |run| {
                let x = run.values.get(task.reads[0]);
                bank.forward_rows(arch, x, outputs, &mut scratch, run);
            });
        }
        self.work.scratch = scratch;
    }

    fn conv_backward(&mut self, arch: Arch, index: usize, task: &Task) {
        let bank = &self.shared.banks[index];
        let wanted = bank.bank.members.iter().any(|member| self.shared.wanted[member.slot]);
        let mut scratch = std::mem::take(&mut self.work.scratch);
        let mut sums = std::mem::take(&mut self.work.sums[index]);
        sums.reserve(bank.sum_floats());
        {
            let Self { shared, work, totals, .. } = self;
            let values = KeptValues { schedule: shared.schedule, buffers: &work.buffers };
            let gradients = &mut totals.gradients;
            let x = values.get(task.reads[0]);
            let dy: Vec<&[f32]> = task.reads[1..].iter().map(|id| values.get(*id)).collect();
            let transformed = &mut sums[..bank.sum_floats()];
            let mut to =
                GradientSums { transformed, gradients, offsets: &shared.offsets.params, wanted: shared.wanted };
            let reads = BackwardReads { x, dy: &dy, to_input: !task.epilogues.is_empty() };
            bank.backward(arch, reads, wanted.then_some(&mut to), &mut scratch);
        }
        self.work.sums[index] = sums;
        if let Some(epilogue) = task.epilogues.first() {
            self.epilogue(epilogue, bank.longest_stretch(epilogue.dims[2]), |run| {
                let dy: Vec<&[f32]> = task.reads[1..].iter().map(|id| run.values.get(*id)).collect();
                bank.backward_rows(arch, &dy, &mut scratch, run);
            });
        }
        self.work.scratch = scratch;
    }

    fn loss(&mut self, arch: Arch, reads: &[Id], makes: &[Id]) {
        // Lanes without an image have weight zero, and so no gradient.
        let (mut labels, mut weight) = ([0.0; LANES], [0.0; LANES]);
        for (lane, label) in self.images.answers.labels.iter().take(self.images.count).enumerate() {
            // Exact: no net has more classes than a float has whole numbers.
            labels[lane] = *label as f32;
            weight[lane] = self.images.weight;
        }
        let smoothing = self.images.answers.smoothing;
        for (x, dx) in reads.iter().zip(makes) {
            let mut nats = [0.0; LANES];
            self.whole(*dx, |block, gradient| {
                let scores = block.value(*x);
                nats = arch.dispatch(CrossEntropy { scores, labels: &labels, weight: &weight, smoothing, gradient });
            });
            self.images.nats += nats.iter().take(self.images.count).map(|x| f64::from(*x)).sum::<f64>();
        }
    }

    /// Turns what the tasks of a stage have summed up, such as products of spectra, into gradients of the kernels: once
    /// for each bank, however many steps of a loop have used it.
    fn finish_gradients(&mut self, arch: Arch, tasks: &[Task]) {
        let bank = |task: &Task| if let Some(Kernel::ConvBackward(bank)) = task.kernel { Some(bank) } else { None };
        let used = tasks.iter().filter_map(bank);
        for index in used.collect::<BTreeSet<usize>>() {
            let Self { shared, work, totals, .. } = self;
            let (bank, gradients) = (&shared.banks[index], &mut totals.gradients);
            let Workspace { sums, scratch, .. } = &mut **work;
            let transformed = &mut sums[index][..bank.sum_floats()];
            let mut to =
                GradientSums { transformed, gradients, offsets: &shared.offsets.params, wanted: shared.wanted };
            bank.finish_gradients(arch, &mut to, scratch);
        }
    }
}
