//! One block of images through all tasks of a schedule: `rows` are the tasks whose results come row by row.

mod rows;

use crate::batch_norm::{Meeting, Sums};
use crate::cpu::conv::{PreparedBank, Scratch};
use crate::cpu::epilogue::KeptValues;
use crate::cpu::hands::{self, Hand, shares, split};
use crate::cpu::lanes::{Aligned, Gather, LANES, Scatter, Spare};
use crate::cpu::ops::dense::{Dense, DenseBackward, DenseWeight};
use crate::cpu::ops::dropout::{self, BatchPlace};
use crate::cpu::ops::group_norm::{GroupNormBackward, GroupNormForward};
use crate::cpu::ops::loss::CrossEntropy;
use crate::cpu::ops::lrn::{Lrn, LrnBackward};
use crate::cpu::ops::pool::{Pool, PoolBackward};
use crate::cpu::ops::upsample::{Upsample, UpsampleBackward};
use crate::cpu::runner::Answers;
use crate::engine::Offsets;
use crate::graph::{Dims, Id, Kernel, Slot, Window};
use crate::image_norm::ImageNorm;
use crate::stages::Stage;
use crate::task_schedule::{Task, TaskSchedule};
use pulp::Arch;
use std::ops::Range;

/// The memory that a thread works in, kept from block to block.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The buffers of the schedule, in cells; those that cross from stage to stage are lent by each block.
    buffers: Vec<Aligned>,
    /// The memory of each thread that works on the block.
    hands: Vec<Hand>,
    /// The memory that all threads at work on the block share between the passes of a convolution.
    pub scratch: Scratch,
    /// For each bank, the sums that the gradients of its kernels are made of at the end of the block.
    sums: Vec<Aligned>,
}

/// The schedule, the kernels and the parameters of an engine, which all blocks of a batch read.
pub struct Shared<'a> {
    pub schedule: &'a TaskSchedule,
    pub banks: &'a [PreparedBank],
    /// All parameters, each by itself.
    pub params: &'a [&'a [f32]],
    pub offsets: &'a Offsets,
    /// Which parameters' gradients are wanted.
    pub wanted: &'a [bool],
    pub meeting: &'a Meeting<'a>,
    /// The number that fixes what dropout draws in this step of a training; none after training.
    pub noise: Option<u64>,
    /// How many threads work on a block.
    pub hands: usize,
}

/// The sums that the blocks of a chunk add to, one after the other.
#[derive(Debug)]
pub struct Totals {
    /// The gradients of all parameters that the blocks sum alone, in a row.
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
        work.hands.resize_with(shared.hands.max(1), Hand::default);
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
                let (step, count, spare) = (Offsets::len(offsets), block.images.count, Spare::LastImage);
                arch.dispatch(Gather { images, step, count, spare, cells: to });
            }),
            Kernel::OutputGradient(index) => self.whole(makes[0], |block, to| {
                let offsets = &block.shared.offsets.outputs;
                let images = &block.images.output_gradients[offsets[*index]..];
                let (step, count, spare) = (Offsets::len(offsets), block.images.count, Spare::Zeros);
                arch.dispatch(Gather { images, step, count, spare, cells: to });
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
                let (cells, step, count) = (values.get(reads[0]), Offsets::len(offsets), self.images.count);
                arch.dispatch(Scatter { cells, step, count, images });
            }
            Kernel::InputGradient(index) => {
                let values = KeptValues { schedule: self.shared.schedule, buffers: &self.work.buffers };
                let offsets = &self.shared.offsets.inputs;
                let images = &mut self.images.input_gradients[offsets[*index]..];
                let (cells, step, count) = (values.get(reads[0]), Offsets::len(offsets), self.images.count);
                arch.dispatch(Scatter { cells, step, count, images });
            }
            Kernel::Local(_) | Kernel::LocalBackward(_) => unreachable!("all blocks go through these together"),
            Kernel::View | Kernel::Channels(_) | Kernel::Map(_) | Kernel::ChannelSum(_) | Kernel::BatchSums(_) => {
                unreachable!("these have no task of their own")
            }
        }
    }

    /// The numbers of a weight of this length.
    fn weight(&self, slot: Slot, len: usize) -> &[f32] {
        &self.shared.params[slot][..len]
    }

    /// Makes a value whose channels are made each by itself, on all hands at once: `make` is given some channels of the
    /// result and their cells.
    fn by_channels(&mut self, id: Id, make: impl Fn(&Self, Range<usize>, &mut [f32]) + Sync) {
        let [channels, ..] = self.shared.schedule.dims[id];
        let shares = shares(channels, 1, self.work.hands.len());
        let (size, mut hands) = (self.len(id) / channels, std::mem::take(&mut self.work.hands));
        self.whole(id, |block, cells| {
            let own = shares.clone().into_iter().zip(split(cells, &shares, size)).collect();
            hands::work(&mut hands, own, |_, (share, cells)| make(block, share, cells));
        });
        self.work.hands = hands;
    }

    fn pool(&mut self, arch: Arch, window: &Window, x: Id, y: Id) {
        self.by_channels(y, |block, share, cells| {
            let [from, to] = [x, y].map(|id| block.of_share(id, &share));
            arch.dispatch(Pool { window, from, to, x: block.share(x, &share), y: cells });
        });
    }

    fn pool_backward(&mut self, arch: Arch, window: &Window, [x, y, dy]: [Id; 3], dx: Id) {
        self.by_channels(dx, |block, share, cells| {
            let [from, to] = [x, y].map(|id| block.of_share(id, &share));
            let [x, y, dy] = [x, y, dy].map(|id| block.share(id, &share));
            arch.dispatch(PoolBackward { window, from, to, x, y, dy, dx: cells });
        });
    }

    /// The shape of some channels of a value.
    fn of_share(&self, id: Id, share: &Range<usize>) -> Dims {
        let [_, height, width] = self.shared.schedule.dims[id];
        [share.len(), height, width]
    }

    /// The cells of some channels of a value.
    fn share(&self, id: Id, share: &Range<usize>) -> &[f32] {
        let [_, height, width] = self.shared.schedule.dims[id];
        let size = height * width * LANES;
        &self.value(id)[share.start * size..share.end * size]
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
            let dw = &mut self.totals.gradients[self.shared.offsets.sums[slot]..][..len];
            arch.dispatch(DenseWeight { x: values.get(x), dy: values.get(dy), dw });
        }
        if let Some(id) = dx {
            self.whole(id, |block, dx| {
                arch.dispatch(DenseBackward { weight: block.weight(slot, len), dy: block.value(dy), dx });
            });
        }
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
}
