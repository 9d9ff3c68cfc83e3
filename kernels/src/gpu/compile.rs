//! A program as a script: every value gets a place, hot ones in shared memory, and every kernel its share of units.

use super::pack::{Laid, Packing};
use super::script::{Act, At, Conv, Op, Operand, Outside, Rows, Script, Source, Space, Spread, Tail, Weights, kinds};
use super::tiles;
use crate::allocator::Allocator;
use crate::graph::{Bank, Dims, Id, Kernel, Map, Slot};
use crate::schedule::{self, Program, Step, What};

/// What a device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Numbers that a cube may have in shared memory.
    pub shared: usize,
    /// Units that a cube may have.
    pub units: usize,
    /// See [`Script::fence`].
    pub fence: bool,
}

/// What is known of the parameters, the inputs and the outputs.
#[derive(Clone, Copy, Debug)]
pub struct Outer<'a> {
    /// Where each begins, and where the last one ends.
    pub params: &'a [usize],
    pub inputs: &'a [usize],
    pub outputs: &'a [usize],
    /// Which parameters have gradients.
    pub wanted: &'a [bool],
}

/// A script, its acts, and where each parameter's sums are in it.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub script: Script,
    /// `[acts, width]`.
    pub table: Vec<u32>,
    pub spreads: Vec<Spread>,
    pub packing: Packing,
}

pub fn compile(program: &Program, outer: Outer<'_>, limits: Limits) -> Compiled {
    let spreads = spreads(program, outer);
    let wanted = spreads.iter().zip(outer.wanted).filter(|(_, wanted)| **wanted);
    let sums = wanted.map(|(spread, _)| spread.first + spread.len * spread.parts).max().unwrap_or(0) + 1;
    let shared = Allocator::new(limits.shared);
    let (homes, stages) = (vec![None; program.dims.len()], Vec::new());
    let arena = Allocator::new(usize::MAX);
    let mut compiler = Compiler {
        program,
        outer,
        spreads: &spreads,
        shared,
        arena,
        homes,
        stages,
        packing: Packing::default(),
        acts: Vec::new(),
        step: 0,
    };
    compiler.settle();
    for (n, step) in program.steps.iter().enumerate() {
        compiler.step = n;
        compiler.step(step);
    }
    let Compiler { acts, shared, arena, packing, .. } = compiler;
    let end = |begins: &[usize]| begins.last().copied().unwrap_or(0);
    let units = tiles::units(&acts, limits.units);
    let (shared, arena) = (shared.used().max(1), arena.used().max(1));
    let (inputs, outputs) = (end(outer.inputs), end(outer.outputs));
    let (kinds, width, table) = kinds(acts);
    Compiled {
        script: Script { kinds, width, shared, arena, sums, inputs, outputs, units, fence: limits.fence },
        table,
        spreads,
        packing,
    }
}

/// Where each parameter's sums begin. Units that share a convolution's kernels out among them by the image's columns, or
/// a channel's sum by its cells, have copies of their own.
fn spreads(program: &Program, outer: Outer<'_>) -> Vec<Spread> {
    /// Units that there should be at least, and copies that there may be at most.
    const UNITS: usize = 512;
    const COPIES: usize = 16;
    let count = outer.params.len().saturating_sub(1);
    let mut parts = vec![1; count];
    for step in &program.steps {
        match step.kernel {
            Some(Kernel::ConvBack(bank)) => {
                let bank = &program.banks[bank];
                for (slot, outputs) in &bank.members {
                    let tile = tiles::weights(*outputs, bank.to()[0], bank.kernel);
                    let shares = outputs.div_ceil(tile.channels) * bank.inputs * bank.kernel;
                    parts[*slot] = UNITS.div_ceil(shares).min(COPIES).min(bank.to()[1]).max(parts[*slot]);
                }
            }
            Some(Kernel::ChannelSum(slot)) => parts[slot] = parts[slot].max(COPIES),
            _ => {}
        }
    }
    let mut first = 0;
    let spread = |slot: Slot| {
        let len = outer.params[slot + 1] - outer.params[slot];
        let spread = Spread { first, len, parts: parts[slot] };
        first += if outer.wanted[slot] { len * parts[slot] } else { 0 };
        spread
    };
    (0..count).map(spread).collect()
}

struct Compiler<'a> {
    program: &'a Program,
    outer: Outer<'a>,
    spreads: &'a [Spread],
    shared: Allocator,
    arena: Allocator,
    /// Where each root lives.
    homes: Vec<Option<At>>,
    /// Where a value is while a step reads it often, if it lives elsewhere.
    stages: Vec<(usize, Id, At)>,
    packing: Packing,
    acts: Vec<Act>,
    step: usize,
}

/// Channels begin in different banks of shared memory.
fn layout([channels, height, width]: Dims) -> (usize, usize) {
    let cells = height * width;
    let pitch = if channels == 1 || cells == 1 { cells } else { cells.next_multiple_of(32) + 8 };
    (cells, pitch)
}

fn room(dims: Dims) -> usize {
    dims[0] * layout(dims).1
}

impl Compiler<'_> {
    /// Gives every value a place. What is soon done with comes first into shared memory; of the rest, what a convolution
    /// reads is brought there for the time being, since it reads every number many times; and then as much as fits.
    fn settle(&mut self) {
        const SOON: usize = 4;
        let program = self.program;
        let hot: Vec<(usize, Id)> = hot(program);
        let roots = || program.lives.iter().enumerate().filter_map(|(id, life)| life.map(|life| (id, life)));
        let mut short: Vec<(Id, (usize, usize))> = roots().filter(|(_, life)| life.1 - life.0 <= SOON).collect();
        short.sort_by_key(|(id, life)| (!hot.iter().any(|(_, of)| of == id), life.1 - life.0, *id));
        for (id, life) in short {
            self.homes[id] = self.live(id, life);
        }
        let mut stages: Vec<(usize, Id, At)> = Vec::new();
        for (step, id) in hot.iter().copied().filter(|(_, id)| self.homes[*id].is_none()) {
            let (dims, life) = (program.dims[id], (step, step));
            if let Some(first) = self.shared.take(room(dims), life) {
                stages.push((step, id, at(dims, Space::Shared, first)));
            }
        }
        for (id, life) in roots().filter(|(_, life)| life.1 - life.0 > SOON) {
            self.homes[id] = self.live(id, life);
            if self.homes[id].is_some() {
                let own = |(_, of, _): &&(usize, Id, At)| *of == id;
                stages.iter().filter(own).for_each(|(step, _, at)| self.shared.give(at.first, (*step, *step)));
                stages.retain(|(_, of, _)| *of != id);
            }
        }
        for (id, life) in roots() {
            if self.homes[id].is_none() {
                let first = self.spill(room(program.dims[id]), life);
                self.homes[id] = Some(at(program.dims[id], Space::Arena, first));
            }
        }
        self.stages = stages;
    }

    fn spill(&mut self, size: usize, life: (usize, usize)) -> usize {
        self.arena.take(size, life).unwrap_or_else(|| unreachable!("global memory has no limit here"))
    }

    fn live(&mut self, id: Id, life: (usize, usize)) -> Option<At> {
        let dims = self.program.dims[id];
        self.shared.take(room(dims), life).map(|first| at(dims, Space::Shared, first))
    }

    /// Where a value is to be read now.
    fn find(&self, id: Id) -> At {
        let (root, skip) = self.program.roots[id];
        let staged = self.stages.iter().find(|(step, of, _)| (*step, *of) == (self.step, root));
        let home = staged.map(|(_, _, at)| *at).or(self.homes[root]);
        let home = home.unwrap_or_else(|| unreachable!("a value that is read is kept"));
        At { first: home.first + skip / home.cells * home.pitch, ..home }
    }

    /// Where a value that is made now goes.
    fn home(&self, id: Id) -> At {
        self.homes[id].unwrap_or_else(|| unreachable!("a value that is made whole has a place"))
    }

    fn len(&self, id: Id) -> usize {
        self.program.dims[id].iter().product()
    }

    fn step(&mut self, step: &Step) {
        let (reads, makes) = (&step.reads, &step.makes);
        self.stage();
        match &step.kernel {
            None => {
                let (dims, tail) = (step.tails[0].dims, self.tail(&step.tails[0]));
                self.acts.push(Act::Rows(Rows { dims, tail }));
            }
            Some(Kernel::Input(place)) => self.fetch(Outside::Inputs, self.outer.inputs[*place], makes[0]),
            Some(Kernel::Seed(place)) => self.fetch(Outside::Seeds, self.outer.outputs[*place], makes[0]),
            Some(Kernel::Output(place)) => self.hand(reads[0], Outside::Outputs, self.outer.outputs[*place]),
            Some(Kernel::InputGrad(place)) => self.hand(reads[0], Outside::InputGradients, self.outer.inputs[*place]),
            Some(Kernel::Zeros) => self.acts.push(Act::Zeros { to: self.home(makes[0]), len: self.len(makes[0]) }),
            Some(Kernel::Conv(bank)) => self.conv(&self.program.banks[*bank], step),
            Some(Kernel::ConvBack(bank)) => self.conv_back(&self.program.banks[*bank], step),
            Some(Kernel::Pool(window)) => {
                let (from, to) = (self.program.dims[reads[0]], self.program.dims[makes[0]]);
                let (x, y) = (self.find(reads[0]), self.home(makes[0]));
                self.acts.push(Act::Pool { window: *window, from, to, x, y });
            }
            Some(Kernel::PoolBack(window)) => {
                let (from, to) = (self.program.dims[reads[0]], self.program.dims[reads[1]]);
                let [x, y, dy] = [0, 1, 2].map(|n| self.find(reads[n]));
                self.acts.push(Act::PoolBack { window: *window, from, to, x, y, dy, dx: self.home(makes[0]) });
            }
            Some(Kernel::Dense(slot)) => self.dense(*slot, reads[0], makes[0]),
            Some(Kernel::DenseBack(slot)) => {
                let ([x, dy], [inputs, outputs]) =
                    ([reads[0], reads[1]].map(|id| self.find(id)), [reads[0], reads[1]].map(|id| self.len(id)));
                if self.outer.wanted[*slot] {
                    let first = self.spreads[*slot].first;
                    self.acts.push(Act::DenseWeights { x, dy, inputs, outputs, first });
                }
                if let Some(id) = makes.first() {
                    let first = self.outer.params[*slot];
                    self.acts.push(Act::DenseBack { dy, first, inputs, outputs, dx: self.home(*id) });
                }
            }
            Some(Kernel::Concat) => {
                let mut to = self.home(makes[0]);
                for id in reads {
                    self.acts.push(Act::Copy { from: self.find(*id), to, len: self.len(*id) });
                    to.first += self.len(*id) / to.cells * to.pitch;
                }
            }
            Some(Kernel::ChannelSum(slot)) => {
                let [channels, height, width] = self.program.dims[reads[0]];
                let (x, other) = (self.find(reads[0]), reads.get(1).map(|id| self.find(*id)));
                let spread = self.spreads[*slot];
                self.acts.push(Act::Sum { x, other, channels, cells: height * width, spread });
            }
            Some(Kernel::Loss) => {
                for (scores, gradient) in reads.iter().zip(makes) {
                    let (classes, scores, gradient) = (self.len(*scores), self.find(*scores), self.home(*gradient));
                    self.acts.push(Act::Loss { scores, gradient, classes });
                }
            }
            Some(Kernel::View | Kernel::Part(_) | Kernel::Map(_)) => unreachable!("rides on other steps"),
        }
    }

    /// Brings what this step reads often into shared memory.
    fn stage(&mut self) {
        let now: Vec<(Id, At)> =
            self.stages.iter().filter(|(step, ..)| *step == self.step).map(|(_, id, at)| (*id, *at)).collect();
        for (id, to) in &now {
            self.acts.push(Act::Copy { from: self.home(*id), to: *to, len: self.len(*id) });
        }
    }

    fn fetch(&mut self, from: Outside, first: usize, id: Id) {
        self.acts.push(Act::Fetch { from, first, to: self.home(id), len: self.len(id) });
    }

    fn hand(&mut self, id: Id, to: Outside, first: usize) {
        self.acts.push(Act::Hand { from: self.find(id), to, first, len: self.len(id) });
    }

    fn conv(&mut self, bank: &Bank, step: &Step) {
        for ((slot, outputs), (tail, y)) in bank.members.iter().zip(step.tails.iter().zip(&step.makes)) {
            let to = self.program.dims[*y];
            let tile = tiles::result(*outputs, to[1], bank.kernel);
            let first = self.packing.first(Laid::new(bank, self.outer.params[*slot], *outputs, tile, false));
            let sources = vec![Source { x: self.find(step.reads[0]), channels: bank.inputs, first }];
            let (kernel, pad, from, tail) = (bank.kernel, bank.pad, bank.from, self.tail(tail));
            self.acts.push(Act::Conv(Conv { sources, kernel, pad, from, to, tile, tail }));
        }
    }

    fn conv_back(&mut self, bank: &Bank, step: &Step) {
        let (height, width) = (bank.to()[0], bank.to()[1]);
        let members = || bank.members.iter().zip(&step.reads[1..]);
        for ((slot, outputs), dy) in members().filter(|((slot, _), _)| self.outer.wanted[*slot]) {
            let (x, dy) = (self.find(step.reads[0]), self.find(*dy));
            let (from, to) = ([bank.inputs, bank.from[0], bank.from[1]], [*outputs, height, width]);
            let tile = tiles::weights(*outputs, height, bank.kernel);
            let (kernel, pad, spread) = (bank.kernel, bank.pad, self.spreads[*slot]);
            self.acts.push(Act::Weights(Weights { x, dy, kernel, pad, from, to, tile, spread }));
        }
        if let Some(tail) = step.tails.first() {
            let to = [bank.inputs, bank.from[0], bank.from[1]];
            let tile = tiles::result(bank.inputs, bank.from[0], bank.kernel);
            let mut sources = Vec::new();
            for ((slot, outputs), dy) in members() {
                let first = self.packing.first(Laid::new(bank, self.outer.params[*slot], *outputs, tile, true));
                sources.push(Source { x: self.find(*dy), channels: *outputs, first });
            }
            let (kernel, pad, from, tail) = (bank.kernel, bank.kernel - 1 - bank.pad, bank.to(), self.tail(tail));
            self.acts.push(Act::Conv(Conv { sources, kernel, pad, from, to, tile, tail }));
        }
    }

    fn dense(&mut self, slot: Slot, x: Id, y: Id) {
        /// Shares of all sums together, at most.
        const SHARES: usize = 1024;
        let (inputs, outputs) = (self.len(x), self.len(y));
        let parts = (SHARES / outputs).clamp(1, 64).min(inputs);
        let (life, dims) = ((self.step, self.step), [1, 1, outputs * parts]);
        let (first, x) = (self.outer.params[slot], self.find(x));
        let shares = match self.shared.take(outputs * parts, life) {
            Some(first) => at(dims, Space::Shared, first),
            None => at(dims, Space::Arena, self.spill(outputs * parts, life)),
        };
        self.acts.push(Act::Dense { x, first, inputs, outputs, shares, parts });
        self.acts.push(Act::Gather { shares, parts, to: self.home(y), len: outputs });
    }

    fn tail(&self, tail: &schedule::Tail) -> Tail {
        let operand = |read: bool, at: &schedule::At| match at {
            schedule::At::Row(row) => Operand::Register(*row),
            schedule::At::Value(id) if read => Operand::Memory(self.find(*id)),
            schedule::At::Value(id) => Operand::Memory(self.home(*id)),
        };
        let ops = tail.ops.iter().map(|op| {
            let What::Map(map) = op.what else { unreachable!("sums are taken by kernels of their own") };
            // The parameter is told by its place alone, so that one kernel serves all.
            let (map, place) = match map {
                Map::AddChannel(slot) => (Map::AddChannel(0), self.outer.params[slot]),
                Map::MulChannel(slot) => (Map::MulChannel(0), self.outer.params[slot]),
                _ => (map, 0),
            };
            let reads = [0, 1].map(|n| op.reads.get(n).map(|at| operand(true, at)));
            Op { map, reads, to: operand(false, &op.to), first: place }
        });
        let result = tail.result.as_ref().map(|at| operand(false, at));
        Tail { registers: tail.rows, result, ops: ops.collect() }
    }
}

fn at(dims: Dims, space: Space, first: usize) -> At {
    let (cells, pitch) = layout(dims);
    At { space, first, cells, pitch }
}

/// The roots that convolutions read, and when.
fn hot(program: &Program) -> Vec<(usize, Id)> {
    let mut hot: Vec<(usize, Id)> = Vec::new();
    for (n, step) in program.steps.iter().enumerate() {
        if matches!(step.kernel, Some(Kernel::Conv(_) | Kernel::ConvBack(_))) {
            hot.extend(step.reads.iter().map(|id| (n, program.roots[*id].0)));
        }
    }
    hot.sort_unstable();
    hot.dedup();
    hot
}
