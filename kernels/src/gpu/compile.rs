//! Compiles a task schedule to a program for a cube: every value gets a home, and every task becomes instructions.

use super::homes::Homes;
use super::pack::{Packing, WeightLayout};
use super::program::{
    Address, Conv, ConvSource, ConvWeights, DenseSizes, Elementwise, ImageBuffer, Instruction, InstructionTable,
    PoolBackward, Program, Storage, SumCopies, UnitEpilogue, UnitOp, kinds,
};
use super::tiling;
use crate::engine::Offsets;
use crate::epilogue::{Epilogue, Row, RowOp};
use crate::graph::{Bank, Id, Kernel, Map, Slot};
use crate::task_schedule::{Task, TaskSchedule};

/// The limits of the device that a program is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceLimits {
    /// Floats that a cube may have in shared memory.
    pub shared: usize,
    /// Units that a cube may have.
    pub units: usize,
    /// See [`Program::fence`].
    pub fence: bool,
}

/// A program, the table of its instructions, and where each parameter's sums and packed weights are.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub program: Program,
    /// The rows of [`InstructionTable`], `[instructions, width]`.
    pub table: Vec<u32>,
    /// For each parameter, where the sums of its gradient are.
    pub copies: Vec<SumCopies>,
    pub packing: Packing,
}

/// Compiles a schedule whose gradients are those of the `wanted` parameters.
pub fn compile(schedule: &TaskSchedule, offsets: &Offsets, wanted: &[bool], limits: DeviceLimits) -> Compiled {
    let copies = sum_copies(schedule, offsets, wanted);
    let of_wanted = copies.iter().zip(wanted).filter(|(_, wanted)| **wanted);
    // The cross-entropy comes behind all sums of gradients.
    let sums = of_wanted.map(|(copies, _)| copies.first + copies.len * copies.count).max().unwrap_or(0) + 1;
    let mut compiler = Compiler {
        schedule,
        offsets,
        wanted,
        copies: &copies,
        homes: Homes::new(schedule, limits.shared),
        packing: Packing::default(),
        instructions: Vec::new(),
        index: 0,
    };
    for (index, task) in schedule.tasks.iter().enumerate() {
        compiler.index = index;
        compiler.task(task);
    }
    let Compiler { instructions, homes, packing, .. } = compiler;
    let units = tiling::units(&instructions, limits.units);
    let (shared, arena) = (homes.shared(), homes.arena());
    let (inputs, outputs) = (Offsets::len(&offsets.inputs), Offsets::len(&offsets.outputs));
    let InstructionTable { kinds, width, rows: table } = kinds(instructions);
    let program = Program { kinds, width, shared, arena, sums, inputs, outputs, units, fence: limits.fence };
    Compiled { program, table, copies, packing }
}

/// Places the sums of each parameter's gradient. The kernels of a convolution and the sum of a channel are too few to
/// keep all units busy: several units share the image's columns, or the channel's cells, and each has a copy of the
/// sums.
fn sum_copies(schedule: &TaskSchedule, offsets: &Offsets, wanted: &[bool]) -> Vec<SumCopies> {
    /// How many units there should be at least.
    const UNITS: usize = 512;
    /// How many copies there may be at most.
    const COPIES: usize = 16;
    let mut counts = vec![1; wanted.len()];
    for task in &schedule.tasks {
        if let Some(Kernel::ConvBackward(bank)) = task.kernel {
            let bank = &schedule.banks[bank];
            for member in &bank.members {
                let tile = tiling::weights(member.outputs, bank.to()[0], bank.kernel);
                let shares = member.outputs.div_ceil(tile.channels) * bank.inputs * bank.kernel;
                let count = UNITS.div_ceil(shares).min(COPIES).min(bank.to()[1]);
                counts[member.slot] = count.max(counts[member.slot]);
            }
        } else if let Some(Kernel::ChannelSum(slot)) = task.kernel {
            counts[slot] = counts[slot].max(COPIES);
        }
    }
    let mut first = 0;
    let of = |slot: Slot| {
        let len = offsets.params[slot + 1] - offsets.params[slot];
        let copies = SumCopies { first, len, count: counts[slot] };
        first += if wanted[slot] { len * copies.count } else { 0 };
        copies
    };
    (0..wanted.len()).map(of).collect()
}

/// A program that is being made.
struct Compiler<'a> {
    schedule: &'a TaskSchedule,
    offsets: &'a Offsets,
    wanted: &'a [bool],
    copies: &'a [SumCopies],
    homes: Homes,
    packing: Packing,
    instructions: Vec<Instruction>,
    /// The index of the task that is being compiled.
    index: usize,
}

impl Compiler<'_> {
    /// Where the task at hand reads a value.
    fn find(&self, id: Id) -> Address {
        self.homes.find(self.index, self.schedule.roots[id])
    }

    /// The length of a value in floats.
    fn len(&self, id: Id) -> usize {
        self.schedule.dims[id].iter().product()
    }

    fn task(&mut self, task: &Task) {
        for copied in self.homes.copies(self.index) {
            let (from, to, len) = (self.homes.home(copied.id), copied.address, self.len(copied.id));
            self.instructions.push(Instruction::Copy { from, to, len });
        }
        match &task.kernel {
            Some(kernel) => self.kernel(kernel, task),
            None => {
                let (dims, epilogue) = (task.epilogues[0].dims, self.epilogue(&task.epilogues[0]));
                self.instructions.push(Instruction::Elementwise(Elementwise { dims, epilogue }));
            }
        }
    }

    fn kernel(&mut self, kernel: &Kernel, task: &Task) {
        let (schedule, reads, makes) = (self.schedule, &task.reads, &task.makes);
        let dims = |id: Id| schedule.dims[id];
        match kernel {
            Kernel::Input(index) => self.fetch(ImageBuffer::Inputs, self.offsets.inputs[*index], makes[0]),
            Kernel::OutputGradient(index) => {
                self.fetch(ImageBuffer::OutputGradients, self.offsets.outputs[*index], makes[0]);
            }
            Kernel::Output(index) => self.hand(reads[0], ImageBuffer::Outputs, self.offsets.outputs[*index]),
            Kernel::InputGradient(index) => {
                self.hand(reads[0], ImageBuffer::InputGradients, self.offsets.inputs[*index]);
            }
            Kernel::Zeros => {
                let (to, len) = (self.homes.home(makes[0]), self.len(makes[0]));
                self.instructions.push(Instruction::Zeros { to, len });
            }
            Kernel::Conv(bank) => self.conv(&schedule.banks[*bank], task),
            Kernel::ConvBackward(bank) => self.conv_backward(&schedule.banks[*bank], task),
            Kernel::Pool(window) => {
                let (window, from, to) = (*window, dims(reads[0]), dims(makes[0]));
                let (x, y) = (self.find(reads[0]), self.homes.home(makes[0]));
                self.instructions.push(Instruction::Pool { window, from, to, x, y });
            }
            Kernel::PoolBackward(window) => {
                let (window, from, to) = (*window, dims(reads[0]), dims(reads[1]));
                let ([x, y, dy], dx) = ([0, 1, 2].map(|n| self.find(reads[n])), self.homes.home(makes[0]));
                self.instructions.push(Instruction::PoolBackward(PoolBackward { window, from, to, x, y, dy, dx }));
            }
            Kernel::Dense(slot) => self.dense(*slot, reads[0], makes[0]),
            Kernel::DenseBackward(slot) => self.dense_backward(*slot, [reads[0], reads[1]], makes.first().copied()),
            Kernel::Concat => {
                let mut to = self.homes.home(makes[0]);
                for id in reads {
                    let (from, len) = (self.find(*id), self.len(*id));
                    self.instructions.push(Instruction::Copy { from, to, len });
                    to.offset += len / to.cells * to.pitch;
                }
            }
            Kernel::ChannelSum(slot) => {
                let [channels, height, width] = dims(reads[0]);
                let (x, other) = (self.find(reads[0]), reads.get(1).map(|id| self.find(*id)));
                let (cells, copies) = (height * width, self.copies[*slot]);
                self.instructions.push(Instruction::ChannelSum { x, other, channels, cells, copies });
            }
            Kernel::Loss => {
                for (scores, gradient) in reads.iter().zip(makes) {
                    let (classes, scores, gradient) =
                        (self.len(*scores), self.find(*scores), self.homes.home(*gradient));
                    self.instructions.push(Instruction::Loss { scores, gradient, classes });
                }
            }
            Kernel::View | Kernel::Channels(_) | Kernel::Map(_) => unreachable!("these have no task of their own"),
            Kernel::Local(_)
            | Kernel::LocalBackward(_)
            | Kernel::ImageNorm(_)
            | Kernel::ImageNormBackward(_)
            | Kernel::Upsample(_)
            | Kernel::UpsampleBackward(_)
            | Kernel::BatchSums(_)
            | Kernel::Mask(_) => unreachable!("a graphics processor gets no part with this kernel"),
        }
    }

    /// Reads a value that comes from outside.
    fn fetch(&mut self, from: ImageBuffer, first: usize, id: Id) {
        let (to, len) = (self.homes.home(id), self.len(id));
        self.instructions.push(Instruction::Fetch { from, first, to, len });
    }

    /// Hands a value out.
    fn hand(&mut self, id: Id, to: ImageBuffer, first: usize) {
        let (from, len) = (self.find(id), self.len(id));
        self.instructions.push(Instruction::Hand { from, to, first, len });
    }

    /// Convolves for each member of a bank: members share no work here, since nothing is transformed.
    fn conv(&mut self, bank: &Bank, task: &Task) {
        let Bank { kernel, pad, from, inputs, .. } = *bank;
        for (member, (epilogue, y)) in bank.members.iter().zip(task.epilogues.iter().zip(&task.makes)) {
            let to = self.schedule.dims[*y];
            let tile = tiling::result(member.outputs, to[1], kernel);
            let layout = WeightLayout::forward(bank, self.offsets.params[member.slot], member.outputs, tile);
            let first = self.packing.first(layout);
            let sources = vec![ConvSource { x: self.find(task.reads[0]), channels: inputs, first }];
            let epilogue = self.epilogue(epilogue);
            self.instructions.push(Instruction::Conv(Conv { sources, kernel, pad, from, to, tile, epilogue }));
        }
    }

    /// Sums the gradients of each member's kernels, and convolves the gradients of the results to that of the input.
    fn conv_backward(&mut self, bank: &Bank, task: &Task) {
        let (kernel, pad, [height, width]) = (bank.kernel, bank.pad, bank.to());
        let input = [bank.inputs, bank.from[0], bank.from[1]];
        let members = || bank.members.iter().zip(&task.reads[1..]);
        for (member, dy) in members().filter(|(member, _)| self.wanted[member.slot]) {
            let (x, dy) = (self.find(task.reads[0]), self.find(*dy));
            let (from, to) = (input, [member.outputs, height, width]);
            let (tile, copies) = (tiling::weights(member.outputs, height, kernel), self.copies[member.slot]);
            let weights = ConvWeights { x, dy, kernel, pad, from, to, tile, copies };
            self.instructions.push(Instruction::ConvWeights(weights));
        }
        if let Some(epilogue) = task.epilogues.first() {
            let tile = tiling::result(bank.inputs, bank.from[0], kernel);
            let mut sources = Vec::new();
            for (member, dy) in members() {
                let layout = WeightLayout::mirrored(bank, self.offsets.params[member.slot], member.outputs, tile);
                let first = self.packing.first(layout);
                sources.push(ConvSource { x: self.find(*dy), channels: member.outputs, first });
            }
            let (pad, from, to, epilogue) = (kernel - 1 - pad, [height, width], input, self.epilogue(epilogue));
            self.instructions.push(Instruction::Conv(Conv { sources, kernel, pad, from, to, tile, epilogue }));
        }
    }

    /// Computes a dense layer in two instructions: its outputs are few, so units share the sum of each, and add it up
    /// then.
    fn dense(&mut self, slot: Slot, x: Id, y: Id) {
        /// Parts of all sums together, at most.
        const PARTS: usize = 1024;
        let sizes = DenseSizes { inputs: self.len(x), outputs: self.len(y) };
        let parts = (PARTS / sizes.outputs).clamp(1, 64).min(sizes.inputs);
        let (first, x) = (self.offsets.params[slot], self.find(x));
        let partial = self.homes.take_for_task(sizes.outputs * parts, self.index);
        let (to, len) = (self.homes.home(y), sizes.outputs);
        self.instructions.push(Instruction::Dense { x, first, sizes, partial, parts });
        self.instructions.push(Instruction::AddParts { partial, parts, to, len });
    }

    fn dense_backward(&mut self, slot: Slot, [x, dy]: [Id; 2], dx: Option<Id>) {
        let sizes = DenseSizes { inputs: self.len(x), outputs: self.len(dy) };
        let (x, dy) = (self.find(x), self.find(dy));
        if self.wanted[slot] {
            let first = self.copies[slot].first;
            self.instructions.push(Instruction::DenseWeights { x, dy, sizes, first });
        }
        if let Some(id) = dx {
            let (first, dx) = (self.offsets.params[slot], self.homes.home(id));
            self.instructions.push(Instruction::DenseBackward { dy, first, sizes, dx });
        }
    }

    fn epilogue(&self, epilogue: &Epilogue) -> UnitEpilogue {
        let read = |row: &Row| match row {
            Row::Temporary(row) => Storage::Register(*row),
            Row::Kept(id) => Storage::Memory(self.find(*id)),
        };
        let write = |row: &Row| match row {
            Row::Temporary(row) => Storage::Register(*row),
            Row::Kept(id) => Storage::Memory(self.homes.home(*id)),
        };
        let ops = epilogue.ops.iter().map(|op| {
            let RowOp::Map { map, reads, to } = op else { unreachable!("sums are taken by kernels of their own") };
            let first = map.slot().map_or(0, |slot| self.offsets.params[slot]);
            UnitOp { map: without_slot(*map), reads: [0, 1].map(|n| reads.get(n).map(read)), to: write(to), first }
        });
        UnitEpilogue {
            registers: epilogue.temporaries,
            result: epilogue.result.as_ref().map(write),
            ops: ops.collect(),
        }
    }
}

/// A function whose parameter is told by its offset alone, so that one kind of instruction serves all parameters.
fn without_slot(map: Map) -> Map {
    match map {
        Map::AddChannel(_) => Map::AddChannel(0),
        Map::MulChannel(_) => Map::MulChannel(0),
        Map::DivChannel(_) => Map::DivChannel(0),
        Map::Negate
        | Map::Abs
        | Map::Exp
        | Map::Log
        | Map::Sqrt
        | Map::Square
        | Map::Relu
        | Map::Tanh
        | Map::Sigmoid
        | Map::Softplus
        | Map::Gelu
        | Map::Reciprocal
        | Map::Bf16
        | Map::AddNumber(_)
        | Map::MulNumber(_)
        | Map::Add
        | Map::Sub
        | Map::Mul
        | Map::Div
        | Map::ReluBackward
        | Map::TanhBackward
        | Map::SigmoidBackward
        | Map::SoftplusBackward
        | Map::GeluBackward
        | Map::AbsBackward
        | Map::Normalise(_)
        | Map::NormaliseBackward(_) => map,
    }
}
