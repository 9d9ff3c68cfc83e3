//! One block of images through a program.

use super::Answers;
use super::convolve::{Ready, Sums};
use super::dense::{Dense, DenseBack, DenseWeight};
use super::lanes::{Aligned, LANES, Spare, gather, scatter};
use super::loss::CrossEntropy;
use super::pool::{Pool, PoolBack};
use super::spectral::Scratch;
use super::tail::{TailRun, Values, Weights};
use crate::graph::{Id, Kernel, Map};
use crate::schedule::{Program, Step, Tail, What};
use pulp::Arch;

/// What a thread works with, kept from block to block.
#[derive(Debug, Default)]
pub struct Workspace {
    buffers: Vec<Aligned>,
    rows: Vec<Aligned>,
    scratch: Scratch,
    /// Of each bank, the sums that its kernels' gradients are made of.
    sums: Vec<Aligned>,
}

/// What all blocks share.
pub struct Shared<'a> {
    pub program: &'a Program,
    pub banks: &'a [Ready],
    pub params: &'a [f32],
    /// Where each parameter begins.
    pub offsets: &'a [usize],
    /// Whose gradients are wanted.
    pub wanted: &'a [bool],
    /// Where each input, and each output, begins among an image's numbers.
    pub inputs: &'a [usize],
    pub outputs: &'a [usize],
}

/// A block's images, and what becomes of them. Everything is image after image, `[count, ...]`.
#[derive(Debug, Default)]
pub struct Images<'a> {
    /// At most as many as a block has lanes.
    pub count: usize,
    pub inputs: &'a [f32],
    /// Gradients of the outputs.
    pub seeds: &'a [f32],
    pub answers: Answers<'a>,
    /// What each image's cross-entropy counts.
    pub weight: f32,
    pub outputs: &'a mut [f32],
    pub input_gradients: &'a mut [f32],
    /// Summed over the images, in nats, each counted once a step.
    pub nats: f64,
}

impl Shared<'_> {
    pub fn run(&self, arch: Arch, work: &mut Workspace, images: &mut Images<'_>, gradients: &mut [f32]) {
        self.reserve(work);
        let mut block = Block { shared: self, work, images, gradients };
        for step in &self.program.steps {
            block.step(arch, step);
        }
        block.settle(arch);
    }

    fn reserve(&self, work: &mut Workspace) {
        work.buffers.resize_with(self.program.buffers.len(), Aligned::default);
        work.buffers.iter_mut().zip(&self.program.buffers).for_each(|(buffer, len)| buffer.reserve(len * LANES));
        work.sums.resize_with(self.banks.len(), Aligned::default);
    }
}

struct Block<'a, 'i> {
    shared: &'a Shared<'a>,
    work: &'a mut Workspace,
    images: &'a mut Images<'i>,
    gradients: &'a mut [f32],
}

impl Block<'_, '_> {
    fn values(&self) -> Values<'_> {
        Values { program: self.shared.program, buffers: &self.work.buffers }
    }

    /// A value's cells.
    fn value(&self, id: Id) -> &[f32] {
        self.values().get(id)
    }

    fn len(&self, id: Id) -> usize {
        self.shared.program.dims[id].iter().product::<usize>() * LANES
    }

    /// Takes a value's buffer out, so that others can be read while it is written.
    fn take(&mut self, id: Id) -> Aligned {
        match self.shared.program.places[id] {
            Some(place) => std::mem::take(&mut self.work.buffers[place.buffer]),
            None => unreachable!("a value that is made whole has a place"),
        }
    }

    fn put(&mut self, id: Id, buffer: Aligned) {
        if let Some(place) = self.shared.program.places[id] {
            self.work.buffers[place.buffer] = buffer;
        }
    }

    fn step(&mut self, arch: Arch, step: &Step) {
        let (reads, makes) = (&step.reads, &step.makes);
        match &step.kernel {
            None => self.rows(arch, &step.tails[0]),
            Some(Kernel::Conv(bank)) => self.conv(arch, *bank, step),
            Some(Kernel::ConvBack(bank)) => self.conv_back(arch, *bank, step),
            Some(Kernel::Loss) => self.loss(arch, reads, makes),
            Some(Kernel::DenseBack(slot)) => {
                let (shared, work) = (self.shared, &mut *self.work);
                let values = Values { program: shared.program, buffers: &work.buffers };
                let (x, dy) = (values.get(reads[0]), values.get(reads[1]));
                let (inputs, outputs) = (x.len() / LANES, dy.len() / LANES);
                if shared.wanted[*slot] {
                    let gradient = &mut self.gradients[shared.offsets[*slot]..][..inputs * outputs];
                    arch.dispatch(DenseWeight { x, dy, dw: gradient });
                }
                if let Some(id) = makes.first() {
                    let mut to = self.take(*id);
                    let weight = &shared.params[shared.offsets[*slot]..][..inputs * outputs];
                    let (dy, dx) = (self.value(reads[1]), &mut to[..inputs * LANES]);
                    arch.dispatch(DenseBack { weight, dy, dx });
                    self.put(*id, to);
                }
            }
            Some(Kernel::Output(place)) => {
                let values = Values { program: self.shared.program, buffers: &self.work.buffers };
                let cells = values.get(reads[0]);
                let (first, step) = (self.shared.outputs[*place], *self.shared.outputs.last().unwrap_or(&0));
                scatter(cells, step, self.images.count, &mut self.images.outputs[first..]);
            }
            Some(Kernel::InputGrad(place)) => {
                let values = Values { program: self.shared.program, buffers: &self.work.buffers };
                let cells = values.get(reads[0]);
                let (first, step) = (self.shared.inputs[*place], *self.shared.inputs.last().unwrap_or(&0));
                scatter(cells, step, self.images.count, &mut self.images.input_gradients[first..]);
            }
            Some(kernel) => {
                let (id, len) = (makes[0], self.len(makes[0]));
                let mut to = self.take(id);
                self.whole(arch, kernel, reads, id, &mut to[..len]);
                self.put(id, to);
            }
        }
    }

    /// A kernel that makes one value as a whole.
    fn whole(&self, arch: Arch, kernel: &Kernel, reads: &[Id], makes: Id, to: &mut [f32]) {
        let (shared, dims) = (self.shared, &self.shared.program.dims);
        let outside = |images: &[f32], begins: &[usize], place: usize, spare: Spare, to: &mut [f32]| {
            gather(&images[begins[place]..], *begins.last().unwrap_or(&0), self.images.count, spare, to);
        };
        match kernel {
            Kernel::Input(place) => outside(self.images.inputs, shared.inputs, *place, Spare::LastImage, to),
            Kernel::Seed(place) => outside(self.images.seeds, shared.outputs, *place, Spare::Zeros, to),
            Kernel::Zeros => to.fill(0.0),
            Kernel::Pool(window) => {
                let (from, x) = (dims[reads[0]], self.value(reads[0]));
                arch.dispatch(Pool { window, from, to: dims[makes], x, y: to });
            }
            Kernel::PoolBack(window) => {
                let values = [0, 1, 2].map(|n| self.value(reads[n]));
                arch.dispatch(PoolBack { window, from: dims[makes], to: dims[reads[1]], values, dx: to });
            }
            Kernel::Dense(slot) => {
                let x = self.value(reads[0]);
                let len = x.len() / LANES * (to.len() / LANES);
                arch.dispatch(Dense { weight: &shared.params[shared.offsets[*slot]..][..len], x, y: to });
            }
            Kernel::Concat => {
                let mut rest = to;
                for id in reads {
                    let (part, behind) = rest.split_at_mut(self.len(*id));
                    part.copy_from_slice(self.value(*id));
                    rest = behind;
                }
            }
            Kernel::Conv(_)
            | Kernel::ConvBack(_)
            | Kernel::DenseBack(_)
            | Kernel::View
            | Kernel::Part(_)
            | Kernel::Map(_)
            | Kernel::ChannelSum(_)
            | Kernel::Loss
            | Kernel::Output(_)
            | Kernel::InputGrad(_) => unreachable!("done elsewhere"),
        }
    }

    /// Sets a tail to work on rows of at most `longest` cells: `make` hands it one after the other.
    fn tail(&mut self, tail: &Tail, longest: usize, make: impl FnOnce(&mut TailRun<'_, '_>)) {
        let stores = tail.stores.iter().map(|id| (*id, self.take(*id))).collect();
        let Self { shared, work, gradients, .. } = self;
        let values = Values { program: shared.program, buffers: &work.buffers };
        let mut weights = Weights { values: shared.params, offsets: shared.offsets, gradients };
        let mut run = TailRun::new(tail, values, stores, &mut work.rows, longest, &mut weights);
        make(&mut run);
        for (id, buffer) in run.finish() {
            self.put(id, buffer);
        }
    }

    /// Rows of their own: row by row of each channel, or in one go where no channel has numbers of its own.
    fn rows(&mut self, arch: Arch, tail: &Tail) {
        /// Cells that fit into the first-level cache a few times over.
        const CHUNK: usize = 64;
        let [channels, height, width] = tail.dims;
        let by_channel = tail
            .ops
            .iter()
            .any(|op| matches!(op.what, What::Sum(_) | What::Map(Map::AddChannel(_) | Map::MulChannel(_))));
        let (channels, cells) = if by_channel { (channels, height * width) } else { (1, channels * height * width) };
        self.tail(tail, CHUNK, |run| {
            for channel in 0..channels {
                for at in (0..cells).step_by(CHUNK) {
                    run.run(arch, channel, channel * cells + at, CHUNK.min(cells - at));
                }
            }
        });
    }

    fn conv(&mut self, arch: Arch, bank: usize, step: &Step) {
        let ready = &self.shared.banks[bank];
        let mut scratch = std::mem::take(&mut self.work.scratch);
        ready.forward(arch, self.value(step.reads[0]), &mut scratch);
        let mut first = 0;
        for (tail, (_, count)) in step.tails.iter().zip(&ready.bank.members) {
            self.tail(tail, ready.longest(tail.dims[2]), |run| {
                let x = run.values.get(step.reads[0]);
                ready.forward_rows(arch, x, [first, *count], &mut scratch, run);
            });
            first += count;
        }
        self.work.scratch = scratch;
    }

    fn conv_back(&mut self, arch: Arch, bank: usize, step: &Step) {
        let ready = &self.shared.banks[bank];
        let wanted = ready.bank.members.iter().any(|(slot, _)| self.shared.wanted[*slot]);
        let mut scratch = std::mem::take(&mut self.work.scratch);
        let mut sums = std::mem::take(&mut self.work.sums[bank]);
        sums.reserve(ready.sums());
        {
            let Self { shared, work, gradients, .. } = self;
            let values = Values { program: shared.program, buffers: &work.buffers };
            let from = values.get(step.reads[0]);
            let dys: Vec<&[f32]> = step.reads[1..].iter().map(|id| values.get(*id)).collect();
            let transformed = &mut sums[..ready.sums()];
            let mut to = Sums { transformed, gradients, offsets: shared.offsets, wanted: shared.wanted };
            ready.back(arch, from, &dys, wanted.then_some(&mut to), !step.tails.is_empty(), &mut scratch);
        }
        self.work.sums[bank] = sums;
        if let Some(tail) = step.tails.first() {
            self.tail(tail, ready.longest(tail.dims[2]), |run| {
                let dys: Vec<&[f32]> = step.reads[1..].iter().map(|id| run.values.get(*id)).collect();
                ready.back_rows(arch, &dys, &mut scratch, run);
            });
        }
        self.work.scratch = scratch;
    }

    fn loss(&mut self, arch: Arch, reads: &[Id], makes: &[Id]) {
        let (mut labels, mut weight) = ([0.0; LANES], [0.0; LANES]);
        for (lane, label) in self.images.answers.labels.iter().take(self.images.count).enumerate() {
            // Exact: no net has more classes than a float has whole numbers.
            labels[lane] = *label as f32;
            weight[lane] = self.images.weight;
        }
        let smoothing = self.images.answers.smoothing;
        for (x, dx) in reads.iter().zip(makes) {
            let (mut to, len) = (self.take(*dx), self.len(*dx));
            let nats = {
                let (scores, gradient) = (self.value(*x), &mut to[..len]);
                arch.dispatch(CrossEntropy { scores, labels: &labels, weight: &weight, smoothing, gradient })
            };
            self.images.nats += nats.iter().take(self.images.count).map(|x| f64::from(*x)).sum::<f64>();
            self.put(*dx, to);
        }
    }

    /// What a block summed up in spectra becomes gradients.
    fn settle(&mut self, arch: Arch) {
        let back = self.shared.program.steps.iter().filter_map(|step| match step.kernel {
            Some(Kernel::ConvBack(bank)) => Some(bank),
            _ => None,
        });
        let mut banks: Vec<usize> = back.collect();
        banks.sort_unstable();
        banks.dedup();
        for bank in banks {
            let ready = &self.shared.banks[bank];
            let Self { shared, work, gradients, .. } = self;
            let Workspace { sums, scratch, .. } = &mut **work;
            let transformed = &mut sums[bank][..ready.sums()];
            let mut to = Sums { transformed, gradients, offsets: shared.offsets, wanted: shared.wanted };
            ready.settle(arch, &mut to, scratch);
        }
    }
}
